//! The page of the local server, on the root of the service's port: what is served, and what happened last. It has no script
//! and no secret. A deployment has no such page.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use sha2::{Digest, Sha256};

use crate::local::journal::{Entry, Journal};
use latchkey::context::Service;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::{Stored, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{ROUTES, Route};
use latchkey_oauth::time::instant;

/// How the pages look that only the local server has.
pub(crate) const STYLE: &str = include_str!("page.css");

/// The most grants that are shown, newest first.
const SHOWN_GRANTS: usize = 100;

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    places: Places<'a>,
    now: String,
    routes: &'a [Route],
    requests: Vec<Entry>,
    /// Where the errors page is, if the operator set it.
    errors: Option<&'a str>,
    clients: Vec<ClientLine>,
    no_clients: Option<&'static str>,
    grants: Vec<GrantLine>,
    no_grants: Option<&'static str>,
    /// The keys of the items that cannot be read.
    damaged: Vec<String>,
    style: &'static str,
}

/// Where the local server listens.
pub(super) struct Places<'a> {
    pub(super) url: &'a str,
    pub(super) dynamodb: &'a str,
    /// The demo application, where it runs.
    pub(super) demo: Option<&'a str>,
}

struct ClientLine {
    id: String,
    name: String,
    disabled: bool,
    grant_types: String,
    scopes: String,
    institutions: String,
}

impl From<Client> for ClientLine {
    fn from(client: Client) -> Self {
        let grant_types: Vec<_> = client.grant_types.iter().copied().map(GrantType::as_str).collect();
        Self {
            grant_types: grant_types.join(" "),
            scopes: client.scopes.join(" "),
            institutions: client.institutions.join(" "),
            id: client.id,
            name: client.name,
            disabled: client.disabled,
        }
    }
}

struct GrantLine {
    id: String,
    client_id: String,
    user: Option<String>,
    scope: String,
    institution: String,
    created_at: String,
    state: String,
}

impl GrantLine {
    fn new(grant: Grant, now: u64) -> Self {
        let ends = [
            grant.code.filter(|code| code.redeemed.is_none()).map(|code| ("code", code.expires_at)),
            grant.device.filter(|device| device.redeemed.is_none()).map(|device| ("device code", device.expires_at)),
            grant.access.filter(|_| grant.access_revoked_at.is_none()).map(|token| ("access token", token.expires_at)),
            grant.refresh.map(|token| ("refresh token", token.expires_at)),
        ];
        let live = ends.into_iter().flatten().filter(|(_, end)| now < *end);
        let live: Vec<_> = live.map(|(what, end)| format!("{what} until {}", instant(end))).collect();
        let state = match grant.revoked_at {
            Some(at) => format!("revoked at {}", instant(at)),
            None if live.is_empty() => "expired".to_owned(),
            None => live.join(", "),
        };
        Self {
            id: grant.id.to_string(),
            client_id: grant.client_id,
            user: grant.principal.map(|principal| format!("{} ({})", principal.id, principal.idns)),
            scope: grant.scope.to_string(),
            institution: grant.institutions.context,
            created_at: instant(grant.created_at),
            state,
        }
    }
}

/// Shows the page. What the database does not give is told in its place.
pub(super) async fn show(service: &Service, journal: &Journal, places: Places<'_>, now: u64) -> Response {
    let unread = "The database does not give them. The commands latchkey client list and latchkey grant list say why.";
    let mut usage = Usage::default();
    let clients = service.store.clients(&mut usage).await;
    let no_clients = clients.is_err().then_some(unread);
    let grants = service.store.grants(&GrantFilter::default(), &mut usage).await;
    let no_grants = grants.is_err().then_some(unread);
    let grants = grants.unwrap_or_default().into_iter().take(SHOWN_GRANTS);
    let page = Page {
        places,
        now: instant(now),
        routes: &ROUTES,
        requests: journal.last(),
        errors: service.settings.error_pages.as_deref(),
        clients: clients.unwrap_or_default().into_iter().map(Stored::into_inner).map(ClientLine::from).collect(),
        no_clients,
        grants: grants.map(|grant| GrantLine::new(grant, now)).collect(),
        no_grants,
        damaged: usage.damaged,
        style: STYLE,
    };
    let Ok(text) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    document(StatusCode::OK, text, STYLE, ("'none'", "no-referrer"))
}

/// A page as an answer: it runs no script, and has this one style. `forms` says where its forms may lead, and `referrer` where
/// its address may be told.
pub(crate) fn document(
    status: StatusCode,
    text: String,
    style: &str,
    (forms, referrer): (&str, &'static str),
) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'",
        STANDARD.encode(Sha256::digest(style))
    );
    let headers = [
        (CONTENT_TYPE, "text/html;charset=UTF-8"),
        (CONTENT_SECURITY_POLICY, &policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, referrer),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, Body::from(text)).into_response()
}
