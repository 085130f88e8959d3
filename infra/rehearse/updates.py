"""Takes SAM's stack through updates in an emulator that enforces Lambda's rule for versions: where a function is as it was,
nothing is published, and the deployment is rolled back. After each update `live` must have the new value, in those functions
alone that the update is of, and the version before must still be there to go back to.

    updates.py TEMPLATE PACKAGES     PACKAGES: folder of zip files
"""

import logging
import pathlib
import re
import sys
import time

import account
import asked
import sam
from checks import check, finish, section

STACK = "updated"
ALL = frozenset(asked.FUNCTIONS)
SIGNING = ALL - {asked.AUTHORIZER}
# The emulator has no CodeDeploy, which moves `live` step by step; here it moves at once.
NOT_EMULATED = {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"}

cloudformation = account.client("cloudformation")
functions = account.client("lambda")


class Stack:
    def __init__(self, template, packages):
        self.template, self.packages = template, packages
        self.parameters = {name: str(p["Default"]) for name, p in sam.load(template)["Parameters"].items()} | asked.CHOSEN
        self.keys = {function: f"{function}.zip" for function in asked.FUNCTIONS}

    def body(self):
        expanded = sam.expand(sam.load(self.template), self.parameters, self.keys)
        expanded["Resources"] = {
            name: {key: value for key, value in resource.items() if key != "UpdatePolicy"}
            for name, resource in expanded["Resources"].items()
            if resource["Type"] not in NOT_EMULATED
        }
        # Nor has it alarms over several metrics. One over the first of them stands in.
        for resource in expanded["Resources"].values():
            if metrics := resource["Properties"].pop("Metrics", None):
                first = next(metric["MetricStat"] for metric in metrics if "MetricStat" in metric)
                resource["Properties"] |= first["Metric"] | {"Statistic": first["Stat"], "Period": first["Period"]}
        return expanded

    def deploy(self, what, deploy):
        body = self.body()
        upload(f"{what}.json", sam.written(body).encode())
        deploy(
            StackName=STACK,
            TemplateURL=f"{account.client('s3').meta.endpoint_url}/{sam.BUCKET}/{what}.json",
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        for _ in range(600):
            stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack["StackStatus"]
            time.sleep(0.1)
        return stack["StackStatus"]


def upload(key, body):
    account.client("s3").put_object(Bucket=sam.BUCKET, Key=key, Body=body)


def live():
    return {function: functions.get_alias(FunctionName=f"{STACK}-{function}", Name="live")["FunctionVersion"] for function in asked.FUNCTIONS}


def variable(function, name):
    found = functions.get_function_configuration(FunctionName=f"{STACK}-{function}", Qualifier="live")
    return found["Environment"]["Variables"].get(name)


def why():
    """The first resource that failed, and its reason: what an operator would look for."""
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if re.search("FAILED|^(UPDATE_)?ROLLBACK_IN", event["ResourceStatus"])]
    return [(event["LogicalResourceId"], event.get("ResourceStatusReason")) for event in failed[:2]]


# What is changed, in which functions, and where it must stand afterwards. Each update keeps what those before it changed,
# as `sam deploy` does.
UPDATES = (
    ("RouteScopes", {"RouteScopes": '{"GET /loans/{id}":"WMS_NCIP"}'}, {"authorizer"}, "LATCHKEY_ROUTE_SCOPES"),
    ("Revision by itself", {"Revision": "2"}, ALL, None),
    ("RouteScopes with Revision", {"RouteScopes": '{"*":""}', "Revision": "3"}, ALL, "LATCHKEY_ROUTE_SCOPES"),
    ("a restored clients table", {"ExistingClientsTable": "restored-clients"}, SIGNING, "LATCHKEY_CLIENTS_TABLE"),
    ("a restored users table", {"ExistingUsersTable": "restored-users"}, SIGNING, "LATCHKEY_USERS_TABLE"),
    ("a restored tokens table", {"ExistingTokensTable": "restored-tokens"}, ALL, "LATCHKEY_TOKENS_TABLE"),
    ("a restored table of records, which no function knows", {"ExistingAuditTable": "restored-audit"}, frozenset(), None),
    ("the life of a token", {"AccessTokenSeconds": "600"}, SIGNING, "LATCHKEY_ACCESS_TOKEN_SECONDS"),
    ("and back", {"AccessTokenSeconds": "1200"}, SIGNING, "LATCHKEY_ACCESS_TOKEN_SECONDS"),
    ("Subject", {"Subject": "legacy"}, ALL, "LATCHKEY_SUBJECT"),
    ("ErrorPages", {"ErrorPages": "https://docs.example.org/errors"}, SIGNING, "LATCHKEY_ERROR_PAGES"),
    ("the sealing keys' names", {"SealingKeyNames": "v1,v2"}, SIGNING, "LATCHKEY_SEALING_KEY_NAMES"),
    ("memory", {"AuthorizeMemorySize": "1024"}, {"authorize"}, None),
    ("tracing", {"Tracing": "false"}, ALL, None),
    ("a route's limit", {"IssueRateLimit": "100"}, frozenset(), None),
)


def update(stack, what, changed, changes, name, keys=None):
    before = live()
    stack.parameters |= changed
    stack.keys |= keys or {}
    status = stack.deploy(what, cloudformation.update_stack)
    check(f"{what}: the update lands", (status, [] if status == "UPDATE_COMPLETE" else why()), ("UPDATE_COMPLETE", []))
    after = live()
    check(f"{what}: new versions of these functions alone", {f for f in ALL if after[f] != before[f]}, set(changes))
    for function in sorted(changes):
        if variable(function, name) is not None:
            (value,) = [value for parameter, value in changed.items() if parameter != "Revision"]
            check(f"{what}: live of {function} has it", variable(function, name), value)
        versions = {v["Version"] for v in functions.list_versions_by_function(FunctionName=f"{STACK}-{function}")["Versions"]}
        check(f"{what}: the version of {function} before it is kept", before[function] in versions, True)


def main():
    logging.disable(logging.WARNING)
    template, packages = sys.argv[1], pathlib.Path(sys.argv[2])
    account.client("s3").create_bucket(Bucket=sam.BUCKET, CreateBucketConfiguration={"LocationConstraint": sam.REGION})
    stack = Stack(template, packages)
    for function in asked.FUNCTIONS:
        upload(stack.keys[function], (packages / function / "bootstrap.zip").read_bytes())
    for table, keys in asked.KEYS.items():
        account.client("dynamodb").create_table(
            TableName=f"restored-{table}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, _, kind in keys],
        )

    section("SAM: a stack's updates")
    status = stack.deploy("creation", cloudformation.create_stack)
    check("the stack is made", (status, [] if status == "CREATE_COMPLETE" else why()), ("CREATE_COMPLETE", []))
    made = {r["LogicalResourceId"] for r in cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]}
    it = sam.Resolved(stack.body(), stack.parameters)
    check("the stack has every resource that the emulator knows", sorted(made), sorted(it.resources))
    first = live()
    for what, changed, changes, name in UPDATES:
        update(stack, what, changed, changes, name)
    upload("issue-2.zip", (packages / "refresh" / "bootstrap.zip").read_bytes())
    update(stack, "a new program", {}, {"issue"}, None, {"issue": "issue-2.zip"})

    section("SAM: the fastest way back")
    for function in asked.FUNCTIONS:
        functions.update_alias(FunctionName=f"{STACK}-{function}", Name="live", FunctionVersion=first[function])
    check("the alias goes back to the first version", (live(), variable("issue", "LATCHKEY_ERROR_PAGES")), (first, ""))
    finish()


if __name__ == "__main__":
    main()
