//! What it costs an API to ask about a token.

use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::settings::Settings;
use latchkey_scale::units;
use latchkey_testkit::world::{Choices, World};

use super::{costs, costs_as};

#[tokio::test]
async fn an_introspection_costs_one_batched_read_and_no_write() {
    let world = World::new().await;
    let (client, owner) = (world.client().await, world.owner(&["*"]).await);
    let tokens = world.tokens(&client).await;
    world.introspect(&owner, tokens.member("access_token")).await;
    costs_as(&world, &units::INTROSPECTION);
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    world.introspect(&owner, refreshed.member("access_token")).await;
    costs_as(&world, &units::INTROSPECTION_OF_REFRESHED);
}

#[tokio::test]
async fn to_ask_about_the_client_of_a_good_token_costs_one_read_unit_and_one_round_trip_more() {
    let settings = Settings { check_token_client: true, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    let client = world.client_with(|client| client.introspects = vec!["*".into()]).await;
    let owner = world.owner(&["*"]).await;
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let checker = Checker::new(world.service.store.clone(), 0).checking_client(true);
    for (token, reads) in [(tokens.member("access_token"), 2.0), (refreshed.member("access_token"), 3.0)] {
        world.introspect(&owner, token).await;
        costs(&world, 2, reads + 1.0, 0.0);
        world.introspect(&client, token).await;
        costs(&world, 1, reads, 0.0);
        let mut usage = Usage::default();
        let header = format!("Bearer {token}");
        assert!(checker.check(Some(header.as_bytes()), None, world.now(), &mut usage).await.is_ok());
        assert_eq!((usage.round_trips, usage.read_units, usage.write_units), (2, reads, 0.0));
    }
    world.change(&client, |client| client.disabled = true).await;
    world.introspect(&owner, tokens.member("access_token")).await;
    costs(&world, 2, 3.0, 0.0);
    world.introspect(&owner, "none").await;
    costs(&world, 1, 1.0, 0.0);
}

#[tokio::test]
async fn a_check_of_a_bearer_token_costs_one_read_and_no_write() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let checker = Checker::new(world.service.store.clone(), 0);
    for (token, cost) in
        [(tokens.member("access_token"), units::CHECK), (refreshed.member("access_token"), units::CHECK_OF_REFRESHED)]
    {
        let mut usage = Usage::default();
        let header = format!("Bearer {token}");
        assert!(checker.check(Some(header.as_bytes()), None, world.now(), &mut usage).await.is_ok());
        let expected = (cost.round_trips, cost.reads().into(), cost.writes().into());
        assert_eq!((usage.round_trips, usage.read_units, usage.write_units), expected);
    }
}
