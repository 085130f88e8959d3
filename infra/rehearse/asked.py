"""What was asked for, once, for both descriptions.

Lists come from service.json, which `stages/generate` writes from the one table. What protects is said here once more, by
hand: memory, permissions, keys, logs, alarms. A mistake in the table does not excuse itself."""

import json
import pathlib

_SERVICE = json.loads(pathlib.Path(__file__).with_name("service.json").read_text())

FUNCTIONS = tuple(_SERVICE["functions"])
# The one that has no route: the authorizers of other APIs in the account ask it.
AUTHORIZER = "authorizer"

# It asks new versions before they get traffic, and is no part of the service.
CHECK = "check"
PACKAGES = (*FUNCTIONS, CHECK)

ROUTES = _SERVICE["routes"]
SETTINGS = _SERVICE["settings"]

# requests a second, at once
_LIMITS = {name: tuple(limits) for name, limits in _SERVICE["throttles"].items()}
THROTTLES = {key: _LIMITS["alias" if key in _SERVICE["aliases"] else function] for key, function in ROUTES.items()}
# Each route that others are aliases of, and so many they are. Together they let through what a route without lets.
for _route, _aliases in (("POST /oauth2/accessToken", 2), ("GET /oauth2/authorizeCode", 2), ("POST /oauth2/introspect", 1), ("POST /oauth2/revoke", 1)):
    assert all(THROTTLES[_route][at] + _aliases * _LIMITS["alias"][at] <= (50, 100)[at] for at in (0, 1)), _route

MEMORY = {function: 512 if function == "authorize" else 256 for function in FUNCTIONS}

FUNCTION = {
    "Runtime": "provided.al2023",
    "Handler": "bootstrap",
    "Architectures": ["arm64"],
    "Timeout": 10,
}

READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
TABLE_ACTIONS = {
    "issue": {"clients": READ, "tokens": READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"}, "users": set()},
    "refresh": {"clients": READ, "tokens": READ | {"dynamodb:PutItem"}, "users": set()},
    "authorize": {
        "clients": {"dynamodb:GetItem"},
        "tokens": READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"},
        "users": {"dynamodb:BatchGetItem"},
    },
    "introspect": {"clients": READ, "tokens": READ, "users": set()},
    "revoke": {"clients": READ, "tokens": READ | {"dynamodb:UpdateItem"}, "users": set()},
    "authorizer": {"clients": set(), "tokens": READ, "users": set()},
}
# On the index of users' grants, which is of keys only.
INDEX_ACTIONS = {function: set() for function in FUNCTIONS} | {"authorize": {"dynamodb:Query"}}
INDEX = "/index/holder"
# authorize opens no secret of a client, and reads none, as soon as old keys do nothing. The rest is open to it, and an attribute
# that a later version adds.
READING_CONDITION = {
    "authorize": {
        "ForAllValues:StringNotEquals": {"dynamodb:Attributes": ["secrets"]},
        "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
}
# While old keys do something, versions of 0.1.0 may run. They read whole clients.
READING_OF_BEFORE = {"authorize": {"dynamodb:BatchGetItem"}}
# Where the deployment asks about the clients of tokens, the authorizer may read this of a client, one at a time, and nothing else.
ASKING = {"dynamodb:GetItem"}
ASKING_CONDITION = {
    "ForAllValues:StringEquals": {"dynamodb:Attributes": ["client_id", "disabled", "not_before"]},
    "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
}
# Nothing that a function does may reach the operators' records.
TABLE_ACTIONS = {function: actions | {"audit": set()} for function, actions in TABLE_ACTIONS.items()}
# On the users table, under the condition: counters of attempts, whose keys begin with # and go on.
COUNTING_ACTIONS = {function: set() for function in FUNCTIONS} | {"authorize": {"dynamodb:PutItem", "dynamodb:UpdateItem"}}
COUNTING_CONDITION = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#?*"]}}
# The keys in KMS, one for each set of functions, and which functions may use which. The authorizer checks no signature, so it
# has none.
KEY_SETS = _SERVICE["key_sets"]
KEYS_OF = {"issue": {"clients", "requests"}, "refresh": {"clients"}, "authorize": {"pages", "requests"}, "introspect": {"clients"}, "revoke": {"clients"}, AUTHORIZER: set()}
# While old keys do something, authorize may use the key that gives them.
OLD_KEYS_OF = KEYS_OF | {"authorize": {"pages", "requests", "clients"}}
SEALING_ACTION = "kms:GenerateMac"
SEALING_CONDITION = {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

KEYS = {
    "clients": [("client_id", "HASH", "S")],
    "tokens": [("grant_id", "HASH", "S"), ("part", "RANGE", "S")],
    "users": [("institution_id", "HASH", "S"), ("username", "RANGE", "S")],
    "audit": [("day", "HASH", "S"), ("moment", "RANGE", "S")],
}
# Of keys only: partition key and sort key.
INDEXES = {"tokens": {"holder": [("holder", "HASH", "B"), ("created_at", "RANGE", "N")]}}
TTL = {"clients": None, "tokens": "expires_at", "users": "expires_at", "audit": "expires_at"}

SEALING_KEY = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC", "MultiRegion": False}

LOG_RETENTION_DAYS = 30

ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "requestTime": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "integrationLatency": "$context.integrationLatency",
    "integrationRequestId": "$context.integration.requestId",
    "integrationStatus": "$context.integrationStatus",
    "integrationError": "$context.integrationErrorMessage",
    "error": "$context.error.message",
}

# What the functions call, and so what the dashboard shows of each table.
OPERATIONS = {
    "clients": {"GetItem", "BatchGetItem"},
    "tokens": {"GetItem", "BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems", "Query"},
    "users": {"BatchGetItem", "TransactWriteItems"},
}
WRITTEN = {"tokens", "users"}

COUNTED = {name: metric["pattern"] for name, metric in _SERVICE["metrics"].items()}
COUNTED_OF = {
    function: tuple(name for name, metric in _SERVICE["metrics"].items() if function in metric["functions"])
    for function in FUNCTIONS
}
# Of the access log.
COUNTED_AT_THE_GATEWAY = {"Throttled": '{ $.status = "429" }'}

# AWS's own CachingDisabled and AllViewerExceptHostHeader.
CDN_POLICIES = ("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac")

# What must raise an alarm: (namespace, metric): (threshold, seconds); those of AWS/Lambda once for each function. Not the
# authorizer's errors: to a REST API an error is how it says 401.
ALARMS = {
    ("AWS/ApiGateway", "5xx"): (5, 300),
    ("AWS/Lambda", "Errors"): (1, 60),
    ("AWS/Lambda", "Throttles"): (1, 300),
    ("AWS/Lambda", "Duration"): (1000, 300),
    ("Latchkey", "Unavailable"): (1, 60),
    ("Latchkey", "SignatureFailures"): (100, 300),
    ("Latchkey", "Replays"): (20, 300),
    ("Latchkey", "SignInFailures"): (100, 300),
    ("Latchkey", "CodeReuses"): (1, 300),
    ("Latchkey", "DisabledClients"): (1, 300),
    ("Latchkey", "ForeignTokens"): (1, 300),
    ("Latchkey", "Throttled"): (100, 300),
}
# 503s that last: their threshold, seconds, and in how many of how many spans.
LASTING = (1, 60, 3, 5)
# What makes the page, beside a check from outside where there is one.
PAGE = {("AWS/ApiGateway", "5xx"), ("Latchkey", "Unavailable"), ("AWS/Lambda", "Throttles")}
# What the check may do, beside its log and its traces: on its own deployments and on the functions, and on nothing else.
CHECK_ACTIONS = {
    "Deployments": {"codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"},
    "Revisions": {"codedeploy:GetApplicationRevision"},
    "Versions": {"lambda:InvokeFunction"},
    "Stopped": {"lambda:GetFunctionConcurrency"},
}
# One alarm over all of these, which rings where a single one has data.
DATABASE_ALARM = (1, "SUM(METRICS())")
DATABASE_METRICS = {
    ("clients", "ReadThrottleEvents"),
    ("tokens", "ReadThrottleEvents"),
    ("tokens", "WriteThrottleEvents"),
    ("users", "ReadThrottleEvents"),
    ("users", "WriteThrottleEvents"),
}


# What a deployment itself decides, with everything off that can be off, and what a new one chooses.
_DECIDED = {"LATCHKEY_TRUSTED_PROXIES": "0", "LATCHKEY_SUBJECT": "v2", "LATCHKEY_OLD_KEYS": "none"}
AUTHORIZER_READS = {
    "LATCHKEY_CLIENTS_TABLE", "LATCHKEY_TOKENS_TABLE", "LATCHKEY_SUBJECT", "LATCHKEY_NOT_BEFORE", "LATCHKEY_CHECK_TOKEN_CLIENT",
    "LATCHKEY_ROUTE_SCOPES", "LATCHKEY_TOKEN_CACHE_SECONDS",
}  # fmt: skip
# The parameters that have no value of their own: the deployer must choose.
CHOSEN = {"Subject": "v2", "OldKeys": "none"}


def environment(function, tables, keys):
    """`keys`: the ARN of each set's key."""
    values = {f"LATCHKEY_{table.upper()}_TABLE": name for table, name in tables.items()}
    values |= _DECIDED | {KEY_SETS[name]["variable"]: arn for name, arn in keys.items()}
    given = [setting for setting in _SERVICE["settings"] if function in setting["given_to"]]
    found = {setting["name"]: values.get(setting["name"], setting["default"]) for setting in given}
    if function == AUTHORIZER and found.keys() != AUTHORIZER_READS:
        raise ValueError(f"the authorizer is given more than it needs: {sorted(found)}")
    return found
