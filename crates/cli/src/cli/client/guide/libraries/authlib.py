import os
{%- if guide.device %}
import time
{%- endif %}
{%- if guide.insecure %}

# For a server of this machine only.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
{%- endif %}
{%- if guide.code %}
from authlib.common.security import generate_token
{%- endif %}
from authlib.integrations.requests_client import {% if guide.device %}OAuthError, {% endif %}OAuth2Session
{%- if guide.has_key() %}
from authlib.oauth2.rfc7523 import PrivateKeyJWT
{%- if let Some(kind) = guide.joserfc_key() %}
from joserfc.jwk import {{ kind }}
{%- endif %}
{%- else if guide.is_secret_jwt() %}
from authlib.oauth2.rfc7523 import ClientSecretJWT
{%- endif %}
{%- if guide.device %}
from requests import RequestException
{%- endif %}

ISSUER = "{{ guide.issuer }}"
TOKEN_URL = ISSUER + "/oauth2/accessToken"


def session(scope):
    session = OAuth2Session(
        "{{ guide.client_id }}",
{%- if guide.is_public() %}
        None,
{%- else if guide.has_key() %}
{%- if let Some(kind) = guide.joserfc_key() %}
        {{ kind }}.import_key(open(os.environ["PRIVATE_KEY_FILE"]).read()),
{%- else %}
        open(os.environ["PRIVATE_KEY_FILE"]).read(),
{%- endif %}
{%- else %}
        os.environ["LATCHKEY_SECRET"],
{%- endif %}
        token_endpoint_auth_method="{{ guide.method }}",
        revocation_endpoint_auth_method="{{ guide.method }}",
        scope=scope,
{%- if guide.code %}
        redirect_uri="{{ guide.redirect_uri }}",
        code_challenge_method="S256",
{%- endif %}
    )
{%- if guide.has_key() %}
    session.register_client_auth_method(PrivateKeyJWT(headers={"kid": "{{ guide.kid() }}"}, alg="{{ guide.algorithm() }}"))
{%- else if guide.is_secret_jwt() %}
    session.register_client_auth_method(ClientSecretJWT())
{%- endif %}
    return session
{%- if guide.own %}


def own():
    """Gets a token on the client's own account."""
    return session(None).fetch_token(TOKEN_URL, grant_type="client_credentials", scope="{{ guide.scope() }}")
{%- endif %}
{%- if guide.code || guide.device %}


USER_SCOPE = "{{ guide.user_scope() }}"
{%- endif %}
{%- if guide.code %}


def begin():
    """Begins a sign-in: redirect the user to the address, and keep the rest in the user's session."""
    verifier = generate_token(48)
    address, state = session(USER_SCOPE).create_authorization_url(ISSUER + "/oauth2/authorizeCode", code_verifier=verifier)
    return address, {"code_verifier": verifier, "state": state}


def end(back, kept):
    """Ends it: `back` is the whole address that the user came back to."""
    return session(USER_SCOPE).fetch_token(TOKEN_URL, authorization_response=back, **kept)
{%- endif %}
{%- if guide.device %}


def begin_device():
    """Begins on a device without a browser: show the user `verification_uri` and `user_code`."""
    one = session(None)
    answer = one.post(
        ISSUER + "/oauth2/device_authorization", data={"scope": USER_SCOPE}, auth=one.client_auth("{{ guide.method }}")
    )
    answer.raise_for_status()
    return answer.json()


def poll_device(begun):
    """Asks once whether the user has answered."""
    return session(None).fetch_token(
        TOKEN_URL, grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=begun["device_code"]
    )
{%- let refused = "OAuthError" %}


{% include "python-device.py" %}
{%- endif %}
{%- if guide.refresh %}


def refresh(tokens):
    return session(None).refresh_token(TOKEN_URL, refresh_token=tokens["refresh_token"])
{%- endif %}
{%- if guide.introspects %}


def is_active(token):
    return session(None).introspect_token(ISSUER + "/oauth2/introspect", token=token).json()["active"]
{%- endif %}
{%- if guide.gets() %}


def revoke(tokens):
    token = tokens.get("refresh_token") or tokens["access_token"]
    session(None).revoke_token(ISSUER + "/oauth2/revoke", token=token).raise_for_status()
{%- endif %}
