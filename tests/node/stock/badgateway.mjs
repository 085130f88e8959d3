// @badgateway/oauth2-client: node badgateway.mjs, by tests/python/stock.py
import assert from "node:assert/strict";
import { generateCodeVerifier, OAuth2Client } from "@badgateway/oauth2-client";
import { disable, done, id, method, ok, redirect, refused, scope, secret, url, visit } from "./talk.mjs";

const configured = (clientSecret) =>
  new OAuth2Client({
    server: url,
    clientId: id,
    clientSecret,
    discoveryEndpoint: "/.well-known/oauth-authorization-server",
    authenticationMethod: method,
  });
const client = configured(secret);
await client.clientCredentials({ scope: ["WMS_NCIP"] });
ok("discovery");
ok("client credentials");
const codeVerifier = await generateCodeVerifier(), state = "a state";
const asked = { redirectUri: redirect, state, codeVerifier, scope: scope.split(" ") };
const back = await visit(await client.authorizationCode.getAuthorizeUri(asked));
const tokens = await client.authorizationCode.getTokenFromCodeRedirect(back, { redirectUri: redirect, state, codeVerifier });
ok("code with PKCE");
const second = await client.refreshToken(await client.refreshToken(tokens));
ok("refresh twice");
assert.equal((await client.introspect(second)).active, true);
ok("introspection");
await client.revoke(second, "refresh_token");
assert.equal((await client.introspect(second)).active, false);
ok("revocation");
const is = (error) => error.httpCode === 401 || error.response?.status === 401;
await refused("wrong secret", () => configured("another secret").clientCredentials({ scope: ["WMS_NCIP"] }), is);
await disable();
await refused("disabled client", () => client.clientCredentials({ scope: ["WMS_NCIP"] }), is);
done();
