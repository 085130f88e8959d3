"""bookops-worldcat: by tests/python/stock.py. OCLC's address stands in its code, so the transport leads it here."""

import requests
from bookops_worldcat import WorldcatAccessToken
from bookops_worldcat.errors import WorldcatAuthorizationError
from requests.adapters import HTTPAdapter
from talk import client_id, disable, ok, refused, secret, url

send = HTTPAdapter.send


def here(adapter, request, **more):
    request.url = request.url.replace("https://oauth.oclc.org", url)
    return send(adapter, request, **more)


HTTPAdapter.send = here


def own(secret):
    return WorldcatAccessToken(key=client_id, secret=secret, scopes="WMS_NCIP context:128807")


token = own(secret)
assert token.token_str.startswith("tk_") and not token.is_expired()
ok("client credentials")
wrong = lambda error: isinstance(error, WorldcatAuthorizationError) and "invalid_client" in str(error)  # noqa: E731
refused("wrong secret", lambda: own("another secret"), wrong)
disable()
refused("disabled client", lambda: own(secret), wrong)
