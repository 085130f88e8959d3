"""Reads back what the Terraform example made. Argument: the file with its output, as JSON."""

import json
import sys

import account
import asked
from account import client
from checks import check, finish, section

NAME = "latchkey"
TOPIC = f"arn:aws:sns:{client('sts').meta.region_name}:123456789012:operators"

with open(sys.argv[1]) as file:
    outputs = {name: output["value"] for name, output in json.load(file).items()}

section("Terraform: tables and sealing key, read back")
arns = {table: account.check_table(table, f"{NAME}-{table}") for table in asked.KEYS}
for table in asked.KEYS:
    check(f"outputs: {table}_table", outputs.get(f"{table}_table"), f"{NAME}-{table}")
arns["keys"] = {
    name: account.check_sealing_key(outputs[f"{key['terraform']}_key_arn"], f"alias/{NAME}-{key['terraform']}") for name, key in asked.KEY_SETS.items()
}
check("each set of functions has a key of its own", len(set(arns["keys"].values())), len(asked.KEY_SETS))
check("outputs: sealing_key_names", outputs.get("sealing_key_names"), "v1")

section("Terraform: functions, read back")
names = {table: f"{NAME}-{table}" for table in asked.KEYS}
log_names = {function: f"/aws/lambda/{NAME}-{function}" for function in asked.FUNCTIONS}
log_arns = {function: account.log_groups(name)[0]["arn"] for function, name in log_names.items()}
log_arns = {function: arn.removesuffix(":*") + ":*" for function, arn in log_arns.items()}
roles = {}
for function in asked.FUNCTIONS:
    name = f"{NAME}-{function}"
    found = account.check_function(function, name, asked.environment(function, names, arns["keys"]), log_names[function])
    roles[function] = found["Role"]
    check(f"{function}: traced", found["TracingConfig"]["Mode"], "Active")
    reserved = client("lambda").get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    check(f"{function}: reserves no concurrency", reserved, None)
    account.check_live(function, name)
    account.check_filters(function, f"Latchkey/{NAME}", log_names[function], account.counted(function))
check("each function has a role of its own", len(set(roles.values())), len(asked.FUNCTIONS))

section("Terraform: permissions, read back and evaluated")
for function, role in roles.items():
    account.check_permissions(function, role, arns, log_arns)

section("Terraform: the API, read back")
gateway = client("apigatewayv2")
apis = gateway.get_apis()["Items"]
check("one HTTP API, without CORS", [(api["Name"], api["ProtocolType"], api.get("CorsConfiguration")) for api in apis], [(NAME, "HTTP", None)])
api = apis[0]
integrations = {i["IntegrationId"]: i for i in gateway.get_integrations(ApiId=api["ApiId"])["Items"]}
routes = {r["RouteKey"]: r for r in gateway.get_routes(ApiId=api["ApiId"])["Items"]}
check("routes: these alone", sorted(routes), sorted(asked.ROUTES))
invoking, permitted = {}, {}
for key, function in asked.ROUTES.items():
    if key not in routes:
        continue
    route, arn = routes[key], client("lambda").get_function(FunctionName=f"{NAME}-{function}")["Configuration"]["FunctionArn"]
    integration = integrations[route["Target"].removeprefix("integrations/")]
    check(f"{key}: no authorizer, the function itself decides", route.get("AuthorizationType", "NONE"), "NONE")
    check(f"{key}: goes to live of {function}", f"{arn}:live/invocations" in integration["IntegrationUri"], True)
    check(f"{key}: payload 2.0", integration["PayloadFormatVersion"], "2.0")
    statements = json.loads(client("lambda").get_policy(FunctionName=f"{NAME}-{function}", Qualifier="live")["Policy"])["Statement"]
    method, path = key.split(" ")
    source = f"arn:aws:execute-api:{gateway.meta.region_name}:123456789012:{api['ApiId']}/*/{method}{path}"
    invoking.setdefault(function, []).append(({"Service": "apigateway.amazonaws.com"}, "lambda:InvokeFunction", {"ArnLike": {"AWS:SourceArn": source}}))
    permitted[function] = [(s["Principal"], s["Action"], s["Condition"]) for s in statements]
live = client("lambda").get_alias(FunctionName=f"{NAME}-{asked.AUTHORIZER}", Name="live")["AliasArn"]
statements = json.loads(client("lambda").get_policy(FunctionName=f"{NAME}-{asked.AUTHORIZER}", Qualifier="live")["Policy"])["Statement"]
permitted[asked.AUTHORIZER] = [(s["Principal"], s["Action"], s["Condition"]) for s in statements]
source = f"arn:aws:execute-api:{gateway.meta.region_name}:123456789012:*/authorizers/*"
invoking[asked.AUTHORIZER] = [({"Service": "apigateway.amazonaws.com"}, "lambda:InvokeFunction", {"ArnLike": {"AWS:SourceArn": source}})]
check("outputs: authorizer_function_arn", outputs.get("authorizer_function_arn"), live)
check(
    "outputs: authorizer_uri",
    outputs.get("authorizer_uri"),
    f"arn:aws:apigateway:{gateway.meta.region_name}:lambda:path/2015-03-31/functions/{live}/invocations",
)
for function in asked.FUNCTIONS:
    check(f"{function}: only its routes, or the account's authorizers, may invoke it", sorted(map(str, permitted.get(function, []))), sorted(map(str, invoking.get(function, []))))
stages = gateway.get_stages(ApiId=api["ApiId"])["Items"]
check("one stage, $default, deployed by itself", [(s["StageName"], s["AutoDeploy"]) for s in stages], [("$default", True)])
settings = stages[0]["RouteSettings"]
for key, function in asked.ROUTES.items():
    limits = settings.get(key, {}).get("ThrottlingRateLimit"), settings.get(key, {}).get("ThrottlingBurstLimit")
    check(f"{key}: throttled at {asked.THROTTLES[key]}", limits, asked.THROTTLES[key])
default = stages[0]["DefaultRouteSettings"]
check("any other route is throttled too", default["ThrottlingRateLimit"] > 0 and default["ThrottlingBurstLimit"] > 0, True)
account.check_access_log(stages[0]["AccessLogSettings"]["Format"])
api_log = stages[0]["AccessLogSettings"]["DestinationArn"].removesuffix(":*").partition(":log-group:")[2]
found = account.log_groups(api_log)
check("access log: goes to a group that keeps its lines", [g.get("retentionInDays") for g in found], [asked.LOG_RETENTION_DAYS])
account.check_filters("access log", f"Latchkey/{NAME}", api_log, asked.COUNTED_AT_THE_GATEWAY)
paths = {"api_url": "", "service_url": "", "access_token_url": "/oauth2/accessToken", "refresh_token_url": "/oauth2/refreshToken", "authorize_url": "/oauth2/authorizeCode"}
paths |= {"introspect_url": "/oauth2/introspect", "revoke_url": "/oauth2/revoke", "metadata_url": "/.well-known/oauth-authorization-server"}
for output, path in paths.items():
    check(f"outputs: {output}", outputs.get(output), f"{api['ApiEndpoint']}{path}")
tables = " ".join(f"LATCHKEY_{table.upper()}_TABLE={NAME}-{table}" for table in ("clients", "tokens", "users", "audit"))
keys = " ".join(f"{key['variable']}={arns['keys'][name]}" for name, key in asked.KEY_SETS.items())
environment = f"{tables} {keys} LATCHKEY_SEALING_KEY_NAMES=v1 LATCHKEY_OLD_KEYS={asked.CHOSEN['OldKeys']} LATCHKEY_CHECK_TOKEN_CLIENT=false LATCHKEY_ACCESS_TOKEN_SECONDS=1200 LATCHKEY_TOKEN_CACHE_SECONDS=0 LATCHKEY_ISSUER= LATCHKEY_URL={api['ApiEndpoint']}"
found = outputs.get("operator_environment", "")
check("outputs: operator_environment", (found[:7], set(found[7:].split())), ("export ", {f"AWS_REGION={gateway.meta.region_name}", *environment.split()}))
check("outputs: options are off", [outputs.get(o) for o in ("domain_url", "cdn_url", "domain_target", "cdn_target")], [None] * 4)

section("Terraform: the watch, read back")
alarms = client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
tables = {f"{NAME}-{table}": table for table in asked.KEYS}
account.check_alarms(alarms, f"Latchkey/{NAME}", [f"{NAME}-{function}" for function in asked.FUNCTIONS], tables, [TOPIC])
dashboard = f"{NAME}-{gateway.meta.region_name}"
account.check_dashboard(client("cloudwatch").get_dashboard(DashboardName=dashboard)["DashboardBody"], tables)
check("outputs: dashboard_url", outputs["dashboard_url"].endswith(f"/{dashboard}"), True)
finish()
