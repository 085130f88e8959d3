//! What a browser gives back, and what of it counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::NOW;

fn keyring(names: &[(&str, u8)]) -> Keyring {
    let lines: String = names.iter().map(|(name, byte)| Keyring::line(name, &[*byte; 32]).to_string()).collect();
    Keyring::parse(&lines).unwrap()
}

fn ours() -> Keyring {
    keyring(&[("one", 1)])
}

fn session() -> Session {
    let user = SignedIn { institution_id: "128807".into(), username: "zoë".into(), stamp: u64::MAX };
    Session { id: [1; SESSION_BYTES], ends_at: NOW + 3600, user: Some(user) }
}

fn form() -> Form {
    Form { step: Step::SignOut, session: [1; 16], ends_at: NOW + 600, request: None, grant: [2; 16], secret: [3; 20] }
}

fn cookie() -> String {
    session().seal(&ours(), [9; NONCE_BYTES]).unwrap()
}

fn field() -> String {
    form().seal(&ours(), [9; NONCE_BYTES]).unwrap()
}

#[test]
fn a_session_counts_until_it_ends_and_not_beyond() {
    for (now, counts) in [(0, true), (NOW + 3599, true), (NOW + 3600, false), (NOW + 3601, false)] {
        assert_eq!(Session::open(&cookie(), &ours(), now), counts.then(session), "{now}");
    }
}

#[test]
fn a_cookie_is_the_keys_name_and_letters_that_no_cookie_must_quote() {
    let (key, rest) = cookie().split_once('.').map(|(key, rest)| (key.to_owned(), rest.to_owned())).unwrap();
    assert_eq!(key, "one");
    assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{rest}");
    assert!(!cookie().contains("128807"));
}

#[test]
fn a_foreign_changed_or_broken_cookie_is_no_session() {
    let mut texts = vec![String::new(), ".".into(), "one".into(), "one.".into(), "one.AAAA".into(), field()];
    texts.push(cookie().replacen("one.", "two.", 1));
    texts.push(cookie().replacen("one.", ".", 1));
    texts.push(cookie().replacen("one.", "one", 1));
    texts.push(format!("{}=", cookie()));
    texts.push(cookie()[..cookie().len() - 1].to_owned());
    for at in 4..cookie().len() {
        let mut changed = cookie().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(changed).unwrap());
    }
    for text in texts {
        assert_eq!(Session::open(&text, &ours(), NOW), None, "{text}");
    }
    // Sealed under another key of the same name.
    assert_eq!(Session::open(&cookie(), &keyring(&[("one", 2)]), NOW), None);
    assert_eq!(Session::open(&cookie(), &keyring(&[("two", 2), ("one", 1)]), NOW), Some(session()));
}

#[test]
fn a_form_gives_back_what_it_held() {
    let read = Form::open(&field(), &ours()).ok().unwrap();
    assert_eq!((read.step, read.session, read.ends_at), (Step::SignOut, [1; 16], NOW + 600));
    assert_eq!((read.request, read.grant, read.secret), (None, [2; 16], [3; 20]));
}

#[test]
fn a_form_that_a_key_sealed_which_is_not_known_here_is_out_of_date_and_any_other_is_forged() {
    let body = field().split_once('.').unwrap().1.to_owned();
    for (text, denial) in [
        (String::new(), Denial::FormForged),
        ("one".into(), Denial::FormForged),
        ("two".into(), Denial::FormForged),
        ("one.".into(), Denial::FormForged),
        ("one.AAAA".into(), Denial::FormForged),
        (".".into(), Denial::FormForged),
        (format!(".{body}"), Denial::FormForged),
        (format!("o e.{body}"), Denial::FormForged),
        (format!("{}.{body}", "k".repeat(65)), Denial::FormForged),
        (cookie(), Denial::FormForged),
        (format!("{}A", field()), Denial::FormForged),
        (format!("two.{body}"), Denial::FormStale),
        ("two.".into(), Denial::FormStale),
        (format!("{}.{body}", "k".repeat(64)), Denial::FormStale),
    ] {
        assert_eq!(Form::open(&text, &ours()).err(), Some(denial), "{text}");
    }
    assert_eq!(Form::open(&field(), &keyring(&[("two", 2)])).err(), Some(Denial::FormStale));
    assert_eq!(Form::open(&field(), &keyring(&[("one", 2)])).err(), Some(Denial::FormForged));
}
