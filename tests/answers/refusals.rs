//! The list of refusals: each has a name of its own, an entry in the page of errors, a test, and a description that the RFC
//! allows.

use std::collections::BTreeSet;
use std::fs;

use latchkey_testkit::root;

/// Every refusal's name in the log, as the sources have them: what is in quotes in their functions `name`. A way for clients
/// to authenticate is a file, or a folder with its errors in one.
fn names() -> Vec<String> {
    let rules = root().join("crates/oauth/src");
    let entries = ["client_auth", "error"].map(|folder| fs::read_dir(rules.join(folder)).unwrap());
    let paths = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
    let errors = paths.filter(|path| !path.ends_with("tests.rs"));
    let errors = errors.map(|path| if path.is_dir() { path.join("error.rs") } else { path });
    let sources = errors.filter(|source| source.exists()).chain([rules.join("error.rs")]);
    let source: String = sources.map(|source| fs::read_to_string(source).unwrap()).collect();
    let functions = source.split(" fn name(").skip(1).map(|rest| {
        let end = rest.find("\n    }\n").into_iter().chain(rest.find("\n}\n")).min();
        &rest[..end.unwrap()]
    });
    functions.flat_map(|function| function.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_refusal_has_a_name_of_its_own() {
    let mut found = names();
    assert!(found.len() > 40);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), names().len());
}

#[test]
fn every_refusal_stands_in_the_readme_with_what_to_do_about_it() {
    // Under a heading of its own, which links lead to: in the page of errors, which the README leads to.
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    for name in names() {
        assert_eq!(headings.iter().filter(|heading| **heading == name).count(), 1, "{name} has no entry of its own");
        let entry = page.split(&format!("\n### {name}\n")).nth(1).unwrap().split("\n#").next().unwrap();
        assert!(entry.contains("\n*"), "{name}: who is to do what?");
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("(docs/errors.md)"), "the README leads to it");
}

#[test]
fn every_refusal_but_a_fault_of_the_machine_is_named_by_a_test() {
    let tests: String = crate::laws::files("tests").into_iter().map(|(_, text)| text).collect();
    for name in names().iter().filter(|name| *name != "no_randomness") {
        assert!(tests.contains(&format!("\"{name}\"")), "no test names {name}");
    }
}

#[test]
fn every_description_keeps_to_the_characters_of_the_rfc() {
    use latchkey_oauth::auth_method::AuthMethod;
    use latchkey_oauth::client_auth::wskey::timestamp::Form;
    use latchkey_oauth::client_auth::wskey::{Error, HeaderError, signature};
    use latchkey_oauth::client_auth::{Challenge, Failure, Mismatch, assertion, basic};
    use latchkey_oauth::error::{
        Denial, DeviceError, FormError, IdTokenError, PrincipalError, ProviderError, PushError, Sent, SignInError,
        TokenClientError, Unavailable, VerifierError,
    };
    use latchkey_oauth::grant_type::GrantType;
    use latchkey_oauth::jose::{Part, Unreadable};
    let sent = || Sent::of("a\"b\\c\n\u{e9}'");
    let mut denials = vec![
        Denial::EventMalformed,
        Denial::ProxyBypassed,
        Denial::MethodNotAllowed,
        Denial::QueryTooLong(1),
        Denial::BodyTooLong(1),
        Denial::BodyNotForm,
        Error::BodyUnsigned.into(),
        Denial::ParametersTooMany(1),
        Denial::ParametersNotText,
        Denial::ParameterRepeated("scope"),
        Denial::ParameterMissing("scope"),
        Denial::ParameterInvalid("scope", sent()),
        PrincipalError::NotText("principalID").into(),
        Denial::ClientIdDiffers,
        PrincipalError::Incomplete.into(),
        DeviceError::Pending.into(),
        DeviceError::TooOften { interval: 10 }.into(),
        DeviceError::Denied.into(),
        DeviceError::Expired.into(),
        DeviceError::UserCodeUnknown.into(),
        PrincipalError::Differs.into(),
        Failure::Missing.into(),
        Error::TimestampMalformed { form: Form::Other, now: 2 }.into(),
        Error::TimestampSkewed { timestamp: 1, now: 2, window: 0 }.into(),
        Error::BodyHashMismatch.into(),
        Failure::Replayed(AuthMethod::WsKey).into(),
        Failure::MethodsMixed.into(),
        Failure::SecretInUrl.into(),
        Denial::GrantTypeUnsupported(sent()),
        Denial::GrantTypeElsewhere,
        Denial::InstitutionNotAllowed("contextInstitutionId", sent()),
        PrincipalError::NotAllowed.into(),
        PrincipalError::NamespaceNotAllowed(sent()).into(),
        PrincipalError::Unsigned.into(),
        Denial::InstitutionsContradict,
        Denial::ContextMalformed,
        Denial::ScopeMalformed(sent()),
        Denial::ScopeWithoutService,
        Denial::ScopeNotAllowed(sent()),
        Denial::ScopeWidened(sent()),
        Denial::CodeUnknown,
        Denial::CodeExpired,
        Denial::CodeRedeemed,
        Denial::RedirectUriDiffers,
        Denial::InstitutionsDiffer,
        Denial::Verifier(VerifierError::Missing),
        Denial::Verifier(VerifierError::Malformed),
        Denial::Verifier(VerifierError::Wrong),
        Denial::Verifier(VerifierError::Unexpected),
        Denial::RefreshTokenUnknown,
        Denial::RefreshTokenExpired,
        Denial::GrantRevoked,
        Denial::GrantTooOld,
        Denial::ClientUnregistered,
        Denial::RedirectUriUnregistered,
        Denial::ResponseTypeUnsupported(sent()),
        Denial::ResponseModeUnsupported { served: "query" },
        Denial::ChallengeMethodUnsupported(sent()),
        Denial::InstitutionUnknown(None),
        Denial::InstitutionUnknown(Some(sent())),
        Denial::ConsentRefused,
        Denial::LoginRequired,
        Denial::ConsentRequired,
        Denial::InteractionRequired,
        Denial::Form(FormError::Stale),
        Denial::Form(FormError::Hasty),
        Denial::Form(FormError::CookieMissing),
        Denial::Form(FormError::Forged),
        Denial::Form(FormError::Answered),
        Denial::SignIn(SignInError::Failed),
        Denial::SignIn(SignInError::Slowed { seconds: 1 }),
        Denial::SignIn(SignInError::Locked),
        Denial::Push(PushError::UriPushed),
        Denial::Push(PushError::ObjectUnsupported),
        Denial::Push(PushError::TooLong(1)),
        Denial::Push(PushError::AddressTooLong(1, "state")),
        Denial::Push(PushError::Required),
        Denial::Push(PushError::UriUnknown),
        Denial::Push(PushError::UriForeign),
        Denial::Push(PushError::UriExpired),
        ProviderError::Unreachable.into(),
        ProviderError::Unresolved.into(),
        ProviderError::Untrusted.into(),
        ProviderError::AddressRefused.into(),
        ProviderError::AnswerMalformed.into(),
        ProviderError::ClientRefused.into(),
        ProviderError::CodeRefused.into(),
        ProviderError::Refused.into(),
        ProviderError::Cancelled.into(),
        ProviderError::ResponseMalformed.into(),
        ProviderError::InstitutionDiffers.into(),
        ProviderError::IssuerDiffers.into(),
        ProviderError::IssuerMissing.into(),
        ProviderError::Changed.into(),
        ProviderError::Required.into(),
        ProviderError::RequestTooLong.into(),
        ProviderError::VisitUnknown.into(),
        ProviderError::VisitExpired.into(),
        ProviderError::VisitForeign.into(),
        IdTokenError::Malformed.into(),
        IdTokenError::AlgorithmWrong.into(),
        IdTokenError::KeyUnknown.into(),
        IdTokenError::KeyUnnamed.into(),
        IdTokenError::SignatureWrong.into(),
        IdTokenError::ClaimMalformed("iat").into(),
        IdTokenError::UserUnnamed.into(),
        IdTokenError::IssuerDiffers.into(),
        IdTokenError::AudienceWrong.into(),
        IdTokenError::PartyWrong.into(),
        IdTokenError::Expired.into(),
        IdTokenError::FromFuture.into(),
        IdTokenError::TooOld.into(),
        IdTokenError::NonceWrong.into(),
        IdTokenError::AuthTimeMissing.into(),
        IdTokenError::AuthTimeOld.into(),
        IdTokenError::SubjectUnusable.into(),
        Denial::IntrospectionNotAllowed,
        Denial::TokenForeign,
        Denial::BearerMissing,
        Denial::TokenInactive,
        Denial::TokenClient(TokenClientError::Deleted),
        Denial::TokenClient(TokenClientError::Disabled),
        Denial::TokenClient(TokenClientError::Ended),
        Denial::ScopeInsufficient,
    ];
    denials.extend(GrantType::ASKED_FOR.into_iter().chain([GrantType::Implicit]).map(Denial::GrantTypeNotAllowed));
    let causes =
        [Mismatch::WrongCredentials, Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::MethodNotRegistered];
    denials.extend(causes.map(|cause| Failure::Secret { challenge: Challenge::Basic, cause }.into()));
    denials.extend(causes.map(|cause| Failure::Public(cause).into()));
    denials.extend(causes.map(|cause| Failure::from(assertion::Error::Wrong(cause)).into()));
    let parts = [Part::Header, Part::Payload, Part::Signature];
    let unreadable = [
        Unreadable::TooLong,
        Unreadable::HeaderTooLong,
        Unreadable::Json,
        Unreadable::Parts,
        Unreadable::HeaderMember("kid"),
        Unreadable::Critical,
        Unreadable::Type,
        Unreadable::Algorithm,
    ];
    let by_part = [Unreadable::NotBase64, Unreadable::NotJson, Unreadable::Repeated];
    let by_part = by_part.into_iter().flat_map(|fault| parts.map(fault));
    let asserted = [
        assertion::Error::InUrl,
        assertion::Error::TypeUnknown,
        assertion::Error::Claim("jti"),
        assertion::Error::Claim("exp"),
        assertion::Error::IssuerDiffers,
        assertion::Error::AudienceWrong,
        assertion::Error::Expired { ends: 1, now: 2 },
        assertion::Error::FromFuture { begins: 2, now: 1, window: 0 },
        assertion::Error::LivesTooLong { left: 2, most: 1, now: 1 },
        assertion::Error::SecretShort,
    ];
    let asserted = asserted.into_iter().chain(unreadable.into_iter().chain(by_part).map(assertion::Error::Unreadable));
    denials.extend(asserted.map(|error| Failure::from(error).into()));
    denials.push(Failure::Replayed(AuthMethod::PrivateKeyJwt).into());
    denials.push(Failure::Replayed(AuthMethod::Basic).into());
    let malformed = [
        basic::Malformed::TooLong,
        basic::Malformed::NotBase64,
        basic::Malformed::NotText,
        basic::Malformed::NoColon,
        basic::Malformed::ClientId,
    ];
    denials.extend(
        malformed
            .map(|what| basic::Error { what, challenge: Challenge::Basic })
            .map(|error| Failure::Basic(error).into()),
    );
    denials.extend(
        causes.map(|cause| Error::SignatureMismatch { signed_text: String::new(), hints: Vec::new(), cause }.into()),
    );
    denials.extend(
        [
            Unavailable::DatabaseUnreachable,
            Unavailable::DatabaseThrottling,
            Unavailable::DatabaseRefuses,
            Unavailable::ItemDamaged,
            Unavailable::SecretUnopened,
            Unavailable::NoRandomness,
        ]
        .map(Denial::Unavailable),
    );
    denials.extend(
        [
            HeaderError::TooLong(1),
            HeaderError::OtherScheme(None),
            HeaderError::OtherScheme(Some("Basic")),
            HeaderError::NotText,
            HeaderError::Malformed,
            HeaderError::Repeated("nonce"),
            HeaderError::Missing("nonce"),
            HeaderError::Invalid("nonce"),
            HeaderError::Signature(signature::Form::Unpadded),
        ]
        .map(|error| Error::Header(error).into()),
    );
    let listed: BTreeSet<_> = denials.iter().map(|denial| denial.name().to_owned()).collect();
    assert_eq!(listed, names().into_iter().collect(), "the list has every refusal");
    for denial in denials {
        let wire = denial.wire();
        // RFC 6749 section 5.2
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(wire.description.bytes().all(allowed) && !wire.description.is_empty(), "{}", wire.description);
        let codes = [
            "invalid_request",
            "invalid_client",
            "invalid_grant",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
            "unsupported_response_type",
            // RFC 8628 section 3.5
            "authorization_pending",
            "slow_down",
            "expired_token",
            "access_denied",
            "invalid_token",
            "insufficient_scope",
            "temporarily_unavailable",
            "login_required",
            "consent_required",
            "interaction_required",
            "invalid_request_uri",
            "request_not_supported",
        ];
        assert!(codes.contains(&wire.error) && [400, 401, 403, 409, 413, 429, 503].contains(&wire.status));
        assert_eq!(["invalid_client", "invalid_token"].contains(&wire.error), wire.status == 401);
    }
}
