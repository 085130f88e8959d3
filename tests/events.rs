//! API Gateway events as its emulators and the gateway itself shape them, and events that are none.

use base64::{Engine, engine::general_purpose::STANDARD};
use latchkey::context::Endpoint;
use latchkey::endpoint::{issue, refresh};
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_testkit::events::{SHAPES, event};
use latchkey_testkit::world::{ASK, World, refreshing};
use serde_json::{Value, json};

/// Status, body and log line of an event's answer.
async fn answer(world: &World, endpoint: Endpoint, event: &str) -> (i64, Value, Value) {
    let log_line = LogLine::default();
    let (response, log_line) = invoke(&world.service, endpoint, event, log_line, world.now()).await;
    let response = serde_json::to_value(&response).unwrap();
    assert_eq!(response["headers"]["cache-control"], "no-store");
    let body = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    (response["statusCode"].as_i64().unwrap(), body, serde_json::from_str(&log_line.to_string()).unwrap())
}

#[tokio::test]
async fn every_shape_of_event_gets_tokens_and_a_refresh() {
    let world = World::new().await;
    let client = world.client().await;
    for shape in SHAPES {
        let event_of = |query: &str| event(shape, query, &client.sign(query, world.now()));
        let (status, body, line) = answer(&world, issue::ENDPOINT, &event_of(ASK).to_string()).await;
        assert_eq!(status, 200, "{shape}: {body}");
        assert_eq!(line["request_id"], event_of(ASK)["requestContext"]["requestId"]);
        let query = refreshing(body["refresh_token"].as_str().unwrap());
        let (status, body, _) = answer(&world, refresh::ENDPOINT, &event_of(&query).to_string()).await;
        assert_eq!(status, 200, "{shape}: {body}");
    }
}

#[tokio::test]
async fn a_form_comes_as_text_or_in_base64() {
    let world = World::new().await;
    let client = world.client().await;
    for encoded in [false, true] {
        let mut event = event("api-gateway", "", &client.sign_as("", world.now(), None, ASK.as_bytes()));
        event["headers"]["content-type"] = "application/x-www-form-urlencoded".into();
        event["body"] = if encoded { STANDARD.encode(ASK) } else { ASK.to_owned() }.into();
        event["isBase64Encoded"] = encoded.into();
        let (status, body, _) = answer(&world, issue::ENDPOINT, &event.to_string()).await;
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn a_query_with_characters_that_no_uri_holds_is_verified_as_it_was_signed() {
    let world = World::new().await;
    let client = world.client().await;
    let query = ASK.replace("%20", " ") + "&x=\"<>\\^`{|}é";
    let event = event("api-gateway", &query, &client.sign(&query, world.now()));
    let (status, body, _) = answer(&world, issue::ENDPOINT, &event.to_string()).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn an_absent_or_null_query_is_an_empty_one() {
    let world = World::new().await;
    let client = world.client().await;
    let mut event = event("api-gateway", "", &client.sign("", world.now()));
    for query in [json!(null), json!("")] {
        event["rawQueryString"] = query;
        let (status, body, _) = answer(&world, issue::ENDPOINT, &event.to_string()).await;
        assert_eq!((status, &body["error"]), (400, &"invalid_request".into()));
    }
    event.as_object_mut().unwrap().remove("rawQueryString");
    assert_eq!(answer(&world, issue::ENDPOINT, &event.to_string()).await.0, 400);
}

#[tokio::test]
async fn another_method_is_refused_with_the_one_to_use() {
    let world = World::new().await;
    let client = world.client().await;
    for method in ["GET", "PUT", "DELETE", "BREW"] {
        let mut event = event("api-gateway", ASK, &client.sign(ASK, world.now()));
        event["requestContext"]["http"]["method"] = method.into();
        let (status, body, line) = answer(&world, issue::ENDPOINT, &event.to_string()).await;
        assert_eq!(
            (status, &body["error"], &line["denial"]),
            (400, &"invalid_request".into(), &"method_not_allowed".into())
        );
    }
}

#[tokio::test]
async fn what_is_no_event_is_a_400_and_no_panic() {
    let world = World::new().await;
    let client = world.client().await;
    let good = event("api-gateway", ASK, &client.sign(ASK, world.now()));
    let with = |name: &str, value: Value| {
        let mut event = good.clone();
        event[name] = value;
        event.to_string()
    };
    let mut encoded: Value = serde_json::from_str(&with("body", json!("%%% no base64"))).unwrap();
    encoded["isBase64Encoded"] = true.into();
    let mut header = good.clone();
    header["headers"]["authorization"] = "s3cr3t\u{0}".into();
    for event in [
        "".to_owned(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "{\"headers\":".into(),
        json!({ "httpMethod": "POST", "path": "/", "headers": null, "queryStringParameters": null }).to_string(),
        with("headers", json!("text")),
        with("requestContext", json!(7)),
        encoded.to_string(),
        header.to_string(),
        "[".repeat(100_000),
    ] {
        let (status, body, line) = answer(&world, issue::ENDPOINT, &event).await;
        assert!(status == 400, "{status} for {}", &event[..event.len().min(80)]);
        assert!(!body.to_string().contains("s3cr3t") && !line.to_string().contains("s3cr3t"));
    }
    let (status, _, line) = answer(&world, issue::ENDPOINT, &encoded.to_string()).await;
    assert_eq!((status, &line["denial"]), (400, &"event_malformed".into()));
}

#[tokio::test]
async fn a_query_longer_than_a_uri_can_be_is_refused_as_too_long() {
    let world = World::new().await;
    let client = world.client().await;
    let event = event("api-gateway", &"a".repeat(100_000), &client.sign(ASK, world.now()));
    let (status, _, line) = answer(&world, issue::ENDPOINT, &event.to_string()).await;
    assert_eq!((status, &line["denial"]), (400, &"query_too_long".into()));
}
