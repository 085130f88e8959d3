import os
{%- if guide.device %}
import time
{%- endif %}
{%- if guide.insecure %}

# For a server of this machine only.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
{%- endif %}
{%- if guide.own %}
from oauthlib.oauth2 import BackendApplicationClient
{%- endif %}
{%- if guide.device %}
from oauthlib.oauth2 import DeviceClient, OAuth2Error
{%- endif %}
{%- if guide.code %}
from oauthlib.oauth2 import WebApplicationClient
{%- endif %}
{%- if guide.device %}
from requests import RequestException
{%- endif %}
from requests_oauthlib import OAuth2Session

CLIENT_ID = "{{ guide.client_id }}"
TOKEN_URL = "{{ guide.issuer }}/oauth2/accessToken"
{%- if guide.is_post() %}
# The secret in the form.
CREDENTIALS = {"include_client_id": True, "client_secret": os.environ["LATCHKEY_SECRET"]}
{%- else %}
# The secret in the header.
CREDENTIALS = {"auth": (CLIENT_ID, os.environ["LATCHKEY_SECRET"])}
{%- endif %}
{%- if guide.own %}


def own():
    """Gets a token on the client's own account."""
    session = OAuth2Session(client=BackendApplicationClient(CLIENT_ID, scope="{{ guide.scope() }}".split()))
    return session.fetch_token(TOKEN_URL, **CREDENTIALS)
{%- endif %}
{%- if guide.code %}


REDIRECT_URI = "{{ guide.redirect_uri }}"


def begin():
    """Begins a sign-in: redirect the user to the address, and keep the rest in the user's session."""
    client = WebApplicationClient(CLIENT_ID)
    verifier = client.create_code_verifier(48)
    session = OAuth2Session(client=client, redirect_uri=REDIRECT_URI, scope="{{ guide.user_scope() }}".split())
    address, state = session.authorization_url(
        "{{ guide.issuer }}/oauth2/authorizeCode",
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
    )
    return address, {"state": state, "verifier": verifier}


def end(back, kept):
    """Ends it: `back` is the whole address that the user came back to."""
    session = OAuth2Session(CLIENT_ID, redirect_uri=REDIRECT_URI, state=kept["state"])
    return session.fetch_token(TOKEN_URL, authorization_response=back, code_verifier=kept["verifier"], **CREDENTIALS)
{%- endif %}
{%- if guide.device %}


def begin_device():
    """Begins on a device without a browser: show the user `verification_uri` and `user_code`."""
    answer = OAuth2Session(client=DeviceClient(CLIENT_ID)).post(
        "{{ guide.issuer }}/oauth2/device_authorization",
{%- if guide.is_post() %}
        data={"scope": "{{ guide.user_scope() }}", "client_id": CLIENT_ID, "client_secret": os.environ["LATCHKEY_SECRET"]},
{%- else %}
        data={"scope": "{{ guide.user_scope() }}"},
        **CREDENTIALS,
{%- endif %}
    )
    answer.raise_for_status()
    return answer.json()


def poll_device(begun):
    """Asks once whether the user has answered."""
    session = OAuth2Session(client=DeviceClient(CLIENT_ID))
    return session.fetch_token(TOKEN_URL, device_code=begun["device_code"], **CREDENTIALS)
{%- let refused = "OAuth2Error" %}


{% include "python-device.py" %}
{%- endif %}
{%- if guide.refresh %}


def refresh(tokens):
    session = OAuth2Session(CLIENT_ID, token=tokens)
{%- if guide.is_post() %}
    return session.refresh_token(TOKEN_URL, client_id=CLIENT_ID, client_secret=os.environ["LATCHKEY_SECRET"])
{%- else %}
    return session.refresh_token(TOKEN_URL, **CREDENTIALS)
{%- endif %}
{%- endif %}
