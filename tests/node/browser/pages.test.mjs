// How the pages look and read.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { asking, given, heading, left, local, look, newcomer, press, read, run, serve, signIn, url } from "./harness.mjs";

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

test("the consent page names who registered the application, where help is, and where the user is sent", async () => {
  run(["client", "create", "--client-id", "lists", "--name", "Reading lists", "--publisher", "Example Library Consortium",
    "--help-url", "https://help.example/lists", "--grant-type", "authorization_code", "--grant-type", "refresh_token",
    "--scope", "WMS_NCIP", "--institution", "128807", "--redirect-uri", "https://lists.example/callback", "--json", ...local()]);
  const page = await newcomer();
  await page.goto(asking({ client_id: "lists", redirect_uri: "https://lists.example/callback" }));
  await signIn(page);
  const facts = await page.$$eval(".facts div", (rows) => rows.map((row) => row.innerText.replace(/\s+/g, " ")));
  assert.deepEqual(facts, ["Sends you to lists.example", "Registered by Example Library Consortium", "Help with it help.example"]);
  const sizes = await page.$$eval(".acts button", (buttons) => buttons.map((button) => {
    const { width, height } = button.getBoundingClientRect();
    const { backgroundColor, color, fontWeight } = getComputedStyle(button);
    return [Math.round(width), Math.round(height), backgroundColor, color, fontWeight].join();
  }));
  assert.equal(sizes[0], sizes[1], "Allow and Deny have equal weight");
  await look(page, "consent-registered");
});

test("a user changes the language by keyboard, without a script, and goes on with the same request", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await page.focus("nav a");
  assert.equal(await page.evaluate(() => document.activeElement.lang), "de");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await heading(page), "Anmelden");
  await page.type("#username", "demo");
  await page.type("#password", "latchkey");
  await press(page, "Anmelden");
  assert.equal(await page.$eval("html", (element) => element.lang), "de");
  await press(page, "Erlauben");
  assert.equal(given().get("state"), "a state & more");
});

test("a colour is dark or light, and what stands on it can be read", async () => {
  for (const color of ["#ffffff", "#000000", "#767676", "#ffd400"]) {
    const folder = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
    const colored = await serve(folder, { LATCHKEY_PAGE_COLOR: color, LATCHKEY_PAGE_NAME: "Reading Room", LATCHKEY_PAGE_HELP_URL: "mailto:help@library.example" });
    try {
      const page = await newcomer();
      await page.goto(asking().replace(url, colored.url));
      await look(page, `colour-${color.slice(1)}`);
    } finally {
      colored.child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
