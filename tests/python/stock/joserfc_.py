"""PyPI's joserfc: by tests/python/stock.py. A line a case: what it is, the assertion, and what the service must say."""

import json
import os
import pathlib
import time
import uuid

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

url, client_id, secret = (os.environ[name] for name in ("LATCHKEY_URL", "CLIENT_ID", "CLIENT_SECRET"))
folder = pathlib.Path(__file__).resolve().parents[2] / "jose"
now = int(time.time())
shared = OctKey.import_key(secret)
rsa = RSAKey.import_key((folder / "rsa-of-tests.pem").read_text())
ec = ECKey.import_key((folder / "p256-of-tests.pem").read_text())
ed = OKPKey.import_key((folder / "ed25519-of-tests.pem").read_text())


def say(what, assertion, told="accepted"):
    print(json.dumps({"what": what, "assertion": assertion, "told": told}))


def made(key, header, **more):
    claims = {
        "iss": client_id, "sub": client_id, "aud": url, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 60, **more,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


ES256 = {"alg": "ES256"}
say("HS256", made(shared, {"alg": "HS256"}))
say("RS256", made(rsa, {"alg": "RS256", "kid": "rsa"}))
say("ES256", made(ec, {"alg": "ES256", "kid": "p256"}))
say("ES256 without kid", made(ec, ES256))
say("EdDSA", made(ed, {"alg": "EdDSA"}))
say("times with a fraction", made(ec, ES256, exp=now + 60.5, iat=now - 0.5))
once = made(ec, ES256)
say("the first time", once)
say("the second time", once, "accepted this client_assertion before")

wrong = "The client is unknown or disabled, is not registered for this method, or nothing of it made"
say("alg none", made(OctKey.import_key("x" * 32), {"alg": "none"}), "alg in its header must be one of")
say("HS512", made(OctKey.import_key("x" * 64), {"alg": "HS512"}), "alg in its header must be one of")
say("PS256 by a key of RS256", made(rsa, {"alg": "PS256"}), wrong)
say("HS256 by the public key", made(OctKey.import_key((folder / "public.json").read_text()), {"alg": "HS256"}), wrong)
say("another key", made(ECKey.generate_key("P-256"), ES256), wrong)
say("another secret", made(OctKey.import_key("another secret of enough bytes, or more"), {"alg": "HS256"}), wrong)
say("wrong aud", made(ec, ES256, aud="https://other.example"), "The claim aud")
say("two auds", made(ec, ES256, aud=[url, "https://other.example"]), "The claim aud")
say("no aud", made(ec, ES256, aud=None), "The claim aud")
say("past", made(ec, ES256, exp=now - 1), "ended")
say("too long", made(ec, ES256, exp=now + 3600), "it must end within 300")
say("exp as a text", made(ec, ES256, exp=str(now + 60)), "The claim exp")
say("nbf ahead", made(ec, ES256, nbf=now + 1000), "begins (iat or nbf)")
say("no jti", made(ec, ES256, jti=None), "The claim jti")
say("iss of another", made(ec, ES256, iss="another"), "iss and sub")
say("jti is a number", made(ec, ES256, jti=1), "The claim jti")
two = jws.serialize_json([{"protected": ES256}, {"protected": {"alg": "ES256"}}], b"{}", ec, algorithms=["ES256"])
say("two signatures", json.dumps(two), "several signatures")
# 63 bytes of 64.
say("a cut one", made(ec, ES256)[:-2], wrong)
