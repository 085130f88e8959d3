import { generateCodeVerifier, OAuth2Client } from "@badgateway/oauth2-client";

export const client = new OAuth2Client({
  server: "{{ guide.issuer }}/",
  discoveryEndpoint: "{{ guide.issuer }}/.well-known/oauth-authorization-server",
  clientId: "{{ guide.client_id }}",
{%- if !guide.is_public() %}
  clientSecret: process.env.LATCHKEY_SECRET,
  authenticationMethod: "{{ guide.method }}",
{%- endif %}
});
{%- if guide.own %}

/** Gets a token on the client's own account. */
export const own = () => client.clientCredentials({ scope: "{{ guide.scope() }}".split(" ") });
{%- endif %}
{%- if guide.code %}

const redirectUri = "{{ guide.redirect_uri }}";

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
export async function begin() {
  const codeVerifier = await generateCodeVerifier(), state = await generateCodeVerifier();
  const scope = "{{ guide.user_scope() }}".split(" ");
  const address = await client.authorizationCode.getAuthorizeUri({ redirectUri, scope, state, codeVerifier });
  return { address, codeVerifier, state };
}

/** Ends it: `back` is the whole address that the user came back to. */
export const end = (back, { codeVerifier, state }) =>
  client.authorizationCode.getTokenFromCodeRedirect(back, { redirectUri, codeVerifier, state });
{%- endif %}
{%- if guide.refresh %}

export const refresh = (tokens) => client.refreshToken(tokens);
{%- endif %}
{%- if guide.introspects %}

export const isActive = async (token) => (await client.introspect({ accessToken: token })).active;
{%- endif %}
{%- if guide.own || guide.code %}

export const revoke = (tokens) => client.revoke(tokens, tokens.refreshToken ? "refresh_token" : "access_token");
{%- endif %}
