"""Plays the CDN for a client on this machine: forwards each request to the API, with the headers that the stack's distribution
says, as the emulator has it at that moment."""

import http.server
import threading
import urllib.error
import urllib.request

import account

HEADER = "X-Latchkey-Proxy"


def headers():
    """What the distribution sends to its origin."""
    cloudfront = account.client("cloudfront")
    (distribution,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    (origin,) = cloudfront.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]["Origins"]["Items"]
    return {header["HeaderName"]: header["HeaderValue"] for header in origin.get("CustomHeaders", {}).get("Items", [])}


class Unfollowing(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Cdn:
    """In front of an API: `url` is where a client finds it."""

    def __init__(self, api):
        opener = urllib.request.build_opener(Unfollowing)

        class Handler(http.server.BaseHTTPRequestHandler):
            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                # In the place of what the viewer sends under the same name.
                sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length", HEADER.lower())}
                request = urllib.request.Request(api + self.path, body if self.command != "GET" else None, sent | headers(), method=self.command)
                try:
                    answer = opener.open(request)
                except urllib.error.HTTPError as error:
                    answer = error
                text = answer.read()
                self.send_response(answer.status)
                for name in ("Content-Type", "Location"):
                    if answer.headers[name]:
                        self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
