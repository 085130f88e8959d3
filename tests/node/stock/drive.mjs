// Takes what `latchkey client guide` printed for a library of Node's through every step that it has: node drive.mjs GUIDE, by
// tests/python/stock.py, which is a browser and an operator to it: a line out, a line in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [file] = process.argv.slice(2), { LATCHKEY_SECRET: secret, PRIVATE_KEY_FILE: key, ANOTHER_KEY_FILE: another } = process.env;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};
const ok = (step) => console.log(`ok ${step}`);

let loaded = 0;
/** The guide anew, for a client with this secret or with the key of this file. */
async function configured(secret, file_of_key = "") {
  process.env.LATCHKEY_SECRET = secret;
  process.env.PRIVATE_KEY_FILE = file_of_key;
  const guide = await import(`${pathToFileURL(file).href}?${loaded++}`);
  return guide.strategy ? { ...guide, ...asExpress(guide.strategy) } : guide;
}

/** What Express and passport do with a strategy: a request, with the session of its browser. */
function asExpress(strategy) {
  const authenticate = (query, session) =>
    new Promise((resolve, reject) => {
      const running = Object.create(strategy);
      running.redirect = running.success = resolve;
      running.fail = (challenge) => reject(new Error(JSON.stringify(challenge)));
      running.error = reject;
      running.authenticate({ query, session, headers: {}, connection: {} }, {});
    });
  return {
    begin: async (session = {}) => ({ address: await authenticate({}, session), session }),
    end: (back, { session }) => authenticate(Object.fromEntries(new URL(back).searchParams), session),
  };
}

/** The tokens of an answer, as each library names them. */
function texts(tokens) {
  const all = tokens.token ?? tokens.data ?? tokens;
  return [all.access_token ?? tokens.accessToken, all.refresh_token ?? tokens.refreshToken];
}

/** Fails unless `attempt` fails with this status, or with this error. */
async function refused(attempt, status, code) {
  let thrown;
  try {
    await attempt();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown, "it succeeded");
  const found = [thrown, thrown.cause, thrown.response, thrown.output, thrown.body].filter(Boolean);
  const is = found.some((part) => [part.status, part.statusCode, part.httpCode].includes(status) || part.error === code);
  if (!is) throw thrown;
}

const guide = await configured(secret, key);
// The text says where to look, and has no address of an endpoint.
const text = readFileSync(file, "utf8"), discovers = /discovery/.test(text) && !text.includes("/oauth2/");
let tokens;
if (guide.own) {
  assert.match(texts(await guide.own())[0], /^tk_/);
  ok("client credentials");
}
if (guide.begin) {
  const { address, ...kept } = await guide.begin();
  tokens = await guide.end(await ask(`visit ${address}`), kept);
  assert.match(texts(tokens)[0], /^tk_/);
  ok("code with PKCE");
}
if (guide.beginPushed) {
  const { address, ...kept } = await guide.beginPushed();
  assert.deepEqual([...new URL(address).searchParams.keys()].sort(), ["client_id", "request_uri"]);
  assert.match(texts(await guide.end(await ask(`visit ${address}`), kept))[0], /^tk_/);
  ok("pushed request");
}
if (guide.beginDevice) {
  const begun = await guide.beginDevice();
  await ask(`allow ${begun.verification_uri} ${begun.user_code}`);
  if (process.env.AWAY) {
    // The first answer is lost, and the second a gateway's.
    const { fetch } = globalThis, answers = [
      () => Promise.reject(new TypeError("lost")), () => Response.json({ message: "Too Many Requests" }, { status: 429 }),
    ];
    globalThis.fetch = async (...asked) => (answers.shift() ?? fetch)(...asked);
  }
  // So it asks before the user has answered, and too often.
  assert.match(texts(await guide.endDevice({ ...begun, interval: 1 }))[0], /^tk_/);
  ok("device grant");
}
if (discovers) ok("discovery");
if (guide.refresh) {
  const first = await guide.refresh(tokens), second = await guide.refresh(first);
  assert.ok(new Set([tokens, first, second].map((one) => texts(one)[0])).size === 3 && texts(second)[1]);
  ok("refresh twice");
  tokens = second;
}
if (guide.isActive) {
  assert.equal(await guide.isActive(texts(tokens)[0]), true);
  ok("introspection");
}
// What a client without the right secret tries.
const attempt = (guide) => (guide.own ? guide.own() : guide.refresh ? guide.refresh(tokens) : guide.revoke(tokens));
if (guide.revoke) {
  await guide.revoke(tokens);
  if (guide.isActive) assert.equal(await guide.isActive(texts(tokens)[0]), false);
  else if (guide.refresh) await refused(() => guide.refresh(tokens), 400, "invalid_grant");
  ok("revocation");
}
if (secret || key) {
  const wrong = await configured("another secret than its own, and long enough", another);
  await refused(() => attempt(wrong), 401, "invalid_client");
  ok("wrong secret");
}
await ask("disable");
await refused(() => attempt(guide), 401, "invalid_client");
ok("disabled client");
process.exit(0);
