"""The command line through a proxy that others wrote: python proxied.py LATCHKEY DYNAMODB_URL SERVICE_URL

The key is in the environment. The proxy opens its tunnels to this machine, whatever host is asked for: behind them stands
a server that has a certificate for DynamoDB's name and for the service's, and passes requests on.
"""

import http.server
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import proxy
import trustme
from proxy.http.proxy import HttpProxyBasePlugin

NAMES = ("dynamodb.us-east-1.amazonaws.com", "auth.example")
asked = []


class Here(HttpProxyBasePlugin):
    def resolve_dns(self, host, port):
        return "127.0.0.1", None


class Forward(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        name = self.headers["host"].split(":")[0]
        asked.append(name)
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        target = dict(zip(NAMES, sys.argv[2:]))[name] + ("" if name == NAMES[0] else self.path)
        request = urllib.request.Request(target, body, headers, method="POST")
        try:
            answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read()
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


def main():
    with tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(f"{folder}/ca.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(context)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        options = ["--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1", "--num-acceptors", "1", "--log-level", "e"]
        with proxy.Proxy(options, plugins=[Here]) as running:
            environment = {
                "HTTPS_PROXY": f"http://127.0.0.1:{running.flags.port}",
                "SSL_CERT_FILE": f"{folder}/ca.pem",
                "AWS_ENDPOINT_URL_DYNAMODB": f"https://{NAMES[0]}:{port}",
                "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                "LATCHKEY_CLIENTS_TABLE": "latchkey-clients", "LATCHKEY_TOKENS_TABLE": "latchkey-tokens",
                "LATCHKEY_USERS_TABLE": "latchkey-users",
                "LATCHKEY_URL": f"https://{NAMES[1]}:{port}",
                **{name: os.environ[name] for name in ("LATCHKEY_CLIENT_ID", "LATCHKEY_SECRET")},
            }
            get = ["token", "get", "--scope", "WMS_NCIP", "--institution", "128807", "--json"]
            for command, name in ((["client", "list", "--json"], NAMES[0]), (get, NAMES[1])):
                done = subprocess.run([sys.argv[1], *command], env=environment, capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, done.stderr
                assert set(asked) == {name}, asked
                asked.clear()
    print("DynamoDB and the service, through a proxy: ok")


if __name__ == "__main__":
    main()
