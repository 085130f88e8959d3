//! Writes whose replies are lost, late or overtaken: what is answered is what became of the write, and no answer promises
//! what has ended.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::TokenBucket;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::requests::{House, KINDS, Kind, Seen};
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{ISSUE, redemption};
use tokio::time::Instant;

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

const SHORT: u64 = 60;

/// A world whose codes live a minute.
async fn with_short_codes() -> Troubled {
    let settings = Settings { code_seconds: SHORT, ..Settings::default() };
    let troubled = Troubled::with(TokenBucket::unlimited(), settings).await;
    troubled.world.with_people().await;
    troubled
}

/// Revokes every grant of a client.
fn revoking(store: Store, now: u64, client: &Signer) -> impl Future<Output = ()> + Send + 'static {
    let client_id = client.id.clone();
    async move {
        let usage = &mut Usage::default();
        let filter = GrantFilter { client_id: Some(client_id), ..GrantFilter::default() };
        for grant in store.grant_ids(&filter, usage).await.unwrap() {
            assert!(store.revoke_grant(&grant, now, usage).await.unwrap());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_gives_its_code_again_while_that_can_be_redeemed_and_was_answered_before_from_then_on() {
    let troubled = with_short_codes().await;
    let world = &troubled.world;
    let client = world.client().await;
    let visitor = world.visitor();
    // Each answer comes a second later than what was before it.
    let answered = async |form: &str| {
        let page = visitor.post(AUTHORIZE, &[("form", form), ("action", "allow")]).await;
        page.shows(409);
        assert_eq!(world.last_log()["denial"], "form_answered");
        assert!(!page.text.contains("href=\"authorizeCode"), "{}", page.text);
    };
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    let code = visitor.post(AUTHORIZE, &fields).await.given("code").unwrap();
    world.advance(SHORT - 2);
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.given("code").unwrap(), code);
    answered(&form).await;
    world.advance(500);
    answered(&form).await;
    // Revoked, by an operator.
    let form = visitor.ask(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    visitor.post(AUTHORIZE, &fields).await.given("code").unwrap();
    revoking(world.service.store.clone(), world.now(), &client).await;
    answered(&form).await;
}

#[tokio::test(start_paused = true)]
async fn a_write_of_our_own_that_was_revoked_meanwhile_hands_nothing_out() {
    let house = House::new().await;
    let lost = [Fault::LostReply, Fault::Reset, Fault::Reset];
    for kind in [Kind::Issue, Kind::Redeem, Kind::Allow, Kind::AllowTokens] {
        // Found by the second attempt, and by the read after the last.
        for attempts in [1, 3] {
            let ready = house.ready(kind).await;
            house.troubled.wire.script([Fault::Pass].into_iter().chain(lost[..attempts].iter().copied()));
            let (elsewhere, now) = (house.troubled.elsewhere(), house.troubled.world.now());
            house.troubled.wire.meanwhile(1 + attempts, revoking(elsewhere, now, &ready.client));
            let (seen, reply) = house.send(&ready).await;
            assert_eq!(seen, Seen::Refused, "{kind:?}, {attempts}: {}", reply.text);
            let expected =
                if [Kind::Allow, Kind::AllowTokens].contains(&kind) { "form_answered" } else { "grant_revoked" };
            assert_eq!(house.troubled.world.last_log()["denial"], expected, "{kind:?}, {attempts}");
            house.troubled.wire.heal();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_whose_grant_goes_before_the_write_is_unknown_whatever_the_assertion_is_good_for() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    for single_use in [false, true] {
        let edit = |client: &mut Client| {
            client.auth_methods = vec![AuthMethod::PrivateKeyJwt];
            client.keys = vec![Key::EdDsa.registered()];
            client.single_use_assertions = single_use;
        };
        let client = world.client_with(edit).await;
        let code = world.code(&client, "WMS_NCIP").await;
        let grant = world.grant_of(&code).await.unwrap();
        let form = world.asserted(&Key::EdDsa, &client, &redemption(&code));
        troubled.wire.script([]);
        troubled.wire.meanwhile(1, troubled.collecting(&grant.id));
        world.post_form(ISSUE, &[], &form).await.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "code_unknown", "{single_use}");
        troubled.wire.heal();
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_a_later_attempt_says_nothing_of_the_first() {
    let house = House::new().await;
    let refusals =
        ["AccessDeniedException", "ResourceNotFoundException", "ValidationException", "ExpiredTokenException"];
    for kind in KINDS.into_iter().filter(|kind| kind.is_looked_for()) {
        for code in refusals {
            let ready = house.ready(kind).await;
            house.troubled.wire.script([Fault::Pass, Fault::LostReply, Fault::Error(400, code)]);
            let (seen, reply) = house.send(&ready).await;
            assert_eq!(seen, Seen::Right, "{kind:?}, {code}: {}", reply.text);
            house.troubled.wire.heal();
            house.holds(&ready, &reply, 1).await;
        }
        // The first one says all there is to know.
        let ready = house.ready(kind).await;
        let refused = Fault::Error(400, "AccessDeniedException");
        house.troubled.wire.script([Fault::Pass, refused, refused]);
        assert_eq!(house.send(&ready).await.0, Seen::Unavailable);
        let mut sent = house.troubled.wire.heal().sent;
        sent.retain(|body| !body.contains("ProjectionExpression"));
        // The SDK may send a refused call once more.
        assert!(sent.len() <= 3, "{kind:?}: {}", sent.len());
        sent.dedup();
        assert_eq!(sent.len(), 2, "{kind:?}: nothing is looked for");
        assert_eq!(house.troubled.world.last_log()["denial"], "database_refuses");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_time_the_reads_used_up_does_not_begin() {
    let house = House::new().await;
    let (unread, slow) = (Fault::Slow(&Fault::Unprocessed), Fault::Slow(&Fault::Pass));
    for kind in KINDS.into_iter().filter(|kind| kind.writes()) {
        let ready = house.ready(kind).await;
        // A write that nothing has to be looked for after begins later.
        let first = [Fault::Silence, Fault::Silence, unread];
        let first: &[Fault] = if kind.is_looked_for() { &[] } else { &first };
        house.troubled.wire.script(first.iter().copied().chain([Fault::Silence, Fault::Silence, slow]));
        let (seen, reply) = house.send(&ready).await;
        let toll = house.troubled.wire.heal();
        assert_eq!(seen, Seen::Unavailable, "{kind:?}: {}", reply.text);
        assert_eq!(toll.writes(), 0, "{kind:?}");
        let line = house.troubled.world.last_log();
        assert_eq!(
            (&line["denial"], &line["database_error"]),
            (&"database_unreachable".into(), &"ReadsTookTooLong".into())
        );
        let (seen, reply) = house.send(&ready).await;
        assert_eq!(seen, Seen::Right, "{kind:?}: {}", reply.text);
        house.holds(&ready, &reply, 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_begins_has_its_time_and_the_look_for_it_has_too() {
    let house = House::new().await;
    let (unread, slow) = (Fault::Slow(&Fault::Unprocessed), Fault::Slow(&Fault::Pass));
    for kind in KINDS.into_iter().filter(|kind| kind.mints()) {
        // The longest reads that leave a write its time, the longest write, and the longest look for it.
        let reads = if kind == Kind::Issue { [Fault::Silence, slow] } else { [unread, slow] };
        let ready = house.ready(kind).await;
        let write = [Fault::Mute, Fault::Silence, Fault::Silence];
        house.troubled.wire.script(reads.into_iter().chain(write).chain([Fault::Silence, Fault::Silence, slow]));
        let began = Instant::now();
        let (seen, reply) = house.send(&ready).await;
        assert_eq!(seen, Seen::Right, "{kind:?}: {}", reply.text);
        assert!(began.elapsed() > Duration::from_secs(7), "{:?}", began.elapsed());
        house.troubled.wire.heal();
        house.holds(&ready, &reply, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn keys_left_unread_for_long_do_not_cost_a_client_its_grant() {
    let house = House::new().await;
    let unread = Fault::Slow(&Fault::Unprocessed);
    let ready = house.ready(Kind::Redeem).await;
    house.troubled.wire.script([
        unread,
        unread,
        unread,
        Fault::Slow(&Fault::Pass),
        Fault::Mute,
        Fault::Mute,
        Fault::Mute,
    ]);
    assert_eq!(house.send(&ready).await.0, Seen::Unavailable);
    assert_eq!(house.troubled.wire.heal().writes(), 0);
    // The client signs anew, as its library does.
    let world = &house.troubled.world;
    let reply = world.redeem(&ready.client, &ready.about[0]).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(world.grant_of(&ready.about[0]).await.unwrap().revoked_at.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_token_counts_from_the_answer() {
    let house = House::new().await;
    let slow = Fault::Slow(&Fault::Pass);
    for kind in KINDS.into_iter().filter(|kind| kind.mints()) {
        for (faults, left) in
            [(vec![], 1199), (vec![slow], 1199), (vec![slow, slow], 1198), (vec![slow, slow, slow], 1198)]
        {
            // The third is the look for a write whose reply was lost.
            let lost = if faults.len() > 2 { vec![slow, Fault::LostReply, Fault::Truncated, slow] } else { faults };
            let took = if lost.len() > 2 { 3 } else { lost.len() };
            let ready = house.ready(kind).await;
            house.troubled.wire.script(lost);
            let (seen, reply) = house.send(&ready).await;
            assert_eq!(seen, Seen::Right, "{kind:?}: {}", reply.text);
            house.troubled.wire.heal();
            let told = match kind {
                Kind::AllowTokens => reply.given("expires_in").unwrap().parse().unwrap(),
                _ => reply.body["expires_in"].as_u64().unwrap(),
            };
            assert_eq!(told, left, "{kind:?} after {took} slow calls");
        }
    }
}
