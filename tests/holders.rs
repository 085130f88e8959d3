//! The index of grants by the user who consented: what is in it, what that costs, and what a lost reply leaves.

use std::collections::BTreeSet;

use latchkey_dynamodb::store::holders::Lack;
use latchkey_dynamodb::store::trail::{Actor, Subject, Trail};
use latchkey_dynamodb::store::{OPERATION, Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::grant_type::GrantType;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{ASK, ISSUE};
use tokio::time::Instant;

fn alice() -> Principal {
    Principal::new("alice-id", "urn:test")
}

async fn peopled() -> (Troubled, Signer) {
    let troubled = Troubled::new().await;
    troubled.world.with_people().await;
    let client = troubled.world.client_with(|client| {
        client.names_principal = true;
        client.grant_types.push(GrantType::Implicit);
    });
    let client = client.await;
    (troubled, client)
}

/// The grants that a command writes to through a trail.
async fn recorded(troubled: &Troubled) -> Store {
    let table = format!("audit-{}", troubled.tables.users);
    let store = troubled.world.service.store.clone();
    store.create_audit_table(&table, &mut Usage::default()).await.unwrap();
    let actor = Actor { known: Some("ops".into()), said: None };
    store.recorded(Trail::new(table, actor, "a test's command", 1000).unwrap())
}

async fn ids(store: &Store, principal: &Principal) -> BTreeSet<String> {
    let found = store.consented_grants(principal, &mut Usage::default()).await.unwrap().unwrap();
    found.iter().map(|grant| grant.id.to_string()).collect()
}

#[tokio::test]
async fn a_consent_is_in_the_index_for_one_write_unit_more_and_nothing_else_is_or_costs_more() {
    let (troubled, client) = peopled().await;
    let world = &troubled.world;
    let visitor = world.visitor();
    let code = visitor.sign_in(&request(&client, &[])).await.form();
    let code = visitor.post(AUTHORIZE, &[("form", &code), ("action", "allow")]).await.given("code").unwrap();
    assert_eq!(world.last_log()["write_units"], 2.0, "{}", world.last_log());
    let consented = world.grant_of(&code).await.unwrap();
    assert_eq!(consented.principal, Some(alice()));
    let implicit = visitor.ask(&request(&client, &[("response_type", "token")])).await.form();
    visitor.post(AUTHORIZE, &[("form", &implicit), ("action", "allow")]).await;
    assert_eq!((&world.last_log()["outcome"], &world.last_log()["write_units"]), (&"granted".into(), &2.0.into()));
    let tokens = world.redeem(&client, &code).await;
    assert_eq!(world.last_log()["write_units"], 1.0, "the redemption changes no key of the index");
    world.refresh(&client, tokens.member("refresh_token")).await;
    assert_eq!(world.last_log()["write_units"], 1.0);
    let query = ASK.replace("%20refresh_token", "");
    let named = client.sign_as(&query, world.now(), Some(("alice-id", "urn:test")), &[]);
    assert_eq!(world.post(ISSUE, &query, &named).await.status, 200);
    assert_eq!(world.last_log()["write_units"], 1.0);
    let store = &world.service.store;
    let found = store.consented_grants(&alice(), &mut Usage::default()).await.unwrap().unwrap();
    let types: BTreeSet<_> = found.iter().map(|grant| grant.grant_type.as_str()).collect();
    assert_eq!((found.len(), types), (2, ["authorization_code", "implicit"].into()));
    world.ask(&client, "/oauth2/revoke", &format!("token={}", tokens.member("refresh_token"))).await;
    assert_eq!(world.last_log()["write_units"], 1.0);
    let unrevoked = store.unrevoked_consents(&alice(), &mut Usage::default()).await.unwrap().unwrap();
    assert!(unrevoked.len() == 1 && unrevoked[0] != consented.id, "the revocation is read of the grant itself");
    for other in [Principal::new("alice-id", "urn:tes"), Principal::new("", ""), Principal::new("bob-id", "urn:test")] {
        assert!(ids(store, &other).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_that_is_filled_while_replies_are_lost_has_each_grant_once_it_says_so() {
    let (troubled, client) = peopled().await;
    let world = &troubled.world;
    let with_trail = recorded(&troubled).await;
    let elsewhere = world.service.store.clone();
    let usage = || Usage::default();
    for store in [&with_trail, &world.service.store] {
        for script in [
            vec![],
            vec![Fault::LostReply],
            vec![Fault::Truncated],
            vec![Fault::Reset, Fault::LostReply],
            vec![Fault::Conflict, Fault::Busy],
            vec![Fault::Reset; 3],
            vec![Fault::LostReply; 3],
            vec![Fault::Error(400, "AccessDeniedException")],
        ] {
            let code = world.code(&client, "WMS_NCIP").await;
            let grant = world.grant_of(&code).await.unwrap();
            troubled.without_holder(&grant).await;
            assert_eq!(elsewhere.unindexed(&mut usage()).await, Ok(1));
            // The scan comes first and gets through.
            troubled.wire.script([&[Fault::Pass][..], &script].concat());
            let done = store.index_grants(&mut usage(), |_| {}).await;
            troubled.wire.heal();
            let left = elsewhere.unindexed(&mut usage()).await.unwrap();
            if done.is_ok() {
                assert_eq!((done, left), (Ok(1), 0), "{script:?}");
            }
            // Again: what is there is passed over.
            assert_eq!(store.index_grants(&mut usage(), |_| {}).await, Ok(left), "{script:?}");
            assert!(ids(&elsewhere, &grant.principal.clone().unwrap()).await.contains(&grant.id.to_string()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_has_no_grant_left_only_if_the_index_and_the_grants_could_be_read() {
    let (troubled, client) = peopled().await;
    let world = &troubled.world;
    let code = world.code(&client, "WMS_NCIP").await;
    let principal = world.grant_of(&code).await.unwrap().principal.unwrap();
    let store = recorded(&troubled).await;
    for fault in [Fault::Reset, Fault::Error(400, "ThrottlingException"), Fault::Error(400, "AccessDeniedException")] {
        for before in 0..2 {
            let mut usage = Usage::default();
            troubled.wire.script([&vec![Fault::Pass; before][..], &[fault; 4]].concat());
            let found = store.unrevoked_consents(&principal, &mut usage).await;
            troubled.wire.heal();
            assert!(found.is_err(), "{fault:?} after {before} calls: {found:?}");
            let permission = usage.permission.unwrap();
            let needed = ["dynamodb:Query on the table ", "dynamodb:BatchGetItem on the table "][before];
            assert!(permission.starts_with(needed), "{permission}");
        }
    }
    let unrevoked = store.unrevoked_consents(&principal, &mut Usage::default()).await.unwrap().unwrap();
    assert_eq!(unrevoked.len(), 1);
    // What TTL collects in between is not made again, and does not count.
    let usage = &mut Usage::default();
    assert_eq!(store.revoke_grants(&unrevoked, &Subject::default(), 1, usage, |_| {}).await, Ok(1));
    assert_eq!(store.unrevoked_consents(&principal, usage).await, Ok(Some(Vec::new())));
    world.advance(100_000);
    troubled.sweep().await;
    assert!(ids(&store, &principal).await.is_empty());
    troubled.without_mark().await;
    assert_eq!(store.is_index_filled(usage).await, Ok(false));
    store.mark_index_filled(world.now(), usage).await.unwrap();
    assert_eq!(store.is_index_filled(usage).await, Ok(true));
    troubled.wire.script([Fault::Error(400, "AccessDeniedException")]);
    assert_eq!(store.mark_index_filled(world.now(), usage).await, Err(Unavailable::DatabaseRefuses));
    troubled.wire.heal();
}

#[tokio::test(start_paused = true)]
async fn the_start_of_the_pages_finds_what_the_index_lacks_and_no_failure_holds_it_up_or_says_anything() {
    let troubled = Troubled::new().await;
    let (looked, wire) = (&troubled.world.service.store, &troubled.wire);
    wire.script([]);
    assert_eq!(looked.look_at_index().await, None);
    let mut operations = wire.heal().operations;
    operations.sort();
    assert_eq!(operations, ["GetItem", "Query"]);
    troubled.without_mark().await;
    assert_eq!(looked.look_at_index().await, Some(Lack::Grants));
    for fault in [
        Fault::Reset,
        Fault::Silence,
        Fault::Truncated,
        Fault::Error(400, "AccessDeniedException"),
        Fault::Error(400, "ResourceNotFoundException"),
        Fault::Error(400, "ThrottlingException"),
        Fault::Error(500, "InternalServerError"),
    ] {
        let began = Instant::now();
        wire.forever([], [fault]);
        assert_eq!(looked.look_at_index().await, None, "{fault:?}");
        assert!(wire.heal().hits >= 2, "{fault:?}");
        assert!(began.elapsed() <= OPERATION, "{fault:?}: no longer than the one read of another function may take");
    }
    troubled.without_index().await;
    wire.beside([Fault::Error(400, "AccessDeniedException")]);
    assert_eq!(looked.look_at_index().await, Some(Lack::Index), "what can be known is said");
    assert_eq!(wire.heal().hits, 1);
    assert_eq!(looked.look_at_index().await, Some(Lack::Index), "an operator who adds it fills it too");
    looked.mark_index_filled(1, &mut Usage::default()).await.unwrap();
    assert_eq!(looked.look_at_index().await, Some(Lack::Index), "a restored table may have the mark alone");
}
