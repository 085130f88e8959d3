"""What stands in the emulated account, compared with what was asked for."""

import ast
import json

import boto3

import asked
from checks import check
from policy import check_role, check_trust


def client(service, region=None):
    return boto3.client(service, region_name=region)


def log_groups(name):
    """By the whole name: that of authorize begins that of authorizer."""
    found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return [group for group in found if group["logGroupName"] == name]


def keys_of(schema, types):
    return [(key["AttributeName"], key["KeyType"], types[key["AttributeName"]]) for key in schema["KeySchema"]]


def indexes_of(table, types):
    """Those of keys only, by their names."""
    found = table.get("GlobalSecondaryIndexes", [])
    return {index["IndexName"]: keys_of(index, types) for index in found if index["Projection"]["ProjectionType"] == "KEYS_ONLY"}


def check_table(table, name, ignored=(), region=None):
    """`ignored`: what the emulator does not take from CloudFormation."""
    dynamodb = client("dynamodb", region)
    described = dynamodb.describe_table(TableName=name)["Table"]
    types = {a["AttributeName"]: a["AttributeType"] for a in described["AttributeDefinitions"]}
    check(f"{table}: keys", keys_of(described, types), asked.KEYS[table])
    check(f"{table}: indexes", indexes_of(described, types), asked.INDEXES.get(table, {}))
    check(f"{table}: no local indexes", described.get("LocalSecondaryIndexes", []), [])
    check(f"{table}: on demand", described["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
    if "protection" not in ignored:
        check(f"{table}: protected from deletion", described["DeletionProtectionEnabled"], True)
    if "encryption" not in ignored:
        check(f"{table}: encrypted by KMS", described.get("SSEDescription", {}).get("SSEType"), "KMS")
    if "ttl" not in ignored:
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        on = ttl["TimeToLiveStatus"] == "ENABLED"
        check(f"{table}: TTL attribute {asked.TTL[table]}", ttl.get("AttributeName") if on else None, asked.TTL[table])
    if "recovery" not in ignored:
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        check(f"{table}: point-in-time recovery", recovery, "ENABLED")
    return described["TableArn"]


def check_sealing_key(key_id, alias, ignored=()):
    kms = client("kms")
    metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    aliases = kms.list_aliases(KeyId=metadata["KeyId"])["Aliases"]
    check(f"{alias}: the key's alias", [a["AliasName"] for a in aliases], [alias])
    if "kind" not in ignored:
        # The emulator does not say of a key of one region that it is one.
        found = {"MultiRegion": False, **metadata}
        check(f"{alias}: HMAC_256, for MACs alone", {name: found.get(name) for name in asked.SEALING_KEY}, asked.SEALING_KEY)
        mac = kms.generate_mac(KeyId=key_id, MacAlgorithm="HMAC_SHA_256", Message=b"latchkey sealing key pages/v1")["Mac"]
        check(f"{alias}: makes a MAC of 32 bytes", len(mac), 32)
    return metadata["Arn"]


def check_function(function, name, environment, log_group, permitted=(), ignored=()):
    """`permitted`: variables that may stand in the environment beside those that were asked for."""
    functions = client("lambda")
    found = functions.get_function_configuration(FunctionName=name)
    for setting, value in {**asked.FUNCTION, "MemorySize": asked.MEMORY[function]}.items():
        if setting not in ignored:
            check(f"{function}: {setting} is {value}", found.get(setting), value)
    # AWS makes numbers text; the emulator leaves them as CloudFormation's parameters have them.
    variables = {k: str(v) for k, v in found.get("Environment", {}).get("Variables", {}).items() if k not in permitted}
    check(f"{function}: has just the variables that were asked for", sorted(variables), sorted(environment))
    for variable, value in environment.items():
        check(f"{function}: {variable} is {value!r}", variables.get(variable), value)
    check(f"{function}: log group keeps its lines", [g.get("retentionInDays") for g in log_groups(log_group)], [asked.LOG_RETENTION_DAYS])
    return found


def check_live(function, name):
    """The alias live points to a published version."""
    functions = client("lambda")
    version = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    published = [v["Version"] for v in functions.list_versions_by_function(FunctionName=name)["Versions"]]
    check(f"{function}: live is a published version", version != "$LATEST" and version in published, True)


def check_permissions(function, role_arn, arns, log_groups):
    iam = client("iam")
    role = role_arn.rpartition("/")[2]
    check_trust(function, iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
    check(f"{function}: no managed policies", iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"], [])
    policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
    check(f"{function}: one policy", len(policies), 1)
    document = iam.get_role_policy(RoleName=role, PolicyName=policies[0])["PolicyDocument"]
    # The emulator keeps one that came by CloudFormation as Python would print it.
    check_role(function, ast.literal_eval(document) if isinstance(document, str) else document, arns, log_groups)


def check_alarms(alarms, namespace, functions, tables, topic):
    """`alarms` as CloudFormation and CloudWatch both write them. Every figure that was asked for is watched, for each
    function and table, from where and for how long it was asked for, and every alarm reaches the topic."""
    found, lost, database, lasting = {}, [], [], []
    # Those of deployments have no receiver.
    alarms = [alarm for alarm in alarms if not alarm.get("Metrics") or alarm["EvaluationPeriods"] == 1]
    for alarm in alarms:
        if alarm.get("AlarmActions", []) != topic or alarm.get("OKActions", []) != topic:
            lost.append(alarm.get("AlarmName") or alarm.get("AlarmDescription"))
        check(f"alarm: {alarm['AlarmDescription'][:60]}… rings from its threshold on", alarm["ComparisonOperator"], "GreaterThanOrEqualToThreshold")
        if alarm.get("Metrics"):
            database.append(alarm)
            continue
        dimensions = {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])}
        if alarm["MetricName"] == "Unavailable" and alarm["EvaluationPeriods"] > 1:
            lasting.append((float(alarm["Threshold"]), alarm["Period"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]))
            continue
        watched = alarm["Namespace"].replace(namespace, "Latchkey"), alarm["MetricName"], dimensions.get("FunctionName")
        found[watched] = float(alarm["Threshold"]), alarm["Period"]
        if "ExtendedStatistic" in alarm:
            percentile = alarm["ExtendedStatistic"], alarm.get("EvaluateLowSampleCountPercentile"), alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]
            check(f"alarm: {' '.join(filter(None, watched))} rings with little traffic too", percentile, ("p90", "evaluate", 2, 3))
    asked_for = {
        (*watched, function): rings
        for watched, rings in asked.ALARMS.items()
        for function in (functions if watched[0] == "AWS/Lambda" else [None])
        if not (watched[1] == "Errors" and asked.AUTHORIZER in function.lower())
    }
    check("alarms: these alone, with their thresholds and spans", found, asked_for)
    for watched, rings in asked_for.items():
        check(f"alarm: {' '.join(filter(None, watched))} rings at {rings[0]} in {rings[1]} s", found.get(watched), rings)
    check("alarm: one of 503s that last", lasting, [asked.LASTING])
    check("alarm: one over all tables", len(database), 1)
    for alarm in database:
        metrics = [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
        expressions = [m["Expression"] for m in alarm["Metrics"] if "Expression" in m]
        check("alarm: of the tables, with its threshold", (float(alarm["Threshold"]), *expressions), asked.DATABASE_ALARM)
        watched = {(tables.get(metric["Dimensions"][0]["Value"]), metric["MetricName"]) for metric in metrics}
        check("alarm: of the tables, each of them", watched, asked.DATABASE_METRICS)
    check("alarms: all of them reach the topic", lost, [])


def check_filters(what, namespace, log_group, counted):
    found = {}
    for kept in client("logs").describe_metric_filters(logGroupName=log_group)["metricFilters"]:
        metric = kept["metricTransformations"][0]
        found[metric["metricNamespace"], metric["metricName"]] = kept["filterPattern"]
    check(f"{what}: log lines are counted", found, {(namespace, metric): pattern for metric, pattern in counted.items()})


def counted(function):
    return {metric: asked.COUNTED[metric] for metric in asked.COUNTED_OF[function]}


def check_dashboard(body, tables):
    """`tables`: by the names that they have in it."""
    widgets = json.loads(body)["widgets"]
    shown = {}
    for metric in (metric for widget in widgets for metric in widget["properties"].get("metrics", [])):
        if metric[0] == "AWS/DynamoDB":
            dimensions = dict(zip(metric[2::2], metric[3::2]))
            shown.setdefault(metric[1], set()).add((tables.get(dimensions["TableName"]), dimensions.get("Operation")))
    calls = {(table, operation) for table, operations in asked.OPERATIONS.items() for operation in operations}
    for what in ("SuccessfulRequestLatency", "SystemErrors"):
        check(f"dashboard: {what} of what the functions call, and of nothing else", shown.get(what), calls)
    for what in ("ConditionalCheckFailedRequests", "TransactionConflict"):
        check(f"dashboard: {what} of the tables that they write", shown.get(what), {(table, None) for table in asked.WRITTEN})
    for what in ("SuccessfulRequestLatency", "@maxMemoryUsed", "Throttled", "SignInFailures"):
        check(f"dashboard: shows {what}", what in body, True)
    kinds = {widget["type"] for widget in widgets}
    check("dashboard: alarms, graphs and log queries", kinds >= {"alarm", "metric", "log"}, True)
    check(
        "dashboard: no two widgets overlap",
        [(a["x"], a["y"]) for i, a in enumerate(widgets) for b in widgets[:i] if overlap(a, b)],
        [],
    )


def overlap(a, b):
    return a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"] and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def check_access_log(text):
    check("access log: these members alone", json.loads(text), asked.ACCESS_LOG)
    words = ("query", "header", "authorizer", "path", "requestOverride", "rawQueryString")
    check("access log: no query, header or path", [word for word in words if f"context.{word.lower()}" in text.lower()], [])
