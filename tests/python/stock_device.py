"""Runs Debian's oidc-agent by the device grant, unmodified, by configuration only, against a local server of its own. stock.py
runs the libraries.

    python3 stock_device.py PATH_OF_LATCHKEY
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from pages import Browser, allow_device

latchkey = sys.argv[1]
root = pathlib.Path(__file__).resolve().parents[2]
folder = tempfile.TemporaryDirectory()
here = pathlib.Path(folder.name)


def until(what, found, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} seconds: {what}")


def client():
    """oidc-agent asks for the scopes openid and offline_access, whatever it is told. Here they are names like any other."""
    words = ["client", "create", "--name", "Terminal", "--auth-method", "client_secret_basic", "--institution", "128807", "--json"]
    words += ["--grant-type", "urn:ietf:params:oauth:grant-type:device_code", "--grant-type", "refresh_token"]
    words += ["--scope", "WMS_NCIP", "--scope", "openid", "--scope", "offline_access"]
    return json.loads(subprocess.run([latchkey, *words], env=environment, capture_output=True, text=True, check=True).stdout)


def oidc_agent():
    registered = client()
    (here / "oidc").mkdir()
    (here / "password").write_text("of this folder\n")
    own = environment | {"OIDC_CONFIG_DIR": str(here / "oidc")}
    with open(here / "agent", "w") as said:
        subprocess.run(["oidc-agent"], env=own, stdin=subprocess.DEVNULL, stdout=said, check=True)
    said = until("oidc-agent", lambda: re.search(r"OIDC_SOCK=([^;]+).*OIDCD_PID=(\d+)", (here / "agent").read_text(), re.S))
    own |= {"OIDC_SOCK": said[1], "OIDCD_PID": said[2]}
    try:
        with open(here / "gen", "w") as output:
            gen = subprocess.Popen(
                ["oidc-gen", "--flow=device", "--no-url-call", "--prompt=none", "--confirm-default", f"--pw-file={here / 'password'}",
                 f"--iss={environment['LATCHKEY_URL']}", f"--client-id={registered['client_id']}",
                 f"--client-secret={registered['secret']}", "--scope=WMS_NCIP refresh_token", "terminal"],
                env=own, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )
        shown = until("the code", lambda: re.search(r"(http\S+/device)\s.*code: (\S+)", (here / "gen").read_text(), re.S))
        allow_device(Browser(), shown[1], shown[2])
        assert gen.wait(60) == 0, (here / "gen").read_text()
        token = lambda *more: subprocess.run(["oidc-token", "terminal", *more], env=own, capture_output=True, text=True, check=True).stdout
        first = token()
        # Longer than the first lasts, so the agent refreshes.
        second = token("--time=100000")
        assert first.startswith("tk_") and second.startswith("tk_") and first != second
    finally:
        subprocess.run(["oidc-agent", "--kill"], env=own, capture_output=True)


server = subprocess.Popen(
    [latchkey, "serve", "--memory", "--state", here / "state", "--port", "0", "--dynamodb-port", "0"], text=True,
    # oidc-agent reads the list, and fails where the metadata document has none.
    env=os.environ | {"LATCHKEY_SCOPES_SUPPORTED": "WMS_NCIP refresh_token"}, stdout=open(here / "log", "w"),
)
try:
    until("the local server", lambda: "Ctrl-C ends it" in (here / "log").read_text())
    exported = re.search(r"export (LATCHKEY_CLIENT_ID=\S+(?: LATCHKEY_\S+)*)", (here / "log").read_text())[1]
    environment = os.environ | dict(pair.split("=", 1) for pair in exported.split()) | {"NO_PROXY": "127.0.0.1"}
    if shutil.which("oidc-agent") is None:
        assert not os.environ.get("CI"), "CI leaves nothing out: install oidc-agent"
        print("LEFT OUT: a device by oidc-agent: no oidc-agent here")
    else:
        oidc_agent()
        print("a device by oidc-agent: it shows a code, a user allows it, it gets tokens")
finally:
    server.terminate()
    server.wait()
