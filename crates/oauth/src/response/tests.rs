//! Answers, byte for byte where a client depends on it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use super::*;
use crate::auth_method::AuthMethod;
use crate::client_auth::Failure;
use crate::error::{SignInError, TokenClientError, Unavailable};
use crate::example::{
    ACCESS_SECRET, NOW, REFRESH_SECRET, client, client_with, entropy, grant, grant_id, grant_with, institutions,
    presented, principal, scope,
};
use crate::token::Minted;
use crate::tokens::active::active;

fn expiring(kind: Kind, expires_at: u64) -> Expiring {
    Expiring { token: Minted::new(kind, grant_id(), None, &entropy().access), expires_at }
}

fn answer(refresh: bool, named: bool) -> TokenResponse {
    TokenResponse {
        access: expiring(Kind::Access, NOW + 1200),
        refresh: refresh.then(|| expiring(Kind::Refresh, NOW + 86_400)),
        scope: scope("A refresh_token"),
        institutions: institutions(),
        principal: named.then(principal),
    }
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// JSON that no cache keeps.
fn is_ours(response: &Response<Bytes>, status: u16) {
    assert_eq!(response.status(), status);
    assert_eq!(header(response, "content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!(header(response, "cache-control"), Some("no-store"));
    assert_eq!(header(response, "pragma"), Some("no-cache"));
}

#[test]
fn a_token_answer_is_the_documented_one_to_the_byte() {
    let (access, refresh) = (expiring(Kind::Access, 0).token.text, expiring(Kind::Refresh, 0).token.text);
    for (refreshes, as_strings) in [(false, false), (true, false), (true, true)] {
        let quoted = |seconds: u64| if as_strings { format!("\"{seconds}\"") } else { seconds.to_string() };
        let last = format!(
            r#","refresh_token":"{}","refresh_token_expires_in":{},"refresh_token_expires_at":"2023-11-15 22:13:20Z""#,
            *refresh,
            quoted(86_399)
        );
        let expected = format!(
            concat!(
                r#"{{"access_token":"{}","token_type":"bearer","expires_in":{},"expires_at":"2023-11-14 22:33:20Z","#,
                r#""scope":"A refresh_token","scopes":"A refresh_token","#,
                r#""principalID":"8eaa9f92","principalIDNS":"urn:oclc:platform:128807","#,
                r#""context_institution_id":"91475","contextInstitutionId":"91475","#,
                r#""authenticating_institution_id":"128807","error_code":null{}}}"#
            ),
            *access,
            quoted(1199),
            if refreshes { last.as_str() } else { "" }
        );
        let client = client_with(|client| client.numbers_as_strings = as_strings);
        let response = tokens(&client, &answer(refreshes, true), Form::Oclc, NOW);
        is_ours(&response, 200);
        assert_eq!(text(&response), expected);
    }
}

#[test]
fn an_answer_of_rfc_6749_has_its_members_and_types_and_no_empty_text() {
    let plain = |refreshes, user, refresh_token, context| {
        let form = Form::Plain { refresh_token, context };
        // What a registration says of the other form does not count.
        let client = client_with(|client| client.numbers_as_strings = true);
        let response = tokens(&client, &answer(refreshes, user), form, NOW);
        is_ours(&response, 200);
        body(&response)
    };
    let first = plain(true, true, None, Some("91475"));
    assert_eq!(
        first,
        json!({
            "access_token": first["access_token"],
            "token_type": "bearer",
            "expires_in": 1199,
            "scope": "A refresh_token context:91475",
            "refresh_token": first["refresh_token"],
            "refresh_token_expires_in": 86_399,
            "authenticating_institution_id": "128807",
            "context_institution_id": "91475",
            "principalID": "8eaa9f92",
            "principalIDNS": "urn:oclc:platform:128807",
        })
    );
    assert!(first["refresh_token"].as_str().unwrap().starts_with("rt_"));
    let refreshed = plain(false, false, Some("rt_presented"), None);
    assert_eq!(
        refreshed,
        json!({
            "access_token": first["access_token"],
            "token_type": "bearer",
            "expires_in": 1199,
            "scope": "A refresh_token",
            "refresh_token": "rt_presented",
            "authenticating_institution_id": "128807",
            "context_institution_id": "91475",
        })
    );
}

#[test]
fn an_answer_for_no_user_says_so_with_empty_texts() {
    let body = body(&tokens(&client(), &answer(false, false), Form::Oclc, NOW));
    assert_eq!((&body["principalID"], &body["principalIDNS"]), (&json!(""), &json!("")));
}

#[test]
fn a_life_is_promised_for_a_second_less_and_never_below_none() {
    for (left, told) in [(0, 0), (1, 0), (2, 1), (1200, 1199)] {
        let mut answer = answer(false, false);
        answer.access.expires_at = NOW + left;
        assert_eq!(body(&tokens(&client(), &answer, Form::Oclc, NOW))["expires_in"], told);
    }
}

#[test]
fn a_refusal_has_the_members_that_clients_read_without_asking() {
    for (refusal, status) in [
        (Denial::ScopeNotAllowed(crate::error::Sent::of("A")), 400),
        (Failure::Replayed(AuthMethod::WsKey).into(), 401),
        (Denial::ConsentRefused, 403),
        (Denial::SignIn(SignInError::Slowed { seconds: 2 }), 429),
        (Unavailable::ItemDamaged.into(), 503),
    ] {
        let response = denial(&refusal, None);
        is_ours(&response, status);
        let wire = refusal.wire();
        let expected = json!({
            "error": wire.error,
            "error_description": wire.description,
            "code": { "type": "http", "value": status.to_string() },
            "message": wire.description,
            "details": wire.details,
        });
        assert_eq!(body(&response), expected);
        let challenge = format!("WSKeyV2 error=\"{}\", error_description=\"{}\"", wire.error, wire.description);
        assert_eq!(header(&response, "www-authenticate"), (status == 401).then_some(challenge.as_str()));
        assert_eq!(header(&response, "retry-after"), (status == 503).then_some("1"));
    }
}

#[test]
fn a_guard_answers_as_rfc_6750_says() {
    let told = |refusal: &Denial| {
        let wire = refusal.wire();
        format!("error=\"{}\", error_description=\"{}\"", wire.error, wire.description)
    };
    let missing = Denial::BearerMissing;
    let inactive = Denial::TokenInactive;
    let insufficient = Denial::ScopeInsufficient;
    let of_client = Denial::from(TokenClientError::Disabled);
    let (scope, of_inactive, of_insufficient) = (scope("A B"), told(&inactive), told(&insufficient));
    for (refusal, required, status, challenge) in [
        // No error code where no token was sent.
        (&missing, None, 401, "Bearer realm=\"api\"".to_owned()),
        (&missing, Some(&scope), 401, "Bearer realm=\"api\", scope=\"A B\"".to_owned()),
        (&inactive, None, 401, format!("Bearer {of_inactive}")),
        (&inactive, Some(&scope), 401, format!("Bearer {of_inactive}")),
        (&of_client, None, 401, format!("Bearer {of_inactive}")),
        (&insufficient, None, 403, format!("Bearer {of_insufficient}")),
        (&insufficient, Some(&scope), 403, format!("Bearer {of_insufficient}, scope=\"A B\"")),
    ] {
        let response = bearer_denial(refusal, required);
        is_ours(&response, status);
        assert_eq!(header(&response, "www-authenticate"), Some(challenge.as_str()));
        assert_eq!(response.headers().get_all("www-authenticate").iter().count(), 1);
        assert_eq!(body(&response), body(&denial(refusal, None)));
    }
    let away = bearer_denial(&Unavailable::DatabaseUnreachable.into(), Some(&scope));
    is_ours(&away, 503);
    assert_eq!((header(&away, "www-authenticate"), header(&away, "retry-after")), (None, Some("1")));
}

#[test]
fn a_token_that_is_not_active_is_that_and_nothing_more() {
    let response = introspection(None, "https://id.example", Subjects::V2, true);
    is_ours(&response, 200);
    assert_eq!(text(&response), r#"{"active":false}"#);
}

#[test]
fn an_active_token_is_told_with_all_that_is_known_and_nothing_that_is_not() {
    let nobodys = grant_with(|grant| grant.principal = None);
    let user = r#","sub":"8eaa9f92","iss":"https://id.example","principalID":"8eaa9f92","principalIDNS":"urn:oclc:platform:128807""#;
    let nobody = r#","iss":"https://id.example""#;
    for (kind, secret, grant, issued, expected) in [
        (
            Kind::Access,
            &ACCESS_SECRET,
            &grant(),
            true,
            format!(r#","token_type":"bearer","exp":1700001200,"iat":1700000000{user}"#),
        ),
        (
            Kind::Access,
            &ACCESS_SECRET,
            &nobodys,
            true,
            format!(r#","token_type":"bearer","exp":1700001200,"iat":1700000000{nobody}"#),
        ),
        (Kind::Access, &ACCESS_SECRET, &nobodys, false, format!(r#","token_type":"bearer","exp":1700001200{nobody}"#)),
        // A refresh token is no bearer token of any API's.
        (Kind::Refresh, &REFRESH_SECRET, &grant(), true, format!(r#","exp":1700086400,"iat":1700000000{user}"#)),
    ] {
        let token = presented(kind, None, secret);
        let mut active = active(&token, Some(grant), None, 0, NOW).unwrap();
        active.issued_at = active.issued_at.filter(|_| issued);
        let response = introspection(Some((&scope("A"), &active)), "https://id.example", Subjects::Legacy, true);
        is_ours(&response, 200);
        let begin = r#"{"active":true,"scope":"A","client_id":"WSKEY""#;
        let end = r#","authenticating_institution_id":"128807","context_institution_id":"91475"}"#;
        assert_eq!(text(&response), format!("{begin}{expected}{end}"));
    }
}

#[test]
fn a_sub_is_one_user_or_the_client_that_acts_for_itself() {
    let nobodys = grant_with(|grant| grant.principal = None);
    for (grant, subjects, is_signed, sub) in [
        (grant(), Subjects::Legacy, true, Some("8eaa9f92")),
        (grant(), Subjects::Legacy, false, Some("8eaa9f92")),
        (nobodys.clone(), Subjects::Legacy, true, None),
        (nobodys.clone(), Subjects::Legacy, false, Some("WSKEY")),
        (grant(), Subjects::V2, true, Some("urn:latchkey:user:urn:oclc:platform:128807/8eaa9f92")),
        (nobodys, Subjects::V2, true, Some("WSKEY")),
    ] {
        let token = presented(Kind::Access, None, &ACCESS_SECRET);
        let active = active(&token, Some(&grant), None, 0, NOW).unwrap();
        let response = introspection(Some((&scope("A"), &active)), "https://id.example", subjects, is_signed);
        let told: Value = serde_json::from_str(text(&response)).unwrap();
        assert_eq!(told.get("sub").and_then(Value::as_str), sub, "{subjects:?}");
        // What WSKey clients read stays as it is.
        let named = grant.principal.as_ref().map(|principal| (principal.id.as_str(), principal.idns.as_str()));
        let read = told["principalID"].as_str().zip(told["principalIDNS"].as_str());
        assert_eq!(read, named);
    }
}

#[test]
fn what_is_done_says_nothing() {
    is_ours(&done(), 200);
    assert_eq!(text(&done()), "{}");
}

#[test]
fn a_public_document_may_be_kept_for_an_hour() {
    let response = public(&json!({ "issuer": "https://id.example" }));
    assert_eq!(text(&response), r#"{"issuer":"https://id.example"}"#);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!(header(&response, "cache-control"), Some("public, max-age=3600"));
    assert_eq!(header(&response, "pragma"), None);
}

/// Fetch standard, section 3.3.3: what a browser asks before a script sends what a form could not.
#[test]
fn a_browser_that_asks_first_is_told_methods_and_headers_and_never_of_credentials() {
    for (response, allow, methods, headers) in [
        (preflight(), "GET, HEAD, OPTIONS", "GET, HEAD", "*"),
        (preflight_of_form("POST, OPTIONS"), "POST, OPTIONS", "POST", "Content-Type"),
    ] {
        assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
        for (name, value) in [
            ("allow", allow),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", headers),
            ("access-control-max-age", "3600"),
        ] {
            assert_eq!(response.headers()[name], value, "{name}");
        }
        assert_eq!(response.headers().get("access-control-allow-credentials"), None);
    }
}

#[test]
fn an_answer_that_a_page_may_read_is_kept_for_no_other() {
    let mut response = preflight();
    readable_by(&mut response, HeaderValue::from_static("https://app.example"));
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(response.headers()["vary"], "Origin");
}

/// RFC 9126 section 2.2. Of the life of a reference a part of the first second is spent.
#[test]
fn a_pushed_request_is_answered_with_its_reference_and_what_is_left_of_its_life() {
    for (ends_at, expires_in) in [(NOW + 90, 89), (NOW + 1, 0), (NOW, 0), (0, 0)] {
        let response = super::pushed::pushed("urn:ietf:params:oauth:request_uri:x", ends_at, NOW);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body, json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": expires_in }));
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
}

/// RFC 8628 section 3.2.
#[test]
fn a_device_is_told_both_codes_and_where_its_user_goes() {
    let minted = Minted::new(Kind::Code, grant_id(), None, &entropy().access);
    let user_code = crate::token::UserCode::parse("WDJB-MJHT").unwrap();
    let response = super::device::device_authorization(&minted, &user_code, "https://auth.example", 600);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let expected = json!({
        "device_code": *minted.text,
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://auth.example/oauth2/device",
        "verification_uri_complete": "https://auth.example/oauth2/device?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 5,
    });
    assert_eq!((response.status().as_u16(), body), (200, expected));
}
