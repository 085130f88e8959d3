import * as oauth from "oauth4webapi";
{%- if guide.has_key() %}
import { readFileSync } from "node:fs";

{% include "node-key.mjs" %}
{%- endif %}

const client = { client_id: "{{ guide.client_id }}" };
{%- if guide.is_public() %}
const auth = oauth.None();
{%- else if guide.has_key() %}
const auth = oauth.PrivateKeyJwt({ key, kid: "{{ guide.kid() }}" });
{%- else if guide.is_secret_jwt() %}
const auth = oauth.ClientSecretJwt(process.env.LATCHKEY_SECRET);
{%- else if guide.is_post() %}
const auth = oauth.ClientSecretPost(process.env.LATCHKEY_SECRET);
{%- else %}
const auth = oauth.ClientSecretBasic(process.env.LATCHKEY_SECRET);
{%- endif %}
const options = {
{%- if guide.insecure %}
  // For a server of this machine only.
  [oauth.allowInsecureRequests]: true,
{%- endif %}
};
const issuer = new URL("{{ guide.issuer }}");
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...options }),
);
{%- if guide.own %}

/** Gets a token on the client's own account. */
export async function own() {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, auth, { scope: "{{ guide.scope() }}" }, options);
  return oauth.processClientCredentialsResponse(server, client, answer);
}
{%- endif %}
{%- if guide.code %}

const redirectUri = "{{ guide.redirect_uri }}";

async function began(build) {
  const verifier = oauth.generateRandomCodeVerifier(), state = oauth.generateRandomState();
  const address = new URL(server.authorization_endpoint);
  address.search = await build(new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "{{ guide.user_scope() }}",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  }));
  return { address: address.href, verifier, state };
}

/** Pushes a request; the address then has nothing of it. */
async function pushed(parameters) {
  const answer = await oauth.pushedAuthorizationRequest(server, client, auth, parameters, options);
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, answer);
  return new URLSearchParams({ client_id: client.client_id, request_uri });
}

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
{%- if guide.pushes %}
export const begin = () => began(pushed);
{%- else %}
export const begin = () => began((parameters) => parameters);

/** The same, with a request that is pushed first. */
export const beginPushed = () => began(pushed);
{%- endif %}

/** Ends it: `back` is the whole address that the user came back to. */
export async function end(back, { verifier, state }) {
  const code = oauth.validateAuthResponse(server, client, new URL(back), state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, auth, code, redirectUri, verifier, options);
  return oauth.processAuthorizationCodeResponse(server, client, answer);
}
{%- endif %}
{%- if guide.device %}

/** Begins on a device without a browser: show the user `verification_uri` and `user_code`. */
export async function beginDevice() {
  const parameters = { scope: "{{ guide.user_scope() }}" };
  const answer = await oauth.deviceAuthorizationRequest(server, client, auth, parameters, options);
  return oauth.processDeviceAuthorizationResponse(server, client, answer);
}

/** Ends it: asks until the user has answered, or the code has expired. */
export async function endDevice({ device_code, interval, expires_in }) {
  const ends = Date.now() + expires_in * 1000;
  let cause;
  while (Date.now() < ends) {
    await new Promise((later) => setTimeout(later, interval * 1000));
    const asked = oauth.deviceCodeGrantRequest(server, client, auth, device_code, options);
    const answer = await asked.catch((error) => void (cause = error));
    // While a server is away or busy, a device asks less often (RFC 8628 section 3.5).
    if (!answer || answer.status === 429 || answer.status >= 500) {
      interval = Math.max(interval, Math.min(2 * interval, 60));
      continue;
    }
    try {
      return await oauth.processDeviceCodeResponse(server, client, answer);
    } catch (error) {
      if (error.error === "slow_down") interval += 5;
      else if (error.error !== "authorization_pending") throw error;
    }
  }
  throw new Error("no tokens before the code expired", { cause });
}
{%- endif %}
{%- if guide.refresh %}

export async function refresh(tokens) {
  const answer = await oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token, options);
  return oauth.processRefreshTokenResponse(server, client, answer);
}
{%- endif %}
{%- if guide.introspects %}

export async function isActive(token) {
  const answer = await oauth.introspectionRequest(server, client, auth, token, options);
  return (await oauth.processIntrospectionResponse(server, client, answer)).active;
}
{%- endif %}
{%- if guide.gets() %}

export async function revoke(tokens) {
  const token = tokens.refresh_token ?? tokens.access_token;
  return oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, token, options));
}
{%- endif %}
