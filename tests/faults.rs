//! The database away, slow, throttling, forgetful, for every kind of request: no token twice, none lost that was answered,
//! an honest 503 in time, and all is well once the database is.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::TokenBucket;
use latchkey_oauth::settings::Settings;
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
