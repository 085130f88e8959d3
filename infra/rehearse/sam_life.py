"""Takes SAM's stack through a life in an emulator that runs its functions and decides by their roles: from its creation
through changes, restores, builds, keys and a second region to its end, and over what it leaves.

    sam_life.py TEMPLATE PACKAGES     PACKAGES: folder of zip files
"""

import json
import logging
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request

import account
import asked
import cdn
import codedeploy
import day_two
import packages
import runbook
import sam
from checks import check, finish, instead, section
from service import API, SCOPE, Service
from stack import Stack, make_bucket, upload

ALL = frozenset(asked.FUNCTIONS)
SIGNING = ALL - {asked.AUTHORIZER}
STANDBY = "eu-central-1"
OPEN = {"RouteScopes": '{"*":""}'}

# What is changed, in which functions, in which variable, and what one sees of it. Each update keeps what those before it
# changed, as `sam deploy` does.
UPDATES = (
    ("RouteScopes of one API", {"RouteScopes": json.dumps({f"{API} GET /loans/{{id}}": SCOPE})}, {"authorizer"}, "LATCHKEY_ROUTE_SCOPES",
     lambda service: (service.passes(service.get()["access_token"]), service.passes(service.get()["access_token"], api="another")), (True, False)),
    ("RouteScopes", {"RouteScopes": json.dumps({"GET /loans/{id}": SCOPE})}, {"authorizer"}, "LATCHKEY_ROUTE_SCOPES",
     lambda service: service.passes(service.get()["access_token"], "GET /books/{id}"), False),
    ("Revision by itself", {"Revision": "2"}, ALL, None, None, None),
    ("RouteScopes with Revision", {"RouteScopes": '{"*":""}', "Revision": "3"}, ALL, "LATCHKEY_ROUTE_SCOPES",
     lambda service: service.passes(service.get()["access_token"], "GET /books/{id}"), True),
    ("the life of an access token", {"AccessTokenSeconds": "600"}, SIGNING, "LATCHKEY_ACCESS_TOKEN_SECONDS",
     lambda service: 590 <= service.get()["expires_in"] <= 600, True),
    ("and back", {"AccessTokenSeconds": "1200"}, SIGNING, "LATCHKEY_ACCESS_TOKEN_SECONDS",
     lambda service: 1190 <= service.get()["expires_in"] <= 1200, True),
    ("CheckTokenClient", {"CheckTokenClient": "true"}, ALL, "LATCHKEY_CHECK_TOKEN_CLIENT",
     lambda service: service.meets_a_disabled_client(), [True, True, False, False]),
    ("and off again", {"CheckTokenClient": "false"}, ALL, "LATCHKEY_CHECK_TOKEN_CLIENT",
     lambda service: service.meets_a_disabled_client(), [True] * 4),
    ("Subject", {"Subject": "legacy"}, ALL, "LATCHKEY_SUBJECT", None, None),
    ("the life of a refresh token", {"RefreshTokenSeconds": "3600"}, SIGNING, "LATCHKEY_REFRESH_TOKEN_SECONDS",
     lambda service: 3590 <= service.get()["refresh_token_expires_in"] <= 3600, True),
    ("the pages' name", {"PageName": "Reading room"}, SIGNING, "LATCHKEY_PAGE_NAME",
     lambda service: "Reading room" in service.page()[1], True),
    ("the issuer", {"IssuerUrl": "https://id.example.org"}, SIGNING, "LATCHKEY_ISSUER",
     lambda service: json.loads(service.page("/.well-known/oauth-authorization-server")[1])["issuer"], "https://id.example.org"),
    ("the scopes of the metadata document", {"ScopesSupported": "WMS_NCIP refresh_token"}, SIGNING, "LATCHKEY_SCOPES_SUPPORTED",
     lambda service: json.loads(service.page("/.well-known/oauth-authorization-server")[1])["scopes_supported"], ["WMS_NCIP", "refresh_token"]),
    ("its page for developers", {"ServiceDocumentation": "https://docs.example.org/"}, SIGNING, "LATCHKEY_SERVICE_DOCUMENTATION", None, None),
    ("ErrorPages", {"ErrorPages": "https://docs.example.org/errors"}, SIGNING, "LATCHKEY_ERROR_PAGES", None, None),
    ("memory", {"AuthorizeMemorySize": "1024"}, {"authorize"}, None, None, None),
    ("tracing", {"Tracing": "false"}, ALL, None, None, None),
    ("a route's limit", {"IssueRateLimit": "100"}, frozenset(), None, None, None),
    ("concurrency", {"IssueReservedConcurrency": "20"}, frozenset(), None, None, None),
)  # fmt: skip


def reserved(number):
    return {f"{function.capitalize()}ReservedConcurrency": str(number) for function in asked.FUNCTIONS}


def deploy(stack, service, what, changes=frozenset(), **update):
    """Lands, with new versions of these functions alone; those before are kept. Then the operator exports the outputs."""
    before = stack.live()
    check(f"{what}: the update lands", stack.update(**update), "UPDATE_COMPLETE")
    after = stack.live()
    check(f"{what}: new versions of these functions alone", {f for f in ALL if after[f] != before[f]}, set(changes))
    for function in sorted(changes):
        check(f"{what}: the version of {function} before it is kept", before[function] in stack.versions(function), True)
    service.outputs = stack.outputs()


def create(stack, service):
    section("SAM: a stack is made, of before the index of users' grants")
    stack.is_before_index = True
    instead("the routes are made one by one; the emulator's gateway reads no OpenAPI document")
    instead("live moves at once; the emulator has no CodeDeploy, which shifts traffic step by step")
    instead("the rehearsal reserves concurrency; the emulator's CloudFormation does not hand it to Lambda")
    check("the stack is made", stack.create(), "CREATE_COMPLETE")
    found = stack.cloudformation.describe_stack_resources(StackName=stack.name)["StackResources"]
    it = sam.Resolved(stack.body(), stack.parameters)
    check("it has every resource that the emulator knows", sorted(r["LogicalResourceId"] for r in found), sorted(it.resources))
    service.outputs = stack.outputs()
    service.register()
    check("closed by default: a good token passes at no route of another API", service.passes(service.get()["access_token"]), False)
    deploy(stack, service, "every route is opened by name", {asked.AUTHORIZER}, parameters=OPEN)
    service.check("the stack is made")
    section("SAM: the table of tokens gets its index")
    left = day_two.check_before_index(service)
    stack.is_before_index = False
    deploy(stack, service, "the index")
    day_two.check_index(service, left)
    service.check("the index")


def change(stack, service):
    section("SAM: a parameter at a time")
    for what, parameters, changes, name, seen, wanted in UPDATES:
        deploy(stack, service, what, changes, parameters=parameters)
        for function in sorted(changes):
            if name and stack.variable(function, name) is not None:
                (value,) = [value for parameter, value in parameters.items() if parameter != "Revision"]
                check(f"{what}: live of {function} has it", stack.variable(function, name), value)
        if seen:
            check(f"{what}: one sees it", seen(service), wanted)
        service.check(what)


def bad_day(stack, service):
    section("SAM: a bad day, by the guide")
    words = runbook.command('sam deploy --parameter-overrides NotBefore="$(date +%s)"')
    put = {word.partition("=")[0]: word.partition("=")[2] for word in words if "=" in word}
    check("a bad day: the guide names time and traffic", put, {"NotBefore": "$(date +%s)", "TrafficShift": "AllAtOnce"})
    tokens, time_before = service.get(), int(time.time()) + 1
    check("a bad day: a token is good before", service.active(tokens["access_token"]), True)
    deploy(stack, service, "a bad day", ALL, parameters=put | {"NotBefore": str(time_before)})
    day_two.check_bad_day(service, tokens, {function: stack.variable(function, "LATCHKEY_NOT_BEFORE") for function in ALL}, time_before)
    deploy(stack, service, "after a bad day: traffic goes step by step again", parameters={"TrafficShift": "Canary10Percent5Minutes"})
    service.check("a bad day")


def restore(stack, service, table):
    section(f"SAM: the {table} table is restored, by the runbook")
    new, as_it_was = day_two.copy_and_lose(service, table)
    deploy(stack, service, f"{table}: the service is stopped", parameters=reserved(0))
    service.check_stopped(f"{table}: the service is stopped")
    has = {f for f in ALL if stack.variable(f, f"LATCHKEY_{table.upper()}_TABLE") is not None}
    deploy(stack, service, f"{table}: over the copy", has, parameters={f"Existing{table.capitalize()}Table": new})
    check(f"{table}: the outputs name the copy", service.outputs[f"{table}_table"], new)
    deploy(stack, service, f"{table}: the service runs again", parameters=reserved(-1))
    check(f"{table}: it is as it was", as_it_was(), True)
    service.check(f"{table}: restored")


def upload_builds(folder, build):
    """Of all six functions; the keys by function."""
    keys = {function: f"{function}-{build.__name__}.zip" for function in asked.FUNCTIONS}
    for function, key in keys.items():
        upload(key, build(packages.path_of(folder, function).read_bytes()))
    return keys


def build(stack, service, folder):
    section("SAM: a new build, one that does not start, and back")
    first = stack.live()
    another, bad = upload_builds(folder, packages.another), upload_builds(folder, packages.that_does_not_start)
    codedeploy.check_builds(stack, service, another, bad)
    service.outputs = stack.outputs()
    for function in asked.FUNCTIONS:
        runbook.run("aws lambda update-alias", latchkey_issue=f"latchkey-{function}", N=first[function])
    check("back by the runbook: live names the version before", stack.live(), first)
    service.check("back by the runbook")
    check("back by the runbook: the same is deployed afterwards", stack.update(keys={f: f"{f}.zip" for f in ALL}), "UPDATE_COMPLETE")
    service.check("the same is deployed afterwards")


def reword(stack, service):
    section("SAM: another commit, whose template says the same of the authorizer in other words")
    stack.texts = {"authorizer": {"Handler": {"Fn::Sub": "bootstrap"}}}
    status, (_, (_, reason)) = stack.update()
    check("the text by itself: Lambda has nothing to publish", (status, "A version for this Lambda function exists" in reason), ("UPDATE_ROLLBACK_COMPLETE", True))
    # As stages/generate does.
    stack.texts["authorizer"]["Description"] = "Latchkey, the authorizer of other APIs; template of another text"
    deploy(stack, service, "with another digest of the text", {asked.AUTHORIZER})
    service.check("with another digest of the text")
    stack.texts = {}
    deploy(stack, service, "and back", {asked.AUTHORIZER})


def rotate(stack, service):
    section("SAM: the sealing key is rotated, in the six steps of the runbook")
    deploy(stack, service, "1. v1 seals, both open", SIGNING, parameters={"SealingKeyNames": "v1,v2"})
    service.check("1. v1 seals, both open")
    deploy(stack, service, "2. v2 seals", SIGNING, parameters={"SealingKeyNames": "v2,v1"})
    service.check("2. v2 seals")
    check("3. operators export the output", service.outputs["sealing_key_names"], "v2,v1")
    day_two.reseal(service)
    deploy(stack, service, "6. v2 alone", SIGNING, parameters={"SealingKeyNames": "v2"})
    service.check("6. v2 alone")


def keys_apart(stack, service):
    section("SAM: a deployment whose keys are not apart moves, in the three steps of the guide")
    deploy(stack, service, "1. the pages seal under the old keys", SIGNING, parameters={"OldKeys": "seal"})
    day_two.seal_as_before(service)
    service.check("1. what the old keys sealed opens")
    deploy(stack, service, "2. the old keys open", SIGNING, parameters={"OldKeys": "open"})
    service.check("2. the old keys open")
    day_two.seal_anew(service)
    deploy(stack, service, "3. the old keys do nothing", SIGNING, parameters={"OldKeys": "none"})
    service.check("3. the old keys do nothing")


def behind_a_cdn(stack, service):
    section("SAM: a CDN is put in front, and its secret is rotated, by the guide")
    instead("a program on this machine forwards what the client sends, with the header that the distribution has")
    read = lambda: json.loads(account.client("secretsmanager").get_secret_value(SecretId="latchkey/cdn")["SecretString"])
    with tempfile.TemporaryDirectory() as folder:
        runbook.run_block(r" *\(umask 077; printf.*", folder)
        deploy(stack, service, "a CDN that sends a secret", SIGNING, parameters={"Cdn": "true", "CdnSecret": "latchkey/cdn", "CdnOnly": "false"})
        service.check("the API's own address, while clients move")
        front = cdn.Cdn(service.api())
        service.front = front.url
        service.check("through the CDN")
        name = {"IssuerUrl": service.outputs["cdn_url"], "CdnOnly": "true"}
        deploy(stack, service, "the secret is asked for", SIGNING, parameters=name)

        def is_closed(what, sent=()):
            request = urllib.request.Request(service.api() + "/.well-known/oauth-authorization-server", headers=dict(sent))
            try:
                found = urllib.request.urlopen(request).status
            except urllib.error.HTTPError as error:
                found = error.code
            check(f"{what}: at the API's own address", found, 403)

        def are_sent(what, sends, takes):
            """The CDN sends one value, and the functions take these."""
            values = read()
            check(f"{what}: what the CDN sends", cdn.headers(), {cdn.HEADER: values[sends]})
            check(f"{what}: what the functions take", stack.variable("issue", "LATCHKEY_PROXY_SECRETS"), "".join(f"{values[key]} " for key in takes))
            service.check(what)
            is_closed(what)

        are_sent("v1 is sent", "v1", ["v1"])
        is_closed("another value", {cdn.HEADER: "x" * 64})
        runbook.run_block(r" *\(umask 077; aws secretsmanager get-secret-value .*\n +python3 .*\[\"v2\"\].*", folder)
        check("a second value is there, and the first one stays", sorted(read()), ["v1", "v2"])
        for what, keys, sends, takes in (
            ("v2 is taken too", {"CdnSecretKeyToo": "v2"}, "v1", ["v1", "v2"]),
            ("v2 is sent", {"CdnSecretKey": "v2", "CdnSecretKeyToo": "v1"}, "v2", ["v2", "v1"]),
            ("v2 alone is taken", {"CdnSecretKeyToo": ""}, "v2", ["v2"]),
        ):
            before = read()
            deploy(stack, service, what, SIGNING, parameters=keys)
            are_sent(what, sends, takes)
        is_closed("with v1, which is over", {cdn.HEADER: before["v1"]})
        runbook.run_block(r" *\(umask 077; aws secretsmanager get-secret-value .*\n +python3 .*del.*", folder)
        check("the first value is gone", sorted(read()), ["v2"])
        check("no file with a value is left", os.listdir(folder), [])
        # What an operator can read of the stack.
        seen = json.dumps([stack.describe(), stack.cloudformation.describe_stack_events(StackName=stack.id)["StackEvents"]], default=str)
        check("no value is in the stack's parameters, outputs and events", [v for v in before.values() if v in seen], [])
    deploy(stack, service, "the CDN goes", SIGNING, parameters={"Cdn": "false", "IssuerUrl": ""})
    service.front = front.end()
    service.check("the API's own address again")


def existing_keys(outputs):
    return {f"Existing{key['sam']}Arn": outputs[f"{key['terraform']}_key_arn"] for key in asked.KEY_SETS.values()}


def stand_by(stack, service, template):
    section("SAM: a region to stand by, by the runbook")
    keys, names = day_two.replicate(service, STANDBY)
    existing = {f"Existing{table.capitalize()}Table": name for table, name in names.items()}
    existing |= OPEN | {"SealingKeyNames": service.outputs["sealing_key_names"]}
    replicas = existing_keys(keys)
    # From before there were sets of keys it knows the one.
    existing |= {"ExistingSealingKeyArn": replicas["ExistingSealingKeyArn"]}
    # Another name, for the emulator gives the same roles to stacks of one name.
    other, there = Stack(template, "standby", STANDBY, existing), Service(STANDBY)
    check("stand-by: a stack over the replicas is made", other.create(), "CREATE_COMPLETE")
    there.outputs, there.clients = other.outputs(), service.clients
    check("stand-by: keys of its own open no second factor", day_two.opens_second_factor(there), ("pages/v2", False))
    deploy(other, there, "stand-by: with the replicas of all keys", SIGNING, parameters=replicas)
    check("stand-by: they open it", day_two.opens_second_factor(there), ("pages/v2", True))
    there.check("stand-by: the same clients in the other region")
    token = service.get()["access_token"]
    check("stand-by: a token of the first region is good in the other", there.active(token), True)
    deploy(stack, service, "stand-by: a later deployment", SIGNING, parameters={"AccessTokenSeconds": "900"})
    day_two.check_replicas(names, STANDBY)
    deploy(stack, service, "stand-by: the first region is stopped", parameters=reserved(0))
    service.check_stopped("stand-by: the first region is stopped")
    there.revoke(token)
    check("stand-by: the other region takes a revocation", there.active(token), False)
    there.check("stand-by: the other region serves")
    check("stand-by: it is torn down", other.delete(), "DELETE_COMPLETE")
    deploy(stack, service, "stand-by: the first region serves again", parameters=reserved(-1))
    check("stand-by: the first region knows of the revocation", service.active(token), False)


def adopt(stack, service, template):
    section("SAM: torn down, and adopted by another stack")
    noted, token = service.outputs, service.get()["access_token"]
    check("the stack is deleted", stack.delete(), "DELETE_COMPLETE")
    check("no function is left", [f["FunctionName"] for f in stack.functions.list_functions()["Functions"]], [])
    day_two.check_kept(noted)
    day_two.add_index(noted["tokens_table"])
    existing = {f"Existing{table.capitalize()}Table": noted[f"{table}_table"] for table in asked.KEYS}
    existing |= existing_keys(noted) | {"SealingKeyNames": noted["sealing_key_names"]}
    existing |= OPEN | {"ExistingLogGroups": "true"}
    stack = Stack(template, parameters=existing)
    check("another stack is made over what was kept", stack.create(), "CREATE_COMPLETE")
    service.outputs = stack.outputs()
    check("a token of the stack before is good", service.active(token), True)
    service.check("adopted, with the clients of the stack before")


def main():
    logging.disable(logging.WARNING)
    template, folder = sys.argv[1:]
    # A key cannot become one of several regions later.
    stack, service = Stack(template, parameters={"MultiRegionKey": "true"}), Service()
    for region in (stack.region, STANDBY):
        make_bucket(region)
        for function, key in stack.keys.items():
            upload(key, packages.path_of(folder, function).read_bytes(), region)
    create(stack, service)
    change(stack, service)
    bad_day(stack, service)
    for table in ("tokens", "clients", "users", "audit"):
        restore(stack, service, table)
    build(stack, service, folder)
    reword(stack, service)
    keys_apart(stack, service)
    rotate(stack, service)
    behind_a_cdn(stack, service)
    stand_by(stack, service, template)
    adopt(stack, service, template)
    finish()


if __name__ == "__main__":
    main()
