import * as client from "openid-client";
{%- if guide.has_key() %}
import { readFileSync } from "node:fs";

{% include "node-key.mjs" %}
{%- endif %}

export const config = await client.discovery(
  new URL("{{ guide.issuer }}"),
  "{{ guide.client_id }}",
  undefined,
{%- if guide.is_public() %}
  client.None(),
{%- else if guide.has_key() %}
  client.PrivateKeyJwt({ key, kid: "{{ guide.kid() }}" }),
{%- else if guide.is_secret_jwt() %}
  client.ClientSecretJwt(process.env.LATCHKEY_SECRET),
{%- else if guide.is_post() %}
  client.ClientSecretPost(process.env.LATCHKEY_SECRET),
{%- else %}
  client.ClientSecretBasic(process.env.LATCHKEY_SECRET),
{%- endif %}
  { algorithm: "oauth2"{% if guide.insecure %}, execute: [client.allowInsecureRequests]{% endif %} },
);
{%- if guide.own %}

/** Gets a token on the client's own account. */
export const own = () => client.clientCredentialsGrant(config, { scope: "{{ guide.scope() }}" });
{%- endif %}
{%- if guide.code %}

async function began(build) {
  const verifier = client.randomPKCECodeVerifier(), state = client.randomState();
  const address = await build(config, {
    redirect_uri: "{{ guide.redirect_uri }}",
    scope: "{{ guide.user_scope() }}",
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  return { address: address.href, verifier, state };
}

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
{%- if guide.pushes %}
export const begin = () => began(client.buildAuthorizationUrlWithPAR);
{%- else %}
export const begin = () => began(client.buildAuthorizationUrl);

/** The same, with a request that is pushed first: the address has nothing of it. */
export const beginPushed = () => began(client.buildAuthorizationUrlWithPAR);
{%- endif %}

/** Ends it: `back` is the whole address that the user came back to. */
export const end = (back, { verifier, state }) =>
  client.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier: verifier, expectedState: state });
{%- endif %}
{%- if guide.device %}

/** Begins on a device without a browser: show the user `verification_uri` and `user_code`. */
export const beginDevice = () => client.initiateDeviceAuthorization(config, { scope: "{{ guide.user_scope() }}" });

/** Ends it: asks until the user has answered. */
export const endDevice = (begun) => client.pollDeviceAuthorizationGrant(config, begun);
{%- endif %}
{%- if guide.refresh %}

export const refresh = (tokens) => client.refreshTokenGrant(config, tokens.refresh_token);
{%- endif %}
{%- if guide.introspects %}

export const isActive = async (token) => (await client.tokenIntrospection(config, token)).active;
{%- endif %}
{%- if guide.gets() %}

export const revoke = (tokens) => client.tokenRevocation(config, tokens.refresh_token ?? tokens.access_token);
{%- endif %}
