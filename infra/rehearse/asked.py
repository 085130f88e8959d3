"""What was asked for, once, for both descriptions. A new function or route is a line here."""

ROUTES = {
    "issue": "POST /oauth2/accessToken",
    "refresh": "POST /oauth2/refreshToken",
}

# requests a second, at once
THROTTLES = {"issue": (50, 100), "refresh": (50, 100)}

FUNCTION = {
    "Runtime": "provided.al2023",
    "Handler": "bootstrap",
    "Architectures": ["arm64"],
    "MemorySize": 256,
    "Timeout": 10,
}

READ = {"dynamodb:GetItem", "dynamodb:BatchGetItem"}
TABLE_ACTIONS = {
    "issue": {"clients": READ, "tokens": READ | {"dynamodb:PutItem", "dynamodb:UpdateItem"}},
    "refresh": {"clients": READ, "tokens": READ | {"dynamodb:PutItem"}},
}
SEALING_ACTIONS = {"kms:GenerateMac"}
SEALING_CONDITION = {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}}
LOG_ACTIONS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

KEYS = {
    "clients": [("client_id", "HASH", "S")],
    "tokens": [("grant_id", "HASH", "S"), ("part", "RANGE", "S")],
}
TTL = {"clients": None, "tokens": "expires_at"}

SEALING_KEY = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}

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
    "Unavailable": '{ $.outcome = "unavailable" }',
    "SignatureFailures": '{ ($.denial = "signature_mismatch") || ($.denial = "client_unknown") }',
    "Replays": '{ $.denial = "replayed" }',
}

# (namespace, metric) of what must raise an alarm; those of AWS/Lambda once for each function
ALARMS = (
    {("AWS/ApiGateway", "5xx")}
    | {("AWS/Lambda", metric) for metric in ("Errors", "Throttles", "Duration")}
    | {("Latchkey", metric) for metric in COUNTED}
    | {("AWS/DynamoDB", metric) for metric in ("ReadThrottleEvents", "WriteThrottleEvents")}
)


def environment(clients, tokens, sealing_key):
    return {
        "LATCHKEY_CLIENTS_TABLE": clients,
        "LATCHKEY_TOKENS_TABLE": tokens,
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
    }
