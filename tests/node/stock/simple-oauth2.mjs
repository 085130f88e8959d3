// simple-oauth2: node simple-oauth2.mjs, by tests/python/stock.py
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";
import { disable, done, id, method, ok, redirect, refused, scope, secret, url, visit } from "./talk.mjs";

const configured = (secret, more) => ({
  client: { id, secret },
  auth: { tokenHost: url, tokenPath: "/oauth2/accessToken", revokePath: "/oauth2/revoke", ...more },
  options: { authorizationMethod: method === "client_secret_post" ? "body" : "header" },
});
const own = (secret) => new ClientCredentials(configured(secret)).getToken({ scope: "WMS_NCIP" });
assert.equal((await own(secret)).expired(), false);
ok("client credentials");
const verifier = randomBytes(32).toString("base64url");
const client = new AuthorizationCode(configured(secret, { authorizePath: "/oauth2/authorizeCode" }));
const back = await visit(client.authorizeURL({
  redirect_uri: redirect,
  scope,
  state: "a state",
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
}));
const code = new URL(back).searchParams.get("code");
const tokens = await client.getToken({ code, redirect_uri: redirect, code_verifier: verifier });
ok("code with PKCE");
const second = await (await tokens.refresh()).refresh();
assert.ok(second.token.refresh_token, "it forgets a token that is not repeated");
ok("refresh twice");
await second.revoke("refresh_token");
const is = (error) => error.output?.statusCode === 401;
await assert.rejects(second.refresh(), (error) => error.output.statusCode === 400);
ok("revocation");
await refused("wrong secret", () => own("another secret than its own"), is);
await disable();
await refused("disabled client", () => own(secret), is);
done();
