"""A web API that asks the service whether a token is good (introspection, RFC 7662).

    latchkey client create --name 'Loans API' --introspects WMS_NCIP      # prints the API's own client id and secret
    LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… python3 api.py
    curl -i -H 'Authorization: Bearer tk_…' http://127.0.0.1:8060/loans

PORT names another port.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wskey import Client, Refused, Unanswered

SCOPE = "WMS_NCIP"
client = Client(os.environ["LATCHKEY_URL"], os.environ["LATCHKEY_CLIENT_ID"], os.environ["LATCHKEY_SECRET"])


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return self.refuse(401, "")
        try:
            told = client.post("/oauth2/introspect", token=token)
        except (Refused, Unanswered) as error:
            # The API cannot decide. It says so, and does not call the token bad.
            print(error, flush=True)
            return self.answer(503, {"error": "temporarily_unavailable"}, ("Retry-After", "1"))
        # A refresh token is active too, for the client that it was issued to. It has no type, and opens no API.
        if not told["active"] or told.get("token_type") != "bearer":
            return self.refuse(401, ' error="invalid_token"')
        if SCOPE not in told["scope"].split():
            return self.refuse(403, f' error="insufficient_scope", scope="{SCOPE}"')
        # `sub` is one text for one user, or for an application that acts for itself (LATCHKEY_SUBJECT=v2, as the local server
        # has it): what the API keeps is kept under it. principalID alone is not: two institutions may have the same one. The
        # data is the institution's.
        self.answer(200, {"loans": [], "institution": told["context_institution_id"], "subject": told["sub"]})

    def refuse(self, status, why):
        """RFC 6750 section 3: a request without a token is told no error."""
        self.answer(status, {}, ("WWW-Authenticate", f"Bearer{why}"))

    def answer(self, status, document, *headers):
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8060"))), Api)
print(f"http://127.0.0.1:{server.server_port}/loans", flush=True)
server.serve_forever()
