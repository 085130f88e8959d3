// An application that runs in the browser: a public client, whose scripts call the service from another origin.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { heading, local, newcomer, press, run, signIn, url } from "./harness.mjs";

/** A server with one page, for the application and for another one. */
async function page(t) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<title>The application</title>");
  });
  await new Promise((ready) => server.listen(0, ready));
  t.after(() => server.close());
  return server.address().port;
}

/** What the page's own script gets of the service: status and answer, or the name of what the browser throws. */
const ask = (page, place, form) =>
  page.evaluate(
    async (place, form) => {
      const asked = form ? { method: "POST", body: new URLSearchParams(form) } : {};
      try {
        const answer = await fetch(place, asked);
        return { status: answer.status, body: await answer.json() };
      } catch (error) {
        return { thrown: error.name };
      }
    },
    place,
    form,
  );

/** A public client whose page has this origin, and what each of its authorization requests has. */
async function application(browser, port) {
  const origin = `http://127.0.0.1:${port}`, redirect_uri = `${origin}/callback`;
  const { client_id } = run(["client", "create", "--name", "In a browser", "--auth-method", "none", "--grant-type",
    "authorization_code", "--scope", "WMS_NCIP", "--institution", "128807", "--redirect-uri", redirect_uri,
    "--origin", origin, "--json", ...local()]);
  await browser.goto(origin);
  const { body: metadata } = await ask(browser, `${url}/.well-known/oauth-authorization-server`);
  const [verifier, code_challenge] = await browser.evaluate(async () => {
    const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const verifier = encode(crypto.getRandomValues(new Uint8Array(32)));
    return [verifier, encode(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)))];
  });
  const asked = { client_id, redirect_uri, response_type: "code", scope: "WMS_NCIP", code_challenge, code_challenge_method: "S256" };
  return { client_id, redirect_uri, metadata, verifier, asked };
}

test("an application in a browser signs a user in, and its origin alone reads what it gets", async (t) => {
  const port = await page(t);
  const browser = await newcomer();
  const { client_id, redirect_uri, metadata, verifier, asked } = await application(browser, port);
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes("none"));
  const request = new URLSearchParams({ ...asked, state: "s", institution: "128807" });
  await browser.goto(`${metadata.authorization_endpoint}?${request}`);
  await signIn(browser);
  await press(browser, "Allow");
  const code = new URL(browser.url()).searchParams.get("code");
  const redeeming = { grant_type: "authorization_code", client_id, code, redirect_uri, code_verifier: verifier };
  // The same page under another origin sends the form, too, and reads nothing. It spends nothing either.
  const other = await newcomer();
  await other.goto(`http://localhost:${port}`);
  const stolen = await ask(other, metadata.token_endpoint, { ...redeeming, code_verifier: "a".repeat(43) });
  assert.deepEqual(stolen, { thrown: "TypeError" });
  const tokens = await ask(browser, metadata.token_endpoint, redeeming);
  assert.deepEqual([tokens.status, "refresh_token" in tokens.body], [200, false], JSON.stringify(tokens.body));
  const token = tokens.body.access_token;
  const revoked = await ask(browser, metadata.revocation_endpoint, { client_id, token });
  assert.deepEqual(revoked, { status: 200, body: {} });
  // A refusal is read as well: its developer must see why.
  const again = await ask(browser, metadata.token_endpoint, redeeming);
  assert.deepEqual([again.status, again.body.error], [400, "invalid_grant"]);
  assert.deepEqual(await ask(browser, metadata.introspection_endpoint, { client_id, token }), { thrown: "TypeError" });
  // A script may ask beforehand, for a form and no more.
  const preflight = (page, headers) => page.evaluate(async (place, headers) => {
    try {
      return (await fetch(place, { method: "POST", headers, body: "grant_type=x" })).status;
    } catch (error) {
      return error.name;
    }
  }, metadata.token_endpoint, headers);
  assert.equal(await preflight(browser, { authorization: "Basic YTpi" }), "TypeError");
});

test("an application in a browser pushes its request, and no address on its user's way shows it", async (t) => {
  const port = await page(t);
  const browser = await newcomer();
  const { client_id, redirect_uri, metadata, verifier, asked } = await application(browser, port);
  const pushing = { ...asked, state: "a state that no address shows", ui_locales: "de" };
  const pushed = await ask(browser, metadata.pushed_authorization_request_endpoint, pushing);
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body));
  const seen = [];
  browser.on("framenavigated", (frame) => seen.push(frame.url()));
  const request = new URLSearchParams({ client_id, request_uri: pushed.body.request_uri });
  await browser.goto(`${metadata.authorization_endpoint}?${request}`);
  // The user chooses, mistypes, and signs in: each page has the request from the one before.
  await browser.click("input[value='128807']");
  await press(browser, "Weiter");
  for (const [password, title] of [["wrong", "Anmelden"], ["latchkey", "Möchten Sie In a browser Zugriff geben?"]]) {
    await browser.$eval("#username", (field) => (field.value = ""));
    await browser.type("#username", "demo");
    await browser.type("#password", password);
    await press(browser, "Anmelden");
    assert.equal(await heading(browser), title);
  }
  const ours = seen.filter((address) => address.startsWith(url));
  assert.ok(ours.length >= 4, seen.join("\n"));
  for (const address of ours) {
    for (const hidden of ["state", "callback", "WMS_NCIP", "code_challenge"]) assert.ok(!address.includes(hidden), address);
  }
  await press(browser, "Erlauben");
  const given = new URL(browser.url()).searchParams;
  assert.equal(given.get("state"), pushing.state);
  const redeeming = { grant_type: "authorization_code", client_id, code: given.get("code"), redirect_uri, code_verifier: verifier };
  const tokens = await ask(browser, metadata.token_endpoint, redeeming);
  assert.deepEqual([tokens.status, tokens.body.context_institution_id], [200, "128807"], JSON.stringify(tokens.body));
});
