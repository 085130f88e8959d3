// What a user allowed, and the end of it: the page of the applications that may use the account.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, callback, given, heading, look, newcomer, press, run, signIn, url } from "./harness.mjs";

const demo = "Demo client of the local server";
const spoken = (element) => element.textContent.replace(/[\u2068\u2069]/g, "");
const text = (page) => page.$eval("main", spoken);
const endFirst = (page) => Promise.all([page.waitForNavigation(), page.click("button[name=end]")]);
const refresh = (token) => run(["token", "refresh", token, "--json"]);

/** The refresh token of an application that the user allows in this browser. */
async function allow(page) {
  await page.goto(asking());
  if ((await heading(page)) === "Sign in") await signIn(page);
  await press(page, "Allow");
  const args = ["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"];
  return run(args).refresh_token;
}

test("a user sees what was allowed and ends it, and the application gets nothing more", async () => {
  const page = await newcomer();
  // The question itself says where it can be undone.
  await page.goto(asking());
  await signIn(page);
  const undo = await page.$eval("a[href=applications]", (link) => [link.target, link.rel]);
  assert.deepEqual(undo, ["_blank", "noopener noreferrer"]);
  const tokens = [await allow(page), await allow(page)];
  for (const token of tokens) assert.match(refresh(token).access_token, /^tk_/);

  // In another browser, where no user is signed in.
  const other = await newcomer();
  await other.goto(`${url}/oauth2/applications`);
  assert.equal(await heading(other), "Choose your institution");
  await look(other, "applications-institution");
  await other.click("input[value='128807']");
  await press(other, "Continue");
  assert.equal(await heading(other), "Sign in");
  assert.ok((await text(other)).includes("to see which applications may use it"));
  await look(other, "applications-sign-in");
  await signIn(other, "not the password");
  assert.match(await other.title(), /^Problem: /);
  await signIn(other);
  assert.equal(await heading(other), "Applications that may use your account");
  const told = await text(other);
  for (const part of [demo, "127.0.0.1", "Demo Library", "Circulation", "Allowed on", "Ends on", "signed in as demo"]) {
    assert.ok(told.includes(part), `${part} in ${told}`);
  }
  assert.equal((await other.$$("h2")).length, 1, "both grants are one application");
  await look(other, "applications");

  // By keyboard only.
  const stale = await newcomer();
  await stale.goto(`${url}/oauth2/applications?institution=128807`);
  await signIn(stale);
  assert.equal(await other.$eval("button[name=end]", spoken), `End access of ${demo}`);
  await other.focus("button[name=end]");
  await Promise.all([other.waitForNavigation(), other.keyboard.press("Enter")]);
  assert.equal(await other.$eval("[role=status]", spoken), `${demo} can no longer use your account.`);
  assert.ok((await text(other)).includes("No application may use your account."));
  await look(other, "applications-ended");
  for (const token of tokens) assert.throws(() => refresh(token), ({ stdout, stderr }) => /invalid_grant/.test(stdout + stderr));

  // A page that was open meanwhile has nothing left to end.
  await endFirst(stale);
  assert.ok((await text(stale)).includes("There was nothing to end"));

  // Signing out leads there, and the application can be allowed again.
  await other.goto(`${url}/oauth2/signOut`);
  await Promise.all([other.waitForNavigation(), other.click("a[href=applications]")]);
  assert.equal(await heading(other), "Applications that may use your account");
  assert.match(refresh(await allow(page)).access_token, /^tk_/);
});

test("the page is in German where the browser asks for it", async () => {
  const page = await newcomer({ language: "de" });
  await page.goto(asking());
  await page.type("#username", "demo");
  await page.type("#password", "latchkey");
  await press(page, "Anmelden");
  await press(page, "Erlauben");
  await page.goto(`${url}/oauth2/applications`);
  assert.equal(await heading(page), "Anwendungen, die Ihr Konto nutzen dürfen");
  await look(page, "applications-de");
  await endFirst(page);
  assert.ok((await text(page)).includes("Keine Anwendung darf Ihr Konto nutzen."));
});
