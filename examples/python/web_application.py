"""A web application that signs users in, and acts for them until they sign out.

    LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… python3 web_application.py

Open http://127.0.0.1:8070/. PORT names another port. The client must be registered with the redirect URI
http://127.0.0.1/callback (any port may follow 127.0.0.1); the demo client is.
"""

import base64
import hashlib
import html
import os
import secrets
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from wskey import Client, Refused, Unanswered

client = Client(os.environ["LATCHKEY_URL"], os.environ["LATCHKEY_CLIENT_ID"], os.environ["LATCHKEY_SECRET"])
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8070"))), None)
CALLBACK = f"http://127.0.0.1:{server.server_port}/callback"

# In memory. Keep both in a database if several processes serve the application, and let the entries of both end there.
waiting, sessions = {}, {}


def sign_in():
    """Where to send the browser, and what to keep until it comes back."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {
        "client_id": client.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "WMS_NCIP refresh_token",
        # Without institutions, the user picks one on the page.
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return state, verifier, f"{client.url}/oauth2/authorizeCode?{urlencode(parameters)}"


def redeem(answer, verifier):
    """The code for tokens. The answer names the user: `principalID` within `principalIDNS`."""
    # RFC 9207: the answer came from the service that the user was sent to.
    if answer.get("iss") != client.url:
        raise Refused(f"the answer came from {answer.get('iss')}")
    if "error" in answer:
        raise Refused(f"{answer['error']}: {answer['error_description']}")
    return client.post(
        "/oauth2/accessToken",
        grant_type="authorization_code",
        code=answer["code"],
        redirect_uri=CALLBACK,
        code_verifier=verifier,
        authenticatingInstitutionId=answer["authenticating_institution_id"],
        contextInstitutionId=answer["context_institution_id"],
    )


def access_token(session):
    """A good access token of the user, for a request to an API."""
    if time.time() > session["ends"]:
        fresh = client.post("/oauth2/refreshToken", grant_type="refresh_token", refresh_token=session["refresh_token"])
        session |= {"access_token": fresh["access_token"], "ends": time.time() + fresh["expires_in"] - 30}
    return session["access_token"]


class Application(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        cookie = {name: morsel.value for name, morsel in cookies.items()}
        session = sessions.get(cookie.get("session"))
        try:
            if url.path == "/":
                self.home(session)
            elif url.path == "/sign-in":
                state, verifier, location = sign_in()
                waiting[state] = verifier
                # The cookie ties the answer to this browser: an attacker cannot sign a user in as another one.
                self.redirect(location, f"state={state}; HttpOnly; SameSite=Lax; Path=/callback")
            elif url.path == "/callback":
                answer = dict(parse_qsl(url.query))
                state = answer.get("state")
                if state not in waiting or state != cookie.get("state"):
                    raise Refused("this sign-in did not begin in this browser, or is over")
                tokens = redeem(answer, waiting.pop(state))
                tokens["ends"] = time.time() + tokens["expires_in"] - 30
                session_id = secrets.token_urlsafe(24)
                sessions[session_id] = tokens
                # Behind https, add Secure.
                self.redirect("/", f"session={session_id}; HttpOnly; SameSite=Lax; Path=/")
            elif url.path == "/sign-out" and self.command == "POST":
                if sessions.pop(cookie.get("session"), None):
                    # The application acts for the user no longer.
                    client.post("/oauth2/revoke", token=session["refresh_token"])
                self.redirect("/", "session=; Max-Age=0; Path=/")
            else:
                self.page(404, "No such page.")
        except Refused as refused:
            self.page(403, f"{html.escape(str(refused))} <a href='/sign-in'>Sign in again</a>")
        except Unanswered as error:
            print(error, flush=True)
            self.page(503, "The service does not answer. Try again.")

    # With SameSite=Lax, a form of another site comes without the session: it signs no user out.
    do_POST = do_GET

    def home(self, session):
        if session is None:
            return self.page(200, "<a href='/sign-in'>Sign in</a>")
        access_token(session)
        user = html.escape(f"{session['principalID']} of {session['principalIDNS']}")
        library = html.escape(session["context_institution_id"])
        self.page(200, f"User {user}, library {library}. <form method='post' action='/sign-out'><button>Sign out</button></form>")

    def page(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/html;charset=UTF-8")
        self.end_headers()
        self.wfile.write(f"<!DOCTYPE html><title>Example</title><p>{text}</p>".encode())

    def redirect(self, location, cookie):
        self.send_response(303)
        self.send_header("Location", location)
        self.send_header("Set-Cookie", cookie)
        self.end_headers()

    def log_message(self, *_):
        """The address of the callback has the code: it goes to no log."""


server.RequestHandlerClass = Application
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
