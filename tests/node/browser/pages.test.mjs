// How the pages look and read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, given, heading, left, look, newcomer, read } from "./harness.mjs";

test("all of it works by keyboard alone, in German for a German browser", async () => {
  const page = await newcomer({ language: "de-AT,de;q=0.9" });
  await page.goto(asking());
  assert.equal(await heading(page), "Anmelden");
  assert.equal(await page.$eval("html", (element) => element.lang), "de");
  assert.equal(await page.evaluate(() => document.activeElement.id), "username");
  await page.keyboard.type("demo");
  await page.keyboard.press("Tab");
  await page.keyboard.type("latchkey");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "code");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "stay");
  await page.keyboard.press("Space");
  assert.equal(await page.evaluate(() => document.activeElement.checked), true);
  await page.keyboard.press("Space");
  await look(page, "sign-in-de");
  await page.focus("#password");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await heading(page), "Möchten Sie Demo client of the local server Zugriff geben?");
  await look(page, "consent-de");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), "applications");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.name), "sign_out");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.value), "allow");
  await read();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await left(page);
  assert.ok(given().get("code"));
});

test("an application that cannot be trusted is shown and never redirected to", async () => {
  const page = await newcomer();
  for (const [more, name] of [[{ client_id: "nobody" }, "unknown-client"], [{ redirect_uri: "https://evil.example/" }, "unknown-redirect"]]) {
    await page.goto(asking(more));
    assert.equal(await heading(page), "Something went wrong");
    await look(page, name);
  }
});
