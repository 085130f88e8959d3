// client-oauth2: node client-oauth2.mjs, by tests/python/stock.py
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import ClientOAuth2 from "client-oauth2";
import { at, disable, done, id, ok, redirect, refused, scope, secret, visit } from "./talk.mjs";

const configured = (clientSecret, scopes) =>
  new ClientOAuth2({
    clientId: id,
    clientSecret,
    accessTokenUri: at("/oauth2/accessToken"),
    authorizationUri: at("/oauth2/authorizeCode"),
    redirectUri: redirect,
    scopes,
  });
const own = (secret) => configured(secret, ["WMS_NCIP"]).credentials.getToken();
assert.equal((await own(secret)).expired(), false);
ok("client credentials");
const client = configured(secret, scope.split(" ")), verifier = randomBytes(32).toString("base64url");
const code_challenge = createHash("sha256").update(verifier).digest("base64url");
const back = await visit(client.code.getUri({ state: "s", query: { code_challenge, code_challenge_method: "S256" } }));
const tokens = await client.code.getToken(back, { state: "s", body: { code_verifier: verifier } });
ok("code with PKCE");
const second = await (await tokens.refresh()).refresh();
assert.notEqual(second.accessToken, tokens.accessToken);
ok("refresh twice");
const is = (error) => error.status === 401 || error.body?.error === "invalid_client";
await refused("wrong secret", () => own("another secret"), is);
await disable();
await refused("disabled client", () => own(secret), is);
done();
