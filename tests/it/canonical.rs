//! The signed text and its query.

use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::client_auth::wskey::{Signing, body_hash, body_hash_matches, decode, verify};
use latchkey_oauth::form::{MAX_PAIRS, Pairs, PairsError};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;
use proptest::prelude::*;

fn signed_text(query: &str) -> String {
    let pairs = Pairs::parse(query.as_bytes()).unwrap();
    let text = SignedText {
        client_id: "key",
        timestamp: "1361408273",
        nonce: "n",
        body_hash: "",
        method: "POST",
        authority: &Authority::default(),
        query: &pairs.normalised(),
    };
    text.to_string().strip_prefix("key\n1361408273\nn\n\nPOST\nwww.oclc.org\n443\n/wskey\n").unwrap().to_owned()
}

#[test]
fn the_query_of_the_draft_is_normalised_as_the_draft_shows() {
    // draft-hammer-oauth-v2-mac-token-02, section 3.3.1.1
    let normalised = signed_text("b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q");
    assert_eq!(normalised, "a2=r%20b\na3=2%20q\na3=a\nb5=%3D%253D\nc%40=\nc2=\n");
}

#[test]
fn no_query_adds_nothing_after_the_path() {
    assert_eq!(signed_text(""), "");
    assert_eq!(signed_text("&&"), "");
}

#[test]
fn a_pair_splits_at_its_first_equals_sign() {
    assert_eq!(signed_text("a=b=c"), "a=b%3Dc\n");
}

#[test]
fn an_escape_that_is_none_stays_as_it_is() {
    assert_eq!(signed_text("a=%zz&b=%"), "a=%25zz\nb=%25\n");
}

#[test]
fn escaping_what_needs_none_changes_nothing() {
    assert_eq!(signed_text("%61=%7e"), signed_text("a=~"));
    assert_eq!(signed_text("a=x y"), signed_text("a=x%20y"));
}

#[test]
fn a_query_that_is_not_utf8_is_refused_and_not_repaired() {
    assert!(Pairs::parse(b"a=%ff").is_err());
    assert!(Pairs::parse(b"a=+%ff").is_err());
    assert!(Pairs::parse(b"\xff=a").is_err());
}

#[test]
fn a_query_of_too_many_pairs_is_refused() {
    let pairs = |count: usize| vec!["a=1"; count].join("&");
    assert!(Pairs::parse(pairs(MAX_PAIRS).as_bytes()).is_ok());
    assert_eq!(Pairs::parse(pairs(MAX_PAIRS + 1).as_bytes()).err(), Some(PairsError::TooMany));
}

#[test]
fn the_redacted_text_blanks_secret_values_and_keeps_the_rest() {
    let pairs = Pairs::parse(
        b"code=auth_1&refresh_token=rt_2&token=tk_3&client_secret=s4&rt_0123456789012345678901234567890123456789\
          &UYnwZbmvf3fAXCEa0JryLQ&grant_type=refresh_token",
    )
    .unwrap();
    let text = SignedText {
        client_id: "key",
        timestamp: "1",
        nonce: "n",
        body_hash: "",
        method: "POST",
        authority: &Authority::default(),
        query: &pairs.normalised(),
    };
    let shown = text.redacted().to_string();
    for secret in ["auth_1", "rt_2", "tk_3", "s4", "rt_0", "UYnw"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("grant_type=refresh_token\n") && shown.contains("code=<blanked>\n"));
    assert_eq!(shown.lines().count(), text.to_string().lines().count());
}

#[test]
fn a_body_hash_is_that_of_the_raw_body() {
    // SHA-256 of "abc" (FIPS 180-2, appendix B.1)
    assert_eq!(body_hash(b"abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    assert!(body_hash_matches("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", b"abc"));
    assert!(!body_hash_matches("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", b"abd"));
    assert!(!body_hash_matches("", b"abc"));
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

proptest! {
    #[test]
    fn what_the_signer_signs_the_verifier_accepts(
        pairs in prop::collection::vec((".*", ".*"), 0..6),
        secret in "[ -~]{1,64}",
        nonce in "[!#-~]{1,40}",
        timestamp in 0_u64..100_000_000_000,
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let query = query.join("&");
        let secret = ClientSecret::new(secret);
        let (authority, timestamp) = (Authority::default(), timestamp.to_string());
        let signing = Signing {
            client_id: "key", secret: &secret, authority: &authority, timestamp: &timestamp, nonce: &nonce,
            principal: None, method: "post", query: &query, body: &body,
        };
        let authorization = signing.sign().unwrap().authorization;
        let credentials = Credentials::parse(authorization.as_bytes()).unwrap();
        let parsed = Pairs::parse(query.as_bytes()).unwrap();
        let text = SignedText {
            client_id: credentials.client_id, timestamp: credentials.timestamp, nonce: credentials.nonce,
            body_hash: credentials.body_hash.unwrap_or_default(), method: "POST", authority: &authority,
            query: &parsed.normalised(),
        };
        prop_assert!(verify(&secret, &text, &decode(credentials.signature).unwrap()));
        prop_assert!(body.is_empty() || body_hash_matches(credentials.body_hash.unwrap(), &body));
    }

    #[test]
    fn no_query_panics(raw in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(pairs) = Pairs::parse(&raw) {
            let _ = pairs.normalised();
        }
    }
}
