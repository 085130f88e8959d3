"""Expands the SAM template as AWS would, compares it with what was asked for, makes in the emulator what that knows of
CloudFormation, and reads it back.

    sam.py TEMPLATE PACKAGES EXPANDED     PACKAGES: folder of zip files; EXPANDED: where to leave the expanded template
    sam.py --cdn-rule TEMPLATE            prints the code of the CDN's rule
"""

import json
import logging
import pathlib
import re
import sys

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

import account
import asked
from checks import check, finish, section
from policy import check_role, check_trust

STACK = "rehearsal"
BUCKET = "rehearsal-packages"
REGION = boto3.Session().region_name or "eu-west-1"
PSEUDO = {
    "AWS::StackName": STACK,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": None,
}

# SAM local changes only variables that the template declares.
PERMITTED = {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"}

# What the emulator makes from CloudFormation. The rest is compared in the expanded template alone, and all of it through
# Terraform, whose half makes the same resources by their own APIs.
EMULATED = {
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::KMS::Alias",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
}


def load(path):
    return yaml_parse(pathlib.Path(path).read_text())


def name_of(function):
    """Logical name of a function: issue is IssueFunction."""
    return f"{function.capitalize()}Function"


def expand(template, parameters):
    """What `sam build` and `sam deploy` do to the code's address, then AWS's own transform."""
    template["Globals"]["Function"].pop("CodeUri", None)
    for function in asked.ROUTES:
        template["Resources"][name_of(function)]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": f"{function}.zip"}
    session = boto3.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(template, dict(parameters))


class Resolved:
    """The expanded template as it is with one set of parameters. What only AWS knows stays as ${Name} or ${Name.Attribute}."""

    def __init__(self, template, parameters):
        self.template, self.parameters = template, parameters
        self.resources = {
            name: self.value({**resource, "Condition": None})
            for name, resource in template["Resources"].items()
            if self.condition(resource.get("Condition"))
        }

    def condition(self, name):
        return name is None or self.value(self.template["Conditions"][name])

    def value(self, value):
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (key, argument), *_ = value.items()
            match key:
                case "Ref":
                    return PSEUDO[argument] if argument in PSEUDO else self.parameters.get(argument, f"${{{argument}}}")
                case "Fn::GetAtt":
                    name, _, attribute = ".".join([argument] if isinstance(argument, str) else argument).partition(".")
                    # A log group's ARN covers its streams: CloudFormation ends it with :*.
                    star = ":*" if self.template["Resources"][name]["Type"] == "AWS::Logs::LogGroup" else ""
                    return f"${{{name}.{attribute}}}{star}"
                case "Fn::Sub":
                    text, known = argument if isinstance(argument, list) else (argument, {})
                    known = {name: self.value(item) for name, item in known.items()}
                    put = lambda match: str(known.get(match[1]) or self.value({"Ref": match[1]}))
                    return re.sub(r"\$\{([^!}]+)\}", put, text)
                case "Fn::If":
                    return self.value(argument[1] if self.condition(argument[0]) else argument[2])
                case "Fn::Equals":
                    return str(self.value(argument[0])) == str(self.value(argument[1]))
                case "Fn::Not":
                    return not self.value(argument[0])
                case "Fn::And":
                    return all(map(self.value, argument))
                case "Fn::Or":
                    return any(map(self.value, argument))
                case "Condition" if isinstance(argument, str):
                    return self.condition(argument)
        found = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}

    def of(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}


def check_expanded(it):
    section("SAM: tables and sealing key, in the expanded template")
    tables = {"clients": "ClientsTable", "tokens": "TokensTable"}
    check("tables: these alone", sorted(it.of("AWS::DynamoDB::Table")), sorted(tables.values()))
    for table, name in tables.items():
        found = it.resources[name]["Properties"]
        types = {a["AttributeName"]: a["AttributeType"] for a in found["AttributeDefinitions"]}
        keys = [(k["AttributeName"], k["KeyType"], types[k["AttributeName"]]) for k in found["KeySchema"]]
        check(f"{table}: keys", keys, asked.KEYS[table])
        ttl = found.get("TimeToLiveSpecification", {"Enabled": False})
        check(f"{table}: TTL attribute {asked.TTL[table]}", ttl["AttributeName"] if ttl["Enabled"] else None, asked.TTL[table])
        check(f"{table}: point-in-time recovery", found["PointInTimeRecoverySpecification"], {"PointInTimeRecoveryEnabled": True})
        check(f"{table}: on demand", found["BillingMode"], "PAY_PER_REQUEST")
        check(f"{table}: protected from deletion", found["DeletionProtectionEnabled"], True)
        check(f"{table}: encrypted by KMS", found["SSESpecification"], {"SSEEnabled": True, "SSEType": "KMS"})
    for name in [*tables.values(), "SealingKey"]:
        kept = it.resources[name].get("DeletionPolicy"), it.resources[name].get("UpdateReplacePolicy")
        check(f"{name}: outlives the stack", kept, ("Retain", "Retain"))
    key = it.resources["SealingKey"]["Properties"]
    check("sealing key: HMAC_256, for MACs alone", {name: key[name] for name in asked.SEALING_KEY}, asked.SEALING_KEY)
    check("sealing key: 30 days to change one's mind", key["PendingWindowInDays"], 30)

    section("SAM: functions, in the expanded template")
    functions = it.of("AWS::Lambda::Function")
    check("functions: these alone", sorted(functions), sorted(map(name_of, asked.ROUTES)))
    environment = asked.environment("${ClientsTable}", "${TokensTable}", "${SealingKey.Arn}")
    arns = {"clients": "${ClientsTable.Arn}", "tokens": "${TokensTable.Arn}", "key": "${SealingKey.Arn}"}
    logs = {function: f"${{{function.capitalize()}Logs.Arn}}:*" for function in asked.ROUTES}
    for function in asked.ROUTES:
        found = functions[name_of(function)]
        check(f"{function}: name", found["FunctionName"], f"{STACK}-{function}")
        for setting, value in asked.FUNCTION.items():
            check(f"{function}: {setting} is {value}", found[setting], value)
        check(f"{function}: traced", found["TracingConfig"], {"Mode": "Active"})
        check(f"{function}: reserves no concurrency", found.get("ReservedConcurrentExecutions"), None)
        variables = {k: str(v) for k, v in found["Environment"]["Variables"].items() if k not in PERMITTED}
        check(f"{function}: has just the variables that were asked for", sorted(variables), sorted(environment))
        for variable, value in environment.items():
            check(f"{function}: {variable} is {value!r}", variables.get(variable), value)
        group = it.resources[f"{function.capitalize()}Logs"]["Properties"]
        check(f"{function}: log group keeps its lines", group["RetentionInDays"], asked.LOG_RETENTION_DAYS)
        alias = it.resources[f"{name_of(function)}Aliaslive"]
        check(f"{function}: live is a published version", bool(re.search(r"Version\w+\.Version}$", alias["Properties"]["FunctionVersion"])), True)
        filters = {
            (f["MetricTransformations"][0]["MetricNamespace"], f["MetricTransformations"][0]["MetricName"]): f["FilterPattern"]
            for f in it.of("AWS::Logs::MetricFilter").values()
            if f["LogGroupName"] == f"${{{function.capitalize()}Logs}}"
        }
        check(f"{function}: log lines are counted", filters, {(f"Latchkey/{STACK}", m): p for m, p in asked.COUNTED.items()})
    check("each function has a role of its own", len({f["Role"] for f in functions.values()}), len(asked.ROUTES))
    groups = [g["RetentionInDays"] for g in it.of("AWS::Logs::LogGroup").values()]
    check("every log group keeps its lines", set(groups), {asked.LOG_RETENTION_DAYS})

    section("SAM: permissions, in the expanded template, evaluated")
    for function in asked.ROUTES:
        role = it.resources[functions[name_of(function)]["Role"].removeprefix("${").removesuffix(".Arn}")]["Properties"]
        check_trust(function, role["AssumeRolePolicyDocument"])
        check(f"{function}: no managed policies", role.get("ManagedPolicyArns", []), [])
        check(f"{function}: one policy", len(role["Policies"]), 1)
        check_role(function, role["Policies"][0]["PolicyDocument"], arns, logs)

    section("SAM: the API, in the expanded template")
    routes = {
        f"{method.upper()} {path}": operation["x-amazon-apigateway-integration"]
        for path, methods in it.resources["Api"]["Properties"]["Body"]["paths"].items()
        for method, operation in methods.items()
    }
    check("routes: these alone", sorted(routes), sorted(asked.ROUTES.values()))
    stages = list(it.of("AWS::ApiGatewayV2::Stage").values())
    check("one stage, $default, deployed by itself", [(s["StageName"], s["AutoDeploy"]) for s in stages], [("$default", True)])
    permissions = list(it.of("AWS::Lambda::Permission").values())
    check("permissions to invoke: one for each function", len(permissions), len(asked.ROUTES))
    for function, key in asked.ROUTES.items():
        integration, settings = routes.get(key, {}), stages[0]["RouteSettings"].get(key, {})
        live = f"${{{name_of(function)}Aliaslive}}"
        check(f"{key}: goes to live of {function}", f"/{live}/invocations" in integration.get("uri", ""), True)
        check(f"{key}: payload 2.0", integration.get("payloadFormatVersion"), "2.0")
        limits = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
        check(f"{key}: throttled at {asked.THROTTLES[function]}", limits, asked.THROTTLES[function])
        source = f"arn:aws:execute-api:{REGION}:123456789012:${{Api}}/*/{key.replace(' ', '')}"
        check(
            f"{function}: only {key} may invoke it",
            [(p["Principal"], p["Action"], p["SourceArn"]) for p in permissions if p["FunctionName"] == live],
            [("apigateway.amazonaws.com", "lambda:InvokeFunction", source)],
        )
    account.check_access_log(stages[0]["AccessLogSettings"]["Format"])

    section("SAM: the watch and the options, in the expanded template")
    found = set()
    for alarm in it.of("AWS::CloudWatch::Alarm").values():
        metrics = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m]
        for metric in metrics or [alarm]:
            dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
            found.add((metric["Namespace"].replace(f"Latchkey/{STACK}", "Latchkey"), metric["MetricName"], dimensions.get("FunctionName")))
    for namespace, metric in sorted(asked.ALARMS):
        for function in map(name_of, asked.ROUTES) if namespace == "AWS/Lambda" else [None]:
            watched = (namespace, metric, function and f"${{{function}}}")
            check(f"alarm: {namespace} {metric} {function or ''}".rstrip(), watched in found, True)
    widgets = json.loads(it.resources["Dashboard"]["Properties"]["DashboardBody"])["widgets"]
    check("dashboard: alarms, graphs and log queries", {w["type"] for w in widgets} >= {"alarm", "metric", "log"}, True)
    groups = it.of("AWS::CodeDeploy::DeploymentGroup").values()
    check("deployments: gradual", ["Canary" in g["DeploymentConfigName"] for g in groups], [True] * len(asked.ROUTES))
    check("deployments: an alarm rolls back", [g["AlarmConfiguration"]["Enabled"] and g["AutoRollbackConfiguration"]["Enabled"] for g in groups], [True] * len(asked.ROUTES))
    optional = ("AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::ApiGatewayV2::DomainName", "AWS::Route53::RecordSet")
    check("options are off", [kind for kind in optional if it.of(kind)], [])


def check_options(template, defaults):
    """With everything switched on."""
    parameters = defaults | {
        "DomainName": "tokens.example.org",
        "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
        "HostedZoneId": "Z0000000000000",
        "Cdn": "true",
        "WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/00000000-0000-0000-0000-000000000000",
        "AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:operators",
        "IssueReservedConcurrency": 20,
    }
    it = Resolved(template, parameters)
    distribution = next(iter(it.of("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    check("options: the CDN has its WAF ACL", distribution["WebACLId"], parameters["WebAclArn"])
    check("options: the CDN has its name", distribution["Aliases"], ["tokens.example.org"])
    check("options: the CDN logs nothing, for it would log queries", "Logging" in distribution, False)
    rule = distribution["DefaultCacheBehavior"]["FunctionAssociations"]
    check("options: the CDN has its rule", [r["EventType"] for r in rule], ["viewer-request"])
    check("options: DNS records", sorted({r["Type"] for r in it.of("AWS::Route53::RecordSet").values()}), ["A", "AAAA"])
    alarms = it.of("AWS::CloudWatch::Alarm").values()
    check("options: all alarms reach the topic", {tuple(a["AlarmActions"]) for a in alarms}, {(parameters["AlarmTopicArn"],)})
    found = it.of("AWS::Lambda::Function")[name_of("issue")].get("ReservedConcurrentExecutions")
    check("options: issue reserves concurrency", found, 20)


def check_deployed(expanded, packages):
    section("SAM: the stack in the emulator, read back")
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for function in asked.ROUTES:
        s3.upload_file(str(packages / function / "bootstrap.zip"), BUCKET, f"{function}.zip")
    resources = {
        name: {key: value for key, value in resource.items() if key != "UpdatePolicy"}
        for name, resource in expanded["Resources"].items()
        if resource["Type"] in EMULATED and not name.startswith("CodeDeploy")
    }
    text = json.dumps({**expanded, "Resources": resources})
    # AWS ends a log group's ARN with :*, the emulator does not.
    for function in asked.ROUTES:
        group = f"{function.capitalize()}Logs"
        text = text.replace(json.dumps({"Fn::GetAtt": [group, "Arn"]}), json.dumps({"Fn::Sub": f"${{{group}.Arn}}:*"}))
    template = json.loads(text)
    # The emulator takes the policy of a key as text alone.
    template["Resources"]["SealingKey"]["Properties"]["KeyPolicy"] = "{}"
    for part in ("Outputs", "Rules", "Metadata"):
        template.pop(part, None)
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    check("the stack is made", stack["StackStatus"], "CREATE_COMPLETE")
    made = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]}
    check("the stack has every resource that the emulator knows", sorted(made), sorted(resources))

    # What is ignored the emulator does not take from CloudFormation; it was compared above.
    arns = {table: account.check_table(table, made[name], {"ttl", "recovery", "encryption"}) for table, name in (("clients", "ClientsTable"), ("tokens", "TokensTable"))}
    arns["key"] = account.check_sealing_key(made["SealingKey"], f"alias/{STACK}-sealing", {"kind"})
    environment = asked.environment(made["ClientsTable"], made["TokensTable"], arns["key"])
    logs = {function: f"/aws/lambda/{STACK}-{function}" for function in asked.ROUTES}
    log_arns = {function: account.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"] for function, name in logs.items()}
    for function in asked.ROUTES:
        found = account.check_function(function, f"{STACK}-{function}", environment, logs[function], PERMITTED, {"Architectures"})
        account.check_permissions(function, found["Role"], arns, log_arns)


def main():
    if sys.argv[1] == "--cdn-rule":
        for resource in load(sys.argv[2])["Resources"].values():
            if resource["Type"] == "AWS::CloudFront::Function":
                print(resource["Properties"]["FunctionCode"])
        return
    logging.disable(logging.WARNING)
    template = load(sys.argv[1])
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}
    check("every parameter has a default", [name for name, default in defaults.items() if default is None], [])
    undescribed = [name for name, p in template["Parameters"].items() if not p.get("Description") or not p.get("ConstraintDescription")]
    check("every parameter says what it is and why a value is refused", undescribed, [])
    expanded = expand(template, defaults)
    pathlib.Path(sys.argv[3]).write_text(json.dumps(expanded, indent=1))
    check_expanded(Resolved(expanded, defaults))
    check_options(expanded, defaults)
    check_deployed(expanded, pathlib.Path(sys.argv[2]))
    finish()


main()
