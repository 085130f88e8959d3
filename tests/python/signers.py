"""Requests that Python signs: by signers as three client libraries are described, and as developers write them.

Each line of the output: {"url", "header", "expected"}. python signers.py SECRET
"""

import base64
import hashlib
import hmac
import json
import sys
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode

secret = sys.argv[1]
BASE = "https://auth.example/oauth2/accessToken"


def header(lines, key=None, method="POST"):
    lines = ["key", "1361408273", "n", "", method, "www.oclc.org", "443", "/wskey", *lines]
    text = "".join(f"{line}\n" for line in lines)
    key = secret.encode() if key is None else key
    signature = base64.b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode()
    return (
        'http://www.worldcat.org/wskey/v2/hmac/v1 clientId="key", timestamp="1361408273", nonce="n", '
        f'signature="{signature}"'
    )


def show(query, signed, expected):
    print(json.dumps({"url": f"{BASE}?{query}", "header": signed, "expected": expected}))


def rfc3986(text):
    return quote(text, safe="-._~")


def oclc_auth_python(query):
    """Decodes the whole query first, cuts at the second equals sign, keeps the last of a repeated name."""
    kept = {}
    for pair in unquote(query).split("&"):
        name, value, *_ = pair.split("=")
        kept[name] = value
    return [f"{rfc3986(name)}={rfc3986(value)}" for name, value in sorted(kept.items())]


def oclc_auth_ruby(query):
    """Decodes twice, leaves names raw, splits at a semicolon, keeps the first of a repeated name."""
    kept = {}
    for pair in query.replace(";", "&").split("&"):
        name, _, value = pair.partition("=")
        kept.setdefault(unquote_plus(name), unquote_plus(unquote_plus(value)))
    return sorted(f"{name}={rfc3986(value)}" for name, value in kept.items())


def oclc_auth_php(query):
    """Cuts at a raw second equals sign."""
    pairs = [(pair.split("=") + [""])[:2] for pair in query.split("&")]
    return [f"{rfc3986(name)}={rfc3986(value)}" for name, value in sorted([unquote_plus(p) for p in pair] for pair in pairs)]


for query, said in [
    ("scope=a+b&state=x", "oclc-auth-python"),
    ("state=a%3Db&scope=c", "oclc-auth-python"),
    ("scope=a&scope=b", "oclc-auth-python"),
    ("state=a%26b=c&x=y%3D%3D", "oclc-auth-python"),
]:
    show(query, header(oclc_auth_python(query)), said)
for query in ["state=a%2525b", "a%5B%5D=1&b=2", "state=a;b=c", "scope=b&scope=a", "a%5B%5D=1%2B1;b=c%253A&b=d"]:
    show(query, header(oclc_auth_ruby(query)), "oclc-auth-ruby")
show("state=a=b", header(oclc_auth_php("state=a=b")), "oclc-auth-php")

# As developers write one.
decoded = "scope=a b&state=c/d~e"
query = "scope=a%20b&state=c%2Fd~e"
pairs = sorted(parse_qsl(query))
show(query, header([f"{quote(name)}={quote(value)}" for name, value in pairs]), "slashes are not encoded")
show("a%3Ab=c%2F%20", header([f"{quote('a:b')}={quote('c/ ')}"]), "slashes are not encoded")
show(query, header([f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs]), "blanks are encoded as +")
show(query, header([urlencode(pairs)]), "blanks are encoded as +")
show(query, header(decoded.split("&")), "decoded and not encoded again")
show("a=1&b=2", header(["a=1", "b=2"], method="GET"), "signed as GET")

right = ["a=1"]
for key, said in [
    (secret.encode() + b"\n", "line feed at its end"),
    (secret.encode() + b"\r\n", "carriage return and a line feed"),
    (secret.encode() + b" ", "a blank at its end"),
    (b" " + secret.encode(), "a blank at its beginning"),
    (secret.encode("utf-8-sig"), "byte order mark"),
    (f'"{secret}"'.encode(), "double quotes"),
    (f"'{secret}'".encode(), "single quotes"),
    (quote(secret, safe="").encode(), "percent-encoded"),
    (base64.b64decode(secret), "base64-decoded"),
    (base64.b64encode(secret.encode()), "base64-encoded again"),
    (secret.encode("utf-16-le"), "UTF-16"),
    (secret.rstrip("=").encode(), "lacks the equals signs"),
    (secret.replace("+", " ").encode(), "plus signs"),
    (secret.replace("+", "-").replace("/", "_").encode(), "base64url instead"),
    (secret.lower().encode(), "in lower case"),
    (b"", "is empty"),
]:
    show("a=1", header(right, key), said)
# Two mistakes at once.
lines = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs]
show(query, header(lines, f"{secret}\n".encode()), "line feed at its end; ")
