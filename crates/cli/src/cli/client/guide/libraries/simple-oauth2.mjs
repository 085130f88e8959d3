import { createHash, randomBytes } from "node:crypto";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";

const configuration = (auth) => ({
  client: { id: "{{ guide.client_id }}", secret: process.env.LATCHKEY_SECRET },
  auth: { tokenHost: "{{ guide.issuer }}", tokenPath: "/oauth2/accessToken", revokePath: "/oauth2/revoke", ...auth },
  options: { authorizationMethod: "{% if guide.is_post() %}body{% else %}header{% endif %}" },
});
{%- if guide.own %}

/** Gets a token on the client's own account. */
export const own = () => new ClientCredentials(configuration()).getToken({ scope: "{{ guide.scope() }}" });
{%- endif %}
{%- if guide.code %}

const client = new AuthorizationCode(configuration({ authorizePath: "/oauth2/authorizeCode" }));
const redirect_uri = "{{ guide.redirect_uri }}";

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
export function begin() {
  const verifier = randomBytes(32).toString("base64url"), state = randomBytes(16).toString("base64url");
  const address = client.authorizeURL({
    redirect_uri,
    scope: "{{ guide.user_scope() }}",
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  return { address, verifier, state };
}

/** Ends it: `back` is the whole address that the user came back to. */
export function end(back, { verifier, state }) {
  const answer = new URL(back).searchParams;
  if (answer.get("state") !== state || !answer.has("code")) throw new Error(answer.get("error") ?? "another request's answer");
  return client.getToken({ code: answer.get("code"), redirect_uri, code_verifier: verifier });
}
{%- endif %}
{%- if guide.refresh %}

export const refresh = (tokens) => tokens.refresh();
{%- endif %}

/** `tokens.token` has the members of the answer. */
export const revoke = (tokens) => tokens.revoke(tokens.token.refresh_token ? "refresh_token" : "access_token");
