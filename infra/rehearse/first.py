"""Makes SAM's stack for the first time in an emulator: with values that are refused, with a creation that fails, and once
more after a tear-down.

    first.py TEMPLATE PACKAGES     PACKAGES: folder of zip files
"""

import logging
import sys

from botocore.exceptions import ClientError

import account
import asked
import bounds
import packages
import sam
from checks import check, finish, section
from stack import Stack, make_bucket, upload

STACK = "first"
cloudformation = account.client("cloudformation")
dynamodb = account.client("dynamodb")
logs = account.client("logs")


def parameters(values):
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def refused(template, defaults):
    section("SAM: values out of bounds, as the emulator answers them")
    # What a template's parameters refuse is refused before its resources are looked at.
    body = sam.written({"Parameters": template["Parameters"], "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    wrong = {}
    for name, values in bounds.REFUSED.items():
        for value in values:
            try:
                cloudformation.create_stack(StackName="refused", TemplateBody=body, Parameters=parameters(defaults | {name: value}))
                wrong[name] = value, "is taken"
            except ClientError as error:
                if name not in str(error):
                    wrong[name] = value, str(error)
    check("each is refused, and the answer names the parameter", wrong, {})
    check("and no stack is there", [s["StackName"] for s in cloudformation.describe_stacks()["Stacks"]], [])


def still_empty(template):
    """A stack of a template that took an empty RouteScopes, updated as `sam deploy` does: with the values that it has."""
    section("SAM: an update whose RouteScopes is still empty")
    old = {name: parameter for name, parameter in template["Parameters"].items()}
    old["RouteScopes"] = {"Type": "String", "Default": "", "AllowedPattern": r'^$|^\{ *".+\}$'}
    topic = lambda name: {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}}
    body = lambda parameters, name: sam.written({"Parameters": parameters, "Resources": topic(name)})
    chosen = parameters(asked.CHOSEN)
    cloudformation.create_stack(StackName="older", TemplateBody=body(old, "before"), Parameters=chosen)
    kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in old]

    def update(changed=None):
        these = [changed if changed and changed["ParameterKey"] == p["ParameterKey"] else p for p in kept]
        try:
            cloudformation.update_stack(StackName="older", TemplateBody=body(template["Parameters"], "after"), Parameters=these)
            return "is taken"
        except ClientError as error:
            return str(error)

    refusal = update()
    check("it is refused, with what to write", all(text in refusal for text in ("RouteScopes", "{} lets no token pass", '{"*":""} opens every route')), True)
    status = cloudformation.describe_stacks(StackName="older")["Stacks"][0]["StackStatus"]
    check("before anything changes", (status, "before" in str(cloudformation.get_template(StackName="older")["TemplateBody"])), ("CREATE_COMPLETE", True))
    check("with a value it is taken", update({"ParameterKey": "RouteScopes", "ParameterValue": '{"*":""}'}), "is taken")
    cloudformation.delete_stack(StackName="older")


def left():
    """What is there: tables, log groups, functions, keys that are not to be deleted."""
    kms = account.client("kms")
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    return {
        "tables": dynamodb.list_tables()["TableNames"],
        "log groups": [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]],
        "functions": [function["FunctionName"] for function in account.client("lambda").list_functions()["Functions"]],
        "keys": [key for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"],
    }


NOTHING = {"tables": [], "log groups": [], "functions": [], "keys": []}


def failing(stack):
    section("SAM: a first creation that fails")
    # The last resource of all is one that cannot be made: CloudFormation makes no parameter that is encrypted.
    others = list(sam.Resolved(stack.body(), stack.parameters).resources)
    last = {"Fails": {"Type": "AWS::SSM::Parameter", "DependsOn": others, "Properties": {"Type": "SecureString", "Value": "x"}}}
    stack.parameters["DeletionProtection"] = "false"
    body = stack.body()
    body["Resources"] |= last
    status, failed = stack.apply(cloudformation.create_stack, body)
    check("it is rolled back", status, "ROLLBACK_COMPLETE")
    check("because of that resource", "Fails" in dict(failed), True)
    check("without the tables' protection it leaves nothing", left(), NOTHING)
    stack.delete()
    stack.parameters["DeletionProtection"] = "true"


def again(stack):
    section("SAM: torn down, and made again")
    check("the stack is made", stack.create(), "CREATE_COMPLETE")
    groups = sorted([f"/aws/lambda/{STACK}-{function}" for function in asked.PACKAGES] + [f"/aws/vendedlogs/{STACK}-api"])
    check("it has its log groups", sorted(left()["log groups"]), groups)
    account.client("logs").create_log_stream(logGroupName=groups[0], logStreamName="before")
    check("it is torn down", stack.delete(), "DELETE_COMPLETE")
    kept = left()
    check("its log groups, tables and keys stay", (sorted(kept["log groups"]), len(kept["tables"]), len(kept["keys"])), (groups, len(asked.KEYS), len(asked.KEY_SETS)))
    # Without it AWS refuses to make what is there. The emulator would write over it.
    stack.parameters["ExistingLogGroups"] = "true"
    check("with ExistingLogGroups it is made again", stack.create(), "CREATE_COMPLETE")
    streams = [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=groups[0])["logStreams"]]
    check("over the log lines of before", "before" in streams, True)
    filters = {f["logGroupName"] for f in logs.describe_metric_filters()["metricFilters"]}
    check("and counts lines in each group", sorted(filters), [group for group in groups if not group.endswith("-check")])
    stack.delete()
    check("and they stay once more", sorted(left()["log groups"]), groups)


def main():
    logging.disable(logging.WARNING)
    path, folder = sys.argv[1:]
    make_bucket()
    stack = Stack(path, STACK)
    for function, key in stack.keys.items():
        upload(key, packages.path_of(folder, function).read_bytes())
    refused(sam.load(path), dict(stack.parameters))
    still_empty(sam.load(path))
    failing(stack)
    again(stack)
    finish()


if __name__ == "__main__":
    main()
