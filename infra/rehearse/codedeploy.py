"""The part of CodeDeploy, which the emulator has not: what happens between a new version and its traffic."""

import http.server
import json
import os
import threading
import urllib.parse

import asked
import sam
from checks import check, instead


class CodeDeploy(http.server.ThreadingHTTPServer):
    """Of its API what the stack's check calls: which version a deployment is about, and what the check found."""

    def __init__(self, stack):
        super().__init__(("127.0.0.1", urllib.parse.urlsplit(os.environ["REHEARSAL_CODEDEPLOY"]).port), Handler)
        self.stack, self.deployments, self.found = stack, {}, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def ask(self, function, version):
        """Invokes the stack's check as CodeDeploy does before it shifts traffic. What it told."""
        alias = self.stack.expanded()["Resources"][f"{sam.name_of(function)}Aliaslive"]
        hook = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]["Ref"]
        resources = self.stack.cloudformation.describe_stack_resources(StackName=self.stack.name)["StackResources"]
        (name,) = [each["PhysicalResourceId"] for each in resources if each["LogicalResourceId"] == hook]
        deployment = f"d-{function.upper()}{version}"
        self.deployments[deployment] = f"{self.stack.name}-{function}", version
        event = {"DeploymentId": deployment, "LifecycleEventHookExecutionId": f"of {deployment}"}
        self.stack.functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return self.found.get(event["LifecycleEventHookExecutionId"])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked_for = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.headers["X-Amz-Target"].partition(".")[2]:
            case "GetDeployment":
                name, version = self.server.deployments[asked_for["deploymentId"]]
                properties = {"Name": name, "Alias": "live", "CurrentVersion": "1", "TargetVersion": version}
                spec = {"version": 0.0, "Resources": [{name: {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
                revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}}
                answer = {"deploymentInfo": {"applicationName": "deployments", "revision": revision}}
            case "PutLifecycleEventHookExecutionStatus":
                execution = asked_for["lifecycleEventHookExecutionId"]
                self.server.found[execution] = asked_for["status"]
                answer = {"lifecycleEventHookExecutionId": execution}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def newest(stack):
    return {function: str(max(map(int, stack.versions(function) - {"$LATEST"}))) for function in asked.FUNCTIONS}


def check_builds(stack, service, another, bad):
    """CloudFormation publishes the versions. CodeDeploy then invokes the stack's check, and shifts traffic only to a version
    that the check lets pass."""
    instead("the rehearsal invokes the check that CodeDeploy invokes, and answers what that asks of CodeDeploy")
    code_deploy, good = CodeDeploy(stack), dict(stack.keys)
    for what, keys, wanted in (("a new build", another, "Succeeded"), ("a build that does not start", bad, "Failed")):
        before = stack.live()
        check(f"{what}: the versions are published", stack.update(keys=keys, live=before), "UPDATE_COMPLETE")
        check(f"{what}: live names none of them", stack.live(), before)
        for function, version in newest(stack).items():
            check(f"{what}: the check of {function}", code_deploy.ask(function, version), wanted)
        if wanted == "Succeeded":
            check(f"{what}: live moves", stack.update(), "UPDATE_COMPLETE")
            good = dict(stack.keys)
        else:
            service.check(f"{what}: requests by live")
            check(f"{what}: the rollback", stack.update(keys=good), "UPDATE_COMPLETE")
        service.check(what)
    code_deploy.shutdown()
