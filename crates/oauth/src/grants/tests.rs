//! What every grant is held to: the registration, and the lives of what is minted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::Sent;
use crate::example::{NOW, client, client_with, entropy, grant_id, institutions, institutions_of, scope};
use crate::settings::MAX_CLOCK_SKEW;
use crate::token::TokenHash;

/// When an item may be collected that must outlive the window of its request, and nothing else.
const GUARD: u64 = NOW + 2 * MAX_CLOCK_SKEW + 1;

fn settings(access: u64, refresh: u64) -> Settings {
    Settings { access_token_seconds: access, refresh_token_seconds: refresh, ..Settings::default() }
}

#[test]
fn what_is_minted_ends_when_the_settings_say_and_its_item_later_than_all_of_it() {
    for (text, own, settings, access_ends, refresh_ends, kept_until) in [
        ("A", None, settings(1200, 86_400), NOW + 1200, None, GUARD),
        ("A", None, settings(7200, 86_400), NOW + 7200, None, GUARD),
        ("A", None, settings(7201, 86_400), NOW + 7201, None, GUARD),
        ("A", None, settings(7202, 86_400), NOW + 7202, None, NOW + 7202),
        // A token refreshed in the last second of a refresh token lives by the same item.
        ("A refresh_token", None, settings(1200, 86_400), NOW + 1200, Some(NOW + 86_400), NOW + 87_600),
        ("A refresh_token", Some(60), settings(1200, 86_400), NOW + 1200, Some(NOW + 60), GUARD),
        ("A refresh_token", Some(604_800), settings(1200, 60), NOW + 1200, Some(NOW + 604_800), NOW + 606_000),
        ("refresh_token", None, settings(5, 7000), NOW + 5, Some(NOW + 7000), GUARD),
    ] {
        let client = client_with(|client| client.refresh_token_seconds = own);
        let first = mint(grant_id(), &scope(text), (&client, None), &settings, &entropy(), GUARD, NOW);
        let refresh_end = first.refresh.as_ref().map(|refresh| refresh.expires_at);
        assert_eq!((first.access.expires_at, refresh_end), (access_ends, refresh_ends), "{text} {own:?}");
        assert_eq!(first.expires_at, kept_until, "{text} {own:?}");
        let longest = refresh_ends.map_or(access_ends, |refresh| refresh + settings.access_token_seconds);
        assert_eq!(super::longest(&client, &scope(text), &settings, None), longest - NOW, "{text} {own:?}");
    }
}

#[test]
fn a_refresh_token_lives_no_longer_than_the_institution_lets_it() {
    for (own, of_deployment, most, life) in [
        (None, 86_400, None, 86_400),
        (None, 86_400, Some(86_399), 86_399),
        (None, 86_400, Some(86_401), 86_400),
        (Some(60), 86_400, Some(3600), 60),
        (Some(604_800), 60, Some(3600), 3600),
        (Some(604_800), 60, Some(1), 1),
    ] {
        let (asked, settings) = (scope("A refresh_token"), settings(1200, of_deployment));
        let client = client_with(|client| client.refresh_token_seconds = own);
        let first = mint(grant_id(), &asked, (&client, most), &settings, &entropy(), NOW, NOW);
        assert_eq!(first.refresh.unwrap().expires_at, NOW + life, "{own:?} {of_deployment} {most:?}");
        assert_eq!(first.expires_at, NOW + life + 1200, "{own:?} {of_deployment} {most:?}");
        assert_eq!(super::longest(&client, &asked, &settings, most), life + 1200, "{own:?} {of_deployment} {most:?}");
        // Without a refresh token there is nothing to bound.
        assert_eq!(super::longest(&client, &scope("A"), &settings, most), 1200);
    }
}

#[test]
fn what_is_minted_belongs_to_its_grant_and_has_a_secret_of_its_own() {
    let (scope, settings) = (scope("A refresh_token"), settings(1200, 86_400));
    let first = mint(grant_id(), &scope, (&client(), None), &settings, &entropy(), GUARD, NOW);
    let refresh = first.refresh.unwrap();
    for (expiring, kind, secret) in [(&first.access, Kind::Access, [11; 20]), (&refresh, Kind::Refresh, [12; 20])] {
        assert_eq!(*expiring.token.text, *Minted::new(kind, grant_id(), None, &secret).text);
        let stored = expiring.stored();
        assert!(stored.hash == TokenHash::of(&secret) && stored.expires_at == expiring.expires_at);
    }
}

#[test]
fn a_grant_type_outside_the_registration_is_refused_by_name() {
    for grant_type in GrantType::ASKED_FOR.into_iter().chain([GrantType::Implicit]) {
        assert_eq!(check_grant_type(&client(), grant_type), Ok(()));
        let lost = client_with(|client| client.grant_types.retain(|known| *known != grant_type));
        assert_eq!(check_grant_type(&lost, grant_type), Err(Denial::GrantTypeNotAllowed(grant_type)));
    }
}

#[test]
fn a_client_acts_for_no_institution_outside_its_registration() {
    assert_eq!(check_institutions(&client(), &institutions()), Ok(()));
    for (authenticating, context, name) in
        [("1", "128807", "authenticatingInstitutionId"), ("128807", "1", "contextInstitutionId")]
    {
        let told = check_institutions(&client(), &institutions_of(authenticating, context));
        assert_eq!(told, Err(Denial::InstitutionNotAllowed(name, Sent::of("1"))), "{authenticating} {context}");
    }
}

#[test]
fn a_scope_is_refused_whole_where_one_token_of_it_is_not_registered() {
    for (text, told) in [
        ("A", Ok(())),
        ("B A refresh_token", Ok(())),
        ("C", Err(Denial::ScopeNotAllowed(Sent::of("C")))),
        ("A C D", Err(Denial::ScopeNotAllowed(Sent::of("C D")))),
        ("C refresh_token", Err(Denial::ScopeNotAllowed(Sent::of("C")))),
        ("refresh_token", Err(Denial::ScopeWithoutService)),
    ] {
        assert_eq!(check_scope(&client(), &scope(text)), told, "{text}");
    }
    let lost = client_with(|client| client.grant_types = vec![GrantType::ClientCredentials]);
    assert_eq!(check_scope(&lost, &scope("A refresh_token")), Err(Denial::ScopeNotAllowed(Sent::of("refresh_token"))));
}

#[test]
fn a_scope_withdrawn_from_the_client_is_not_minted_again() {
    for (granted, left) in [
        ("A B", Some("A B")),
        ("B A refresh_token", Some("B A refresh_token")),
        ("A C", Some("A")),
        ("C A refresh_token D", Some("A refresh_token")),
        ("C", None),
        ("C refresh_token", None),
        ("refresh_token", None),
    ] {
        let told = left.map(scope).ok_or(Denial::ScopeNotAllowed(Sent::of(granted)));
        assert_eq!(still_allowed(&client(), &scope(granted)), told, "{granted}");
    }
}
