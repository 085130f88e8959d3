//! The discovery document of a provider (OpenID Connect Discovery 1.0): what the operator's command reads of it, and every fault
//! in words. No request of a user reads it.

use std::fmt;

use super::id_token::SUBJECT;
use super::keys::MAX_DOCUMENT;
use super::{Method, address, registration};
use crate::jose::Algorithm;
use crate::jose::members::{Fault, Members};

mod choice;
#[cfg(test)]
mod tests;

pub use choice::ALGORITHMS;

/// What is wrong with a provider, or unwise, in words. What the provider says itself is quoted with every control character
/// escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(String);

impl Finding {
    fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the operator wants of a provider.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Its issuer.
    pub issuer: &'a str,
    /// The claim that names a user.
    pub claim: &'a str,
    /// What is asked for.
    pub scope: &'a str,
    /// The algorithm of its ID tokens; `None` for the best that it offers.
    pub algorithm: Option<Algorithm>,
    /// How this service authenticates there; `None` for the best that it takes.
    pub method: Option<Method>,
    /// Whether it may be `http` on loopback: only beside a service that is.
    pub loopback: bool,
}

/// What a document says, and what is unwise about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Where users are sent.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where users sign out there.
    pub end_session_endpoint: Option<String>,
    /// The algorithm of its ID tokens.
    pub algorithm: Algorithm,
    /// How this service authenticates there.
    pub method: Method,
    /// Whether it says in each answer which issuer it is.
    pub sends_iss: bool,
    /// Whether it takes `prompt=select_account`.
    pub selects_account: bool,
    /// What works and is unwise.
    pub findings: Vec<Finding>,
}

/// Where the document of an issuer is (OpenID Connect Discovery section 4.1).
pub fn document_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Reads a document, or tells everything that is wrong with it.
pub fn read(document: &str, wanted: &Wanted<'_>) -> Result<Discovered, Vec<Finding>> {
    if document.len() > MAX_DOCUMENT {
        return Err(vec![Finding::new(format!("the discovery document is longer than {MAX_DOCUMENT} bytes"))]);
    }
    let members = Members::parse(document).map_err(|fault| {
        vec![Finding::new(match fault {
            Fault::NotAnObject => "the discovery document is not an object of JSON".to_owned(),
            Fault::Repeated(name) => format!("the discovery document has the member {} twice", quoted(&name)),
        })]
    })?;
    let mut reading = Reading { members, wanted, faults: Vec::new(), findings: Vec::new() };
    reading.check_issuer();
    let authorization_endpoint = reading.endpoint("authorization_endpoint");
    let token_endpoint = reading.endpoint("token_endpoint");
    let jwks_uri = reading.endpoint("jwks_uri");
    reading.check_called("token_endpoint", &token_endpoint);
    reading.check_called("jwks_uri", &jwks_uri);
    reading.check_authorization_query(&authorization_endpoint);
    reading.check_flow();
    let (algorithm, method) = (reading.algorithm(), reading.method());
    let (sends_iss, selects_account) = (reading.sends_iss(), reading.selects_account());
    reading.look_at_claims();
    let end_session_endpoint = reading.end_session_endpoint();
    let Reading { faults, findings, .. } = reading;
    match (algorithm, method) {
        (Some(algorithm), Some(method)) if faults.is_empty() => Ok(Discovered {
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            end_session_endpoint,
            algorithm,
            method,
            sends_iss,
            selects_account,
            findings,
        }),
        _ => Err(faults),
    }
}

/// The most characters of the provider's that a finding repeats.
const MOST: usize = 200;

fn quoted(text: &str) -> String {
    let more = if text.chars().count() > MOST { "…" } else { "" };
    format!("{:?}{more}", text.chars().take(MOST).collect::<String>())
}

/// A document, and what has been found of it so far.
struct Reading<'a> {
    members: Members<'a>,
    wanted: &'a Wanted<'a>,
    faults: Vec<Finding>,
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn fault(&mut self, words: impl Into<String>) {
        self.faults.push(Finding::new(words));
    }

    fn unwise(&mut self, words: impl Into<String>) {
        self.findings.push(Finding::new(words));
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let text = self.members.text(name);
        if text.is_err() {
            self.fault(format!("{name} in the discovery document is not a text"));
        }
        text.ok().flatten()
    }

    fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let texts = self.members.texts(name);
        if texts.is_err() {
            self.fault(format!("{name} in the discovery document is not a list of texts"));
        }
        texts.ok().flatten()
    }

    fn flag(&mut self, name: &'static str) -> bool {
        let flag = self.members.flag(name);
        if flag.is_err() {
            self.fault(format!("{name} in the discovery document is neither true nor false"));
        }
        flag.ok().flatten().unwrap_or_default()
    }

    /// OpenID Connect Discovery section 4.3: character by character.
    fn check_issuer(&mut self) {
        let wanted = self.wanted.issuer;
        match self.text("issuer") {
            Some(issuer) if issuer == wanted => {}
            Some(issuer) => self.fault(format!(
                "the discovery document is of the issuer {}, and {wanted:?} is registered: they must be equal, character by \
                 character (OpenID Connect Discovery section 4.3)",
                quoted(&issuer)
            )),
            None => self.fault("the discovery document has no issuer"),
        }
    }

    fn endpoint(&mut self, name: &'static str) -> String {
        let Some(text) = self.text(name) else {
            // A member of another type is told already.
            if !self.members.has(name) {
                self.fault(format!("the discovery document has no {name}"));
            }
            return String::new();
        };
        if let Err(why) = self.check_endpoint(&text) {
            self.fault(format!("{name} in the discovery document is {}: {why}", quoted(&text)));
        }
        text
    }

    /// Whether the provider is on this machine.
    fn is_here(&self) -> bool {
        self.wanted.loopback && address::is_loopback_text(self.wanted.issuer)
    }

    /// A provider on loopback has what browsers open there or behind https; no other has anything on loopback.
    fn check_endpoint(&self, text: &str) -> Result<(), String> {
        registration::endpoint(text, self.is_here())
    }

    /// For a provider on loopback, the service calls nothing that is elsewhere.
    fn check_called(&mut self, name: &'static str, endpoint: &str) {
        if self.is_here() && self.check_endpoint(endpoint).is_ok() && !address::is_loopback_text(endpoint) {
            self.fault(format!(
                "{name} in the discovery document is {}: it must be on this machine, as the issuer is, because the service calls \
                 nothing else for such a provider",
                quoted(endpoint)
            ));
        }
    }

    /// A page that offers what does not work is worse than one without it.
    fn end_session_endpoint(&mut self) -> Option<String> {
        let text = self.members.text("end_session_endpoint").ok().flatten()?;
        match self.check_endpoint(&text) {
            Ok(()) => Some(text),
            Err(why) => {
                self.unwise(format!("end_session_endpoint is {}, so pages do not lead there: {why}", quoted(&text)));
                None
            }
        }
    }

    /// Whether what the service adds to an address is there already.
    fn check_authorization_query(&mut self, endpoint: &str) {
        if let Some(name) = registration::added_before(endpoint) {
            self.fault(format!("authorization_endpoint has the parameter {name}, which the service adds itself"));
        }
    }

    /// What the operator chose to know users by.
    fn look_at_claims(&mut self) {
        let Wanted { claim, scope, .. } = *self.wanted;
        if let Some(known) = self.texts("scopes_supported") {
            for asked in scope.split(' ').filter(|asked| !known.iter().any(|known| known == asked)) {
                self.unwise(format!(
                    "scopes_supported does not have {asked:?}, so the provider may refuse to sign users in"
                ));
            }
        }
        if let Some(known) = self.texts("claims_supported")
            && !known.iter().any(|known| known == claim)
        {
            self.unwise(format!(
                "claims_supported does not have {claim:?}: make sure that the provider writes it into ID tokens, or no user \
                 can sign in"
            ));
        }
        if claim != SUBJECT {
            self.unwise(format!(
                "only sub never names another person later (OpenID Connect Core section 5.7): make sure that the provider \
                 never gives a {claim} to a second person"
            ));
        }
    }
}
