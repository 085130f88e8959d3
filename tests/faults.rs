//! The database away, slow, throttling, forgetful, for every kind of request: no token twice, none lost that was answered,
//! an honest 503 in time, and all is well once the database is.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::TokenBucket;
use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::requests::{House, KINDS, Kind, Seen};
use latchkey_testkit::world::{ASK, ISSUE};
use serde_json::Value;
use tokio::time::Instant;

/// What goes wrong, and what the log says where it does so for ever: name of the refusal, AWS's code.
const FAULTS: [(Fault, &str, &str); 19] = [
    (Fault::Reset, "database_unreachable", "DispatchFailure"),
    (Fault::LostReply, "database_unreachable", "DispatchFailure"),
    (Fault::Silence, "database_unreachable", "Timeout"),
    (Fault::Mute, "database_unreachable", "Timeout"),
    (Fault::Slow(&Fault::Pass), "", ""),
    (Fault::Truncated, "database_unreachable", "UnreadableResponse"),
    (Fault::BrokenBody, "database_unreachable", "ResponseError"),
    (Fault::StalledBody, "database_unreachable", "Timeout"),
    (Fault::Late, "database_unreachable", "Timeout"),
    (Fault::Error(500, "InternalServerError"), "database_unreachable", "InternalServerError"),
    (Fault::Error(503, "ServiceUnavailable"), "database_unreachable", "ServiceUnavailable"),
    (Fault::Error(400, "ThrottlingException"), "database_throttling", "ThrottlingException"),
    (
        Fault::Error(400, "ProvisionedThroughputExceededException"),
        "database_throttling",
        "ProvisionedThroughputExceededException",
    ),
    (Fault::Error(400, "RequestLimitExceeded"), "database_throttling", "RequestLimitExceeded"),
    (Fault::Error(400, "ResourceNotFoundException"), "database_refuses", "ResourceNotFoundException"),
    (Fault::Error(400, "AccessDeniedException"), "database_refuses", "AccessDeniedException"),
    (Fault::Unprocessed, "database_throttling", "UnprocessedKeys"),
    (Fault::Conflict, "database_unreachable", "Transaction"),
    (Fault::Busy, "database_throttling", "TransactionCanceledException"),
];

/// What nobody tries again by himself. All else that happens once is noticed by nobody.
fn is_final(fault: Fault) -> bool {
    let refused = ["ResourceNotFoundException", "AccessDeniedException"];
    fault == Fault::Truncated || matches!(fault, Fault::Error(_, code) if refused.contains(&code))
}

#[tokio::test(start_paused = true)]
async fn what_fails_once_is_noticed_by_nobody_or_asked_for_again() {
    let mut struck = 0;
    for kind in KINDS {
        let house = House::new().await;
        for (fault, ..) in FAULTS {
            let mut strikes = false;
            for before in 0..3 {
                let ready = house.ready(kind).await;
                house.troubled.wire.script([Fault::Pass; 2].into_iter().take(before).chain([fault]));
                let (mut seen, mut reply) = house.send(&ready).await;
                let (hit, mut tries) = (house.troubled.wire.heal().hits > 0, 1);
                strikes |= hit;
                if seen == Seen::Unavailable {
                    assert!(hit && is_final(fault), "{kind:?}, {fault:?} after {before} calls: {}", reply.text);
                    (seen, reply) = house.send(&ready).await;
                    tries += 1;
                }
                assert_eq!(seen, Seen::Right, "{kind:?}, {fault:?} after {before} calls: {}", reply.text);
                house.troubled.wire.land().await;
                house.holds(&ready, &reply, tries).await;
            }
            // Of what calls no database nothing is asked; batches and writes are the affair of those that make them.
            struck += usize::from(strikes);
            let calls = ![Kind::Metadata, Kind::Deny, Kind::SignOut].contains(&kind);
            let sometimes = [Fault::Unprocessed, Fault::Conflict, Fault::Busy].contains(&fault);
            assert!(strikes || !calls || sometimes, "{kind:?} was never struck by {fault:?}");
        }
    }
    assert!(struck > 300, "{struck}");
}

#[tokio::test(start_paused = true)]
async fn a_database_that_stays_away_is_a_503_in_time_with_its_reason_in_the_log_and_no_harm_afterwards() {
    for kind in KINDS {
        let house = House::new().await;
        for (fault, denial, code) in FAULTS {
            // Away from the start, and away once all is read.
            for read in [false, true] {
                let ready = house.ready(kind).await;
                house.troubled.wire.forever([Fault::Pass].into_iter().take(read.into()), [fault]);
                let (mut seen, mut reply) = house.send(&ready).await;
                let (hit, mut tries) = (house.troubled.wire.heal().hits > 0, 1);
                let case = format!("{kind:?}, {fault:?}, {}", if read { "once all is read" } else { "from the start" });
                if hit && fault != Fault::Slow(&Fault::Pass) {
                    assert_eq!(seen, Seen::Unavailable, "{case}: {}", reply.text);
                    if !kind.authorizes() && kind != Kind::Guard && reply.status == 503 {
                        let line = house.troubled.world.last_log();
                        assert_eq!(
                            (&line["denial"], &line["outcome"]),
                            (&denial.into(), &"unavailable".into()),
                            "{case}"
                        );
                        assert!(line["database_error"].as_str().unwrap().starts_with(code), "{case}: {line}");
                    }
                    (seen, reply) = house.send(&ready).await;
                    tries += 1;
                    if read && kind.mints() && fault.loses_the_answer() {
                        house.is_lost(&ready, &reply).await;
                        continue;
                    }
                }
                assert_eq!(seen, Seen::Right, "{case}: {}", reply.text);
                house.troubled.wire.land().await;
                house.holds(&ready, &reply, tries).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_whose_client_alone_cannot_be_read_is_a_503_with_its_reason_and_no_harm_afterwards() {
    let mut struck = 0;
    // A list reads one client for each application: authorize/applications/ends.rs has a test of that.
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Applications) {
        let house = House::new().await;
        for (fault, denial, code) in FAULTS.into_iter().filter(|(_, denial, _)| !denial.is_empty()) {
            let ready = house.ready(kind).await;
            house.troubled.wire.beside([fault; 3]);
            let (mut seen, mut reply) = house.send(&ready).await;
            let (hit, mut tries) = (house.troubled.wire.heal().hits > 0, 1);
            if hit {
                struck += 1;
                assert_eq!(
                    (seen, reply.status.as_u16()),
                    (Seen::Unavailable, 503),
                    "{kind:?}, {fault:?}: {}",
                    reply.text
                );
                let line = house.troubled.world.last_log();
                assert_eq!((&line["denial"], &line["round_trips"]), (&denial.into(), &1.into()), "{kind:?}: {line}");
                assert!(line["database_error"].as_str().unwrap().starts_with(code), "{kind:?}: {line}");
                (seen, reply) = house.send(&ready).await;
                tries += 1;
            }
            assert_eq!(seen, Seen::Right, "{kind:?}, {fault:?}: {}", reply.text);
            house.holds(&ready, &reply, tries).await;
        }
    }
    assert!(struck >= 50, "{struck}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_each_take_all_their_time_end_in_time_and_begin_no_write_that_would_be_cut_off() {
    for kind in KINDS {
        let house = House::new().await;
        let ready = house.ready(kind).await;
        house.troubled.wire.forever([], [Fault::Silence, Fault::Silence, Fault::Slow(&Fault::Unprocessed)]);
        let began = Instant::now();
        let (mut seen, mut reply) = house.send(&ready).await;
        let toll = house.troubled.wire.heal();
        if seen == Seen::Unavailable {
            // Three attempts take longer than a read may.
            let early = kind.writes() && toll.writes() == 0;
            assert!(early || began.elapsed() >= Duration::from_secs(9), "{kind:?} was given up early");
            (seen, reply) = house.send(&ready).await;
        }
        assert_eq!(seen, Seen::Right, "{kind:?}: {}", reply.text);
        house.holds(&ready, &reply, 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_that_used_up_all_patience_requests_are_answered_again() {
    let Troubled { world, wire, .. } = Troubled::with(TokenBucket::default(), Settings::default()).await;
    let client = world.client().await;
    wire.forever([], [Fault::Reset]);
    for _ in 0..100 {
        unavailable(&world.ask(&client, ISSUE, ASK).await);
    }
    // The SDK gives a call no second attempt now.
    assert!(wire.heal().hits < 300);
    world.tokens(&client).await;
}

#[track_caller]
fn unavailable(reply: &Reply) {
    reply.refuses(503, "temporarily_unavailable");
    assert_eq!(reply.headers["retry-after"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_every_reply_was_lost_is_looked_for_before_a_client_is_told_to_try_again() {
    let house = House::new().await;
    for kind in KINDS.into_iter().filter(|kind| kind.mints()) {
        let ready = house.ready(kind).await;
        house.troubled.wire.script([Fault::Pass, Fault::LostReply, Fault::Reset, Fault::Reset]);
        let (seen, reply) = house.send(&ready).await;
        assert_eq!(seen, Seen::Right, "{kind:?}: {}", reply.text);
        house.holds(&ready, &reply, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_whose_reply_was_lost_is_recognised_as_our_own() {
    let troubled = Troubled::new().await;
    let store = &troubled.world.service.store;
    troubled.wire.script([Fault::LostReply]);
    troubled.world.client().await;
    troubled.wire.script([Fault::LostReply, Fault::Reset, Fault::Reset]);
    let client = troubled.world.client().await;
    let read = || async { store.client(&client.id, &mut Usage::default()).await.unwrap().unwrap() };
    let mut one = read().await;
    let other = read().await;
    one.name = "Changed".into();
    troubled.wire.script([Fault::LostReply]);
    assert!(store.change_client(one, &mut Usage::default()).await.unwrap().is_made());
    assert_eq!(read().await.name, "Changed");
    assert!(
        !store.change_client(other, &mut Usage::default()).await.unwrap().is_made(),
        "it was read before the change"
    );
    troubled.wire.script([]);
    assert!(store.clients(&mut Usage::default()).await.unwrap().len() >= 2);
    let sent = troubled.wire.heal().sent;
    assert!(sent.iter().all(|scan| scan.contains(r#""ConsistentRead":true"#)), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_user_and_a_directory_are_changed_once_and_over_no_one_elses_change() {
    let troubled = Troubled::new().await;
    let (world, usage) = (&troubled.world, &mut Usage::default());
    world.with_people().await;
    let store = &world.service.store;
    let lost = || troubled.wire.script([Fault::LostReply, Fault::Reset, Fault::Reset]);
    let mut one = store.user("128807", "alice", usage).await.unwrap().unwrap();
    let other = one.clone();
    one.disabled = true;
    lost();
    assert!(store.change_user(one, usage).await.unwrap().is_made());
    assert!(!store.change_user(other, usage).await.unwrap().is_made(), "it was read before the change");
    assert!(store.user("128807", "alice", usage).await.unwrap().unwrap().disabled);
    let mut one = store.directory(usage).await.unwrap();
    let other = one.clone();
    one.institutions.clear();
    lost();
    assert!(store.change_directory(one, usage).await.unwrap().is_made());
    assert!(!store.change_directory(other, usage).await.unwrap().is_made());
    // What was not carried out is not called done.
    let user = store.user("128807", "alice", usage).await.unwrap().unwrap();
    troubled.wire.script([Fault::Reset, Fault::Reset, Fault::Reset]);
    assert!(store.change_user(user, usage).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_silent_database_is_given_up_within_the_functions_deadline() {
    let house = House::new().await;
    let ready = [house.ready(Kind::Issue).await, house.ready(Kind::Authorizer).await, house.ready(Kind::Guard).await];
    house.troubled.wire.forever([], [Fault::Silence]);
    // In real time; `send` has the deadline, which is more than twice what these take.
    tokio::time::resume();
    let (one, other, third) = tokio::join!(house.send(&ready[0]), house.send(&ready[1]), house.send(&ready[2]));
    assert_eq!([one.0, other.0, third.0], [Seen::Unavailable, Seen::Unavailable, Seen::Unavailable]);
    tokio::time::pause();
    house.troubled.wire.heal();
    for ready in ready {
        assert_eq!(house.send(&ready).await.0, Seen::Right);
    }
}

#[tokio::test(start_paused = true)]
async fn every_read_of_a_request_is_consistent() {
    let house = House::new().await;
    for kind in KINDS {
        let ready = house.ready(kind).await;
        house.troubled.wire.heal();
        assert_eq!(house.send(&ready).await.0, Seen::Right);
        for call in house.troubled.wire.heal().sent {
            let call: Value = serde_json::from_str(&call).unwrap();
            let single = (call.get("Key").is_some() && call.get("UpdateExpression").is_none()).then_some(&call);
            let batch = call["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values());
            for read in batch.chain(single) {
                assert_eq!(read["ConsistentRead"], true, "{kind:?}: {call}");
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_item_is_a_503_and_no_panic() {
    let house = House::new().await;
    let Troubled { world, tables, engine, .. } = &house.troubled;
    let db = aws::dynamodb_at(engine);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let most = AttributeValue::N(u64::MAX.to_string());
    let wrong = AttributeValue::Bool(true);
    for (kind, name, value) in [
        (Kind::Issue, "name", &wrong),
        (Kind::Issue, "created_at", &wrong),
        (Kind::Issue, "grant_types", &wrong),
        (Kind::Issue, "secrets", &wrong),
        (Kind::Issue, "refresh_token_seconds", &most),
        (Kind::Refresh, "refresh_hash", &wrong),
        (Kind::Refresh, "refresh_expires_at", &most),
        (Kind::Revoke, "revoked_at", &text("yesterday")),
        (Kind::Redeem, "code_expires_at", &most),
        (Kind::Redeem, "redirect_uri", &wrong),
        (Kind::DevicePoll, "polled_at", &text("now")),
        (Kind::DevicePoll, "authenticating_institution_id", &wrong),
        // Tokens that no user allowed.
        (Kind::DevicePoll, "allowed_at", &AttributeValue::N("1".into())),
        (Kind::DevicePoll, "principal_id", &text("alice-id")),
        (Kind::DeviceRedeem, "denied_at", &AttributeValue::N("1".into())),
        (Kind::DeviceRedeem, "code_hash", &wrong),
        (Kind::TypeCode, "code_expires_at", &most),
        (Kind::WrongPassword, "password_hash", &text("secret")),
        (Kind::WrongPassword, "revision", &most),
        (Kind::WrongPassword, "password_hash", &wrong),
    ] {
        let ready = house.ready(kind).await;
        let (table, keys) = match kind {
            Kind::Issue => (&tables.clients, vec![("client_id", ready.client.id.clone())]),
            Kind::WrongPassword => {
                world.add_user(&ready.username).await;
                (&tables.users, vec![("institution_id", "128807".to_owned()), ("username", ready.username.clone())])
            }
            _ => {
                let grant = Unverified::parse(&ready.about[0]).unwrap().grant_id.to_string();
                (&tables.tokens, vec![("grant_id", grant), ("part", "grant".to_owned())])
            }
        };
        let mut damaged = vec![table.clone()];
        damaged.extend(keys.iter().map(|(key, value)| format!("{key}={value:?}")));
        let key = keys.iter().map(|(key, value)| ((*key).to_owned(), text(value))).collect();
        let update = db.update_item().table_name(table).set_key(Some(key));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value.clone()).send().await.unwrap();
        assert_eq!(house.send(&ready).await.0, Seen::Unavailable, "{kind:?}, {name}");
        let (line, key) = (world.last_log(), damaged.join(" "));
        assert_eq!(line["denial"], "item_damaged", "{kind:?}, {name}");
        assert_eq!(line["damaged_items"], serde_json::json!([key]), "{kind:?}, {name}");
    }
}

#[tokio::test]
async fn a_secret_sealed_under_a_lost_key_is_a_503_that_the_log_names() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    let client = world.client_with(|client| client.secrets[0].sealed.key = "lost".into()).await;
    unavailable(&world.ask(&client, ISSUE, ASK).await);
    assert_eq!(world.last_log()["denial"], "secret_unopened");
    let good = world.seal(&client.id, &client.secret, "second");
    world.change(&client, |client| client.secrets.push(good)).await;
    world.tokens(&client).await;
    assert_eq!(world.last_log()["secret"], "second", "one lost secret does not lock the other out");
}
