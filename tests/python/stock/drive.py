"""Takes what `latchkey client guide` printed for a library of Python's through every step that it has: python3 drive.py GUIDE, by
tests/python/stock.py, which is a browser and an operator to it: a line out, a line in.
"""

import asyncio
import inspect
import os
import pathlib
import runpy
import sys

file = pathlib.Path(sys.argv[1])
secret, key, another = (os.environ[name] for name in ("LATCHKEY_SECRET", "PRIVATE_KEY_FILE", "ANOTHER_KEY_FILE"))


def ask(line):
    print(line, flush=True)
    return input()


def ok(step):
    print(f"ok {step}", flush=True)


def configured(secret, key):
    """The guide's functions, for a client with this secret or with the key of this file."""
    os.environ.update(LATCHKEY_SECRET=secret, PRIVATE_KEY_FILE=key)
    return runpy.run_path(str(file))


def call(function, *arguments):
    answer = function(*arguments)
    return asyncio.run(answer) if inspect.isawaitable(answer) else answer


def access(tokens):
    return tokens.token_str if hasattr(tokens, "token_str") else tokens["access_token"]


def is_away():
    """From now on the first answer is lost, and the second a gateway's."""
    import requests

    send, sent = requests.Session.send, []

    def instead(session, request, **options):
        sent.append(request)
        if len(sent) == 1:
            raise requests.ConnectionError("lost")
        if len(sent) > 2:
            return send(session, request, **options)
        busy = requests.Response()
        busy.status_code, busy.request, busy._content = 429, request, b'{"message":"Too Many Requests"}'
        return busy

    requests.Session.send = instead


def refused(attempt, status, code):
    """Fails unless `attempt` fails with this status, or with this error."""
    try:
        attempt()
    except Exception as error:
        response = getattr(error, "response", None)
        if code in str(error) or code == getattr(error, "error", None) or getattr(response, "status_code", None) == status:
            return
        raise
    raise AssertionError("it succeeded")


guide = configured(secret, key)
# The text says where to look, and has no address of an endpoint.
discovers = "/.well-known/" in file.read_text() and "/oauth2/" not in file.read_text()
tokens = None
if "own" in guide:
    assert access(call(guide["own"])).startswith("tk_")
    ok("client credentials")
if "begin" in guide:
    address, kept = call(guide["begin"])
    tokens = call(guide["end"], ask(f"visit {address}"), kept)
    assert access(tokens).startswith("tk_")
    # Of the libraries whose tokens can tell.
    assert not getattr(tokens, "is_expired", bool)()
    ok("code with PKCE")
if "begin_device" in guide:
    begun = call(guide["begin_device"])
    ask(f"allow {begun['verification_uri']} {begun['user_code']}")
    if os.environ["AWAY"]:
        is_away()
    # So it asks before the user has answered, and too often.
    assert access(call(guide["end_device"], {**begun, "interval": 1})).startswith("tk_")
    ok("device grant")
if discovers:
    ok("discovery")
if "refresh" in guide:
    first = call(guide["refresh"], tokens)
    second = call(guide["refresh"], first)
    assert len({access(one) for one in (tokens, first, second)}) == 3
    ok("refresh twice")
    tokens = second
if "is_active" in guide:
    assert call(guide["is_active"], access(tokens)) is True
    ok("introspection")
if "revoke" in guide:
    call(guide["revoke"], tokens)
    if "is_active" in guide:
        assert call(guide["is_active"], access(tokens)) is False
    elif "refresh" in guide:
        refused(lambda: call(guide["refresh"], tokens), 400, "invalid_grant")
    ok("revocation")


def attempt(guide):
    """What a client without the right secret tries."""
    if "own" in guide:
        return call(guide["own"])
    return call(guide["refresh"], tokens) if "refresh" in guide else call(guide["revoke"], tokens)


if secret or key:
    wrong = configured("another secret than its own, and long enough", another)
    refused(lambda: attempt(wrong), 401, "invalid_client")
    ok("wrong secret")
    guide = configured(secret, key)
ask("disable")
refused(lambda: attempt(guide), 401, "invalid_client")
ok("disabled client")
