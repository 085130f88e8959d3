import OAuth2Strategy from "passport-oauth2";

/** For passport.use("latchkey", strategy), behind express-session: `state` and PKCE's verifier are kept in the user's session. */
export const strategy = new OAuth2Strategy(
  {
    authorizationURL: "{{ guide.issuer }}/oauth2/authorizeCode",
    tokenURL: "{{ guide.issuer }}/oauth2/accessToken",
    clientID: "{{ guide.client_id }}",
    clientSecret: process.env.LATCHKEY_SECRET,
    callbackURL: "{{ guide.redirect_uri }}",
    scope: "{{ guide.user_scope() }}",
    pkce: true,
    state: true,
    skipUserProfile: true,
  },
  (access_token, refresh_token, _profile, done) => done(null, { access_token, refresh_token }),
);
{%- if guide.refresh %}

export const refresh = ({ refresh_token }) =>
  new Promise((resolve, reject) => {
    const done = (error, access_token) => (error ? reject(error) : resolve({ access_token, refresh_token }));
    strategy._oauth2.getOAuthAccessToken(refresh_token, { grant_type: "refresh_token" }, done);
  });
{%- endif %}
