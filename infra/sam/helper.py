"""What infra/sam/local does better in Python: events, answers, a browser.

helper.py env FILE            the variables of a file for --env-vars, one a line: NAME=VALUE
helper.py event ROUTE QUERY   patches the event on standard input: route, query, the header in $AUTHORIZATION
helper.py sign-in URL REDIRECT  signs the demo user in on the pages at URL, allows the demo client, prints the code
helper.py answer              what a function answered (payload 2.0) on standard input: its status, a line feed, its body
helper.py tokens PLACE        asserts that standard input has an access token; PLACE is issue or refresh
helper.py ports COUNT         ports that nobody listens on
"""

import html
import http.client
import json
import os
import re
import socket
import sys
import time
import urllib.parse


def env(path):
    with open(path, encoding="utf-8") as file:
        for name, value in json.load(file)["Parameters"].items():
            print(f"{name}={value}")


def event(route, query):
    method, path = route.split()
    patched = json.load(sys.stdin)
    patched.update(routeKey=route, rawPath=path, rawQueryString=query, body="", isBase64Encoded=False)
    patched["headers"] = {"accept": "application/json"}
    if os.environ.get("AUTHORIZATION"):
        patched["headers"]["authorization"] = os.environ["AUTHORIZATION"]
    for unused in ("cookies", "queryStringParameters"):
        patched.pop(unused, None)
    context = patched["requestContext"]
    context["routeKey"] = route
    context["http"].update(method=method, path=path)
    for unused in ("authentication", "authorizer"):
        context.pop(unused, None)
    print(json.dumps(patched))


class Browser:
    """What of a browser the pages need: cookies, and forms sent as they were shown."""

    def __init__(self, url):
        self.host, self.cookies = urllib.parse.urlsplit(url).netloc, {}

    def ask(self, what, method, path, status, fields=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {"Accept": "text/html", "Accept-Language": "en"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(fields)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == status, f"{what}: not {status} but {answer.status} {text}"
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        print(f"   {what}: {status}", file=sys.stderr)
        return answer.headers, text

    def form(self, page):
        found = re.search(r'name="form" value="([^"]*)"', page)
        assert found, f"no form in {page}"
        return html.unescape(found[1])


def sign_in(url, redirect_uri):
    browser = Browser(url)
    asked = {
        "client_id": "demo",
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "WMS_NCIP refresh_token",
        "authenticatingInstitutionId": "128807",
        "contextInstitutionId": "128807",
        "state": "here",
    }
    place = "/oauth2/authorizeCode"
    start = f"{place}?{urllib.parse.urlencode(asked, quote_via=urllib.parse.quote)}"
    headers, page = browser.ask("the sign-in page", "GET", start, 200)
    assert headers["Content-Type"].startswith("text/html"), headers["Content-Type"]
    assert "default-src 'none'" in headers["Content-Security-Policy"], headers["Content-Security-Policy"]
    headers, style = browser.ask("its stylesheet", "GET", "/oauth2/style.css", 200)
    assert headers["Content-Type"].startswith("text/css"), headers["Content-Type"]
    answers = {"form": browser.form(page), "action": "sign_in", "username": "demo", "password": "wrong"}
    browser.ask("a wrong password", "POST", place, 403, answers)
    headers, _ = browser.ask("the right password", "POST", place, 303, answers | {"password": "latchkey"})
    again = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://{browser.host}{place}", headers["Location"]))
    _, page = browser.ask("the question", "GET", f"{again.path}?{again.query}", 200)
    # So long it takes to read.
    time.sleep(1.1)
    _, page = browser.ask("the consent", "POST", place, 200, {"form": browser.form(page), "action": "allow"})
    leads = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', page)
    assert leads, page
    location = html.unescape(leads[1])
    assert location.startswith(f"{redirect_uri}?"), location
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    assert answer["state"] == "here" and answer["iss"] == url, answer
    _, page = browser.ask("the sign-out page", "GET", "/oauth2/signOut", 200)
    browser.ask("the sign-out", "POST", "/oauth2/signOut", 200, {"form": browser.form(page), "action": "sign_out"})
    print(answer["code"])


def answer():
    # SAM puts lines of its own around it.
    lines = [line for line in sys.stdin.read().splitlines() if line.startswith("{") and '"statusCode"' in line]
    found = json.loads(lines[-1])
    print(found["statusCode"])
    print(found.get("body") or "")


def tokens(place):
    found = json.load(sys.stdin)
    wanted = {"token_type": "bearer", "context_institution_id": "128807", "error_code": None}
    for name, value in wanted.items():
        assert found.get(name) == value, f"{name} is {found.get(name)!r} and not {value!r}"
    length = {"issue": 51, "refresh": 67}[place]
    assert found["access_token"].startswith("tk_") and len(found["access_token"]) == length, "access_token"
    assert 1190 <= int(found["expires_in"]) <= 1200, "expires_in"
    assert ("refresh_token" in found) == (place == "issue"), "refresh_token"


def ports(count):
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    print(*(each.getsockname()[1] for each in held))


def main(command, *arguments):
    match command:
        case "env":
            env(*arguments)
        case "event":
            event(*arguments)
        case "sign-in":
            sign_in(*arguments)
        case "answer":
            answer()
        case "tokens":
            tokens(*arguments)
        case "ports":
            ports(int(arguments[0]))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
