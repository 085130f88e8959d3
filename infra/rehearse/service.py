"""The deployed service, as a client, an API and an operator meet it: through the routes of the emulator's gateway, with the
real command line. What answers is the version that `live` names, with its variables and its role."""

import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request

import account
import asked
from checks import check

LATCHKEY = os.environ["LATCHKEY"]
INSTITUTION, SCOPE = "128807", "WMS_NCIP"
# The id of another API, whose gateway asks the authorizer.
API = "a1b2c3d4e5"
ASKED = ("token", "get", "--scope", f"{SCOPE} refresh_token", "--institution", INSTITUTION)
SIGN_IN = f"response_type=code&scope={SCOPE}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"
SIGN_IN += f"&authenticatingInstitutionId={INSTITUTION}&contextInstitutionId={INSTITUTION}"

# As `latchkey` names them, and the outputs of both descriptions by Terraform's names.
VARIABLES = {
    "LATCHKEY_CLIENTS_TABLE": "clients_table",
    "LATCHKEY_TOKENS_TABLE": "tokens_table",
    "LATCHKEY_USERS_TABLE": "users_table",
    "LATCHKEY_AUDIT_TABLE": "audit_table",
    **{key["variable"]: f"{key['terraform']}_key_arn" for key in asked.KEY_SETS.values()},
    "LATCHKEY_SEALING_KEY_NAMES": "sealing_key_names",
    "LATCHKEY_OLD_KEYS": "old_keys",
}


class Refused(Exception):
    pass


def latchkey(*arguments, environment=None):
    done = subprocess.run([LATCHKEY, *arguments], env=os.environ | (environment or {}), capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"latchkey {' '.join(arguments[:2])}: {done.stdout} {done.stderr}")
    return done.stdout


class Service:
    """Of one deployment. `outputs` as they are now; an operator exports them anew after each deployment."""

    def __init__(self, region="eu-west-1"):
        self.region, self.outputs, self.clients = region, {}, {}
        # Where a CDN is in front.
        self.front = None

    def operate(self, *arguments):
        """A command of an operator, with the exports of the guide."""
        exports = {variable: self.outputs[output] for variable, output in VARIABLES.items()}
        return latchkey(*arguments, environment=exports | {"AWS_REGION": self.region})

    def register(self):
        """A client, an API that asks about its tokens, and what the pages need."""
        client = ["--grant-type", "client_credentials", "--grant-type", "refresh_token", "--grant-type", "authorization_code"]
        client += ["--scope", SCOPE, "--institution", INSTITUTION, "--redirect-uri", "http://127.0.0.1/callback"]
        self.clients["client"] = json.loads(self.operate("client", "create", "--json", "--name", "First", *client))
        self.clients["api"] = json.loads(self.operate("client", "create", "--json", "--name", "Loans API", "--introspects", SCOPE))
        self.operate("institution", "add", INSTITUTION, "--name", "Demo Library")
        self.operate("scope", "describe", SCOPE, "--name", "Circulation")

    def add_user(self, name):
        """A user who allowed the client something. Says how many of the user's grants are good."""
        principal = ["--principal-id", name, "--principal-idns", "urn:rehearsal"]
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write(f"username,password,principal_id,principal_idns\n{name},correct horse battery,{name},urn:rehearsal\n")
            file.flush()
            self.operate("user", "import", file.name, "--institution", INSTITUTION)
        client = ["--client-id", self.clients["client"]["client_id"], "--redirect-uri", "http://127.0.0.1/callback"]
        self.operate("code", "create", *client, "--scope", SCOPE, "--institution", INSTITUTION, *principal)
        found = lambda: json.loads(self.operate("grant", "list", "--whole-table", *principal, "--json"))
        return lambda: len([grant for grant in found() if not grant["revoked_at"]])

    def disable(self, name):
        return json.loads(self.operate("user", "disable", "--institution", INSTITUTION, name, "--json"))

    def url(self):
        return self.front or self.api()

    def api(self):
        """The emulator serves an API below this path, where AWS gives it a name."""
        api = self.outputs["api_url"].removeprefix("https://").partition(".")[0]
        return f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api}"

    def ask(self, who, *arguments):
        """A request of a client, signed with its secret."""
        secret = {"LATCHKEY_CLIENT_ID": self.clients[who]["client_id"], "LATCHKEY_SECRET": self.clients[who]["secret"]}
        return json.loads(latchkey(*arguments, "--json", environment=secret | {"LATCHKEY_URL": self.url()}))

    def get(self):
        return self.ask("client", *ASKED)

    def active(self, token):
        return self.ask("api", "token", "introspect", token)["active"]

    def revoke(self, token):
        self.ask("client", "token", "revoke", token)

    def passes(self, token, route="GET /loans/{id}", api=API):
        """What the gateway of another API is told of the token: by the alias that it attaches."""
        method, path = route.split(" ")
        event = {
            "version": "2.0",
            "type": "REQUEST",
            "routeArn": f"arn:aws:execute-api:{self.region}:000000000000:{api}/prod/{method}{path}",
            "routeKey": route,
            "rawPath": path,
            "headers": {"authorization": f"Bearer {token}"},
            "requestContext": {"apiId": api, "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}, "requestId": "r", "stage": "prod"},
        }
        invoke = account.client("lambda", self.region).invoke
        answer = invoke(FunctionName=self.outputs["authorizer_function_arn"], Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read()).get("isAuthorized")

    def meets_a_disabled_client(self):
        """Whether a token of an enabled client passes at an API and is active, and then, of the same client, disabled."""
        token, client = self.get()["access_token"], self.clients["client"]["client_id"]
        found = [self.passes(token), self.active(token)]
        self.operate("client", "disable", client)
        found += [self.passes(token), self.active(token)]
        self.operate("client", "enable", client)
        return found

    def page(self, path=None):
        """Status and text of a page; without a path, of the sign-in page."""
        path = path or f"/oauth2/authorizeCode?client_id={self.clients['client']['client_id']}&{SIGN_IN}"
        request = urllib.request.Request(self.url() + path, headers={"Accept": "text/html", "Accept-Language": "en"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def trip(self):
        """What became of a token, step by step."""
        tokens = self.get()
        token = tokens["access_token"]
        newer = self.ask("client", "token", "refresh", tokens["refresh_token"])["access_token"]
        met = {"active": self.active(token) and self.active(newer), "passes": self.passes(token), "pages": self.page()[0]}
        self.revoke(tokens["refresh_token"])
        return met | {"revoked": not self.active(token) and not self.active(newer), "stopped": not self.passes(newer)}

    def check(self, what):
        """All six functions answer as they should."""
        try:
            found = self.trip()
        except Refused as error:
            found = str(error)
        wanted = {"active": True, "passes": True, "pages": 200, "revoked": True, "stopped": True}
        check(f"{what}: a token is got, refreshed, introspected and revoked; an API and the pages answer", found, wanted)

    def check_stopped(self, what):
        try:
            found = self.get()
        except Refused as error:
            found = str(error)
        check(f"{what}: no token", "access_token" in found, False)
