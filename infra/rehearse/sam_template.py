"""Expands the SAM template as AWS would, compares it with what was asked for, makes in the emulator what that knows of
CloudFormation, and reads it back.

    sam_template.py TEMPLATE PACKAGES EXPANDED     PACKAGES: folder of zip files; EXPANDED: where to leave the expanded template
    sam_template.py --cdn-rule TEMPLATE            prints the code of the CDN's rule
"""

import json
import logging
import pathlib
import re
import sys

import account
import asked
import bounds
import sam_options
import sam_versions
import watch
from checks import check, finish, section
from policy import check_role, check_trust
from sam import BUCKET, PERMITTED, REGION, STACK, TABLES, Resolved, expand, load, name_of
from sam_options import EXISTING, ON

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


def counted(it, log_group):
    return {
        (f["MetricTransformations"][0]["MetricNamespace"], f["MetricTransformations"][0]["MetricName"]): f["FilterPattern"]
        for f in it.of("AWS::Logs::MetricFilter").values()
        if f["LogGroupName"] == f"${{{log_group}}}"
    }


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
            "OldKeys": asked.CHOSEN["OldKeys"],
            "CheckTokenClient": parameters.get("CheckTokenClient", "false"),
            "CheckFunctionName": "${CheckFunction}",
            "AlarmsGoTo": "page to {0}, notes to {0}".format(parameters["AlarmTopicArn"]) if "AlarmTopicArn" in parameters else "no one: set AlarmEmail or AlarmTopicArn",
            "Release": parameters.get("Release", "not said: set Release"),
            "AuthorizerFunctionArn": "${AuthorizerFunctionAliaslive}",
            "AuthorizerUri": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/${{AuthorizerFunctionAliaslive}}/invocations",
        }
        expected["OperatorEnvironment"] = (
            f"export AWS_REGION={REGION} LATCHKEY_CLIENTS_TABLE=${{ClientsTable}} LATCHKEY_TOKENS_TABLE=${{TokensTable}} LATCHKEY_USERS_TABLE=${{UsersTable}} LATCHKEY_AUDIT_TABLE=${{AuditTable}}"
            + "".join(f" {key['variable']}=${{{key['sam']}.Arn}}" for key in asked.KEY_SETS.values())
            + f" LATCHKEY_SEALING_KEY_NAMES=v1 LATCHKEY_OLD_KEYS={asked.CHOSEN['OldKeys']} LATCHKEY_CHECK_TOKEN_CLIENT={expected['CheckTokenClient']}"
            + f" LATCHKEY_ACCESS_TOKEN_SECONDS={parameters.get('AccessTokenSeconds', 1200)} LATCHKEY_TOKEN_CACHE_SECONDS={parameters.get('TokenCacheSeconds', 0)}"
            + f" LATCHKEY_ISSUER={parameters.get('IssuerUrl', '')} LATCHKEY_URL={expected['ServiceUrl']}"
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
        check_role(function, it.permits(function), arns, logs)
    check("no policy beside a role", it.of("AWS::IAM::Policy"), {})

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
    longest = bounds.check_parameters(template)
    expanded = expand(template, defaults)
    expanded["Rules"] = template["Rules"]
    bounds.check_environments(expanded, longest)
    sam_versions.check_versions(expanded, defaults)
    bounds.check_refused(template)
    bounds.check_names(expanded, defaults)
    for what, parameters in (("off", {}), ("on", ON), ("an own name", ON | {"Cdn": "false", "WebAclArn": ""}), ("over what exists", EXISTING)):
        bounds.check_order(expanded, defaults | parameters, what)
    sam_options.check_rules(expanded, defaults)
    check_at_once(load(sys.argv[1]), defaults | {"TrafficShift": "AllAtOnce"})
    check_outputs(expanded, defaults)
    pathlib.Path(sys.argv[3]).write_text(json.dumps(expanded, indent=1))
    check_expanded(Resolved(expanded, defaults))
    sam_options.check_options(expanded, defaults)
    check_deployed(expanded, pathlib.Path(sys.argv[2]))
    finish()


if __name__ == "__main__":
    main()
