import { createHash, randomBytes } from "node:crypto";
import WSKey from "oclc-wskey";

const issuer = "{{ guide.issuer }}", client_id = "{{ guide.client_id }}";
const wskey = new WSKey(client_id, process.env.LATCHKEY_SECRET);
{%- if guide.own || guide.code %}
// A client that signs names its institution wherever it asks for tokens.
const institutions = {
  authenticatingInstitutionId: "{{ guide.institution }}",
  contextInstitutionId: "{{ guide.institution }}",
};
{%- endif %}

/** Posts a signed form: `bodyhash` covers it. */
async function post(path, form) {
  const body = new URLSearchParams(form).toString();
  const bodyHash = createHash("sha256").update(body).digest("base64");
  const signature = wskey.HMACSignature("POST", issuer + path, undefined, { bodyHash });
  const headers = {
    Accept: "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
    Authorization: `${signature}, bodyhash="${bodyHash}"`,
  };
  const answer = await fetch(issuer + path, { method: "POST", headers, body });
  const members = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${members.error}`), { status: answer.status, ...members });
  return members;
}
{%- if guide.own %}

/** Gets a token on the client's own account. */
export const own = () =>
  post("/oauth2/accessToken", { grant_type: "client_credentials", scope: "{{ guide.scope() }}", ...institutions });
{%- endif %}
{%- if guide.code %}

const redirect_uri = "{{ guide.redirect_uri }}";

/** Begins a sign-in: redirect the user to `address`, and keep the rest in the user's session. */
export function begin() {
  const verifier = randomBytes(32).toString("base64url"), state = randomBytes(16).toString("base64url");
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const asked = { client_id, redirect_uri, response_type: "code", scope: "{{ guide.user_scope() }}", state, ...institutions };
  const query = new URLSearchParams({ ...asked, code_challenge, code_challenge_method: "S256" });
  return { address: `${issuer}/oauth2/authorizeCode?${query}`, verifier, state };
}

/** Ends it: `back` is the whole address that the user came back to. */
export function end(back, { verifier, state }) {
  const answer = new URL(back).searchParams, code = answer.get("code");
  if (answer.get("state") !== state || !code) throw new Error(answer.get("error") ?? "another request's answer");
  const redemption = { grant_type: "authorization_code", code, redirect_uri, code_verifier: verifier, ...institutions };
  return post("/oauth2/accessToken", redemption);
}
{%- endif %}
{%- if guide.refresh %}

/** The answer has no new refresh token: keep the one that is there. */
export async function refresh({ refresh_token }) {
  const refreshed = await post("/oauth2/refreshToken", { grant_type: "refresh_token", refresh_token });
  return { refresh_token, ...refreshed };
}
{%- endif %}
{%- if guide.introspects %}

export const isActive = async (token) => (await post("/oauth2/introspect", { token })).active;
{%- endif %}
{%- if guide.own || guide.code %}

export const revoke = (tokens) => post("/oauth2/revoke", { token: tokens.refresh_token ?? tokens.access_token });
{%- endif %}
