"""A refresh as the function `refresh` does it, for the benchmark: the same reads, checks, write and answer."""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import time
import uuid
from urllib.parse import quote, unquote_plus

import boto3
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CLIENTS = os.environ["LATCHKEY_CLIENTS_TABLE"]
TOKENS = os.environ["LATCHKEY_TOKENS_TABLE"]
SCHEME = "http://www.worldcat.org/wskey/v2/hmac/v1"
SKEW = 300
ACCESS_SECONDS = 1200
REPLAY_SECONDS = 7201
# A client has at most two secrets. Two are tried whatever it has, so that the time says nothing.
SECRETS = 2
DECOY = "no client"
ATTRIBUTE = re.compile(r'([\w.-]+)\s*=\s*"([^"]*)"')
SECONDS = re.compile(r"\d{1,12}", re.ASCII)
HEADERS = {"content-type": "application/json;charset=UTF-8", "cache-control": "no-store", "pragma": "no-cache"}


class Refused(Exception):
    def __init__(self, status: int, error: str):
        super().__init__(error)
        self.status = status


def demand(holds, status: int, error: str):
    if not holds:
        raise Refused(status, error)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def instant(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))


def sealing_keys() -> dict[str, AESGCM]:
    """The sealing keys of the client secrets, by their names."""
    keys = {}
    with open(os.environ["LATCHKEY_SEALING_KEY_FILE"], encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line and not line.startswith("#"):
                name, key = line.split(":")
                name = f"clients/{name}"
                derived = hmac.digest(base64.b64decode(key), f"latchkey sealing key {name}".encode(), "sha256")
                keys[name] = AESGCM(derived)
    return keys


KEYS = sealing_keys()
DECOY_SECRET = {"M": {"key": {"S": next(iter(KEYS))}, "sealed": {"B": secrets.token_bytes(60)}}}


def opened(client_id: str, sealed: dict) -> bytes | None:
    """Opens a sealed secret; none if it does not open."""
    data = sealed["sealed"]["B"]
    try:
        return KEYS[sealed["key"]["S"]].decrypt(data[:12], data[12:], client_id.encode())
    except InvalidTag:
        return None


def credentials(header: str) -> dict[str, str]:
    demand(header.startswith(f"{SCHEME} "), 401, "invalid_client")
    attributes = ATTRIBUTE.findall(header, len(SCHEME))
    sent = dict(attributes)
    demand(len(sent) == len(attributes), 401, "invalid_client")
    demand(all(sent.get(name) for name in ("clientId", "nonce", "signature")), 401, "invalid_client")
    demand(SECONDS.fullmatch(sent.get("timestamp", "")), 401, "invalid_client")
    demand(abs(int(time.time()) - int(sent["timestamp"])) <= SKEW, 401, "invalid_client")
    return sent


def pairs(query: str) -> list[tuple[str, str]]:
    split = (pair.partition("=") for pair in query.split("&") if pair)
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in split]


def signed_text(sent: dict[str, str], method: str, query: list[tuple[str, str]]) -> bytes:
    lines = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in query)
    head = [sent["clientId"], sent["timestamp"], sent["nonce"], "", method, "www.oclc.org", "443", "/wskey"]
    return "\n".join([*head, *(f"{name}={value}" for name, value in lines), ""]).encode()


def verify(client: dict | None, sent: dict[str, str], text: bytes, now: int):
    signature = base64.b64decode(sent["signature"])
    live = []
    if client and not client.get("disabled", {}).get("BOOL"):
        methods = client.get("auth_methods", {"L": [{"S": "wskey"}]})["L"]
        if {"S": "wskey"} in methods:
            of_client = (secret["M"] for secret in client["secrets"]["L"])
            live = [secret for secret in of_client if "expires_at" not in secret or now < int(secret["expires_at"]["N"])]
    verified = False
    for index in range(SECRETS):
        is_candidate = index < len(live)
        secret = opened(sent["clientId"], live[index]) if is_candidate else opened(DECOY, DECOY_SECRET["M"])
        fits = hmac.compare_digest(hmac.digest(secret or b"decoy", text, "sha256"), signature)
        verified = verified or (fits and secret is not None and is_candidate)
    demand(verified, 401, "invalid_client")


def parse(token: str) -> tuple[bytes, bytes]:
    """The grant id and the hash of the secret of a refresh token."""
    data = base64.urlsafe_b64decode(token[3:] + "=" * (-len(token[3:]) % 4))
    demand(token.startswith("rt_") and len(data) == 36, 400, "invalid_grant")
    return data[:16], hashlib.sha256(data[16:]).digest()


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def decide(client: dict, grant: dict | None, token: tuple[bytes, bytes], sent: dict[str, str], now: int):
    """What the grant still gives: the item to write, the token, its end and its scope."""
    demand({"S": "refresh_token"} in client["grant_types"]["L"], 400, "unauthorized_client")
    grant_id, token_hash = token
    theirs = grant and "refresh_hash" in grant and hmac.compare_digest(grant["refresh_hash"]["B"], token_hash)
    demand(theirs and grant["client_id"] == client["client_id"], 400, "invalid_grant")
    not_before = int(client.get("not_before", {"N": "0"})["N"])
    demand("revoked_at" not in grant and int(grant["created_at"]["N"]) >= not_before, 400, "invalid_grant")
    end = int(grant["expires_at"]["N"])
    demand(now < min(int(grant["refresh_expires_at"]["N"]), end), 400, "invalid_grant")
    known = client["institutions"]["L"]
    institutions = (grant["authenticating_institution_id"], grant["context_institution_id"])
    demand(all({"S": "*"} in known or institution in known for institution in institutions), 400, "invalid_grant")
    allowed = {"refresh_token", *(scope["S"] for scope in client["scopes"]["L"])}
    scope = [name for name in grant["scope"]["S"].split(" ") if name in allowed]
    demand(any(name != "refresh_token" for name in scope), 400, "invalid_scope")
    request = f"{sent['clientId']}\n{sent['timestamp']}\n{sent['nonce']}\n"
    selector = hashlib.sha256(request.encode()).digest()[:12]
    secret = secrets.token_bytes(20)
    expires = min(now + ACCESS_SECONDS, end)
    item = {
        "grant_id": {"S": str(uuid.UUID(bytes=grant_id))},
        "part": {"S": f"access#{base64url(selector)}"},
        "access_hash": {"B": hashlib.sha256(secret).digest()},
        "access_expires_at": number(expires),
        "scope": {"S": " ".join(scope)},
        "created_at": number(now),
        "expires_at": number(max(expires, now + REPLAY_SECONDS)),
    }
    return item, f"tk_{base64url(grant_id + selector + secret)}", expires


def body(client: dict, grant: dict, item: dict, token: str, expires: int) -> dict:
    left = max(expires - int(time.time()) - 1, 0)
    named = grant if client.get("principal_on_refresh", {}).get("BOOL") else {}
    scope, context = item["scope"]["S"], grant["context_institution_id"]["S"]
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": str(left) if client.get("numbers_as_strings", {}).get("BOOL") else left,
        "expires_at": instant(expires),
        "scope": scope,
        "scopes": scope,
        "principalID": named.get("principal_id", {}).get("S", ""),
        "principalIDNS": named.get("principal_idns", {}).get("S", ""),
        "context_institution_id": context,
        "contextInstitutionId": context,
        "authenticating_institution_id": grant["authenticating_institution_id"]["S"],
        "error_code": None,
    }


DB = boto3.client("dynamodb")


def key(grant_id: str) -> dict:
    return {"grant_id": {"S": grant_id}, "part": {"S": "grant"}}


def refresh(event: dict, line: dict) -> dict:
    sent = credentials(event["headers"].get("authorization", ""))
    query = pairs(event["rawQueryString"])
    parameters = dict(query)
    token = parse(parameters.get("refresh_token", ""))
    grant_id = str(uuid.UUID(bytes=token[0]))
    found = DB.batch_get_item(
        RequestItems={
            CLIENTS: {"Keys": [{"client_id": {"S": sent["clientId"]}}], "ConsistentRead": True},
            TOKENS: {"Keys": [key(grant_id)], "ConsistentRead": True},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    client, grant = (next(iter(found["Responses"][table]), None) for table in (CLIENTS, TOKENS))
    now = int(time.time())
    verify(client, sent, signed_text(sent, event["requestContext"]["http"]["method"], query), now)
    demand(parameters.get("grant_type") == "refresh_token", 400, "unsupported_grant_type")
    item, text, expires = decide(client, grant, token, sent, now)
    written = DB.put_item(
        TableName=TOKENS,
        Item=item,
        ConditionExpression="attribute_not_exists(grant_id)",
        ReturnConsumedCapacity="TOTAL",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    line["client_id"], line["grant_id"] = sent["clientId"], grant_id
    line["read_units"] = sum(consumed["CapacityUnits"] for consumed in found["ConsumedCapacity"])
    line["write_units"] = written["ConsumedCapacity"]["CapacityUnits"]
    return body(client, grant, item, text, expires)


def status_of(error: Exception) -> int:
    if isinstance(error, Refused):
        return error.status
    is_replay = isinstance(error, ClientError) and error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    return 401 if is_replay else 503


def handler(event: dict, _context) -> dict:
    began = time.perf_counter()
    line = {"function": "refresh", "outcome": "granted", "status": 200}
    try:
        answer = refresh(event, line)
    except Exception as error:
        line["outcome"], line["status"] = "denied", status_of(error)
        answer = {"error": str(error) if isinstance(error, Refused) else "temporarily_unavailable"}
    line["duration_ms"] = (time.perf_counter() - began) * 1000
    print(json.dumps(line))
    return {"statusCode": line["status"], "headers": HEADERS, "body": json.dumps(answer), "isBase64Encoded": False}


# The connection stands before the first event, as that of `refresh` does.
DB.get_item(TableName=TOKENS, Key=key("00000000-0000-4000-8000-000000000000"))
