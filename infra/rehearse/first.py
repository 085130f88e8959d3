"""Makes SAM's stack for the first time in an emulator: with values that are refused, with a creation that fails, and once
more after a tear-down.

    first.py TEMPLATE PACKAGES     PACKAGES: folder of zip files
"""

import logging
import pathlib
import sys
import time

from botocore.exceptions import ClientError

import account
import asked
import bounds
import sam
import updates
from checks import check, finish, section

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


def deploy(stack, more=None):
    body = stack.body()
    body["Resources"] |= more or {}
    updates.upload("first.json", sam.written(body).encode())
    url = f"{account.client('s3').meta.endpoint_url}/{sam.BUCKET}/first.json"
    made = cloudformation.create_stack(StackName=STACK, TemplateURL=url, Parameters=parameters(stack.parameters), Capabilities=["CAPABILITY_IAM"])
    return made["StackId"], ended(made["StackId"])


def ended(stack):
    for _ in range(600):
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    return status


def delete(stack):
    cloudformation.delete_stack(StackName=stack)
    return ended(stack)


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
    made, status = deploy(stack, last)
    check("it is rolled back", status, "ROLLBACK_COMPLETE")
    check("without the tables' protection it leaves nothing", left(), NOTHING)
    delete(made)
    stack.parameters["DeletionProtection"] = "true"


def again(stack):
    section("SAM: torn down, and made again")
    made, status = deploy(stack)
    check("the stack is made", status, "CREATE_COMPLETE")
    groups = sorted([f"/aws/lambda/{STACK}-{function}" for function in asked.FUNCTIONS] + [f"/aws/vendedlogs/{STACK}-api"])
    check("it has its log groups", sorted(left()["log groups"]), groups)
    account.client("logs").create_log_stream(logGroupName=groups[0], logStreamName="before")
    check("it is torn down", delete(made), "DELETE_COMPLETE")
    kept = left()
    check("its log groups, tables and key stay", (sorted(kept["log groups"]), len(kept["tables"]), len(kept["keys"])), (groups, len(asked.KEYS), 1))
    # Without it AWS refuses to make what is there. The emulator would write over it.
    stack.parameters["ExistingLogGroups"] = "true"
    made, status = deploy(stack)
    check("with ExistingLogGroups it is made again", status, "CREATE_COMPLETE")
    streams = [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=groups[0])["logStreams"]]
    check("over the log lines of before", "before" in streams, True)
    filters = {f["logGroupName"] for f in logs.describe_metric_filters()["metricFilters"]}
    check("and counts lines in each group", sorted(filters), groups)
    delete(made)
    check("and they stay once more", sorted(left()["log groups"]), groups)


def main():
    logging.disable(logging.WARNING)
    path, packages = sys.argv[1], pathlib.Path(sys.argv[2])
    account.client("s3").create_bucket(Bucket=sam.BUCKET, CreateBucketConfiguration={"LocationConstraint": sam.REGION})
    stack = updates.Stack(path, packages)
    for function in asked.FUNCTIONS:
        updates.upload(stack.keys[function], (packages / function / "bootstrap.zip").read_bytes())
    refused(sam.load(path), dict(stack.parameters))
    failing(stack)
    again(stack)
    finish()


if __name__ == "__main__":
    main()
