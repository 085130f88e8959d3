// A provider that lies, fails or is not the one that a user was sent to: a page, a named refusal in the log, and no session.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { SignJWT, decodeJwt, generateKeyPair } from "jose";
import { arrived, asking, logged } from "./harness.mjs";
import { certified, register } from "./providers.mjs";
import { Visitor } from "./visitor.mjs";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);
/** The ID token of an answer, with other claims. */
const claiming = (claims) => ({ key, kid, algorithm }, told) =>
  new SignJWT({ ...told, ...claims }).setProtectedHeader({ alg: algorithm, kid }).sign(key);
const answer = (more) => () => ({ status: 200, headers: { "content-type": "application/json" }, ...more });

/** Comes back from the provider, and is refused by this name. */
async function refused(visitor, address, name) {
  const before = logged().length;
  const page = await visitor.ask(address);
  assert.ok([400, 403].includes(page.status), `${name}: ${page.status}`);
  assert.equal(page.to, null, name);
  assert.match(page.text, /<h1/, name);
  let denials = [];
  for (let tries = 0; denials.length === 0 && tries < 1200; tries++) {
    denials = logged().slice(before).map(({ denial }) => denial).filter((denial) => denial);
    if (denials.length === 0) await new Promise((later) => setTimeout(later, 50));
  }
  assert.deepEqual(denials, [name]);
  const { searchParams } = new URL(address);
  for (const secret of [searchParams.get("code"), searchParams.get("state"), "ada-of-the-tests", "mallory"]) {
    if (secret) assert.ok(!JSON.stringify(logged()).includes(secret), `${name}: the log has ${secret}`);
  }
  // Nothing of it counts: the user is asked to sign in.
  assert.match((await visitor.ask(asking())).text, /value="provider"/, name);
  assert.deepEqual(arrived, []);
}

const tokens = {
  "an unsigned token": ["id_token_algorithm_wrong", (_, told) => `${encode({ alg: "none" })}.${encode(told)}.`],
  "a token without its signature": ["id_token_signature_wrong", ({ kid, algorithm }, told) =>
    `${encode({ alg: algorithm, kid })}.${encode(told)}.`],
  "a token by the client's secret": ["id_token_algorithm_wrong", ({ secret, kid }, told) => {
    const text = `${encode({ alg: "HS256", kid })}.${encode(told)}`;
    return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
  }],
  "a token by another key of the same name": ["id_token_signature_wrong", async ({ kid, algorithm }, told) =>
    new SignJWT(told).setProtectedHeader({ alg: algorithm, kid }).sign((await generateKeyPair(algorithm)).privateKey)],
  "a token by a key that is not published": ["id_token_key_unknown", async ({ algorithm }, told) =>
    new SignJWT(told).setProtectedHeader({ alg: algorithm, kid: "other" }).sign((await generateKeyPair(algorithm)).privateKey)],
  "a token of another issuer": ["id_token_issuer_differs", claiming({ iss: "https://other.example" })],
  "a token for another client": ["id_token_audience_wrong", claiming({ aud: "other" })],
  "a token for two": ["id_token_audience_wrong", claiming({ aud: ["latchkey", "other"], azp: "latchkey" })],
  "a token given to another": ["id_token_party_wrong", claiming({ azp: "other" })],
  "a token that has expired": ["id_token_expired", claiming({ iat: now() - 7200, exp: now() - 3600 })],
  "a token from the future": ["id_token_from_future", claiming({ iat: now() + 3600, exp: now() + 7200 })],
  "a token of another sign-in": ["id_token_nonce_wrong", claiming({ nonce: "another" })],
  "a token without a nonce": ["id_token_nonce_wrong", claiming({ nonce: undefined })],
  "a subject that is no text": ["id_token_claim_malformed", claiming({ sub: 7 })],
  "a subject of a megabyte": ["provider_answer_malformed", claiming({ sub: "a".repeat(1 << 20) })],
  "a subject with what is not seen": ["id_token_subject_unusable", claiming({ sub: "ada\u202e" })],
  "what is no token": ["id_token_malformed", () => "a.b.c"],
};
const answers = {
  "no ID token": ["provider_answer_malformed", answer({ body: '{"access_token":"a","token_type":"Bearer"}' })],
  "no JSON": ["provider_answer_malformed", answer({ body: "<html>" })],
  "another content type": ["provider_answer_malformed", ({ body }) => ({ body, headers: { "content-type": "text/html" } })],
  "a long answer": ["provider_answer_malformed", answer({ body: `{"a":"${"a".repeat(1 << 17)}"}` })],
  "a redirect": ["provider_answer_malformed", answer({ status: 302, headers: { location: "http://127.0.0.1:1/" } })],
  "another secret": ["provider_client_refused", answer({ status: 401, body: '{"error":"invalid_client"}' })],
  "a code that does not count": ["provider_code_refused", answer({ status: 400, body: '{"error":"invalid_grant"}' })],
  "a failure of its own": ["provider_unreachable", answer({ status: 500, body: "" })],
};

test("what a provider says wrongly signs no user in, and has a name in the log", async () => {
  const provider = await certified();
  await register(provider);
  for (const [what, [name, lie]] of Object.entries(tokens)) {
    provider.change = async ({ path, body }) => {
      if (path !== "/token") return undefined;
      const told = JSON.parse(body);
      const id_token = await lie(provider, decodeJwt(told.id_token));
      return { body: JSON.stringify({ ...told, id_token }) };
    };
    const visitor = new Visitor();
    await refused(visitor, await visitor.answer(), name).catch((error) => assert.fail(`${what}: ${error.message}`));
  }
  for (const [what, [name, lie]] of Object.entries(answers)) {
    provider.change = (told) => (told.path === "/token" ? lie(told) : undefined);
    const visitor = new Visitor();
    await refused(visitor, await visitor.answer(), name).catch((error) => assert.fail(`${what}: ${error.message}`));
  }
  provider.change = undefined;
  const visitor = new Visitor();
  const page = await visitor.ask(await visitor.answer());
  assert.equal(page.status, 303, "and what it says rightly does");
});

test("an answer of another provider, for another sign-in or of another browser signs no user in", async () => {
  const provider = await certified();
  await register(provider);
  const changed = (address, changes) => {
    const there = new URL(address);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) there.searchParams.delete(name); else there.searchParams.set(name, value);
    }
    return there.href;
  };
  for (const [name, changes] of [
    ["provider_institution_differs", { institution: "91475" }], ["provider_institution_differs", { institution: undefined }],
    ["provider_issuer_differs", { iss: "https://other.example" }], ["provider_issuer_missing", { iss: undefined }],
    ["visit_unknown", { state: "made up" }], ["visit_unknown", { state: undefined }],
    ["provider_response_malformed", { code: undefined }],
  ]) {
    const visitor = new Visitor();
    await refused(visitor, changed(await visitor.answer(), changes), name);
  }
  // An attacker's code, brought to another user's browser: with the attacker's state, and with the user's own.
  const [attacker, user] = [new Visitor(), new Visitor()];
  const [theirs, own] = [await attacker.answer("mallory"), await user.answer("ada-of-the-tests")];
  await refused(user, theirs, "visit_foreign");
  await refused(user, changed(own, { code: new URL(theirs).searchParams.get("code") }), "provider_code_refused");
});
