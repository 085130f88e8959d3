// Requests that JavaScript signs: by oclc-wskey, which others wrote, and by signers as oclc-auth-node's is described and as
// developers write them. Each line of the output: {"url", "header", "expected"}. node signers.mjs SECRET
import { createHmac } from "node:crypto";
import WSKey from "oclc-wskey";

const [secret] = process.argv.slice(2);
const base = "https://auth.example/oauth2/accessToken";
const hmac = (key, text) => createHmac("sha256", key).update(text).digest("base64");
const header = (lines, key = secret) => {
  const text = ["key", "1361408273", "n", "", "POST", "www.oclc.org", "443", "/wskey", ...lines].map((line) => `${line}\n`).join("");
  return `http://www.worldcat.org/wskey/v2/hmac/v1 clientId="key", timestamp="1361408273", nonce="n", signature="${hmac(key, text)}"`;
};
const show = (query, signed, expected) => console.log(JSON.stringify({ url: `${base}?${query}`, header: signed, expected }));

// oclc-wskey itself.
const wskey = (query) => new WSKey("key", secret).HMACSignature("POST", `${base}?${query}`, undefined, { time: "1361408273", nonce: "n" });
for (const query of ["scope=a+b&state=x", "redirect_uri=https://a/b&scope=c", "scope=a&state=%7E"]) {
  show(query, wskey(query), "oclc-wskey");
}

// oclc-auth-node: sorts, cuts at the second equals sign, leaves out what is empty, encodes what it is given.
const node = (query, encode) => query.split("&").sort().map((pair) => pair.split("=")).filter(([, value]) => value)
  .map(([name, value]) => `${name}=${encode(value)}`);
const more = (text) => text.replace(/[!*'()]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
for (const query of ["scope=a%20b&state=", "state=a=b&x=", "b=1&a=%3A&c"]) {
  show(query, header(node(query, (value) => more(encodeURIComponent(value)))), "oclc-auth-node");
  show(query, header(node(query, more)), query === "state=a=b&x=" ? "second equals sign" : "oclc-auth-node");
}

// As developers write one.
const pairs = (query) => [...new URLSearchParams(query)].sort(([a], [b]) => (a < b ? -1 : 1));
const each = (query, encode) => header(pairs(query).map(([name, value]) => `${encode(name)}=${encode(value)}`));
show("state=it's!", each("state=it's!", encodeURIComponent), "encodeURIComponent");
show("state=a%3Fb%3Ac", each("state=a%3Fb%3Ac", encodeURI), "encodeURI");
show("state=a~b%20c", each("state=a~b%20c", (text) => new URLSearchParams({ x: text }).toString().slice(2)), "URLSearchParams");
show("state=a%3Ab", each("state=a%3Ab", (text) => encodeURIComponent(encodeURIComponent(text))), "encoded twice");
show("state=a%3Ab", each("state=a%3Ab", (text) => text), "decoded and not encoded again");
show("a=1", header(["a=1"], `${secret}\n`), "line feed at its end");
show("a=1", header(["a=1"], undefined + ""), "the word undefined");
