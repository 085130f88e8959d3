//! What the authorizer of other APIs asks for.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[ROUTE_SCOPES, TOKEN_CACHE_SECONDS];

/// Which scopes the authorizer asks for.
pub const ROUTE_SCOPES: Setting = Setting {
    name: "LATCHKEY_ROUTE_SCOPES",
    default: Default::Text("{}"),
    kind: Kind::RouteScopes,
    words: "Which scopes the authorizer asks for, a JSON object from routes to scopes, like {\"GET \
            /loans/{id}\":\"WMS_NCIP\"}",
    more: "The authorizer refuses every request to a route that it does not name, unless it has `*`. `{}` lets no token pass; \
           `{\"*\":\"\"}` opens every route.",
    readers: &[Authorizer],
    deployed: Some(Deployed {
        parameter: Some(Parameter {
            sam: "RouteScopes",
            terraform: "route_scopes",
            group: AUTHORIZER,
            more: ". {} lets no token pass; {\"*\":\"\"} opens every route",
            pattern: r#"^\{ *(".+)?\}$"#,
            most: Some(3000),
            constraint: "a JSON object on one line, of at most 3000 characters: {} lets no token pass, {\"*\":\"\"} opens every route \
                         as an empty text did before, {\"GET /loans/{id}\":\"WMS_NCIP\"} asks for a scope",
            elsewhere: Some(Elsewhere::ByHand),
        }),
        sam: "",
        terraform: "jsonencode(var.route_scopes)",
        noted: "",
        comment: "",
    }),
};

/// How long the authorizer remembers a good token.
pub const TOKEN_CACHE_SECONDS: Setting = Setting {
    name: "LATCHKEY_TOKEN_CACHE_SECONDS",
    default: Default::Number(0),
    kind: Kind::Seconds(0, 60 * 60),
    words: "How long the authorizer caches an active access token, in seconds. A revoked token may pass for as long. 0 \
            caches nothing",
    more: "Only active tokens are cached.",
    readers: &[Authorizer],
    deployed: by_number(AUTHORIZER, "TokenCacheSeconds", "token_cache_seconds"),
};
