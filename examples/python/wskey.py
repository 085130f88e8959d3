"""Signs requests with a WSKey: a client id and its secret. Copy this file into your program; it needs only Python."""

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

SCHEME = "http://www.worldcat.org/wskey/v2/hmac/v1"


class Refused(Exception):
    """The service refused a request. The text says why, and what to do."""


class Unanswered(Exception):
    """The service did not answer, or something before it answered in its place. Try again later."""


def authorization(client_id, secret, method, url, body=b""):
    """Returns the Authorization header of a request. Each request needs a new one."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
    body_hash = base64.b64encode(hashlib.sha256(body).digest()).decode() if body else ""
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query)
    # These three lines are the same for every URL.
    lines = [client_id, timestamp, nonce, body_hash, method, "www.oclc.org", "443", "/wskey"]
    lines += [f"{name}={value}" for name, value in pairs]
    text = "".join(f"{line}\n" for line in lines)
    # The key is the text of the secret. Do not decode it.
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    attributes = {"clientId": client_id, "timestamp": timestamp, "nonce": nonce, "signature": signature}
    if body:
        attributes["bodyhash"] = body_hash
    return f"{SCHEME} " + ", ".join(f'{name}="{value}"' for name, value in attributes.items())


class Client:
    """Asks the service as a client."""

    def __init__(self, url, client_id, secret):
        self.url, self.client_id, self.secret = url, client_id, secret

    def post(self, path, **parameters):
        """Posts a form. A form keeps tokens out of the URL, which servers and proxies write to their logs."""
        url, body = self.url + path, urlencode(parameters).encode()
        headers = {
            "Authorization": authorization(self.client_id, self.secret, "POST", url, body),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise refusal(error.code, error.read()) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(f"{self.url}: {error}") from error


def refusal(status, body):
    """The error of an answer. A gateway that is over its limit has words of its own, and so has a proxy."""
    try:
        answer = json.loads(body)
        return Refused(f"{status} {answer['error']}: {answer['message']} {answer['details']}")
    except (ValueError, LookupError, TypeError):
        return Unanswered(f"{status} {body.decode(errors='replace')}")
