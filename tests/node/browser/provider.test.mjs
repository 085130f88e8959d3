// Sign-in by the OpenID provider of an institution: the whole way there and back, at providers that others wrote.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrived, asking, callback, given, heading, local, look, newcomer, press, read, run, signIn, url } from "./harness.mjs";
import { authorize } from "./function.mjs";
import { certified, mock, namespace, redirect, register } from "./providers.mjs";

const button = "Continue to the sign-in of \u2068Demo Library\u2069";
const spoken = (element) => element.textContent.replace(/[\u2068\u2069]/g, "");
const text = (page) => page.$eval("main", spoken);
const remove = () => run(["institution", "idp", "remove", "128807", "--yes", "--json", ...local()]);

/** A user who is sent by the application and signs in at the provider. */
async function arrive(provider, login, page = undefined, more = {}) {
  page ??= await newcomer();
  await page.goto(asking(more));
  await press(page, button);
  await provider.signIn(page, login);
  return page;
}

/** What an API is told of a token. */
let api;
function introspect(token) {
  api ??= run(["client", "create", "--name", "An API", "--introspects", "*", "--json", ...local()]);
  const key = { LATCHKEY_CLIENT_ID: api.client_id, LATCHKEY_SECRET: api.secret, LATCHKEY_URL: url };
  return run(["token", "introspect", token, "--json"], { key });
}

/** Follows the way that a page of an error leads on. */
const again = (page) => Promise.all([page.waitForNavigation(), page.click("a.button")]);

/** What the code of the last answer gets. */
function redeem() {
  const args = ["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"];
  return run(args);
}

test("a user signs in by providers that others wrote, and the application gets tokens", async () => {
  for (const [begin, claims, principal] of [
    [() => certified(), {}, "ada"],
    [() => certified({ algorithm: "ES256", method: "client_secret_post" }),
      { claim: "preferred_username", scope: "openid profile" }, "ada@demo.example"],
    [mock, {}, "ada"],
  ]) {
    const provider = await begin();
    await register(provider, claims);
    const page = await arrive(provider, "ada");
    assert.match(await heading(page), /^Allow/);
    await press(page, "Allow");
    const tokens = redeem();
    assert.deepEqual([tokens.principalID, tokens.principalIDNS], [principal, namespace]);
    const refreshed = run(["token", "refresh", tokens.refresh_token, "--json"]);
    const told = introspect(refreshed.access_token);
    assert.deepEqual([told.active, told.principalID, told.principalIDNS], [true, principal, namespace]);
    // The user ends it, without another sign-in.
    await page.goto(`${url}/oauth2/applications`);
    await Promise.all([page.waitForNavigation(), page.click("button[name=end]")]);
    const again = () => run(["token", "refresh", tokens.refresh_token, "--json"]);
    assert.throws(again, ({ stdout, stderr }) => /invalid_grant/.test(stdout + stderr));
    assert.equal(introspect(refreshed.access_token).active, false);
  }
});

test("the function that Lambda runs takes a user to the provider and back", async () => {
  const service = await authorize();
  const provider = await certified({ service });
  await register(provider);
  const page = await newcomer();
  await page.goto(asking().replace(url, service));
  await press(page, button);
  await provider.signIn(page, "ada");
  assert.match(await heading(page), /^Allow/);
  await press(page, "Allow");
  assert.equal(given().get("iss"), service);
  assert.equal(redeem().principalID, "ada");
});

test("the sign-in page offers the provider beside the password, and only the provider where an operator says so", async () => {
  const provider = await certified();
  await register(provider);
  const page = await newcomer();
  await page.goto(asking());
  assert.ok(await page.$("#password"));
  await look(page, "provider");
  await register(provider, { only: true });
  await page.goto(asking());
  assert.equal(await page.$("#password"), null);
  await look(page, "provider-only");
  const german = await newcomer({ language: "de" });
  await german.goto(asking());
  await look(german, "provider-de");
  await register(provider);
  // The password of a user of the same name is another user's.
  const local = await newcomer();
  await local.goto(asking());
  await signIn(local);
  await press(local, "Allow");
  assert.notEqual(redeem().principalIDNS, namespace);
});

test("a user who cancels at the provider is told so and may start again", async () => {
  const provider = await certified();
  await register(provider);
  const page = await newcomer();
  await page.goto(asking());
  await press(page, button);
  await provider.cancel(page);
  await look(page, "provider-cancelled");
  await again(page);
  assert.equal(await heading(page), "Sign in");
  await press(page, button);
  await provider.signIn(page, "ada");
  assert.match(await heading(page), /^Allow/);
  // One that does not say whose sign-in was cancelled.
  const other = await mock();
  await register(other);
  const elsewhere = await newcomer();
  await elsewhere.goto(asking());
  await press(elsewhere, button);
  await other.cancel(elsewhere);
  assert.equal(await heading(elsewhere), "Something went wrong");
  assert.deepEqual(arrived, []);
});

test("a provider that goes away while its user is there is named on a page, and nothing is minted", async () => {
  const provider = await certified();
  await register(provider);
  const page = await newcomer();
  await page.goto(asking());
  await press(page, button);
  // It answers the browser, and then no longer.
  provider.change = ({ path }, response) => { if (path === "/token") response.destroy(); };
  await provider.signIn(page, "ada");
  assert.match(await text(page), /does not answer/);
  await look(page, "provider-unreachable");
  assert.deepEqual(arrived, []);
  provider.change = undefined;
  await again(page);
  await press(page, button);
  await page.waitForSelector("h1");
  assert.match(await heading(page), /^Allow/, "the user is still signed in at the provider");
});

test("keys that the provider rotates are found without the operator", async () => {
  const provider = await certified({ algorithm: "ES256" });
  await register(provider);
  for (const turn of [1, 2]) {
    await provider.rotate();
    const page = await arrive(provider, `user ${turn}`);
    assert.match(await heading(page), /^Allow/);
  }
  assert.equal(provider.asked.filter((path) => path === "/jwks").length, 3, "one for the operator, and one for each rotation");
});

test("a provider that an operator changes or removes ends its users' sessions", async () => {
  const provider = await certified();
  for (const change of [() => register(provider, { claim: "preferred_username", scope: "openid profile" }), remove]) {
    await register(provider);
    const page = await arrive(provider, "ada");
    assert.match(await heading(page), /^Allow/);
    // Neither a secret nor a bound says who a user is.
    await register(provider, { days: 7 });
    await page.goto(asking());
    assert.match(await heading(page), /^Allow/);
    await change();
    await press(page, "Allow");
    assert.equal(await heading(page), "Something went wrong");
    await page.goto(asking());
    assert.equal(await heading(page), "Sign in");
    assert.deepEqual(arrived, []);
  }
});

test("two tabs sign in at once, each for its own request", async () => {
  const provider = await certified();
  await register(provider);
  const first = await newcomer();
  const second = await first.browserContext().newPage();
  await second.setExtraHTTPHeaders({ "accept-language": "en" });
  for (const [tab, state] of [[first, "one"], [second, "two"]]) {
    await tab.goto(asking({ state }));
    await press(tab, button);
  }
  await provider.signIn(second, "ada");
  assert.match(await heading(second), /^Allow/);
  await provider.signIn(first, "ada");
  assert.match(await heading(first), /^Allow/);
  await press(second, "Allow");
  assert.equal(given().get("state"), "two");
  await press(first, "Allow");
  assert.equal(given().get("state"), "one");
});

test("an answer of the provider counts once and in its own browser only", async () => {
  const provider = await certified();
  await register(provider);
  const page = await newcomer();
  let answer;
  page.on("request", (request) => { if (request.url().startsWith(redirect())) answer = request.url(); });
  await arrive(provider, "ada", page);
  const other = await newcomer();
  for (const [where, what] of [[page, "This sign-in is over"], [other, "Something went wrong"]]) {
    await where.goto(answer);
    assert.equal(await heading(where), what);
  }
  await other.goto(asking());
  assert.equal(await heading(other), "Sign in");
  await page.goto(asking());
  assert.match(await heading(page), /^Allow/);
});

test("a user signs out here, is told of the provider, and takes another account there", async () => {
  for (const selects of [false, true]) {
    const provider = await certified({ selects });
    await register(provider);
    const page = await arrive(provider, "ada");
    let sent;
    page.on("request", (request) => {
      if (request.url().startsWith(`${provider.issuer}/auth?`)) sent = new URL(request.url()).searchParams;
    });
    await press(page, "Use another account");
    assert.equal(await heading(page), "Sign in");
    await press(page, button);
    assert.equal(sent.get("prompt"), selects ? "select_account" : "login");
    await provider.signIn(page, "grace");
    await press(page, "Allow");
    assert.equal(redeem().principalID, "grace");
    await page.goto(`${url}/oauth2/signOut`);
    await press(page, "Sign out");
    assert.ok(await page.$(`a[href^="${provider.issuer}/session/end"]`));
    await look(page, "provider-signed-out");
  }
});

test("an application may have the user authenticate again, and the provider is asked to", async () => {
  const provider = await certified();
  await register(provider);
  const page = await arrive(provider, "ada");
  const sent = [];
  page.on("request", (request) => {
    if (request.url().startsWith(`${provider.issuer}/auth?`)) sent.push(new URL(request.url()).searchParams);
  });
  for (const more of [{ prompt: "login" }, { max_age: "0" }]) {
    // The sign-in before is a second old then.
    await read();
    await page.goto(asking(more));
    assert.equal(await heading(page), "Sign in");
    await press(page, button);
    await provider.signIn(page, "ada");
    assert.match(await heading(page), /^Allow/);
    for (const [name, value] of Object.entries(more)) assert.equal(sent.at(-1).get(name), value);
  }
});
