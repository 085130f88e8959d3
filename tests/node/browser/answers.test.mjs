// What the application is given, once the user has answered.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DAY, asking, browser, callback, given, heading, local, look, newcomer, press, run, serve, signIn, state, url } from "./harness.mjs";

test("a user signs in once, allows, and the application works on its refresh token", async () => {
  const page = await newcomer();
  await page.goto(asking());
  assert.equal(await heading(page), "Sign in");
  await look(page, "sign-in");
  await signIn(page, "not the password");
  assert.match(await page.title(), /^Problem: /);
  const problem = await page.$eval("[role=alert]", (element) => element.textContent);
  assert.match(problem, /wrong/);
  assert.equal(await page.$eval("#password", (field) => field.getAttribute("aria-describedby")), "problem");
  assert.equal(await page.$eval("#username", (field) => field.value), "demo");
  await look(page, "sign-in-failed");
  await signIn(page);
  assert.equal(await heading(page), "Allow Demo client of the local server?");
  const text = await page.$eval("main", (element) => element.textContent.replace(/[\u2068\u2069]/g, ""));
  for (const part of ["Demo Library", "Circulation", "signed in for about one day", "signed in as demo"]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  await look(page, "consent");
  await press(page, "Allow");
  assert.equal(given().get("state"), "a state & more");
  assert.equal(given().get("iss"), url);
  const tokens = run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"]);
  assert.equal(tokens.principalID, "demo-user");
  assert.ok(tokens.refresh_token_expires_in > DAY - 60);
  for (let round = 0; round < 3; round++) {
    assert.match(run(["token", "refresh", tokens.refresh_token, "--json"]).access_token, /^tk_/);
  }
  // The session lasts: another application's request goes straight to the question.
  await page.goto(asking({ scope: "WMS_ACQ" }));
  assert.match(await page.$eval("main", (element) => element.textContent), /for .*20.* minutes/);
});

test("a user denies, and the application is told", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await press(page, "Cancel");
  assert.equal(given().get("error"), "access_denied");
  await page.goto(asking());
  await signIn(page);
  await press(page, "Deny");
  assert.equal(given().get("error"), "access_denied");
  assert.ok(given().get("error_description").length > 0);
  assert.equal(given().get("http_code"), "403");
  assert.equal(given().get("state"), "a state & more");
  assert.equal(given().get("iss"), url);
});

test("a user picks an institution where the application names none, and the application is told which", async () => {
  const page = await newcomer();
  await page.goto(asking({ authenticatingInstitutionId: undefined, contextInstitutionId: undefined }));
  assert.equal(await heading(page), "Choose your institution");
  await look(page, "institution");
  await page.click("input[value='128807']");
  await press(page, "Continue");
  await signIn(page);
  await press(page, "Allow");
  assert.equal(given().get("authenticating_institution_id"), "128807");
  assert.equal(given().get("context_institution_id"), "128807");
  run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"]);
});

test("PKCE holds: the right verifier redeems, a wrong one and none do not", async () => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const page = await newcomer();
  await page.goto(asking({ code_challenge: challenge, code_challenge_method: "S256" }));
  await signIn(page);
  await press(page, "Allow");
  const redeem = (...more) =>
    run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json", ...more]);
  const quiet = (call) => assert.throws(call, (error) => /verifier/.test(error.stdout));
  quiet(() => redeem());
  quiet(() => redeem("--code-verifier", "x".repeat(43)));
  assert.match(redeem("--code-verifier", verifier).access_token, /^tk_/);
});

test("a code that nobody redeemed in time is of no use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
  const short = await serve(folder, { LATCHKEY_CODE_SECONDS: "1" });
  try {
    const page = await newcomer();
    await page.goto(asking().replace(url, short.url));
    await signIn(page);
    await press(page, "Allow");
    await new Promise((later) => setTimeout(later, 2100));
    const key = { ...short.key, LATCHKEY_URL: short.url };
    const args = ["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"];
    assert.throws(() => run(args, { key }), (error) => /expired/.test(error.stdout));
  } finally {
    short.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the user-agent flow gives tokens in the fragment, in the order that clients slice by", async () => {
  const client = run(["client", "create", "--client-id", "mobile", "--name", "A phone's application", "--grant-type", "implicit",
    "--grant-type", "refresh_token", "--scope", "WMS_NCIP", "--institution", "128807", "--redirect-uri", callback, "--json", ...local()]);
  const page = await newcomer();
  await page.goto(asking({ response_type: "token" }));
  assert.equal(new URL(page.url()).hash.split("=")[0], "#error", "the demo client is not registered for it");
  await page.goto(asking({ response_type: "token", client_id: "mobile" }));
  await signIn(page);
  await press(page, "Allow");
  // A browser takes the fragment along to where the application goes on.
  const fragment = new URL(page.url()).hash.slice(1);
  const names = fragment.split("&").map((pair) => pair.split("=")[0]);
  assert.deepEqual(names, ["access_token", "principalID", "principalIDNS", "context_institution_id", "authenticating_institution_id",
    "token_type", "expires_in", "state", "expires_at", "refresh_token", "refresh_token_expires_in", "refresh_token_expires_at"]);
  assert.ok(fragment.endsWith("Z"));
  const read = Object.fromEntries(fragment.split("&").map((pair) => pair.split("=").map(decodeURIComponent)));
  assert.equal(read.state, "a state & more");
  assert.match(read.expires_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  const key = { LATCHKEY_CLIENT_ID: "mobile", LATCHKEY_SECRET: client.secret, LATCHKEY_URL: url };
  assert.match(run(["token", "refresh", read.refresh_token, "--json"], { key }).access_token, /^tk_/);
});

test("an application at an address of IPv6 gets its answer", async () => {
  const six = `http://[::1]:${new URL(callback).port}/callback`;
  run(["client", "create", "--client-id", "six", "--name", "Six", "--grant-type", "authorization_code", "--scope", "WMS_NCIP",
    "--institution", "128807", "--redirect-uri", "http://[::1]/callback", "--json", ...local()]);
  const page = await newcomer();
  await page.goto(asking({ client_id: "six", redirect_uri: six, scope: "WMS_NCIP" }));
  await signIn(page);
  await press(page, "Allow");
  assert.match(given().get("code"), /^auth_/);
});
