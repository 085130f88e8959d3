//! What is served where: the one table that the local server routes by, the metadata document is made of, and tests hold
//! the deployments and the OpenAPI document to.

use http::Method;

/// Where users are sent.
pub const AUTHORIZE: &str = "/oauth2/authorizeCode";
/// Where tokens are asked for.
pub const TOKEN: &str = "/oauth2/accessToken";
/// Where tokens are looked at.
pub const INTROSPECT: &str = "/oauth2/introspect";
/// Where tokens are revoked.
pub const REVOKE: &str = "/oauth2/revoke";

/// Method, path, and the function behind it. No function's code is named here, so that none links all of them in.
pub const ROUTES: [(Method, &str, &str); 11] = [
    (Method::POST, TOKEN, "issue"),
    (Method::POST, "/oauth2/refreshToken", "refresh"),
    (Method::GET, AUTHORIZE, "authorize"),
    (Method::POST, AUTHORIZE, "authorize"),
    (Method::GET, "/oauth2/signOut", "authorize"),
    (Method::POST, "/oauth2/signOut", "authorize"),
    (Method::GET, "/oauth2/style.css", "authorize"),
    (Method::POST, INTROSPECT, "introspect"),
    (Method::GET, "/.well-known/oauth-authorization-server", "introspect"),
    (Method::POST, REVOKE, "revoke"),
    (Method::PUT, REVOKE, "revoke"),
];
