// oauth4webapi, a client library that others wrote, against a running server: node oauth.mjs URL CLIENT_ID SECRET
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import * as oauth from "oauth4webapi";

const [url, clientId, secret] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url);
const server = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure })
  .then((response) => oauth.processDiscoveryResponse(issuer, response));
const client = { client_id: clientId };

// The form stays in the body; a body hash covers it, and the signature the body hash.
const wskey = (_server, _client, body, headers) => {
  const timestamp = Math.floor(Date.now() / 1000), nonce = randomBytes(8).toString("hex");
  const hash = createHash("sha256").update(body.toString()).digest("base64");
  const lines = [clientId, timestamp, nonce, hash, "POST", "www.oclc.org", "443", "/wskey"];
  const signature = createHmac("sha256", secret).update(lines.map((line) => `${line}\n`).join("")).digest("base64");
  headers.set("authorization", `http://www.worldcat.org/wskey/v2/hmac/v1 clientId="${clientId}", timestamp="${timestamp}", ` +
    `nonce="${nonce}", signature="${signature}", bodyhash="${hash}"`);
};

const asked = new URLSearchParams({
  scope: "WMS_NCIP refresh_token", authenticatingInstitutionId: "128807", contextInstitutionId: "128807",
});
const tokens = await oauth.clientCredentialsGrantRequest(server, client, wskey, asked, insecure)
  .then((response) => oauth.processClientCredentialsResponse(server, client, response));
const refreshed = await oauth.refreshTokenGrantRequest(server, client, wskey, tokens.refresh_token, insecure)
  .then((response) => oauth.processRefreshTokenResponse(server, client, response));
assert.notEqual(refreshed.access_token, tokens.access_token);
const introspect = (token) => oauth.introspectionRequest(server, client, wskey, token, insecure)
  .then((response) => oauth.processIntrospectionResponse(server, client, response));
assert.equal((await introspect(refreshed.access_token)).active, true);
await oauth.revocationRequest(server, client, wskey, tokens.refresh_token, insecure)
  .then((response) => oauth.processRevocationResponse(response));
assert.deepEqual(await introspect(refreshed.access_token), { active: false });
console.log("discovery, tokens, refresh, introspection, revocation: ok");
