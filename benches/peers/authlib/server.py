"""Authlib's refresh_token grant over a table of DynamoDB, for the benchmark of the local server."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
import time

import boto3
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from botocore.config import Config
from flask import Flask
from waitress import create_server

TABLE = os.environ["TABLE"]
CLIENT = "demo"
SCOPE = "WMS_NCIP"
ACCESS_SECONDS = 1200
REFRESH_SECONDS = 604800
# As many requests as the load keeps under way.
THREADS = 16

DB = boto3.client("dynamodb", config=Config(max_pool_connections=THREADS))


def key(kind: str, text: str) -> dict:
    """Only the hash of what a requester shows is stored."""
    digest = hashlib.sha256(text.encode()).digest()
    return {"S": f"{kind}#{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"}


def find(kind: str, text: str) -> dict | None:
    found = DB.get_item(TableName=TABLE, Key={"id": key(kind, text)}, ConsistentRead=True)
    return found.get("Item")


def add(kind: str, text: str, item: dict):
    condition = "attribute_not_exists(id)"
    DB.put_item(TableName=TABLE, Item={"id": key(kind, text), **item}, ConditionExpression=condition)


class Client(ClientMixin):
    def __init__(self, item: dict):
        self.item = item

    def get_client_id(self):
        return self.item["client_id"]["S"]

    def get_allowed_scope(self, scope):
        allowed = self.item["scope"]["S"].split(" ")
        return " ".join(name for name in (scope or "").split(" ") if name in allowed)

    def check_client_secret(self, client_secret):
        return hmac.compare_digest(self.item["secret"]["S"], client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type):
        return grant_type == "refresh_token"


class RefreshToken(TokenMixin):
    def __init__(self, item: dict):
        self.item = item

    def check_client(self, client):
        return self.item["client_id"]["S"] == client.get_client_id()

    def get_scope(self):
        return self.item["scope"]["S"]

    def is_active(self):
        return "revoked_at" not in self.item and time.time() < int(self.item["expires_at"]["N"])


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    INCLUDE_NEW_REFRESH_TOKEN = False

    def authenticate_refresh_token(self, refresh_token):
        item = find("refresh", refresh_token)
        token = RefreshToken(item) if item else None
        return token if token and token.is_active() else None

    def authenticate_user(self, refresh_token):
        return refresh_token.item["user"]["S"]

    def revoke_old_credential(self, refresh_token):
        """It is not rotated."""


def query_client(client_id: str) -> Client | None:
    item = find("client", client_id)
    return Client(item) if item else None


def save_token(token: dict, request):
    now = int(time.time())
    item = {
        "client_id": {"S": request.client.get_client_id()},
        "user": {"S": request.user},
        "scope": {"S": token["scope"]},
        "created_at": {"N": str(now)},
        "expires_at": {"N": str(now + token["expires_in"])},
    }
    add("access", token["access_token"], item)


def log(line: dict):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
app = Flask(__name__)
app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"refresh_token": ACCESS_SECONDS}
server = AuthorizationServer(app, query_client=query_client, save_token=save_token)
server.register_grant(RefreshTokenGrant)


@app.post("/token")
def token():
    answer = server.create_token_response()
    outcome = "granted" if answer.status_code == 200 else "denied"
    log({"time": time.time(), "outcome": outcome, "status": answer.status_code})
    return answer


DB.create_table(
    TableName=TABLE,
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
secret, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
add("client", CLIENT, {"client_id": {"S": CLIENT}, "secret": {"S": secret}, "scope": {"S": SCOPE}})
end = str(int(time.time()) + REFRESH_SECONDS)
of_grant = {"client_id": {"S": CLIENT}, "user": {"S": "user"}, "scope": {"S": SCOPE}, "expires_at": {"N": end}}
add("refresh", refresh_token, of_grant)
listening = create_server(app, host="127.0.0.1", port=0, threads=THREADS)
log(
    {
        "port": int(listening.effective_port),
        "path": "/token",
        "client_id": CLIENT,
        "secret": secret,
        "refresh_token": refresh_token,
    }
)
listening.run()
