"""IAM policy documents, read and evaluated: what a role may do, and what it must not."""

import fnmatch

from asked import LOG_ACTIONS, SEALING_ACTIONS, SEALING_CONDITION, TABLE_ACTIONS, TRACE_ACTIONS
from checks import check


def listed(value):
    return value if isinstance(value, list) else [value]


def holds(conditions, context):
    for operator, keys in conditions.items():
        if operator != "StringEquals":
            raise ValueError(f"no rule here for the condition {operator}")
        if any(context.get(key) not in listed(values) for key, values in keys.items()):
            return False
    return True


def allows(document, action, resource, context=None):
    """As IAM decides for one role without boundaries: a Deny wins, an Allow is needed, anything else is refused."""
    decision = False
    for statement in listed(document["Statement"]):
        if not {"Effect", "Action", "Resource"} <= statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}:
            raise ValueError(f"no rule here for {statement.keys()}")
        if (
            any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in listed(statement["Action"]))
            and any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
            and holds(statement.get("Condition", {}), context or {})
        ):
            if statement["Effect"] == "Deny":
                return False
            decision = True
    return decision


def granted(document):
    """{(resource, effect): (actions, condition)}; two statements about one resource are a difference too."""
    grants = {}
    for statement in listed(document["Statement"]):
        for resource in listed(statement["Resource"]):
            if (resource, statement["Effect"]) in grants:
                raise ValueError(f"two statements about {resource}")
            grants[resource, statement["Effect"]] = (set(listed(statement["Action"])), statement.get("Condition", {}))
    return grants


def check_trust(function, document):
    check(
        f"{function}: Lambda alone takes the role",
        [(s["Effect"], s["Principal"], s["Action"]) for s in listed(document["Statement"])],
        [("Allow", {"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")],
    )


def check_role(function, document, arns, log_groups):
    """`arns` of clients, tokens and key; `log_groups` by function, as a policy names them."""
    actions = TABLE_ACTIONS[function]
    check(
        f"{function}: the role grants exactly its actions",
        granted(document),
        {
            (arns["clients"], "Allow"): (actions["clients"], {}),
            (arns["tokens"], "Allow"): (actions["tokens"], {}),
            (arns["key"], "Allow"): (SEALING_ACTIONS, SEALING_CONDITION),
            (log_groups[function], "Allow"): (LOG_ACTIONS, {}),
            ("*", "Allow"): (TRACE_ACTIONS, {}),
        },
    )

    mac = {"kms:MacAlgorithm": "HMAC_SHA_256"}
    stream = lambda name: log_groups[name].removesuffix(":*") + ":log-stream:a"
    for table in ("clients", "tokens"):
        for action in sorted(actions[table]):
            check(f"{function} may {action} on {table}", allows(document, action, arns[table]), True)
    check(f"{function} may kms:GenerateMac", allows(document, "kms:GenerateMac", arns["key"], mac), True)
    check(f"{function} may write its log", allows(document, "logs:PutLogEvents", stream(function)), True)

    every = {
        "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem", "dynamodb:Scan", "dynamodb:Query", "dynamodb:PartiQLSelect", "dynamodb:PartiQLDelete",
        "dynamodb:ConditionCheckItem", "dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:UpdateTimeToLive",
        "dynamodb:UpdateContinuousBackups", "dynamodb:ExportTableToPointInTime",
    }
    for table in ("clients", "tokens"):
        for action in sorted(every - actions[table]):
            check(f"{function} may not {action} on {table}", allows(document, action, arns[table]), False)
    other = arns["tokens"].rpartition("/")[0] + "/of-another-service"
    check(f"{function} may do nothing to another table", [action for action in every if allows(document, action, other)], [])
    for action in ("kms:Decrypt", "kms:VerifyMac", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant"):
        check(f"{function} may not {action}", allows(document, action, arns["key"], mac), False)
    check(f"{function} may not kms:GenerateMac with another key", allows(document, "kms:GenerateMac", arns["key"] + "2", mac), False)
    check(
        f"{function} may not kms:GenerateMac with another algorithm",
        allows(document, "kms:GenerateMac", arns["key"], {"kms:MacAlgorithm": "HMAC_SHA_512"}),
        False,
    )
    other = next(name for name in log_groups if name != function)
    check(f"{function} may not write the log of {other}", allows(document, "logs:PutLogEvents", stream(other)), False)
    for action in ("logs:CreateLogGroup", "logs:DeleteLogGroup", "lambda:InvokeFunction", "iam:PassRole", "sts:AssumeRole", "s3:GetObject"):
        check(f"{function} may not {action}", allows(document, action, "arn:aws:any:::thing"), False)
