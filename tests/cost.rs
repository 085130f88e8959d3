//! What a request costs, by the database's own figures. The documents and the simulation take theirs from the same table.

mod checks;

use latchkey_dynamodb::store::Usage;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::service::APPLICATIONS;
use latchkey_scale::load;
use latchkey_scale::units;
use latchkey_scale::units::Cost;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::device::DEVICE;
use latchkey_testkit::provider::Idp;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, World, redemption, refreshing};

use crate::authorize::attempts::{place, try_with};

#[track_caller]
fn costs(world: &World, round_trips: u64, reads: f64, writes: f64) {
    let line = world.last_log();
    let figures = (line["round_trips"].as_u64(), line["read_units"].as_f64(), line["write_units"].as_f64());
    assert_eq!(figures, (Some(round_trips), Some(reads), Some(writes)), "{line}");
}

#[track_caller]
fn costs_as(world: &World, cost: &Cost) {
    costs(world, cost.round_trips.into(), cost.reads().into(), cost.writes().into());
}

#[tokio::test]
async fn client_credentials_cost_one_read_and_one_write_with_or_without_a_refresh_token() {
    let world = World::new().await;
    let client = world.client().await;
    world.tokens(&client).await;
    costs_as(&world, &units::CLIENT_CREDENTIALS);
    world.ask(&client, ISSUE, &ASK.replace("%20refresh_token", "")).await;
    costs_as(&world, &units::CLIENT_CREDENTIALS);
}

#[tokio::test]
async fn a_push_costs_one_read_and_no_write() {
    let world = World::new().await;
    let client = world.client().await;
    assert_eq!(world.ask(&client, "/oauth2/par", &request(&client, &[])).await.status, 201);
    costs(&world, 1, 1.0, 0.0);
    world.ask(&client, "/oauth2/par", &request(&client, &[("scope", "")])).await.refuses(400, "invalid_scope");
    costs(&world, 1, 1.0, 0.0);
}

#[tokio::test]
async fn a_redemption_costs_one_batched_read_and_one_write() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    costs_as(&world, &units::REDEMPTION);
}

#[tokio::test]
async fn a_device_costs_a_write_to_begin_one_each_half_minute_that_it_polls_and_one_for_its_tokens() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    costs(&world, 2, 1.0, 1.0);
    let device_code = begun.member("device_code");
    for writes in [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0] {
        world.poll(&client, device_code).await.refuses(400, "authorization_pending");
        costs(&world, if writes > 0.0 { 2 } else { 1 }, 2.0, writes);
        world.advance(5);
    }
    let visitor = world.visitor();
    let form = visitor.sign_in_for_device(begun.member("user_code")).await.form();
    visitor.post(DEVICE, &[("form", &form), ("action", "allow")]).await.shows(200);
    // One more for the index of users' grants.
    costs(&world, 2, 4.0, 2.0);
    assert_eq!(world.poll(&client, device_code).await.status, 200);
    costs(&world, 2, 2.0, 1.0);
    let begun = world.device(&client).await;
    let form = visitor.sign_in_for_device(begun.member("user_code")).await.form();
    visitor.post(DEVICE, &[("form", &form), ("action", "deny")]).await.shows(200);
    costs(&world, 2, 2.0, 1.0);
}

#[tokio::test]
async fn a_list_of_applications_costs_half_a_unit_and_one_for_each_grant_and_application_and_an_end_one_write_a_grant()
{
    let world = World::peopled().await;
    let clients = [world.client().await, world.client().await];
    let visitor = world.visitor();
    visitor.sign_in(&request(&clients[0], &[])).await;
    visitor.get(APPLICATIONS).await.shows(200);
    // The first one reads the mark of the index too, beside its query. A function has read it at its start.
    costs(&world, 2, 3.5 + 1.0, 0.0);
    visitor.get(APPLICATIONS).await.shows(200);
    costs(&world, 2, 3.5, 0.0);
    for client in &clients {
        world.code_of(client, "alice").await;
    }
    world.code_of(&clients[0], "alice").await;
    let page = visitor.get(APPLICATIONS).await;
    page.shows(200);
    // Three grants of two applications.
    costs(&world, 4, 3.5 + 3.0 + 2.0, 0.0);
    visitor.post(APPLICATIONS, &[("form", &page.form()), ("end", &clients[1].id)]).await.shows(200);
    // The application, and the list before and after; of the second one the client that is left.
    costs(&world, 7, 4.0 + 3.5 + 3.5 + 1.0, 1.0);
    visitor.post(APPLICATIONS, &[("form", &page.form()), ("end", &clients[0].id)]).await.shows(200);
    // In a transaction.
    costs(&world, 6, 4.0 + 3.5 + 3.5, 4.0);
    visitor.post(APPLICATIONS, &[("form", &page.form()), ("end", &clients[0].id)]).await.shows(200);
    costs(&world, 5, 4.0 + 3.5 + 3.5, 0.0);
}

#[tokio::test]
async fn a_second_use_of_a_code_costs_one_batched_read_and_one_write() {
    let world = World::new().await;
    let client = world.client().await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    world.redeem(&client, &code).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    costs(&world, 2, 2.0, 1.0);
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    costs(&world, 1, 2.0, 0.0);
}

#[tokio::test]
async fn a_refresh_costs_one_batched_read_and_one_write() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    for _ in 0..3 {
        assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
        costs_as(&world, &units::REFRESH);
    }
}

#[tokio::test]
async fn a_revocation_costs_one_batched_read_and_one_write() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let query = format!("token={}", tokens.member("refresh_token"));
    assert_eq!(world.ask(&client, "/oauth2/revoke", &query).await.status, 200);
    costs_as(&world, &units::REVOCATION);
}

/// As `docs/costs.md` and `docs/scale.md` reckon with it.
#[tokio::test]
async fn the_five_requests_of_a_sign_in_cost_what_the_documents_say() {
    let (world, client) = place().await;
    let query = request(&client, &[]);
    for (address, attempt) in [("192.0.2.1", units::ATTEMPT_FROM_IPV4), ("2001:db8::1", units::ATTEMPT_FROM_IPV6)] {
        let visitor = world.visitor();
        visitor.ask(&query).await.shows(200);
        costs_as(&world, &units::PAGE);
        assert_eq!(visitor.get("/oauth2/style.css").await.status, 200);
        costs_as(&world, &units::STYLE);
        assert_eq!(try_with(&visitor, &client, address, "alice", PASSWORD).await.status, 303);
        costs_as(&world, &attempt);
        let form = visitor.ask(&query).await.form();
        costs_as(&world, &units::QUESTION);
        assert!(visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").is_some());
        costs_as(&world, &units::CONSENT);
    }
    let costs = load::SIGN_IN.map(|kind| kind.cost);
    let sum = |units: fn(&Cost) -> u32| costs.iter().map(units).sum::<u32>();
    assert_eq!((sum(Cost::reads), sum(Cost::writes)), (22, 14));
}

#[tokio::test]
async fn an_assertion_costs_what_a_signature_does_and_one_of_single_use_four_write_units() {
    let world = World::new().await;
    let keys = [Key::Rs256, Key::Es256, Key::EdDsa, Key::Seed(1)];
    for (single_use, writes) in [(false, 1.0), (true, 4.0)] {
        let client = world
            .client_with(|client| {
                client.auth_methods = vec![AuthMethod::PrivateKeyJwt];
                client.keys = keys.iter().map(Key::registered).collect();
                client.single_use_assertions = single_use;
            })
            .await;
        let code = world.code(&client, "WMS_NCIP refresh_token").await;
        let ask =
            async |path, form: &str| world.post_form(path, &[], &world.asserted(&Key::EdDsa, &client, form)).await;
        let tokens = ask(ISSUE, ASK).await;
        costs(&world, 2, 1.0, writes);
        assert_eq!(ask(ISSUE, &redemption(&code)).await.status, 200);
        costs(&world, 2, 2.0, writes);
        assert_eq!(ask(REFRESH, &refreshing(tokens.member("refresh_token"))).await.status, 200);
        costs(&world, 2, 2.0, writes);
        // A replay of single use costs the read, and no unit that DynamoDB reports.
        let form = world.asserted(&Key::EdDsa, &client, ASK);
        for (status, writes) in [(200, writes), (401, 0.0)] {
            assert_eq!(world.post_form(ISSUE, &[], &form).await.status, status);
            costs(&world, 2, 1.0, writes);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_costs_nothing() {
    let world = World::new().await;
    world.post(ISSUE, ASK, "Bearer x").await.refuses(401, "invalid_client");
    costs(&world, 0, 0.0, 0.0);
}

#[tokio::test]
async fn what_anybody_may_send_costs_what_it_takes_to_refuse_it_and_no_write() {
    let world = World::new().await;
    world.with_people().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let refreshed = world.refresh(&client, refresh).await;
    let refreshed = refreshed.member("access_token");
    let wrong = client.sign("other=1", world.now());
    for (path, query, reads) in [
        (ISSUE, ASK.to_owned(), 1.0),
        (REFRESH, refreshing(refresh), 2.0),
        ("/oauth2/introspect", format!("token={access}"), 2.0),
        ("/oauth2/revoke", format!("token={refreshed}"), 3.0),
    ] {
        world.post(path, &query, &wrong).await.refuses(401, "invalid_client");
        costs(&world, 1, reads, 0.0);
    }
    world.visitor().ask(&request(&client, &[])).await.shows(200);
    costs(&world, 1, 3.0, 0.0);
}

#[tokio::test]
async fn a_page_that_learns_its_institution_late_reads_one_provider_more_and_nothing_twice() {
    let world = World::peopled().await;
    let mut directory = world.service.store.directory(&mut Usage::default()).await.unwrap();
    directory.institutions.truncate(1);
    assert!(world.service.store.change_directory(directory, &mut Usage::default()).await.unwrap().is_made());
    let client = world.client_with(|client| client.auth_methods.push(AuthMethod::Basic)).await;
    let nowhere = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let query = request(&client, &[("scope", "WMS_NCIP context:128807"), nowhere[0], nowhere[1]]);
    for (provided, value) in [(false, "sign_in"), (true, "provider")] {
        if provided {
            Idp::of(&world, |_| ()).await;
        }
        for target in [format!("{AUTHORIZE}?{query}"), APPLICATIONS.to_owned()] {
            let page = world.visitor().get(&target).await;
            assert!(page.text.contains(&format!("value=\"{value}\"")), "{target}: {}", page.text);
            let client = if target == APPLICATIONS { 0.0 } else { 1.0 };
            // Of a registered provider as many as its keys take.
            let line = world.last_log();
            let figures = (line["round_trips"].as_u64(), line["read_units"].as_f64());
            assert_eq!(figures, (Some(2), Some(2.0 + client)), "{target}: {line}");
        }
    }
}

#[tokio::test]
async fn a_user_who_comes_back_from_a_provider_costs_one_read_and_only_a_code_that_does_not_count_a_write() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    costs(&world, 1, 3.0, 0.0);
    visitor.get(&to).await;
    costs(&world, 1, 4.0, 0.0);
    let to = visitor.visit(&idp, &request(&client, &[("prompt", "login")]), "reader-1").await;
    visitor.get(&to.replacen("code=", "code=not-", 1)).await.shows(403);
    costs(&world, 2, 4.0, 2.0);
}

#[tokio::test]
async fn a_grant_of_the_longest_common_values_still_costs_one_write() {
    let world = World::new().await;
    let client = world
        .client_with(|client| {
            client.names_principal = true;
            client.scopes = (0..16).map(|number| format!("WorldCatMetadataAPI{number}")).collect();
            client.redirect_uris = (0..10).map(|number| format!("https://app.example/callback/{number}")).collect();
        })
        .await;
    let scopes: Vec<_> = (0..8).map(|number| format!("WorldCatMetadataAPI{number}")).collect();
    let query = ASK.replace("WMS_NCIP", &scopes.join("%20"));
    let principal = ("201571dd-b197-42e1-bd36-9fea404a864d", "urn:oclc:platform:128807");
    let reply = world.post(ISSUE, &query, &client.sign_as(&query, world.now(), Some(principal), &[])).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    costs(&world, 2, 1.0, 1.0);
    let scope = scopes.join(" ");
    let code = world.code_with(&client, &scope, |consent| {
        consent.redirect_uri = "https://app.example/callback/9".into();
        consent.challenge = Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into());
    });
    let query = redemption(&code.await).replace("callback", "callback%2F9");
    let query = format!("{query}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let reply = world.ask(&client, ISSUE, &query).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    costs(&world, 2, 2.0, 1.0);
}
