"""The template's watch: whom alarms tell, what rolls a deployment back, what the check may do. What was asked for is said here
and in asked.py."""

import re

import account
import asked
from checks import check
from policy import allows, granted, listed

TOPIC = "arn:aws:sns:eu-west-1:123456789012:{}".format


def counted(function):
    """What a function's lines are counted by: for alarms, and for its own deployment."""
    return account.counted(function) | {f"{function.capitalize()}Unavailable": asked.COUNTED["Unavailable"]}


def check_deployments(it, name_of, stack):
    """Each deployment waits for the check of its new version, and looks at its own function alone."""
    alarms = it.of("AWS::CloudWatch::Alarm")
    for function in asked.FUNCTIONS:
        name = name_of(function)
        group = it.resources[f"{name}DeploymentGroup"]["Properties"]
        own = f"{function.capitalize()}RollbackAlarm"
        watched = [a["Name"] for a in group["AlarmConfiguration"]["Alarms"]]
        check(f"{function}: its own alarm rolls its deployment back, and no other does", watched, [f"${{{own}}}"])
        alarm = alarms[own]
        metrics = [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
        found = {(m["Namespace"], m["MetricName"], tuple(d["Value"] for d in m.get("Dimensions", []))) for m in metrics}
        expected = {(f"Latchkey/{stack}", f"{function.capitalize()}Unavailable", ())}
        if function != asked.AUTHORIZER:
            # To a REST API an error is how it says 401. Of the alias: the check's own calls do not count.
            expected |= {("AWS/Lambda", "Errors", (f"${{{name}}}", f"${{{name}}}:live"))}
        check(f"{function}: that looks at what this function does for callers", found, expected)
        spans = alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Threshold"], {m["MetricStat"]["Period"] for m in alarm["Metrics"] if "MetricStat" in m}
        check(f"{function}: one 503 does not roll back, failures in two of five minutes do", spans, (2, 5, 1, {60}))
        check(f"{function}: and sends no message", alarm.get("AlarmActions"), None)
        policy = it.template["Resources"][f"{name}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        check(f"{function}: the check comes before traffic", policy.get("BeforeAllowTrafficHook"), {"Ref": "CheckFunction"})
    check_check(it)


def check_check(it):
    role = it.resources["CheckRole"]["Properties"]
    document = role["Policies"][0]["PolicyDocument"]
    check("check: one policy, and no managed one", (len(role["Policies"]), role.get("ManagedPolicyArns")), (1, None))
    found = {s["Sid"]: set(listed(s["Action"])) for s in document["Statement"]}
    others = {"Log": asked.LOG_ACTIONS, "Trace": asked.TRACE_ACTIONS}
    check("check: the role grants exactly its actions", found, asked.CHECK_ACTIONS | others)
    granted(document)
    for function in asked.FUNCTIONS:
        arn = f"${{{function.capitalize()}Function.Arn}}"
        check(f"check: may invoke versions of {function}", allows(document, "lambda:InvokeFunction", f"{arn}:7"), True)
        check(f"check: may not invoke {function} as it is being edited", allows(document, "lambda:InvokeFunction", arn), False)
        check(f"check: may not change {function}", [a for a in ("lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:DeleteFunction") if allows(document, a, arn)], [])
    application = "arn:aws:codedeploy:{}:123456789012:deploymentgroup:{}/any".format
    region = it.value({"Ref": "AWS::Region"})
    report = "codedeploy:PutLifecycleEventHookExecutionStatus"
    check("check: may answer its own deployments", allows(document, report, application(region, "${ServerlessDeploymentApplication}")), True)
    check("check: may not answer another's", allows(document, report, application(region, "another")), False)
    for action in ("dynamodb:GetItem", "kms:GenerateMac", "secretsmanager:GetSecretValue", "codedeploy:CreateDeployment", "codedeploy:StopDeployment"):
        check(f"check: may not {action}", allows(document, action, "arn:aws:any:::thing"), False)


def check_receivers(template, defaults, resolved):
    """The page and the notes, for each way to say whom they tell."""
    for what, parameters, page, note in (
        ("no receiver", {}, None, None),
        ("a topic", {"AlarmTopicArn": TOPIC("operators")}, TOPIC("operators"), TOPIC("operators")),
        ("two topics", {"AlarmTopicArn": TOPIC("pager"), "NotesTopicArn": TOPIC("notes")}, TOPIC("pager"), TOPIC("notes")),
        ("an address", {"AlarmEmail": "operators@example.org"}, "${AlarmTopic}", "${AlarmTopic}"),
        ("an address and notes elsewhere", {"AlarmEmail": "operators@example.org", "NotesTopicArn": TOPIC("notes")}, "${AlarmTopic}", TOPIC("notes")),
    ):
        it = resolved(template, defaults | {"CheckClientSecret": "latchkey/check"} | parameters)
        pages = it.of("AWS::CloudWatch::CompositeAlarm").values()
        told = lambda alarms, when: {tuple(alarm.get(when, [])) for alarm in alarms}
        one = lambda receiver: {(receiver,) if receiver else ()}
        notes = [alarm for name, alarm in it.of("AWS::CloudWatch::Alarm").items() if not name.endswith("RollbackAlarm")]
        check(f"{what}: the page", (told(pages, "AlarmActions"), told(pages, "OKActions")), (one(page), one(page)))
        check(f"{what}: the notes", (told(notes, "AlarmActions"), told(notes, "OKActions")), (one(note), one(note)))
        kinds = {alarm["AlarmDescription"].partition(":")[0] for alarm in notes}
        check(f"{what}: a note says that it is one", kinds, {"Latchkey, a note", "Latchkey, a note and part of the page"})
    it = resolved(template, defaults | {"AlarmEmail": "operators@example.org", "MonthlyBudget": "40"})
    topic, policy = it.resources["AlarmTopic"]["Properties"], it.resources["AlarmTopicPolicy"]["Properties"]
    check("an address: is subscribed", topic["Subscription"], [{"Protocol": "email", "Endpoint": "operators@example.org"}])
    statements = [(s["Principal"], s["Action"], s["Condition"]) for s in policy["PolicyDocument"]["Statement"]]
    expected = [({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish", {"StringEquals": {"aws:SourceAccount": "123456789012"}})]
    check("an address: this account's alarms alone may publish", statements, expected)
    budget = it.resources["Budget"]["Properties"]
    limit = budget["Budget"]["BudgetLimit"], budget["Budget"]["TimeUnit"], budget["Budget"].get("CostFilters")
    check("a budget: of the month and the whole account", limit, ({"Amount": "40", "Unit": "USD"}, "MONTHLY", None))
    told = {(n["Notification"]["NotificationType"], n["Notification"]["Threshold"], n["Subscribers"][0]["Address"]) for n in budget["NotificationsWithSubscribers"]}
    check("a budget: tells the address", told, {("ACTUAL", 80, "operators@example.org"), ("FORECASTED", 100, "operators@example.org")})


def check_outside(it, stack, region):
    """With a client of its own, the check goes around the service on a schedule."""
    (rule,) = it.of("AWS::Events::Rule").values()
    check("outside: every five minutes, at the service's own name", (rule["ScheduleExpression"], rule["Targets"][0]["Input"]), ("rate(5 minutes)", '{"outside":"https://tokens.example.org"}'))
    (permission,) = [p for p in it.of("AWS::Lambda::Permission").values() if p["FunctionName"] == "${CheckFunction}"]
    check("outside: its schedule alone may invoke it", (permission["Principal"], permission["SourceArn"]), ("events.amazonaws.com", "${CheckSchedule.Arn}"))
    statements = {s["Sid"]: s for s in it.resources["CheckRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]}
    secret = statements["Client"]["Action"], statements["Client"]["Resource"]
    check("outside: the check reads its own secret", secret, ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{region}:123456789012:secret:latchkey/check-??????"))
    alarm = it.resources["OutsideAlarm"]["Properties"]
    spans = alarm["MetricName"], alarm["Dimensions"][0]["Value"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"], alarm["Period"]
    check("outside: two failures of three are an alarm", spans, ("Errors", "${CheckFunction}", 2, 3, 300))
    check("outside: a check that does not run is told", (alarm["TreatMissingData"], alarm["InsufficientDataActions"]), ("missing", alarm["AlarmActions"]))
    (page,) = it.of("AWS::CloudWatch::CompositeAlarm").values()
    of = re.findall(r"ALARM\(\"\$\{(\w+)\.Arn}\"\)", page["AlarmRule"])
    alarms = it.of("AWS::CloudWatch::Alarm")
    watched = {(alarms[name]["Namespace"].replace(f"Latchkey/{stack}", "Latchkey"), alarms[name]["MetricName"]) for name in of}
    check("the page: is made of these", watched, asked.PAGE | {("AWS/Lambda", "Errors")})
    check("the page: any of them makes it", page["AlarmRule"].count(" OR "), len(of) - 1)
