// A browser without a window: it keeps cookies and follows where it is led, one step at a time.
import assert from "node:assert/strict";
import { asking, url } from "./harness.mjs";
import { redirect } from "./providers.mjs";

const plain = (text) => text.replaceAll("&amp;", "&").replaceAll("&#38;", "&").replaceAll("&quot;", '"');

export class Visitor {
  #cookies = new Map();

  /** One request; a redirect is not followed. With `form` it is a POST from a page of that very site. */
  async ask(address, form) {
    const target = new URL(address);
    const headers = { cookie: this.#of(target), "accept-language": "en" };
    const options = { headers, redirect: "manual" };
    if (form) {
      Object.assign(headers, { origin: target.origin, "sec-fetch-site": "same-origin" });
      Object.assign(options, { method: "POST", body: new URLSearchParams(form) });
    }
    const response = await fetch(target, options);
    for (const line of response.headers.getSetCookie()) this.#keep(target, line);
    const location = response.headers.get("location");
    return { status: response.status, text: await response.text(), to: location && new URL(location, target).href };
  }

  #of({ hostname, pathname }) {
    const sent = [...this.#cookies.values()].filter(({ host, path }) => host === hostname && pathname.startsWith(path));
    return sent.map(({ pair }) => pair).join("; ");
  }

  #keep({ hostname: host }, line) {
    const [pair, ...attributes] = line.split(/; */);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? "/";
    const key = [host, path, pair.slice(0, pair.indexOf("="))].join(" ");
    if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.#cookies.delete(key);
    else this.#cookies.set(key, { host, path, pair });
  }

  /** Comes with an application's request, presses the button, and is led away. */
  async leave(more = {}) {
    const page = await this.ask(asking(more));
    const form = page.text.split("<form").find((part) => part.includes('value="provider"'));
    assert.ok(form, page.text);
    const sealed = form.match(/name="form" value="([^"]+)"/)[1];
    const answer = await this.ask(`${url}/oauth2/authorizeCode`, { form: sealed, action: "provider" });
    return plain(answer.text.match(/http-equiv="refresh" content="0;url=([^"]+)"/)[1]);
  }

  /** Signs in at oidc-provider, and stops before the address that leads back. */
  async there(address, login = "ada-of-the-tests") {
    for (let steps = 0; steps < 12; steps++) {
      const page = await this.ask(address);
      address = page.to;
      if (!address) {
        const [, action, prompt] = page.text.match(/action="([^"]+)"[\s\S]*?name="prompt" value="(\w+)"/);
        address = (await this.ask(action, { prompt, login, password: "any" })).to;
      }
      if (address.startsWith(redirect())) return address;
    }
    throw new Error(`the provider leads nowhere: ${address}`);
  }

  /** The address that leads back from the provider. */
  async answer(login) {
    return this.there(await this.leave(), login);
  }
}
