// What the tests of the pages share: a local server, an application's own server, and Chromium, driven from outside.
//
//   LATCHKEY=target/debug/latchkey node --test tests/node/browser/*.test.mjs
//
// CHROMIUM names the browser (chromium). LATCHKEY_SCREENSHOTS names a folder that a picture of each page is put into.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import puppeteer from "puppeteer-core";

export const latchkey = process.env.LATCHKEY ?? "target/debug/latchkey";
const screenshots = process.env.LATCHKEY_SCREENSHOTS;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
export const state = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
export const DAY = 86400;

let server, dynamodbPort, tables, credentials, application;
export let url, demo, browser, callback, arrived, logged;

/** What a function finds in its environment: the tables and the sealing key of the local server. */
export const environment = () => ({
  ...tables, AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamodbPort}`, LATCHKEY_SEALING_KEY_FILE: join(state, "sealing.key"),
  ...Object.fromEntries(["clients", "tokens", "users"].map((name) => [`LATCHKEY_${name.toUpperCase()}_TABLE`, `latchkey-${name}`])),
});

/** A local server; `more` are settings of its own. */
export async function serve(folder, more = {}) {
  const child = spawn(latchkey, ["serve", "--state", folder, "--port", "0", "--dynamodb-port", "0"], {
    env: { ...process.env, ...more }, stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  await new Promise((ready) => child.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.includes("Ctrl-C ends it")) ready();
  }));
  const find = (pattern) => text.match(pattern)[1];
  return {
    child, url: find(/Latchkey {2}(\S+)/), demo: find(/Demo {6}(\S+)/), dynamodbPort: find(/DynamoDB {2}http:\S+:(\d+)/),
    key: { LATCHKEY_CLIENT_ID: find(/LATCHKEY_CLIENT_ID=(\S+)/), LATCHKEY_SECRET: find(/LATCHKEY_SECRET=(\S+)/) },
    tables: Object.fromEntries([...text.matchAll(/\b(AWS_\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
    /** The lines of the log so far. */
    logged: () => text.split("\n").slice(0, -1).filter((line) => line.startsWith("{")).map((line) => JSON.parse(line)),
  };
}

/** The project's own command line: an operator's commands, and an application's. */
export function run(args, { input, key = credentials } = {}) {
  const text = execFileSync(latchkey, args, { env: { ...process.env, ...key }, input, encoding: "utf8" });
  return text.trim().startsWith("{") ? JSON.parse(text) : text;
}
export const local = () => ["--local", "--state", state, "--dynamodb-port", dynamodbPort];

before(async () => {
  ({ child: server, logged, url, demo, dynamodbPort, key: credentials, tables } = await serve(state));
  credentials.LATCHKEY_URL = url;
  // The application's own server, on a loopback port that its registration does not name.
  const answer = (request, response) => {
    if (request.url.startsWith("/callback")) {
      arrived.push(request.url);
      // Applications go on from there, to another host at times: localhost is another one than 127.0.0.1.
      response.writeHead(302, { location: `http://localhost:${application.address().port}/home` });
      return response.end();
    }
    response.setHeader("content-type", "text/html");
    response.end("<title>The application</title>");
  };
  application = createServer(answer);
  await new Promise((ready) => application.listen(0, ready));
  callback = `http://127.0.0.1:${application.address().port}/callback`;
  browser = await launch();
  if (screenshots) mkdirSync(screenshots, { recursive: true });
});
after(async () => {
  await browser?.close();
  application?.close();
  server?.kill();
  rmSync(state, { recursive: true, force: true });
});

/** Chromium; with `options`, one that keeps its profile. */
export const launch = (options = {}) => puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"], ...options,
});

const contexts = [];
/** A browser that nobody used before. */
export async function newcomer({ language = "en" } = {}) {
  const context = await browser.createBrowserContext();
  contexts.push(context);
  const page = await context.newPage();
  await page.setExtraHTTPHeaders({ "accept-language": language });
  return page;
}
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  arrived = [];
});
arrived = [];

export function asking(more = {}) {
  const parameters = {
    client_id: "demo", redirect_uri: callback, response_type: "code", scope: "WMS_NCIP refresh_token",
    authenticatingInstitutionId: "128807", contextInstitutionId: "128807", state: "a state & more", ...more,
  };
  const kept = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${url}/oauth2/authorizeCode?${new URLSearchParams(kept)}`;
}

export const heading = (page) => page.$eval("h1", (element) => element.textContent.replace(/[\u2068\u2069]/g, ""));
export async function press(page, text) {
  await page.bringToFront();
  const button = await page.waitForSelector(`::-p-xpath(//button[normalize-space()="${text}"])`);
  if (["Allow", "Erlauben"].includes(text)) await read();
  await Promise.all([page.waitForNavigation(), button.click()]);
  await left(page);
}
/** A second goes by, and a little more: so long it takes to read a page. */
export const read = () => new Promise((later) => setTimeout(later, 1050));
/** Once the browser is no longer on a page that leads on by itself. */
export async function left(page) {
  for (let wait = 0; wait < 1200; wait++) {
    const leads = await page.$("meta[http-equiv=refresh]").catch(() => true);
    if (!leads) return;
    await new Promise((later) => setTimeout(later, 50));
  }
}
export async function signIn(page, password = "latchkey", username = "demo") {
  await page.bringToFront();
  await page.$eval("#username", (field) => (field.value = ""));
  await page.type("#username", username);
  await page.type("#password", password);
  await press(page, "Sign in");
}
/** What the application was given, last. */
export const given = () => new URL(arrived.at(-1), callback).searchParams;

/** No violation that axe-core knows, in light and dark, on a phone, and enlarged twice; a picture of the first. */
export async function clean(page, name) {
  for (const [scheme, width, zoom] of [["light", 1280, 1], ["dark", 1280, 1], ["light", 360, 1], ["dark", 640, 2]]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.setViewport({ width: width / zoom, height: 720 / zoom, deviceScaleFactor: zoom });
    // Beside the page, not in it: the page lets no script run.
    await page.evaluate(`(() => {${await source()}})()`);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], `${name}, ${scheme}, ${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} scrolls sideways at ${width / zoom} pixels`);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-${scheme}-${width}.png`), fullPage: true });
  }
  await page.setViewport({ width: 1280, height: 720 });
}
/** The same, of a page of the service. */
export async function look(page, name) {
  await clean(page, name);
  await shape(page, name);
  await page.setViewport({ width: 1280, height: 720 });
}
/** From a narrow phone to a wide screen and from right to left: header, content and footer are on one axis, and nothing is cut off. */
async function shape(page, name) {
  for (const [width, direction] of [[320, "ltr"], [320, "rtl"], [1280, "rtl"], [1920, "ltr"]]) {
    await page.setViewport({ width, height: 720 });
    await page.evaluate((direction) => (document.documentElement.dir = direction), direction);
    const [wide, starts] = await page.evaluate((rtl) => {
      const start = (element) => {
        const { left, right } = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const inset = parseFloat(style.paddingInlineStart) + parseFloat(style.borderInlineStartWidth);
        return Math.round(rtl ? innerWidth - right + inset : left + inset);
      };
      const page = document.documentElement;
      return [page.scrollWidth - page.clientWidth, ["header", "main", ".foot"].map((part) => start(document.querySelector(part)))];
    }, direction === "rtl");
    assert.ok(wide <= 0, `${name} scrolls sideways at ${width} pixels, ${direction}`);
    const [first] = starts;
    assert.ok(starts.every((start) => Math.abs(start - first) <= 1), `${name}, ${width}, ${direction}: ${starts} is not one axis`);
  }
  await page.evaluate(() => document.documentElement.removeAttribute("dir"));
}
let axeSource;
async function source() {
  return (axeSource ??= await import("node:fs").then((fs) => fs.readFileSync(axe, "utf8")));
}
