//! An example of everything a rule decides on: a client that may do all it asks for, its grant, its tokens.

#![allow(clippy::unwrap_used)]

use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::client_auth::replay::Replay;
use crate::client_auth::wskey::replay_key;
use crate::grant::{Code, Grant, Institutions, Principal, RefreshedToken, StoredToken};
use crate::grant_type::GrantType;
use crate::grants::Entropy;
use crate::replay::ReplayKey;
use crate::scope::Scope;
use crate::secret::Sealed;
use crate::settings::Settings;
use crate::token::{GrantId, Kind, Minted, Selector, TokenHash, Unverified};

pub const NOW: u64 = 1_700_000_000;
pub const REDIRECT_URI: &str = "https://app.example/done";
/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The secret parts of what stands in [`grant`].
pub const ACCESS_SECRET: [u8; 20] = [1; 20];
pub const REFRESH_SECRET: [u8; 20] = [2; 20];
pub const CODE_SECRET: [u8; 20] = [3; 20];
pub const REFRESHED_SECRET: [u8; 20] = [4; 20];

/// May use every grant type, ask for `A` and `B`, act for 128807 and 91475, and name users.
pub fn client() -> Client {
    let mut client = Client::new("WSKEY".into(), "Application".into(), named_secret("first", None), NOW - 1000);
    client.grant_types = GrantType::ALL.to_vec();
    client.scopes = vec!["A".into(), "B".into()];
    client.institutions = vec!["128807".into(), "91475".into()];
    client.redirect_uris = vec![REDIRECT_URI.into()];
    client.names_principal = true;
    client.namespaces = Some(vec![principal().idns]);
    client.signed_principal_required = false;
    client
}

pub fn client_with(edit: impl FnOnce(&mut Client)) -> Client {
    let mut client = client();
    edit(&mut client);
    client
}

pub fn named_secret(name: &str, expires_at: Option<u64>) -> NamedSecret {
    let sealed = Sealed { key: "one".into(), bytes: Vec::new() };
    NamedSecret { name: name.into(), sealed, created_at: NOW - 1000, expires_at }
}

pub fn institutions() -> Institutions {
    institutions_of("128807", "91475")
}

pub fn institutions_of(authenticating: &str, context: &str) -> Institutions {
    Institutions { authenticating: authenticating.into(), context: context.into() }
}

pub fn principal() -> Principal {
    Principal { id: "8eaa9f92".into(), idns: "urn:oclc:platform:128807".into() }
}

pub fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

pub fn key(nonce: &str) -> ReplayKey {
    replay_key("WSKEY", "1700000000", nonce)
}

/// A signed request, remembered as long as its timestamp could be accepted.
pub fn replay(nonce: &str) -> Replay {
    Replay::marked(AuthMethod::WsKey, key(nonce), Settings::default().replay_guard(NOW))
}

pub fn entropy() -> Entropy {
    Entropy { access: [11; 20], refresh: [12; 20] }
}

pub fn grant_id() -> GrantId {
    GrantId::random([5; 16])
}

pub fn selector() -> Selector {
    Selector::of_request(&key("a refresh"))
}

/// By client credentials, for a user, with both tokens; made at [`NOW`].
pub fn grant() -> Grant {
    Grant {
        id: grant_id(),
        client_id: "WSKEY".into(),
        grant_type: GrantType::ClientCredentials,
        institutions: institutions(),
        principal: Some(principal()),
        scope: scope("A B refresh_token"),
        refresh_seconds: None,
        created_at: NOW,
        code: None,
        device: None,
        access: Some(stored(&ACCESS_SECRET, NOW + 1200)),
        access_revoked_at: None,
        refresh: Some(stored(&REFRESH_SECRET, NOW + 86_400)),
        revoked_at: None,
        expires_at: NOW + 87_600,
    }
}

pub fn grant_with(edit: impl FnOnce(&mut Grant)) -> Grant {
    let mut grant = grant();
    edit(&mut grant);
    grant
}

/// By a user's consent, with a code that is not yet redeemed.
pub fn consented() -> Grant {
    grant_with(|grant| {
        grant.grant_type = GrantType::AuthorizationCode;
        grant.code = Some(Code {
            hash: TokenHash::of(&CODE_SECRET),
            expires_at: NOW + 600,
            redirect_uri: REDIRECT_URI.into(),
            challenge: None,
            redeemed: None,
        });
        (grant.access, grant.refresh) = (None, None);
        grant.expires_at = NOW + 600;
    })
}

/// What a refresh of [`grant`] made, narrowed to `A`.
pub fn refreshed() -> RefreshedToken {
    RefreshedToken {
        grant_id: grant_id(),
        selector: selector(),
        live: stored(&REFRESHED_SECRET, NOW + 2400),
        scope: scope("A"),
        created_at: Some(NOW + 1200),
        revoked_at: None,
        expires_at: NOW + 9000,
    }
}

fn stored(secret: &[u8], expires_at: u64) -> StoredToken {
    StoredToken { hash: TokenHash::of(secret), expires_at }
}

/// A token of [`grant`] as a client presents it.
pub fn presented(kind: Kind, selector: Option<Selector>, secret: &[u8; 20]) -> Unverified {
    Unverified::parse(&Minted::new(kind, grant_id(), selector, secret).text).unwrap()
}
