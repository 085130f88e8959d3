//! How every refusal looks to its caller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::client_auth::Mismatch;
use crate::client_auth::wskey::timestamp::Form;
use crate::client_auth::wskey::{Error, HeaderError};
use crate::error::tests::refusals;
use crate::error::{Sent, SignInError};
use crate::grant_type::GrantType;

#[test]
fn every_refusal_has_its_status_and_the_code_of_an_rfc() {
    for (denial, name, status, error) in refusals() {
        let wire = denial.wire();
        assert_eq!((wire.status, wire.error), (status, error), "{name}");
    }
}

#[test]
fn every_text_is_one_line_of_the_characters_of_rfc_6749_section_5_2() {
    for (denial, name, ..) in refusals() {
        let text = denial.wire().description;
        assert!(!text.is_empty(), "{name}: a client reads the message without asking");
        assert!(text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E)), "{text}");
    }
}

#[test]
fn a_text_says_the_facts_of_the_case() {
    for (denial, facts) in [
        (Denial::QueryTooLong(8191), &["8191"][..]),
        (Denial::BodyTooLong(8190), &["8190"]),
        (Denial::ParametersTooMany(63), &["63"]),
        (Denial::ParameterRepeated("code_verifier"), &["code_verifier"]),
        (Denial::ParameterMissing("code_verifier"), &["code_verifier"]),
        (Denial::ParameterMissing("scope"), &["scope"]),
        (Denial::ParameterInvalid("state", Sent::value("state", "s3cr3t")), &["The value of the parameter state"]),
        (
            Denial::ParameterInvalid("prompt", Sent::value("prompt", "create")),
            &["'create'", "prompt", "login, consent"],
        ),
        (Denial::ParameterInvalid("state", Sent::of("a")), &["'a'", "state", "control characters"]),
        (Denial::ParameterInvalid("principalIDNS", Sent::of("a")), &["principalIDNS", "control characters"]),
        (Denial::ParameterInvalid("institution", Sent::of("a/b")), &["'a/b'", "1 to 64 letters"]),
        (Denial::ParameterInvalid("client_id", Sent::of("a b")), &["'a b'", "1 to 128 visible ASCII"]),
        (Denial::ParameterInvalid("code_challenge", Sent::of("a")), &["code_challenge", "43 characters"]),
        (Denial::ParameterInvalid("max_age", Sent::of("-1")), &["'-1'", "max_age", "whole number"]),
        (Denial::ParameterInvalid("redirect_uri", Sent::of("a")), &["redirect_uri", "it is too long"]),
        (Denial::ScopeNotAllowed(Sent::of("WMS_ACQ")), &["'WMS_ACQ'"]),
        (Denial::ScopeWidened(Sent::of("WMS_ACQ")), &["'WMS_ACQ'"]),
        (Denial::ScopeMalformed(Sent::of("A\"")), &["'A?'", "32 scope tokens", "512 bytes"]),
        (
            Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("91475")),
            &["'91475'", "contextInstitutionId"],
        ),
        (Denial::InstitutionUnknown(Some(Sent::of("91475"))), &["'91475'", "authenticatingInstitutionId"]),
        (Denial::ResponseTypeUnsupported(Sent::of("id_token")), &["'id_token'", "code or token"]),
        (Denial::ChallengeMethodUnsupported(Sent::maybe(None)), &["missing", "S256"]),
        (Denial::GrantTypeUnsupported(Sent::of("password")), &["'password'", "client_credentials"]),
        (Error::TimestampSkewed { timestamp: 1301, now: 1000, window: 300 }.into(), &["301", "1000", "300"]),
        (Error::TimestampMalformed { form: Form::Iso8601, now: 1000 }.into(), &["ISO 8601", "POSIX seconds", "1000"]),
        (Error::from(HeaderError::OtherScheme(Some("Basic"))).into(), &["Basic", "hmac/v1"]),
        (Denial::GrantTypeNotAllowed(GrantType::ClientCredentials), &["client_credentials"]),
        (Error::from(HeaderError::Missing("nonce")).into(), &["nonce"]),
        (Denial::SignIn(SignInError::Slowed { seconds: 256 }), &["256"]),
    ] {
        let text = denial.wire().description;
        assert!(facts.iter().all(|fact| text.contains(fact)), "{text}");
    }
}

#[test]
fn unknown_disabled_and_wrong_look_the_same() {
    let seen = [Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::WrongCredentials].map(|cause| {
        let denial = Denial::from(Error::SignatureMismatch { signed_text: "WSKEY\n".into(), hints: Vec::new(), cause });
        let wire = denial.wire();
        (wire.status, wire.error, wire.description, wire.details)
    });
    assert!(seen.iter().all(|one| *one == seen[0]));
}

#[test]
fn a_wrong_signature_shows_each_signed_line_with_its_number_and_each_hint() {
    let signed_text = "WSKEY\n1700000000\n\nPOST\n".to_owned();
    let hints = vec!["One hint.".to_owned(), "Another.".to_owned()];
    let denial = Denial::from(Error::SignatureMismatch { signed_text, hints, cause: Mismatch::WrongCredentials });
    let details = denial.wire().details;
    let lines: Vec<_> = details.lines().map(str::trim).collect();
    for line in ["1: WSKEY", "2: 1700000000", "3:", "4: POST", "- One hint.", "- Another."] {
        assert_eq!(lines.iter().filter(|known| **known == line).count(), 1, "{line} in {details}");
    }
}
