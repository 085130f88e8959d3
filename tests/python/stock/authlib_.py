"""Authlib: by tests/python/stock.py"""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from talk import authorize_url, client_id, disable, method, ok, redirect, refused, scope, secret, token_url, url, visit


def session(secret):
    return OAuth2Session(
        client_id,
        secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=scope,
        redirect_uri=redirect,
        code_challenge_method="S256",
    )


def own(secret):
    return session(secret).fetch_token(token_url, grant_type="client_credentials", scope="WMS_NCIP")


assert not own(secret).is_expired()
ok("client credentials")
client, verifier = session(secret), generate_token(48)
address, state = client.create_authorization_url(authorize_url, code_verifier=verifier)
client.fetch_token(token_url, authorization_response=visit(address), code_verifier=verifier, state=state)
ok("code with PKCE")
first = client.refresh_token(token_url)["access_token"]
second = client.refresh_token(token_url)["access_token"]
assert first != second
ok("refresh twice")
introspect = lambda: client.introspect_token(f"{url}/oauth2/introspect", token=second).json()  # noqa: E731
assert introspect()["active"]
ok("introspection")
client.revoke_token(f"{url}/oauth2/revoke", token=client.token["refresh_token"])
assert introspect() == {"active": False}
ok("revocation")
wrong = lambda error: isinstance(error, OAuthError) and error.error == "invalid_client"  # noqa: E731
refused("wrong secret", lambda: own("another secret"), wrong)
disable()
refused("disabled client", lambda: own(secret), wrong)
