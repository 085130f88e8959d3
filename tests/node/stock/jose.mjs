// npm's jose: node jose.mjs, by tests/python/stock.py. A line a case: what it is, the assertion, and what the service must say.
import { readFileSync } from "node:fs";
import { CompactSign, GeneralSign, SignJWT, UnsecuredJWT, importPKCS8 } from "jose";

const { LATCHKEY_URL: url, CLIENT_ID: id, CLIENT_SECRET: secret } = process.env;
const file = (name) => readFileSync(new URL(`../../jose/${name}`, import.meta.url), "utf8");
const shared = new TextEncoder().encode(secret);
const now = Math.floor(Date.now() / 1000);
const rsa = await importPKCS8(file("rsa-of-tests.pem"), "RS256"), pss = await importPKCS8(file("rsa-of-tests.pem"), "PS256");
const ec = await importPKCS8(file("p256-of-tests.pem"), "ES256"), ed = await importPKCS8(file("ed25519-of-tests.pem"), "EdDSA");
const rs512 = await importPKCS8(file("rsa-of-tests.pem"), "RS512");

const say = (what, assertion, told = "accepted") => console.log(JSON.stringify({ what, assertion, told }));
const claims = (more = {}) =>
  ({ iss: id, sub: id, aud: url, jti: crypto.randomUUID(), iat: now, exp: now + 60, ...more });
const made = (key, header, more) => new SignJWT(claims(more)).setProtectedHeader(header).sign(key);
const raw = (text, key, header) => new CompactSign(new TextEncoder().encode(text)).setProtectedHeader(header).sign(key);

say("HS256", await made(shared, { alg: "HS256" }));
say("RS256", await made(rsa, { alg: "RS256", kid: "rsa" }));
say("RS256 without kid", await made(rsa, { alg: "RS256", typ: "JWT" }));
say("ES256", await made(ec, { alg: "ES256", kid: "p256" }));
say("ES256, typed", await made(ec, { alg: "ES256", typ: "client-authentication+jwt" }));
say("EdDSA", await made(ed, { alg: "EdDSA" }));
say("Ed25519", await made(ed, { alg: "Ed25519", kid: "ed25519" }));
say("aud is a list of one", await made(ec, { alg: "ES256" }, { aud: [url] }));
say("aud is the endpoint", await made(ec, { alg: "ES256" }, { aud: `${url}/token` }));
const once = await made(ec, { alg: "ES256" });
say("the first time", once);
say("the second time", once, "accepted this client_assertion before");

const wrong = "The client is unknown or disabled, is not registered for this method, or nothing of it made";
say("alg none", new UnsecuredJWT(claims()).encode(), "alg in its header must be one of");
say("RS512", await made(rs512, { alg: "RS512" }), "alg in its header must be one of");
say("PS256 by a key of RS256", await made(pss, { alg: "PS256", kid: "rsa" }), wrong);
say("HS256 by the public key", await made(new TextEncoder().encode(file("public.json")), { alg: "HS256" }), wrong);
say("kid of another key", await made(ec, { alg: "ES256", kid: "rsa" }), wrong);
say("kid of no key", await made(ec, { alg: "ES256", kid: "none" }), wrong);
say("a key of the header's", await made(ed, { alg: "EdDSA", kid: "mine", jwk: { kty: "OKP", crv: "Ed25519", x: "AA" } }), wrong);
say("wrong aud", await made(ec, { alg: "ES256" }, { aud: "https://other.example" }), "The claim aud");
say("two auds", await made(ec, { alg: "ES256" }, { aud: [url, "https://other.example"] }), "The claim aud");
say("typed, aud is the endpoint", await made(ec, { alg: "ES256", typ: "client-authentication+jwt" }, { aud: `${url}/token` }), "The claim aud");
say("no exp", await made(ec, { alg: "ES256" }, { exp: undefined }), "The claim exp");
say("past", await made(ec, { alg: "ES256" }, { exp: now - 60 }), "ended");
say("too long", await made(ec, { alg: "ES256" }, { exp: now + 3000 }), "it must end within 300");
say("iat ahead", await made(ec, { alg: "ES256" }, { iat: now + 1000 }), "begins (iat or nbf)");
say("no jti", await made(ec, { alg: "ES256" }, { jti: undefined }), "The claim jti");
say("long jti", await made(ec, { alg: "ES256" }, { jti: "j".repeat(400) }), "The claim jti");
say("sub of another", await made(ec, { alg: "ES256" }, { sub: "another" }), "iss and sub");
say("access token", await made(ec, { alg: "ES256", typ: "at+jwt" }), "typ in its header");
say("huge header", await made(ec, { alg: "ES256", x5t: "x".repeat(1500) }), "its header is longer");
say("huge", await made(ec, { alg: "ES256" }, { x: "x".repeat(4000) }), "it is longer than 4096");
say("twice iss", await raw(JSON.stringify(claims()).replace("{", '{"iss":"other",'), ec, { alg: "ES256" }), "payload has a member twice");
const two = await new GeneralSign(new TextEncoder().encode(JSON.stringify(claims())))
  .addSignature(ec).setProtectedHeader({ alg: "ES256" })
  .addSignature(ed).setProtectedHeader({ alg: "EdDSA" })
  .sign();
say("two signatures", JSON.stringify(two), "several signatures");
