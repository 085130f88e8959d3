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
import watch
import bounds
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

TABLES = {"clients": "ClientsTable", "tokens": "TokensTable", "users": "UsersTable", "audit": "AuditTable"}

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


def written(template):
    """As CloudFormation takes it."""
    return json.dumps(template, default=str)


def expand(template, parameters, keys=None):
    """What `sam build` and `sam deploy` do to the code's address, then AWS's own transform."""
    template["Globals"]["Function"].pop("CodeUri", None)
    for function in asked.PACKAGES:
        template["Resources"][name_of(function)]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": (keys or {}).get(function, f"{function}.zip")}
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
                case "Fn::Join":
                    return argument[0].join(map(str, self.value(argument[1])))
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


def counted(it, log_group):
    return {
        (f["MetricTransformations"][0]["MetricNamespace"], f["MetricTransformations"][0]["MetricName"]): f["FilterPattern"]
        for f in it.of("AWS::Logs::MetricFilter").values()
        if f["LogGroupName"] == f"${{{log_group}}}"
    }


def check_parameters(template):
    """A number is taken from its least to its greatest, whole ones alone; the longest values still make a description."""
    longest = {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}
    for name, parameter in template["Parameters"].items():
        if "MaxLength" in parameter:
            longest[name] = "x" * int(parameter["MaxLength"])
        if number := bounds.NUMBER.search(parameter["ConstraintDescription"]):
            least, greatest = map(int, number.groups())
            longest[name] = str(greatest)
            taken = lambda value: bool(re.search(parameter["AllowedPattern"], str(value)))
            asked_for = [least, (least + greatest) // 2, greatest], [least - 1, greatest + 1, f"{least}.5", "", "1e3", f" {least}"]
            check(f"{name}: from {least} to {greatest}, whole numbers alone", [[v for v in side if taken(v)] for side in asked_for], [asked_for[0], []])
        elif "AllowedPattern" in parameter:
            check(f"{name}: its default is one that it takes", bool(re.search(parameter["AllowedPattern"], parameter["Default"])), True)
    longest |= {"SignatureHost": "x" * 64, "SignaturePath": "x" * 64, "PageColor": "#000000", "Architecture": "x86_64"}
    return longest


def check_environments(template, longest):
    for issuer in ("IssuerUrl", "DomainName"):
        it = Resolved(template, longest | {"IssuerUrl" if issuer == "DomainName" else "DomainName": ""})
        for name, function in it.of("AWS::Lambda::Function").items():
            variables = function["Environment"]["Variables"]
            length = sum(len(variable) + len(str(value)) for variable, value in variables.items())
            check(f"{name}: the longest variables with {issuer} take {length} of 4096 bytes", length <= 4096, True)


# Of a function's properties, those that are not part of a version.
NOT_OF_A_VERSION = {"ReservedConcurrentExecutions", "Role", "Tags"}
# What each parameter of a function may be changed to, where its pattern does not say.
OTHER = {
    "AuthorizeMemorySize": "1024",
    "Architecture": "x86_64",
    "Cdn": "true",
    "CdnOnly": "false",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
    "DomainName": "other.example.org",
    "MemorySize": "1024",
    "Subject": "legacy",
    "Tracing": "false",
}


def check_versions(template, defaults):
    """A version is made new by whatever changes its function, and by nothing else: Lambda publishes nothing where the
    function is as it was, and CloudFormation then takes the whole deployment back. Each parameter is changed by itself, with
    everything off, and with everything on."""

    def made_of(parameters):
        it = Resolved(template, parameters)
        settings = {name: properties["Content"] for name, properties in it.of("AWS::AppConfig::HostedConfigurationVersion").items()}
        described = {
            name.partition("Version")[0]: re.sub(r"\$\{(\w+)\}", lambda match: settings[match[1]], version["Description"])
            for name, version in it.of("AWS::Lambda::Version").items()
        }
        # By its name, whether the stack makes it or not.
        groups = {f"${{{name}}}": group["LogGroupName"] for name, group in it.of("AWS::Logs::LogGroup").items()}
        functions = {
            name: {key: groups.get(value["LogGroup"], value["LogGroup"]) if key == "LoggingConfig" else value for key, value in properties.items() if key not in NOT_OF_A_VERSION}
            for name, properties in it.of("AWS::Lambda::Function").items()
        }
        return functions, described

    changed_by = lambda before, after: {name for name in before if before[name] != after[name]}
    wrong, reached = [], set()
    for what, base in (("off", defaults), ("on", defaults | ON), ("over what exists", defaults | EXISTING)):
        functions, described = made_of(base)
        versioned = set(described)
        for name in template["Parameters"]:
            to = OTHER.get(name, "7")
            other = made_of(base | {name: to if base[name] != to else defaults[name]})
            new = changed_by(functions, other[0])
            reached |= {name} if new else set()
            # The check has no versions.
            new &= versioned
            if new != changed_by(described, other[1]):
                wrong.append((what, name, sorted(new), sorted(changed_by(described, other[1]))))
    check("a version is new where its function is, and nowhere else, whatever parameter changes", wrong, [])
    settings = {s["parameter"] for s in asked.SETTINGS if s["parameter"]}
    check("every setting reaches a function", sorted(settings - reached), [])
    it = Resolved(template, defaults)
    for kind in ("Function", "Version"):
        kept = {resource.get("UpdateReplacePolicy") for name, resource in it.resources.items() if resource["Type"] == f"AWS::Lambda::{kind}" and name != name_of(asked.CHECK)}
        check(f"a {kind.lower()} that is replaced is kept", kept, {"Retain"})


ON = {
    "DomainName": "tokens.example.org",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
    "HostedZoneId": "Z0000000000000",
    "Cdn": "true",
    "CdnSecret": "latchkey/cdn",
    "CdnSecretKeyToo": "v2",
    "WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/00000000-0000-0000-0000-000000000000",
    "AlarmTopicArn": f"arn:aws:sns:{REGION}:123456789012:operators",
    "CheckClientSecret": "latchkey/check",
    "Release": "v0.2.0",
    "IssueReservedConcurrency": "20",
    "Tracing": "false",
    "MultiRegionKey": "true",
    "RouteScopes": '{"GET /loans/{id}":"WMS_NCIP"}',
    "TokenCacheSeconds": "60",
    "ErrorPages": "https://docs.example.org/errors",
    "DeletionProtection": "false",
    "PermissionsBoundary": "arn:aws:iam::123456789012:policy/services/boundary",
    "RolePath": "/services/",
}
EXISTING = {
    "ExistingClientsTable": "restored-clients",
    "ExistingTokensTable": "restored-tokens",
    "ExistingUsersTable": "restored-users",
    "ExistingAuditTable": "restored-audit",
    **{f"Existing{key['sam']}Arn": f"arn:aws:kms:{REGION}:123456789012:key/mrk-{name}" for name, key in asked.KEY_SETS.items()},
    "ExistingLogGroups": "true",
}
RULES = {
    "DomainNeedsCertificate": {"DomainName": "tokens.example.org"},
    "CertificateNeedsDomain": {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c"},
    "HostedZoneNeedsDomain": {"HostedZoneId": "Z0000000000000"},
    "WebAclNeedsCdn": {"WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/0"},
    "CdnNeedsSecret": {"Cdn": "true", "CdnOnly": "false"},
    "CdnOnlyNeedsName": {"Cdn": "true", "CdnSecret": "latchkey/cdn"},
    "SubjectIsChosen": {"Subject": ""},
    "EmailOrTopic": {"AlarmEmail": "operators@example.org", "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:operators"},
    "NotesNeedPages": {"NotesTopicArn": "arn:aws:sns:eu-west-1:123456789012:notes"},
    "BudgetNeedsEmail": {"MonthlyBudget": "40"},
    "MultiRegionKeyIsOwn": {"MultiRegionKey": "true"} | {f"Existing{key['sam']}Arn": f"arn:aws:kms:eu-west-1:123456789012:key/{name}" for name, key in asked.KEY_SETS.items()},
    "OldKeysAreChosen": {"OldKeys": ""},
    "KeysAreApart": {f"Existing{key['sam']}Arn": "arn:aws:kms:eu-west-1:123456789012:key/k" for key in asked.KEY_SETS.values()},
}


def check_rules(template, defaults):
    """Each rule refuses just what it is there for."""
    check("rules: these alone", sorted(template["Rules"]), sorted(RULES))

    def refused(parameters):
        it = Resolved({**template, "Resources": {}}, defaults | parameters)
        return [
            name
            for name, rule in template["Rules"].items()
            if it.value(rule.get("RuleCondition", True)) and not all(it.value(each["Assert"]) for each in rule["Assertions"])
        ]

    check("rules: what a new deployment chooses is taken", refused({}), [])
    check("rules: everything switched on is taken", refused(ON), [])
    check("rules: what exists is taken", refused(EXISTING), [])
    for name, parameters in RULES.items():
        check(f"rules: {name}", refused(parameters), [name])


def check_outputs(template, defaults):
    def outputs(parameters):
        it = Resolved(template, defaults | parameters)
        return {name: it.value(o["Value"]) for name, o in template["Outputs"].items() if it.condition(o.get("Condition"))}

    api = f"https://${{Api}}.execute-api.{REGION}.amazonaws.com"
    paths = {"ServiceUrl": "", "AccessTokenUrl": "/oauth2/accessToken", "RefreshTokenUrl": "/oauth2/refreshToken", "AuthorizeUrl": "/oauth2/authorizeCode"}
    paths |= {"IntrospectUrl": "/oauth2/introspect", "RevokeUrl": "/oauth2/revoke", "MetadataUrl": "/.well-known/oauth-authorization-server"}
    urls = lambda base: {name: base + path for name, path in paths.items()}
    for what, parameters, expected in (
        ("by default", {}, urls(api)),
        ("with the CDN", {"Cdn": "true"}, urls("https://${Distribution.DomainName}") | {"CdnUrl": "https://${Distribution.DomainName}"}),
        ("with a domain", {"DomainName": "tokens.example.org", "CertificateArn": "c"}, urls("https://tokens.example.org") | {"DomainTarget": "${ApiDomain.RegionalDomainName}"}),
        ("with both", ON, urls("https://tokens.example.org") | {"CdnUrl": "https://${Distribution.DomainName}", "DomainTarget": "${Distribution.DomainName}"}),
    ):
        expected |= {
            "ApiUrl": "https://tokens.example.org" if what == "with a domain" else api,
            "DashboardUrl": f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}#dashboards:name=${{Dashboard}}",
            "ClientsTableName": "${ClientsTable}",
            "TokensTableName": "${TokensTable}",
            "UsersTableName": "${UsersTable}",
            "AuditTableName": "${AuditTable}",
            **{f"{key['sam']}Arn": f"${{{key['sam']}.Arn}}" for key in asked.KEY_SETS.values()},
            "SealingKeyNames": "v1",
            "CheckFunctionName": "${CheckFunction}",
            "AlarmsGoTo": "page to {0}, notes to {0}".format(parameters["AlarmTopicArn"]) if "AlarmTopicArn" in parameters else "no one: set AlarmEmail or AlarmTopicArn",
            "Release": parameters.get("Release", "not said: set Release"),
            "AuthorizerFunctionArn": "${AuthorizerFunctionAliaslive}",
            "AuthorizerUri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/${{AuthorizerFunctionAliaslive}}/invocations",
        }
        expected["OperatorEnvironment"] = (
            f"export AWS_REGION={REGION} LATCHKEY_CLIENTS_TABLE=${{ClientsTable}} LATCHKEY_TOKENS_TABLE=${{TokensTable}} LATCHKEY_USERS_TABLE=${{UsersTable}} LATCHKEY_AUDIT_TABLE=${{AuditTable}}"
            + "".join(f" {key['variable']}=${{{key['sam']}.Arn}}" for key in asked.KEY_SETS.values())
            + f" LATCHKEY_SEALING_KEY_NAMES=v1 LATCHKEY_URL={expected['ServiceUrl']}"
        )
        check(f"outputs: {what}", outputs(parameters), expected)


def check_expanded(it):
    section("SAM: tables and sealing key, in the expanded template")
    tables = TABLES
    check("tables: these alone", sorted(it.of("AWS::DynamoDB::Table")), sorted(tables.values()))
    for table, name in tables.items():
        found = it.resources[name]["Properties"]
        types = {a["AttributeName"]: a["AttributeType"] for a in found["AttributeDefinitions"]}
        check(f"{table}: keys", account.keys_of(found, types), asked.KEYS[table])
        check(f"{table}: indexes", account.indexes_of(found, types), asked.INDEXES.get(table, {}))
        ttl = found.get("TimeToLiveSpecification", {"Enabled": False})
        check(f"{table}: TTL attribute {asked.TTL[table]}", ttl["AttributeName"] if ttl["Enabled"] else None, asked.TTL[table])
        check(f"{table}: point-in-time recovery", found["PointInTimeRecoverySpecification"], {"PointInTimeRecoveryEnabled": True})
        check(f"{table}: on demand", found["BillingMode"], "PAY_PER_REQUEST")
        check(f"{table}: protected from deletion", found["DeletionProtectionEnabled"], "true")
        check(f"{table}: encrypted by KMS", found["SSESpecification"], {"SSEEnabled": True, "SSEType": "KMS"})
    keys = [key["sam"] for key in asked.KEY_SETS.values()]
    check("keys: one for each set of functions", sorted(it.of("AWS::KMS::Key")), sorted(keys))
    for name in [*tables.values(), *keys, *it.of("AWS::Logs::LogGroup")]:
        kept = it.resources[name].get("DeletionPolicy"), it.resources[name].get("UpdateReplacePolicy")
        check(f"{name}: outlives the stack, except a creation that fails", kept, ("RetainExceptOnCreate", "Retain"))
    for name in keys:
        key = it.resources[name]["Properties"]
        key["MultiRegion"] = key["MultiRegion"] == "true"
        check(f"{name}: HMAC_256, for MACs alone", {name: key[name] for name in asked.SEALING_KEY}, asked.SEALING_KEY)
        check(f"{name}: 30 days to change one's mind", key["PendingWindowInDays"], 30)

    section("SAM: functions, in the expanded template")
    functions = it.of("AWS::Lambda::Function")
    check("functions: these alone", sorted(functions), sorted(map(name_of, asked.PACKAGES)))
    names = {table: f"${{{name}}}" for table, name in tables.items()}
    arns = {table: f"${{{name}.Arn}}" for table, name in tables.items()} | {"keys": {name: f"${{{key['sam']}.Arn}}" for name, key in asked.KEY_SETS.items()}}
    logs = {function: f"${{{function.capitalize()}Logs.Arn}}:*" for function in asked.FUNCTIONS}
    for function in asked.FUNCTIONS:
        found = functions[name_of(function)]
        environment = asked.environment(function, names, arns["keys"])
        check(f"{function}: name", found["FunctionName"], f"{STACK}-{function}")
        for setting, value in {**asked.FUNCTION, "MemorySize": str(asked.MEMORY[function])}.items():
            check(f"{function}: {setting} is {value}", found.get(setting), value)
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
        filters = counted(it, f"{function.capitalize()}Logs")
        check(f"{function}: log lines are counted", filters, {(f"Latchkey/{STACK}", m): p for m, p in watch.counted(function).items()})
    at_the_gateway = {(f"Latchkey/{STACK}", m): p for m, p in asked.COUNTED_AT_THE_GATEWAY.items()}
    check("access log: log lines are counted", counted(it, "ApiLogs"), at_the_gateway)
    check("each function has a role of its own", len({f["Role"] for f in functions.values()}), len(asked.PACKAGES))
    groups = [g["RetentionInDays"] for g in it.of("AWS::Logs::LogGroup").values()]
    check("every log group keeps its lines", set(groups), {asked.LOG_RETENTION_DAYS})

    section("SAM: permissions, in the expanded template, evaluated")
    for function in asked.FUNCTIONS:
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
    check("routes: these alone", sorted(routes), sorted(asked.ROUTES))
    stages = list(it.of("AWS::ApiGatewayV2::Stage").values())
    check("one stage, $default, deployed by itself", [(s["StageName"], s["AutoDeploy"]) for s in stages], [("$default", True)])
    default = stages[0]["DefaultRouteSettings"]
    check("any other route is throttled too", (default["ThrottlingRateLimit"] > 0, default["ThrottlingBurstLimit"] > 0), (True, True))
    permissions = list(it.of("AWS::Lambda::Permission").values())
    check("permissions to invoke: one for each route, and one for authorizers", len(permissions), len(asked.ROUTES) + 1)
    live = f"${{{name_of(asked.AUTHORIZER)}Aliaslive}}"
    invoking = {live: [("apigateway.amazonaws.com", "lambda:InvokeFunction", f"arn:aws:execute-api:{REGION}:123456789012:*/authorizers/*")]}
    for key, function in asked.ROUTES.items():
        integration, settings = routes.get(key, {}), stages[0]["RouteSettings"].get(key, {})
        live = f"${{{name_of(function)}Aliaslive}}"
        check(f"{key}: goes to live of {function}", f"/{live}/invocations" in integration.get("uri", ""), True)
        check(f"{key}: payload 2.0", integration.get("payloadFormatVersion"), "2.0")
        limits = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
        check(f"{key}: throttled at {asked.THROTTLES[key]}", limits, tuple(map(str, asked.THROTTLES[key])))
        source = f"arn:aws:execute-api:{REGION}:123456789012:${{Api}}/*/{key.replace(' ', '')}"
        invoking.setdefault(live, []).append(("apigateway.amazonaws.com", "lambda:InvokeFunction", source))
    for live, expected in invoking.items():
        found = [(p["Principal"], p["Action"], p["SourceArn"]) for p in permissions if p["FunctionName"] == live]
        check(f"{live}: only its routes, or the account's authorizers, may invoke it", sorted(found), sorted(expected))
    body = it.resources["Api"]["Properties"]["Body"]
    check("no CORS: nothing here is for scripts of other sites", "cors" in json.dumps(body).lower(), False)
    account.check_access_log(stages[0]["AccessLogSettings"]["Format"])

    section("SAM: the watch and the options, in the expanded template")
    alarms = list(it.of("AWS::CloudWatch::Alarm").values())
    tables = {f"${{{name}}}": table for table, name in TABLES.items()}
    account.check_alarms(alarms, f"Latchkey/{STACK}", [f"${{{name_of(function)}}}" for function in asked.FUNCTIONS], tables, [])
    account.check_dashboard(it.resources["Dashboard"]["Properties"]["DashboardBody"], tables)
    groups = it.of("AWS::CodeDeploy::DeploymentGroup").values()
    check("deployments: gradual", ["Canary" in g["DeploymentConfigName"] for g in groups], [True] * len(asked.FUNCTIONS))
    check("deployments: an alarm rolls back", [g["AlarmConfiguration"]["Enabled"] and g["AutoRollbackConfiguration"]["Enabled"] for g in groups], [True] * len(asked.FUNCTIONS))
    watch.check_deployments(it, name_of, STACK)
    check("roles: no path and no boundary unless one is given", [name for name, role in it.of("AWS::IAM::Role").items() if {"Path", "PermissionsBoundary"} & role.keys()], [])
    check("deployments: by a role of our own", {g["ServiceRoleArn"] for g in groups}, {"${CodeDeployRole.Arn}"})
    role = it.resources["CodeDeployRole"]["Properties"]
    invokes = [(s["Action"], s["Resource"]) for p in role["Policies"] for s in p["PolicyDocument"]["Statement"]]
    check("deployments: it may invoke the check alone", invokes, [("lambda:InvokeFunction", "${CheckFunction.Arn}")])
    check("deployments: that shifts traffic and no more", role["ManagedPolicyArns"], ["arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"])
    optional = ("AWS::CloudFront::Distribution", "AWS::CloudFront::Function", "AWS::ApiGatewayV2::DomainName", "AWS::Route53::RecordSet")
    check("options are off", [kind for kind in optional if it.of(kind)], [])


def check_proxy(template, defaults):
    """With a CDN its secret is asked for, by references alone; with a domain the API has no other address."""
    value = "{{{{resolve:secretsmanager:latchkey/cdn:SecretString:{}}}}}".format
    cdn = {"Cdn": "true", "CdnSecret": "latchkey/cdn"}
    for what, parameters, asked_for, sent in (
        ("no CDN", {"CdnSecret": "latchkey/cdn"}, "", []),
        ("a CDN", cdn, f"{value('v1')} ", [value("v1")]),
        ("a CDN, two values", cdn | {"CdnSecretKey": "v2", "CdnSecretKeyToo": "v1"}, f"{value('v2')} {value('v1')} ", [value("v2")]),
        ("a CDN that not everyone uses", cdn | {"CdnOnly": "false"}, "", [value("v1")]),
    ):
        it = Resolved(template, defaults | parameters)
        functions = {name: f["Environment"]["Variables"] for name, f in it.of("AWS::Lambda::Function").items() if name != name_of(asked.CHECK)}
        found = {name: variables.get("LATCHKEY_PROXY_SECRETS") for name, variables in functions.items()}
        check(f"proxy: {what}: what each function asks for", found, {name: None if name == name_of(asked.AUTHORIZER) else asked_for for name in functions})
        origins = [o for d in it.of("AWS::CloudFront::Distribution").values() for o in d["DistributionConfig"]["Origins"]]
        headers = [(h["HeaderName"], h["HeaderValue"]) for o in origins for h in o["OriginCustomHeaders"]]
        check(f"proxy: {what}: what the CDN sends", headers, [("X-Latchkey-Proxy", value) for value in sent])
        others = {name: r for name, r in it.resources.items() if r["Type"] not in ("AWS::Lambda::Function", "AWS::CloudFront::Distribution")}
        check(f"proxy: {what}: no other resource has it", "{{resolve" in json.dumps(others), False)
    domain = {"DomainName": "tokens.example.org", "CertificateArn": "c"}
    for what, parameters, closed in (("no domain", {}, False), ("a domain", domain, True), ("a CDN", cdn, False), ("a CDN with a domain", cdn | domain, False)):
        (api,) = Resolved(template, defaults | parameters).of("AWS::ApiGatewayV2::Api").values()
        (found,) = [server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"] for server in api["Body"]["servers"]]
        check(f"proxy: {what}: whether the API's own address is closed", found, closed)


def check_options(template, defaults):
    """With everything switched on."""
    parameters = defaults | ON
    it = Resolved(template, parameters)
    distribution = next(iter(it.of("AWS::CloudFront::Distribution").values()))["DistributionConfig"]
    check("options: the CDN has its WAF ACL", distribution["WebACLId"], parameters["WebAclArn"])
    check("options: the CDN has its name", distribution["Aliases"], ["tokens.example.org"])
    check("options: the CDN logs nothing, for it would log queries", "Logging" in distribution, False)
    behavior = distribution["DefaultCacheBehavior"]
    found = {"GET", "POST"} <= set(behavior["AllowedMethods"]), behavior["CachePolicyId"], behavior["OriginRequestPolicyId"]
    check("options: the CDN lets pages and forms through, with cookies and queries, and keeps nothing", found, (True, *asked.CDN_POLICIES))
    rule = behavior["FunctionAssociations"]
    check("options: the CDN has its rule", [r["EventType"] for r in rule], ["viewer-request"])
    check("options: DNS records", sorted({r["Type"] for r in it.of("AWS::Route53::RecordSet").values()}), ["A", "AAAA"])
    watch.check_receivers(template, defaults, Resolved)
    watch.check_outside(it, STACK, REGION)
    functions = it.of("AWS::Lambda::Function")
    check("options: issue reserves concurrency", functions[name_of("issue")].get("ReservedConcurrentExecutions"), "20")
    check("options: nothing is traced", {f["TracingConfig"]["Mode"] for f in functions.values()}, {"PassThrough"})
    told = functions[name_of(asked.AUTHORIZER)]["Environment"]["Variables"]
    found = told["LATCHKEY_ROUTE_SCOPES"], told["LATCHKEY_TOKEN_CACHE_SECONDS"]
    check("options: the authorizer has its routes and its cache", found, (parameters["RouteScopes"], parameters["TokenCacheSeconds"]))
    roles = it.of("AWS::IAM::Role").values()
    bounded = {(role.get("Path"), role.get("PermissionsBoundary")) for role in roles}
    check("options: every role has the path and the boundary", bounded, {(parameters["RolePath"], parameters["PermissionsBoundary"])})
    protected = {table["DeletionProtectionEnabled"] for table in it.of("AWS::DynamoDB::Table").values()}
    check("options: the tables' protection is off", protected, {"false"})
    check("options: the keys can have replicas", {key["MultiRegion"] for key in it.of("AWS::KMS::Key").values()}, {"true"})
    variables = [f["Environment"]["Variables"] for name, f in functions.items() if name not in (name_of(asked.AUTHORIZER), name_of(asked.CHECK))]
    check("options: the functions know the CDN and the name", {(v["LATCHKEY_TRUSTED_PROXIES"], v["LATCHKEY_ISSUER"]) for v in variables}, {("1", "https://tokens.example.org")})
    check_proxy(template, defaults)
    it = Resolved(template, defaults | {"DomainName": "tokens.example.org", "CertificateArn": "c", "HostedZoneId": "Z0", "IssuerUrl": "https://id.example.org"})
    check("options: an API's own name has no AAAA record", [r["Type"] for r in it.of("AWS::Route53::RecordSet").values()], ["A"])
    others = [f for name, f in it.of("AWS::Lambda::Function").items() if name not in (name_of(asked.AUTHORIZER), name_of(asked.CHECK))]
    issuers = {f["Environment"]["Variables"]["LATCHKEY_ISSUER"] for f in others}
    check("options: an issuer that is given comes before the name", issuers, {"https://id.example.org"})

    section("SAM: permissions while old keys do something, in the expanded template, evaluated")
    arns = {table: f"${{{name}.Arn}}" for table, name in TABLES.items()} | {"keys": {name: f"${{{key['sam']}.Arn}}" for name, key in asked.KEY_SETS.items()}}
    logs = {function: f"${{{function.capitalize()}Logs.Arn}}:*" for function in asked.FUNCTIONS}
    for old in ("seal", "open"):
        it = Resolved(template, defaults | {"OldKeys": old})
        for function in asked.FUNCTIONS:
            role = it.resources[f"{function.capitalize()}Role"]["Properties"]
            check_role(function, role["Policies"][0]["PolicyDocument"], arns, logs, asked.OLD_KEYS_OF)

    section("SAM: over tables, keys and log groups that exist, in the expanded template")
    it = Resolved(template, defaults | EXISTING)
    kinds = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::KMS::Alias", "AWS::Logs::LogGroup")
    check("existing: no table, no key and no log group is made", [kind for kind in kinds if it.of(kind)], [])
    given = {"clients": "restored-clients", "tokens": "restored-tokens", "users": "restored-users", "audit": "restored-audit"}
    arns = {table: f"arn:aws:dynamodb:{REGION}:123456789012:table/{name}" for table, name in given.items()}
    arns["keys"] = {name: EXISTING[f"Existing{key['sam']}Arn"] for name, key in asked.KEY_SETS.items()}
    groups = {function: f"/aws/lambda/{STACK}-{function}" for function in asked.FUNCTIONS}
    logs = {function: f"arn:aws:logs:{REGION}:123456789012:log-group:{group}:*" for function, group in groups.items()}
    found = {function: it.resources[name_of(function)]["Properties"]["LoggingConfig"]["LogGroup"] for function in asked.FUNCTIONS}
    check("existing: the functions write to the log groups", found, groups)
    filtered = {f["LogGroupName"] for f in it.of("AWS::Logs::MetricFilter").values()}
    check("existing: their lines are counted", filtered, {*groups.values(), f"/aws/vendedlogs/{STACK}-api"})
    (stage,) = it.of("AWS::ApiGatewayV2::Stage").values()
    destination = f"arn:aws:logs:{REGION}:123456789012:log-group:/aws/vendedlogs/{STACK}-api:*"
    check("existing: the access log has its group", stage["AccessLogSettings"]["DestinationArn"], destination)
    for function in asked.FUNCTIONS:
        variables = it.of("AWS::Lambda::Function")[name_of(function)]["Environment"]["Variables"]
        check(f"existing: {function} is given them", {k: str(v) for k, v in variables.items() if k not in PERMITTED}, asked.environment(function, given, arns["keys"]))
        role = it.resources[f"{function.capitalize()}Role"]["Properties"]
        check_role(function, role["Policies"][0]["PolicyDocument"], arns, logs)
    named = {name: table for table, name in given.items()}
    account.check_alarms(list(it.of("AWS::CloudWatch::Alarm").values()), f"Latchkey/{STACK}", [f"${{{name_of(f)}}}" for f in asked.FUNCTIONS], named, [])
    body = it.resources["Dashboard"]["Properties"]["DashboardBody"]
    check("existing: the dashboard shows them", [name for table, name in given.items() if (f'"{name}"' in body) != (table in asked.TABLE_ACTIONS["authorize"] and table != "audit")], [])
    outputs = {name: it.value(output["Value"]) for name, output in template["Outputs"].items() if it.condition(output.get("Condition"))}
    check(
        "existing: the outputs name them",
        [outputs[name] for name in ("ClientsTableName", "TokensTableName", "UsersTableName", "AuditTableName", *(f"{key['sam']}Arn" for key in asked.KEY_SETS.values()))],
        [*given.values(), *arns["keys"].values()],
    )
    # No reference to what is not made: the deployment would fail.
    text = json.dumps([it.resources, outputs])
    check("existing: nothing refers to what is not made", sorted(set(re.findall(r"\$\{((?:\w+Table|\w+Key|\w+Logs)\b[^}]*)}", text))), [])


def check_deployed(expanded, packages):
    section("SAM: the stack in the emulator, read back")
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for function in asked.FUNCTIONS:
        s3.upload_file(str(packages / function / "bootstrap.zip"), BUCKET, f"{function}.zip")
    resources = {
        # What a resource waits for is not made here either.
        name: {key: value for key, value in resource.items() if key not in ("UpdatePolicy", "DependsOn")}
        for name, resource in expanded["Resources"].items()
        if resource["Type"] in EMULATED and not name.startswith(("CodeDeploy", "Check"))
    }
    text = json.dumps({**expanded, "Resources": resources})
    # AWS ends a log group's ARN with :*, the emulator does not.
    for function in asked.FUNCTIONS:
        group = f"{function.capitalize()}Logs"
        text = text.replace(json.dumps({"Fn::GetAtt": [group, "Arn"]}), json.dumps({"Fn::Sub": f"${{{group}.Arn}}:*"}))
    template = json.loads(text)
    # The emulator takes the policy of a key as text alone.
    for key in asked.KEY_SETS.values():
        template["Resources"][key["sam"]]["Properties"]["KeyPolicy"] = "{}"
    for part in ("Outputs", "Rules", "Metadata"):
        template.pop(part, None)
    cloudformation = account.client("cloudformation")
    chosen = [{"ParameterKey": name, "ParameterValue": value} for name, value in asked.CHOSEN.items()]
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Parameters=chosen, Capabilities=["CAPABILITY_IAM"])
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    check("the stack is made", stack["StackStatus"], "CREATE_COMPLETE")
    made = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]}
    check("the stack has every resource that the emulator knows", sorted(made), sorted(resources))

    # What is ignored the emulator does not take from CloudFormation; it was compared above.
    arns = {table: account.check_table(table, made[name], {"ttl", "recovery", "encryption", "protection"}) for table, name in TABLES.items()}
    arns["keys"] = {
        name: account.check_sealing_key(made[key["sam"]], f"alias/{STACK}-{key['terraform']}", {"kind"}) for name, key in asked.KEY_SETS.items()
    }
    names = {table: made[name] for table, name in TABLES.items()}
    logs = {function: f"/aws/lambda/{STACK}-{function}" for function in asked.FUNCTIONS}
    log_arns = {function: account.log_groups(name)[0]["arn"] for function, name in logs.items()}
    for function in asked.FUNCTIONS:
        found = account.check_function(function, f"{STACK}-{function}", asked.environment(function, names, arns["keys"]), logs[function], PERMITTED, {"Architectures"})
        account.check_permissions(function, found["Role"], arns, log_arns)


def check_at_once(template, parameters):
    """SAM's transform reads this parameter."""
    groups = Resolved(expand(template, parameters), parameters).of("AWS::CodeDeploy::DeploymentGroup").values()
    check("deployments: at once on a bad day", ["AllAtOnce" in g["DeploymentConfigName"] for g in groups], [True] * len(asked.FUNCTIONS))


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
    defaults |= asked.CHOSEN
    undescribed = [name for name, p in template["Parameters"].items() if not p.get("Description") or not p.get("ConstraintDescription")]
    check("every parameter says what it is and why a value is refused", undescribed, [])
    longest = check_parameters(template)
    expanded = expand(template, defaults)
    expanded["Rules"] = template["Rules"]
    check_environments(expanded, longest)
    check_versions(expanded, defaults)
    bounds.check_refused(template)
    bounds.check_names(expanded, defaults)
    for what, parameters in (("off", {}), ("on", ON), ("an own name", ON | {"Cdn": "false", "WebAclArn": ""}), ("over what exists", EXISTING)):
        bounds.check_order(expanded, defaults | parameters, what)
    check_rules(expanded, defaults)
    check_at_once(load(sys.argv[1]), defaults | {"TrafficShift": "AllAtOnce"})
    check_outputs(expanded, defaults)
    pathlib.Path(sys.argv[3]).write_text(json.dumps(expanded, indent=1))
    check_expanded(Resolved(expanded, defaults))
    check_options(expanded, defaults)
    check_deployed(expanded, pathlib.Path(sys.argv[2]))
    finish()


if __name__ == "__main__":
    main()
