//! Many at once: one winner where there may be one, all winners where there may be many.

use std::collections::HashSet;
use std::sync::Arc;

use latchkey_testkit::device::{DEVICE, polling};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, World, redemption, refreshing};
use tokio::task::JoinSet;

const ROUNDS: usize = 200;
const AT_ONCE: usize = 32;

/// Sends all requests at once and collects the answers.
async fn at_once(world: &Arc<World>, path: &'static str, requests: Vec<(String, String)>) -> Vec<Reply> {
    let mut running = JoinSet::new();
    for (query, authorization) in requests {
        let world = world.clone();
        running.spawn(async move { world.post(path, &query, &authorization).await });
    }
    running.join_all().await
}

fn granted(replies: &[Reply]) -> Vec<&Reply> {
    replies.iter().filter(|reply| reply.status == 200).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_redemptions_of_one_code_exactly_one_succeeds() {
    let world = Arc::new(World::new().await);
    let client = world.client().await;
    for _ in 0..ROUNDS {
        let code = world.code(&client, "WMS_NCIP refresh_token").await;
        let query = redemption(&code);
        let requests = (0..AT_ONCE).map(|_| (query.clone(), client.sign(&query, world.now()))).collect();
        let replies = at_once(&world, ISSUE, requests).await;
        assert_eq!(granted(&replies).len(), 1);
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            refused.refuses(400, "invalid_grant");
        }
        assert!(world.grant_of(&code).await.unwrap().revoked_at.is_some(), "a second use revokes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_polls_of_one_device_exactly_one_gets_tokens_and_of_a_yes_and_a_no_at_once_one_counts() {
    let world = Arc::new(World::peopled().await);
    let client = world.client().await;
    let visitor = world.visitor();
    for round in 0..20 {
        let begun = world.device(&client).await;
        let (device_code, form) =
            (begun.member("device_code"), visitor.sign_in_for_device(begun.member("user_code")).await.form());
        world.advance(1);
        let [yes, no] = [[("form", form.as_str()), ("action", "allow")], [("form", form.as_str()), ("action", "deny")]];
        let (yes, no) = tokio::join!(visitor.post(DEVICE, &yes), visitor.post(DEVICE, &no));
        let mut statuses = [yes.status.as_u16(), no.status.as_u16()];
        assert_eq!(world.grant_of(device_code).await.unwrap().principal.is_some(), statuses[0] == 200, "{round}");
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "{round}");
        if no.status == 200 {
            world.poll(&client, device_code).await.refuses(400, "access_denied");
            continue;
        }
        let query = polling(device_code);
        let requests = (0..AT_ONCE).map(|_| (query.clone(), client.sign(&query, world.now()))).collect();
        let replies = at_once(&world, ISSUE, requests).await;
        assert_eq!(granted(&replies).len(), 1);
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            refused.refuses(400, "invalid_grant");
        }
        assert!(world.grant_of(device_code).await.unwrap().revoked_at.is_some(), "a second use revokes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_copies_of_one_signed_request_exactly_one_succeeds() {
    let world = Arc::new(World::new().await);
    let client = world.client().await;
    for _ in 0..ROUNDS {
        let authorization = client.sign(ASK, world.now());
        let replies = at_once(&world, ISSUE, vec![(ASK.to_owned(), authorization); AT_ONCE]).await;
        assert_eq!(granted(&replies).len(), 1);
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            refused.refuses(401, "invalid_client");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_copies_of_one_signed_redemption_or_refresh_exactly_one_succeeds_and_nothing_is_revoked() {
    let world = Arc::new(World::new().await);
    let client = world.client().await;
    for _ in 0..20 {
        let query = redemption(&world.code(&client, "WMS_NCIP refresh_token").await);
        let replies = at_once(&world, ISSUE, vec![(query.clone(), client.sign(&query, world.now())); AT_ONCE]).await;
        let [tokens] = granted(&replies)[..] else { panic!("not one winner") };
        let query = refreshing(tokens.member("refresh_token"));
        let replies = at_once(&world, REFRESH, vec![(query.clone(), client.sign(&query, world.now())); AT_ONCE]).await;
        assert_eq!(granted(&replies).len(), 1);
    }
}

/// In waves: a busy machine would take longer over a thousand at once than a request has.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_refreshes_of_one_token_all_succeed_and_all_differ() {
    let world = Arc::new(World::new().await);
    let client = world.client().await;
    let query = refreshing(world.tokens(&client).await.member("refresh_token"));
    let mut tokens = HashSet::new();
    for _ in 0..25 {
        let requests = (0..40).map(|_| (query.clone(), client.sign(&query, world.now()))).collect();
        let replies = at_once(&world, REFRESH, requests).await;
        tokens.extend(replies.iter().map(|reply| reply.member("access_token").to_owned()));
    }
    assert_eq!(tokens.len(), 1000);
}
