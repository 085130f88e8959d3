"""The part of CodeDeploy, which the emulator has not: what happens between a new version and its traffic."""

import json

import asked
import sam
from checks import check, instead


def hook(stack, function):
    """What CodeDeploy invokes before this function's new version gets any traffic."""
    alias = stack.expanded()["Resources"][f"{sam.name_of(function)}Aliaslive"]
    return alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"].get("BeforeAllowTrafficHook")


def check_bad_build(stack, service, keys):
    """CloudFormation publishes the versions. CodeDeploy then has the check ask each, and gives it no traffic if it fails."""
    instead("each version is invoked as the check would invoke it; tests/check has the check's answer to what it sees")
    before, good = stack.live(), dict(stack.keys)
    check("a build that does not start: the versions are published", stack.update(keys=keys, live=before), "UPDATE_COMPLETE")
    check("a build that does not start: live names none of them", stack.live(), before)
    newest = {function: max(map(int, stack.versions(function) - {"$LATEST"})) for function in asked.FUNCTIONS}
    for function in asked.FUNCTIONS:
        # The check's invocation.
        event = {"version": "2.0", "rawPath": "/", "headers": {}, "requestContext": {"http": {"method": "GET", "path": "/"}}}
        answer = stack.functions.invoke(
            FunctionName=f"{stack.name}-{function}", Qualifier=str(newest[function]), Payload=json.dumps(event).encode()
        )
        check(f"a build that does not start: {function} fails", answer.get("FunctionError"), "Unhandled")
        check(f"a build that does not start: the check stands before the traffic of {function}", hook(stack, function), {"Ref": "CheckFunction"})
    service.check("a build that does not start: whoever asks by live")
    status = stack.update(keys=good)
    check("a build that does not start: the rollback", status, "UPDATE_COMPLETE")
