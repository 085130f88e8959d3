"""IAM policy documents, read and evaluated: what a role may do, and what it must not."""

import fnmatch
import re

from asked import (
    ASKING,
    ASKING_CONDITION,
    AUTHORIZER,
    COUNTING_ACTIONS,
    COUNTING_CONDITION,
    INDEX,
    INDEX_ACTIONS,
    KEYS_OF,
    LOG_ACTIONS,
    READ,
    READING_CONDITION,
    READING_OF_BEFORE,
    SEALING_ACTION,
    SEALING_CONDITION,
    TABLE_ACTIONS,
    TRACE_ACTIONS,
)
from checks import check


def listed(value):
    return value if isinstance(value, list) else [value]


def holds(conditions, context):
    for operator, keys in conditions.items():
        for key, values in keys.items():
            match operator:
                case "StringEquals":
                    if context.get(key) not in listed(values):
                        return False
                case "StringEqualsIfExists":
                    if key in context and context[key] not in listed(values):
                        return False
                # These hold for a request without the key too, as in IAM.
                case "ForAllValues:StringNotEquals":
                    if any(found in listed(values) for found in context.get(key, [])):
                        return False
                case "ForAllValues:StringEquals":
                    if not set(context.get(key, [])) <= set(listed(values)):
                        return False
                case "ForAllValues:StringLike":
                    if not all(any(fnmatch.fnmatchcase(found, like) for like in listed(values)) for found in context.get(key, [])):
                        return False
                case _:
                    raise ValueError(f"no rule here for the condition {operator}")
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
    """{(resource, effect, condition): actions}; two statements about the same are a difference too."""
    grants = {}
    for statement in listed(document["Statement"]):
        for resource in listed(statement["Resource"]):
            key = resource, statement["Effect"], str(statement.get("Condition", {}))
            if key in grants:
                raise ValueError(f"two statements about {key}")
            grants[key] = set(listed(statement["Action"]))
    return grants


def check_trust(function, document):
    check(
        f"{function}: Lambda alone takes the role",
        [(s["Effect"], s["Principal"], s["Action"]) for s in listed(document["Statement"])],
        [("Allow", {"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")],
    )


def check_role(function, document, arns, log_groups, keys_of=KEYS_OF, asks=False):
    """`arns` of tables, and of keys by their sets; `log_groups` by function, as a policy names them; `asks`: whether the deployment asks
    about the clients of tokens."""
    asks = asks and function == AUTHORIZER
    arns, keys = {name: arn for name, arn in arns.items() if name != "keys"}, arns["keys"]
    actions, counting = TABLE_ACTIONS[function], COUNTING_ACTIONS[function]
    if keys_of is not KEYS_OF:
        actions = actions | {"clients": actions["clients"] | READING_OF_BEFORE.get(function, set())}
    reading = READING_CONDITION.get(function, {}) if keys_of is KEYS_OF else {}
    if asks:
        actions, reading = actions | {"clients": ASKING}, ASKING_CONDITION
    statements = {(arns[table], str(reading if table == "clients" else {})): granting for table, granting in actions.items()}
    statements |= {
        (arns["users"], str(COUNTING_CONDITION)): counting,
        (arns["tokens"] + INDEX, "{}"): INDEX_ACTIONS[function],
        (log_groups[function], "{}"): LOG_ACTIONS,
        ("*", "{}"): TRACE_ACTIONS,
    }
    statements |= {(keys[name], str(SEALING_CONDITION)): {SEALING_ACTION} for name in keys_of[function]}
    check(
        f"{function}: the role grants exactly its actions",
        granted(document),
        {(resource, "Allow", condition): granting for (resource, condition), granting in statements.items() if granting},
    )

    mac = {"kms:MacAlgorithm": "HMAC_SHA_256"}
    stream = lambda name: log_groups[name].removesuffix(":*") + ":log-stream:a"
    # Whose item a request is about.
    key = lambda *keys: {"dynamodb:LeadingKeys": list(keys)}
    named = lambda *names: {"dynamodb:Attributes": ["client_id", *names], "dynamodb:Select": "SPECIFIC_ATTRIBUTES"}
    theirs = {"clients": key("first") | (named("disabled", "not_before") if asks else named("name")), "tokens": key("a-grant"), "users": key("128807"), "audit": key("2026-11-26")}
    for table in actions:
        for action in sorted(actions[table]):
            check(f"{function} may {action} on {table}", allows(document, action, arns[table], theirs[table]), True)
    whole = {"a whole client": {"dynamodb:Select": "ALL_ATTRIBUTES"}, "a client's secrets": named("secrets")}
    whole |= {"a client's name": named("name")} if asks else {}
    for what, asked in whole.items():
        found = {action for action in READ if allows(document, action, arns["clients"], key("first") | asked)}
        check(f"{function} may {'not ' if reading else ''}read {what}", found, set() if reading else actions["clients"])
    for action in sorted(counting):
        check(f"{function} may {action} on a counter of attempts", allows(document, action, arns["users"], key("#bJ8xk0")), True)
    for name, arn in keys.items():
        may = name in keys_of[function]
        check(f"{function} may {'' if may else 'not '}derive the keys of {name}", allows(document, SEALING_ACTION, arn, mac), may)
    check(f"{function} may write its log", allows(document, "logs:PutLogEvents", stream(function)), True)

    every = {
        "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
        "dynamodb:BatchWriteItem", "dynamodb:Scan", "dynamodb:Query", "dynamodb:PartiQLSelect", "dynamodb:PartiQLDelete",
        "dynamodb:ConditionCheckItem", "dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:UpdateTimeToLive",
        "dynamodb:UpdateContinuousBackups", "dynamodb:ExportTableToPointInTime",
    }
    for table in actions:
        for action in sorted(every - actions[table]):
            check(f"{function} may not {action} on {table}", allows(document, action, arns[table], theirs[table]), False)
    index = arns["tokens"] + INDEX
    for action in sorted(INDEX_ACTIONS[function]):
        check(f"{function} may {action} on the index of users' grants", allows(document, action, index, key("a-holder")), True)
    for what, arn in {"the index of users' grants": index, "another index": index + "2", "an index of another table": arns["users"] + INDEX}.items():
        may = INDEX_ACTIONS[function] if arn == index else set()
        check(f"{function} may do nothing else to {what}", [action for action in sorted(every - may) if allows(document, action, arn, key("a-holder"))], [])
    writes = sorted(action for action in every if re.search("Put|Update|Delete|Write", action))
    may = sorted(action for table in actions for action in writes if allows(document, action, arns[table], theirs[table]))
    if function in ("introspect", "authorizer"):
        check(f"{function} may write nothing at all", may, [])
    if function == "revoke":
        check("revoke may put and delete nothing: it marks what is there", may, ["dynamodb:UpdateItem"])
    if function == "authorizer":
        of = [table for table in actions if any(allows(document, action, arns[table], theirs[table]) for action in every)]
        check("authorizer may reach tokens, clients only if it asks about them, and no users", of, ["clients", "tokens"] if asks else ["tokens"])
        kms = ("kms:GenerateMac", "kms:VerifyMac", "kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:Sign")
        check("authorizer may use no key", [action for action in kms for arn in keys.values() if allows(document, action, arn, mac)], [])
    for what, of_items in {
        "the directory": key("#"),
        "a counter and a user at once": key("#bJ8xk0", "128807"),
        "an institution whose id has a #": key("128807#"),
    }.items():
        found = [action for action in sorted(every - actions["users"]) if allows(document, action, arns["users"], of_items)]
        check(f"{function} may not write {what}", found, [])
    found = [action for action in sorted(every - actions["users"] - counting) if allows(document, action, arns["users"], key("#bJ8xk0"))]
    check(f"{function} may do nothing else to a counter of attempts", found, [])
    other = arns["tokens"].rpartition("/")[0] + "/of-another-service"
    check(f"{function} may do nothing to another table", [action for action in every if allows(document, action, other, key("#bJ8xk0"))], [])
    for action in ("kms:Decrypt", "kms:VerifyMac", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant"):
        check(f"{function} may not {action}", [name for name, arn in keys.items() if allows(document, action, arn, mac)], [])
    for name, arn in keys.items():
        check(f"{function} may not kms:GenerateMac with another key than that of {name}", allows(document, SEALING_ACTION, arn + "2", mac), False)
        other = {"kms:MacAlgorithm": "HMAC_SHA_512"}
        check(f"{function} may not kms:GenerateMac with another algorithm and the key of {name}", allows(document, SEALING_ACTION, arn, other), False)
    other = next(name for name in log_groups if name != function)
    check(f"{function} may not write the log of {other}", allows(document, "logs:PutLogEvents", stream(other)), False)
    for action in ("logs:CreateLogGroup", "logs:DeleteLogGroup", "lambda:InvokeFunction", "iam:PassRole", "sts:AssumeRole", "s3:GetObject"):
        check(f"{function} may not {action}", allows(document, action, "arn:aws:any:::thing"), False)
