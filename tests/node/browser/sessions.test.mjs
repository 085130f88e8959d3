// Tabs and sessions: who is signed in where, and until when.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { arrived, asking, callback, given, heading, launch, local, look, newcomer, press, run, signIn, url } from "./harness.mjs";

test("a tab from before a sign-in works, and one from before a sign-out allows nothing", async () => {
  const page = await newcomer();
  await page.goto(asking());
  const stale = await page.browserContext().newPage();
  await stale.setExtraHTTPHeaders({ "accept-language": "en" });
  await stale.goto(asking());
  await signIn(page);
  // What is typed there is looked at.
  await signIn(stale, "not the password");
  assert.match(await stale.title(), /^Problem: Sign in/);
  await signIn(stale);
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
  run(["user", "add", "--institution", "128807", "alice", "--json", ...local()], { input: "moss under the pier\n" });
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page, "moss under the pier", "Alice ");
  assert.match(await heading(page), /^Allow/);
  run(["user", "passwd", "--institution", "128807", "alice", "--json", ...local()], { input: "eleven quiet herons\n" });
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await page.goto(asking());
  await signIn(page, "eleven quiet herons", "alice");
  run(["user", "disable", "--institution", "128807", "alice", "--json", ...local()]);
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await page.goto(asking());
  await signIn(page, "eleven quiet herons", "alice");
  assert.match(await page.title(), /^Problem/);
  assert.deepEqual(arrived, []);
});

test("tabs that are opened at once by a new browser all work, whichever signs in first", async () => {
  for (const order of [[0, 1, 2], [2, 0, 1]]) {
    arrived.length = 0;
    const first = await newcomer();
    const others = [await first.browserContext().newPage(), await first.browserContext().newPage()];
    const tabs = [first, ...others];
    await Promise.all(tabs.map((tab) => tab.setExtraHTTPHeaders({ "accept-language": "en" })));
    await Promise.all(tabs.map((tab) => tab.goto(asking())));
    for (const at of order) await signIn(tabs[at]);
    for (const tab of tabs) assert.match(await heading(tab), /^Allow/);
    for (const at of order) await press(tabs[at], "Allow");
    assert.equal(new Set(arrived).size, 3, "each has a code of its own");
    for (const code of arrived.map((address) => new URL(address, callback).searchParams.get("code"))) {
      run(["token", "redeem", code, "--redirect-uri", callback, "--institution", "128807", "--json"]);
    }
  }
});

test("a session ends with the browser, except on a device that is the user's own", async () => {
  for (const stays of [false, true]) {
    const profile = mkdtempSync(join(tmpdir(), "latchkey-profile-"));
    try {
      for (const again of [false, true]) {
        const own = await launch({ userDataDir: profile });
        const page = await own.newPage();
        await page.setExtraHTTPHeaders({ "accept-language": "en" });
        await page.goto(asking());
        if (!again) {
          assert.equal(await page.$eval("[name=stay]", (box) => box.checked), false);
          if (stays) await page.click("[name=stay]");
          await signIn(page);
          await page.goto(asking());
          assert.match(await heading(page), /^Allow/);
        } else assert.match(await heading(page), stays ? /^Allow/ : /^Sign in/, `stays: ${stays}`);
        await own.close();
      }
    } finally {
      rmSync(profile, { recursive: true, force: true });
    }
  }
});

test("a browser that keeps no cookies is told so", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await page.browserContext().deleteCookie(...(await page.browserContext().cookies()));
  await signIn(page);
  assert.match(await page.$eval("[role=alert]", (element) => element.textContent), /Allow cookies/);
  assert.equal(await page.$eval("#username", (field) => field.value), "demo");
  await look(page, "cookie-missing");
  await signIn(page);
  assert.match(await heading(page), /^Allow/);
});

test("an application may ask for the password again, or for no question at all", async () => {
  const page = await newcomer();
  await page.goto(asking({ prompt: "none" }));
  assert.equal(given().get("error"), "login_required");
  await page.goto(asking());
  await signIn(page);
  await page.goto(asking({ prompt: "none" }));
  assert.equal(given().get("error"), "consent_required");
  for (const more of [{ prompt: "login" }, { max_age: "0" }]) {
    await new Promise((later) => setTimeout(later, 1000));
    await page.goto(asking(more));
    assert.equal(await heading(page), "Sign in");
    await signIn(page);
    assert.match(await heading(page), /^Allow/);
    await press(page, "Allow");
    assert.match(given().get("code"), /^auth_/);
  }
});

test("a user who consents without typing can sign out with the answer", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  await press(page, "Allow");
  await page.goto(asking());
  await page.click("[name=sign_out]");
  await press(page, "Allow");
  assert.match(given().get("code"), /^auth_/);
  await page.goto(asking());
  assert.equal(await heading(page), "Sign in");
});
