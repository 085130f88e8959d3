"""How a library's script talks to tests/python/stock.py, which is a browser and an operator to it: a line out, a line in."""

import os

url, client_id, secret, redirect, method = (
    os.environ[name] for name in ("LATCHKEY_URL", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI", "METHOD")
)
scope = ["WMS_NCIP", "refresh_token"]
token_url, authorize_url = f"{url}/oauth2/accessToken", f"{url}/oauth2/authorizeCode"


def ok(step):
    print(f"ok {step}", flush=True)


def visit(address):
    """Sends a user to an address; returns where the pages send the browser."""
    print(f"visit {address}", flush=True)
    return input()


def disable():
    """Has the operator disable the client."""
    print("disable", flush=True)
    input()


def refused(step, attempt, fits):
    """Fails unless `attempt` fails because the client is not authenticated."""
    try:
        attempt()
    except Exception as error:
        if not fits(error):
            raise
        return ok(step)
    raise AssertionError(f"{step}: it succeeded")
