//! The engine in the server's process: the store leaves out what the SDK does for a network, and finds the same in each reply.

use std::sync::{Arc, Mutex};

use latchkey_cli::local::tables;
use latchkey_dynamodb::direct::{Engine, dynamodb_in, store_in};
use latchkey_dynamodb::store::{Store, Usage, Write};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{RefreshedToken, StoredToken};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, Kind, Minted, Selector, TokenHash, Unverified};
use serde_json::{Value, json};

const NOW: u64 = 1_700_000_000;

fn id() -> GrantId {
    GrantId::parse("00000000-0000-4000-8000-000000000001").unwrap()
}

fn selector() -> Selector {
    Selector::parse("AAAAAAAAAAAAAAAA").unwrap()
}

fn refreshed() -> RefreshedToken {
    RefreshedToken {
        grant_id: id(),
        selector: selector(),
        live: StoredToken { hash: TokenHash::of(b"secret"), expires_at: NOW + 60 },
        scope: Scope::parse("A").unwrap(),
        created_at: Some(NOW),
        revoked_at: None,
        expires_at: NOW + 7201,
    }
}

/// What a store asks an engine that gives this one reply, and what it makes of it.
async fn of(status: u16, reply: &str, over: impl Fn(Arc<Engine>) -> Store) -> Vec<(Value, String)> {
    let (asked, reply) = (Arc::new(Mutex::new(Vec::new())), reply.to_owned());
    let noted = asked.clone();
    let store = over(Arc::new(move |operation: &str, document: &[u8]| {
        let document: Value = serde_json::from_slice(document).unwrap();
        noted.lock().unwrap().push(json!([operation, document]));
        (status, reply.clone())
    }));
    let token = Unverified::parse(&Minted::new(Kind::Access, id(), Some(selector()), &[7; 20]).text).unwrap();
    let mut usage = Usage::default();
    let found = store.token(&token, &mut usage).await.map(|found| {
        let found =
            (found.grant(&id()).map(|grant| grant.is_some()), found.access(&token).map(|access| access.is_some()));
        format!("{found:?}")
    });
    let read = format!("{found:?} {usage:?}");
    let mut usage = Usage::default();
    let written = store.add_refreshed_token(&refreshed(), None, &mut usage).await.map(|written| match written {
        Write::Done => "done",
        Write::Ended => "ended",
        Write::Conflict(_) => "conflict",
        Write::Used => "used",
    });
    let written = format!("{written:?} {usage:?}");
    let asked: Vec<_> = asked.lock().unwrap().clone();
    // A write without a reply is looked for.
    let write = Value::from(asked.get(1..).unwrap_or_default().to_vec());
    vec![(asked[0].clone(), read), (write, written)]
}

#[tokio::test]
async fn a_reply_of_the_engine_in_this_process_is_read_as_the_sdk_reads_it() {
    let error = |code: &str| json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "m" });
    let item = json!({ "grant_id": { "S": id().to_string() }, "part": { "S": "grant" } });
    let conflict = |hash: Value| {
        let mut conflict = error("ConditionalCheckFailedException");
        conflict["Item"] = json!({ "access_hash": hash, "expires_at": { "N": NOW.to_string() } });
        conflict
    };
    let used = json!([{ "TableName": "t", "CapacityUnits": 2.5 }]);
    let replies = [
        (200, json!({}).to_string()),
        (200, json!({ "Responses": { "latchkey-tokens": [item] }, "ConsumedCapacity": used }).to_string()),
        (200, json!({ "ConsumedCapacity": used[0] }).to_string()),
        (200, "no JSON".to_owned()),
        (200, String::new()),
        (400, error("ResourceNotFoundException").to_string()),
        (400, error("ProvisionedThroughputExceededException").to_string()),
        (400, error("ThrottlingException").to_string()),
        (400, error("ConditionalCheckFailedException").to_string()),
        (400, conflict(json!({ "B": "AAAA" })).to_string()),
        (400, error("NobodyKnowsIt").to_string()),
        (400, "the engine has no operation PutItem".to_owned()),
        (500, error("InternalServerError").to_string()),
        (503, String::new()),
        (42, json!({}).to_string()),
    ];
    for (status, reply) in replies {
        let direct = of(status, &reply, |engine| store_in(engine, tables())).await;
        let by_sdk = of(status, &reply, |engine| Store::new(dynamodb_in(engine), tables())).await;
        assert_eq!(direct, by_sdk, "{status} {reply}");
    }
}

#[tokio::test]
async fn the_two_calls_of_a_refresh_ask_what_they_ask_of_aws() {
    let asked = of(200, "{}", |engine| store_in(engine, tables())).await;
    assert_eq!(asked[0].0[0], "BatchGetItem");
    assert_eq!(asked[0].0[1]["RequestItems"]["latchkey-tokens"]["ConsistentRead"], true);
    assert_eq!((&asked[1].0[0][0], &asked[1].0[0][1]["TableName"]), (&json!("PutItem"), &json!("latchkey-tokens")));
    assert_eq!(asked[1].0[0][1]["ConditionExpression"], "attribute_not_exists(grant_id)");
    assert!(asked[1].1.contains("done"), "{}", asked[1].1);
    let refused = json!({ "__type": "a#ResourceNotFoundException", "message": "m" }).to_string();
    let refused = of(400, &refused, |engine| store_in(engine, tables())).await;
    assert!(refused[0].1.contains(&format!("{:?}", Unavailable::DatabaseRefuses)), "{}", refused[0].1);
}
