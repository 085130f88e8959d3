//! The two readings of an `Authorization: Basic` header, and the headers that are refused.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::auth_method::AuthMethod;
use crate::client::{Client, NamedSecret};
use crate::client_auth::Verdict;
use crate::client_auth::wskey::tests::keyring;
use crate::secret::ClientSecret;

const NOW: u64 = 1_700_000_000;

fn header(credentials: &[u8]) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(credentials)).into_bytes()
}

fn read(credentials: &[u8]) -> Result<Basic, Malformed> {
    Basic::parse(&header(credentials), Challenge::Basic).map_err(|error| error.what)
}

/// Whether a client of this id and secret is let in by these credentials.
fn lets_in(id: &str, secret: &str, credentials: &str) -> bool {
    let sealed = keyring().seal(id, &ClientSecret::new(secret.into()), [0; 12]).unwrap();
    let secret = NamedSecret { name: "first".into(), sealed, created_at: NOW, expires_at: None };
    let mut client = Client::new(id.into(), String::new(), secret, NOW);
    client.auth_methods = vec![AuthMethod::Basic];
    let basic = read(credentials.as_bytes()).ok().unwrap();
    let verified = basic.sent.verify(Some(&client), AuthMethod::Basic, &keyring(), NOW);
    basic.sent.client_id() == id && matches!(verified, Verdict::Verified(_))
}

#[test]
fn both_readings_of_client_id_and_secret_count() {
    for (id, secret, raw, encoded) in [
        ("app", "plain", "app:plain", "app:plain"),
        ("app", "a+b/c=%", "app:a+b/c=%", "app:a%2Bb%2Fc%3D%25"),
        ("app", "100%25", "app:100%25", "app:100%2525"),
        ("app", "two words", "app:two words", "app:two+words"),
        ("app", "with:colon:s", "app:with:colon:s", "app:with%3Acolon%3as"),
        ("app", "schön", "app:schön", "app:sch%C3%B6n"),
        ("a+b", "s", "a+b:s", "a%2Bb:s"),
        ("a%b", "s", "a%b:s", "a%25b:s"),
    ] {
        for credentials in [raw, encoded] {
            assert!(lets_in(id, secret, credentials), "{id} {secret} as {credentials}");
        }
    }
    // An id with a colon, or with what reads as an encoded byte, has to be encoded.
    assert!(lets_in("urn:app", "s", "urn%3Aapp:s") && lets_in("a%41", "s", "a%2541:s"));
    assert_eq!(read(b"a%41:s").ok().unwrap().sent.client_id(), "aA");
}

#[test]
fn no_third_reading_counts() {
    for (secret, credentials) in [
        ("a b", "app:a%252Bb"),
        ("a b", "app:a%20b "),
        ("secret", "app:SECRET"),
        ("secret", "app:"),
        ("secret", "app:secretsecret"),
        ("a+b", "app:a%20b"),
        ("secret", "app::secret"),
    ] {
        assert!(!lets_in("app", secret, credentials), "{secret} as {credentials}");
    }
}

#[test]
fn a_scheme_has_no_case_and_ends_at_a_blank() {
    for value in ["Basic a", "basic a", "BASIC", "bAsIc\ta"] {
        assert!(is_basic(value.as_bytes()), "{value}");
    }
    for value in ["", "Basics a", " Basic a", "Basic,a", "Bearer a"] {
        assert!(!is_basic(value.as_bytes()), "{value}");
    }
    assert!(Basic::parse(b"bAsIc  \tYTpi ", Challenge::Basic).is_ok());
}

#[test]
fn what_is_malformed_says_what_is_wrong() {
    for (credentials, what) in [
        (&b"app"[..], Malformed::NoColon),
        (b"", Malformed::NoColon),
        (b":secret", Malformed::ClientId),
        (b"app\xff:secret", Malformed::NotText),
        (b"app:\xe9", Malformed::NotText),
        ("é:secret".as_bytes(), Malformed::ClientId),
        (b"two words:secret", Malformed::ClientId),
        (b"urn:latchkey:user:x", Malformed::ClientId),
    ] {
        let read = read(credentials).err();
        // Before the colon is "urn", which is a client id.
        let expected = if credentials.starts_with(b"urn") { None } else { Some(what) };
        assert_eq!(read, expected, "{credentials:?}");
    }
    for (value, what) in [
        (&b"Basic"[..], Malformed::NoColon),
        (b"Basic a", Malformed::NotBase64),
        (b"Basic YTpi=", Malformed::NotBase64),
        (b"Basic YTpiYw", Malformed::NotBase64),
        (b"Basic YTpi YTpi", Malformed::NotBase64),
        (b"Basic \xff", Malformed::NotBase64),
    ] {
        assert_eq!(Basic::parse(value, Challenge::Basic).err().map(|error| error.what), Some(what), "{value:?}");
    }
    let long = header(&[b'a'; MAX_HEADER]);
    assert_eq!(Basic::parse(&long, Challenge::Basic).err().map(|error| error.what), Some(Malformed::TooLong));
    let huge = header(&[b':'; 100_000]);
    assert_eq!(Basic::parse(&huge, Challenge::Basic).err().map(|error| error.what), Some(Malformed::TooLong));
}

#[test]
fn an_error_never_repeats_what_was_sent() {
    for (what, words) in [
        (Malformed::TooLong, "longer than 4096 bytes"),
        (Malformed::NotBase64, "not base64"),
        (Malformed::NotText, "not UTF-8"),
        (Malformed::NoColon, "no colon"),
        (Malformed::ClientId, "visible ASCII"),
    ] {
        let wire = Error { what, challenge: Challenge::Basic }.wire();
        assert!(wire.description.contains(words) && wire.details.contains("form-encoded"));
        assert_eq!((wire.status, wire.error), (401, "invalid_client"));
    }
}

#[test]
fn a_header_may_be_4096_bytes_long_and_no_byte_longer() {
    for (length, told) in [(4096, None), (4097, Some(Malformed::TooLong))] {
        let value = format!("Basic {}YTpi", " ".repeat(length - "Basic YTpi".len()));
        assert_eq!(Basic::parse(value.as_bytes(), Challenge::Basic).err().map(|error| error.what), told, "{length}");
    }
}
