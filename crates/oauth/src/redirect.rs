//! Where a browser is sent: to the application with its answer, or back to the beginning.

use crate::error::Denial;
use crate::form::encode;
use crate::grant::Grant;
use crate::grants::TokenResponse;
use crate::grants::authorization_code::consent::AuthorizationResponse;
use crate::grants::authorization_code::prompt::Prompt;
use crate::grants::authorization_code::request::{Request, ResponseType};
use crate::response::error_uri;

use crate::time::instant;

#[cfg(test)]
mod tests;

/// Pairs, encoded so that a query and a script's `decodeURIComponent` read them alike: a blank is `%20`, never `+`.
#[derive(Default)]
struct Pairs(String);

impl Pairs {
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&encode(value));
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn after(self, uri: &str, in_fragment: bool) -> String {
        let joint = if in_fragment {
            '#'
        } else if uri.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{uri}{joint}{}", self.0)
    }
}

/// To the application, with a code or with tokens.
pub fn granted(request: &Request, grant: &Grant, response: &AuthorizationResponse, issuer: &str, now: u64) -> String {
    let mut pairs = Pairs::default();
    match response {
        AuthorizationResponse::Code(code) => {
            pairs.add("code", &code.text);
            pairs.maybe("state", request.state.as_deref());
            if request.picked {
                pairs.add("authenticating_institution_id", &grant.institutions.authenticating);
                pairs.add("context_institution_id", &grant.institutions.context);
            }
            // RFC 9207
            pairs.add("iss", issuer);
        }
        // No `iss`: existing clients slice by position, up to the `Z` at the end.
        AuthorizationResponse::Tokens(answer) => tokens(&mut pairs, answer, request.state.as_deref(), now),
    }
    pairs.after(&request.redirect_uri, request.response_type == ResponseType::Token)
}

/// In the one order that existing clients read.
fn tokens(pairs: &mut Pairs, answer: &TokenResponse, state: Option<&str>, now: u64) {
    let left = |expires_at: u64| expires_at.saturating_sub(now).saturating_sub(1).to_string();
    let principal = answer.principal.as_ref();
    pairs.add("access_token", &answer.access.token.text);
    pairs.add("principalID", principal.map_or("", |principal| &principal.id));
    pairs.add("principalIDNS", principal.map_or("", |principal| &principal.idns));
    pairs.add("context_institution_id", &answer.institutions.context);
    pairs.add("authenticating_institution_id", &answer.institutions.authenticating);
    pairs.add("token_type", "bearer");
    pairs.add("expires_in", &left(answer.access.expires_at));
    pairs.maybe("state", state);
    pairs.add("expires_at", &instant(answer.access.expires_at));
    if let Some(refresh) = &answer.refresh {
        pairs.add("refresh_token", &refresh.token.text);
        pairs.add("refresh_token_expires_in", &left(refresh.expires_at));
        pairs.add("refresh_token_expires_at", &instant(refresh.expires_at));
    }
}

/// To the application, with an error (RFC 6749 sections 4.1.2.1 and 4.2.2.1). What leads to `error_pages` comes last: the
/// other parameters keep their places.
pub fn refused(
    redirect_uri: &str,
    in_fragment: bool,
    denial: &Denial,
    state: Option<&str>,
    issuer: &str,
    error_pages: Option<&str>,
) -> String {
    let wire = denial.wire();
    let mut pairs = Pairs::default();
    pairs.add("error", wire.error);
    pairs.add("error_description", &wire.description);
    pairs.add("http_code", &wire.status.to_string());
    pairs.maybe("state", state);
    pairs.add("iss", issuer);
    pairs.maybe("error_uri", error_uri(denial, error_pages).as_deref());
    pairs.after(redirect_uri, in_fragment)
}

/// Where an answer leads, as a user knows places: on the consent page and on the page of applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A host, with its port if the URI names one.
    Site(&'a str),
    /// A program that listens on the user's own device, by host and port.
    Here(&'a str),
    /// A program that the device opens by its scheme.
    App(&'a str),
}

impl<'a> Destination<'a> {
    /// Reads a redirect URI. `None` if it names no place.
    pub fn of(redirect_uri: &'a str) -> Option<Self> {
        let (scheme, after) = redirect_uri.split_once(':').filter(|(scheme, _)| !scheme.is_empty())?;
        // What follows an application's own scheme is any text, and may look like another's host.
        if !["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)) {
            return Some(Self::App(scheme));
        }
        let authority = after.strip_prefix("//")?.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
        let is_here = ["127.0.0.1", "[::1]", "localhost"]
            .iter()
            .any(|here| host.strip_prefix(here).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        Some(if is_here { Self::Here(host) } else { Self::Site(host) })
    }
}

/// Where a user begins who types the code of a device.
pub const TO_DEVICE: &str = "device";

/// Where a user sees the applications that may use the account.
pub const TO_APPLICATIONS: &str = "applications";

/// To a request that was pushed (RFC 9126 section 4). Of a reference's characters a query takes all as they are; colons and
/// slashes are encoded as forms encode them.
pub fn to_pushed(client_id: &str, request_uri: &str) -> String {
    format!(
        "authorizeCode?client_id={}&request_uri={}",
        encode(client_id),
        request_uri.replace(':', "%3A").replace('/', "%2F")
    )
}

/// To the beginning of the same request; of a device's, to the page that asks for its code. Relative, so that it holds behind any
/// host and any path before it.
pub fn to_begin(request: &Request) -> String {
    if request.device.is_some() {
        return TO_DEVICE.to_owned();
    }
    let mut pairs = Pairs::default();
    pairs.add("client_id", &request.client_id);
    pairs.add("redirect_uri", &request.redirect_uri);
    pairs.add("response_type", if request.response_type == ResponseType::Code { "code" } else { "token" });
    pairs.add("scope", &request.scope.to_string());
    match &request.institutions {
        Some(institutions) if request.picked => pairs.add("institution", &institutions.authenticating),
        Some(institutions) => {
            pairs.add("authenticatingInstitutionId", &institutions.authenticating);
            pairs.add("contextInstitutionId", &institutions.context);
        }
        None => {}
    }
    pairs.maybe("state", request.state.as_deref());
    pairs.maybe("code_challenge", request.challenge.as_deref());
    pairs.maybe("code_challenge_method", request.challenge.as_ref().map(|_| "S256"));
    let Prompt { login, none, max_age } = request.prompt;
    pairs.maybe("prompt", if none { Some("none") } else { login.then_some("login") });
    pairs.maybe("max_age", max_age.map(|seconds| seconds.to_string()).as_deref());
    pairs.maybe("ui_locales", request.ui_locales.as_deref());
    pairs.after("authorizeCode", false)
}
