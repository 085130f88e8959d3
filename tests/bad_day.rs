//! A bad day: what was granted before a time is ended, for one client or for the whole deployment.

use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

const BOTH: &str = "WMS_NCIP refresh_token";

/// Whether an API lets the token pass: by introspection, and by the guard.
async fn passes(world: &World, token: &str, not_before: u64) -> (bool, bool) {
    let api = world.owner(&["*"]).await;
    let introspected = world.introspect(&api, token).await.body["active"] == true;
    let checker = Checker::new(world.service.store.clone(), 0).not_before(not_before);
    let header = format!("Bearer {token}");
    let checked = checker.check(Some(header.as_bytes()), None, world.now(), &mut Usage::default()).await;
    (introspected, checked.is_ok())
}

async fn refuses(world: &World, client: &Signer, code: &str, refresh_token: &str) {
    for reply in [world.redeem(client, code).await, world.refresh(client, refresh_token).await] {
        reply.refuses(400, "invalid_grant");
        assert_eq!(world.last_log()["denial"], "grant_too_old");
        assert_eq!(world.last_log()["write_units"], 0.0);
    }
}

#[tokio::test]
async fn what_a_client_was_granted_before_the_time_of_its_registration_gets_it_nothing_more() {
    let world = World::new().await;
    let (client, other) = (world.owner(&["*"]).await, world.client().await);
    let (tokens, others) = (world.tokens(&client).await, world.tokens(&other).await);
    let code = world.code(&client, BOTH).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let accesses = [tokens.member("access_token"), refreshed.member("access_token")];
    let begun = world.now();
    let set = async |time| world.change(&client, |client| client.not_before = Some(time)).await;
    // What was granted in that second was not granted before it.
    set(begun).await;
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    assert_eq!(world.introspect(&client, accesses[0]).await.body["active"], true);
    set(begun + 1).await;
    refuses(&world, &client, &code, tokens.member("refresh_token")).await;
    for token in accesses {
        assert_eq!(
            world.introspect(&client, token).await.body["active"],
            false,
            "the client reads its own registration"
        );
        assert_eq!(passes(&world, token, 0).await, (true, true), "an API does not, and the token lives to its end");
    }
    assert_eq!(world.introspect(&client, tokens.member("refresh_token")).await.body["active"], false);
    assert_eq!(world.refresh(&other, others.member("refresh_token")).await.status, 200);
    // A revocation is still carried out: it can only end more.
    assert_eq!(world.ask(&client, "/oauth2/revoke", &format!("token={}", accesses[1])).await.status, 200);
    assert_eq!(world.last_log()["outcome"], "revoked");
    assert_eq!(passes(&world, accesses[1], 0).await, (false, false));
    assert_eq!(passes(&world, accesses[0], 0).await, (true, true));
    world.advance(1);
    let newer = world.tokens(&client).await;
    assert_eq!(world.refresh(&client, newer.member("refresh_token")).await.status, 200);
    let code = world.code(&client, BOTH).await;
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    // Taken back, it is as if nothing had been.
    world.change(&client, |client| client.not_before = None).await;
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn what_was_issued_before_the_time_of_the_deployment_is_good_nowhere() {
    let time = latchkey_dynamodb::clock::now() + 100;
    let settings = Settings { not_before: time, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.owner(&["*"]).await;
    let visitor = world.visitor();
    assert_eq!(visitor.sign_in_as(&request(&client, &[]), "alice", PASSWORD).await.status, 303);
    let tokens = world.tokens(&client).await;
    world.advance(time - 1 - world.now());
    let code = world.code(&client, BOTH).await;
    for _ in 0..2 {
        refuses(&world, &client, &code, tokens.member("refresh_token")).await;
        assert_eq!(passes(&world, tokens.member("access_token"), time).await, (false, false));
        assert_eq!(world.introspect(&client, tokens.member("refresh_token")).await.body["active"], false);
        let page = visitor.ask(&request(&client, &[])).await;
        assert!(page.text.contains("name=\"password\""), "the session has ended too: {}", page.text);
        world.advance(1);
    }
    let tokens = world.tokens(&client).await;
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    assert_eq!(passes(&world, tokens.member("access_token"), time).await, (true, true));
    let code = world.code(&client, BOTH).await;
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    visitor.sign_in(&request(&client, &[])).await;
    let page = visitor.ask(&request(&client, &[])).await;
    assert!(page.text.contains("value=\"allow\""), "{}", page.text);
}
