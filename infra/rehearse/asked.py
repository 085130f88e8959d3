"""What was asked for, once, for both descriptions. A new function or route is a line here."""

FUNCTIONS = ("issue", "refresh", "authorize", "introspect", "revoke", "authorizer")
# The one that has no route: the authorizers of other APIs in the account ask it.
AUTHORIZER = "authorizer"

ROUTES = {
    "POST /oauth2/accessToken": "issue",
    "POST /oauth2/refreshToken": "refresh",
    "GET /oauth2/authorizeCode": "authorize",
    "POST /oauth2/authorizeCode": "authorize",
    "GET /oauth2/signOut": "authorize",
    "POST /oauth2/signOut": "authorize",
    "GET /oauth2/style.css": "authorize",
    "POST /oauth2/introspect": "introspect",
    "GET /.well-known/oauth-authorization-server": "introspect",
    "POST /oauth2/revoke": "revoke",
    "PUT /oauth2/revoke": "revoke",
}

# requests a second, at once
THROTTLES = {"issue": (50, 100), "refresh": (50, 100), "authorize": (50, 100), "introspect": (50, 100), "revoke": (50, 100)}

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
        "clients": READ,
        "tokens": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "users": {"dynamodb:BatchGetItem"},
    },
    "introspect": {"clients": READ, "tokens": READ, "users": set()},
    "revoke": {"clients": READ, "tokens": READ | {"dynamodb:UpdateItem"}, "users": set()},
    "authorizer": {"clients": set(), "tokens": READ, "users": set()},
}
# On the users table, under the condition: counters of attempts, whose keys begin with # and go on.
COUNTING_ACTIONS = {function: set() for function in FUNCTIONS} | {"authorize": {"dynamodb:PutItem", "dynamodb:UpdateItem"}}
COUNTING_CONDITION = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#?*"]}}
# The authorizer checks no signature, so it has no key.
SEALING_ACTIONS = {function: {"kms:GenerateMac"} for function in FUNCTIONS} | {AUTHORIZER: set()}
SEALING_CONDITION = {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

KEYS = {
    "clients": [("client_id", "HASH", "S")],
    "tokens": [("grant_id", "HASH", "S"), ("part", "RANGE", "S")],
    "users": [("institution_id", "HASH", "S"), ("username", "RANGE", "S")],
}
TTL = {"clients": None, "tokens": "expires_at", "users": "expires_at"}

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
}

COUNTED = {
    "Unavailable": '{ ($.outcome = "unavailable") || ($.outcome = "not_started") }',
    "SignatureFailures": '{ ($.denial = "signature_mismatch") || ($.denial = "client_unknown") }',
    "Replays": '{ $.denial = "replayed" }',
    "SignInFailures": '{ ($.denial = "sign_in_failed") || ($.denial = "sign_in_slowed") }',
}
COUNTED_OF = {
    "issue": ("Unavailable", "SignatureFailures", "Replays"),
    "refresh": ("Unavailable", "SignatureFailures", "Replays"),
    "authorize": ("Unavailable", "SignInFailures"),
    "introspect": ("Unavailable", "SignatureFailures"),
    "revoke": ("Unavailable", "SignatureFailures"),
    "authorizer": ("Unavailable",),
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


def environment(function, tables, sealing_key):
    if function == AUTHORIZER:
        return {
            "LATCHKEY_TOKENS_TABLE": tables["tokens"],
            "LATCHKEY_ROUTE_SCOPES": "",
            "LATCHKEY_TOKEN_CACHE_SECONDS": "0",
        }
    return {
        "LATCHKEY_CLIENTS_TABLE": tables["clients"],
        "LATCHKEY_TOKENS_TABLE": tables["tokens"],
        "LATCHKEY_USERS_TABLE": tables["users"],
        "LATCHKEY_SEALING_KMS_KEY": sealing_key,
        "LATCHKEY_SEALING_KEY_NAMES": "v1",
        "LATCHKEY_SEALING_KEY_FILE": "",
        "LATCHKEY_ACCESS_TOKEN_SECONDS": "1200",
        "LATCHKEY_REFRESH_TOKEN_SECONDS": "86400",
        "LATCHKEY_CODE_SECONDS": "600",
        "LATCHKEY_CLOCK_SKEW_SECONDS": "300",
        "LATCHKEY_SIGNATURE_HOST": "www.oclc.org",
        "LATCHKEY_SIGNATURE_PORT": "443",
        "LATCHKEY_SIGNATURE_PATH": "/wskey",
        "LATCHKEY_ISSUER": "",
        "LATCHKEY_SESSION_SECONDS": "3600",
        "LATCHKEY_TRUSTED_PROXIES": "0",
        "LATCHKEY_PAGE_NAME": "Latchkey",
        "LATCHKEY_PAGE_LOGO_URL": "",
        "LATCHKEY_PAGE_COLOR": "#1f4e8c",
    }
