// openid-client: node openid-client.mjs, by tests/python/stock.py
import assert from "node:assert/strict";
import * as client from "openid-client";
import { disable, done, id, method, ok, redirect, refused, scope, secret, url, visit } from "./talk.mjs";

const ways = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost };
const configured = (secret) =>
  client.discovery(new URL(url), id, undefined, ways[method](secret), {
    algorithm: "oauth2",
    execute: [client.allowInsecureRequests],
  });
const config = await configured(secret);
ok("discovery");
const own = await client.clientCredentialsGrant(config, { scope: "WMS_NCIP" });
assert.equal(own.expires_in, 1199);
ok("client credentials");
const verifier = client.randomPKCECodeVerifier(), state = client.randomState();
const address = client.buildAuthorizationUrl(config, {
  redirect_uri: redirect,
  scope,
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
const back = new URL(await visit(address.href));
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state });
ok("code with PKCE");
const first = await client.refreshTokenGrant(config, tokens.refresh_token);
const second = await client.refreshTokenGrant(config, first.refresh_token);
assert.notEqual(first.access_token, second.access_token);
ok("refresh twice");
const seen = await client.tokenIntrospection(config, second.access_token);
assert.equal(seen.active, true);
ok("introspection");
await client.tokenRevocation(config, second.refresh_token);
assert.equal((await client.tokenIntrospection(config, second.access_token)).active, false);
ok("revocation");
const is = (error) => error.status === 401 || error.cause?.error === "invalid_client";
const wrong = await configured("another secret than its own");
await refused("wrong secret", () => client.clientCredentialsGrant(wrong, { scope: "WMS_NCIP" }), is);
await disable();
await refused("disabled client", () => client.clientCredentialsGrant(config, { scope: "WMS_NCIP" }), is);
done();
