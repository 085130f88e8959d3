// oauth4webapi: node oauth4webapi.mjs, by tests/python/stock.py. With METHOD=none it is a public client.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import { disable, done, id, method, ok, redirect, refused, scope, secret, url, visit } from "./talk.mjs";

const insecure = { [oauth.allowInsecureRequests]: true };
const ways = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: () => oauth.None(),
};
const issuer = new URL(url), client = { client_id: id }, auth = ways[method](secret), isPublic = method === "none";
const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
const server = await oauth.processDiscoveryResponse(issuer, found);
ok("discovery");
const credentials = async (auth) => {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, auth, { scope: "WMS_NCIP" }, insecure);
  return oauth.processClientCredentialsResponse(server, client, answer);
};
if (!isPublic) {
  await credentials(auth);
  ok("client credentials");
}
const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState();
const address = new URL(server.authorization_endpoint);
address.search = new URLSearchParams({
  client_id: id,
  redirect_uri: redirect,
  response_type: "code",
  scope: isPublic ? "WMS_NCIP" : scope,
  state,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
});
const back = oauth.validateAuthResponse(server, client, new URL(await visit(address.href)), state);
const answer = await oauth.authorizationCodeGrantRequest(server, client, auth, back, redirect, verifier, insecure);
const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer);
ok("code with PKCE");
if (isPublic) {
  assert.equal(tokens.refresh_token, undefined);
} else {
  let refreshed = tokens;
  for (let time = 0; time < 2; time++) {
    const answer = await oauth.refreshTokenGrantRequest(server, client, auth, refreshed.refresh_token, insecure);
    refreshed = await oauth.processRefreshTokenResponse(server, client, answer);
  }
  ok("refresh twice");
  const answer = await oauth.introspectionRequest(server, client, auth, refreshed.access_token, insecure);
  assert.equal((await oauth.processIntrospectionResponse(server, client, answer)).active, true);
  ok("introspection");
}
const revoked = await oauth.revocationRequest(server, client, auth, tokens.refresh_token ?? tokens.access_token, insecure);
await oauth.processRevocationResponse(revoked);
ok("revocation");
const is = (error) => error.status === 401;
if (!isPublic) {
  await refused("wrong secret", () => credentials(ways[method]("another secret than its own")), is);
}
await disable();
const again = async () => {
  const answer = await oauth.revocationRequest(server, client, auth, tokens.access_token, insecure);
  return oauth.processRevocationResponse(answer);
};
await refused("disabled client", again, is);
done();
