//! What a user's yes gives, and where it gives nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::Sent;
use crate::example::{
    CHALLENGE, NOW, REDIRECT_URI, client, client_with, entropy, grant_id, institutions, institutions_of, principal,
    scope,
};
use crate::token::TokenHash;

fn consent(response_type: ResponseType) -> Consent {
    Consent {
        response_type,
        redirect_uri: REDIRECT_URI.into(),
        institutions: institutions(),
        principal: Some(principal()),
        refresh_seconds: None,
        scope: scope("A refresh_token"),
        challenge: Some(CHALLENGE.into()),
        form_ends_at: NOW + 300,
    }
}

fn agree(client: &Client, consent: Consent) -> Result<(Grant, AuthorizationResponse), Denial> {
    authorize(client, consent, grant_id(), &entropy(), &Settings::default(), NOW)
}

#[test]
fn a_registration_that_shrank_since_the_question_was_put_counts() {
    for (response_type, grant_type) in
        [(ResponseType::Code, GrantType::AuthorizationCode), (ResponseType::Token, GrantType::Implicit)]
    {
        let without = client_with(|client| client.grant_types.retain(|known| *known != grant_type));
        for (client, denial) in [
            (without, Denial::GrantTypeNotAllowed(grant_type)),
            (
                client_with(|client| client.institutions.clear()),
                Denial::InstitutionNotAllowed("authenticatingInstitutionId", Sent::of("128807")),
            ),
            (client_with(|client| client.scopes.clear()), Denial::ScopeNotAllowed(Sent::of("A"))),
            (client_with(|client| client.redirect_uris.clear()), Denial::RedirectUriUnregistered),
        ] {
            assert_eq!(agree(&client, consent(response_type)).err(), Some(denial));
        }
        let mut nothing = consent(response_type);
        nothing.scope = scope("refresh_token");
        assert_eq!(agree(&client(), nothing).err(), Some(Denial::ScopeWithoutService));
        let mut elsewhere = consent(response_type);
        elsewhere.institutions = institutions_of("128807", "1");
        assert_eq!(
            agree(&client(), elsewhere).err(),
            Some(Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("1")))
        );
    }
}

#[test]
fn a_client_registered_so_gets_no_code_without_a_challenge() {
    let strict = client_with(|client| client.pkce_required = true);
    for (client, response_type, challenge, denial) in [
        (&strict, ResponseType::Code, None, Some(Denial::ParameterMissing("code_challenge"))),
        (&strict, ResponseType::Code, Some(CHALLENGE), None),
        (&client(), ResponseType::Code, None, None),
        (&strict, ResponseType::Token, None, None),
    ] {
        let mut consent = consent(response_type);
        consent.challenge = challenge.map(str::to_owned);
        assert_eq!(agree(client, consent).err(), denial);
    }
}

#[test]
fn a_yes_to_a_code_makes_a_grant_with_nothing_but_the_code() {
    let (grant, AuthorizationResponse::Code(handed)) = agree(&client(), consent(ResponseType::Code)).ok().unwrap()
    else {
        panic!("tokens")
    };
    let minted = Minted::new(Kind::Code, grant_id(), None, &entropy().access);
    assert_eq!(*handed.text, *minted.text);
    let code = grant.code.unwrap();
    assert!(code.hash == TokenHash::of(&entropy().access) && code.redeemed.is_none());
    assert_eq!((code.expires_at, code.redirect_uri.as_str()), (NOW + 600, REDIRECT_URI));
    assert_eq!(code.challenge.as_deref(), Some(CHALLENGE));
    assert!(grant.access.is_none() && grant.refresh.is_none());
    assert_eq!((grant.access_revoked_at, grant.revoked_at, grant.created_at), (None, None, NOW));
    assert_eq!((grant.id, grant.client_id.as_str()), (grant_id(), "WSKEY"));
    assert_eq!((grant.grant_type, grant.scope), (GrantType::AuthorizationCode, scope("A refresh_token")));
    assert_eq!((grant.institutions, grant.principal), (institutions(), Some(principal())));
}

#[test]
fn a_grant_keeps_the_bound_of_its_refresh_tokens() {
    for response_type in [ResponseType::Code, ResponseType::Token] {
        for most in [None, Some(60)] {
            let (grant, handed) =
                agree(&client(), Consent { refresh_seconds: most, ..consent(response_type) }).ok().unwrap();
            assert_eq!(grant.refresh_seconds, most);
            if let AuthorizationResponse::Tokens(tokens) = handed {
                assert_eq!(tokens.refresh.unwrap().expires_at, NOW + most.unwrap_or(86_400));
            }
        }
    }
}

#[test]
fn a_yes_to_tokens_makes_a_grant_with_nothing_but_the_tokens() {
    for (text, refreshes) in [("A refresh_token", true), ("A", false)] {
        let mut consent = consent(ResponseType::Token);
        consent.scope = scope(text);
        let (grant, AuthorizationResponse::Tokens(handed)) = agree(&client(), consent).ok().unwrap() else {
            panic!("a code")
        };
        assert_eq!(grant.grant_type, GrantType::Implicit);
        assert!(grant.code.is_none());
        let access = grant.access.unwrap();
        assert!(access.hash == handed.access.token.hash && access.hash == TokenHash::of(&entropy().access));
        assert_eq!((access.expires_at, handed.access.expires_at), (NOW + 1200, NOW + 1200));
        assert_eq!((grant.refresh.is_some(), handed.refresh.is_some()), (refreshes, refreshes));
        if let (Some(stored), Some(refresh)) = (grant.refresh, handed.refresh) {
            assert!(stored.hash == refresh.token.hash && stored.expires_at == NOW + 86_400);
        }
        assert_eq!((&handed.scope, &handed.institutions), (&scope(text), &institutions()));
        assert_eq!((grant.principal, handed.principal), (Some(principal()), Some(principal())));
    }
}

#[test]
fn a_grants_item_is_kept_as_long_as_its_form_could_be_sent_again() {
    for (response_type, form, kept) in [
        (ResponseType::Code, 0, 600),
        (ResponseType::Code, 599, 600),
        (ResponseType::Code, 601, 601),
        (ResponseType::Token, 0, 87_600),
        (ResponseType::Token, 87_601, 87_601),
    ] {
        let mut consent = consent(response_type);
        consent.form_ends_at = NOW + form;
        let (grant, _) = agree(&client(), consent).ok().unwrap();
        assert_eq!(grant.expires_at, NOW + kept, "{response_type:?} {form}");
    }
}
