"""Runs `latchkey apply`, `client create` and `client rotate-secret` against an emulated account: tables, sealing key, Secrets
Manager, and an operator whose permissions are few.

    registration.py LATCHKEY FILE     LATCHKEY: the command line; FILE: a declared file
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import account
import asked
from checks import check, finish, section

LATCHKEY, SAMPLE = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
TABLES = {table: f"rehearsal-{table}" for table in asked.KEYS}
SECRET = "latchkey/clients/reading-lists"
ALLOWED = {
    "dynamodb": ["GetItem", "PutItem", "Query", "Scan"],
    "kms": ["GenerateMac"],
    "secretsmanager": ["GetSecretValue", "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"],
}
# AWS decides a transaction by the writes in it, and any identity may ask who it is. The emulator asks for these.
EMULATED = ["dynamodb:TransactWriteItems", "sts:GetCallerIdentity"]
secrets = account.client("secretsmanager")
iam = account.client("iam")
folder = pathlib.Path(tempfile.mkdtemp(dir=pathlib.Path(os.environ.get("TMPDIR", "/tmp"))))


def make():
    """The tables and the keys of a deployment, and an operator. Returns the settings of commands."""
    dynamodb = account.client("dynamodb")
    for table, name in TABLES.items():
        keys = asked.KEYS[table]
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, _, kind in keys],
        )
    make_key = account.client("kms").create_key
    keys = {key["variable"]: make_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"] for key in asked.KEY_SETS.values()}
    iam.create_user(UserName="operator")
    credentials = iam.create_access_key(UserName="operator")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        **keys,
        **{f"LATCHKEY_{table.upper()}_TABLE": name for table, name in TABLES.items()},
    }


def may(*without):
    """Gives the operator the permissions that the commands need, without these."""
    actions = [f"{service}:{action}" for service, actions in ALLOWED.items() for action in actions] + EMULATED
    allowed = [action for action in actions if action not in without]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allowed, "Resource": "*"}]}
    iam.put_user_policy(UserName="operator", PolicyName="operator", PolicyDocument=json.dumps(policy))


def enforced(after):
    """From now on, the emulator checks permissions: `0`; or no longer: `inf`."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
    request = urllib.request.Request(url, after.encode(), {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(request).read()


class latchkey:
    """One run of the command line, with the operator's permissions."""

    def __init__(self, *arguments, settings, without=()):
        may(*without)
        enforced("0")
        done = subprocess.run([LATCHKEY, *arguments], capture_output=True, text=True, env=os.environ | settings, cwd=folder)
        enforced("inf")
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def json(self):
        if self.code:
            raise ValueError(f"ended with {self.code}: {self.err}")
        return json.loads(self.out)


def declared(text):
    path = folder / "declared.toml"
    path.write_text(text)
    return str(path)


def kept(name, stage="AWSCURRENT"):
    return json.loads(secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"])


def opens(client_id, secret, settings):
    """Whether the client has this secret: the service's own check of what it signs."""
    url = "https://auth.example/oauth2/accessToken?grant_type=client_credentials"
    signing = settings | {"LATCHKEY_CLIENT_ID": client_id, "LATCHKEY_SECRET": secret}
    signed = latchkey("sign", url, settings=signing)
    header = signed.out.strip()
    return latchkey("explain", "--client-id", client_id, "--url", url, "--header", header, settings=settings).code == 0


def unnamed(text, *parts):
    """The text, where it lacks one of the parts."""
    return "" if all(part in text for part in parts) else text


def applied(settings):
    section("A declared file, applied to the emulated account")
    run = lambda *arguments, **more: latchkey(*arguments, settings=settings, **more)
    check("a plan says that something differs", run("apply", "--plan", SAMPLE).code, 2)
    done = run("apply", SAMPLE, "--yes", "--json").json()
    fate = {(item["kind"], item["result"]) for item in done["items"]}
    check("everything is made", fate, {(kind, "done") for kind in ("institution", "scope", "user", "client")})
    of = {item["id"]: item for item in done["items"] if item["kind"] == "client"}
    check("a secret that Secrets Manager has is not shown", ("secret" in of["reading-lists"], of["reading-lists"]["secret_to"]), (False, SECRET))
    check("another one is shown", "secret" in of["mobile"], True)
    value = kept(SECRET)
    check("Secrets Manager has client id and secret", (sorted(value), value["client_id"]), (["client_id", "secret"], "reading-lists"))
    check("and it is the client's", opens("reading-lists", value["secret"], settings), True)
    again = run("apply", SAMPLE, "--yes")
    check("a second run has nothing to do", (again.code, again.out.startswith("Nothing to do")), (0, True))
    check("and a plan says so", run("apply", "--plan", SAMPLE).code, 0)
    exported = folder / "exported.yaml"
    check("an export is written", run("export", str(exported)).code, 0)
    check("and is what is there", run("apply", "--plan", str(exported)).code, 0)


def rotated(settings):
    section("A secret that is rotated into Secrets Manager")
    run = lambda *arguments, **more: latchkey(*arguments, settings=settings, **more)
    before = kept(SECRET)
    done = run("client", "rotate-secret", "reading-lists", "--secret-to", SECRET, "--json").json()
    check("the command shows no secret", sorted(done), ["client_id", "secret_name", "secret_to", "secret_version"])
    now = kept(SECRET)
    check("the new one is current, the old one is previous", (now != before, kept(SECRET, "AWSPREVIOUS")), (True, before))
    check("the client has it", opens("reading-lists", now["secret"], settings), True)
    broken = run("client", "rotate-secret", "reading-lists", "--overlap", "0", "--secret-to", SECRET, without=["secretsmanager:UpdateSecretVersionStage"])
    check("without the permission to move the stage it fails", broken.code, 1)
    unsaid = unnamed(broken.err, "secretsmanager:UpdateSecretVersionStage on the secret " + SECRET, "AWSPENDING", "aws secretsmanager update-secret-version-stage")
    check("and names permission, stage and way out", unsaid, "")
    pending = kept(SECRET, "AWSPENDING")
    check("the secret is not lost", opens("reading-lists", pending["secret"], settings), True)
    way_out = re.search(r"--secret-id (\S+) --version-stage AWSCURRENT --move-to-version-id (\S+) --remove-from-version-id (\S+)", broken.err)
    secrets.update_secret_version_stage(SecretId=way_out[1], VersionStage="AWSCURRENT", MoveToVersionId=way_out[2], RemoveFromVersionId=way_out[3])
    check("and the command that it names makes it current", kept(SECRET), pending)


def created(settings):
    section("A secret that Secrets Manager does not take")
    run = lambda *arguments, **more: latchkey(*arguments, settings=settings, **more)
    create = lambda client, name, **more: run("client", "create", "--client-id", client, "--name", "X", "--introspects", "WMS_NCIP", "--secret-to", name, **more)
    exists = lambda client: run("client", "show", client).code == 0
    secrets.create_secret(Name="other", SecretString="a password of a database")
    refused = create("second", "other")
    check("another's secret is not written over", ("something else" in refused.err, exists("second"), secrets.get_secret_value(SecretId="other")["SecretString"]), (True, False, "a password of a database"))
    secrets.create_secret(Name="empty")
    check("one without a value is filled", (create("third", "empty").code, kept("empty")["client_id"]), (0, "third"))
    declined = create("fourth", "fourth", without=["secretsmanager:CreateSecret"])
    check("a permission that is missing is named", "secretsmanager:CreateSecret on the secret fourth" in declined.err, True)
    check("and the client does not exist", exists("fourth"), False)
    sealed = create("fourth", "fourth", without=["kms:GenerateMac"])
    check("so is one of KMS, with the key", unnamed(sealed.err, f"kms:GenerateMac with the key {settings['LATCHKEY_SEALING_KMS_KEY']}", "permission", "infra/README.md"), "")
    check("and the client does not exist either", exists("fourth"), False)
    taken = create("third", "empty")
    check("a client that exists keeps its secret", (taken.code, "already exists" in taken.err, opens("third", kept("empty")["secret"], settings)), (1, True, True))


HALF = """
[[institutions]]
institution_id = "42"
name = "Forty-two"

[[clients]]
client_id = "fifth"
name = "Fifth"
introspects = ["WMS_NCIP"]
secret_to = "latchkey/clients/fifth"

[[clients]]
client_id = "sixth"
name = "Sixth"
introspects = ["WMS_NCIP"]
"""


def half_done(settings):
    section("A run that a missing permission breaks off")
    file = declared(HALF)
    run = lambda *arguments, **more: latchkey(*arguments, settings=settings, **more)
    unread = run("apply", file, "--yes", without=["secretsmanager:GetSecretValue"])
    check("what can be known before is known before anything is written", ("GetSecretValue on the secret latchkey/clients/fifth" in unread.err, "42" in run("institution", "list").out), (True, False))
    broken = run("apply", file, "--yes", "--json", without=["secretsmanager:CreateSecret"])
    fates = {item["id"]: item["result"] for item in json.loads(broken.out)["items"]}
    check("it says how far it came", fates, {"42": "done", "fifth": "failed", "sixth": "not_done"})
    check("and names the permission", "secretsmanager:CreateSecret on the secret latchkey/clients/fifth" in broken.err, True)
    check("no client has an unknown secret", run("client", "show", "fifth").code, 1)
    unwritten = run("apply", file, "--yes", without=["dynamodb:TransactWriteItems"])
    check("so is a permission of a table", f"dynamodb:PutItem on the table {TABLES['clients']}" in unwritten.err, True)
    check("the secret that was made meanwhile is told of", "latchkey/clients/fifth of Secrets Manager has the secret that was made for it" in unwritten.err, True)
    check("the next run does the rest", run("apply", file, "--yes").code, 0)
    check("with a secret that works", opens("fifth", kept("latchkey/clients/fifth")["secret"], settings), True)


settings = make()
applied(settings)
rotated(settings)
created(settings)
half_done(settings)
finish()
