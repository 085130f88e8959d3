//! A function makes the first attempt of a refresh's two calls without the SDK's orchestration. It sends what the SDK sends, and
//! the SDK makes the other attempts.

use std::time::Duration;

use latchkey_dynamodb::store::{Store, Usage, Write};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{RefreshedToken, StoredToken};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, Kind, Minted, Selector, TokenHash, Unverified};
use latchkey_testkit::tape::{Reply, Sent, Tape};
use serde_json::Value;
use tokio::time::Instant;

const FOUND: Reply = Some((200, "{}"));
const THROTTLED: Reply = Some((400, r#"{"__type":"a#ThrottlingException","message":"m"}"#));
const EXISTS: Reply = Some((400, r#"{"__type":"a#ConditionalCheckFailedException","message":"m"}"#));
/// What AWS says of a clock that is off.
const LATE: Reply = Some((400, r#"{"__type":"a#InvalidSignatureException","message":"Signature expired"}"#));
const BROKEN: Reply = Some((500, r#"{"__type":"a#InternalServerError","message":"m"}"#));
const HALF: Reply = Some((200, r#"{"Responses":"#));
const SILENT: Reply = None;
const TROUBLES: [Reply; 5] = [THROTTLED, LATE, BROKEN, HALF, SILENT];

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
    let store = tape.store();
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
        assert_eq!(tape.take().1, 1, "{trouble:?}");
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
