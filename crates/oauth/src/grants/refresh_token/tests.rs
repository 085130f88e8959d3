//! What a refresh gives, and that it never gives more than was granted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::{PrincipalError, Sent};
use crate::example::{
    ACCESS_SECRET, CODE_SECRET, NOW, REFRESH_SECRET, client, client_with, entropy, grant, grant_with, institutions,
    key, presented, principal, replay, scope,
};
use crate::token::{Selector, TokenHash};

type Refreshed = Result<(RefreshedToken, TokenResponse), Denial>;

fn refresh_at(
    now: u64,
    client: &Client,
    grant: Option<&Grant>,
    token: Option<Unverified>,
    scope: Option<&str>,
) -> Refreshed {
    let asked = RefreshRequest { token, scope, institutions: NamedInstitutions::default() };
    refresh(client, grant, &asked, &replay("a refresh"), &Settings::default(), &entropy(), now)
}

fn theirs() -> Unverified {
    presented(Kind::Refresh, None, &REFRESH_SECRET)
}

fn ask(client: &Client, grant: &Grant, scope: Option<&str>) -> Refreshed {
    refresh_at(NOW, client, Some(grant), Some(theirs()), scope)
}

fn denial(told: Refreshed) -> Option<Denial> {
    told.err()
}

#[test]
fn what_is_no_refresh_token_of_this_client_is_refused_as_an_unknown_one() {
    for (what, grant, token) in [
        ("no such grant", None, Some(theirs())),
        ("no such token", Some(grant()), None),
        ("neither", None, None),
        ("another secret", Some(grant()), Some(presented(Kind::Refresh, None, &[0; 20]))),
        ("the access token", Some(grant()), Some(presented(Kind::Access, None, &ACCESS_SECRET))),
        ("the secret of the access token", Some(grant()), Some(presented(Kind::Refresh, None, &ACCESS_SECRET))),
        ("its secret as an access token's", Some(grant()), Some(presented(Kind::Access, None, &REFRESH_SECRET))),
        ("its secret as a code's", Some(grant()), Some(presented(Kind::Code, None, &REFRESH_SECRET))),
        ("another client's", Some(grant_with(|grant| grant.client_id = "OTHER".into())), Some(theirs())),
        ("a grant without one", Some(grant_with(|grant| grant.refresh = None)), Some(theirs())),
        (
            "another client's, revoked",
            Some(grant_with(|grant| {
                grant.client_id = "OTHER".into();
                grant.revoked_at = Some(NOW);
            })),
            Some(theirs()),
        ),
        ("a code", Some(grant()), Some(presented(Kind::Code, None, &CODE_SECRET))),
    ] {
        let told = refresh_at(NOW, &client(), grant.as_ref(), token, None);
        assert_eq!(denial(told), Some(Denial::RefreshTokenUnknown), "{what}");
    }
}

#[test]
fn a_refresh_token_works_until_its_last_second_and_not_beyond() {
    for (now, expired) in [(NOW, false), (NOW + 86_399, false), (NOW + 86_400, true), (NOW + 86_401, true)] {
        let told = refresh_at(now, &client(), Some(&grant()), Some(theirs()), None);
        assert_eq!(denial(told), expired.then_some(Denial::RefreshTokenExpired), "{}", now - NOW);
    }
}

#[test]
fn what_the_client_or_the_grant_has_lost_since_is_not_refreshed() {
    let not_allowed = Denial::GrantTypeNotAllowed(GrantType::RefreshToken);
    let lost = |edit: fn(&mut Client)| client_with(edit);
    for (client, grant, denied) in [
        (lost(|client| client.grant_types = vec![GrantType::ClientCredentials]), grant(), not_allowed),
        (client(), grant_with(|grant| grant.revoked_at = Some(NOW)), Denial::GrantRevoked),
        (lost(|client| client.not_before = Some(NOW + 1)), grant(), Denial::GrantTooOld),
        (
            lost(|client| client.institutions = vec!["128807".into()]),
            grant(),
            Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("91475")),
        ),
        (
            lost(|client| client.institutions = vec!["91475".into()]),
            grant(),
            Denial::InstitutionNotAllowed("authenticatingInstitutionId", Sent::of("128807")),
        ),
        (lost(|client| client.names_principal = false), grant(), PrincipalError::NotAllowed.into()),
        (
            lost(|client| client.namespaces = Some(vec!["urn:latchkey:128807".into()])),
            grant(),
            PrincipalError::NamespaceNotAllowed(Sent::of("urn:oclc:platform:128807")).into(),
        ),
        (
            lost(|client| client.scopes = vec!["C".into()]),
            grant(),
            Denial::ScopeNotAllowed(Sent::of("A B refresh_token")),
        ),
        (lost(|client| client.scopes.clear()), grant(), Denial::ScopeNotAllowed(Sent::of("A B refresh_token"))),
    ] {
        assert_eq!(denial(ask(&client, &grant, None)), Some(denied));
    }
}

#[test]
fn the_user_of_a_consent_needs_no_client_that_may_name_users() {
    let mute = client_with(|client| (client.names_principal, client.namespaces) = (false, Some(Vec::new())));
    for (grant_type, denied) in [
        (GrantType::AuthorizationCode, None),
        (GrantType::Implicit, None),
        (GrantType::ClientCredentials, Some(PrincipalError::NotAllowed.into())),
    ] {
        let grant = grant_with(|grant| grant.grant_type = grant_type);
        assert_eq!(denial(ask(&mute, &grant, None)), denied, "{grant_type:?}");
    }
}

#[test]
fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let one_left = client_with(|client| client.scopes = vec!["A".into(), "C".into()]);
    for (client, asked, told) in [
        (client(), None, Ok("A B refresh_token")),
        (client(), Some("A B refresh_token"), Ok("A B refresh_token")),
        (client(), Some("A"), Ok("A")),
        (client(), Some("refresh_token B"), Ok("refresh_token B")),
        (client(), Some("A C"), Err(Denial::ScopeWidened(Sent::of("C")))),
        (client(), Some("C"), Err(Denial::ScopeWidened(Sent::of("C")))),
        (client(), Some("refresh_token"), Err(Denial::ScopeWithoutService)),
        (client(), Some(""), Err(Denial::ScopeMalformed(Sent::of("")))),
        (client(), Some("A\\"), Err(Denial::ScopeMalformed(Sent::of("A\\")))),
        // Registered since, and never granted.
        (one_left.clone(), None, Ok("A refresh_token")),
        (one_left.clone(), Some("A"), Ok("A")),
        (one_left.clone(), Some("A C"), Err(Denial::ScopeWidened(Sent::of("C")))),
        // Granted, and lost since.
        (one_left.clone(), Some("B"), Err(Denial::ScopeNotAllowed(Sent::of("B")))),
        (one_left, Some("A B"), Err(Denial::ScopeNotAllowed(Sent::of("B")))),
    ] {
        let given = ask(&client, &grant(), asked);
        let given = given.map(|(item, answer)| {
            assert_eq!(item.scope, answer.scope);
            answer.scope
        });
        assert_eq!(given, told.map(scope), "{asked:?}");
    }
}

#[test]
fn a_refresh_makes_an_access_token_of_its_own_and_never_a_new_refresh_token() {
    let (item, answer) = ask(&client(), &grant(), Some("A")).unwrap_or_else(|denial| panic!("{denial:?}"));
    let selector = Selector::of_request(&key("a refresh"));
    assert!(answer.refresh.is_none());
    let text = Minted::new(Kind::Access, grant().id, Some(selector), &entropy().access).text;
    assert_eq!((&*answer.access.token.text, answer.access.expires_at), (&*text, NOW + 1200));
    assert!(item.live.hash == TokenHash::of(&entropy().access) && item.live.expires_at == NOW + 1200);
    assert_eq!((item.grant_id, item.selector), (grant().id, selector));
    assert_eq!((item.created_at, item.revoked_at), (Some(NOW), None));
    assert_eq!(answer.institutions, institutions());
}

#[test]
fn a_refreshed_token_ends_no_later_than_its_grants_item_and_its_own_item_outlives_its_request() {
    for (grant_ends, settings, token_ends, item_ends) in [
        (NOW + 87_600, 1200, NOW + 1200, NOW + 7201),
        (NOW + 1201, 1200, NOW + 1200, NOW + 7201),
        (NOW + 1199, 1200, NOW + 1199, NOW + 7201),
        (NOW + 87_600, 7201, NOW + 7201, NOW + 7201),
        (NOW + 87_600, 7202, NOW + 7202, NOW + 7202),
        (NOW + 7300, 9000, NOW + 7300, NOW + 7300),
    ] {
        let grant = grant_with(|grant| grant.expires_at = grant_ends);
        let asked = RefreshRequest { token: Some(theirs()), scope: None, institutions: NamedInstitutions::default() };
        let settings = Settings { access_token_seconds: settings, ..Settings::default() };
        let made = refresh(&client(), Some(&grant), &asked, &replay("2"), &settings, &entropy(), NOW);
        let (item, answer) = made.unwrap_or_else(|denial| panic!("{denial:?}"));
        assert_eq!((answer.access.expires_at, item.live.expires_at), (token_ends, token_ends));
        assert_eq!(item.expires_at, item_ends);
    }
}

#[test]
fn a_refresh_names_the_user_only_to_clients_registered_for_it() {
    for (registered, named) in [(false, None), (true, Some(principal()))] {
        let client = client_with(|client| client.principal_on_refresh = registered);
        let (_, answer) = ask(&client, &grant(), None).unwrap_or_else(|denial| panic!("{denial:?}"));
        assert_eq!(answer.principal, named);
    }
}

/// Every scope of three services and `refresh_token`.
fn scopes() -> impl Iterator<Item = Scope> {
    let tokens = ["A", "B", "C", "refresh_token"];
    (1..16).map(move |set| {
        let chosen: Vec<_> = (0..4).filter(|at| set >> at & 1 == 1).map(|at| tokens[at]).collect();
        scope(&chosen.join(" "))
    })
}

#[test]
fn whatever_was_granted_registered_and_asked_for_no_refresh_gives_what_one_of_them_lacks() {
    let mut given = 0;
    for (granted, registered) in scopes().flat_map(|granted| scopes().map(move |known| (granted.clone(), known))) {
        let client = client_with(|client| client.scopes = registered.tokens().map(str::to_owned).collect());
        let grant = grant_with(|grant| grant.scope = granted.clone());
        for asked in scopes().map(Some).chain([None]) {
            let text = asked.as_ref().map(ToString::to_string);
            let Ok((item, answer)) = ask(&client, &grant, text.as_deref()) else { continue };
            let may = |token: &str| client.may_ask_for(token) && granted.contains(token);
            assert!(answer.scope.tokens().all(may), "{granted} {registered} {text:?}");
            assert!(asked.is_none_or(|asked| answer.scope == asked), "{granted} {registered} {text:?}");
            assert!(item.scope == answer.scope && answer.scope.names_a_service());
            given += 1;
        }
    }
    assert!(given > 500, "{given}");
}

#[test]
fn a_refresh_names_the_institution_of_its_grant_or_none() {
    for (context, told) in [(None, None), (Some("91475"), None), (Some("128807"), Some(Denial::InstitutionsDiffer))] {
        let institutions = NamedInstitutions { context: context.map(str::to_owned), ..NamedInstitutions::default() };
        let asked = RefreshRequest { token: Some(theirs()), scope: None, institutions };
        let (request, settings) = (replay("a refresh"), Settings::default());
        let refreshed = refresh(&client(), Some(&grant()), &asked, &request, &settings, &entropy(), NOW);
        assert_eq!(denial(refreshed), told, "{context:?}");
    }
}
