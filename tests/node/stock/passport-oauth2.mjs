// passport-oauth2: node passport-oauth2.mjs, by tests/python/stock.py
import assert from "node:assert/strict";
import OAuth2Strategy from "passport-oauth2";
import { at, disable, done, id, ok, redirect, refused, scope, secret, visit } from "./talk.mjs";

const configured = (secret) =>
  new OAuth2Strategy(
    {
      authorizationURL: at("/oauth2/authorizeCode"),
      tokenURL: at("/oauth2/accessToken"),
      clientID: id,
      clientSecret: secret,
      callbackURL: redirect,
      scope,
      pkce: true,
      state: true,
    },
    (access, refresh, _profile, tell) => tell(null, { access, refresh }),
  );
// As Express would hold it: a request, with the session of its browser.
const session = {};
const authenticate = (strategy, query) =>
  new Promise((resolve, reject) => {
    const running = Object.create(strategy);
    running.redirect = resolve;
    running.success = resolve;
    running.fail = (challenge) => reject(new Error(JSON.stringify(challenge)));
    running.error = reject;
    running.authenticate({ query, session, headers: {}, connection: {} }, {});
  });
const strategy = configured(secret);
strategy.userProfile = (_token, tell) => tell(null, {});
const back = new URL(await visit(await authenticate(strategy, {})));
const user = await authenticate(strategy, Object.fromEntries(back.searchParams));
assert.ok(user.access && user.refresh);
ok("code with PKCE");
const ask = (strategy, code, parameters) =>
  new Promise((resolve, reject) =>
    strategy._oauth2.getOAuthAccessToken(code, parameters, (error, access) => (error ? reject(error) : resolve(access))));
const refresh = () => ask(strategy, user.refresh, { grant_type: "refresh_token" });
assert.notEqual(await refresh(), await refresh());
ok("refresh twice");
const is = (error) => error.statusCode === 401;
await refused("wrong secret", () => ask(configured("another secret"), user.refresh, { grant_type: "refresh_token" }), is);
await disable();
await refused("disabled client", refresh, is);
done();
