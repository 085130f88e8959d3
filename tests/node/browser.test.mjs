// The pages in a real browser: Chromium, driven from outside, over the local server.
//
//   LATCHKEY=target/debug/latchkey node --test tests/node/browser.test.mjs
//
// CHROMIUM names the browser (chromium). LATCHKEY_SCREENSHOTS names a folder that a picture of each page is put into.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import puppeteer from "puppeteer-core";

const latchkey = process.env.LATCHKEY ?? "target/debug/latchkey";
const screenshots = process.env.LATCHKEY_SCREENSHOTS;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const state = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
const DAY = 86400;

let server, url, dynamodbPort, environment, browser, application, callback, arrived;

/** A local server; `more` are settings of its own. */
async function serve(folder, more = {}) {
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
    child, url: find(/Latchkey {2}(\S+)/), dynamodbPort: find(/DynamoDB {2}http:\S+:(\d+)/),
    key: { LATCHKEY_CLIENT_ID: find(/LATCHKEY_CLIENT_ID=(\S+)/), LATCHKEY_SECRET: find(/LATCHKEY_SECRET=(\S+)/) },
  };
}

/** The project's own command line: an operator's commands, and an application's. */
function run(args, { input, key = environment } = {}) {
  const text = execFileSync(latchkey, args, { env: { ...process.env, ...key }, input, encoding: "utf8" });
  return text.trim().startsWith("{") ? JSON.parse(text) : text;
}
const local = () => ["--local", "--state", state, "--dynamodb-port", dynamodbPort];

before(async () => {
  ({ child: server, url, dynamodbPort, key: environment } = await serve(state));
  environment.LATCHKEY_URL = url;
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
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  if (screenshots) mkdirSync(screenshots, { recursive: true });
});
after(async () => {
  await browser?.close();
  application?.close();
  server?.kill();
  rmSync(state, { recursive: true, force: true });
});

const contexts = [];
/** A browser that nobody used before. */
async function newcomer({ language = "en" } = {}) {
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

function asking(more = {}) {
  const parameters = {
    client_id: "demo", redirect_uri: callback, response_type: "code", scope: "WMS_NCIP refresh_token",
    authenticatingInstitutionId: "128807", contextInstitutionId: "128807", state: "a state & more", ...more,
  };
  const kept = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `${url}/oauth2/authorizeCode?${new URLSearchParams(kept)}`;
}

const heading = (page) => page.$eval("h1", (element) => element.textContent.replace(/[\u2068\u2069]/g, ""));
async function press(page, text) {
  await page.bringToFront();
  const button = await page.waitForSelector(`::-p-xpath(//button[normalize-space()="${text}"])`);
  await Promise.all([page.waitForNavigation(), button.click()]);
}
async function signIn(page, password = "latchkey", username = "demo") {
  await page.$eval("#username", (field) => (field.value = ""));
  await page.type("#username", username);
  await page.type("#password", password);
  await press(page, "Sign in");
}
/** What the application was given, last. */
const given = () => new URL(arrived.at(-1), callback).searchParams;

/** No violation that axe-core knows, in light and dark, on a phone, and enlarged twice; a picture of the first. */
async function look(page, name) {
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
let axeSource;
async function source() {
  return (axeSource ??= await import("node:fs").then((fs) => fs.readFileSync(axe, "utf8")));
}

test("a user signs in once, allows, and the application works on its refresh token", async () => {
  const page = await newcomer();
  await page.goto(asking());
  assert.equal(await heading(page), "Sign in");
  await look(page, "sign-in");
  await signIn(page, "not the password");
  assert.match(await page.title(), /^Problem: /);
  const problem = await page.$eval("[role=alert]", (element) => element.textContent);
  assert.match(problem, /wrong/);
  assert.equal(await page.$eval("#password", (field) => field.getAttribute("aria-describedby")), "problem");
  assert.equal(await page.$eval("#username", (field) => field.value), "demo");
  await look(page, "sign-in-failed");
  await signIn(page);
  assert.equal(await heading(page), "Allow Demo client of the local server?");
  const text = await page.$eval("main", (element) => element.textContent.replace(/[\u2068\u2069]/g, ""));
  for (const part of ["Demo Library", "Circulation", "signed in for about one day", "signed in as demo"]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  await look(page, "consent");
  await press(page, "Allow");
  assert.equal(given().get("state"), "a state & more");
  assert.equal(given().get("iss"), url);
  const tokens = run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"]);
  assert.equal(tokens.principalID, "demo-user");
  assert.ok(tokens.refresh_token_expires_in > DAY - 60);
  for (let round = 0; round < 3; round++) {
    assert.match(run(["token", "refresh", tokens.refresh_token, "--json"]).access_token, /^tk_/);
  }
  // The session lasts: another application's request goes straight to the question.
  await page.goto(asking({ scope: "WMS_ACQ" }));
  assert.match(await page.$eval("main", (element) => element.textContent), /for .*20.* minutes/);
});

test("a user denies, and the application is told", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await press(page, "Cancel");
  assert.equal(given().get("error"), "access_denied");
  await page.goto(asking());
  await signIn(page);
  await press(page, "Deny");
  assert.equal(given().get("error"), "access_denied");
  assert.ok(given().get("error_description").length > 0);
  assert.equal(given().get("http_code"), "403");
  assert.equal(given().get("state"), "a state & more");
  assert.equal(given().get("iss"), url);
});

test("a user picks an institution where the application names none, and the application is told which", async () => {
  const page = await newcomer();
  await page.goto(asking({ authenticatingInstitutionId: undefined, contextInstitutionId: undefined }));
  assert.equal(await heading(page), "Choose your institution");
  await look(page, "institution");
  await page.click("input[value='128807']");
  await press(page, "Continue");
  await signIn(page);
  await press(page, "Allow");
  assert.equal(given().get("authenticating_institution_id"), "128807");
  assert.equal(given().get("context_institution_id"), "128807");
  run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"]);
});

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

test("a form sent twice makes one grant, and none once its code was redeemed", async () => {
  const page = await newcomer();
  await page.goto(asking());
  await signIn(page);
  const form = await page.$eval("[name=form]", (field) => field.value);
  // As the page sends it, without following the answer: a page's own script may not, so the browser's driver does.
  const send = async () => {
    const [cookie] = await page.browserContext().cookies();
    const response = await fetch(`${url}/oauth2/authorizeCode`, {
      method: "POST", redirect: "manual", headers: { cookie: `${cookie.name}=${cookie.value}` },
      body: new URLSearchParams({ form, action: "allow" }),
    });
    return { status: response.status, code: new URL(response.headers.get("location") ?? callback).searchParams.get("code") };
  };
  const [first, second] = await Promise.all([send(), send()]);
  assert.equal(first.status, 303);
  assert.deepEqual(second, first);
  run(["token", "redeem", first.code, "--redirect-uri", callback, "--institution", "128807", "--json"]);
  assert.deepEqual(await send(), { status: 409, code: null });
  await press(page, "Allow");
  assert.equal(await heading(page), "Something went wrong");
  await look(page, "answered");
});

test("PKCE holds: the right verifier redeems, a wrong one and none do not", async () => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const page = await newcomer();
  await page.goto(asking({ code_challenge: challenge, code_challenge_method: "S256" }));
  await signIn(page);
  await press(page, "Allow");
  const redeem = (...more) =>
    run(["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json", ...more]);
  const quiet = (call) => assert.throws(call, (error) => /verifier/.test(error.stdout));
  quiet(() => redeem());
  quiet(() => redeem("--code-verifier", "x".repeat(43)));
  assert.match(redeem("--code-verifier", verifier).access_token, /^tk_/);
});

test("a code that nobody redeemed in time is of no use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-browser-"));
  const short = await serve(folder, { LATCHKEY_CODE_SECONDS: "1" });
  try {
    const page = await newcomer();
    await page.goto(asking().replace(url, short.url));
    await signIn(page);
    await press(page, "Allow");
    await new Promise((later) => setTimeout(later, 2100));
    const key = { ...short.key, LATCHKEY_URL: short.url };
    const args = ["token", "redeem", given().get("code"), "--redirect-uri", callback, "--institution", "128807", "--json"];
    assert.throws(() => run(args, { key }), (error) => /expired/.test(error.stdout));
  } finally {
    short.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the user-agent flow gives tokens in the fragment, in the order that clients slice by", async () => {
  const client = run(["client", "create", "--client-id", "mobile", "--name", "A phone's application", "--grant-type", "implicit",
    "--grant-type", "refresh_token", "--scope", "WMS_NCIP", "--institution", "128807", "--redirect-uri", callback, "--json", ...local()]);
  const page = await newcomer();
  await page.goto(asking({ response_type: "token" }));
  assert.equal(new URL(page.url()).hash.split("=")[0], "#error", "the demo client is not registered for it");
  await page.goto(asking({ response_type: "token", client_id: "mobile" }));
  await signIn(page);
  await press(page, "Allow");
  // A browser takes the fragment along to where the application goes on.
  const fragment = new URL(page.url()).hash.slice(1);
  const names = fragment.split("&").map((pair) => pair.split("=")[0]);
  assert.deepEqual(names, ["access_token", "principalID", "principalIDNS", "context_institution_id", "authenticating_institution_id",
    "token_type", "expires_in", "state", "expires_at", "refresh_token", "refresh_token_expires_in", "refresh_token_expires_at"]);
  assert.ok(fragment.endsWith("Z"));
  const read = Object.fromEntries(fragment.split("&").map((pair) => pair.split("=").map(decodeURIComponent)));
  assert.equal(read.state, "a state & more");
  assert.match(read.expires_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  const key = { LATCHKEY_CLIENT_ID: "mobile", LATCHKEY_SECRET: client.secret, LATCHKEY_URL: url };
  assert.match(run(["token", "refresh", read.refresh_token, "--json"], { key }).access_token, /^tk_/);
});

test("an application at an address of IPv6 gets its answer", async () => {
  const six = `http://[::1]:${application.address().port}/callback`;
  run(["client", "create", "--client-id", "six", "--name", "Six", "--grant-type", "authorization_code", "--scope", "WMS_NCIP",
    "--institution", "128807", "--redirect-uri", "http://[::1]/callback", "--json", ...local()]);
  const page = await newcomer();
  await page.goto(asking({ client_id: "six", redirect_uri: six, scope: "WMS_NCIP" }));
  await signIn(page);
  await press(page, "Allow");
  assert.match(given().get("code"), /^auth_/);
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

test("all of it works by keyboard alone, in German for a German browser", async () => {
  const page = await newcomer({ language: "de-AT,de;q=0.9" });
  await page.goto(asking());
  assert.equal(await heading(page), "Anmelden");
  assert.equal(await page.$eval("html", (element) => element.lang), "de");
  assert.equal(await page.evaluate(() => document.activeElement.id), "username");
  await page.keyboard.type("demo");
  await page.keyboard.press("Tab");
  await page.keyboard.type("latchkey");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await heading(page), "Möchten Sie Demo client of the local server Zugriff geben?");
  await look(page, "consent-de");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.value), "allow");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.ok(given().get("code"));
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

test("an application that cannot be trusted is shown and never redirected to", async () => {
  const page = await newcomer();
  for (const [more, name] of [[{ client_id: "nobody" }, "unknown-client"], [{ redirect_uri: "https://evil.example/" }, "unknown-redirect"]]) {
    await page.goto(asking(more));
    assert.equal(await heading(page), "Something went wrong");
    await look(page, name);
  }
});
