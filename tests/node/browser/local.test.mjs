// The local server as a developer's browser meets it: its page, and pages of other sites that ask its ports.
//
//   LATCHKEY=target/debug/latchkey node --test tests/node/browser/local.test.mjs
//
// CHROMIUM names the browser (chromium).
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";

const latchkey = process.env.LATCHKEY ?? "target/debug/latchkey";
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const folder = mkdtempSync(join(tmpdir(), "latchkey-local-"));
let server, url, dynamodb, key, environment, browser, other, elsewhere;

before(async () => {
  server = spawn(latchkey, ["serve", "--state", folder, "--port", "0", "--dynamodb-port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  await new Promise((ready) => server.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.includes("Ctrl-C ends it")) ready();
  }));
  const find = (pattern) => text.match(pattern)[1];
  [url, dynamodb, key] = [find(/Latchkey {2}(\S+)/), find(/DynamoDB {2}(\S+)/), find(/AWS_ACCESS_KEY_ID=(\S+)/)];
  const exported = text.match(/^ *export (LATCHKEY_CLIENT_ID.*)$/m)[1].split(" ").filter((word) => word.startsWith("LATCHKEY_"));
  environment = Object.fromEntries(exported.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
  other = createServer((request, response) => response.end("<title>Another site</title>"));
  await new Promise((ready) => other.listen(0, ready));
  elsewhere = `http://127.0.0.1:${other.address().port}`;
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // What an attacker's DNS server says of a name of its own.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
  });
});
after(async () => {
  await browser?.close();
  other?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** What a page's script gets of a request for the tables: their names, or the error. */
const tables = (page, target) => page.evaluate(async (target) => {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" };
  try {
    const response = await fetch(target, { method: "POST", headers, body: "{}" });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { error: error.name };
  }
}, target);

test("a page of another site reads no table, without the access key and with it", async () => {
  const page = await browser.newPage();
  await page.goto(elsewhere);
  for (const target of [`${dynamodb}/`, `${dynamodb}/${key}`]) {
    assert.deepEqual(await tables(page, target), { error: "TypeError" }, target);
  }
  // A request that asks nothing first: it is sent, and changes nothing.
  const before = execFileSync(latchkey, ["client", "list", "--json"], { env: { ...process.env, ...environment }, encoding: "utf8" });
  await page.evaluate((target) => fetch(target, { method: "POST", mode: "no-cors", body: "{}" }), `${dynamodb}/${key}`);
  const now = execFileSync(latchkey, ["client", "list", "--json"], { env: { ...process.env, ...environment }, encoding: "utf8" });
  assert.equal(now, before);
  await page.close();
});

test("a page under a name that resolves to this machine reads neither the tables nor the local server's page", async () => {
  const page = await browser.newPage();
  const rebound = (base) => base.replace("127.0.0.1", "rebound.example");
  for (const base of [url, dynamodb]) {
    const response = await page.goto(`${rebound(base)}/`);
    assert.equal(response.status(), 403);
    assert.match(await response.text(), /rebound\.example/);
  }
  // Of one origin with the port: no CORS stands between the page and the answer.
  const answer = await tables(page, `${rebound(dynamodb)}/${key}`);
  assert.equal(answer.status, 403);
  assert.ok(!answer.text.includes("TableNames"));
  await page.close();
});

test("the local server's page shows the last requests, fits a phone, and axe-core finds nothing", async () => {
  execFileSync(latchkey, ["token", "get", "--scope", "WMS_NCIP refresh_token", "--institution", "128807"], {
    env: { ...process.env, ...environment },
  });
  await fetch(`${url}/oauth2/accessToken?grant_type=x`, { method: "POST" });
  const page = await browser.newPage();
  const problems = [];
  page.on("console", (message) => problems.push(message.text()));
  for (const [scheme, width, zoom] of [["light", 1280, 1], ["dark", 1280, 1], ["light", 360, 1], ["dark", 640, 2]]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setViewport({ width: width / zoom, height: 720 / zoom, deviceScaleFactor: zoom });
    assert.equal((await page.goto(`${url}/`)).status(), 200);
    // The policy lets its own style run, and nothing else.
    assert.notEqual(await page.$eval("body", (body) => getComputedStyle(body).fontFamily), "serif");
    assert.match(await page.$eval("ol", (list) => list.textContent), /401 credentials_missing[\s\S]*200 granted/);
    await page.evaluate(`(() => {${readFileSync(axe, "utf8")}})()`);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], `${scheme}, ${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `it scrolls sideways at ${width / zoom} pixels`);
  }
  assert.deepEqual(problems, []);
  const text = await page.content();
  for (const secret of [environment.LATCHKEY_SECRET, key, "tk_", "rt_"]) assert.ok(!text.includes(secret), secret);
  await page.close();
});
