"""Follows README.md as a newcomer does who has pasted the line that the local server printed, and checks that every command
that a document shows exists:

    export LATCHKEY_CLIENT_ID=… …
    python3 walks.py PATH_OF_LATCHKEY
"""

import functools
import http.client
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
latchkey = pathlib.Path(sys.argv[1]).resolve()
environment = {**os.environ, "PATH": f"{latchkey.parent}:{os.environ['PATH']}", "NO_PROXY": "127.0.0.1"}
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "examples").symlink_to(root / "examples")


def blocks(text):
    """The indented lines between paragraphs, a block each; a line that ends in a backslash goes on."""
    found = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    return [re.sub(r"^    (?:\$ )?", "", block, flags=re.MULTILINE).replace("\\\n", "") for block in found]


def section(beginning):
    """The block below the paragraph that begins so."""
    text = (root / "README.md").read_text()
    assert beginning in text, f"README.md has no paragraph {beginning}"
    return blocks(text.split(beginning)[1])[0]


def run(line, **more):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line], cwd=folder, env={**environment, **more}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def a_client_developer():
    example, sign = section("**You write a client.**").splitlines()
    assert "revoked" in run(example)
    command = run(sign)
    assert json.loads(run(command)) == {"active": False}, command
    get, refresh = section("## A worked exchange"), blocks((root / "README.md").read_text())
    get = get.splitlines()[0]
    tokens = json.loads(run(get))
    shown = json.loads(section("## A worked exchange").split("\n", 1)[1].rsplit("latchkey token refresh", 1)[0])
    assert list(tokens) == list(shown), "the README shows the members that there are"
    refresh = next(line for block in refresh for line in block.splitlines() if line.startswith("latchkey token refresh"))
    refreshed = json.loads(run(refresh.replace(shown["refresh_token"], tokens["refresh_token"])))
    assert list(refreshed) == list(shown)[:-3]


def an_operator():
    """Has thirty libraries and two hundred users."""
    libraries = ["institution,name", *(f"{7000 + n},Library {n}" for n in range(30))]
    users = ["institution,username,password", *(f"{7000 + n % 30},user{n},moss under the pier {n}" for n in range(200))]
    for name, lines in (("libraries", libraries), ("users", users)):
        (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines))
    listed = run(section("**You operate.**"))
    assert "Reading lists" in listed, listed
    institutions = json.loads(run("latchkey institution list --json"))
    assert {f"{7000 + n}" for n in range(30)} <= {each["institution_id"] for each in institutions}, institutions
    found = {each["username"] for n in range(30) for each in json.loads(run(f"latchkey user list --institution {7000 + n} --json"))}
    assert found == {f"user{n}" for n in range(200)}, found


def an_api_owner():
    create, start, ask = section("**You own an API.**").splitlines()
    own = json.loads(run(f"{create} --json"))
    start = start.replace("=ID", f"={own['client_id']}").replace("=SECRET", f"={shlex.quote(own['secret'])}")
    api = subprocess.Popen(
        ["bash", "-c", f"exec env {start}"], cwd=folder, env={**environment, "PORT": "0"}, stdout=subprocess.PIPE, text=True
    )
    try:
        url = api.stdout.readline().strip()
        token = json.loads(run("latchkey token get --json --scope WMS_NCIP --institution 128807"))["access_token"]
        ask = ask.replace("http://127.0.0.1:8060/loans", url).replace("curl -i", "curl -sS -i")
        assert " 200 " in run(ask.replace("tk_…", token)).splitlines()[0]
        assert " 401 " in run(ask).splitlines()[0]
    finally:
        api.terminate()
        api.wait()


@functools.cache
def help_of(*words):
    done = subprocess.run([latchkey, *words, "--help"], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def every_command_that_a_document_shows_exists():
    """By one spelling: `latchkey`. Words until the first option or value are its name."""
    documents = [root / "README.md", *(root / "docs").glob("*.md"), root / "infra" / "README.md", root / "examples" / "README.md"]
    seen = 0
    for document in documents:
        text = document.read_text()
        assert "cargo run -q" not in text, f"{document}: the command is latchkey"
        for line in (line for block in blocks(text) for line in block.splitlines() if line.startswith("latchkey ")):
            words = shlex.split(line.split(" | ")[0].split(" <")[0], comments=True)[1:]
            long = 1 if words[0] in ("serve", "sign", "explain") else 3 if words[:2] in (["user", "totp"], ["institution", "idp"]) else 2
            name = words[:long]
            told = help_of(*name)
            assert told, f"{document}: latchkey {' '.join(name)} is no command"
            for option in (word.split("=")[0] for word in words if word.startswith("--")):
                assert option in told, f"{document}: latchkey {' '.join(name)} has no {option}"
            seen += 1
    assert seen > 20, seen


for walk in (every_command_that_a_document_shows_exists, a_client_developer, an_operator, an_api_owner):
    walk()
    print(f"walks: {walk.__name__.replace('_', ' ')}: ok")
