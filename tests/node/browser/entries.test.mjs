// What users type and applications ask for, in spellings that differ.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { arrived, asking, callback, given, heading, local, look, newcomer, press, run, serve, signIn, url } from "./harness.mjs";

/** A client that an operator registers. */
function register(id, redirectUri = callback) {
  return run(["client", "create", "--client-id", id, "--name", `The client ${id}`, "--grant-type", "authorization_code",
    "--scope", "WMS_NCIP", "--institution", "*", "--redirect-uri", redirectUri, "--json", ...local()]);
}

test("a user finds an institution without its accents, and the list is in the order of readers", async () => {
  const names = ["Zentralbibliothek", "Österreichische Nationalbibliothek", "Oxford", "Łódź University", "London", "İstanbul Üniversitesi",
    "Branch 10", "Branch 2", "Branch 1", "ärztliche Bibliothek", "Arztarchiv"];
  names.forEach((name, at) => run(["institution", "add", `b${at}`, "--name", name, "--json", ...local()]));
  register("everywhere");
  const page = await newcomer();
  const neither = { authenticatingInstitutionId: undefined, contextInstitutionId: undefined, scope: "WMS_NCIP", client_id: "everywhere" };
  const shown = () => page.$$eval(".choice", (labels) => labels.map((label) => label.textContent.trim()));
  await page.goto(asking(neither));
  assert.deepEqual(await shown(), ["Arztarchiv", "ärztliche Bibliothek", "Branch 1", "Branch 2", "Branch 10", "Demo Library",
    "İstanbul Üniversitesi", "Łódź University", "London", "Österreichische Nationalbibliothek", "Oxford", "Second Library",
    "Zentralbibliothek"]);
  await look(page, "institutions");
  for (const [typed, name] of [["istanbul", "İstanbul Üniversitesi"], ["OSTERREICH", "Österreichische Nationalbibliothek"],
    ["lodz", "Łódź University"], ["LO\u0301DZ", "Łódź University"], ["branch 10", "Branch 10"]]) {
    await page.$eval("#find", (field) => (field.value = ""));
    await page.type("#find", typed);
    await press(page, "Search");
    assert.deepEqual(await shown(), [name], typed);
  }
  await page.click(".choice input");
  await press(page, "Continue");
  assert.equal(await heading(page), "Sign in");
});

test("a password with blanks is right with the blank of any keyboard", async () => {
  run(["user", "add", "--institution", "128807", "blanche", "--json", ...local()], { input: "three\u3000long words\n" });
  for (const typed of ["three long words", "three\u00a0long\u2009words", "three\u3000long words"]) {
    const page = await newcomer();
    await page.goto(asking());
    await signIn(page, typed, "blanche");
    assert.match(await heading(page), /^Allow/, JSON.stringify(typed));
  }
});

test("an application at localhost gets its answer at any port", async () => {
  register("named", "http://localhost/callback");
  const page = await newcomer();
  const there = callback.replace("127.0.0.1", "localhost");
  await page.goto(asking({ client_id: "named", redirect_uri: there, scope: "WMS_NCIP" }));
  await signIn(page);
  await press(page, "Allow");
  assert.match(given().get("code"), /^auth_/);
});

test("an application chooses the language, whatever the browser prefers", async () => {
  const page = await newcomer({ language: "en" });
  const language = () => page.$eval("html", (element) => element.lang);
  await page.goto(asking({ ui_locales: "fr de" }));
  assert.deepEqual([await heading(page), await language()], ["Anmelden", "de"]);
  await page.type("#username", "demo");
  await page.type("#password", "not the password");
  await press(page, "Anmelden");
  assert.equal(await language(), "de", "a refused sign-in");
  await page.type("#password", "latchkey");
  await press(page, "Anmelden");
  assert.match(await heading(page), /^Möchten Sie/);
  await press(page, "Anderes Konto verwenden");
  assert.equal(await heading(page), "Anmelden");
});

test("an application that asks for a response mode that is not served is told", async () => {
  const page = await newcomer();
  await page.goto(asking({ response_mode: "form_post" }));
  assert.equal(given().get("error"), "invalid_request");
  assert.match(given().get("error_description"), /response_mode/);
});

test("a form that the user's own browser sends anew is not taken for one of another site", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  const form = await page.$eval("[name=form]", (field) => field.value);
  // A navigation that no page began, as when a browser restores its tabs.
  await page.setRequestInterception(true);
  page.once("request", (request) => request.continue({
    method: "POST", postData: new URLSearchParams({ form, action: "deny" }).toString(),
    headers: { ...request.headers(), "content-type": "application/x-www-form-urlencoded" },
  }));
  let site;
  page.on("request", (request) => { if (request.isInterceptResolutionHandled() === false) request.continue(); });
  page.on("response", async (response) => { if (response.url() === `${url}/oauth2/authorizeCode`) site = response.status(); });
  await page.goto(`${url}/oauth2/authorizeCode`);
  for (let wait = 0; wait < 1200 && arrived.length === 0; wait++) await new Promise((later) => setTimeout(later, 50));
  assert.notEqual(site, 403);
  assert.equal(given().get("error"), "access_denied");
});

test("a script of another origin reads the metadata document and nothing else", async () => {
  const page = await newcomer();
  await page.goto(callback.replace("/callback", "/home"));
  const read = (path, init) => page.evaluate(async (address, options) => {
    try {
      const response = await fetch(address, options);
      return await response.text();
    } catch (error) {
      return String(error);
    }
  }, `${url}${path}`, init);
  const metadata = "/.well-known/oauth-authorization-server";
  assert.equal(JSON.parse(await read(metadata)).issuer, url);
  // A header of its own makes the browser ask first.
  assert.equal(JSON.parse(await read(metadata, { headers: { "x-version": "1" } })).issuer, url);
  for (const [path, init] of [["/oauth2/signOut", {}], ["/oauth2/style.css", {}], ["/oauth2/accessToken", { method: "POST" }]]) {
    assert.match(await read(path, init), /Failed to fetch/, path);
  }
});

test("a user who lost a password finds help, and an error has a number to quote", async () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
  const helpful = await serve(folder, { LATCHKEY_PAGE_HELP_URL: "https://library.example/help?from=sign-in" });
  try {
    const page = await newcomer();
    const links = () => page.$$eval("a[target=_blank]", (found) => found.map((link) => [link.textContent, link.href]));
    await page.goto(asking().replace(url, helpful.url));
    assert.deepEqual(await links(), [["Have you forgotten your username or password?", "https://library.example/help?from=sign-in"],
      ["Get help", "https://library.example/help?from=sign-in"]]);
    await look(page, "sign-in-help");
    await page.goto(asking({ client_id: "nobody" }).replace(url, helpful.url));
    assert.equal((await links()).length, 1);
    const text = await page.$eval("main", (element) => element.textContent);
    assert.match(text, /quote the number of this request:\s+[0-9a-f-]{36}/);
    await look(page, "error-help");
    await page.goto(`${helpful.url}/oauth2/signOut`);
    assert.equal(await heading(page), "You are not signed in");
    await look(page, "not-signed-in");
  } finally {
    helpful.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
