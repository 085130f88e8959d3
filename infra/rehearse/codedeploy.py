"""The part of CodeDeploy, which the emulator has not: what happens between a new version and its traffic."""

import datetime
import json

import account
import asked
import sam
from checks import check, instead


def watched(stack, function):
    """The alarms that CodeDeploy watches while it shifts this function's traffic."""
    group = stack.expanded()["Resources"][f"{sam.name_of(function)}DeploymentGroup"]["Properties"]
    resources = stack.cloudformation.describe_stack_resources(StackName=stack.name)["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    wanted = [names[alarm["Name"]["Ref"]] for alarm in group["AlarmConfiguration"]["Alarms"]]
    return account.client("cloudwatch", stack.region).describe_alarms(AlarmNames=wanted)["MetricAlarms"]


def rings(stack, alarm):
    """By the metric that it watches, which the emulator records; it decides only alarms whose metrics are put by hand."""
    now = datetime.datetime.now(datetime.timezone.utc)
    found = account.client("cloudwatch", stack.region).get_metric_statistics(
        **{name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions", "Period")},
        Statistics=[alarm["Statistic"]],
        StartTime=now - datetime.timedelta(seconds=2 * alarm["Period"]),
        EndTime=now + datetime.timedelta(seconds=alarm["Period"]),
    )
    return any(point[alarm["Statistic"]] >= alarm["Threshold"] for point in found["Datapoints"])


def check_bad_build(stack, service, keys):
    """CloudFormation publishes the versions; CodeDeploy then gives them a tenth of the traffic, if any, and watches."""
    instead("the first request of CodeDeploy's tenth is sent, and its alarms are compared with what the emulator counted")
    before, good = stack.live(), dict(stack.keys)
    check("a build that does not start: the versions are published", stack.update(keys=keys, live=before), "UPDATE_COMPLETE")
    check("a build that does not start: live names none of them", stack.live(), before)
    newest = {function: max(map(int, stack.versions(function) - {"$LATEST"})) for function in asked.FUNCTIONS}
    for function in asked.FUNCTIONS:
        # The first request of that tenth.
        event = {"version": "2.0", "rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "GET", "path": "/"}}}
        answer = stack.functions.invoke(
            FunctionName=f"{stack.name}-{function}", Qualifier=str(newest[function]), Payload=json.dumps(event).encode()
        )
        check(f"a build that does not start: {function} fails", answer.get("FunctionError"), "Unhandled")
    # The authorizer's errors are how it says 401 to a REST API, so they ring no alarm. It goes back with the stack, as soon as
    # one deployment is taken back.
    for function in [function for function in asked.FUNCTIONS if function != asked.AUTHORIZER]:
        ringing = [alarm["AlarmName"] for alarm in watched(stack, function) if rings(stack, alarm)]
        check(f"a build that does not start: an alarm takes the deployment of {function} back", bool(ringing), True)
    service.check("a build that does not start: whoever asks by live")
    status = stack.update(keys=good)
    check("a build that does not start: the rollback", status, "UPDATE_COMPLETE")
