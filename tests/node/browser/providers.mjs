// OpenID providers that others wrote, on loopback: npm's oidc-provider, which is certified, and PyPI's oidc-provider-mock.
//
// PROVIDER_MOCK names a Python that has the second one.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createServer, request as ask } from "node:http";
import { after } from "node:test";
import { promisify } from "node:util";
import { exportJWK, generateKeyPair } from "jose";
import Provider, { interactionPolicy } from "oidc-provider";
import { latchkey, local, url } from "./harness.mjs";

// oidc-provider says at each start that it is not set up for production.
for (const level of ["info", "warn"]) {
  const say = console[level];
  console[level] = (...words) => { if (!`${words[0]}`.startsWith("oidc-provider ")) say(...words); };
}
// Another site than the service's, where the system has a second address of its own.
const host = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";
const running = [];
after(() => Promise.all(running.map((provider) => provider.close())));

/** Where the provider of the demo institution sends its users back to. */
export const redirect = (service = url) => `${service}/oauth2/callback?institution=128807`;
/** Of its users. */
export const namespace = "urn:mace:demo.example:login";
const secret = "0123456789-with-%-and-+-and-:-and-&-in-it";

/** An operator's command that asks a provider: this process answers meanwhile. */
export async function command(args, input = "") {
  const ran = promisify(execFile)(latchkey, [...args, "--json", ...local()]);
  ran.child.stdin.end(input);
  return JSON.parse((await ran).stdout);
}

/** Tells the service of the provider of the demo institution, as an operator does: all of it, since tests share the institution. */
export function register({ issuer, method, algorithm }, { claim = "sub", scope = "openid", only = false, days = "default" } = {}) {
  const options = {
    issuer, "client-id": "latchkey", secret: "-", namespace, "auth-method": method, algorithm, claim, scope, only, "refresh-days": days,
  };
  const given = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return command(["institution", "idp", "set", "128807", ...given], `${secret}\n`);
}

/**
 * npm's oidc-provider. Its pages ask for a login, which becomes the subject, and for consent.
 *
 * A test that sets `change` may answer in its place: the function gets `path`, `status`, `headers` and `body` of an answer and
 * returns what of it is another. `key` and `kid` are those that sign.
 */
export async function certified({ algorithm = "RS256", method = "client_secret_basic", selects = false, service = url } = {}) {
  const inner = createServer();
  await new Promise((ready) => inner.listen(0, "127.0.0.1", ready));
  const self = { algorithm, method, secret, service, asked: [] };
  const outer = createServer((request, response) => pass(self, inner.address().port, request, response));
  self.start = () => new Promise((ready) => outer.listen(self.port ?? 0, host, ready));
  await self.start();
  self.port = outer.address().port;
  self.issuer = `http://${host}:${self.port}`;
  /** Nothing listens at its address any more. */
  self.stop = () => new Promise((stopped) => { outer.close(stopped); outer.closeAllConnections(); });
  /** From now on, only a new key signs, and only that one is published. */
  self.rotate = async () => {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    self.key = privateKey;
    const jwk = { ...await exportJWK(privateKey), use: "sig", alg: algorithm, kid: crypto.randomUUID() };
    self.kid = jwk.kid;
    const provider = new Provider(self.issuer, settings(self, jwk, selects));
    provider.proxy = true;
    inner.removeAllListeners("request");
    inner.on("request", choosing(provider));
  };
  await self.rotate();
  self.close = async () => { await self.stop(); inner.close(); inner.closeAllConnections(); };
  self.signIn = (page, login) => through(page, self.issuer, { login, password: "any" });
  self.cancel = (page) => go(page, () => page.click("a[href$=abort]"));
  running.push(self);
  return self;
}

/** The provider, with a page of its own for the choice of an account: the package has one for login and consent only. */
function choosing(provider) {
  const handle = provider.callback();
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://provider");
    if (!/^\/interaction\/[\w-]+$/.test(pathname)) return handle(request, response);
    const { prompt } = await provider.interactionDetails(request, response);
    if (prompt.name !== "select_account") return handle(request, response);
    const accountId = searchParams.get("login");
    if (accountId) return provider.interactionFinished(request, response, { select_account: {}, login: { accountId } });
    response.setHeader("content-type", "text/html");
    response.end('<title>Accounts</title><form><input name="login"><button type="submit">Choose</button></form>');
  };
}

function settings({ algorithm, method, service }, jwk, selects) {
  const policy = interactionPolicy.base();
  const prompts = ["none", "login", "consent"];
  if (selects) {
    policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
    prompts.push("select_account");
  }
  return {
    clients: [{
      client_id: "latchkey", client_secret: secret, redirect_uris: [redirect(service)], token_endpoint_auth_method: method,
      id_token_signed_response_alg: algorithm,
    }],
    jwks: { keys: [jwk] },
    cookies: { keys: ["a key of the tests, the same after each start"] },
    interactions: { policy },
    discovery: { prompt_values_supported: prompts },
    // Claims of a scope stand in the ID token, as with the providers of institutions.
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: `${id}@demo.example`, email: "shared@demo.example" }),
    }),
    renderError: (context, out) => { context.type = "text"; context.body = `${out.error}: ${out.error_description}`; },
  };
}

/** Hands a request on to the provider, and its answer back, unless `change` has another one. */
async function pass(self, port, request, response) {
  const { method, url: path, headers } = request;
  self.asked.push(path.split("?")[0]);
  const [{ statusCode: status, headers: told }, body] = await new Promise((done, failed) => {
    const onward = ask({ port, host: "127.0.0.1", method, path, headers }, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      done([answer, Buffer.concat(parts)]);
    });
    onward.on("error", failed);
    request.pipe(onward);
  });
  const changed = await self.change?.({ path: path.split("?")[0], status, headers: told, body }, response);
  if (response.headersSent) return;
  const answer = changed ?? { status, headers: told, body };
  response.writeHead(answer.status ?? status, answer.headers ?? { "content-type": told["content-type"] });
  response.end(answer.body);
}

/** PyPI's oidc-provider-mock: one page, where a subject is typed. It names no `iss` and no method of clients. */
export async function mock() {
  const port = await new Promise((ready) => {
    const probe = createServer().listen(0, host, () => {
      const { port } = probe.address();
      probe.close(() => ready(port));
    });
  });
  const child = spawn(process.env.PROVIDER_MOCK ?? "python3", ["-m", "oidc_provider_mock", "--host", host, "--port", `${port}`],
    { stdio: "ignore" });
  const issuer = `http://${host}:${port}`;
  for (let tries = 0; ; tries++) {
    const there = await fetch(`${issuer}/jwks`).catch(() => undefined);
    if (there?.ok) break;
    if (tries === 600 || child.exitCode !== null) throw new Error("oidc-provider-mock does not start");
    await new Promise((later) => setTimeout(later, 100));
  }
  const self = { issuer, method: "client_secret_basic", algorithm: "RS256", close: () => child.kill() };
  self.signIn = (page, sub) => through(page, issuer, { sub });
  self.cancel = (page) => go(page, () => page.click("button[value=deny]"));
  running.push(self);
  return self;
}

/** What leads to another page, and that page. */
const go = (page, act) => Promise.all([page.waitForNavigation(), act()]);

/** Answers the forms of a provider, until the browser has left it. */
async function through(page, issuer, values) {
  await page.bringToFront();
  for (let tries = 0; page.url().startsWith(issuer); tries++) {
    assert.ok(tries < 200, `the provider goes on asking at ${page.url()}`);
    // A page that leads on by itself may be gone at any moment.
    await answer(page, values).catch(() => new Promise((later) => setTimeout(later, 50)));
  }
}
async function answer(page, values) {
  for (const [name, value] of Object.entries(values)) {
    if (await page.$(`[name=${name}]`)) await page.$eval(`[name=${name}]`, (field, typed) => (field.value = typed), value);
  }
  const button = await page.waitForSelector("button[type=submit]:not([name])", { timeout: 2000 });
  await Promise.all([page.waitForNavigation({ timeout: 20000 }), button.click()]);
}
