//! What a browser is known by, how long, and that no other cookie makes it known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::NOW;
use crate::session::{Session, SignedIn};

const ALICE: (&str, &str) = ("128807", "alice");

fn keyring(byte: u8) -> Keyring {
    Keyring::parse(&Keyring::line("one", &[byte; 32])).unwrap()
}

fn sealed(devices: &Devices) -> String {
    devices.seal(&keyring(1), [9; NONCE_BYTES]).unwrap()
}

fn open(text: &str, now: u64) -> Option<Devices> {
    Devices::open(text, &keyring(1), now)
}

#[test]
fn a_browser_is_known_at_the_accounts_that_signed_in_for_a_year() {
    let devices = Devices::default().signed_in(ALICE, [1; 8], NOW).signed_in(("91475", "alice"), [2; 8], NOW + 5);
    let known = |now| open(&sealed(&devices), now).unwrap();
    assert_eq!(known(NOW), devices);
    for (user, id) in [
        (ALICE, Some([1; 8])),
        (("91475", "alice"), Some([2; 8])),
        (("128807", "bob"), None),
        (("128807al", "ice"), None),
    ] {
        assert_eq!(known(NOW).id(user), id, "{user:?}");
    }
    assert_eq!(known(NOW + YEAR - 1).id(ALICE), Some([1; 8]));
    assert_eq!(known(NOW + YEAR).id(ALICE), None);
    assert_eq!(known(NOW + YEAR + 5), Devices::default());
}

#[test]
fn each_sign_in_gives_a_new_name_and_keeps_the_accounts_that_signed_in_last() {
    let mut devices = Devices::default();
    for number in 0..20_u8 {
        devices = devices.signed_in(("128807", &format!("user{number}")), [number; 8], NOW);
    }
    devices = devices.signed_in(("128807", "user7"), [77; 8], NOW);
    let known = |name: &str| devices.id(("128807", name));
    assert_eq!(known("user7"), Some([77; 8]));
    let kept = (0..20_u8).filter(|number| known(&format!("user{number}")).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), (4..20).collect::<Vec<_>>());
    assert!(sealed(&devices).len() < 700, "{}", sealed(&devices).len());
}

#[test]
fn nothing_but_a_cookie_of_ours_makes_a_browser_known() {
    let devices = Devices::default().signed_in(ALICE, [1; 8], NOW);
    let cookie = sealed(&devices);
    assert_eq!(Devices::open(&cookie, &keyring(2), NOW), None, "of another deployment");
    for cut in 0..cookie.len() {
        assert_eq!(open(&cookie[..cut], NOW), None, "{cut}");
    }
    let user = SignedIn { institution_id: "128807".into(), username: "alice".into(), stamp: 1 };
    let session = Session { user, signed_in_at: NOW, ends_at: NOW + 9, stays: false };
    assert_eq!(open(&session.seal(&keyring(1), [9; NONCE_BYTES]).unwrap(), NOW), None);
    assert_eq!(Session::open(&cookie, &keyring(1), 0, NOW), None);
    // What is sealed for it, and is none.
    for bytes in [&b""[..], &[2], &[VERSION, 0], &[[VERSION; 29].as_slice(), &[0]].concat()] {
        assert_eq!(open(&seal_bytes(bytes, DEVICES, &keyring(1), [9; NONCE_BYTES]).unwrap(), NOW), None, "{bytes:?}");
    }
    assert_eq!(open(&sealed(&Devices::default()), NOW), Some(Devices::default()));
}
