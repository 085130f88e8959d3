//! What a device is answered, by the state of its grant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{NOW, client, client_with, entropy, institutions, principal, replay, scope};
use crate::grant::Redeemed;
use crate::grants::authorization_code::prompt::Prompt;
use crate::grants::authorization_code::request::ResponseType;

const SECRET: [u8; 20] = [6; 20];

fn user_code() -> UserCode {
    UserCode::parse("WDJB-MJHT").unwrap()
}

fn begun() -> Grant {
    begin(&client(), "A B refresh_token", Some(institutions()), &user_code(), &SECRET, NOW).unwrap().0
}

/// Allowed a minute later.
fn allowed(edit: impl FnOnce(&mut Grant)) -> Grant {
    let mut grant = begun();
    grant.principal = Some(principal());
    grant.device.as_mut().unwrap().answer = Some(Answer::Allowed(NOW + 60));
    edit(&mut grant);
    grant
}

fn device(grant: &mut Grant) -> &mut Device {
    grant.device.as_mut().unwrap()
}

fn code() -> Unverified {
    Unverified::parse(&Minted::new(Kind::Device, GrantId::of_user_code(&user_code()), None, &SECRET).text).unwrap()
}

fn poll_at(client: &Client, grant: &Grant, now: u64) -> Result<(Redemption, TokenResponse), NoTokens> {
    poll(client, Some(grant), Some(code()), &replay("a poll"), &Settings::default(), &entropy(), now)
}

/// The refusal, and whether it revokes.
fn refused(polled: Result<(Redemption, TokenResponse), NoTokens>) -> (Denial, bool) {
    match polled {
        Err(NoTokens::Denied(denied)) => (denied.denial, denied.revoke),
        Err(NoTokens::Waits(denial, _)) => (denial, false),
        Ok(_) => panic!("it got tokens"),
    }
}

#[test]
fn a_device_begins_with_two_codes_of_which_neither_tells_the_other() {
    let (grant, code) = begin(&client(), "A", None, &user_code(), &SECRET, NOW).unwrap();
    assert_eq!((grant.id, grant.grant_type), (GrantId::of_user_code(&user_code()), GrantType::DeviceCode));
    let device = grant.device.as_ref().unwrap();
    assert!(device.hash == code.hash && !code.text.contains(&user_code().text().replace('-', "")));
    assert_eq!((device.expires_at, grant.expires_at), (NOW + 900, NOW + 1800));
    assert!(!grant.institutions.are_chosen() && grant.principal.is_none() && grant.access.is_none());
    assert!(
        grant.waits_for_user(NOW, NOW + 899)
            && !grant.waits_for_user(NOW, NOW + 900)
            && !grant.waits_for_user(NOW + 1, NOW + 1)
    );
}

#[test]
fn a_device_asks_for_no_more_than_its_client_is_registered_for() {
    let of = |client: &Client, scope: &str| {
        begin(client, scope, Some(institutions()), &user_code(), &SECRET, NOW).map(|_| ()).unwrap_err()
    };
    let lost = client_with(|client| client.grant_types.retain(|known| *known != GrantType::DeviceCode));
    assert_eq!(of(&lost, "A"), Denial::GrantTypeNotAllowed(GrantType::DeviceCode));
    let public = client_with(|client| client.auth_methods = vec![crate::auth_method::AuthMethod::None]);
    assert_eq!(of(&public, "A"), Denial::GrantTypeNotAllowed(GrantType::DeviceCode));
    assert_eq!(of(&client(), "C"), Denial::ScopeNotAllowed(Sent::of("C")));
    assert_eq!(of(&client(), "\""), Denial::ScopeMalformed(Sent::of("\"")));
    assert_eq!(of(&client(), "refresh_token"), Denial::ScopeWithoutService);
    let elsewhere = client_with(|client| client.institutions = vec!["1".into()]);
    assert!(matches!(of(&elsewhere, "A"), Denial::InstitutionNotAllowed(..)));
}

#[test]
fn an_allowed_device_gets_what_a_code_would_get() {
    let (redemption, answer) = poll_at(&client(), &allowed(|_| {}), NOW + 65).ok().unwrap();
    assert_eq!((redemption.redeemed.at, redemption.redeemed.by), (NOW + 65, replay("a poll").mark()));
    assert_eq!((answer.scope, answer.principal), (scope("A B refresh_token"), Some(principal())));
    assert!(answer.refresh.is_some() && redemption.expires_at >= NOW + 1800);
    let shrunk = client_with(|client| client.scopes = vec!["A".into()]);
    let (redemption, _) = poll_at(&shrunk, &allowed(|_| {}), NOW + 65).ok().unwrap();
    assert_eq!(redemption.scope, scope("A refresh_token"));
    let capped = poll_at(&client(), &allowed(|grant| grant.refresh_seconds = Some(60)), NOW + 65).ok().unwrap();
    assert_eq!(capped.1.refresh.unwrap().expires_at, NOW + 125);
}

#[test]
fn what_a_device_is_refused_for_has_one_reason_at_a_time() {
    let redeemed = |by: &str| Some(Redeemed { at: NOW + 62, by: replay(by).mark() });
    for (name, grant, now, denial, revokes) in [
        ("nobody has answered", begun(), NOW + 10, DeviceError::Pending.into(), false),
        (
            "denied",
            allowed(|grant| device(grant).answer = Some(Answer::Denied(NOW))),
            NOW + 1,
            DeviceError::Denied.into(),
            false,
        ),
        (
            "denied and late",
            allowed(|grant| device(grant).answer = Some(Answer::Denied(NOW))),
            NOW + 901,
            DeviceError::Denied.into(),
            false,
        ),
        ("late", allowed(|_| {}), NOW + 900, DeviceError::Expired.into(), false),
        ("its item ends", allowed(|grant| grant.expires_at = NOW + 65), NOW + 65, DeviceError::Expired.into(), false),
        ("revoked", allowed(|grant| grant.revoked_at = Some(NOW)), NOW + 65, Denial::GrantRevoked, false),
        ("another client's", allowed(|grant| grant.client_id = "OTHER".into()), NOW + 65, Denial::CodeUnknown, false),
        ("no device's", allowed(|grant| grant.device = None), NOW + 65, Denial::CodeUnknown, false),
        (
            "another code's",
            allowed(|grant| device(grant).hash = crate::token::TokenHash::of(&[0])),
            NOW + 65,
            Denial::CodeUnknown,
            false,
        ),
        ("used", allowed(|grant| device(grant).redeemed = redeemed("another")), NOW + 65, Denial::CodeRedeemed, true),
        (
            "used, by the same request",
            allowed(|grant| device(grant).redeemed = redeemed("a poll")),
            NOW + 65,
            replay("").refusal(),
            false,
        ),
    ] {
        assert_eq!(refused(poll_at(&client(), &grant, now)), (denial, revokes), "{name}");
    }
    let old = client_with(|client| client.not_before = Some(NOW + 1));
    assert_eq!(refused(poll_at(&old, &allowed(|_| {}), NOW + 65)).0, Denial::GrantTooOld);
    let lost = client_with(|client| client.institutions = vec!["1".into()]);
    assert!(matches!(refused(poll_at(&lost, &allowed(|_| {}), NOW + 65)).0, Denial::InstitutionNotAllowed(..)));
    let of_kind = |kind| {
        let code = Unverified::parse(&Minted::new(kind, begun().id, None, &SECRET).text);
        refused(poll(&client(), Some(&allowed(|_| {})), code, &replay("a"), &Settings::default(), &entropy(), NOW + 65))
            .0
    };
    assert!(
        Kind::ALL.into_iter().filter(|kind| *kind != Kind::Device).all(|kind| of_kind(kind) == Denial::CodeUnknown)
    );
}

/// Polls at these times after the first, each of which does what it does to the item.
fn polls(after: impl IntoIterator<Item = u64>) -> (Vec<DeviceError>, usize) {
    let (mut last, mut writes) = (None, 0);
    let told = after.into_iter().map(|seconds| {
        let (told, noted) = wait(last, NOW + seconds);
        writes += usize::from(noted.is_some());
        last = noted.or(last);
        told
    });
    (told.collect(), writes)
}

#[test]
fn a_device_that_keeps_its_interval_is_never_slowed_and_costs_a_write_each_half_minute() {
    let (told, writes) = polls((0..DEVICE_CODE_SECONDS).step_by(5));
    assert!(told.iter().all(|told| *told == DeviceError::Pending));
    assert_eq!(writes, 30);
}

#[test]
fn a_device_that_asks_too_often_is_slowed_by_five_seconds_each_time() {
    let (told, _) = polls([0, 3, 13, 18, 33]);
    let slow = |interval| DeviceError::TooOften { interval };
    assert_eq!(
        told,
        [DeviceError::Pending, slow(10), DeviceError::Pending, DeviceError::Pending, DeviceError::Pending]
    );
    // Within ten seconds of the poll that was noted at 33.
    assert_eq!(polls([0, 3, 13, 33, 39]).0[4], slow(15));
    // A device that asks each second is slowed nearly always, and what that costs has an end.
    let (told, writes) = polls(0..DEVICE_CODE_SECONDS);
    let slowed = told.iter().filter(|told| **told != DeviceError::Pending).count();
    assert!(slowed > 850 && writes <= 11 + 16, "{slowed} {writes}");
    assert!(told.contains(&slow(60)) && !told.contains(&slow(65)));
    // A clock that goes back slows nobody for longer than the interval.
    assert_eq!(wait(Some(Poll { at: NOW + 100, interval: 5 }), NOW).0, slow(10));
}

#[test]
fn a_yes_is_held_to_the_registration_of_that_moment() {
    let request = Request {
        client_id: "WSKEY".into(),
        redirect_uri: String::new(),
        response_type: ResponseType::Code,
        scope: scope("A"),
        institutions: Some(institutions()),
        picked: false,
        state: None,
        challenge: None,
        prompt: Prompt::default(),
        ui_locales: None,
        device: Some(user_code()),
        pushed: false,
    };
    let permission = allow(&client(), &request, principal(), Some(60), NOW).ok().unwrap();
    assert_eq!(permission.refresh_seconds, Some(60));
    assert_eq!((permission.id, permission.institutions, permission.at), (begun().id, institutions(), NOW));
    let refused = |client: &Client, request: &Request| allow(client, request, principal(), None, NOW).err().unwrap();
    let lost = client_with(|client| client.grant_types.clear());
    assert_eq!(refused(&lost, &request), Denial::GrantTypeNotAllowed(GrantType::DeviceCode));
    let lost = client_with(|client| client.scopes.clear());
    assert_eq!(refused(&lost, &request), Denial::ScopeNotAllowed(Sent::of("A")));
    let lost = client_with(|client| client.institutions.clear());
    assert!(matches!(refused(&lost, &request), Denial::InstitutionNotAllowed(..)));
    for odd in [Request { device: None, ..request.clone() }, Request { institutions: None, ..request }] {
        assert_eq!(refused(&client(), &odd), Denial::Form(FormError::Forged));
    }
}
