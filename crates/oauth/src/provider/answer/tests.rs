//! Answers of a token endpoint: one kind gives an ID token.

#![allow(clippy::unwrap_used)]

use super::*;

const JSON: Option<&str> = Some("application/json");
const GOOD: &str = r#"{"access_token":"a","token_type":"Bearer","expires_in":3600,"id_token":"a.b.c"}"#;

#[test]
fn the_id_token_of_a_good_answer_is_read() {
    for content_type in
        ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y", "application/jwt+json"]
    {
        assert_eq!(read(200, Some(content_type), GOOD.as_bytes()), Ok("a.b.c".into()), "{content_type}");
    }
    let odd = GOOD.replace("Bearer", "bearer").replace(r#""a","#, "null,");
    assert_eq!(read(200, JSON, odd.as_bytes()), Ok("a.b.c".into()));
}

#[test]
fn an_answer_of_another_kind_is_refused_by_its_kind() {
    let malformed = ProviderError::AnswerMalformed;
    for (status, content_type, body, told) in [
        (200, JSON, "", malformed),
        (200, JSON, "[]", malformed),
        (200, JSON, "<html>", malformed),
        (200, JSON, "{}", malformed),
        (200, JSON, r#"{"token_type":"Bearer"}"#, malformed),
        (200, JSON, r#"{"token_type":"Bearer","id_token":""}"#, malformed),
        (200, JSON, r#"{"token_type":"Bearer","id_token":null}"#, malformed),
        (200, JSON, r#"{"token_type":"Bearer","id_token":{"a":1}}"#, malformed),
        (200, JSON, r#"{"id_token":"a.b.c"}"#, malformed),
        (200, JSON, r#"{"token_type":"DPoP","id_token":"a.b.c"}"#, malformed),
        (200, JSON, r#"{"token_type":"Bearer","id_token":"a","id_token":"b"}"#, malformed),
        (200, None, GOOD, malformed),
        (200, Some(""), GOOD, malformed),
        (200, Some("text/html"), GOOD, malformed),
        (200, Some("text/json"), GOOD, malformed),
        (200, Some("application/jsonx"), GOOD, malformed),
        (201, JSON, GOOD, malformed),
        (204, JSON, "", malformed),
        (302, JSON, GOOD, malformed),
        (307, None, "", malformed),
        (404, Some("text/html"), "<html>", malformed),
        (400, JSON, r#"{"error":{}}"#, malformed),
        (400, JSON, r#"{"error":"invalid_client"}"#, ProviderError::ClientRefused),
        (400, JSON, r#"{"error":"unauthorized_client"}"#, ProviderError::ClientRefused),
        (401, JSON, r#"{"error":"other"}"#, ProviderError::ClientRefused),
        (401, Some("text/plain"), "no", ProviderError::ClientRefused),
        (400, JSON, r#"{"error":"invalid_grant","id_token":"a.b.c"}"#, ProviderError::CodeRefused),
        (403, JSON, r#"{"error":"access_denied"}"#, ProviderError::Refused),
        (400, JSON, r#"{"error":"invalid_request"}"#, ProviderError::Refused),
        (400, JSON, "{}", ProviderError::Refused),
        (400, Some("text/html"), "<html>", ProviderError::Refused),
        (403, JSON, "{}", malformed),
        (429, JSON, r#"{"error":"slow_down"}"#, ProviderError::Unreachable),
        (500, None, "", ProviderError::Unreachable),
        (503, Some("text/html"), "<html>", ProviderError::Unreachable),
        (599, JSON, GOOD, ProviderError::Unreachable),
        (600, JSON, GOOD, malformed),
    ] {
        assert_eq!(read(status, content_type, body.as_bytes()), Err(told), "{status} {content_type:?} {body}");
    }
    assert_eq!(read(200, JSON, b"\xff{}"), Err(malformed));
}

#[test]
fn an_answer_has_its_bounds() {
    let of = |length: usize| GOOD.replace("a.b.c", &"x".repeat(length));
    assert_eq!(read(200, JSON, of(MAX_ID_TOKEN).as_bytes()).unwrap().len(), MAX_ID_TOKEN);
    assert_eq!(read(200, JSON, of(MAX_ID_TOKEN + 1).as_bytes()), Err(IdTokenError::Malformed.into()));
    assert_eq!(read(200, JSON, of(MAX_DOCUMENT).as_bytes()), Err(ProviderError::AnswerMalformed));
}
