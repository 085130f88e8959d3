"""A SAM stack in the emulator: expanded as AWS would, then created, updated and deleted by CloudFormation."""

import json
import os
import re
import time

import account
import asked
import sam

# What the emulator has not. CodeDeploy moves `live` step by step; here CloudFormation moves it at once, except where
# codedeploy.py plays CodeDeploy's part.
NOT_EMULATED = {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::CloudWatch::CompositeAlarm", "AWS::Logs::QueryDefinition"}


def make_bucket(region=sam.REGION):
    """Lambda takes code from a bucket of its own region only."""
    account.client("s3", region).create_bucket(Bucket=bucket(region), CreateBucketConfiguration={"LocationConstraint": region})


def bucket(region):
    return sam.BUCKET if region == sam.REGION else f"{sam.BUCKET}-{region}"


def upload(key, body, region=sam.REGION):
    account.client("s3", region).put_object(Bucket=bucket(region), Key=key, Body=body)


def with_routes(resources):
    """The emulator reads no OpenAPI document. The same routes and integrations are resources of their own here."""
    api = resources["Api"]["Properties"]
    paths = api.pop("Body")["paths"]
    api |= {"Name": {"Ref": "AWS::StackName"}, "ProtocolType": "HTTP"}
    found = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            name = re.sub(r"\W", "", f"{method}{path}")
            properties = {"IntegrationUri": integration["uri"], "PayloadFormatVersion": integration["payloadFormatVersion"]}
            properties |= {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY"}
            found[f"To{name}"] = {"Type": "AWS::ApiGatewayV2::Integration", "Properties": properties}
            properties = {"ApiId": {"Ref": "Api"}, "RouteKey": f"{method.upper()} {path}"}
            properties |= {"Target": {"Fn::Sub": f"integrations/${{To{name}}}"}}
            found[f"Route{name}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
    return resources | found


class Stack:
    """`parameters` that differ from the template's defaults; each deployment keeps those before it, as `sam deploy` does."""

    def __init__(self, template, name="latchkey", region=sam.REGION, parameters=()):
        self.template, self.name, self.region = template, name, region
        self.parameters = {name: str(p["Default"]) for name, p in sam.load(template)["Parameters"].items()}
        self.parameters |= asked.CHOSEN | dict(parameters)
        self.keys = {function: f"{function}.zip" for function in asked.PACKAGES}
        # What another commit's template says of a function.
        self.texts = {}
        # Whether it is a template of before the index of users' grants.
        self.is_before_index = False
        self.cloudformation = account.client("cloudformation", region)
        self.functions = account.client("lambda", region)
        self.deployments, self.id = 0, None

    def expanded(self):
        """With everything that AWS would make."""
        template = sam.load(self.template)
        for function, properties in self.texts.items():
            template["Resources"][sam.name_of(function)]["Properties"] |= properties
        if self.is_before_index:
            table = template["Resources"]["TokensTable"]["Properties"]
            keys = {name for name, _, _ in asked.KEYS["tokens"]}
            del table["GlobalSecondaryIndexes"]
            table["AttributeDefinitions"] = [a for a in table["AttributeDefinitions"] if a["AttributeName"] in keys]
        body = sam.expand(template, self.parameters, self.keys)
        for function in asked.PACKAGES:
            body["Resources"][sam.name_of(function)]["Properties"]["Code"]["S3Bucket"] = bucket(self.region)
        return body

    def body(self, live=None):
        """What the emulator takes. `live`: versions that the aliases keep naming."""
        body = self.expanded()
        body["Resources"] = with_routes(body["Resources"])
        body["Resources"] = {
            name: {key: value for key, value in resource.items() if key != "UpdatePolicy"}
            for name, resource in body["Resources"].items()
            if resource["Type"] not in NOT_EMULATED
        }
        # The check's role and the dashboard name what is not there.
        text = sam.written(body).replace("${BrokenAlarm.Arn}", "").replace("${ServerlessDeploymentApplication}", "deployments")
        body = json.loads(text)
        # Nor has it alarms over several metrics. One over the first of them stands in.
        for resource in body["Resources"].values():
            if metrics := resource["Properties"].pop("Metrics", None):
                first = next(metric["MetricStat"] for metric in metrics if "MetricStat" in metric)
                resource["Properties"] |= first["Metric"] | {"Statistic": first["Stat"], "Period": first["Period"]}
        for function, version in (live or {}).items():
            body["Resources"][f"{sam.name_of(function)}Aliaslive"]["Properties"]["FunctionVersion"] = version
        return body

    def create(self):
        return self.apply(self.cloudformation.create_stack, self.body())

    def update(self, parameters=(), keys=(), live=None):
        self.parameters |= dict(parameters)
        self.keys |= dict(keys)
        return self.apply(self.cloudformation.update_stack, self.body(live))

    def apply(self, deploy, body):
        self.deployments += 1
        key = f"{self.name}-{self.deployments}.json"
        upload(key, sam.written(body).encode(), self.region)
        self.id = deploy(
            StackName=self.name,
            TemplateURL=f"{os.environ['AWS_ENDPOINT_URL']}/{bucket(self.region)}/{key}",
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )["StackId"]
        ended = self.end()
        if isinstance(ended, str):
            self.reserve(body)
        return ended

    def reserve(self, body):
        """The emulator's CloudFormation does not hand on what is reserved for a function; its Lambda keeps to it."""
        made = sam.Resolved(body, self.parameters).of("AWS::Lambda::Function")
        for function in asked.FUNCTIONS:
            name, number = f"{self.name}-{function}", made[sam.name_of(function)].get("ReservedConcurrentExecutions")
            if number is None:
                self.functions.delete_function_concurrency(FunctionName=name)
            else:
                self.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=int(number))

    def delete(self):
        self.cloudformation.delete_stack(StackName=self.name)
        return self.end()

    def end(self):
        """How it came out; where it failed, with the first resources that did, which an operator would look for."""
        until = time.monotonic() + 120
        while (status := self.describe()["StackStatus"]).endswith("IN_PROGRESS") and time.monotonic() < until:
            time.sleep(0.1)
        if re.fullmatch("(CREATE|UPDATE|DELETE)_COMPLETE", status):
            return status
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.id)
        events = [event for page in pages for event in page["StackEvents"]]
        failed = [event for event in events if re.search("FAILED|^(UPDATE_)?ROLLBACK_IN", event["ResourceStatus"])]
        return status, [(event["LogicalResourceId"], event.get("ResourceStatusReason")) for event in failed[-2:]]

    def describe(self):
        """By its id: a stack that is gone has no name."""
        return self.cloudformation.describe_stacks(StackName=self.id)["Stacks"][0]

    def outputs(self):
        """By the names that Terraform gives them: ClientsTableName is clients_table."""
        names = {output["OutputKey"]: output["OutputValue"] for output in self.describe()["Outputs"]}
        short = lambda name: re.sub("(?<=Table)Name$", "", name)
        return {re.sub("(?<=[a-z])([A-Z])", r"_\1", short(name)).lower(): value for name, value in names.items()}

    def live(self):
        named = lambda function: self.functions.get_alias(FunctionName=f"{self.name}-{function}", Name="live")
        return {function: named(function)["FunctionVersion"] for function in asked.FUNCTIONS}

    def variable(self, function, name):
        found = self.functions.get_function_configuration(FunctionName=f"{self.name}-{function}", Qualifier="live")
        return found["Environment"]["Variables"].get(name)

    def versions(self, function):
        found = self.functions.list_versions_by_function(FunctionName=f"{self.name}-{function}")["Versions"]
        return {version["Version"] for version in found}
