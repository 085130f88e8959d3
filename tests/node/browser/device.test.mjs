// A device without a browser: its user types the code that it shows, or opens its link, in a browser elsewhere.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { heading, latchkey, local, look, newcomer, press, run, signIn, url } from "./harness.mjs";

/** The project's own command as a device; `key` is another client's. */
function device(key, more = ["--institution", "128807"]) {
  const words = ["token", "device", "--scope", "WMS_NCIP refresh_token", "--json", ...more];
  const child = spawn(latchkey, words, { env: { ...process.env, ...key, LATCHKEY_URL: url } });
  let said = "", printed = "";
  child.stdout.on("data", (chunk) => (printed += chunk));
  const code = new Promise((shown, failed) => {
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const link = said.match(/http\S+\?user_code=(\S+)/);
      if (link) shown({ link: link[0], code: link[1] });
    });
    child.on("exit", () => failed(new Error(said + printed)));
  });
  const ended = new Promise((end) => child.on("exit", (status) => end({ status, printed, said })));
  return { child, code, ended };
}
/** A client that is registered for the grant type, made once. */
let terminal;
async function begun(more) {
  terminal ??= registered();
  const { child, code, ended } = device(terminal, more);
  return { child, ended, ...(await code) };
}
function registered() {
  const { client_id, secret } = run(["client", "create", "--name", "Terminal 3", "--grant-type",
    "urn:ietf:params:oauth:grant-type:device_code", "--grant-type", "refresh_token", "--scope", "WMS_NCIP",
    "--institution", "128807", "--institution", "91475", "--json", ...local()]);
  return { LATCHKEY_CLIENT_ID: client_id, LATCHKEY_SECRET: secret };
}
const text = (page) => page.$eval("main", (element) => element.textContent.replace(/[\u2068\u2069]/g, ""));
const page_of = "/oauth2/device";

test("a user types a device's code, signs in, allows, and the device gets its tokens", async () => {
  const { code, ended } = await begun();
  const page = await newcomer();
  await page.goto(url + page_of);
  assert.equal(await heading(page), "Connect a device");
  await look(page, "device");
  // A code that was never made.
  await page.type("#user_code", "BBBB-BBBB");
  await press(page, "Continue");
  assert.match(await page.title(), /^Problem: /);
  assert.match(await page.$eval("[role=alert]", (element) => element.textContent), /not valid/);
  await look(page, "device-unknown");
  // By keyboard alone, in small letters and without the hyphen.
  await page.$eval("#user_code", (field) => (field.value = ""));
  await page.focus("#user_code");
  await page.keyboard.type(code.toLowerCase().replace("-", ""));
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await heading(page), "Sign in");
  assert.ok((await text(page)).includes("Terminal 3 wants to act on your behalf"));
  await signIn(page);
  assert.equal(await heading(page), "Allow Terminal 3?");
  const question = await text(page);
  for (const part of [code, "A device asks for this", "choose Deny", "Circulation", "Demo Library"]) {
    assert.ok(question.includes(part), `${part} in ${question}`);
  }
  await look(page, "device-consent");
  await press(page, "Allow");
  assert.equal(await heading(page), "Go back to your device");
  assert.ok((await text(page)).includes("You can close this page"));
  await look(page, "device-allowed");
  const { status, printed } = await ended;
  assert.equal(status, 0, printed);
  assert.equal(JSON.parse(printed).principalID, "demo-user");
  // The same page again: an answer that was sent counts once, and the code is used.
  await page.goto(url + page_of);
  await page.type("#user_code", code);
  await press(page, "Continue");
  assert.match(await page.$eval("[role=alert]", (element) => element.textContent), /not valid/);
});

test("a device's link never allows by itself, and Deny works", async () => {
  const { code, link, ended } = await begun();
  const page = await newcomer();
  // Signed in before: the link must not go to the question, and certainly not past it.
  await page.goto(link);
  await press(page, "Continue");
  await signIn(page);
  await page.goto(link);
  assert.equal(await heading(page), "Connect a device");
  assert.equal(await page.$eval("#user_code", (field) => field.value), code);
  assert.equal(await page.$("button[value=allow]"), null);
  assert.equal((await page.$$("meta[http-equiv=refresh], script")).length, 0);
  await look(page, "device-link");
  await press(page, "Continue");
  assert.equal(await heading(page), "Allow Terminal 3?");
  await press(page, "Deny");
  assert.equal(await heading(page), "You have denied access");
  await look(page, "device-denied");
  const { status, printed } = await ended;
  assert.equal(status, 1);
  assert.equal(JSON.parse(printed).error, "access_denied");
});

test("of two tabs with one device's code, the first answer counts", async () => {
  const { code, ended } = await begun();
  const first = await newcomer();
  const second = await first.browserContext().newPage();
  for (const tab of [first, second]) {
    await tab.goto(url + page_of);
    await tab.type("#user_code", code);
  }
  await press(first, "Continue");
  await signIn(first);
  await press(second, "Continue");
  assert.equal(await heading(second), "Allow Terminal 3?");
  await press(first, "Deny");
  await press(second, "Allow");
  assert.match(await text(second), /This code is not valid/);
  assert.equal(JSON.parse((await ended).printed).error, "access_denied");
});

test("the address behind a device's code leads nowhere in another browser", async () => {
  const { code, child } = await begun();
  const page = await newcomer();
  await page.goto(url + page_of);
  await page.type("#user_code", code);
  await press(page, "Continue");
  const victim = await newcomer();
  await victim.goto(page.url());
  assert.equal(await heading(victim), "Connect a device");
  assert.equal(await victim.$eval("#user_code", (field) => field.value), "");
  child.kill();
});

test("a user picks the institution where the device named none, in German", async () => {
  const { code, ended } = await begun([]);
  const page = await newcomer({ language: "de" });
  await page.goto(url + page_of);
  assert.equal(await heading(page), "Ein Gerät verbinden");
  await page.type("#user_code", code);
  await press(page, "Weiter");
  assert.equal(await heading(page), "Wählen Sie Ihre Einrichtung");
  await page.click("input[value='128807']");
  await press(page, "Weiter");
  await page.type("#username", "demo");
  await page.type("#password", "latchkey");
  await press(page, "Anmelden");
  await look(page, "device-consent-de");
  await press(page, "Erlauben");
  assert.equal(await heading(page), "Gehen Sie zurück zu Ihrem Gerät");
  assert.equal(JSON.parse((await ended).printed).context_institution_id, "128807");
});
