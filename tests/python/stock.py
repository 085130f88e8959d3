"""Runs OAuth clients that others wrote, unmodified, by configuration only, against a running local server. Prints a table of client
and step, and fails where it is not the one that docs/libraries.md has.

    LATCHKEY_URL=… LATCHKEY_LOCAL=… LATCHKEY_STATE=… LATCHKEY_DYNAMODB_PORT=… \
        python3 stock.py PATH_OF_LATCHKEY PYTHON_WITH_THE_LIBRARIES PYTHON_WITH_AN_OLD_AUTHLIB [--write]

Each client is a script that says which steps it did (`ok STEP`), has a user sent to an address (`visit URL`), and has an operator
disable the client (`disable`).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from pages import Browser, consent

latchkey, python, before, *options = sys.argv[1:]
root = pathlib.Path(__file__).resolve().parents[2]
page = root / "docs" / "libraries.md"
BEGIN, END = "<!-- tests/run stock writes this table -->\n", "<!-- end -->\n"

STEPS = (
    "discovery", "client credentials", "code with PKCE", "refresh twice", "introspection", "revocation", "wrong secret",
    "disabled client",
)
BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"
NODE, PYTHON = root / "tests" / "node" / "stock", root / "tests" / "python" / "stock"

# Each client: its name, its method, and how it is run.
CLIENTS = (
    ("openid-client", POST, ["node", NODE / "openid-client.mjs"]),
    ("openid-client", BASIC, ["node", NODE / "openid-client.mjs"]),
    ("oauth4webapi", BASIC, ["node", NODE / "oauth4webapi.mjs"]),
    ("oauth4webapi", NONE, ["node", NODE / "oauth4webapi.mjs"]),
    ("simple-oauth2", BASIC, ["node", NODE / "simple-oauth2.mjs"]),
    ("simple-oauth2", POST, ["node", NODE / "simple-oauth2.mjs"]),
    ("passport-oauth2", POST, ["node", NODE / "passport-oauth2.mjs"]),
    ("@badgateway/oauth2-client", BASIC, ["node", NODE / "badgateway.mjs"]),
    ("client-oauth2", BASIC, ["node", NODE / "client-oauth2.mjs"]),
    ("requests-oauthlib", BASIC, [python, PYTHON / "requests_oauthlib_.py"]),
    ("requests-oauthlib", POST, [python, PYTHON / "requests_oauthlib_.py"]),
    ("Authlib", BASIC, [python, PYTHON / "authlib_.py"]),
    ("Authlib", POST, [python, PYTHON / "authlib_.py"]),
    ("httpx-oauth", BASIC, [python, PYTHON / "httpx_oauth_.py"]),
    ("bookops-worldcat", BASIC, [python, PYTHON / "bookops.py"]),
    ("Authlib 1.6.5", BASIC, [before, PYTHON / "authlib_.py"]),
    ("Go x/oauth2", BASIC, ["go", "run", PYTHON / "xoauth2.go"]),
    ("Ruby oauth2", POST, ["ruby", PYTHON / "oauth2.rb"]),
    ("Ruby oauth2", BASIC, ["ruby", PYTHON / "oauth2.rb"]),
    ("Perl Net::OAuth2", BASIC, ["perl", PYTHON / "net_oauth2.pl"]),
    ("mod_oauth2 (Apache)", BASIC, ["bash", PYTHON / "mod_oauth2.sh"]),
    ("curl", BASIC, ["bash", PYTHON / "curl.sh"]),
)

# What tells whether the machine has a library of Debian's.
LIBRARIES = {
    "Perl Net::OAuth2": ["perl", "-MNet::OAuth2", "-e1"],
    "Ruby oauth2": ["ruby", "-roauth2", "-e1"],
    "Go x/oauth2": ["test", "-d", "/usr/share/gocode/src/golang.org/x/oauth2"],
    "mod_oauth2 (Apache)": ["test", "-e", "/usr/lib/apache2/modules/mod_oauth2.so"],
    "curl": ["curl", "--version"],
}


def has(name, tool):
    if shutil.which(tool) is None:
        return False
    return name not in LIBRARIES or (
        shutil.which(LIBRARIES[name][0]) is not None and subprocess.run(LIBRARIES[name], capture_output=True).returncode == 0
    )


def command(*arguments):
    done = subprocess.run([latchkey, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return json.loads(done.stdout)


def pinned():
    """The version of each client."""
    node = json.loads((root / "tests" / "node" / "package.json").read_text())["devDependencies"]
    lines = (PYTHON / "requirements.txt").read_text().split()
    return node | dict(line.split("==") for line in lines)


def register(method):
    grant_types = ("authorization_code",) if method == NONE else ("authorization_code", "client_credentials", "refresh_token")
    options = [word for grant_type in grant_types for word in ("--grant-type", grant_type)]
    if method != NONE:
        options += ["--introspects", "WMS_NCIP"]
    return command(
        "client", "create", "--name", "A library", "--auth-method", method, "--scope", "WMS_NCIP", "--institution", "128807",
        "--redirect-uri", "http://127.0.0.1/callback", "--json", *options,
    )


def run(name, method, words):
    """The steps that a client did."""
    client = register(method)
    environment = {
        **os.environ,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client.get("secret", ""),
        # bash's script leaves it out, so there is no port to name.
        "REDIRECT_URI": "http://127.0.0.1/callback",
        "METHOD": method,
        "PYTHONWARNINGS": "ignore",
        # Go's as Debian packages it.
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOFLAGS": "",
    }
    # Not a pipe, which a client that says much would fill and wait for.
    errors = tempfile.TemporaryFile("w+")
    words = ["timeout", "300", *(str(word) for word in words)]
    running = subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
    steps = []
    for line in running.stdout:
        what, _, rest = line.rstrip("\n").partition(" ")
        if what == "ok":
            steps.append(rest)
        elif what == "visit":
            running.stdin.write(consent(Browser(), rest) + "\n")
            running.stdin.flush()
        elif what == "disable":
            command("client", "disable", client["client_id"], "--json")
            running.stdin.write("done\n")
            running.stdin.flush()
    status = running.wait()
    errors.seek(0)
    assert status == 0, f"{name} by {method}, after {steps}:\n{errors.read()}"
    assert set(steps) <= set(STEPS) and "disabled client" in steps, steps
    return steps


def table(rows):
    lines = [f"| client | method | {' | '.join(STEPS)} |", f"|---|---|{'---|' * len(STEPS)}"]
    return "".join(f"{line}\n" for line in lines + rows)


versions, rows, left_out = pinned(), [], []
for name, method, words in CLIENTS:
    if not has(name, str(words[0])):
        assert not os.environ.get("CI"), f"CI leaves nothing out: install {name}"
        print(f"LEFT OUT: {name}: it is not here, or {words[0]} is not")
        left_out.append(name)
        continue
    steps = run(name, method, words)
    marks = " | ".join("yes" if step in steps else "" for step in STEPS)
    rows.append(f"| {f'{name} {versions.get(name, str())}'.strip()} | `{method}` | {marks} |")
print(table(rows))
text = page.read_text()
beginning, rest = text.split(BEGIN)
held, after = rest.split(END)
if "--write" in options and not left_out:
    page.write_text(beginning + BEGIN + "\n" + table(rows) + "\n" + END + after)
    held = "\n" + table(rows) + "\n"
missing = [row for row in rows if row not in held]
assert left_out or held.strip() == table(rows).strip() or missing, f"{page.relative_to(root)} has rows that did not run; run tests/run stock with WRITE=1"
assert not missing, f"{page.relative_to(root)} does not have what ran; run tests/run stock with WRITE=1: {missing}"
print("stock clients: as the page says")
