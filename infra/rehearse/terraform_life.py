"""Takes Terraform's example through a life in an emulator that runs its functions and decides by their roles: from its
creation through changes, restores, builds, keys and a second region to its end, and over what it leaves.

    terraform_life.py MODULE PACKAGES WORK     PACKAGES: folder of zip files; WORK: folder to work in
"""

import json
import pathlib
import re
import sys
import time

import asked
import day_two
import packages
import runbook
from checks import check, finish, section
from deployment import Deployment, Failed
from service import API, SCOPE, Service

ALL = frozenset(asked.FUNCTIONS)
SIGNING = ALL - {asked.AUTHORIZER}
STANDBY = "eu-central-1"
OPEN = {"route_scopes": {"*": ""}}
TABLE = "module.latchkey.aws_dynamodb_table"

# What is changed at once, in which functions, and what one sees of it.
CHANGES = (
    ("lives and names", {"access_token_seconds": 600, "refresh_token_seconds": 3600, "page_name": "Reading room", "issuer_url": "https://id.example.org", "scopes_supported": "WMS_NCIP refresh_token", "service_documentation": "https://docs.example.org/"}, SIGNING, (
        ("the life of an access token", lambda service: 590 <= service.get()["expires_in"] <= 600, True),
        ("the life of a refresh token", lambda service: 3590 <= service.get()["refresh_token_expires_in"] <= 3600, True),
        ("the pages' name", lambda service: "Reading room" in service.page()[1], True),
        ("the issuer", lambda service: json.loads(service.page("/.well-known/oauth-authorization-server")[1])["issuer"], "https://id.example.org"),
        ("what it publishes", lambda service: [json.loads(service.page("/.well-known/oauth-authorization-server")[1])[name] for name in ("scopes_supported", "service_documentation")], [["WMS_NCIP", "refresh_token"], "https://docs.example.org/"]),
    )),
    ("the scopes of one API's routes", {"route_scopes": {f"{API} GET /loans/{{id}}": SCOPE}}, {"authorizer"}, (
        ("the API", lambda service: service.passes(service.get()["access_token"]), True),
        ("another API", lambda service: service.passes(service.get()["access_token"], api="another"), False),
    )),
    ("the scopes of routes", {"route_scopes": {"GET /loans/{id}": SCOPE}}, {"authorizer"}, (
        ("another route", lambda service: service.passes(service.get()["access_token"], "GET /books/{id}"), False),
    )),
    # Not a route's limit: where a route's settings are taken away, the emulator deletes the stage.
    ("memory, tracing and concurrency", {"authorize_memory_size": 1024, "tracing": False, "issue_reserved_concurrency": 20}, ALL, ()),
)  # fmt: skip


def reserved(number, functions=asked.FUNCTIONS):
    return {f"{function}_reserved_concurrency": number for function in functions}


def apply(deployment, service, what, changes=frozenset(), **settings):
    """Destroys nothing, and publishes new versions of these functions alone. Then the operator exports the outputs."""
    before = service.outputs.get("live_versions", {})
    try:
        found = deployment.apply(**settings)
    except Failed as error:
        found = str(error)
    check(f"{what}: it is applied, and destroys nothing that must stay", found, [])
    service.outputs = deployment.outputs()
    after = service.outputs["live_versions"]
    check(f"{what}: new versions of these functions alone", {f for f in before if after[f] != before[f]}, set(changes))


def create(deployment, service):
    section("Terraform: the example is applied, of before the index of users' grants")
    tables = deployment.example.parents[1] / "tables.tf"
    text = tables.read_text()
    before = re.sub(r'  attribute \{\n    name = "(holder|created_at)"\n.*?\n  \}\n\n|  # A user\'s grants[^\n]*\n  global_secondary_index \{.*?\n  \}\n\n', "", text, flags=re.S)
    check("a module of before the index", ("global_secondary_index" in text, "holder" in before), (True, False))
    tables.write_text(before)
    apply(deployment, service, "creation")
    check("a plan changes nothing", deployment.planned(), [])
    service.register()
    check("closed by default: a good token passes at no route of another API", service.passes(service.get()["access_token"]), False)
    apply(deployment, service, "every route is opened by name", {asked.AUTHORIZER}, **OPEN)
    service.check("the example is applied")
    section("Terraform: the table of tokens gets its index")
    left = day_two.check_before_index(service)
    tables.write_text(text)
    apply(deployment, service, "the index")
    check("the index: a plan changes nothing", deployment.planned(), [])
    day_two.check_index(service, left)
    service.check("the index")


def change(deployment, service):
    section("Terraform: settings are changed")
    for what, settings, changes, seen in CHANGES:
        apply(deployment, service, what, changes, **settings)
        for sight, see, wanted in seen:
            check(f"{what}: one sees {sight}", see(service), wanted)
        service.check(what)


def bad_day(deployment, service):
    section("Terraform: a bad day, by the guide")
    tokens, time_before = service.get(), int(time.time()) + 1
    check("a bad day: a token is good before", service.active(tokens["access_token"]), True)
    apply(deployment, service, "a bad day", ALL, not_before=time_before)
    day_two.check_bad_day(service, tokens, {function: deployment.variable(function, "LATCHKEY_NOT_BEFORE") for function in ALL}, time_before)
    service.check("a bad day")


def restore(deployment, service, table):
    section(f"Terraform: the {table} table is restored, by the runbook")
    new, as_it_was = day_two.copy_and_lose(service, table)
    # The functions that write.
    writing = [function for function in asked.FUNCTIONS if function not in ("introspect", asked.AUTHORIZER)]
    apply(deployment, service, f"{table}: what writes is stopped", **reserved(0, writing))
    service.check_stopped(f"{table}: what writes is stopped")
    runbook.run("terraform state rm 'module.latchkey.aws_dynamodb_table.tokens[0]'", cwd=deployment.example, tokens=table)
    has = {f for f in ALL if deployment.variable(f, f"LATCHKEY_{table.upper()}_TABLE") is not None}
    existing = deployment.settings.get("existing", {}) | {f"{table}_table": new}
    # At once: Terraform moves live only after the roles have the new table.
    apply(deployment, service, f"{table}: over the copy, and the service runs again", has, existing=existing, **reserved(-1))
    check(f"{table}: the outputs name the copy", service.outputs[f"{table}_table"], new)
    check(f"{table}: it is as it was", as_it_was(), True)
    service.check(f"{table}: restored")


def check_bad_build(deployment, service, work):
    packages.rebuilt(work / "another", work / "bad", packages.that_does_not_start)
    deployment.packages(work / "bad")
    try:
        told = str(deployment.apply())
    except Failed as error:
        told = str(error)
    check("a build that does not start: the apply fails by its check", "does not answer as it should" in told, True)
    check("a build that does not start: live stays where it was", deployment.outputs()["live_versions"], service.outputs["live_versions"])
    service.check("a build that does not start: requests by live")
    deployment.packages(work / "another")
    apply(deployment, service, "after the build that does not start", ALL)
    service.check("after the build that does not start")


def build(deployment, service, folder, work):
    section("Terraform: a new build, one that does not start, and back")
    first = service.outputs["live_versions"]
    packages.rebuilt(folder, work / "another", packages.another)
    deployment.packages(work / "another")
    apply(deployment, service, "a new build", ALL)
    service.check("a new build")
    check_bad_build(deployment, service, work)
    apply(deployment, service, "back by live_versions", ALL, live_versions=first)
    check("back by live_versions: live names the version before", service.outputs["live_versions"], first)
    service.check("back by live_versions")
    deployment.packages(folder)
    del deployment.settings["live_versions"]
    apply(deployment, service, "the build before is applied afterwards", ALL)
    service.check("the build before is applied afterwards")


def rotate(deployment, service):
    section("Terraform: the sealing key is rotated, in the six steps of the runbook")
    apply(deployment, service, "1. v1 seals, both open", SIGNING, sealing_key_names="v1,v2")
    service.check("1. v1 seals, both open")
    apply(deployment, service, "2. v2 seals", SIGNING, sealing_key_names="v2,v1")
    service.check("2. v2 seals")
    check("3. operators export the output", service.outputs["sealing_key_names"], "v2,v1")
    day_two.reseal(service)
    apply(deployment, service, "6. v2 alone", SIGNING, sealing_key_names="v2")
    service.check("6. v2 alone")


def keys_apart(deployment, service):
    section("Terraform: a deployment whose keys are not apart moves, in the three steps of the guide")
    apply(deployment, service, "1. the pages seal under the old keys", SIGNING, old_keys="seal")
    day_two.seal_as_before(service)
    service.check("1. what the old keys sealed opens")
    apply(deployment, service, "2. the old keys open", SIGNING, old_keys="open")
    service.check("2. the old keys open")
    day_two.seal_anew(service)
    apply(deployment, service, "3. the old keys do nothing", SIGNING, old_keys="none")
    service.check("3. the old keys do nothing")


def stand_by(deployment, service, module, folder, work):
    section("Terraform: a region to stand by, by the runbook")
    keys, names = day_two.replicate(service, STANDBY)
    check("stand-by: a plan leaves replicas and streams", deployment.planned(), [])
    existing = {f"{table}_table": name for table, name in names.items()}
    # From before there were sets of keys it knows the one.
    one = existing | {"sealing_key_arn": keys["sealing_key_arn"]}
    settings = {"existing": one, "sealing_key_names": service.outputs["sealing_key_names"]} | OPEN
    other, there = Deployment(module, work / "standby", folder, STANDBY, settings), Service(STANDBY)
    there.clients = service.clients
    apply(other, there, "stand-by: over the replicas")
    check("stand-by: keys of its own open no second factor", day_two.opens_second_factor(there), ("pages/v2", False))
    runbook.run("terraform state rm 'module.latchkey.aws_kms_key.pages[0]'", cwd=other.example)
    apply(other, there, "stand-by: with the replicas of all keys", SIGNING, existing=existing | keys)
    there.check("stand-by: the same clients in the other region")
    check("stand-by: they open it", day_two.opens_second_factor(there), ("pages/v2", True))
    token = service.get()["access_token"]
    check("stand-by: a token of the first region is good in the other", there.active(token), True)
    apply(deployment, service, "stand-by: a later apply", SIGNING, access_token_seconds=900)
    day_two.check_replicas(names, STANDBY)
    apply(deployment, service, "stand-by: the first region is stopped", **reserved(0))
    service.check_stopped("stand-by: the first region is stopped")
    there.revoke(token)
    check("stand-by: the other region takes a revocation", there.active(token), False)
    there.check("stand-by: the other region serves")
    apply(deployment, service, "stand-by: the first region serves again", **reserved(-1))
    check("stand-by: the first region knows of the revocation", service.active(token), False)


def adopt(deployment, service):
    section("Terraform: torn down, and adopted")
    noted, token = service.outputs, service.get()["access_token"]
    try:
        refused = deployment.terraform("destroy", "-auto-approve", "-refresh=false")
    except Failed as error:
        refused = str(error)
    check("destroying is refused", "prevent_destroy" in refused, True)
    state = deployment.terraform("state", "list").split()
    kept = [address for address in state if address.startswith((TABLE, "module.latchkey.aws_kms_key."))]
    deployment.terraform("state", "rm", *kept)
    check("destroying the rest", "Destroy complete!" in deployment.terraform("destroy", "-auto-approve", "-refresh=false"), True)
    check("nothing is left in the state", deployment.terraform("state", "list"), "")
    day_two.check_kept(noted)
    day_two.add_index(noted["tokens_table"])
    existing = {f"{table}_table": noted[f"{table}_table"] for table in asked.KEYS} | {output: noted[output] for output in day_two.KEYS}
    service.outputs = {}
    # The blocks of the module's page for what keeps its lines.
    (deployment.example / "imports.tf").write_text(runbook.block("import \\{"))
    apply(deployment, service, "adopted", existing=existing, multi_region_key=False)
    check("adopted: a plan changes nothing", deployment.planned(), [])
    check("a token of the deployment before is good", service.active(token), True)
    service.check("adopted, with the clients of the deployment before")


def main():
    module, folder, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    # A key cannot become one of several regions later.
    deployment, service = Deployment(module, work / "life", folder, settings={"multi_region_key": True}), Service()
    create(deployment, service)
    change(deployment, service)
    bad_day(deployment, service)
    for table in ("tokens", "clients", "users", "audit"):
        restore(deployment, service, table)
    build(deployment, service, folder, work)
    keys_apart(deployment, service)
    rotate(deployment, service)
    stand_by(deployment, service, module, folder, work)
    adopt(deployment, service)
    finish()


if __name__ == "__main__":
    main()
