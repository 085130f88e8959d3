//! Clients: who may ask, for what, and with which secrets.

pub(crate) mod claimed;
pub mod registration;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth_method::AuthMethod;
use crate::grant::{Institutions, Principal, subject};
use crate::grant_type::GrantType;
use crate::jose::PublicKey;
use crate::scope::REFRESH_TOKEN;
use crate::secret::{ClientSecret, Sealed};
use crate::text::composed;

pub use claimed::{claimed_id, unknown_id, without_secrets};

/// A rotation needs two secrets alive at once, and every request is checked against just this many.
pub const MAX_SECRETS: usize = 2;

/// Stands in a registration for every institution.
pub const ANY_INSTITUTION: &str = "*";

/// Stands in a registration for the APIs of every scope, among what it may introspect.
pub const ANY_SCOPE: &str = "*";

/// Bounds of a redirect URI, in bytes.
pub const MAX_REDIRECT_URI: usize = 2048;

/// Bounds of the client id, in bytes. A published one is 80 long.
pub const MAX_CLIENT_ID: usize = 128;

/// One secret of a client, sealed.
#[derive(Clone)]
pub struct NamedSecret {
    /// What log lines call it, such as `2026-11-22`.
    pub name: String,
    /// The secret, sealed for this client.
    pub sealed: Sealed,
    /// When it was made, POSIX seconds.
    pub created_at: u64,
    /// When it stops working, POSIX seconds, where a rotation set an end.
    pub expires_at: Option<u64>,
}

/// A public key of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// What a header calls it.
    pub kid: String,
    /// The key itself, as JSON (RFC 7517).
    pub jwk: String,
}

impl From<&PublicKey> for ClientKey {
    fn from(key: &PublicKey) -> Self {
        Self { kid: key.name(), jwk: key.written() }
    }
}

/// A registered client.
#[derive(Clone)]
pub struct Client {
    /// Its key: the WSKey.
    pub id: String,
    /// What people call the application.
    pub name: String,
    /// Who registered it, as users read it on the consent page.
    pub publisher: Option<String>,
    /// Where its users get help: an https URL or a mailto address.
    pub help_url: Option<String>,
    /// The service refuses all its requests while set.
    pub disabled: bool,
    /// At most [`MAX_SECRETS`].
    pub secrets: Vec<NamedSecret>,
    /// The keys that verify its assertions: at most [`MAX_KEYS`](crate::jose::key_set::MAX_KEYS).
    pub keys: Vec<ClientKey>,
    /// How it may authenticate. Registrations from before there was a choice sign.
    pub auth_methods: Vec<AuthMethod>,
    /// What it may use. With `refresh_token`, the scope of that name yields a refresh token.
    pub grant_types: Vec<GrantType>,
    /// The services it may ask for.
    pub scopes: Vec<String>,
    /// The institutions it may act for; `*` is all of them.
    pub institutions: Vec<String>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// The origins (RFC 6454) of its pages in browsers, whose scripts may read answers to a public client.
    pub origins: Vec<String>,
    /// The scopes of the APIs that it owns: tokens with one of them it may introspect.
    pub introspects: Vec<String>,
    /// Whether its authorization requests must have a PKCE challenge (RFC 7636).
    pub pkce_required: bool,
    /// Whether its authorization requests must be pushed (RFC 9126 section 6).
    pub require_pushed_requests: bool,
    /// Whether it may name a user in a client-credentials request.
    pub names_principal: bool,
    /// The namespaces (`principalIDNS`) of the users that it may name. `None` is every namespace: registrations from before
    /// there were lists have none.
    pub namespaces: Option<Vec<String>>,
    /// Whether it must name a user in parameters, which the signature covers. Otherwise the attributes of the header count
    /// too, which anyone between client and service can change.
    pub signed_principal_required: bool,
    /// Whether `expires_in` is printed as a string, as the 2013 documentation shows it.
    pub numbers_as_strings: bool,
    /// Whether a refresh response names the user. Two libraries fail on it, so it is off unless asked for.
    pub principal_on_refresh: bool,
    /// Life of its refresh tokens in seconds, where it differs from the deployment's.
    pub refresh_token_seconds: Option<u64>,
    /// How far away the end of its assertions may be in seconds, where it is more or less than five minutes.
    pub assertion_seconds: Option<u64>,
    /// Whether an assertion of its mints once at all, and not once with each grant.
    pub single_use_assertions: bool,
    /// Of what it was granted before this time nothing is good any more, POSIX seconds.
    pub not_before: Option<u64>,
    /// When it was registered, POSIX seconds.
    pub created_at: u64,
    /// Counts the changes, so that two operators at once do not overwrite each other.
    pub revision: u64,
}

impl Client {
    /// A client that may do nothing yet, with its first secret.
    pub fn new(id: String, name: String, secret: NamedSecret, now: u64) -> Self {
        Self { secrets: vec![secret], ..Self::without_secret(id, name, now) }
    }

    /// A client that may do nothing yet.
    pub fn without_secret(id: String, name: String, now: u64) -> Self {
        Self {
            id,
            name,
            publisher: None,
            help_url: None,
            disabled: false,
            secrets: Vec::new(),
            keys: Vec::new(),
            auth_methods: vec![AuthMethod::default()],
            grant_types: Vec::new(),
            scopes: Vec::new(),
            institutions: Vec::new(),
            redirect_uris: Vec::new(),
            origins: Vec::new(),
            introspects: Vec::new(),
            pkce_required: false,
            require_pushed_requests: false,
            names_principal: false,
            namespaces: Some(Vec::new()),
            signed_principal_required: true,
            numbers_as_strings: false,
            principal_on_refresh: false,
            refresh_token_seconds: None,
            assertion_seconds: None,
            single_use_assertions: false,
            not_before: None,
            created_at: now,
            revision: 0,
        }
    }

    /// The secrets that are good at `now`.
    pub fn live_secrets(&self, now: u64) -> impl Iterator<Item = &NamedSecret> {
        self.secrets.iter().filter(move |secret| secret.expires_at.is_none_or(|end| now < end)).take(if self.disabled {
            0
        } else {
            MAX_SECRETS
        })
    }

    /// Whether it may authenticate by this method.
    pub fn authenticates_by(&self, method: AuthMethod) -> bool {
        self.auth_methods.contains(&method)
    }

    /// Whether it may do without a secret (RFC 6749 section 2.1): then no secret says who asks.
    pub fn is_public(&self) -> bool {
        self.authenticates_by(AuthMethod::None)
    }

    /// Whether a method of its needs a secret that the service knows. A client without such a method has none.
    pub fn needs_a_secret(&self) -> bool {
        self.auth_methods.iter().any(|method| method.needs_a_secret())
    }

    /// From when on its grants are good, POSIX seconds: the later of its own time and the deployment's.
    pub fn good_from(&self, deployment: u64) -> u64 {
        self.not_before.unwrap_or_default().max(deployment)
    }

    /// Whether it may use `grant_type`. A client that cannot authenticate gets no tokens on its own account (RFC 6749 section
    /// 4.4), no refresh token, which this service does not rotate (RFC 9700 section 2.2.2), and none for a device: an attacker
    /// could begin in its name, and trick a user into allowing it (RFC 8628 section 5.4).
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type) && !(GrantType::PROVED.contains(&grant_type) && self.is_public())
    }

    /// Whether its authorization requests must have a PKCE challenge.
    pub fn must_challenge(&self) -> bool {
        self.pkce_required || self.is_public()
    }

    /// Whether scripts of this origin may read answers to it. Of a client that has to show credentials, and of a disabled one,
    /// no answer says whether it is registered.
    pub fn answers_origin(&self, origin: &str) -> bool {
        self.is_public() && !self.disabled && self.origins.iter().any(|known| known == origin)
    }

    /// Whether it may ask for the scope token.
    pub fn may_ask_for(&self, token: &str) -> bool {
        if token == REFRESH_TOKEN {
            return self.may_use(GrantType::RefreshToken);
        }
        self.scopes.iter().any(|scope| scope == token)
    }

    /// Whether codes and tokens may be sent to `uri`: a registered one, to the letter (RFC 9700 section 2.1). On loopback any
    /// port will do, since an application on the user's machine takes what is free (RFC 8252 section 7.3). `localhost` is
    /// loopback too: browsers resolve it themselves (RFC 6761 section 6.3), and clients that expect this are many.
    pub fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| {
            registered == uri
                || ["http://127.0.0.1", "http://[::1]", "http://localhost"].into_iter().any(|loopback| {
                    let path = |uri: &'_ str| uri.strip_prefix(loopback).and_then(without_port).map(str::to_owned);
                    path(uri).is_some_and(|here| path(registered) == Some(here))
                })
        })
    }

    /// Its redirect URI, if it has just one: then a request may leave it out (RFC 6749 section 3.1.2.3).
    pub fn only_redirect_uri(&self) -> Option<&String> {
        if let [only] = &self.redirect_uris[..] { Some(only) } else { None }
    }

    /// Whether all that it does is signed. What it asks for and is answered is then as it ever was.
    pub fn only_signs(&self) -> bool {
        self.auth_methods == [AuthMethod::WsKey]
    }

    /// Whether users of this one's namespace are among those that it may name.
    pub fn knows_namespace_of(&self, principal: &Principal) -> bool {
        // A grant of an early version holds the text as it came.
        let is_known =
            |known: &Vec<String>| known.contains(&principal.idns) || known.contains(&composed(&principal.idns));
        self.namespaces.as_ref().is_none_or(is_known)
    }

    /// Whether it may act for both institutions.
    pub fn may_act_for(&self, institutions: &Institutions) -> bool {
        self.may_act_for_one(&institutions.authenticating) && self.may_act_for_one(&institutions.context)
    }

    /// Whether it may act for the institution of this id.
    pub fn may_act_for_one(&self, id: &str) -> bool {
        self.institutions.iter().any(|known| known == ANY_INSTITUTION || known == id)
    }
}

/// What follows the port, if there is one; `None` where what follows the host is neither port, path nor query.
fn without_port(rest: &str) -> Option<&str> {
    let path = match rest.strip_prefix(':') {
        Some(rest) => {
            let path = rest.trim_start_matches(|character: char| character.is_ascii_digit());
            rest.strip_suffix(path)?.parse::<u16>().ok()?;
            path
        }
        None => rest,
    };
    (path.is_empty() || path.starts_with(['/', '?'])).then_some(path)
}

/// Whether `id` can be a client id: visible ASCII, no quote, not too long. A header has it between quotes without escapes,
/// and the signed text has it on a line. It is no user's subject, because an API may see either in one place.
pub fn is_client_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    (1..=MAX_CLIENT_ID).contains(&id.len()) && id.bytes().all(plain) && !subject::is_of_users(id)
}

/// A new secret: 24 random bytes, printed as base64url. Its text is the key. Clients disagree on how to encode `+`, `/` and
/// `=` where they send a secret, and base64url has none of them. A hyphen at the beginning would look like an option of a
/// command, so another character takes its place.
pub fn new_secret(bytes: [u8; 24]) -> ClientSecret {
    let text = URL_SAFE_NO_PAD.encode(bytes);
    ClientSecret::new(match text.strip_prefix('-') {
        Some(rest) => format!("A{rest}"),
        None => text,
    })
}

/// A new client id: 40 random bytes in hexadecimal, which is as long as published ones are and never looks like an
/// option of a command.
pub fn new_client_id(bytes: [u8; 40]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
