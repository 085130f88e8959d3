"""httplib2, a client library that reads every challenge, against a running server: python refused.py URL CLIENT_ID SECRET"""

import json
import sys

import httplib2
from wskey import SCHEME, authorization

url, client_id, secret = sys.argv[1:]
ask = f"{url}/oauth2/accessToken?grant_type=client_credentials&scope=WMS_NCIP"
right = authorization(client_id, secret, "POST", ask)
headers = {
    "no credentials": {},
    "another scheme": {"Authorization": "Digest username=\"key\""},
    "a secret": {"Authorization": "Basic a2V5OnNlY3JldA=="},
    "no attributes": {"Authorization": SCHEME},
    "an old timestamp": {"Authorization": right.replace('timestamp="', 'timestamp="1')},
    "a wrong secret": {"Authorization": authorization(client_id, "another", "POST", ask)},
    "an unknown client": {"Authorization": authorization("unknown", "another", "POST", ask)},
}
for path in ("oauth2/accessToken", "oauth2/refreshToken", "oauth2/introspect", "oauth2/revoke"):
    for what, sent in headers.items():
        target = ask.replace("oauth2/accessToken", path)
        response, body = httplib2.Http().request(target, "POST", headers=sent)
        refusal = json.loads(body)
        assert (response.status, refusal["error"]) == (401, "invalid_client"), f"{path}, {what}: {body}"
        signed = f'WSKeyV2 error="invalid_client", error_description="{refusal["error_description"]}"'
        challenge = 'Basic realm="clients", charset="UTF-8"' if what == "a secret" else signed
        assert response["www-authenticate"] == challenge, f"{path}, {what}: {response['www-authenticate']}"
print("refusals: read")
