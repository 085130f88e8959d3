"""requests-oauthlib: by tests/python/stock.py"""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidClientError
from requests_oauthlib import OAuth2Session
from talk import authorize_url, client_id, disable, method, ok, redirect, refused, scope, secret, token_url, visit


by_form = method == "client_secret_post"
where = {"include_client_id": True} if by_form else {"client_id": client_id}


def own(secret):
    session = OAuth2Session(client=BackendApplicationClient(client_id, scope=["WMS_NCIP"]))
    return session.fetch_token(token_url, client_secret=secret, **where)


assert own(secret)["expires_in"] == 1199
ok("client credentials")
session = OAuth2Session(client_id, redirect_uri=redirect, scope=scope, pkce="S256")
address, _ = session.authorization_url(authorize_url)
session.fetch_token(token_url, authorization_response=visit(address), client_secret=secret, **where)
ok("code with PKCE")
credentials = {"client_id": client_id, "client_secret": secret} if by_form else {"auth": (client_id, secret)}
first = session.refresh_token(token_url, **credentials)
second = session.refresh_token(token_url, **credentials)
assert first["access_token"] != second["access_token"] and second["refresh_token"]
ok("refresh twice")
wrong = lambda error: isinstance(error, InvalidClientError) and error.status_code == 401  # noqa: E731
refused("wrong secret", lambda: own("another secret"), wrong)
disable()
refused("disabled client", lambda: own(secret), wrong)
