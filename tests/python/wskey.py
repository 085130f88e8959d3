"""How a WSKey signs a request: from the README alone, for libraries that let a client sign."""

import base64
import hashlib
import hmac
import secrets
import time
from urllib.parse import parse_qsl, quote, urlsplit

from requests.auth import AuthBase

SCHEME = "http://www.worldcat.org/wskey/v2/hmac/v1"


def authorization(client_id: str, secret: str, method: str, url: str, body: bytes = b"") -> str:
    """The header of a request whose body, if it has one, is a form."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    body_hash = base64.b64encode(hashlib.sha256(body).digest()).decode() if body else ""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    query = sorted(f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in pairs)
    lines = [client_id, timestamp, nonce, body_hash, method, "www.oclc.org", "443", "/wskey", *query]
    text = "".join(f"{line}\n" for line in lines)
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    hashed = f', bodyhash="{body_hash}"' if body else ""
    return f'{SCHEME} clientId="{client_id}", timestamp="{timestamp}", nonce="{nonce}", signature="{signature}"{hashed}'


class WSKey(AuthBase):
    """For requests: signs what is sent."""

    def __init__(self, client_id: str, secret: str):
        self.key = client_id, secret

    def __call__(self, request):
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        request.headers["Authorization"] = authorization(*self.key, request.method, request.url, body)
        return request
