//! How many secrets are tried, which one counts, and what it means where none does.

#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use super::*;
use crate::client::NamedSecret;

const NOW: u64 = 1_700_000_000;
const ID: &str = "WSKEY";

fn keyring(key: u8) -> Keyring {
    Keyring::parse(&Keyring::line("v1", &[key; 32])).unwrap()
}

/// Sealed under key 1: a secret of this text and name, good before `expires_at`.
fn secret(text: &str, expires_at: Option<u64>) -> NamedSecret {
    let sealed = keyring(1).seal(ID, &ClientSecret::new(text.into()), [0; 12]).unwrap();
    NamedSecret { name: text.into(), sealed, created_at: NOW, expires_at }
}

/// Sealed under a key that the keyring of the test does not hold.
fn closed(text: &str) -> NamedSecret {
    let sealed = keyring(2).seal(ID, &ClientSecret::new(text.into()), [0; 12]).unwrap();
    NamedSecret { sealed, ..secret(text, None) }
}

fn client(secrets: Vec<NamedSecret>) -> Client {
    Client { secrets, ..Client::new(ID.into(), String::new(), secret("", None), NOW) }
}

/// The verdict in a word, and the texts that were tried: `decoy` where it is no secret of the client's.
fn tried(client: Option<&Client>, fits: impl Fn(&str) -> bool) -> (String, Vec<String>) {
    let texts = RefCell::new(Vec::new());
    let verdict = find(&keyring(1), (ID, client), AuthMethod::WsKey, NOW, |secret| {
        let text = secret.expose();
        texts.borrow_mut().push(if text.len() == 1 { text.to_owned() } else { "decoy".to_owned() });
        fits(text)
    });
    let word = match verdict {
        Verdict::Verified(secret) => secret.name.clone(),
        Verdict::Refused(cause) => format!("{cause:?}"),
        Verdict::Unopened => "Unopened".to_owned(),
    };
    (word, texts.into_inner())
}

#[test]
fn every_client_costs_two_secrets_whatever_the_verdict() {
    let (one, two) = (client(vec![secret("a", None)]), client(vec![secret("a", None), secret("b", None)]));
    let three = client(vec![secret("a", None), secret("b", None), secret("c", None)]);
    let (none, disabled) = (client(vec![]), Client { disabled: true, ..two.clone() });
    let other = Client { auth_methods: vec![AuthMethod::Basic, AuthMethod::Post], ..two.clone() };
    let ended = client(vec![secret("a", Some(NOW)), secret("b", Some(NOW + 1))]);
    let (first, both) = (client(vec![closed("a"), secret("b", None)]), client(vec![closed("a"), closed("b")]));
    for (client, right, verdict, texts) in [
        (None, "a", "UnknownClient", ["decoy", "decoy"]),
        (Some(&disabled), "a", "DisabledClient", ["decoy", "decoy"]),
        (Some(&other), "a", "MethodNotRegistered", ["decoy", "decoy"]),
        (Some(&none), "a", "WrongCredentials", ["decoy", "decoy"]),
        (Some(&one), "x", "WrongCredentials", ["a", "decoy"]),
        (Some(&one), "a", "a", ["a", "decoy"]),
        (Some(&two), "x", "WrongCredentials", ["a", "b"]),
        (Some(&two), "a", "a", ["a", "b"]),
        (Some(&two), "b", "b", ["a", "b"]),
        // A client has two at most; what is beyond was never registered by a command.
        (Some(&three), "c", "WrongCredentials", ["a", "b"]),
        (Some(&ended), "a", "WrongCredentials", ["b", "decoy"]),
        (Some(&ended), "b", "b", ["b", "decoy"]),
        (Some(&first), "b", "b", ["decoy", "b"]),
        (Some(&first), "a", "Unopened", ["decoy", "b"]),
        (Some(&both), "a", "Unopened", ["decoy", "decoy"]),
    ] {
        let found = tried(client, |text| text == right);
        assert_eq!(found, (verdict.to_owned(), texts.map(str::to_owned).to_vec()), "{right} of {texts:?}");
    }
}

#[test]
fn the_first_of_two_that_fit_is_named() {
    let client = client(vec![secret("a", None), secret("b", None)]);
    assert_eq!(tried(Some(&client), |_| true).0, "a");
}

#[test]
fn a_decoy_that_fits_lets_nobody_in() {
    let disabled = Client { disabled: true, ..client(vec![secret("a", None)]) };
    assert_eq!(tried(None, |_| true).0, "UnknownClient");
    assert_eq!(tried(Some(&disabled), |_| true).0, "DisabledClient");
    assert_eq!(tried(Some(&client(vec![])), |_| true).0, "WrongCredentials");
    assert_eq!(tried(Some(&client(vec![closed("a")])), |_| true).0, "Unopened");
}

#[test]
fn a_secret_opens_for_the_client_that_it_was_sealed_for_alone() {
    let client = client(vec![secret("a", None)]);
    assert!(matches!(
        find(&keyring(1), ("another", Some(&client)), AuthMethod::WsKey, NOW, |_| true),
        Verdict::Unopened
    ));
}
