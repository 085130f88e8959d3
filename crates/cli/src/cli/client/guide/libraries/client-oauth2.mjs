import { createHash, randomBytes } from "node:crypto";
import ClientOAuth2 from "client-oauth2";

const configured = (scope) =>
  new ClientOAuth2({
    clientId: "{{ guide.client_id }}",
    clientSecret: process.env.LATCHKEY_SECRET,
    accessTokenUri: "{{ guide.issuer }}/oauth2/accessToken",
    authorizationUri: "{{ guide.issuer }}/oauth2/authorizeCode",
{%- if guide.code %}
    redirectUri: "{{ guide.redirect_uri }}",
{%- endif %}
    scopes: scope.split(" "),
  });
{%- if guide.own %}

/** Gets a token on the client's own account. */
export const own = () => configured("{{ guide.scope() }}").credentials.getToken();
{%- endif %}
{%- if guide.code %}

const client = configured("{{ guide.user_scope() }}");

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
export function begin() {
  const verifier = randomBytes(32).toString("base64url"), state = randomBytes(16).toString("base64url");
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const address = client.code.getUri({ state, query: { code_challenge, code_challenge_method: "S256" } });
  return { address, verifier, state };
}

/** Ends it: `back` is the whole address that the user came back to. */
export const end = (back, { verifier, state }) => client.code.getToken(back, { state, body: { code_verifier: verifier } });
{%- endif %}
{%- if guide.refresh %}

export const refresh = (tokens) => tokens.refresh();
{%- endif %}
