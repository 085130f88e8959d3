//! A function makes the first attempt of a refresh's two calls without the SDK's orchestration. It sends what the SDK sends, and
//! the SDK makes the other attempts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::{Store, Tables, Usage, Write};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{RefreshedToken, StoredToken};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, Kind, Minted, Selector, TokenHash, Unverified};
use latchkey_testkit::tape::{Reply, Sent, Tape};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

const FOUND: Reply = Some((200, "{}"));
const THROTTLED: Reply = Some((400, r#"{"__type":"a#ThrottlingException","message":"m"}"#));
const EXISTS: Reply = Some((400, r#"{"__type":"a#ConditionalCheckFailedException","message":"m"}"#));
const DENIED: Reply = Some((400, r#"{"__type":"a#AccessDeniedException","message":"m"}"#));
const HALF_A_REFUSAL: Reply = Some((400, r#"{"__type":"a#Condi"#));
const UNSIGNED: Reply = Some((400, r#"{"__type":"a#InvalidSignatureException","message":"m"}"#));
const BROKEN: Reply = Some((500, r#"{"__type":"a#InternalServerError","message":"m"}"#));
const HALF: Reply = Some((200, r#"{"Responses":"#));
const SILENT: Reply = None;
const TROUBLES: [Reply; 7] = [THROTTLED, DENIED, HALF_A_REFUSAL, UNSIGNED, BROKEN, HALF, SILENT];

fn id() -> GrantId {
    GrantId::parse("00000000-0000-4000-8000-000000000001").unwrap()
}

fn selector() -> Selector {
    Selector::parse("AAAAAAAAAAAAAAAA").unwrap()
}

/// Reads a token, and says what the call cost.
async fn read(store: &Store) -> (Result<(), Unavailable>, Usage) {
    let token = Unverified::parse(&Minted::new(Kind::Access, id(), Some(selector()), &[7; 20]).text).unwrap();
    let mut usage = Usage::default();
    let found = store.token(&token, &mut usage).await;
    (found.map(|_| ()), usage)
}

/// Writes a token, and says how that ended.
async fn write(store: &Store) -> Result<&'static str, Unavailable> {
    let refreshed = RefreshedToken {
        grant_id: id(),
        selector: selector(),
        live: StoredToken { hash: TokenHash::of(b"secret"), expires_at: 1_700_000_060 },
        scope: Scope::parse("A").unwrap(),
        created_at: Some(1_700_000_000),
        revoked_at: None,
        expires_at: 1_700_007_201,
    };
    let written = store.add_refreshed_token(&refreshed, None, &mut Usage::default()).await?;
    Ok(match written {
        Write::Done => "done",
        Write::Ended => "ended",
        Write::Conflict(_) => "conflict",
        Write::Used => "used",
    })
}

/// A store that has called AWS once, so that the next first attempt is its own.
async fn warm(tape: &Tape) -> Store {
    warmed(tape, tape.store()).await
}

async fn warmed(tape: &Tape, store: Store) -> Store {
    tape.answer([FOUND]);
    read(&store).await.0.unwrap();
    assert_eq!(tape.take().1, 1, "the SDK makes the first call of a process");
    store
}

#[tokio::test]
async fn a_first_attempt_sends_what_the_sdk_sends() {
    let tape = Tape::default();
    tape.answer([FOUND]);
    let cold = tape.store();
    read(&cold).await.0.unwrap();
    read(&cold).await.0.unwrap();
    let cold = tape.store();
    write(&cold).await.unwrap();
    write(&cold).await.unwrap();
    let (sent, by_sdk) = tape.take();
    assert_eq!((sent.len(), by_sdk), (4, 2));
    for pair in sent.chunks(2) {
        let [sdk, own] = pair else { unreachable!() };
        let [one, other] = [sdk, own].map(|sent| serde_json::from_slice::<Value>(&sent.body).unwrap());
        assert_eq!((&sdk.method, &sdk.url, one), (&own.method, &own.url, other));
        assert_eq!(sdk.url, "https://dynamodb.eu-central-1.amazonaws.com/");
        let constant = |sent: &Sent| {
            let mut headers = sent.headers.clone();
            for (name, value) in &mut headers {
                match name.as_str() {
                    "amz-sdk-invocation-id" | "x-amz-date" => value.truncate(0),
                    "authorization" => value.truncate(value.find("Signature=").unwrap()),
                    _ => {}
                }
            }
            headers
        };
        assert_eq!(constant(sdk), constant(own));
        let [one, other] = [sdk, own].map(|sent| sent.header("amz-sdk-invocation-id"));
        assert_ne!(one, other);
        assert_eq!((one.len(), &other[14..15]), (other.len(), "4"), "{other} is no random UUID");
        for sent in [sdk, own] {
            let signature = sent.header("authorization").rsplit("Signature=").next().unwrap();
            assert_eq!(signature, sent.signature());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_at_once_is_left_to_the_sdk() {
    for trouble in TROUBLES {
        let tape = Tape::default();
        let store = warm(&tape).await;
        tape.answer([trouble, FOUND]);
        assert_eq!(read(&store).await.0, Ok(()), "{trouble:?}");
        let (sent, by_sdk) = tape.take();
        assert_eq!((sent.len(), by_sdk), (2, 1), "{trouble:?}");
        let store = warm(&tape).await;
        tape.answer([trouble, FOUND]);
        assert_eq!(write(&store).await, Ok("done"), "{trouble:?}");
        let (sent, by_sdk) = tape.take();
        assert_eq!((sent.len(), by_sdk), (2, 1), "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_does_not_hold_is_an_answer() {
    let tape = Tape::default();
    let store = warm(&tape).await;
    tape.answer([EXISTS]);
    assert_eq!(write(&store).await, Ok("conflict"));
    let (sent, by_sdk) = tape.take();
    assert_eq!((sent.len(), by_sdk), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn all_attempts_together_are_three_within_the_time_of_an_operation() {
    for (trouble, least) in [(SILENT, 3000), (BROKEN, 0)] {
        let tape = Tape::default();
        let store = warm(&tape).await;
        tape.answer([trouble]);
        let began = Instant::now();
        let (found, usage) = read(&store).await;
        assert_eq!(found, Err(Unavailable::DatabaseUnreachable));
        assert_eq!(usage.round_trips, 1);
        let (took, (sent, _)) = (began.elapsed(), tape.take());
        assert_eq!(sent.len(), 3, "{trouble:?}");
        assert!((Duration::from_millis(least)..=Duration::from_millis(3200)).contains(&took), "{trouble:?}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_has_what_time_the_first_attempt_left_it_and_waits_before_it_goes_on() {
    let (tape, second) = (Tape::default(), Duration::from_secs(1));
    let timeouts = aws::timeouts().to_builder().operation_timeout(second.mul_f32(1.5)).build();
    let store = warmed(&tape, tape.store_with(|config| config.timeout_config(timeouts))).await;
    tape.answer([SILENT]);
    let began = Instant::now();
    assert_eq!(read(&store).await.0, Err(Unavailable::DatabaseUnreachable));
    assert!((second..=second.mul_f32(1.5)).contains(&began.elapsed()), "{:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..8 {
        tape.take();
        let store = warm(&tape).await;
        tape.answer([BROKEN, FOUND]);
        read(&store).await.0.unwrap();
    }
    assert!(began.elapsed() > Duration::from_millis(8), "{:?}", began.elapsed());
    assert!(began.elapsed() <= Duration::from_millis(400), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_that_nothing_was_written_and_half_a_one_does_not() {
    for (replies, looked_for) in [
        ([DENIED, DENIED, FOUND], false),
        ([HALF_A_REFUSAL, DENIED, FOUND], true),
        ([BROKEN, DENIED, FOUND], true),
        ([SILENT, DENIED, FOUND], true),
    ] {
        let tape = Tape::default();
        let store = warm(&tape).await;
        tape.answer(replies);
        assert!(write(&store).await.is_err(), "{replies:?}");
        let operations: Vec<_> = tape.take().0.iter().map(|sent| sent.header("x-amz-target").to_owned()).collect();
        let reads = operations.iter().filter(|operation| operation.ends_with("GetItem")).count();
        assert_eq!((operations.len() - reads, reads > 0), (2, looked_for), "{replies:?}: {operations:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_sdk_makes_all_attempts_where_they_are_not_three_of_one_second() {
    let once = |config: Builder| config.retry_config(RetryConfig::disabled());
    let whole = |config: Builder| {
        let timeouts = TimeoutConfig::builder().disable_operation_attempt_timeout();
        config.timeout_config(timeouts.operation_timeout(Duration::from_secs(3)).build())
    };
    for (case, edit) in [("once", &once as &dyn Fn(Builder) -> Builder), ("whole", &whole)] {
        let tape = Tape::default();
        let store = warmed(&tape, tape.store_with(edit)).await;
        read(&store).await.0.unwrap();
        assert_eq!(tape.take().1, 1, "{case}");
    }
}

#[tokio::test]
async fn a_store_that_is_dropped_keeps_nothing() {
    let tape = Tape::default();
    let store = warm(&tape).await;
    read(&store).await.0.unwrap();
    assert!(tape.holders() > 1);
    drop(store);
    assert_eq!(tape.holders(), 1);
}

/// A server that answers with these statuses, one request each, and notes over which connection each came.
async fn server(statuses: [&'static str; 4]) -> (String, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (came, left) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(statuses.into_iter())));
    let noted = came.clone();
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (noted, left) = (noted.clone(), left.clone());
            tokio::spawn(async move {
                // Each request comes in one piece.
                let mut request = vec![0; 16_384];
                while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                    noted.lock().unwrap().push(connection);
                    let status = left.lock().unwrap().next().unwrap();
                    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}");
                    stream.write_all(reply.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, came)
}

#[tokio::test]
async fn the_next_attempt_meets_another_server_after_one_that_failed() {
    let (url, came) = server(["200 OK", "200 OK", "500 Internal Server Error", "200 OK"]).await;
    let config = aws::dynamodb_at(&url).config().to_builder();
    let store = Store::of_function(config, Tables::default());
    for _ in 0..3 {
        read(&store).await.0.unwrap();
    }
    assert_eq!(*came.lock().unwrap(), [0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn after_trouble_the_sdk_makes_all_attempts_for_a_minute() {
    for trouble in TROUBLES {
        let tape = Tape::default();
        let store = warm(&tape).await;
        tape.answer([trouble, FOUND]);
        read(&store).await.0.unwrap();
        tape.take();
        read(&store).await.0.unwrap();
        assert_eq!(tape.take().1, 1, "{trouble:?}");
        tokio::time::advance(Duration::from_secs(61)).await;
        read(&store).await.0.unwrap();
        assert_eq!(tape.take().1, 0, "{trouble:?}");
    }
}
