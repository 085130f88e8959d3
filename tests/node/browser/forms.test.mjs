// Forms: each counts once, in time, and from a page of this service.
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrived, asking, browser, callback, given, heading, look, newcomer, press, read, run, signIn, url } from "./harness.mjs";

test("the back button after the answer does not lead to a second grant", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  await press(page, "Allow");
  run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"]);
  await page.goBack();
  // The browser asks for the page anew, which is a new question; or it shows the old one, which was answered.
  assert.match(await heading(page), /^Allow/);
  await press(page, "Allow");
  if (arrived.length === 2) assert.notEqual(arrived[0], arrived[1]);
  else assert.equal(await heading(page), "Something went wrong");
});

test("a form sent twice makes one grant, and none once its code was redeemed", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  const form = await page.$eval("[name=form]", (field) => field.value);
  // As the page sends it, without following the answer: a page's own script may not, so the browser's driver does.
  const send = async () => {
    const cookies = await page.browserContext().cookies();
    const response = await fetch(`${url}/oauth2/authorizeCode`, {
      method: "POST", redirect: "manual", headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") },
      body: new URLSearchParams({ form, action: "allow" }),
    });
    return { status: response.status, code: (await response.text()).match(/code=(auth_[\w-]+)/)?.[1] };
  };
  await read();
  const [first, second] = await Promise.all([send(), send()]);
  assert.equal(first.status, 200);
  assert.match(first.code, /^auth_/);
  assert.deepEqual(second, first);
  run(["token", "redeem", first.code, "--redirect-uri", callback, "--institution", "128807", "--json"]);
  assert.deepEqual(await send(), { status: 409, code: undefined });
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await look(page, "answered");
});

test("another site can neither frame a page nor post its form", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  const form = await page.$eval("[name=form]", (field) => field.value);
  // localhost is another site than 127.0.0.1, on the same machine.
  await page.goto(callback.replace("127.0.0.1", "localhost").replace("/callback", "/evil"));
  await page.setContent(`<form method="post" action="${url}/oauth2/authorizeCode"><input name="form" value="${form}">
    <button name="action" value="allow">Win a prize</button></form><iframe src="${asking()}"></iframe>`);
  await press(page, "Win a prize");
  assert.equal(await heading(page), "Something went wrong");
  await look(page, "forged");
  assert.deepEqual(arrived, []);
});

test("a sign-in form that is sent without its button signs in, and a consent form without one allows nothing", async () => {
  for (const send of ["submit", "requestSubmit"]) {
    const page = await newcomer();
    await page.goto(asking());
    await page.type("#username", "demo");
    await page.type("#password", "latchkey");
    await Promise.all([page.waitForNavigation(), page.$eval("main form", (form, how) => form[how](), send)]);
    assert.match(await heading(page), /^Allow/);
    await Promise.all([page.waitForNavigation(), page.$eval("main form", (form, how) => form[how](), send)]);
    assert.match(await heading(page), /^Allow/, "the question is put again");
    assert.deepEqual(arrived, []);
  }
});

test("the address of a page that a form led to leads on, too", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page, "not the password");
  assert.match(await page.title(), /^Problem: /);
  // As from the address bar.
  await page.goto(page.url());
  assert.equal(await page.title(), "Sign in – Latchkey");
  await page.goto(`${url}/oauth2/authorizeCode`);
  assert.equal(await heading(page), "Start in an application");
});

test("a click on Allow within a second of a pop-up's page spends nothing, and a sign-in in a pop-up works", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  // A site of the application, or of an attacker, opens the page and holds it.
  const opener = await page.browserContext().newPage();
  await opener.goto(callback.replace("/callback", "/home"));
  arrived.length = 0;
  const opened = new Promise((found) => opener.once("popup", found));
  await opener.evaluate((to) => void (window.held = window.open(to, "popup", "width=500,height=600")), asking());
  const popup = await opened;
  await popup.waitForSelector("button[value=allow]");
  await popup.$eval("button[value=allow]", (button) => button.click());
  await popup.waitForSelector("[role=alert]");
  assert.match(await popup.$eval("[role=alert]", (element) => element.textContent), /within a second/);
  assert.match(await popup.title(), /^Problem: Allow/);
  await look(popup, "hasty");
  assert.deepEqual(arrived, []);
  // Read, it works; and the opener still holds its window.
  await press(popup, "Allow");
  assert.match(given().get("code"), /^auth_/);
  assert.equal(await opener.evaluate(() => window.held.closed), false);
  await opener.evaluate(() => window.held.close());
});
