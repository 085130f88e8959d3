//! The grammar of the Authorization header: every form that real clients send, and what is refused.

use latchkey_oauth::client_auth::wskey::SCHEME;
use latchkey_oauth::client_auth::wskey::header::{Credentials, HeaderError};
use latchkey_oauth::client_auth::wskey::signature::Form;
use proptest::prelude::*;

const SIGNATURE: &str = "5O6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys=";

fn attributes() -> String {
    format!(r#"clientId="key", timestamp="1361408273", nonce="981333", signature="{SIGNATURE}""#)
}

fn parse(value: &str) -> Result<[String; 4], HeaderError> {
    let found = Credentials::parse(value.as_bytes())?;
    Ok([found.client_id, found.timestamp, found.nonce, found.signature].map(str::to_owned))
}

#[track_caller]
fn takes(attributes: &str) {
    let expected = ["key", "1361408273", "981333", SIGNATURE].map(str::to_owned);
    assert_eq!(parse(&format!("{SCHEME} {attributes}")), Ok(expected));
}

#[track_caller]
fn refuses(attributes: &str, error: HeaderError) {
    assert_eq!(parse(&format!("{SCHEME} {attributes}")), Err(error));
}

#[test]
fn the_documented_form_is_taken() {
    takes(&attributes());
}

#[test]
fn attributes_come_with_and_without_a_blank_after_the_comma() {
    takes(&attributes().replace(", ", ","));
    takes(&attributes().replace(", ", " ,\t"));
}

#[test]
fn attributes_come_in_any_order_and_case() {
    takes(&format!(r#"Signature="{SIGNATURE}",NONCE="981333",timestamp="1361408273",clientID="key""#));
}

#[test]
fn a_trailing_comma_is_taken_as_node_sends_it() {
    takes(&format!("{}, ", attributes()));
    takes(&format!("{},", attributes()));
}

#[test]
fn unknown_attributes_are_ignored() {
    takes(&format!(r#"{}, realm="", x-y.z="1""#, attributes()));
}

#[test]
fn a_header_folded_over_lines_is_one_header() {
    takes(&attributes().replace(", ", ",\r\n "));
    takes(&attributes().replace(", ", ",\n\t"));
}

#[test]
fn blanks_around_the_client_id_are_trimmed() {
    takes(&attributes().replace("key", " key "));
}

#[test]
fn blanks_around_an_equals_sign_are_taken() {
    takes(&attributes().replace("e=\"", "e = \"").replace("Id=\"", "Id\t=\""));
}

#[test]
fn the_scheme_compares_without_case() {
    let value = format!("HTTP://WWW.WorldCat.org/wskey/v2/hmac/v1 {}", attributes());
    assert!(parse(&value).is_ok());
}

#[test]
fn nonces_of_every_kind_in_use_are_taken() {
    for nonce in ["1", "5368c00b", "0x16577027", "981333313127278655903652665637"] {
        let value = format!("{SCHEME} {}", attributes().replace("981333", nonce));
        assert_eq!(parse(&value).unwrap()[2], nonce);
    }
}

#[test]
fn a_principal_and_a_body_hash_are_read_and_empty_ones_are_none() {
    let value = format!(r#"{SCHEME} {}, principalID="p", principalIdns="ns", bodyHash="h""#, attributes());
    let found = Credentials::parse(value.as_bytes()).unwrap();
    assert_eq!((found.principal_id, found.principal_idns, found.body_hash), (Some("p"), Some("ns"), Some("h")));
    let value = format!(r#"{SCHEME} {}, principalID="", bodyhash="""#, attributes());
    let found = Credentials::parse(value.as_bytes()).unwrap();
    assert_eq!((found.principal_id, found.principal_idns, found.body_hash), (None, None, None));
}

#[test]
fn what_is_printed_is_read_back() {
    let value = format!(r#"{SCHEME} {}, bodyhash="h", principalID="p", principalIDNS="ns""#, attributes());
    assert_eq!(Credentials::parse(value.as_bytes()).unwrap().to_string(), value);
}

#[test]
fn other_schemes_are_refused() {
    let longer = format!("{SCHEME}x {}", attributes());
    for (value, scheme) in
        [("", None), ("Bearer tk_1", Some("Bearer")), ("basic a2V5OnNlY3JldA==", Some("Basic")), (&longer, None)]
    {
        assert_eq!(parse(value), Err(HeaderError::OtherScheme(scheme)), "{value}");
    }
}

#[test]
fn a_scheme_without_attributes_lacks_a_client_id() {
    assert_eq!(parse(SCHEME), Err(HeaderError::Missing("clientId")));
    assert_eq!(parse(&format!("{SCHEME} ,")), Err(HeaderError::Malformed));
    assert_eq!(parse(&format!("{SCHEME}  x=\"1\"")), Err(HeaderError::Missing("clientId")));
}

#[test]
fn each_required_attribute_is_missed_by_name() {
    for name in ["clientId", "timestamp", "nonce", "signature"] {
        refuses(&attributes().replace(&format!("{name}="), "other="), HeaderError::Missing(name));
        let attributes = attributes();
        let empty = attributes.split(", ").map(|attribute| match attribute.split_once('=') {
            Some((known, _)) if known == name => format!("{known}=\"\""),
            _ => attribute.to_owned(),
        });
        refuses(&empty.collect::<Vec<_>>().join(", "), HeaderError::Missing(name));
    }
}

#[test]
fn a_repeated_attribute_is_refused_in_any_case() {
    refuses(&format!(r#"{}, CLIENTID="key""#, attributes()), HeaderError::Repeated("clientId"));
    refuses(&format!(r#"{}, nonce="2""#, attributes()), HeaderError::Repeated("nonce"));
}

#[test]
fn what_is_no_list_is_malformed() {
    for attributes in
        ["clientId", "clientId=key", "clientId=\"key", "=\"key\"", "clientId=\"a\" nonce=\"b\"", "a\u{e9}=\"b\""]
    {
        refuses(attributes, HeaderError::Malformed);
    }
}

#[test]
fn values_that_cannot_be_are_refused_by_name() {
    refuses(&attributes().replace("1361408273", &"1".repeat(257)), HeaderError::Invalid("timestamp"));
    refuses(&attributes().replace(SIGNATURE, "AAAA"), HeaderError::Signature(Form::Bytes(3)));
    refuses(&attributes().replace(SIGNATURE, "not base64!"), HeaderError::Signature(Form::Other));
    refuses(&attributes().replace(SIGNATURE, &SIGNATURE.replace('=', "")), HeaderError::Signature(Form::Unpadded));
    refuses(&attributes().replace("key", "k y"), HeaderError::Invalid("clientId"));
    refuses(&attributes().replace("key", &"k".repeat(129)), HeaderError::Invalid("clientId"));
    refuses(&attributes().replace("981333", &"9".repeat(257)), HeaderError::Invalid("nonce"));
    refuses(&attributes().replace("981333", "9\n8"), HeaderError::Invalid("nonce"));
}

#[test]
fn a_header_that_is_too_long_or_no_text_is_refused_before_it_is_read() {
    assert_eq!(parse(&format!("{SCHEME} {}", "a".repeat(4096))), Err(HeaderError::TooLong(4096)));
    assert_eq!(Credentials::parse(b"http\xff").err(), Some(HeaderError::NotText));
}

#[test]
fn no_error_repeats_any_of_the_header() {
    let canary = "c4n4ry";
    let whole = format!("{SCHEME} {}", attributes());
    // In the place of each character, and before it.
    let inside = (0..whole.len()).flat_map(|at| [at, at + 1].map(|end| (at, end)));
    let wrong = inside.filter(|(_, end)| *end <= whole.len()).map(|(at, end)| {
        let mut header = whole.clone();
        header.replace_range(at..end, &format!("{canary}\"{canary}"));
        header
    });
    let mut errors = 0;
    for error in wrong.filter_map(|header| Credentials::parse(header.as_bytes()).err()) {
        assert!(!error.to_string().contains(canary) && !format!("{error:?}").contains(canary), "{error}");
        errors += 1;
    }
    assert!(errors > whole.len(), "{errors}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: crate::regressions("tests/proptest-regressions/header.txt"),
        ..ProptestConfig::default()
    })]
    #[test]
    fn no_header_panics(value in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Credentials::parse(&value);
        let _ = Credentials::parse(&[SCHEME.as_bytes(), b" ", &value].concat());
    }

    #[test]
    fn no_list_of_attributes_panics(value in r#"[a-zI=", \t]{0,80}"#) {
        let _ = Credentials::parse(format!("{SCHEME} {value}").as_bytes());
    }
}
