"""Runs each example as its reader does, against a running server, and says which ones the machine lacks the language for.

    LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… LATCHKEY_LOCAL=… LATCHKEY_STATE=… LATCHKEY_DYNAMODB_PORT=… \
        python3 examples.py PATH_OF_LATCHKEY
"""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

from pages import Browser, consent

latchkey = sys.argv[1]
examples = pathlib.Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(examples / "python"))
from wskey import Client, Refused  # noqa: E402

CLIENTS = {
    "python/client.py": ("python3",), "client.mjs": ("node",), "client.php": ("php",), "client.sh": ("bash", "openssl", "curl"),
}


def command(*arguments):
    done = subprocess.run([latchkey, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def clients():
    for name, tools in CLIENTS.items():
        missing = [tool for tool in tools if shutil.which(tool) is None]
        if missing:
            assert not os.environ.get("CI"), f"CI leaves nothing out: install {missing}"
            print(f"LEFT OUT: examples/{name}: no {' and no '.join(missing)} here")
            continue
        run = [sys.executable if tools[0] == "python3" else tools[0], str(examples / name)]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60)
        said = [line.split(",")[0] for line in done.stdout.splitlines()]
        assert done.returncode == 0 and said == ["access token", "refreshed", "revoked"], f"{name}: {done.stdout}{done.stderr}"
        wrong = subprocess.run(run, capture_output=True, text=True, timeout=60, env={**os.environ, "LATCHKEY_SECRET": "wrong"})
        told = wrong.stdout + wrong.stderr
        assert wrong.returncode != 0 and "invalid_client" in told and "latchkey explain" in told, f"{name}: {told}"


def signer():
    """The signer covers a query, in the order that the server sorts it: `a` before `a1`, though `=` sorts after `1`."""
    url, client_id, secret = (os.environ[f"LATCHKEY_{name}"] for name in ("URL", "CLIENT_ID", "SECRET"))
    client = Client(url, client_id, secret)
    client.post("/oauth2/introspect?token=x&a1=%C3%A4+%2B&a=&a=%7E%2F*&A=1")
    client.post("/oauth2/introspect?a-=1&a=2", token="x")
    try:
        Client(url, client_id, "wrong").post("/oauth2/introspect", token="x")
    except Refused as refused:
        assert "invalid_client" in str(refused)
    else:
        raise AssertionError("a wrong secret signs nothing")


@contextlib.contextmanager
def running(name, **more):
    """A server of an example, on a free port; yields where it listens."""
    child = subprocess.Popen(
        [sys.executable, str(examples / "python" / name)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PORT": "0", **more}
    )
    try:
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait()


def get(url, **headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def api():
    own = command("client", "create", "--json", "--name", "Loans API", "--introspects", "WMS_NCIP")
    key = {"LATCHKEY_CLIENT_ID": own["client_id"], "LATCHKEY_SECRET": own["secret"]}

    def token(scope, *user):
        return command("token", "get", "--json", "--scope", scope, "--institution", "128807", *user)["access_token"]

    with running("api.py", **key) as url:
        good = token("WMS_NCIP")
        status, _, body = get(url, Authorization=f"Bearer {good}")
        assert status == 200 and json.loads(body) == {"loans": [], "institution": "128807", "subject": "demo"}, body
        for namespace in ("urn:latchkey:128807", "urn:latchkey:91475"):
            alices = token("WMS_NCIP", "--principal-id", "alice", "--principal-idns", namespace)
            _, _, body = get(url, Authorization=f"Bearer {alices}")
            assert json.loads(body)["subject"] == f"urn:latchkey:user:{namespace}/alice", body
        for wrong, expected in ((None, 401), ("Basic eA==", 401), ("Bearer tk_x", 401), (f"Bearer {token('WMS_ACQ')}", 401)):
            status, headers, _ = get(url, **({"Authorization": wrong} if wrong else {}))
            assert status == expected and headers["WWW-Authenticate"].startswith("Bearer"), (wrong, status)
        command("token", "revoke", "--json", good)
        assert get(url, Authorization=f"Bearer {good}")[0] == 401, "a revoked token opens nothing"
    with running("api.py", **key, LATCHKEY_URL="http://127.0.0.1:9") as url:
        assert get(url, Authorization=f"Bearer {good}")[0] == 503, "no answer is no refusal"
    for status, body in ((429, b'{"message":"Too Many Requests"}'), (502, b"<h1>Bad Gateway</h1>"), (200, b"<h1>Sign in</h1>")):
        with in_its_place(status, body) as place, running("api.py", **key, LATCHKEY_URL=place) as url:
            assert get(url, Authorization=f"Bearer {good}")[0] == 503, f"{body} is no answer of the service"
    # A client and an API in one: its own refresh token is active, and is no access token.
    own = command("token", "get", "--json", "--scope", "WMS_NCIP refresh_token", "--institution", "128807")
    with running("api.py") as url:
        assert get(url, Authorization=f"Bearer {own['access_token']}")[0] == 200
        status, headers, _ = get(url, Authorization=f"Bearer {own['refresh_token']}")
        assert status == 401 and "invalid_token" in headers["WWW-Authenticate"], status


@contextlib.contextmanager
def in_its_place(status, body):
    """What answers every request in the service's place, as a gateway or a proxy does; yields its URL."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def web_application():
    with running("web_application.py") as home:
        browser = Browser()
        assert "Sign in" in browser.ask(home)[2]
        _, location, _ = browser.ask(f"{home}sign-in")
        back = consent(browser, location)
        # Another browser that is given the address is not signed in: it did not begin this.
        assert Browser().ask(back)[0] == 403
        status, location, page = browser.ask(back)
        assert (status, location) == (303, home), page
        page = browser.ask(home)[2]
        assert "User demo-user of urn:latchkey:128807, library 128807" in page, page
        assert browser.ask(back)[0] == 403, "the code was redeemed"
        other = back.replace(urlencode({"iss": os.environ["LATCHKEY_URL"]}), urlencode({"iss": "http://127.0.0.1:9"}))
        assert other != back and browser.ask(other)[0] == 403
        # A link or a picture of another site signs no user out.
        assert browser.ask(f"{home}sign-out")[0] == 404 and "Sign out" in browser.ask(home)[2]
        browser.ask(f"{home}sign-out", {})
        assert "Sign in" in browser.ask(home)[2]
        status, location, _ = browser.ask(f"{home}sign-in")
        state = dict(parse_qsl(urlsplit(location).query))["state"]
        denied = urlencode({"state": state, "iss": os.environ["LATCHKEY_URL"], "error": "access_denied", "error_description": "<No>"})
        status, _, page = browser.ask(f"{home}callback?{denied}")
        assert status == 403 and "access_denied: &lt;No&gt;" in page, page
        assert browser.ask(f"{home}other")[0] == 404


for part in (clients, signer, api, web_application):
    part()
    print(f"examples: {part.__name__.replace('_', ' ')}: ok")
