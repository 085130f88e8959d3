"""What infra/sam/local does better in Python: events, answers, a forwarder.

helper.py env URL             the file for --env-vars: tables of the local server, key file, URL of its engine
helper.py event ROUTE QUERY   patches the event on standard input: route, query, the header in $AUTHORIZATION
helper.py answer              what a function answered (payload 2.0) on standard input: its status, a line feed, its body
helper.py tokens PLACE        asserts that standard input has an access token; PLACE is issue or refresh
helper.py gateway              this machine's address in the network that docker describes on standard input
helper.py forward HOST PORT   forwards HOST:PORT to 127.0.0.1:PORT
helper.py ports COUNT         ports that nobody listens on
"""

import asyncio
import ipaddress
import json
import os
import socket
import sys


def env(url):
    variables = {
        "LATCHKEY_CLIENTS_TABLE": "latchkey-clients",
        "LATCHKEY_TOKENS_TABLE": "latchkey-tokens",
        "LATCHKEY_SEALING_KMS_KEY": "",
        "LATCHKEY_SEALING_KEY_FILE": "/var/task/sealing.key",
        "AWS_ENDPOINT_URL_DYNAMODB": url,
    }
    print(json.dumps({"Parameters": variables}, indent=2))


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


def gateway():
    config = json.load(sys.stdin)[0]["IPAM"]["Config"][0]
    print(config.get("Gateway") or ipaddress.ip_network(config["Subnet"])[1])


async def forward(host, port):
    async def copy(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def accept(reader, writer):
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))

    server = await asyncio.start_server(accept, host, port)
    await server.serve_forever()


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
        case "answer":
            answer()
        case "tokens":
            tokens(*arguments)
        case "gateway":
            gateway()
        case "forward":
            asyncio.run(forward(arguments[0], int(arguments[1])))
        case "ports":
            ports(int(arguments[0]))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
