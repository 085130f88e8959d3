"""Runs OAuth clients that others wrote, unmodified, by what `latchkey client guide` prints for each, against a running local
server. Prints a table of client and step, and fails where it is not the one that docs/libraries.md has.

    LATCHKEY_URL=… LATCHKEY_LOCAL=… LATCHKEY_STATE=… LATCHKEY_DYNAMODB_PORT=… \
        python3 stock.py PATH_OF_LATCHKEY PYTHON_WITH_THE_LIBRARIES PYTHON_WITH_AN_OLD_AUTHLIB PYTHON_WITH_JOSERFC [--write]

A driver of each language takes the guide through its steps. It says which it did (`ok STEP`), has a user sent to an address
(`visit URL`) or allow a device a moment later (`allow URI CODE`), and has an operator disable the client (`disable`). The clients
have ids, names and redirect URIs that a language reads in its own way unless the guide quotes them.
"""

import concurrent.futures
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from pages import Browser, allow_device, consent

latchkey, python, before, with_joserfc, *options = sys.argv[1:]
root = pathlib.Path(__file__).resolve().parents[2]
page = root / "docs" / "libraries.md"
BEGIN, END = "<!-- tests/run stock writes this table -->\n", "<!-- end -->\n"

STEPS = (
    "discovery", "client credentials", "code with PKCE", "pushed request", "device grant", "refresh twice", "introspection", "revocation",
    "wrong secret", "disabled client",
)
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
BASIC, POST, NONE, WSKEY = "client_secret_basic", "client_secret_post", "none", "wskey"
SECRET_JWT, KEY_JWT = "client_secret_jwt", "private_key_jwt"
NODE, PYTHON = root / "tests" / "node" / "stock", root / "tests" / "python" / "stock"

# How what is printed for a library of each language is run, and the end of its name.
LANGUAGES = {
    "node": ("mjs", ["node", NODE / "drive.mjs", "guide.mjs"]),
    "python": ("py", [python, PYTHON / "drive.py", "guide.py"]),
    "before": ("py", [before, PYTHON / "drive.py", "guide.py"]),
    # Of one folder, as it wants them.
    "go": ("go", ["go", "run", "guide.go", "drive.go"]),
    "ruby": ("rb", ["ruby", PYTHON / "drive.rb", "./guide.rb"]),
    "perl": ("pl", ["perl", PYTHON / "drive.pl", "./guide.pl"]),
    "apache": ("conf", ["bash", PYTHON / "drive_apache.sh", "guide.conf"]),
    "curl": ("sh", ["bash", PYTHON / "drive.sh", "./guide.sh"]),
}

# Each client: its name, that of its guide, its language and its methods.
CLIENTS = tuple(
    (name, guide, language, method)
    for name, guide, language, methods in (
        ("openid-client", "openid-client", "node", (POST, BASIC, SECRET_JWT, KEY_JWT, NONE)),
        ("oauth4webapi", "oauth4webapi", "node", (BASIC, POST, SECRET_JWT, KEY_JWT, NONE)),
        ("simple-oauth2", "simple-oauth2", "node", (BASIC, POST)),
        ("passport-oauth2", "passport-oauth2", "node", (POST,)),
        ("@badgateway/oauth2-client", "badgateway-oauth2-client", "node", (BASIC, POST, NONE)),
        ("client-oauth2", "client-oauth2", "node", (BASIC,)),
        ("oclc-wskey", "oclc-wskey", "node", (WSKEY,)),
        ("requests-oauthlib", "requests-oauthlib", "python", (BASIC, POST)),
        ("Authlib", "authlib", "python", (BASIC, POST, SECRET_JWT, KEY_JWT, NONE)),
        ("httpx-oauth", "httpx-oauth", "python", (BASIC, POST)),
        ("bookops-worldcat", "bookops-worldcat", "python", (BASIC,)),
        ("Authlib 1.6.5", "authlib", "before", (BASIC, SECRET_JWT, KEY_JWT)),
        ("Go x/oauth2", "go-oauth2", "go", (BASIC, POST)),
        ("Ruby oauth2", "ruby-oauth2", "ruby", (POST, BASIC)),
        ("Perl Net::OAuth2", "perl-net-oauth2", "perl", (BASIC, POST)),
        ("mod_oauth2 (Apache)", "mod-oauth2", "apache", (BASIC,)),
        ("curl", "curl", "curl", (BASIC, POST, NONE)),
    )
    for method in methods
)

# The keys of tests/jose that a client signs assertions with, each in a run of its own.
KEYS = {
    "openid-client": ("p256",),
    "oauth4webapi": ("ed25519",),
    "Authlib": ("rsa", "p256", "ed25519"),
    "Authlib 1.6.5": ("rsa",),
}
# How openssl makes another key of the kind.
KINDS = {
    "p256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["ED25519"],
    "rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}
JOSE = root / "tests" / "jose"

# What one language or another replaces, escapes or ends a text at.
HOSTILE = "it's\\n${HOME}$(id)`id`#{1}@x%y</script>"
REDIRECT = "http://127.0.0.1/it's$(id)$HOME"

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


def run_latchkey(*arguments):
    done = subprocess.run([latchkey, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def command(*arguments):
    return json.loads(run_latchkey(*arguments, "--json"))


def pinned():
    """The version of each client."""
    package = json.loads((root / "tests" / "node" / "package.json").read_text())
    lines = (PYTHON / "requirements.txt").read_text().split()
    return package["dependencies"] | package["devDependencies"] | dict(line.split("==") for line in lines)


def keys(folder, name):
    """The file of a client's public key, and what names its private key and one that is not registered."""
    kind = KINDS[name]
    public, another = folder / "public.json", folder / "another.pem"
    of_set = json.loads((JOSE / "public.json").read_text())["keys"]
    public.write_text(json.dumps(next(key for key in of_set if key["kid"] == name)))
    subprocess.run(["openssl", "genpkey", "-algorithm", *kind, "-out", another], check=True, capture_output=True)
    return public, {"PRIVATE_KEY_FILE": str(JOSE / f"{name}-of-tests.pem"), "ANOTHER_KEY_FILE": str(another)}


def register(method, grant_types, institutions, introspects, more=()):
    options = [word for grant_type in grant_types for word in ("--grant-type", grant_type)]
    options += [word for institution in institutions for word in ("--institution", institution)]
    options += ["--introspects", "WMS_NCIP"] if introspects else []
    return command(
        "client", "create", "--client-id", f"{HOSTILE}{secrets.token_hex(8)}", "--name", f'A "library", {HOSTILE} \\',
        "--auth-method", method, "--scope", "WMS_NCIP", "--redirect-uri", REDIRECT, *options, *more,
    )


def guided(folder, client, guide, language, *options):
    """Writes what `client guide` prints into a folder where its language finds the library."""
    end, words = LANGUAGES[language]
    (folder / f"guide.{end}").write_text(run_latchkey("client", "guide", client["client_id"], "--for", guide, *options))
    if language == "node":
        (folder / "node_modules").symlink_to(root / "tests" / "node" / "node_modules")
    if language == "go":
        shutil.copy(PYTHON / "drive.go", folder)
    return words


ENVIRONMENT = {
    **os.environ,
    "PYTHONWARNINGS": "ignore",
    # Go's as Debian packages it.
    "GO111MODULE": "off",
    "GOPATH": "/usr/share/gocode",
    "GOFLAGS": "",
}


users = concurrent.futures.ThreadPoolExecutor()


def allow_later(uri, code):
    """Allows after a device has asked twice."""
    time.sleep(3)
    allow_device(Browser(), uri, code)


def run(name, guide, language, method, key):
    """The steps that a client did, with this key if its method needs one."""
    grant_types = ("authorization_code",) if method == NONE else ("authorization_code", "client_credentials", "refresh_token", DEVICE)
    # A client of two institutions has to name one of them for its own tokens.
    names_one = method == POST and guide not in ("passport-oauth2", "httpx-oauth", "perl-net-oauth2")
    folder = pathlib.Path(tempfile.mkdtemp())
    more, files = [], {"PRIVATE_KEY_FILE": "", "ANOTHER_KEY_FILE": ""}
    if method == KEY_JWT:
        public, files = keys(folder, key)
        more += ["--jwks", str(public)]
    if method in (SECRET_JWT, KEY_JWT) and guide == "authlib":
        # Its assertions live an hour.
        more += ["--assertion-seconds", "3600"]
    client = register(method, grant_types, ("128807", "91475") if names_one else ("128807",), method != NONE, more)
    words = guided(folder, client, guide, language, *(["--institution", "128807"] if names_one else []))
    environment = {**ENVIRONMENT, **files, "CLIENT_ID": client["client_id"], "LATCHKEY_SECRET": client.get("secret", "")}
    # Whether a device loses answers; else it asks too often. openid-client has a loop of its own.
    environment["AWAY"] = "1" if method == BASIC and guide != "openid-client" else ""
    # Not a pipe, which a client that says much would fill and wait for.
    errors = tempfile.TemporaryFile("w+")
    words = ["timeout", "300", *(str(word) for word in words)]
    running = subprocess.Popen(
        words, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
    )
    steps, allowed = [], []
    for line in running.stdout:
        what, _, rest = line.rstrip("\n").partition(" ")
        if what == "ok":
            steps.append(rest)
        elif what == "visit":
            running.stdin.write(consent(Browser(), rest) + "\n")
            running.stdin.flush()
        elif what == "allow":
            allowed.append(users.submit(allow_later, *rest.split(" ")))
            running.stdin.write("begun\n")
            running.stdin.flush()
        elif what == "disable":
            command("client", "disable", client["client_id"])
            running.stdin.write("done\n")
            running.stdin.flush()
    status = running.wait()
    for user in allowed:
        user.result()
    errors.seek(0)
    assert status == 0, f"{name} by {method}, after {steps}:\n{errors.read()}"
    assert set(steps) <= set(STEPS) and "disabled client" in steps, steps
    shutil.rmtree(folder)
    return steps


# What reads a guide without running it. Apache's are read whole by its driver, and by no other registration than that.
READERS = {
    "node": ["node", "--check", "guide.mjs"],
    "python": [python, "-m", "py_compile", "guide.py"],
    "go": ["go", "vet", "guide.go", "main.go"],
    "ruby": ["ruby", "-c", "guide.rb"],
    "perl": ["perl", "-c", "guide.pl"],
    "curl": ["bash", "-n", "guide.sh"],
}


def read_all(languages):
    """Has each language read the guides for the registrations that no client above has, at a deployment with https."""
    read = 0
    for method, grant_types, introspects in (
        (BASIC, ("client_credentials",), False),
        (BASIC, (DEVICE, "refresh_token"), False),
        (POST, (DEVICE,), False),
        (POST, ("authorization_code",), True),
        (NONE, ("authorization_code",), False),
        (WSKEY, ("client_credentials",), True),
        (BASIC, (), True),
        (WSKEY, (), True),
    ):
        client = register(method, grant_types, ("128807",), introspects)
        for row in command("client", "guide", client["client_id"]):
            language = languages.get(row["library"])
            if row["auth_method"] is None or language not in READERS:
                continue
            folder = pathlib.Path(tempfile.mkdtemp())
            guided(folder, client, row["library"], language, "--url", "https://auth.example")
            (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
            done = subprocess.run(
                [str(word) for word in READERS[language]], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{row['library']} for {method} {grant_types}:\n{done.stdout}{done.stderr}"
            shutil.rmtree(folder)
            read += 1
    return read


def table(rows):
    lines = [f"| client | method | {' | '.join(STEPS)} |", f"|---|---|{'---|' * len(STEPS)}"]
    return "".join(f"{line}\n" for line in lines + rows)


def assertions(name, words):
    """Assertions that a library for JWTs makes, good and bad: what the service says to each is what its script expects."""
    client = command(
        "client", "create", "--name", name, "--auth-method", SECRET_JWT, "--auth-method", KEY_JWT, "--jwks", str(JOSE / "public.json"),
        "--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--institution", "128807",
    )
    environment = {**os.environ, "CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["secret"]}
    done = subprocess.run(["timeout", "300", *map(str, words)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{name}:\n{done.stdout}{done.stderr}"
    good, bad = 0, 0
    for line in done.stdout.splitlines():
        case = json.loads(line)
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "scope": "WMS_NCIP", "client_assertion": case["assertion"],
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        })
        try:
            with urllib.request.urlopen(f"{os.environ['LATCHKEY_URL']}/token", form.encode()) as answer:
                told = "accepted" if "access_token" in json.load(answer) else "?"
        except urllib.error.HTTPError as error:
            told = json.load(error)["error_description"]
        assert case["told"] in told, f"{name}: {case['what']}: {told}"
        good, bad = good + (told == "accepted"), bad + (told != "accepted")
    assert good > 5 and bad > 12, (good, bad)
    print(f"assertions by {name}: {good} accepted, {bad} refused, each as it must be")


versions, rows, left_out, languages = pinned(), [], [], {}
for name, words in (("jose", ["node", NODE / "jose.mjs"]), ("joserfc", [with_joserfc, PYTHON / "joserfc_.py"])):
    if has(name, str(words[0])):
        assertions(name, words)
    else:
        assert not os.environ.get("CI"), f"CI leaves nothing out: install {words[0]}"
        print(f"LEFT OUT: assertions by {name}: no {words[0]} here")
for name, guide, language, method in CLIENTS:
    tool = str(LANGUAGES[language][1][0])
    if not has(name, tool):
        assert not os.environ.get("CI"), f"CI leaves nothing out: install {name}"
        print(f"LEFT OUT: {name}: it is not here, or {tool} is not")
        left_out.append(name)
        continue
    languages[guide] = language if language != "before" else "python"
    steps, *others = [run(name, guide, language, method, key) for key in (KEYS[name] if method == KEY_JWT else (None,))]
    assert all(other == steps for other in others), f"{name} does not do the same with each key: {steps} {others}"
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
print(f"stock clients: as the page says; guides read beside those that ran: {read_all(languages)}")
