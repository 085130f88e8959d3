//! What a function's role may do on the tables, held to what its requests call: an action that no request needs is a finding, as
//! one is that a request lacks. The deployments are held to the table of actions elsewhere.

use std::collections::BTreeSet;

use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::Wanted;
use latchkey_oauth::service::Function;
use latchkey_oauth::service::actions::{Permitted, permitted};
use latchkey_testkit::faults::{Fault, Toll, Troubled};
use latchkey_testkit::registered::client_with_every_attribute;
use latchkey_testkit::requests::{House, KINDS, Kind};
use latchkey_testkit::world::{INTROSPECT, ISSUE, REFRESH};
use serde_json::{Value, json};

type Called = BTreeSet<(&'static str, String)>;

/// What requests of 0.1.0 called, and those of today do not. An update replaces its versions only after the roles, and a
/// deployment may go back to them.
const OF_BEFORE: [(Function, &str, &str); 2] =
    [(Function::Authorize, "attempts", "PutItem"), (Function::Authorize, "clients", "BatchGetItem")];

fn function(kind: Kind) -> Function {
    match kind {
        Kind::Issue
        | Kind::Redeem
        | Kind::SecondUse
        | Kind::RefreshAtIssue
        | Kind::Push
        | Kind::DeviceBegin
        | Kind::DevicePoll
        | Kind::DeviceRedeem => Function::Issue,
        Kind::Refresh => Function::Refresh,
        Kind::Revoke | Kind::RevokeAccess | Kind::RevokeTwo => Function::Revoke,
        Kind::Introspect | Kind::IntrospectDead | Kind::Metadata => Function::Introspect,
        Kind::Authorizer | Kind::AuthorizerDead | Kind::Guard => Function::Authorizer,
        Kind::Ask
        | Kind::AskPushed
        | Kind::SignIn
        | Kind::WrongPassword
        | Kind::Allow
        | Kind::AllowTokens
        | Kind::Deny
        | Kind::SignOut
        | Kind::TypeCode
        | Kind::Applications
        | Kind::EndApplication
        | Kind::AllowDevice
        | Kind::DenyDevice => Function::Authorize,
    }
}

/// The actions that calls need, each with what it is on.
fn called(troubled: &Troubled, toll: &Toll) -> Called {
    let tables = &troubled.tables;
    let on = |table: &str, write: Option<&Value>| match table {
        _ if table == tables.clients => "clients",
        _ if table == tables.tokens => "tokens",
        // A read has no condition on its keys.
        _ => match write.and_then(|write| write["Key"]["institution_id"]["S"].as_str()) {
            Some(key) if key.starts_with('#') && key.len() > 1 => "attempts",
            _ => "users",
        },
    };
    let mut called = Called::new();
    for (operation, body) in toll.operations.iter().zip(&toll.sent) {
        let body: Value = serde_json::from_str(body).unwrap();
        let table = |of: &Value| of["TableName"].as_str().unwrap().to_owned();
        match operation.as_str() {
            "BatchGetItem" => {
                let asked = body["RequestItems"].as_object().unwrap().keys();
                called.extend(asked.map(|table| (on(table, None), operation.clone())));
            }
            "TransactWriteItems" => {
                for (write, of) in
                    body["TransactItems"].as_array().unwrap().iter().flat_map(|one| one.as_object().unwrap())
                {
                    called.insert((on(&table(of), Some(of)), format!("{write}Item")));
                }
            }
            "Query" => {
                assert_eq!(body["IndexName"], "holder");
                called.insert(("holders", operation.clone()));
            }
            _ => drop(called.insert((on(&table(&body), Some(&body)), operation.clone()))),
        }
    }
    called
}

fn of_the_table(may: Permitted) -> Called {
    let of =
        |what: &'static str, actions: &'static [&str]| actions.iter().map(move |action| (what, (*action).to_owned()));
    let clients = of("clients", may.clients).chain(of("clients", may.clients_of_before));
    clients
        .chain(of("tokens", may.tokens))
        .chain(of("holders", may.holders))
        .chain(of("users", may.users))
        .chain(of("attempts", may.attempts))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_role_may_do_what_the_requests_of_its_function_call_or_called_in_0_1_0() {
    let house = House::new().await;
    let troubled = &house.troubled;
    let mut seen: Vec<(Function, Called)> = Function::ALL.map(|function| (function, Called::new())).into();
    let mut sees = |function: Function, toll: Toll| {
        let (_, all) = seen.iter_mut().find(|(known, _)| *known == function).unwrap();
        all.extend(called(troubled, &toll));
    };
    for kind in KINDS {
        // As it goes, and with a write whose replies are lost.
        let lost = [Fault::Pass, Fault::LostReply, Fault::Error(400, "ExpiredTokenException")];
        for script in [&[][..], if kind.is_looked_for() { &lost } else { &[] }] {
            let ready = house.ready(kind).await;
            troubled.wire.script(script.iter().copied());
            house.send(&ready).await;
            sees(function(kind), troubled.wire.heal());
        }
    }
    // A token that is none is not looked up.
    let client = troubled.world.client().await;
    for (function, path, query) in [
        (Function::Issue, ISSUE, "grant_type=refresh_token&refresh_token=none"),
        (Function::Refresh, REFRESH, "grant_type=refresh_token&refresh_token=none"),
        (Function::Introspect, INTROSPECT, "token=none"),
        (Function::Revoke, "/oauth2/revoke", "token=none"),
    ] {
        troubled.wire.script([]);
        troubled.world.ask(&client, path, query).await;
        sees(function, troubled.wire.heal());
    }
    // So each function begins.
    let begin = async |look: bool| {
        let store = &troubled.world.service.store;
        troubled.wire.script([]);
        if look {
            assert_eq!(store.look_at_index().await, None)
        } else {
            store.warm_up().await.unwrap()
        }
        called(troubled, &troubled.wire.heal())
    };
    for (function, mut called) in seen {
        called.extend(begin(function == Function::Authorize).await);
        for (_, what, action) in OF_BEFORE.iter().filter(|(of, _, _)| *of == function) {
            assert!(called.insert((*what, (*action).to_owned())), "{function:?}: today's requests call {action}");
        }
        assert_eq!(of_the_table(permitted(function)), called, "{function:?}: left what it may do, right what it does");
    }
}

/// An attribute that the pages do not ask for would count as one that the client has not.
#[tokio::test(start_paused = true)]
async fn the_pages_read_each_attribute_that_a_client_may_have_except_the_secrets() {
    let house = House::new().await;
    let (store, wire) = (&house.troubled.world.service.store, &house.troubled.wire);
    let world = &house.troubled.world;
    let secret = world.seal("pages-read-this", &world.client().await.secret, "first");
    let client = client_with_every_attribute("pages-read-this", secret);
    let names = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    wire.script([]);
    store.create_client(&client, &mut Usage::default()).await.unwrap();
    let put: Value = serde_json::from_str(&wire.heal().sent[0]).unwrap();
    for (name, value) in put["Item"].as_object().unwrap() {
        let is_empty = [json!({ "BOOL": false }), json!({ "S": "" }), json!({ "L": [] })].contains(value);
        assert!(!is_empty, "{name}: a client with every attribute has one that says nothing");
    }
    let mut written = names(&put["Item"]);
    // The other one is a mark of the change, which no request reads.
    for left_out in ["secrets", "change_id"] {
        assert!(written.remove(left_out), "{written:?}");
    }

    wire.script([]);
    let wanted = Wanted { client_id: Some(&client.id), user: None, attempt: None, provider: None };
    let _ = store.sign_in_data(wanted, &mut Usage::default()).await;
    let sent = wire.heal().sent;
    let get = sent.iter().find(|body| body.contains("ProjectionExpression")).unwrap();
    let get: Value = serde_json::from_str(get).unwrap();
    let named = get["ExpressionAttributeNames"].as_object().unwrap();
    let listed = get["ProjectionExpression"].as_str().unwrap().split(',');
    let read: BTreeSet<_> = listed.map(|name| named[name].as_str().unwrap().to_owned()).collect();
    assert_eq!(read, written);
}
