"""The template with its options: what each rule refuses, a CDN and its secret, everything switched on, old keys, and a deployment
over what exists already."""

import json
import re

import account
import asked
import watch
from checks import check, section
from policy import check_role
from sam import PERMITTED, REGION, STACK, TABLES, Resolved, name_of

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
    "CheckTokenClient": "true",
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
            check_role(function, it.permits(function), arns, logs, asked.OLD_KEYS_OF)

    section("SAM: permissions while the clients of tokens are asked about, in the expanded template, evaluated")
    it = Resolved(template, defaults | {"CheckTokenClient": "true"})
    for function in asked.FUNCTIONS:
        check_role(function, it.permits(function), arns, logs, asks=True)
    check("one policy beside a role", sorted(it.of("AWS::IAM::Policy")), ["AuthorizerClients"])
    made = lambda asks: Resolved(template, defaults | {"CheckTokenClient": asks}).resources[name_of(asked.AUTHORIZER)]["Metadata"]["MadeAfter"]
    check("the authorizer waits for it, where it is made", [made("true"), made("false")], ["${AuthorizerClients}", ""])

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
        check_role(function, it.permits(function), arns, logs)
    it = Resolved(template, defaults | EXISTING | {"CheckTokenClient": "true"})
    check_role(asked.AUTHORIZER, it.permits(asked.AUTHORIZER), arns, logs, asks=True)
    it = Resolved(template, defaults | EXISTING)
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
