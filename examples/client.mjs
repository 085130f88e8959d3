// A client for Node: gets tokens, refreshes the access token, and revokes both. It needs no package.
//
//   LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… node client.mjs
import { createHash, createHmac, randomBytes } from "node:crypto";

const { LATCHKEY_URL: base, LATCHKEY_CLIENT_ID: clientId, LATCHKEY_SECRET: secret } = process.env;

/** RFC 3986: encodeURIComponent leaves five characters as they are. */
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The Authorization header of a request. Each request needs a new one. */
function authorization(method, url, body = "") {
  const [timestamp, nonce] = [Math.floor(Date.now() / 1000), randomBytes(8).toString("hex")];
  const bodyHash = body && createHash("sha256").update(body).digest("base64");
  // Sorted by name, then by value: a zero byte sorts before every other character.
  const pairs = [...new URL(url).searchParams].map((pair) => pair.map(encode).join("\0")).sort();
  // www.oclc.org, 443 and /wskey are the same for every URL. The key is the text of the secret: do not decode it.
  const lines = [clientId, timestamp, nonce, bodyHash, method, "www.oclc.org", 443, "/wskey", ...pairs.map((pair) => pair.replace("\0", "="))];
  const signature = createHmac("sha256", secret).update(lines.map((line) => `${line}\n`).join("")).digest("base64");
  const hashed = body && `, bodyhash="${bodyHash}"`;
  return `http://www.worldcat.org/wskey/v2/hmac/v1 clientId="${clientId}", timestamp="${timestamp}", nonce="${nonce}", signature="${signature}"${hashed}`;
}

/** Posts a form, or an empty body. A form keeps tokens out of the URL, which servers and proxies write to their logs. */
async function post(path, form = {}) {
  const [url, body] = [base + path, new URLSearchParams(form).toString()];
  const headers = { authorization: authorization("POST", url, body), accept: "application/json" };
  if (body) headers["content-type"] = "application/x-www-form-urlencoded";
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${answer.error}: ${answer.message} ${answer.details}`);
  return answer;
}

const ask = new URLSearchParams({
  grant_type: "client_credentials",
  // With refresh_token among the scopes, the answer has a refresh token.
  scope: "WMS_NCIP refresh_token",
  authenticatingInstitutionId: "128807",
  contextInstitutionId: "128807",
});
// Nothing in it is secret, so it may be in the query.
const tokens = await post(`/oauth2/accessToken?${ask}`);
console.log("access token, good until", tokens.expires_at);

// A refresh gives a new access token; the refresh token stays.
const refreshed = await post("/oauth2/refreshToken", { grant_type: "refresh_token", refresh_token: tokens.refresh_token });
console.log("refreshed, good until", refreshed.expires_at);

// This ends every token of the grant.
await post("/oauth2/revoke", { token: tokens.refresh_token });
console.log("revoked");
