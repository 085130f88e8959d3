//! What a client gets on its own account, and what it does not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::{PrincipalError, Sent};
use crate::example::{NOW, client, client_with, entropy, institutions, institutions_of, key, principal, replay};
use crate::token::{GrantId, Kind, Minted, TokenHash};

fn ask(client: &Client, scope: &str, institutions: Institutions) -> Result<(Grant, TokenResponse), Denial> {
    let asked =
        ClientCredentialsRequest { scope, institutions, named: Named { signed: None, unsigned: Some(principal()) } };
    client_credentials(client, asked, &replay("1"), &Settings::default(), &entropy(), NOW)
}

#[test]
fn whatever_the_registration_lacks_is_refused() {
    let without = |grant_type| client_with(|client| client.grant_types.retain(|known| *known != grant_type));
    let refused = Denial::GrantTypeNotAllowed(GrantType::ClientCredentials);
    let here = || institutions_of("128807", "91475");
    for (client, scope, institutions, denial) in [
        (without(GrantType::ClientCredentials), "A", here(), refused),
        (client(), "", here(), Denial::ScopeMalformed(Sent::of(""))),
        (client(), "A\"", here(), Denial::ScopeMalformed(Sent::of("A\""))),
        (client(), "refresh_token", here(), Denial::ScopeWithoutService),
        (client(), "A C", here(), Denial::ScopeNotAllowed(Sent::of("C"))),
        (
            without(GrantType::RefreshToken),
            "A refresh_token",
            here(),
            Denial::ScopeNotAllowed(Sent::of("refresh_token")),
        ),
        (
            client(),
            "A",
            institutions_of("1", "128807"),
            Denial::InstitutionNotAllowed("authenticatingInstitutionId", Sent::of("1")),
        ),
        (
            client(),
            "A",
            institutions_of("128807", "1"),
            Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("1")),
        ),
        (client_with(|client| client.names_principal = false), "A", here(), PrincipalError::NotAllowed.into()),
    ] {
        assert_eq!(ask(&client, scope, institutions).err(), Some(denial), "{scope}");
    }
}

#[test]
fn a_client_gets_what_it_asks_for_and_the_grant_says_so() {
    for (text, written, refreshes) in
        [("A", "A", false), ("B A", "B A", false), (" A  refresh_token A", "A refresh_token", true)]
    {
        let (grant, told) = ask(&client(), text, institutions()).unwrap_or_else(|denial| panic!("{denial:?}"));
        assert_eq!((grant.scope.to_string(), told.scope.to_string()), (written.into(), written.into()));
        assert_eq!((&grant.institutions, &told.institutions), (&institutions(), &institutions()));
        assert_eq!((&grant.principal, &told.principal), (&Some(principal()), &Some(principal())));
        assert_eq!((grant.client_id.as_str(), grant.grant_type), ("WSKEY", GrantType::ClientCredentials));
        assert_eq!((grant.created_at, grant.revoked_at, grant.access_revoked_at), (NOW, None, None));
        assert!(grant.code.is_none());
        let text = Minted::new(Kind::Access, grant.id, None, &entropy().access).text;
        assert_eq!((&*told.access.token.text, told.access.expires_at), (&*text, NOW + 1200));
        let access = grant.access.unwrap();
        assert!(access.hash == TokenHash::of(&entropy().access) && access.expires_at == NOW + 1200);
        assert_eq!((grant.refresh.is_some(), told.refresh.is_some()), (refreshes, refreshes));
        if let (Some(stored), Some(refresh)) = (grant.refresh, told.refresh) {
            assert!(stored.hash == refresh.token.hash && stored.expires_at == refresh.expires_at);
            assert_eq!(grant.expires_at, NOW + 87_600);
        }
    }
}

#[test]
fn one_signed_request_makes_one_grant() {
    let made_by = |nonce: &str| {
        let asked = ClientCredentialsRequest { scope: "A", institutions: institutions(), named: Named::default() };
        let made = client_credentials(&client(), asked, &replay(nonce), &Settings::default(), &entropy(), NOW);
        let (grant, told) = made.unwrap_or_else(|denial| panic!("{denial:?}"));
        assert_eq!((grant.principal, told.principal), (None, None), "and no user is named who was not before");
        grant.id
    };
    assert_eq!(made_by("1"), GrantId::of_request(&key("1")));
    assert_ne!(made_by("1"), made_by("2"));
}
