//! The authorizer, with the events that API Gateway sends.

mod routes;

use latchkey::lambda::authorizer::{Answer, UNAUTHORIZED, authorize};
use latchkey::log::LogLine;
use latchkey::log::Outcome;
use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::scope::{RouteScopes, Scope};
use latchkey_oauth::settings::Subjects;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::events::{AUTHORIZER_SHAPES, authorizer_event};
use latchkey_testkit::world::{World, flip};
use serde_json::{Value, json};

fn checker(world: &World) -> Checker {
    Checker::new(world.service.store.clone(), 0)
}

async fn ask(world: &World, scopes: &str, event: &str) -> (Result<Value, &'static str>, LogLine) {
    let scopes = RouteScopes::parse(scopes).unwrap();
    let (answer, log_line) = authorize(&checker(world), &scopes, Subjects::Legacy, event, world.now()).await;
    (answer.map(|answer: Answer| serde_json::to_value(answer).unwrap()), log_line)
}

fn passes(answer: &Result<Value, &str>) -> bool {
    match answer {
        Ok(answer) if answer.get("isAuthorized").is_some() => answer["isAuthorized"] == true,
        Ok(answer) => answer["policyDocument"]["Statement"][0]["Effect"] == "Allow",
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_good_token_passes_in_every_shape_and_the_api_is_told_of_it() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let tokens = world.redeem(&client, &code).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    for token in [tokens.member("access_token"), refreshed.member("access_token")] {
        for shape in AUTHORIZER_SHAPES {
            for scheme in ["Bearer", "bearer", "BEARER "] {
                let (answer, log_line) = ask(
                    &world,
                    r#"{"GET /loans/{id}":"WMS_NCIP"}"#,
                    &authorizer_event(shape, Some(&format!("{scheme} {token}"))),
                )
                .await;
                assert!(passes(&answer), "{shape}: {answer:?}");
                let expected = json!({
                    "client_id": client.id, "principal_id": "201571dd", "principal_idns": "urn:oclc:wms:da",
                    "subject": "urn:latchkey:user:urn:oclc:wms:da/201571dd",
                    "authenticating_institution_id": "128807", "context_institution_id": "128807",
                    "scope": "WMS_NCIP refresh_token", "expires_at": world.now() + 1200,
                });
                assert_eq!(answer.unwrap()["context"], expected);
                assert_eq!((log_line.outcome, log_line.round_trips), (Outcome::Granted, 1));
                assert!(!log_line.to_string().contains(token));
            }
        }
    }
    let (answer, _) = ask(
        &world,
        r#"{"*":""}"#,
        &authorizer_event(AUTHORIZER_SHAPES[1], Some(&format!("Bearer {}", tokens.member("access_token")))),
    )
    .await;
    let answer = answer.unwrap();
    assert_eq!(answer["principalId"], "user|urn:oclc:wms:da|201571dd", "as an API of an older deployment knows it");
    assert_eq!(
        answer["policyDocument"]["Statement"][0]["Resource"],
        "arn:aws:execute-api:us-east-1:123456789012:ymy8tbxw7b/prod/GET/loans/42"
    );
}

#[tokio::test]
async fn whatever_is_no_good_access_token_does_not_pass() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token").to_owned(), tokens.member("refresh_token").to_owned());
    let revoked = world.tokens(&client).await;
    let id = Unverified::parse(revoked.member("refresh_token")).unwrap().grant_id;
    world.service.store.revoke_grant(&id, world.now(), &mut Usage::default()).await.unwrap();
    let code = world.code(&client, "WMS_NCIP").await;
    for shape in AUTHORIZER_SHAPES {
        for (authorization, denial) in [
            (None, "bearer_missing"),
            (Some(String::new()), "bearer_missing"),
            (Some(format!("Basic {access}")), "bearer_missing"),
            (Some(access.clone()), "bearer_missing"),
            (Some("Bearer".into()), "token_inactive"),
            (Some("Bearer x".into()), "token_inactive"),
            (Some(format!("Bearer {refresh}")), "token_inactive"),
            (Some(format!("Bearer {code}")), "token_inactive"),
            (Some(format!("Bearer {}", flip(&access))), "token_inactive"),
            (Some(format!("Bearer {access} {access}")), "token_inactive"),
            (Some(format!("Bearer {access},Bearer {access}")), "token_inactive"),
            (Some(format!("Bearer {}", "x".repeat(9000))), "token_inactive"),
            (Some(format!("Bearer {}", revoked.member("access_token"))), "token_inactive"),
        ] {
            let (answer, log_line) =
                ask(&world, r#"{"*":""}"#, &authorizer_event(shape, authorization.as_deref())).await;
            assert!(!passes(&answer), "{shape} {authorization:?}");
            assert_eq!(log_line.denial, Some(denial), "{shape} {authorization:?}");
            if shape != AUTHORIZER_SHAPES[0] {
                assert_eq!(answer.unwrap_err(), UNAUTHORIZED, "a REST API makes 401 of it");
            }
        }
        let good = authorizer_event(shape, Some(&format!("Bearer {access}")));
        assert!(passes(&ask(&world, r#"{"*":""}"#, &good).await.0));
    }
    world.advance(1200);
    let expired = authorizer_event(AUTHORIZER_SHAPES[0], Some(&format!("Bearer {access}")));
    assert!(!passes(&ask(&world, r#"{"*":""}"#, &expired).await.0));
}

#[tokio::test]
async fn two_authorization_headers_pass_nobody() {
    let world = World::new().await;
    let client = world.client().await;
    let token = format!("Bearer {}", world.tokens(&client).await.member("access_token"));
    let good = authorizer_event(AUTHORIZER_SHAPES[2], Some(&token));
    let many = |values: &str| {
        format!("\"multiValueHeaders\": {{ \"Authorization\": [{values}], \"Host\": null }}, \"resource\"")
    };
    let once = format!("\"{token}\"");
    for (from, to) in [
        ("\"Accept\": \"*/*\"", format!("\"authorization\": {once}")),
        ("\"resource\"", many(&format!("{once}, {once}"))),
    ] {
        let (answer, log_line) = ask(&world, r#"{"*":""}"#, &good.replace(from, &to)).await;
        assert_eq!((answer.unwrap_err(), log_line.denial), (UNAUTHORIZED, Some("token_inactive")), "{from}");
    }
    // As a gateway sends them: one value, and the same in both places.
    assert!(passes(&ask(&world, r#"{"*":""}"#, &good.replace("\"resource\"", &many(&once))).await.0));
}

#[tokio::test]
async fn a_database_that_is_away_is_an_error_in_every_shape_and_no_refusal() {
    let world = World::new().await;
    let client = world.client().await;
    let token = format!("Bearer {}", world.tokens(&client).await.member("access_token"));
    let store = latchkey_dynamodb::store::Store::new(
        latchkey_dynamodb::aws::dynamodb_at("http://127.0.0.1:9"),
        latchkey_cli::local::tables(),
    );
    let checker = Checker::new(store, 0);
    for shape in AUTHORIZER_SHAPES {
        let (answer, log_line) =
            authorize(&checker, &RouteScopes::any(), Subjects::V2, &authorizer_event(shape, Some(&token)), world.now())
                .await;
        assert!(answer.is_err_and(|error| error != UNAUTHORIZED), "{shape}");
        assert_eq!((log_line.outcome, log_line.status), (Outcome::Unavailable, 503));
    }
}

#[tokio::test]
async fn what_is_no_event_passes_nobody() {
    let world = World::new().await;
    for event in [
        "",
        "null",
        "[]",
        "{}",
        "{\"version\":\"2.0\"}",
        "{\"type\":\"TOKEN\",\"authorizationToken\":\"Bearer x\",\"methodArn\":\"x\"}",
    ] {
        let (answer, log_line) = ask(&world, r#"{"*":""}"#, event).await;
        assert!(!passes(&answer), "{event}");
        assert_eq!(log_line.outcome, Outcome::Denied);
    }
}

#[tokio::test]
async fn a_remembered_token_lives_on_as_long_as_it_was_said_and_never_beyond_its_end() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (token, required) = (format!("Bearer {}", tokens.member("access_token")), Scope::parse("WMS_NCIP"));
    let checker = Checker::new(world.service.store.clone(), 60);
    let check = async |now: u64| {
        let mut usage = Usage::default();
        let passed = checker.check(Some(token.as_bytes()), required.as_ref(), now, &mut usage).await.is_ok();
        (passed, usage.round_trips)
    };
    let now = world.now();
    assert_eq!(check(now).await, (true, 1));
    assert_eq!(check(now + 59).await, (true, 0));
    let id = Unverified::parse(tokens.member("refresh_token")).unwrap().grant_id;
    assert_eq!(check(now + 1195).await, (true, 1));
    world.service.store.revoke_grant(&id, now, &mut Usage::default()).await.unwrap();
    assert_eq!(check(now + 1199).await, (true, 0));
    assert_eq!(check(now + 1200).await, (false, 1), "its own end comes first");
}
