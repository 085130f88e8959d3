"""Codes that others make, pyotp and Debian's oathtool, and a picture that another reads, zxing: python totp.py LATCHKEY URL"""

import html
import json
import re
import shutil
import subprocess
import sys
import time
from urllib.parse import urlencode

import pyotp
import requests
import zxingcpp
from PIL import Image

latchkey, url = sys.argv[1:]
USER = ("--institution", "128807", "demo")
ASK = {
    "client_id": "demo", "redirect_uri": "http://127.0.0.1/callback", "response_type": "code", "scope": "WMS_NCIP",
    "authenticatingInstitutionId": "128807", "contextInstitutionId": "128807",
}


def totp(what):
    return json.loads(subprocess.run([latchkey, "user", "totp", what, *USER, "--json"], check=True, capture_output=True).stdout)


def sign_in(code):
    browser = requests.Session()
    address = f"{url}/oauth2/authorizeCode?{urlencode(ASK)}"
    form = html.unescape(re.search('name="form" value="([^"]*)"', browser.get(address).text)[1])
    fields = {"form": form, "username": "demo", "password": "latchkey", "code": code, "action": "sign_in"}
    return browser.post(f"{url}/oauth2/authorizeCode", fields, allow_redirects=False).status_code


def next_step():
    """So long the code of this step is taken already, and another one is needed."""
    time.sleep(30.5 - time.time() % 30)


def read(picture):
    """What a phone sees: light blocks on a dark terminal, two modules high."""
    light = {" ": (0, 0), "\u2580": (255, 0), "\u2584": (0, 255), "\u2588": (255, 255)}
    rows = [[light[block][half] for block in line] for line in picture for half in (0, 1)]
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([module for row in rows for module in row])
    found = zxingcpp.read_barcodes(image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST))
    return [code.text for code in found]


app = pyotp.parse_uri(totp("enrol")["uri"])
assert (app.name, app.issuer, app.digits, app.interval) == ("demo@128807", "Latchkey", 6, 30), app.__dict__
code = app.now()
answers = [sign_in(code), sign_in(code), sign_in("")]
assert answers == [303, 403, 403], f"pyotp's code, the same again and none: {answers}"
oathtool = shutil.which("oathtool")
if oathtool:
    next_step()
    made = subprocess.run([oathtool, "--totp", "--base32", app.secret], check=True, capture_output=True, text=True).stdout.strip()
    assert sign_in(made) == 303, "oathtool's code"
totp("remove")
shown = subprocess.run([latchkey, "user", "totp", "enrol", *USER], check=True, capture_output=True, text=True).stdout.splitlines()
uri = next(line for line in shown if line.startswith("otpauth://"))
seen = read(shown[:shown.index("")])
assert seen == [uri], f"the picture says {seen}, and the line {uri}"
assert sign_in(pyotp.parse_uri(seen[0]).at(int(time.time()) + 30)) == 303, "the code of the picture's secret"
totp("remove")
assert sign_in("") == 303, "without a second factor again"
print("second factor: pyotp", "and oathtool" if oathtool else "alone", "make codes that are taken once; zxing reads the picture")
