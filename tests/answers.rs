//! The shapes of answers, byte for byte where a client depends on it.

use std::collections::BTreeSet;
use std::fs;

use latchkey_testkit::reply::Reply;
use latchkey_testkit::root;
use latchkey_testkit::world::{ASK, ISSUE, World, redemption};

fn members(reply: &Reply) -> Vec<&str> {
    reply.body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_token_answer_is_the_documented_one_to_the_byte() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.tokens(&client).await;
    let at = |seconds: u64| latchkey_oauth::time::instant(world.now() + seconds);
    let expected = format!(
        concat!(
            r#"{{"access_token":"{}","token_type":"bearer","expires_in":1199,"expires_at":"{}","#,
            r#""scope":"WMS_NCIP refresh_token","scopes":"WMS_NCIP refresh_token","principalID":"","principalIDNS":"","#,
            r#""context_institution_id":"128807","contextInstitutionId":"128807","authenticating_institution_id":"128807","#,
            r#""error_code":null,"refresh_token":"{}","refresh_token_expires_in":86399,"refresh_token_expires_at":"{}"}}"#
        ),
        reply.member("access_token"),
        at(1200),
        reply.member("refresh_token"),
        at(86400)
    );
    assert_eq!(reply.text, expected);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json;charset=UTF-8");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["pragma"], "no-cache");
}

#[test]
fn an_instant_is_utc_with_a_blank_and_a_final_z() {
    assert_eq!(latchkey_oauth::time::instant(1_377_283_529), "2013-08-23 18:45:29Z");
    assert_eq!(latchkey_oauth::time::instant(0), "1970-01-01 00:00:00Z");
    assert_eq!(latchkey_oauth::time::instant(u64::MAX), "", "no panic on what is no date");
}

#[tokio::test]
async fn a_refresh_answer_lacks_the_three_members_of_a_refresh_token() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let (mut first, second) = (members(&tokens), members(&refreshed));
    first.retain(|name| !name.starts_with("refresh_token"));
    assert_eq!(first, second);
    assert!(refreshed.body.get("code").is_none() && tokens.body.get("code").is_none());
}

#[tokio::test]
async fn a_client_registered_so_gets_seconds_as_strings() {
    let world = World::new().await;
    let client = world.client_with(|client| client.numbers_as_strings = true).await;
    let tokens = world.tokens(&client).await;
    assert_eq!(tokens.member("expires_in"), "1199");
    assert_eq!(tokens.member("refresh_token_expires_in"), "86399");
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.member("expires_in"), "1199");
    let code = world.code(&client, "WMS_NCIP").await;
    assert_eq!(world.ask(&client, ISSUE, &redemption(&code)).await.member("expires_in"), "1199");
}

#[tokio::test]
async fn every_client_gets_json_whatever_it_accepts() {
    let world = World::new().await;
    let client = world.client().await;
    for accept in ["*/*", "text/html, image/gif, image/jpeg, */*; q=0.2", "application/xml", ""] {
        let authorization = client.sign(ASK, world.now());
        let headers = [("authorization", authorization.as_str()), ("accept", accept)];
        let reply = world.send(http::Method::POST, &format!("{ISSUE}?{ASK}"), &headers, bytes::Bytes::new()).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["content-type"]),
            (200, &"application/json;charset=UTF-8".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn an_error_answer_has_the_members_that_clients_read_without_asking() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.ask(&client, ISSUE, "grant_type=none").await;
    assert_eq!(
        reply.text,
        concat!(
            r#"{"error":"unsupported_grant_type","error_description":"#,
            r#""The grant_type is 'none'; it must be authorization_code, client_credentials, refresh_token or "#,
            r#"urn:ietf:params:oauth:grant-type:device_code.","#,
            r#""code":{"type":"http","value":"400"},"message":"#,
            r#""The grant_type is 'none'; it must be authorization_code, client_credentials, refresh_token or "#,
            r#"urn:ietf:params:oauth:grant-type:device_code.","details":""}"#
        )
    );
    assert!(reply.headers.get("www-authenticate").is_none(), "only a 401 challenges");
}

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
        Denial, DeviceError, FormError, PrincipalError, PushError, Sent, SignInError, Unavailable, VerifierError,
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
        Denial::IntrospectionNotAllowed,
        Denial::TokenForeign,
        Denial::BearerMissing,
        Denial::TokenInactive,
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
