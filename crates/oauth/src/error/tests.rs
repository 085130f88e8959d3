//! Every refusal: its name in the log, its status and its code on the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use super::*;
use crate::auth_method::AuthMethod;
use crate::client_auth::basic;
use crate::client_auth::wskey::timestamp;
use crate::client_auth::wskey::{Error, HeaderError};
use crate::client_auth::{Challenge, Failure, Mismatch};

/// A refusal, its name in the log, its status and its code.
pub type Refusal = (Denial, &'static str, u16, &'static str);

fn mismatch(cause: Mismatch) -> Denial {
    Error::SignatureMismatch { signed_text: "WSKEY\n1\n".into(), hints: vec!["A hint.".into()], cause }.into()
}

fn secret(cause: Mismatch) -> Denial {
    Failure::Secret { challenge: Challenge::Basic, cause }.into()
}

/// All there are, some of them more than once.
pub fn refusals() -> Vec<Refusal> {
    use Denial::*;
    vec![
        (EventMalformed, "event_malformed", 400, "invalid_request"),
        (ProxyBypassed, "proxy_bypassed", 403, "access_denied"),
        (MethodNotAllowed, "method_not_allowed", 400, "invalid_request"),
        (QueryTooLong(8192), "query_too_long", 400, "invalid_request"),
        (BodyTooLong(8192), "body_too_long", 400, "invalid_request"),
        (BodyNotForm, "body_not_form", 400, "invalid_request"),
        (Error::BodyUnsigned.into(), "body_unsigned", 400, "invalid_request"),
        (ParametersTooMany(64), "parameters_too_many", 400, "invalid_request"),
        (ParametersNotText, "parameters_not_text", 400, "invalid_request"),
        (ParameterRepeated("code"), "parameter_repeated", 400, "invalid_request"),
        (ParameterMissing("code"), "parameter_missing", 400, "invalid_request"),
        // RFC 6749 section 3.3.
        (ParameterMissing("scope"), "parameter_missing", 400, "invalid_scope"),
        (ParameterInvalid("state", Sent::value("state", "a")), "parameter_invalid", 400, "invalid_request"),
        (ParameterInvalid("scope", Sent::of("A\"\\\u{e9}")), "parameter_invalid", 400, "invalid_request"),
        (PrincipalError::NotText("principalID").into(), "principal_not_text", 400, "invalid_request"),
        (InstitutionsContradict, "institutions_contradict", 400, "invalid_request"),
        (ContextMalformed, "context_malformed", 400, "invalid_scope"),
        (ClientIdDiffers, "client_id_differs", 400, "invalid_request"),
        (PrincipalError::Incomplete.into(), "principal_incomplete", 400, "invalid_request"),
        (Failure::Missing.into(), "credentials_missing", 401, "invalid_client"),
        (Error::from(HeaderError::Malformed).into(), "credentials_malformed", 401, "invalid_client"),
        (
            Error::TimestampMalformed { form: timestamp::Form::Milliseconds, now: 1000 }.into(),
            "credentials_malformed",
            401,
            "invalid_client",
        ),
        (
            Error::TimestampSkewed { timestamp: 1, now: 1000, window: 300 }.into(),
            "timestamp_skewed",
            401,
            "invalid_client",
        ),
        (Error::BodyHashMismatch.into(), "body_hash_mismatch", 401, "invalid_client"),
        (mismatch(Mismatch::UnknownClient), "client_unknown", 401, "invalid_client"),
        (mismatch(Mismatch::DisabledClient), "client_disabled", 401, "invalid_client"),
        (mismatch(Mismatch::WrongCredentials), "signature_mismatch", 401, "invalid_client"),
        (mismatch(Mismatch::MethodNotRegistered), "method_not_registered", 401, "invalid_client"),
        (Failure::Replayed(AuthMethod::WsKey).into(), "replayed", 401, "invalid_client"),
        (Failure::Replayed(AuthMethod::Basic).into(), "replayed", 401, "invalid_client"),
        (Failure::MethodsMixed.into(), "methods_mixed", 400, "invalid_request"),
        (Failure::SecretInUrl.into(), "secret_in_url", 400, "invalid_request"),
        (
            Failure::Basic(basic::Error { what: basic::Malformed::NoColon, challenge: Challenge::Basic }).into(),
            "basic_malformed",
            401,
            "invalid_client",
        ),
        (secret(Mismatch::UnknownClient), "client_unknown", 401, "invalid_client"),
        (secret(Mismatch::DisabledClient), "client_disabled", 401, "invalid_client"),
        (secret(Mismatch::MethodNotRegistered), "method_not_registered", 401, "invalid_client"),
        (secret(Mismatch::WrongCredentials), "secret_wrong", 401, "invalid_client"),
        (Failure::Public(Mismatch::UnknownClient).into(), "client_unknown", 401, "invalid_client"),
        (Failure::Public(Mismatch::WrongCredentials).into(), "credentials_missing", 401, "invalid_client"),
        (GrantTypeUnsupported(Sent::of("password")), "grant_type_unsupported", 400, "unsupported_grant_type"),
        (GrantTypeElsewhere, "grant_type_elsewhere", 400, "unsupported_grant_type"),
        (GrantTypeNotAllowed(GrantType::Implicit), "grant_type_not_allowed", 400, "unauthorized_client"),
        (
            InstitutionNotAllowed("contextInstitutionId", Sent::of("1")),
            "institution_not_allowed",
            400,
            "unauthorized_client",
        ),
        (PrincipalError::Differs.into(), "principal_differs", 400, "invalid_request"),
        (PrincipalError::NotAllowed.into(), "principal_not_allowed", 400, "unauthorized_client"),
        (
            PrincipalError::NamespaceNotAllowed(Sent::of("urn:x")).into(),
            "namespace_not_allowed",
            400,
            "unauthorized_client",
        ),
        (PrincipalError::Unsigned.into(), "principal_unsigned", 400, "unauthorized_client"),
        (DeviceError::Pending.into(), "authorization_pending", 400, "authorization_pending"),
        (DeviceError::TooOften { interval: 10 }.into(), "slow_down", 400, "slow_down"),
        (DeviceError::Denied.into(), "device_denied", 400, "access_denied"),
        (DeviceError::Expired.into(), "device_code_expired", 400, "expired_token"),
        (DeviceError::UserCodeUnknown.into(), "user_code_unknown", 400, "invalid_request"),
        (ScopeMalformed(Sent::of("A\"")), "scope_malformed", 400, "invalid_scope"),
        (ScopeWithoutService, "scope_without_service", 400, "invalid_scope"),
        (ScopeNotAllowed(Sent::of("A")), "scope_not_allowed", 400, "invalid_scope"),
        (ScopeWidened(Sent::of("A")), "scope_widened", 400, "invalid_scope"),
        (CodeUnknown, "code_unknown", 400, "invalid_grant"),
        (CodeExpired, "code_expired", 400, "invalid_grant"),
        (CodeRedeemed, "code_redeemed", 400, "invalid_grant"),
        (RedirectUriDiffers, "redirect_uri_differs", 400, "invalid_grant"),
        (InstitutionsDiffer, "institutions_differ", 400, "invalid_grant"),
        (Verifier(VerifierError::Missing), "verifier_missing", 400, "invalid_grant"),
        (Verifier(VerifierError::Malformed), "verifier_malformed", 400, "invalid_grant"),
        (Verifier(VerifierError::Wrong), "verifier_wrong", 400, "invalid_grant"),
        (Verifier(VerifierError::Unexpected), "verifier_unexpected", 400, "invalid_grant"),
        (RefreshTokenUnknown, "refresh_token_unknown", 400, "invalid_grant"),
        (RefreshTokenExpired, "refresh_token_expired", 400, "invalid_grant"),
        (GrantRevoked, "grant_revoked", 400, "invalid_grant"),
        (GrantTooOld, "grant_too_old", 400, "invalid_grant"),
        (ClientUnregistered, "client_unregistered", 400, "invalid_request"),
        (RedirectUriUnregistered, "redirect_uri_unregistered", 400, "invalid_request"),
        (ResponseTypeUnsupported(Sent::of("id_token")), "response_type_unsupported", 400, "unsupported_response_type"),
        (ResponseModeUnsupported { served: "query" }, "response_mode_unsupported", 400, "invalid_request"),
        (ChallengeMethodUnsupported(Sent::maybe(None)), "challenge_method_unsupported", 400, "invalid_request"),
        (InstitutionUnknown(Some(Sent::of("1"))), "institution_unknown", 400, "invalid_request"),
        (ConsentRefused, "consent_refused", 403, "access_denied"),
        (LoginRequired, "login_required", 403, "login_required"),
        (ConsentRequired, "consent_required", 403, "consent_required"),
        (InteractionRequired, "interaction_required", 403, "interaction_required"),
        (Push(PushError::UriPushed), "request_uri_pushed", 400, "invalid_request"),
        (Push(PushError::ObjectUnsupported), "request_object_unsupported", 400, "request_not_supported"),
        (Push(PushError::TooLong(8192)), "push_too_long", 413, "invalid_request"),
        (Push(PushError::AddressTooLong(6144, "state")), "push_address_too_long", 413, "invalid_request"),
        (Push(PushError::Required), "push_required", 400, "invalid_request"),
        (Push(PushError::UriUnknown), "request_uri_unknown", 400, "invalid_request_uri"),
        (Push(PushError::UriForeign), "request_uri_foreign", 400, "invalid_request_uri"),
        (Push(PushError::UriExpired), "request_uri_expired", 400, "invalid_request_uri"),
        (Form(FormError::Stale), "form_stale", 400, "invalid_request"),
        (Form(FormError::Hasty), "form_hasty", 400, "invalid_request"),
        (Form(FormError::CookieMissing), "cookie_missing", 400, "invalid_request"),
        (Form(FormError::Forged), "form_forged", 403, "access_denied"),
        (Form(FormError::Answered), "form_answered", 409, "invalid_request"),
        (SignIn(SignInError::Failed), "sign_in_failed", 403, "access_denied"),
        (SignIn(SignInError::Slowed { seconds: 256 }), "sign_in_slowed", 429, "access_denied"),
        (SignIn(SignInError::Locked), "sign_in_locked", 403, "access_denied"),
        (ProviderError::Unreachable.into(), "provider_unreachable", 403, "access_denied"),
        (ProviderError::Unresolved.into(), "provider_unresolved", 403, "access_denied"),
        (ProviderError::Untrusted.into(), "provider_untrusted", 403, "access_denied"),
        (ProviderError::AddressRefused.into(), "provider_address_refused", 403, "access_denied"),
        (ProviderError::AnswerMalformed.into(), "provider_answer_malformed", 403, "access_denied"),
        (ProviderError::ClientRefused.into(), "provider_client_refused", 403, "access_denied"),
        (ProviderError::CodeRefused.into(), "provider_code_refused", 403, "access_denied"),
        (ProviderError::Refused.into(), "provider_error", 403, "access_denied"),
        (ProviderError::Cancelled.into(), "provider_cancelled", 403, "access_denied"),
        (ProviderError::ResponseMalformed.into(), "provider_response_malformed", 400, "invalid_request"),
        (ProviderError::InstitutionDiffers.into(), "provider_institution_differs", 403, "access_denied"),
        (ProviderError::IssuerDiffers.into(), "provider_issuer_differs", 403, "access_denied"),
        (ProviderError::IssuerMissing.into(), "provider_issuer_missing", 403, "access_denied"),
        (ProviderError::Changed.into(), "provider_changed", 400, "invalid_request"),
        (ProviderError::Required.into(), "provider_required", 403, "access_denied"),
        (ProviderError::RequestTooLong.into(), "visit_too_long", 400, "invalid_request"),
        (ProviderError::VisitUnknown.into(), "visit_unknown", 400, "invalid_request"),
        (ProviderError::VisitExpired.into(), "visit_expired", 400, "invalid_request"),
        (ProviderError::VisitForeign.into(), "visit_foreign", 400, "invalid_request"),
        (IdTokenError::Malformed.into(), "id_token_malformed", 403, "access_denied"),
        (IdTokenError::AlgorithmWrong.into(), "id_token_algorithm_wrong", 403, "access_denied"),
        (IdTokenError::KeyUnknown.into(), "id_token_key_unknown", 403, "access_denied"),
        (IdTokenError::KeyUnnamed.into(), "id_token_key_unnamed", 403, "access_denied"),
        (IdTokenError::SignatureWrong.into(), "id_token_signature_wrong", 403, "access_denied"),
        (IdTokenError::ClaimMalformed("iat").into(), "id_token_claim_malformed", 403, "access_denied"),
        (IdTokenError::UserUnnamed.into(), "id_token_user_unnamed", 403, "access_denied"),
        (IdTokenError::IssuerDiffers.into(), "id_token_issuer_differs", 403, "access_denied"),
        (IdTokenError::AudienceWrong.into(), "id_token_audience_wrong", 403, "access_denied"),
        (IdTokenError::PartyWrong.into(), "id_token_party_wrong", 403, "access_denied"),
        (IdTokenError::Expired.into(), "id_token_expired", 403, "access_denied"),
        (IdTokenError::FromFuture.into(), "id_token_from_future", 403, "access_denied"),
        (IdTokenError::TooOld.into(), "id_token_too_old", 403, "access_denied"),
        (IdTokenError::NonceWrong.into(), "id_token_nonce_wrong", 403, "access_denied"),
        (IdTokenError::AuthTimeMissing.into(), "id_token_auth_time_missing", 403, "access_denied"),
        (IdTokenError::AuthTimeOld.into(), "id_token_auth_time_old", 403, "access_denied"),
        (IdTokenError::SubjectUnusable.into(), "id_token_subject_unusable", 403, "access_denied"),
        (IntrospectionNotAllowed, "introspection_not_allowed", 400, "unauthorized_client"),
        (TokenForeign, "token_foreign", 400, "unauthorized_client"),
        (BearerMissing, "bearer_missing", 401, "invalid_token"),
        (TokenInactive, "token_inactive", 401, "invalid_token"),
        (TokenClient(TokenClientError::Deleted), "token_client_deleted", 401, "invalid_token"),
        (TokenClient(TokenClientError::Disabled), "token_client_disabled", 401, "invalid_token"),
        (TokenClient(TokenClientError::Ended), "token_client_ended", 401, "invalid_token"),
        (ScopeInsufficient, "scope_insufficient", 403, "insufficient_scope"),
        (self::Unavailable::DatabaseUnreachable.into(), "database_unreachable", 503, "temporarily_unavailable"),
        (self::Unavailable::DatabaseThrottling.into(), "database_throttling", 503, "temporarily_unavailable"),
        (self::Unavailable::DatabaseRefuses.into(), "database_refuses", 503, "temporarily_unavailable"),
        (self::Unavailable::ItemDamaged.into(), "item_damaged", 503, "temporarily_unavailable"),
        (self::Unavailable::SecretUnopened.into(), "secret_unopened", 503, "temporarily_unavailable"),
        (self::Unavailable::NoRandomness.into(), "no_randomness", 503, "temporarily_unavailable"),
    ]
}

#[test]
fn every_refusal_has_one_name_in_the_log() {
    for (denial, name, ..) in refusals() {
        assert_eq!(denial.name(), name);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    }
}

#[test]
fn the_list_of_codes_has_those_of_all_refusals_and_no_other() {
    let codes: BTreeSet<_> = refusals().iter().map(|(.., code)| *code).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ERROR_CODES);
}

/// What a client cannot tell apart leads to one place: the others lead to a place of their own.
#[test]
fn a_refusal_leads_to_a_place_that_says_no_more_than_its_answer() {
    let of_clients = ["client_unknown", "client_disabled", "method_not_registered"];
    for (denial, name, status, _) in refusals() {
        match denial.anchor() {
            "the-service-is-unavailable" => assert_eq!(status, 503, "{name}"),
            "signature_mismatch" | "secret_wrong" | "credentials_missing" if of_clients.contains(&name) => {}
            "token_inactive" if name.starts_with("token_client_") => {}
            anchor => assert_eq!((anchor, status == 503), (name, false)),
        }
    }
}

/// As the functions `name` have them: an engineer who adds a refusal adds it to the table above.
#[test]
fn no_refusal_is_missing_from_the_table() {
    let sources = [
        include_str!("../error.rs"),
        include_str!("../error/form.rs"),
        include_str!("../error/id_token.rs"),
        include_str!("../error/principal.rs"),
        include_str!("../error/provider.rs"),
        include_str!("../error/push.rs"),
        include_str!("../error/sign_in.rs"),
        include_str!("../error/token_client.rs"),
        include_str!("../error/verifier.rs"),
        include_str!("../error/device.rs"),
        include_str!("../client_auth/failure.rs"),
        include_str!("../client_auth/mismatch.rs"),
        include_str!("../client_auth/basic.rs"),
        include_str!("../client_auth/wskey/error.rs"),
    ];
    let functions = sources.iter().flat_map(|source| source.split(" fn name(").skip(1));
    let functions = functions.map(|rest| rest.split("\n    }\n").next().unwrap());
    let named: Vec<_> = functions.flat_map(|function| function.split('"').skip(1).step_by(2)).collect();
    let known: BTreeSet<_> = refusals().iter().map(|(_, name, ..)| *name).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), known);
    assert_eq!(named.len(), known.len(), "no two have one name");
}
