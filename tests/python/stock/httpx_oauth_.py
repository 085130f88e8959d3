"""httpx-oauth: by tests/python/stock.py"""

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode

from httpx_oauth.clients.openid import OpenID
from httpx_oauth.oauth2 import RefreshTokenError
from talk import client_id, disable, ok, redirect, refused, scope, secret, url, visit

# It looks for a server at this path only.
place = f"{url}/.well-known/openid-configuration"


def client(secret):
    return OpenID(client_id, secret, place, base_scopes=scope)


one, verifier = client(secret), secrets.token_urlsafe(32)
ok("discovery")
challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def address():
    return await one.get_authorization_url(redirect, "a-state", scope, challenge, "S256")


back = visit(asyncio.run(address()))
code = back.split("code=")[1].split("&")[0]


def refresh(client, token):
    return asyncio.run(client.refresh_token(token))


tokens = asyncio.run(one.get_access_token(code, redirect, verifier))
assert not tokens.is_expired()
ok("code with PKCE")
first = refresh(one, tokens["refresh_token"])
second = refresh(one, first["refresh_token"])
assert first["access_token"] != second["access_token"]
ok("refresh twice")
wrong = lambda error: isinstance(error, RefreshTokenError) and error.response.status_code == 401  # noqa: E731
refused("wrong secret", lambda: refresh(client("another secret"), tokens["refresh_token"]), wrong)
disable()
refused("disabled client", lambda: refresh(one, tokens["refresh_token"]), wrong)
