"""What operators do beside a deployment, whichever description made it: by the commands of the guide."""

import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import account
import asked
import runbook
from checks import check, instead
from service import INSTITUTION, Refused


# The outputs with the keys in KMS, by Terraform's names.
KEYS = [f"{key['terraform']}_key_arn" for key in asked.KEY_SETS.values()]
# What the second factor of the user `second` is sealed for.
SEALED_FOR = f"latchkey second factor\n{INSTITUTION}\nsecond".encode()
# An institution with a provider, and what the provider's secret is sealed for.
OF_PROVIDER = "4711"
PROVIDER_SEALED_FOR = f"latchkey provider\n{OF_PROVIDER}".encode()
# What is sealed, the beginning of the command that seals it anew, and how much of it is there.
RESEALS = (
    ("the clients", "latchkey client reseal", 2),
    ("the second factor", "latchkey user totp reseal", 1),
    ("the provider", "latchkey institution idp reseal", 1),
)


def copy(old, new, table):
    instead("the table is copied as it is now; the emulator goes back to no time")
    runbook.run("aws dynamodb restore-table-to-point-in-time", OLD=old, NEW=new, TIME="2026-01-01T00:00:00Z")
    runbook.run("aws dynamodb update-continuous-backups --table-name NEW", NEW=new)
    runbook.run("aws dynamodb update-table --table-name NEW --deletion-protection-enabled", NEW=new)
    if asked.TTL[table]:
        runbook.run("aws dynamodb update-time-to-live --table-name NEW", NEW=new)
    account.check_table(table, new, {"encryption"})


class Loss:
    """For each table: what is changed after the copy was made, and how one sees that it is as it was."""

    def __init__(self, service):
        self.service, self.token = service, service.get()["access_token"]

    def tokens(self):
        self.service.revoke(self.token)
        return lambda: self.service.active(self.token)

    def clients(self):
        self.service.operate("client", "disable", self.service.clients["client"]["client_id"])
        return lambda: "access_token" in self.service.get()

    def users(self):
        self.service.operate("institution", "add", "128808", "--name", "Another")
        return lambda: "128808" not in self.service.operate("institution", "list")

    def audit(self):
        self.service.operate("institution", "add", "128809", "--name", "A third")
        return lambda: "128809" not in self.service.operate("audit", "list", "--json")


def copy_and_lose(service, table):
    """A copy of the table, and whether the service has what was lost since."""
    loss, new = Loss(service), f"restored-{table}"
    copy(service.outputs[f"{table}_table"], new, table)
    as_it_was = getattr(loss, table)()
    try:
        found = as_it_was()
    except Refused:
        found = False
    check(f"{table}: what is changed after the copy is changed", found, False)
    return new, as_it_was


def reseal(service):
    for what, beginning, sealed in RESEALS:
        words = runbook.command(beginning)[1:]
        check(f"4. reseal seals what v1 sealed: {what}", json.loads(service.operate(*words, "--json")), {"resealed": sealed, "failed": 0})
        check(f"5. and again, none: {what}", json.loads(service.operate(*words, "--json")), {"resealed": 0, "failed": 0})


def derived(service, output, name):
    """The key of this name, as the functions derive it."""
    asked_for = {"MacAlgorithm": "HMAC_SHA_256", "Message": f"latchkey sealing key {name}".encode()}
    return AESGCM(account.client("kms", service.region).generate_mac(KeyId=service.outputs[output], **asked_for)["Mac"])


def opens_second_factor(service, output="pages_key_arn"):
    """Whether the key in KMS that this output names opens the second factor of the user `second`; and under which name it is sealed."""
    where = {"TableName": service.outputs["users_table"], "Key": {"institution_id": {"S": INSTITUTION}, "username": {"S": "second"}}}
    factor = account.client("dynamodb", service.region).get_item(**where)["Item"]["second_factor"]["M"]
    name, sealed = factor["key"]["S"], factor["sealed"]["B"]
    try:
        derived(service, output, name).decrypt(sealed[:12], sealed[12:], SEALED_FOR)
    except InvalidTag:
        return name, False
    return name, True


def seal_as_before(service):
    """A client, a user and a provider whose secrets a version from before there were sets of keys sealed: under the one old key."""
    dynamodb = account.client("dynamodb")
    where = {"TableName": service.outputs["clients_table"], "Key": {"client_id": {"S": service.clients["client"]["client_id"]}}}
    item = dynamodb.get_item(**where)["Item"]
    secret = item["secrets"]["L"][0]["M"]
    check("before: a secret has the name of its set's key", secret["key"]["S"], "clients/v1")
    found, what_for = secret["sealed"]["B"], item["client_id"]["S"].encode()
    plain = derived(service, "sealing_key_arn", "clients/v1").decrypt(found[:12], found[12:], what_for)
    sealed = found[:12] + derived(service, "sealing_key_arn", "v1").encrypt(found[:12], plain, what_for)
    secret |= {"key": {"S": "v1"}, "sealed": {"B": sealed}}
    dynamodb.put_item(TableName=where["TableName"], Item=item)
    put_provider(service, "v1", derived(service, "sealing_key_arn", "v1"))
    # With the exports of this step, the command itself seals so. It proves the key by the provider's secret.
    service.add_user("second")
    service.operate("user", "totp", "enrol", "--institution", INSTITUTION, "second", "--json")
    check("1. a second factor is sealed so that a version from before opens it", opens_second_factor(service, "sealing_key_arn"), ("v1", True))


def put_provider(service, name, key):
    """A provider as the command `institution idp set` stores one, without a call to one. Its secret is sealed under the key of this name."""
    nonce = bytes(12)
    sealed = {"key": {"S": name}, "sealed": {"B": nonce + key.encrypt(nonce, b"of the provider", PROVIDER_SEALED_FOR)}}
    url = "https://provider.example"
    texts = {
        "institution_id": "#",
        "username": f"provider#{OF_PROVIDER}",
        "issuer": url,
        "registered_client_id": "latchkey",
        "auth_method": "client_secret_basic",
        "authorization_endpoint": f"{url}/authorize",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/keys",
        "algorithm": "RS256",
        "claim": "sub",
        "requested_scope": "openid",
        "namespace": f"urn:latchkey:{OF_PROVIDER}:provider",
    }
    numbers = {name: {"N": "1"} for name in ("keys_read_at", "created_at", "revision")}
    item = {name: {"S": text} for name, text in texts.items()} | numbers | {"client_secret": {"M": sealed}, "keys": {"L": []}}
    account.client("dynamodb").put_item(TableName=service.outputs["users_table"], Item=item)


def seal_anew(service):
    """By the guide."""
    for what, beginning, _ in RESEALS:
        words = runbook.command(beginning)[1:]
        for number in (1, 0):
            check(f"2. reseal: {number} of {what}", json.loads(service.operate(*words, "--json")), {"resealed": number, "failed": 0})


def replicate(service, region):
    """The ARNs of the keys there by the names of the outputs, and the names of the tables, which are the same there."""
    keys = {output: service.outputs[output] for output in KEYS}
    for key in keys.values():
        runbook.run("aws kms replicate-key", KEY=key, REGION=region)
    names = {table: service.outputs[f"{table}_table"] for table in asked.KEYS}
    for name in names.values():
        runbook.run("aws dynamodb update-table --table-name TABLE --replica-updates", TABLE=name, REGION=region)
        runbook.run("aws dynamodb update-table --table-name TABLE --deletion-protection-enabled", TABLE=name, REGION=region)
        runbook.run("aws dynamodb update-continuous-backups --table-name TABLE", TABLE=name, REGION=region)
    return {output: key.replace(service.region, region) for output, key in keys.items()}, names


def check_replicas(names, region):
    for table, name in names.items():
        found = account.client("dynamodb").describe_table(TableName=name)["Table"]
        kept = [replica["RegionName"] for replica in found.get("Replicas", [])], found["StreamSpecification"]["StreamEnabled"]
        check(f"stand-by: a later deployment keeps the replica of {table}", kept, ([region], True))
        account.check_table(table, name, {"encryption"}, region)


def check_before_index(service):
    """A deployment of before the index: what a user allowed is kept until the index has it."""
    left = service.add_user("early")
    for what, act in (("the index cannot be filled", lambda: service.operate("grant", "index")), ("nothing counts as all", lambda: service.disable("early"))):
        try:
            refused = act()
        except Refused as error:
            refused = "has no index of users' grants yet" in str(error)
        check(f"before the index: {what}", refused, True)
    check("before the index: the grant is kept", left(), 1)
    return left


def check_index(service, left):
    """After the update that brings it."""
    account.check_table("tokens", service.outputs["tokens_table"], {"encryption", "ttl", "recovery", "protection"})
    found = json.loads(service.operate(*runbook.command("latchkey grant index")[1:], "--json"))
    check("the index is filled", sorted(found), ["indexed"])
    check("a user who was disabled before: the grant is ended now", (service.disable("early")["revoked"], left()), (1, 0))
    later = service.add_user("late")
    check("another user: the grant is ended", (service.disable("late")["revoked"], later()), (1, 0))


def check_bad_day(service, tokens, found, wanted):
    """`found`: what each function has; `tokens` from before."""
    check("a bad day: each function has the time", found, {function: str(wanted) for function in asked.FUNCTIONS})
    token = tokens["access_token"]
    check("a bad day: a token from before is good nowhere", (service.active(token), service.passes(token)), (False, False))
    try:
        refused = service.ask("client", "token", "refresh", tokens["refresh_token"])
    except Refused as error:
        refused = "invalid_grant" in str(error)
    check("a bad day: nothing from before is refreshed", refused, True)


def add_index(name):
    """To a table that no deployment makes any more: by the guide's command."""
    account.client("dynamodb").update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "holder"}}])
    runbook.run("aws dynamodb update-table --table-name TABLE --attribute-definitions", TABLE=name)
    account.check_table("tokens", name, {"encryption"})


def check_kept(noted):
    """After a tear-down."""
    for table in asked.KEYS:
        account.check_table(table, noted[f"{table}_table"], {"encryption"})
    for output in KEYS:
        state = account.client("kms").describe_key(KeyId=noted[output])["KeyMetadata"]["KeyState"]
        check(f"{output}: the key is kept", state, "Enabled")
