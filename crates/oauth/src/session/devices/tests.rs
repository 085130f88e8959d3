//! What a browser is known by, how long, and that no other cookie makes it known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use super::*;
use crate::example::NOW;
use crate::session::{Session, SignedIn};
use crate::sign_in::password::PasswordHash;

const ALICE: (&str, &str) = ("128807", "alice");

fn keyring(byte: u8) -> Keyring {
    Keyring::parse(&Keyring::line("one", &[byte; 32])).unwrap()
}

fn sealed(devices: &Devices) -> String {
    devices.seal(&keyring(1), [9; NONCE_BYTES]).unwrap()
}

fn open(text: &str, now: u64) -> Option<Devices> {
    Devices::open(text, &keyring(1), 0, now)
}

fn device(byte: u8) -> Device {
    Device { id: [byte; 8], mark: [byte + 100; 8] }
}

#[test]
fn a_browser_is_known_at_the_accounts_that_signed_in_for_a_year() {
    let devices = Devices::default().signed_in(ALICE, device(1), NOW).signed_in(("91475", "alice"), device(2), NOW + 5);
    let known = |now| open(&sealed(&devices), now).unwrap();
    assert_eq!(known(NOW), devices);
    for (user, id) in [
        (ALICE, Some(device(1))),
        (("91475", "alice"), Some(device(2))),
        (("128807", "bob"), None),
        (("128807al", "ice"), None),
    ] {
        assert_eq!(known(NOW).at(user), id, "{user:?}");
    }
    assert_eq!(known(NOW + YEAR - 1).at(ALICE), Some(device(1)));
    assert_eq!(known(NOW + YEAR).at(ALICE), None);
    assert_eq!(known(NOW + YEAR + 5), Devices::default());
}

#[test]
fn each_sign_in_gives_a_new_name_and_keeps_the_accounts_that_signed_in_last() {
    let mut devices = Devices::default();
    for number in 0..20_u8 {
        devices = devices.signed_in(("128807", &format!("user{number}")), device(number), NOW);
    }
    devices = devices.signed_in(("128807", "user7"), device(77), NOW);
    let known = |name: &str| devices.at(("128807", name));
    assert_eq!(known("user7"), Some(device(77)));
    let kept = (0..20_u8).filter(|number| known(&format!("user{number}")).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (4..20).collect::<Vec<_>>());
    assert!(sealed(&devices).len() < 900, "{}", sealed(&devices).len());
}

#[test]
fn nothing_but_a_cookie_of_ours_makes_a_browser_known() {
    let devices = Devices::default().signed_in(ALICE, device(1), NOW);
    let cookie = sealed(&devices);
    assert_eq!(Devices::open(&cookie, &keyring(2), 0, NOW), None, "of another deployment");
    for cut in 0..cookie.len() {
        assert_eq!(open(&cookie[..cut], NOW), None, "{cut}");
    }
    let user = SignedIn { institution_id: "128807".into(), username: "alice".into(), stamp: 1, principal: None };
    let session = Session { user, signed_in_at: NOW, authenticated_at: None, ends_at: NOW + 9, stays: false };
    assert_eq!(open(&session.seal(&keyring(1), [9; NONCE_BYTES]).unwrap(), NOW), None);
    assert_eq!(Session::open(&cookie, &keyring(1), 0, NOW), None);
    // What is sealed for it, and is none.
    for bytes in [&b""[..], &[1], &[1; 29], &[VERSION, 0], &[[VERSION; 37].as_slice(), &[0]].concat()] {
        assert_eq!(open(&seal_bytes(bytes, DEVICES, &keyring(1), [9; NONCE_BYTES]).unwrap(), NOW), None, "{bytes:?}");
    }
    assert_eq!(open(&sealed(&Devices::default()), NOW), Some(Devices::default()));
}

#[test]
fn a_browser_that_signed_in_before_a_time_is_unknown_and_of_that_second_it_is_known() {
    let cookie = sealed(&Devices::default().signed_in(ALICE, device(1), NOW));
    for (not_before, known) in [(0, true), (NOW, true), (NOW + 1, false)] {
        let devices = Devices::open(&cookie, &keyring(1), not_before, NOW + 9).unwrap();
        assert_eq!(devices.at(ALICE).is_some(), known, "{not_before}");
    }
}

#[test]
fn the_mark_is_of_the_password_and_the_second_factor_and_of_nothing_else() {
    const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$vjR3hTF+mfe+v1iv5TRJ+J7iAJIBAeUFimqDCW3Ok4Q";
    let user = |hash: &str, factor: Option<(&str, &[u8])>| User {
        institution_id: "128807".into(),
        username: "alice".into(),
        principal: crate::example::principal(),
        sign_in: PasswordHash::parse(hash).map(SignIn::Password),
        second_factor: factor.map(|(key, bytes)| Sealed { key: key.into(), bytes: bytes.into() }),
        disabled: false,
        ending: false,
        created_at: 0,
        revision: 1,
    };
    let other = HASH.replace("vjR3", "AjR3");
    let users = [
        user(HASH, None),
        user(&other, None),
        user(HASH, Some(("one", b"ab"))),
        user(HASH, Some(("one", b"ac"))),
        user(HASH, Some(("two", b"ab"))),
        user("", Some(("one", b"ab"))),
    ];
    let marks: HashSet<_> = users.iter().map(|user| mark(Some(user))).chain([mark(None)]).collect();
    assert_eq!(marks.len(), users.len() + 1);
    let later = User { revision: 9, disabled: true, ..users[0].clone() };
    assert_eq!(mark(Some(&later)), mark(Some(&users[0])));
}
