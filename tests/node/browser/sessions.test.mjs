// Tabs and sessions: who is signed in where, and until when.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrived, asking, heading, local, look, newcomer, press, run, signIn, url } from "./harness.mjs";

test("a tab from before the sign-in, and one from before a sign-out, allow nothing", async () => {
  const page = await newcomer();
  await page.goto(asking());
  const stale = await page.browserContext().newPage();
  await stale.setExtraHTTPHeaders({ "accept-language": "en" });
  await stale.goto(asking());
  await signIn(page);
  // Its answer is not looked at: the question is put anew, in the session that there is now.
  await signIn(stale, "not the password");
  assert.match(await heading(stale), /^Allow/);
  await press(page, "Use another account");
  assert.equal(await heading(page), "Sign in");
  await press(stale, "Allow");
  assert.equal(await heading(stale), "Something went wrong");
  await look(stale, "stale");
  // The way out leads to the same request.
  await Promise.all([stale.waitForNavigation(), stale.click("a.button")]);
  assert.equal(await heading(stale), "Sign in");
  assert.deepEqual(arrived, []);
});

test("a user signs out, and is asked to sign in again", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  await page.goto(`${url}/oauth2/signOut`);
  assert.equal(await heading(page), "Sign out?");
  await look(page, "sign-out");
  await press(page, "Sign out");
  assert.equal(await heading(page), "You are signed out");
  await look(page, "signed-out");
  await page.goto(asking());
  assert.equal(await heading(page), "Sign in");
});

test("a new password and a disabled account end the session", async () => {
  run(["user", "add", "--institution", "128807", "alice", "--json", ...local()], { input: "a long password\n" });
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page, "a long password", "Alice ");
  assert.match(await heading(page), /^Allow/);
  run(["user", "passwd", "--institution", "128807", "alice", "--json", ...local()], { input: "another password\n" });
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await page.goto(asking());
  await signIn(page, "another password", "alice");
  run(["user", "disable", "--institution", "128807", "alice", "--json", ...local()]);
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await page.goto(asking());
  await signIn(page, "another password", "alice");
  assert.match(await page.title(), /^Problem/);
  assert.deepEqual(arrived, []);
});
