//! The cookie of the tabs that are away.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::example::NOW;
use crate::provider::example::keyring;

fn secret(byte: u8) -> TabSecret {
    TabSecret::new([byte; TAB_BYTES])
}

fn sealed(tabs: &Tabs) -> String {
    tabs.seal(&keyring(), [9; NONCE_BYTES]).unwrap()
}

fn known(tabs: &Tabs) -> Vec<u8> {
    (0..=u8::MAX).filter(|byte| tabs.find(&secret(*byte).hash()).is_some()).collect()
}

#[test]
fn five_tabs_are_kept_and_the_one_that_left_first_is_forgotten() {
    let mut tabs = Tabs::default();
    assert!(tabs.is_empty());
    for byte in 1..=5 {
        tabs = tabs.with(secret(byte), NOW);
    }
    assert_eq!(known(&tabs), [1, 2, 3, 4, 5]);
    let tabs = tabs.with(secret(6), NOW);
    assert_eq!(known(&tabs), [2, 3, 4, 5, 6]);
    let tabs = tabs.without(&secret(4)).without(&secret(7));
    assert_eq!(known(&tabs), [2, 3, 5, 6]);
    let read = Tabs::open(&sealed(&tabs), &keyring(), NOW).unwrap();
    assert!(read == tabs && !read.is_empty());
}

#[test]
fn a_tab_that_stays_away_too_long_is_forgotten() {
    let tabs = Tabs::default().with(secret(1), NOW).with(secret(2), NOW + 60);
    for (now, left) in [
        (NOW + VISIT_SECONDS - 1, vec![1, 2]),
        (NOW + VISIT_SECONDS, vec![2]),
        (NOW + VISIT_SECONDS + 60, vec![]),
        (u64::MAX, vec![]),
    ] {
        assert_eq!(known(&Tabs::open(&sealed(&tabs), &keyring(), now).unwrap()), left, "{now}");
    }
    let late = Tabs::default().with(secret(1), u64::MAX);
    assert_eq!(known(&Tabs::open(&sealed(&late), &keyring(), NOW).unwrap()), [1]);
}

#[test]
fn a_foreign_changed_or_broken_cookie_keeps_no_tab() {
    let good = sealed(&Tabs::default().with(secret(1), NOW));
    let seal = |bytes: &[u8], what_for| seal_bytes(bytes, what_for, &keyring(), [9; NONCE_BYTES]).unwrap();
    let mut texts = vec![String::new(), ".".into(), good[..good.len() - 1].to_owned(), format!("{good}A")];
    texts.push(good.replace("pages/", "other/"));
    texts.push(seal(&[VERSION; 37], "latchkey known browser"));
    // Another version, and an entry that is cut short.
    texts.extend([&[][..], &[0], &[2; 37], &[VERSION; 36], &[VERSION; 38]].map(|bytes| seal(bytes, TABS)));
    for at in good.find('.').unwrap()..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(changed).unwrap());
    }
    for text in texts {
        assert!(Tabs::open(&text, &keyring(), NOW).is_none(), "{text}");
    }
    assert!(Tabs::open(&seal(&[VERSION], TABS), &keyring(), NOW).unwrap().is_empty());
}

#[test]
fn nonce_verifier_and_name_of_a_tab_differ_and_are_as_long_as_they_must_be() {
    let texts = |byte| [secret(byte).nonce(), secret(byte).verifier(), secret(byte).hash(), secret(byte).challenge()];
    let mut all: Vec<_> = [texts(1), texts(2)].concat();
    assert_eq!([43, 43, 22, 43], std::array::from_fn(|at| all[at].len()));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
    assert_eq!(texts(1), texts(1));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(secret(1).verifier()));
    assert_eq!(secret(1).challenge(), challenge);
}
