// What follows the redirection endpoint is the application's business: where it goes on to, the browser follows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, callback, heading, local, look, newcomer, read, run, signIn, url } from "./harness.mjs";

const away = "https://app.example/callback";
const own = "com.example.app:/callback";

let client;
const register = () => (client ??= run(["client", "create", "--client-id", "far", "--name", "Far", "--grant-type",
  "authorization_code", "--scope", "WMS_NCIP", "--institution", "128807", "--redirect-uri", away,
  "--redirect-uri", "http://127.0.0.1/callback", "--redirect-uri", own, "--json", ...local()]));

/** A browser that notes where it goes. Applications of other hosts answer with a redirect to `onward`. */
async function traveller(onward) {
  register();
  const page = await newcomer();
  const journey = [];
  const devtools = await page.createCDPSession();
  await devtools.send("Network.enable");
  devtools.on("Network.requestWillBeSent", ({ request, type }) => type === "Document" && journey.push(request.url));
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && journey.push(message.text()));
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const home = !request.url().startsWith(url) && !request.url().startsWith("data:");
    if (!home) return request.continue();
    if (/callback\?/.test(request.url())) return request.respond({ status: 302, headers: { location: onward } });
    request.respond({ status: 200, contentType: "text/html", body: "<title>The application</title>" });
  });
  return { page, journey };
}

/** Where the journey ended, once it is where it should be, or after a while. */
async function ended(journey, wanted) {
  for (let wait = 0; wait < 600 && journey.at(-1) !== wanted; wait++) await new Promise((later) => setTimeout(later, 100));
  return journey.at(-1);
}

async function click(page, action) {
  if (action === "allow") await read();
  await (await page.$(`button[value=${action}]`)).click();
}

for (const [what, redirectUri, onward] of [
  ["an https application, on to a scheme of its own", away, "vscode://vendor.extension/did-authenticate"],
  ["an https application, on to plain http on another host", away, "http://intranet.example/home"],
  ["a loopback application, on to a scheme of its own", undefined, "com.example.app:/done"],
]) {
  test(`every answer reaches ${what}`, async () => {
    const parameters = () => ({ client_id: "far", redirect_uri: redirectUri ?? callback, scope: "WMS_NCIP" });
    for (const [action, given] of [["cancel", "error=access_denied"], ["deny", "error=access_denied"], ["allow", "code=auth_"]]) {
      const { page, journey } = await traveller(onward);
      await page.goto(asking(parameters()));
      if (action !== "cancel") await signIn(page);
      await click(page, action);
      assert.equal(await ended(journey, onward), onward, `${action}: ${journey.join("\n")}`);
      assert.ok(journey.at(-2).startsWith(`${parameters().redirect_uri}?${given}`), journey.at(-2));
    }
  });
}

test("an application with a scheme of its own gets its answer, and the page that stays leads there and offers to sign out", async () => {
  const { page, journey } = await traveller("");
  await page.goto(asking({ client_id: "far", redirect_uri: own, scope: "WMS_NCIP" }));
  await signIn(page);
  await click(page, "allow");
  for (let wait = 0; wait < 600 && !journey.at(-1).startsWith(own); wait++) await new Promise((later) => setTimeout(later, 100));
  assert.match(journey.at(-1), /^com\.example\.app:\/callback\?code=auth_/);
  assert.equal(await heading(page), "Back to Far");
  assert.equal(await page.$eval("a.button", (link) => link.getAttribute("href")), journey.at(-1));
  // The browser asks whether it may open the application, and holds back clicks until then.
  await read();
  await look(page, "leave");
  await page.$eval("p.aside a", (link) => link.click());
  await page.waitForSelector("form[action=signOut]");
  assert.equal(await heading(page), "Sign out?");
});

test("an error that a form leads to reaches the application as well", async () => {
  // The institution that the user picks is one that the client may not act for.
  const { page, journey } = await traveller("vscode://vendor.extension/did-authenticate");
  await page.goto(asking({ client_id: "far", redirect_uri: away, scope: "WMS_NCIP", authenticatingInstitutionId: undefined,
    contextInstitutionId: undefined }));
  await page.$eval("input[name=institution]", (choice) => (choice.value = "91475"));
  await page.click("input[name=institution]");
  await page.click("main form:last-of-type button");
  assert.equal(await ended(journey, "vscode://vendor.extension/did-authenticate"), "vscode://vendor.extension/did-authenticate");
  assert.match(journey.at(-2), /^https:\/\/app\.example\/callback\?error=unauthorized_client/);
});

test("a form that is injected into a page leads nowhere but to the service", async () => {
  const { page, journey } = await traveller("");
  const inject = async (what) => {
    for (const action of ["https://evil.example/", "http://evil.example/", "evil:/"]) {
      await page.evaluate((to) => {
        const form = document.createElement("form");
        Object.assign(form, { action: to, method: "post" });
        document.body.append(form);
        form.submit();
      }, action);
      await new Promise((later) => setTimeout(later, 300));
      assert.match(journey.at(-1), /form-action 'self'"/, what);
      assert.ok(!journey.some((to) => to.startsWith(action)), what);
    }
  };
  const asked = asking({ client_id: "far", redirect_uri: away, scope: "WMS_NCIP" });
  await page.goto(asking({ authenticatingInstitutionId: undefined, contextInstitutionId: undefined }));
  await inject("institution");
  await page.goto(asked);
  await inject("sign-in");
  await signIn(page);
  await inject("consent");
  await page.goto(`${url}/oauth2/signOut`);
  await inject("sign-out");
});
