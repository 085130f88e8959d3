import hashlib
import os
import secrets
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit
{%- if guide.is_post() %}

from httpx_oauth.oauth2 import OAuth2

client = OAuth2(
    "{{ guide.client_id }}",
    os.environ["LATCHKEY_SECRET"],
    "{{ guide.issuer }}/oauth2/authorizeCode",
    "{{ guide.issuer }}/oauth2/accessToken",
    "{{ guide.issuer }}/oauth2/accessToken",
    "{{ guide.issuer }}/oauth2/revoke",
    token_endpoint_auth_method="client_secret_post",
    revocation_endpoint_auth_method="client_secret_post",
)
{%- else %}

from httpx_oauth.clients.openid import OpenID

# It looks the service up, and then sends the secret in the header.
client = OpenID(
    "{{ guide.client_id }}",
    os.environ["LATCHKEY_SECRET"],
    "{{ guide.issuer }}/.well-known/openid-configuration",
)
{%- endif %}

REDIRECT_URI = "{{ guide.redirect_uri }}"
SCOPE = "{{ guide.user_scope() }}".split()


async def begin():
    """Begins a sign-in: redirect the user to the address, and keep the rest in the user's session."""
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    address = await client.get_authorization_url(REDIRECT_URI, state, SCOPE, challenge, "S256")
    return address, {"state": state, "verifier": verifier}


async def end(back, kept):
    """Ends it: `back` is the whole address that the user came back to."""
    answer = parse_qs(urlsplit(back).query)
    if answer.get("state") != [kept["state"]] or "code" not in answer:
        raise ValueError(answer.get("error", "another request's answer"))
    return await client.get_access_token(answer["code"][0], REDIRECT_URI, kept["verifier"])
{%- if guide.refresh %}


async def refresh(tokens):
    return await client.refresh_token(tokens["refresh_token"])
{%- endif %}


async def revoke(tokens):
    await client.revoke_token(tokens.get("refresh_token") or tokens["access_token"])
