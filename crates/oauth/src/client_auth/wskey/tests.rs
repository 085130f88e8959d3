//! What is checked of a signed request: its time, its body, its signature, the user that it names.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::client_auth::Mismatch;
use crate::error::PrincipalError;
use crate::secret::ClientSecret;

pub(crate) const NOW: u64 = 1_361_408_273;
const QUERY: &str = "grant_type=client_credentials&scope=A";

fn secret(text: &str) -> ClientSecret {
    ClientSecret::new(text.into())
}

fn signing<'a>(secret: &'a ClientSecret, authority: &'a Authority, query: &'a str, body: &'a [u8]) -> Signing<'a> {
    let (client_id, timestamp, nonce) = ("WSKEY", "1361408273", "981333");
    Signing { client_id, secret, authority, timestamp, nonce, principal: None, method: "POST", query, body }
}

/// Signed by the client of these tests.
pub(crate) fn authorization(query: &str, body: &'static [u8]) -> String {
    signing(&secret("a"), &Authority::default(), query, body).sign().unwrap().authorization
}

fn request(authorization: &str, body: &'static [u8]) -> Request<Bytes> {
    Request::post("/").header("authorization", authorization).body(Bytes::from_static(body)).unwrap()
}

pub(crate) fn keyring() -> Keyring {
    Keyring::parse(&Keyring::line("v1", &[1; 32])).unwrap()
}

/// It has one secret, named `first`.
pub(crate) fn client() -> Client {
    let sealed = keyring().seal("WSKEY", &secret("a"), [0; 12]).unwrap();
    let named = NamedSecret { name: "first".into(), sealed, created_at: NOW, expires_at: None };
    Client::new("WSKEY".into(), String::new(), named, NOW)
}

#[test]
fn a_timestamp_counts_to_the_second_either_way() {
    for (timestamp, window, now, good) in [
        (1000, 300, 1000, true),
        (700, 300, 1000, true),
        (1300, 300, 1000, true),
        (699, 300, 1000, false),
        (1301, 300, 1000, false),
        (1000, 0, 1000, true),
        (999, 0, 1000, false),
        (1001, 0, 1000, false),
        (0, 1000, 1000, true),
        (0, 999, 1000, false),
        (999_999_999_999, 300, 1000, false),
    ] {
        let expected = if good { Ok(()) } else { Err(Error::TimestampSkewed { timestamp, now, window }) };
        assert_eq!(check_time(&timestamp.to_string(), window, now), expected);
    }
    for (text, form) in [("soon", timestamp::Form::Other), ("1000.5", timestamp::Form::Fraction)] {
        assert_eq!(check_time(text, 300, 1000), Err(Error::TimestampMalformed { form, now: 1000 }));
    }
}

#[test]
fn a_body_counts_under_its_own_hash_alone() {
    let hash = |body: &[u8]| Some(body_hash(body));
    for (hash, body, expected) in [
        (None, "", Ok(())),
        (None, "a", Err(Error::BodyUnsigned)),
        (hash(b""), "", Ok(())),
        (hash(b"a"), "a", Ok(())),
        (hash(b"a"), "", Err(Error::BodyHashMismatch)),
        (hash(b""), "a", Err(Error::BodyHashMismatch)),
        (hash(b"a"), "b", Err(Error::BodyHashMismatch)),
        (Some(String::new()), "", Err(Error::BodyHashMismatch)),
    ] {
        assert_eq!(check_body(hash.as_deref(), body.as_bytes()), expected, "{hash:?} {body}");
    }
}

#[test]
fn the_time_is_checked_before_the_body() {
    let signed = authorization(QUERY, b"");
    let request = request(&signed, b"unsigned");
    let signed = WsKey::of(&request).unwrap().unwrap();
    let settings = Settings { clock_skew_seconds: 10, ..Settings::default() };
    assert_eq!(signed.check(&settings, NOW + 10), Err(Error::BodyUnsigned));
    let (now, window) = (NOW + 11, 10);
    assert_eq!(signed.check(&settings, now), Err(Error::TimestampSkewed { timestamp: NOW, now, window }));
}

#[test]
fn a_request_within_its_time_and_with_its_body_passes() {
    let signed = authorization(QUERY, b"a=1");
    let request = request(&signed, b"a=1");
    assert_eq!(WsKey::of(&request).unwrap().unwrap().check(&Settings::default(), NOW + 300), Ok(()));
}

/// What the client's record says to a request that was signed so, and asks so.
fn verified(authorization: &str, method: &str, query: &str, client: Option<&Client>) -> Result<String, Denial> {
    let mut request = request(authorization, b"");
    *request.method_mut() = method.parse().unwrap();
    let query = Pairs::parse(query.as_bytes()).unwrap();
    let signed = WsKey::of(&request).unwrap().unwrap();
    let found = signed.verify(client, &query, &keyring(), &Authority::default(), NOW)?;
    Ok(found.name.clone())
}

#[test]
fn the_secret_that_signed_is_named() {
    assert_eq!(verified(&authorization(QUERY, b""), "POST", QUERY, Some(&client())), Ok("first".into()));
    // The body hash is line 4, whatever the body: that is checked before.
    assert_eq!(verified(&authorization(QUERY, b"a=1"), "POST", QUERY, Some(&client())), Ok("first".into()));
}

#[test]
fn a_signature_holds_for_its_own_request_and_client_alone() {
    let (client, disabled) = (client(), Client { disabled: true, ..client() });
    let right = authorization(QUERY, b"");
    let (other, wrong) = (Authority { port: 444, ..Authority::default() }, secret("b"));
    let own = Authority::default();
    let signed = |signing: Signing<'_>| signing.sign().unwrap().authorization;
    for (authorization, method, query, client, cause) in [
        (right.clone(), "PUT", QUERY, Some(&client), Mismatch::WrongCredentials),
        (right.clone(), "POST", "", Some(&client), Mismatch::WrongCredentials),
        (right.replace("981333", "981334"), "POST", QUERY, Some(&client), Mismatch::WrongCredentials),
        (right.replace("1361408273", "1361408274"), "POST", QUERY, Some(&client), Mismatch::WrongCredentials),
        (format!("{right}, bodyhash=\"x\""), "POST", QUERY, Some(&client), Mismatch::WrongCredentials),
        (signed(signing(&secret("a"), &other, QUERY, b"")), "POST", QUERY, Some(&client), Mismatch::WrongCredentials),
        (signed(signing(&wrong, &own, QUERY, b"")), "POST", QUERY, Some(&client), Mismatch::WrongCredentials),
        (right.clone(), "POST", QUERY, Some(&disabled), Mismatch::DisabledClient),
        (right.clone(), "POST", QUERY, None, Mismatch::UnknownClient),
    ] {
        let refused = verified(&authorization, method, query, client);
        let Err(Denial::ClientAuth(crate::client_auth::Failure::WsKey(Error::SignatureMismatch {
            signed_text,
            hints,
            cause: found,
        }))) = refused
        else {
            panic!("{authorization} is taken")
        };
        assert_eq!(found, cause);
        assert!(signed_text.starts_with("WSKEY\n1361") && !hints.is_empty());
    }
}

#[test]
fn a_secret_under_another_key_is_no_verdict() {
    let (signed, query) = (authorization(QUERY, b""), Pairs::parse(QUERY.as_bytes()).unwrap());
    let request = request(&signed, b"");
    let other = Keyring::parse(&Keyring::line("v2", &[1; 32])).unwrap();
    let signed = WsKey::of(&request).unwrap().unwrap();
    let client = client();
    let found = signed.verify(Some(&client), &query, &other, &Authority::default(), NOW);
    assert_eq!(found.err(), Some(Unavailable::SecretUnopened.into()));
}

#[test]
fn both_attributes_of_a_user_come_or_none() {
    let both = Principal { id: "alice".into(), idns: "urn:x".into() };
    for (attributes, expected) in [
        ("", Ok(None)),
        (r#", principalID="alice", principalIDNS="urn:x""#, Ok(Some(both))),
        (r#", principalID="", principalIDNS="""#, Ok(None)),
        (r#", principalID="alice""#, Err(PrincipalError::Incomplete.into())),
        (", principalID=\"j\u{fffd}rg\", principalIDNS=\"urn:x\"", Err(PrincipalError::NotText("principalID").into())),
        (
            ", principalID=\"alice\", principalIDNS=\"urn:\u{fffd}\"",
            Err(PrincipalError::NotText("principalIDNS").into()),
        ),
        (r#", principalIDNS="urn:x""#, Err(PrincipalError::Incomplete.into())),
        (r#", principalID="alice", principalIDNS="""#, Err(PrincipalError::Incomplete.into())),
    ] {
        let request = request(&format!("{}{attributes}", authorization(QUERY, b"")), b"");
        assert_eq!(WsKey::of(&request).unwrap().unwrap().principal(), expected, "{attributes}");
    }
}

#[test]
fn a_clock_that_is_half_hours_away_looks_like_one_of_another_time_zone() {
    const HOUR: u64 = 3600;
    let window = 300;
    for (off, is_zone) in [
        (301, false),
        (1739, false),
        (1740, true),
        (1860, true),
        (1861, false),
        (HOUR, true),
        // India, and the furthest zone of all: UTC+14.
        (5 * HOUR + 1800, true),
        (14 * HOUR, true),
        (14 * HOUR + 1800, false),
        (24 * HOUR, false),
    ] {
        for timestamp in [NOW - off, NOW + off] {
            let told = Error::TimestampSkewed { timestamp, now: NOW, window }.wire().details;
            assert!(told.starts_with("Set the clock of the client"), "{told}");
            assert_eq!(told.contains("time zone"), is_zone, "{off}: {told}");
        }
    }
    let within = Error::TimestampSkewed { timestamp: NOW - HOUR, now: NOW, window: HOUR };
    assert!(!within.wire().details.contains("time zone"), "the window allows it");
}

#[test]
fn of_the_signed_text_only_words_and_harmless_values_are_shown() {
    let own = Authority::default();
    let shown = |query: &str| {
        let pairs = Pairs::parse(query.as_bytes()).unwrap();
        let query = pairs.normalised();
        let text = SignedText {
            client_id: "WSKEY",
            timestamp: "1",
            nonce: "n",
            body_hash: "",
            method: "POST",
            authority: &own,
            query: &query,
        };
        text.redacted().to_string().lines().last().unwrap().to_owned()
    };
    for (query, line) in [
        ("scope=A", "scope=A"),
        // Longer than a word, and known.
        ("authenticatingInstitutionId=91475", "authenticatingInstitutionId=91475"),
        ("refresh_token=rt_1", "refresh_token=<blanked>"),
        ("a-b_9=1", "a-b_9=<blanked>"),
        ("abcdefghij0123456789=1", "abcdefghij0123456789=<blanked>"),
        ("abcdefghij01234567890", "<blanked>=<blanked>"),
        ("s%3Acret", "<blanked>=<blanked>"),
    ] {
        assert_eq!(shown(query), line);
    }
}
