// The demo application of the local server, as a reader walks through it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { callback, clean, demo, heading, newcomer, press, read, signIn, url } from "./harness.mjs";

const text = (page) => page.$eval("main", (element) => element.textContent);
const follow = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);

/** A page that notes down what the browser complains about. */
async function reader() {
  const page = await newcomer();
  page.problems = [];
  page.on("console", (message) => page.problems.push(message.text()));
  await page.goto(`${url}/`);
  await follow(page, `a[href="${demo}/"]`);
  assert.equal(await heading(page), "A sign-in and its tokens, step by step");
  return page;
}

test("a reader walks from the local server's page to the end of the access, and each page is clean", async () => {
  const page = await reader();
  await clean(page, "demo-begin");
  await press(page, "Begin");
  assert.equal(await heading(page), "Sign in and allow");
  await clean(page, "demo-ask");
  await follow(page, "a.button");
  await signIn(page);
  await press(page, "Allow");
  assert.equal(await heading(page), "The browser comes back with a code");
  assert.ok(page.url().startsWith(`${demo}/walk/`), page.url());
  await clean(page, "demo-code");
  await press(page, "Redeem the code");
  const tokens = await text(page);
  for (const part of ["www.oclc.org", "code_verifier=", "signature=", "access_token: tk_", "refresh_token: rt_"]) {
    assert.ok(tokens.includes(part), `${part} in ${tokens}`);
  }
  await clean(page, "demo-tokens");
  // A reload sends nothing again, and asks nothing.
  await page.reload();
  assert.equal(await text(page), tokens);
  await press(page, "Refresh the access token");
  assert.match(await text(page), /gave a new access token/);
  await clean(page, "demo-refresh");
  await page.goBack();
  assert.equal(await text(page), tokens);
  await page.goForward();
  await press(page, "Introspect the access token");
  assert.match(await text(page), /active: true/);
  await clean(page, "demo-introspect");
  await follow(page, "a.button");
  assert.equal(await heading(page), "End the access");
  await clean(page, "demo-end");
  const opened = new Promise((found) => page.once("popup", found));
  await page.click("a[target=_blank]");
  const applications = await opened;
  await applications.waitForSelector("button[name=end]");
  await Promise.all([applications.waitForNavigation(), applications.click("button[name=end]")]);
  await press(page, "Refresh again");
  assert.match(await text(page), /You ended what you allowed[\s\S]*error: invalid_grant/);
  await clean(page, "demo-after");
  await press(page, "Introspect the access token again");
  assert.match(await text(page), /active: false/);
  assert.deepEqual(page.problems, []);
});

test("a walk goes on by keyboard, a no ends it with what to do, and two tabs do not disturb each other", async () => {
  const page = await reader();
  await page.focus("button");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  const other = await page.browserContext().newPage();
  await other.goto(`${demo}/`);
  await press(other, "Begin");
  await page.bringToFront();
  await page.focus("a.button");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await signIn(page);
  await press(page, "Deny");
  assert.match(await text(page), /You chose Deny/);
  await clean(page, "demo-denied");
  await other.bringToFront();
  await follow(other, "a.button");
  await press(other, "Allow");
  await press(other, "Redeem the code");
  assert.match(await text(other), /access_token: tk_/);
  await press(page, "Begin again");
  assert.equal(await heading(page), "Sign in and allow");
  await page.goto(`${demo}/callback?code=auth_x&state=stale`);
  assert.equal(await heading(page), "This answer is not expected");
  await clean(page, "demo-unexpected");
});

test("a page of another port can neither press a button of the demo application nor frame it", async () => {
  const page = await reader();
  const before = await page.cookies(demo);
  // Of the same site, so that cookies are sent.
  await page.goto(new URL("/", callback).href);
  const answered = page.waitForResponse((response) => response.url() === `${demo}/begin`);
  await page.evaluate((action) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action });
    document.body.append(form);
    form.submit();
  }, `${demo}/begin`);
  assert.equal((await answered).status(), 403);
  await page.waitForSelector("h1");
  assert.equal(await heading(page), "The request is refused");
  await clean(page, "demo-refused");
  assert.deepEqual(await page.cookies(demo), before);
  await page.goto(new URL("/", callback).href);
  await page.evaluate((source) => {
    const frame = document.createElement("iframe");
    frame.src = source;
    document.body.append(frame);
  }, `${demo}/`);
  await read();
  const frames = await Promise.all(page.frames().slice(1).map((frame) => frame.$("button").catch(() => null)));
  assert.deepEqual(frames.filter(Boolean), []);
});
