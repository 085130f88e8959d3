//! The routes: method and path, and the function behind each.

use http::Method;

use crate::service::Function;

/// Where users are sent.
pub const AUTHORIZE: &str = "/oauth2/authorizeCode";
/// Where devices without a browser begin (RFC 8628 section 3.1).
pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";
/// Where users type the code of a device.
pub const DEVICE: &str = "/oauth2/device";
/// Where the provider of an institution sends its users back to.
pub const CALLBACK: &str = "/oauth2/callback";
/// Where users see the applications that may use their account, and end that.
pub const APPLICATIONS: &str = "/oauth2/applications";
/// Where users sign out.
pub const SIGN_OUT: &str = "/oauth2/signOut";
/// The pages' stylesheet.
pub const STYLE: &str = "/oauth2/style.css";
/// Where tokens are asked for.
pub const TOKEN: &str = "/oauth2/accessToken";
/// Where authorization requests are pushed (RFC 9126).
pub const PUSH: &str = "/oauth2/par";
/// Where access tokens are refreshed.
pub const REFRESH: &str = "/oauth2/refreshToken";
/// Where tokens are looked at.
pub const INTROSPECT: &str = "/oauth2/introspect";
/// Where tokens are revoked.
pub const REVOKE: &str = "/oauth2/revoke";
/// The metadata document (RFC 8414).
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
/// The same document, for clients that look for it only here. It promises nothing of OpenID Connect.
pub const OPENID: &str = "/.well-known/openid-configuration";
/// What an alias of [`AUTHORIZE`] ends in: it leads there.
pub const AUTHORIZE_ALIAS: &str = "/authorize";

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// The function that answers.
    pub function: Function,
    /// Whether it is another path of a route that is there: for clients that know it under that one. It has limits of its own,
    /// and no document of discovery names it.
    pub is_alias: bool,
    /// Its name among the function's events in SAM's template. Logical ids are made of it.
    pub event: &'static str,
}

const fn route(method: Method, path: &'static str, function: Function, event: &'static str) -> Route {
    Route { method, path, function, is_alias: false, event }
}

const fn alias(method: Method, path: &'static str, function: Function, event: &'static str) -> Route {
    Route { method, path, function, is_alias: true, event }
}

/// Each of them.
pub const ROUTES: [Route; 44] = [
    route(Method::POST, TOKEN, Function::Issue, "AccessToken"),
    // A script of a public client asks before it sends a form.
    route(Method::OPTIONS, TOKEN, Function::Issue, "AccessTokenOptions"),
    route(Method::POST, DEVICE_AUTHORIZATION, Function::Issue, "DeviceAuthorization"),
    route(Method::POST, PUSH, Function::Issue, "Push"),
    route(Method::OPTIONS, PUSH, Function::Issue, "PushOptions"),
    route(Method::POST, REFRESH, Function::Refresh, "RefreshToken"),
    // HEAD is where GET is (RFC 9110 section 9.1).
    route(Method::GET, AUTHORIZE, Function::Authorize, "Ask"),
    route(Method::HEAD, AUTHORIZE, Function::Authorize, "AskHead"),
    route(Method::POST, AUTHORIZE, Function::Authorize, "Answer"),
    route(Method::GET, CALLBACK, Function::Authorize, "Callback"),
    route(Method::HEAD, CALLBACK, Function::Authorize, "CallbackHead"),
    route(Method::GET, SIGN_OUT, Function::Authorize, "SignOutAsk"),
    route(Method::HEAD, SIGN_OUT, Function::Authorize, "SignOutAskHead"),
    route(Method::POST, SIGN_OUT, Function::Authorize, "SignOutAnswer"),
    route(Method::GET, APPLICATIONS, Function::Authorize, "Applications"),
    route(Method::HEAD, APPLICATIONS, Function::Authorize, "ApplicationsHead"),
    route(Method::POST, APPLICATIONS, Function::Authorize, "ApplicationsAnswer"),
    route(Method::GET, DEVICE, Function::Authorize, "DeviceAsk"),
    route(Method::HEAD, DEVICE, Function::Authorize, "DeviceAskHead"),
    route(Method::POST, DEVICE, Function::Authorize, "DeviceAnswer"),
    route(Method::GET, STYLE, Function::Authorize, "Style"),
    route(Method::HEAD, STYLE, Function::Authorize, "StyleHead"),
    route(Method::POST, INTROSPECT, Function::Introspect, "Introspect"),
    route(Method::GET, METADATA, Function::Introspect, "Metadata"),
    route(Method::HEAD, METADATA, Function::Introspect, "MetadataHead"),
    // A script of another origin may read what is public.
    route(Method::OPTIONS, METADATA, Function::Introspect, "MetadataOptions"),
    route(Method::POST, REVOKE, Function::Revoke, "Revoke"),
    route(Method::PUT, REVOKE, Function::Revoke, "RevokeAsOfOld"),
    route(Method::OPTIONS, REVOKE, Function::Revoke, "RevokeOptions"),
    // What OCLC's present clients, and the defaults of libraries, call.
    alias(Method::POST, "/token", Function::Issue, "Token"),
    alias(Method::OPTIONS, "/token", Function::Issue, "TokenOptions"),
    alias(Method::POST, "/oauth2/token", Function::Issue, "TokenBelow"),
    alias(Method::OPTIONS, "/oauth2/token", Function::Issue, "TokenBelowOptions"),
    alias(Method::GET, AUTHORIZE_ALIAS, Function::Authorize, "Lead"),
    alias(Method::HEAD, AUTHORIZE_ALIAS, Function::Authorize, "LeadHead"),
    alias(Method::GET, "/oauth2/authorize", Function::Authorize, "LeadBelow"),
    alias(Method::HEAD, "/oauth2/authorize", Function::Authorize, "LeadBelowHead"),
    alias(Method::POST, "/introspect", Function::Introspect, "IntrospectAlias"),
    alias(Method::POST, "/revoke", Function::Revoke, "RevokeAlias"),
    alias(Method::PUT, "/revoke", Function::Revoke, "RevokeAsOfOldAlias"),
    alias(Method::OPTIONS, "/revoke", Function::Revoke, "RevokeAliasOptions"),
    alias(Method::GET, OPENID, Function::Introspect, "OpenId"),
    alias(Method::HEAD, OPENID, Function::Introspect, "OpenIdHead"),
    alias(Method::OPTIONS, OPENID, Function::Introspect, "OpenIdOptions"),
];

/// The endpoints of clients that have several paths. With a push, what names the token endpoint counts, too (RFC 9126 section 2).
const SPELLINGS: [&[&str]; 4] =
    [&[TOKEN, "/token", "/oauth2/token"], &[INTROSPECT, "/introspect"], &[REVOKE, "/revoke"], &[PUSH, TOKEN]];

/// Every path of the endpoint of clients that a request's path leads to.
pub fn paths_of_endpoint(path: &str) -> impl Iterator<Item = &'static str> {
    let spelled = SPELLINGS.into_iter().find(|paths| paths.iter().any(|route| is_at(path, route)));
    let alone = ROUTES.iter().map(|route| route.path).find(|route| spelled.is_none() && is_at(path, route));
    spelled.into_iter().flatten().copied().chain(alone)
}

/// Whether a request's path leads to a route. Only the last part counts: a stage or a mapping may put more before it.
pub fn is_at(path: &str, route: &str) -> bool {
    path.rsplit('/').next() == route.rsplit('/').next()
}
