"""Authlib, a client library that others wrote, against a running server: python client.py URL CLIENT_ID SECRET"""

import sys

import requests
from authlib.integrations.requests_client import OAuth2Session
from wskey import authorization

url, client_id, secret = sys.argv[1:]
metadata = requests.get(f"{url}/.well-known/oauth-authorization-server", timeout=60).json()
assert metadata["issuer"] == url


def sign(client, method, uri, headers, body):
    """What Authlib calls a client authentication method: the form stays in the body, a body hash covers it."""
    return uri, {**headers, "Authorization": authorization(client_id, secret, method, uri, body.encode())}, body


session = OAuth2Session(client_id, secret, token_endpoint_auth_method="wskey", revocation_endpoint_auth_method="wskey")
session.register_client_auth_method(("wskey", sign))
token = session.fetch_token(
    metadata["token_endpoint"], grant_type="client_credentials", scope="WMS_NCIP refresh_token",
    authenticatingInstitutionId="128807", contextInstitutionId="128807",
)
assert token["access_token"].startswith("tk_") and token["refresh_token"].startswith("rt_")


def active(text):
    answer = session.introspect_token(metadata["introspection_endpoint"], token=text)
    assert answer.status_code == 200, answer.text
    return answer.json()["active"]


refreshed = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
assert refreshed["access_token"] != token["access_token"]
assert active(token["access_token"]) and active(refreshed["access_token"])
assert session.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"]).status_code == 200
assert not active(token["access_token"]) and not active(refreshed["access_token"])
print("discovery, tokens, refresh, introspection, revocation: ok")
