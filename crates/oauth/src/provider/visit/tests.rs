//! A visit counts once, in time, in its browser, and for the provider that it led to.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::example::{NOW, REDIRECT_URI, client, client_with};
use crate::provider::example::{keyring, keyring_of, provider, provider_with, request};
use crate::session::{DEVICE_BYTES, Device, Devices, Session, SignedIn};
use crate::token::UserCode;

fn tab() -> TabSecret {
    TabSecret::new([3; TAB_BYTES])
}

fn tabs() -> Tabs {
    Tabs::default().with(TabSecret::new([2; TAB_BYTES]), NOW).with(tab(), NOW)
}

fn visit(to: Destination) -> Visit {
    Visit::begin(&provider(), &tab(), to, false, NOW)
}

fn state(to: Destination) -> String {
    visit(to).seal(Some(&client()), &keyring(), [9; NONCE_BYTES]).unwrap()
}

fn opened(state: &str, tabs: &Tabs, now: u64) -> Result<Destination, ProviderError> {
    let (visit, found) = Visit::open(state, &keyring(), tabs, now)?;
    assert!(found == tab());
    Ok(visit.destination(Some(&client())).unwrap())
}

#[test]
fn a_visit_gives_back_where_it_leads() {
    let device = Request { device: UserCode::parse("BCDF-GHJK"), redirect_uri: String::new(), ..request() };
    for to in [Destination::Applications, Destination::Request(request()), Destination::Request(device)] {
        let state = state(to.clone());
        assert_eq!(opened(&state, &tabs(), NOW), Ok(to));
        assert!(state.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)));
    }
    assert_eq!(visit(Destination::Request(request())).client_id(), Some("WSKEY"));
    assert_eq!(visit(Destination::Applications).client_id(), None);
}

#[test]
fn it_counts_for_ten_minutes() {
    let state = state(Destination::Applications);
    for (now, told) in [
        (NOW, Ok(Destination::Applications)),
        (NOW + VISIT_SECONDS - 1, Ok(Destination::Applications)),
        (NOW + VISIT_SECONDS, Err(ProviderError::VisitExpired)),
        (u64::MAX, Err(ProviderError::VisitExpired)),
    ] {
        assert_eq!(opened(&state, &tabs(), now), told, "{now}");
    }
    assert!(Visit::peek(&state, &keyring()).is_some(), "a page may still lead back to the request");
}

#[test]
fn it_counts_in_its_browser_once_and_a_second_tab_does_not_end_it() {
    let state = state(Destination::Applications);
    let foreign = Err(ProviderError::VisitForeign);
    assert_eq!(opened(&state, &Tabs::default(), NOW), foreign);
    assert_eq!(opened(&state, &Tabs::default().with(TabSecret::new([4; TAB_BYTES]), NOW), NOW), foreign);
    let later = (10..14).fold(tabs(), |tabs, byte| tabs.with(TabSecret::new([byte; TAB_BYTES]), NOW));
    assert!(opened(&state, &later, NOW).is_ok());
    assert_eq!(opened(&state, &later.with(TabSecret::new([14; TAB_BYTES]), NOW), NOW), foreign, "the oldest leaves");
    // It came back, so its tab has left the cookie.
    assert_eq!(opened(&state, &tabs().without(&tab()), NOW), foreign);
}

#[test]
fn a_changed_foreign_or_broken_state_is_unknown() {
    let good = state(Destination::Applications);
    let mut texts = vec![String::new(), ".".into(), "pages/2026-11-27.".into(), good[..good.len() - 1].to_owned()];
    texts.push(format!("{good}A"));
    texts.push(good.replace("pages/", "other/"));
    texts.push("x".repeat(MAX_STATE + 1));
    // Sealed for something else, and what is sealed for this and is no visit.
    texts.push(tabs().seal(&keyring(), [9; NONCE_BYTES]).unwrap());
    texts.extend(["{}", "[]", "null", "1"].map(|text| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        seal(&value, VISIT, &keyring(), [9; NONCE_BYTES]).unwrap()
    }));
    for at in good.find('.').unwrap()..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(changed).unwrap());
    }
    for text in texts {
        assert_eq!(opened(&text, &tabs(), NOW), Err(ProviderError::VisitUnknown), "{text:.60}");
        assert!(Visit::peek(&text, &keyring()).is_none());
    }
    assert!(Visit::open(&good, &keyring_of(8), &tabs(), NOW).err() == Some(ProviderError::VisitUnknown));
}

#[test]
fn it_counts_for_the_provider_that_it_led_to_as_it_was() {
    let visit = visit(Destination::Applications);
    assert!(visit.check(Some(&provider())).is_ok());
    let kept = provider_with(|provider| {
        provider.token_endpoint.push('2');
        provider.keys.clear();
        (provider.revision, provider.only, provider.refresh_seconds) = (9, true, None);
        provider.auth = super::super::Method::Post.with(provider.auth.sealed().clone());
    });
    assert!(visit.check(Some(&kept)).is_ok(), "other addresses and keys of the same provider do not end it");
    let changes: [fn(&mut Provider); 6] = [
        |provider| provider.institution_id = "91475".into(),
        |provider| provider.issuer.push('/'),
        |provider| provider.client_id.push('2'),
        |provider| provider.claim = "preferred_username".into(),
        |provider| provider.namespace.push('2'),
        |provider| provider.sessions_from += 1,
    ];
    for change in changes {
        assert_eq!(visit.check(Some(&provider_with(change))).err(), Some(ProviderError::Changed));
    }
    assert_eq!(visit.check(None).err(), Some(ProviderError::Changed));
}

#[test]
fn a_stamp_tells_its_parts_apart() {
    let moved = provider_with(|provider| {
        provider.issuer.push_str(&provider.client_id.clone());
        provider.client_id.clear();
    });
    assert_ne!(moved.stamp(), provider().stamp());
    assert_eq!(provider().stamp(), provider().stamp());
}

#[test]
fn what_the_application_wants_the_user_to_be_asked_the_id_token_is_held_to() {
    let mut asked = request();
    (asked.prompt.login, asked.prompt.max_age) = (true, Some(60));
    let state = state(Destination::Request(asked));
    let (visit, found) = Visit::open(&state, &keyring(), &tabs(), NOW + 30).unwrap();
    let provider = provider();
    let expected = visit.expected(&provider, &found, &Settings::default(), NOW + 30);
    assert_eq!((expected.login, expected.max_age, expected.since, expected.now), (true, Some(60), NOW, NOW + 30));
    assert_eq!((expected.nonce, expected.skew), (tab().nonce(), Settings::default().clock_skew_seconds));
    for (seconds, skew) in [(0, 60), (61, 61), (3600, 3600)] {
        let settings = Settings { clock_skew_seconds: seconds, ..Settings::default() };
        assert_eq!(visit.expected(&provider, &found, &settings, NOW).skew, skew, "{seconds}");
    }
}

#[test]
fn a_long_request_names_its_redirect_uri_by_its_place_in_the_registration() {
    let long = format!("https://app.example/{}", "x".repeat(1000));
    let registered = client_with(|client| client.redirect_uris.push(long.clone()));
    let to = |state: usize| {
        Destination::Request(Request { redirect_uri: long.clone(), state: Some("s".repeat(state)), ..request() })
    };
    let sealed = |to: Destination, client: &Client| visit(to).seal(Some(client), &keyring(), [9; NONCE_BYTES]);
    for length in [0, 100, 200, 600, 800] {
        let state = sealed(to(length), &registered).unwrap();
        assert!(state.len() <= MAX_STATE);
        let (visit, _) = Visit::open(&state, &keyring(), &tabs(), NOW).unwrap();
        assert_eq!(visit.destination(Some(&registered)), Ok(to(length)), "{length}");
    }
    let (visit, _) = Visit::open(&sealed(to(600), &registered).unwrap(), &keyring(), &tabs(), NOW).unwrap();
    let moved = client_with(|client| client.redirect_uris = vec![long.clone(), REDIRECT_URI.into()]);
    let other = client_with(|client| {
        client.id = "other".into();
        client.redirect_uris.push(long.clone());
    });
    for (client, told) in [
        (Some(&moved), Denial::RedirectUriUnregistered),
        (Some(&client()), Denial::RedirectUriUnregistered),
        (Some(&other), Denial::ClientUnregistered),
        (None, Denial::ClientUnregistered),
    ] {
        assert_eq!(visit.destination(client), Err(told));
    }
    // What still does not fit is refused before the user leaves; so is a port that no registration has.
    let too_long = Err(Denial::Provider(ProviderError::RequestTooLong));
    assert_eq!(sealed(to(1400), &registered), too_long);
    assert_eq!(sealed(to(600), &client()), too_long);
    assert_eq!(Visit::begin(&provider(), &tab(), to(600), false, NOW).seal(None, &keyring(), [9; 12]), too_long);
}

/// A cookie takes 4,096 bytes, and an HTTP API 10,240 of request line and headers. The address of the callback has a state and a
/// code.
#[test]
fn all_cookies_together_stay_under_three_kilobytes() {
    let keyring = keyring();
    let nonce = [9; NONCE_BYTES];
    let user = SignedIn {
        institution_id: "i".repeat(64),
        // What JSON escapes takes two bytes.
        username: "\"".repeat(crate::provider::id_token::MAX_SHOWN),
        stamp: u64::MAX,
        principal: Some(crate::grant::Principal { id: "\"".repeat(255), idns: "n".repeat(256) }),
    };
    let session = Session::begin_by_provider(user, Some(NOW), &Settings::default(), NOW);
    let device = Device { id: [1; DEVICE_BYTES], mark: [1; 8] };
    let devices =
        (0..20).fold(Devices::default(), |known, at| known.signed_in(("128807", &format!("user {at}")), device, NOW));
    let tabs = (0..9).fold(Tabs::default(), |tabs, byte| tabs.with(TabSecret::new([byte; TAB_BYTES]), NOW));
    let cookies = [
        format!("__Host-latchkey={}", session.seal(&keyring, nonce).unwrap()),
        format!("__Host-latchkey-devices={}", devices.seal(&keyring, nonce).unwrap()),
        format!("__Host-latchkey-visits={}", tabs.seal(&keyring, nonce).unwrap()),
        format!("__Host-latchkey-browser={}", "b".repeat(22)),
    ];
    let header = cookies.join("; ");
    assert!(header.len() < 3 * 1024, "{}", header.len());
}

#[test]
fn what_a_change_ended_stays_ended_when_it_is_taken_back_also_within_a_second() {
    let first = provider();
    for now in [0, first.sessions_from, first.sessions_from + 9, u64::MAX] {
        let mut second = provider_with(|provider| provider.client_id.push('2'));
        second.succeed(&first, now);
        let mut third = provider();
        third.succeed(&second, now);
        assert!(first.stamp() != second.stamp() && first.stamp() != third.stamp(), "{now}");
        assert!(third.sessions_from >= second.sessions_from && second.sessions_from > first.sessions_from, "{now}");
        let mut same = provider_with(|provider| (provider.only, provider.sessions_from) = (true, now));
        same.succeed(&first, now);
        assert_eq!(same.stamp(), first.stamp(), "{now}");
    }
}
