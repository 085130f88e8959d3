//! Providers that are down, slow or answer what nobody asked: a page within the deadline, and nothing made.

use std::time::Instant;

use latchkey_oauth::service::SIGN_OUT;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::provider::{Idp, Says};
use latchkey_testkit::tls::Tls;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::World;
use serde_json::json;

use super::visits::refused;

const JSON: &str = "application/json";

#[tokio::test]
async fn what_the_token_endpoint_answers_besides_an_id_token_is_refused_by_name() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let error = |name: &str| json!({ "error": name }).to_string();
    let given = |token_type: &str| json!({ "token_type": token_type, "id_token": "x.y.z" }).to_string();
    for (says, denial) in [
        (Says::Answer(500, "text/html", "<h1>".into()), "provider_unreachable"),
        (Says::Answer(503, JSON, error("temporarily_unavailable")), "provider_unreachable"),
        (Says::Answer(429, JSON, String::new()), "provider_unreachable"),
        (Says::Answer(302, JSON, String::new()), "provider_answer_malformed"),
        (Says::Answer(307, JSON, given("Bearer")), "provider_answer_malformed"),
        (Says::Answer(200, "text/html", given("Bearer")), "provider_answer_malformed"),
        (Says::Answer(200, JSON, "not JSON".into()), "provider_answer_malformed"),
        (Says::Answer(200, JSON, "[]".into()), "provider_answer_malformed"),
        (Says::Answer(200, JSON, json!({ "token_type": "Bearer" }).to_string()), "provider_answer_malformed"),
        (Says::Answer(200, JSON, given("mac")), "provider_answer_malformed"),
        (Says::Answer(200, JSON, "x".repeat(70_000)), "provider_answer_malformed"),
        (Says::Answer(400, JSON, error("invalid_grant")), "provider_code_refused"),
        (Says::Answer(401, JSON, error("invalid_client")), "provider_client_refused"),
        (Says::Answer(401, "text/plain", String::new()), "provider_client_refused"),
        (Says::Answer(400, JSON, error("made-up-by-someone")), "provider_error"),
        (Says::Answer(200, JSON, given("Bearer")), "id_token_malformed"),
    ] {
        idp.behave(|behaviour| behaviour.token = says);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let reply = visitor.get(&to).await;
        refused(&visitor, &reply, 403, denial).await;
        assert!(reply.text.contains("For your institution:") && reply.text.contains("Start again"), "{}", reply.text);
    }
}

#[tokio::test]
async fn what_the_key_set_is_not_is_refused_too() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    idp.behave(|behaviour| behaviour.header = json!({ "alg": "RS256", "kid": "second" }));
    for (says, denial) in [
        (Says::Answer(500, JSON, String::new()), "provider_unreachable"),
        (Says::Answer(302, JSON, String::new()), "provider_answer_malformed"),
        (Says::Answer(200, "text/html", json!({ "keys": [] }).to_string()), "provider_answer_malformed"),
        (Says::Answer(200, JSON, json!({ "keys": [] }).to_string()), "provider_answer_malformed"),
        (Says::Answer(200, JSON, "x".repeat(70_000)), "provider_answer_malformed"),
    ] {
        idp.behave(|behaviour| behaviour.keys = says);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        refused(&visitor, &visitor.get(&to).await, 403, denial).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_down_or_says_nothing_is_waited_for_four_seconds_at_most() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    idp.behave(|behaviour| behaviour.token = Says::Nothing);
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let began = Instant::now();
    let reply = visitor.get(&to).await;
    // The function has ten seconds, and says itself that it cannot: a 503 would ring.
    assert!(began.elapsed() >= latchkey::outbound::LIMIT, "{:?}", began.elapsed());
    refused(&visitor, &reply, 403, "provider_unreachable").await;
    assert!(reply.text.contains("does not answer at the moment"), "{}", reply.text);
    let duration = world.last_log()["duration_ms"].as_f64().unwrap();
    assert!(duration < 9000.0, "{duration}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_has_only_the_time_that_the_database_left_it() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let idp = Idp::of(world, |_| ()).await;
    idp.behave(|behaviour| behaviour.token = Says::Nothing);
    let unread = Fault::Slow(&Fault::Unprocessed);
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    // All but the whole time of the function: the database is at fault, no code is sent, and the same address counts later.
    troubled.wire.script([
        Fault::Silence,
        Fault::Silence,
        unread,
        Fault::Silence,
        Fault::Silence,
        unread,
        Fault::Slow(&Fault::Pass),
    ]);
    let reply = visitor.get(&to).await;
    troubled.wire.heal();
    reply.shows(503);
    assert_eq!((idp.calls(), world.last_log()["denial"].as_str()), ((0, 0), Some("database_unreachable")));
    // Some seconds of reads, after which the provider is asked, and has the rest.
    troubled.wire.script([unread, Fault::Silence, unread, Fault::Slow(&Fault::Pass)]);
    let reply = visitor.get(&to).await;
    troubled.wire.heal();
    refused(&visitor, &reply, 403, "provider_unreachable").await;
    assert_eq!(idp.calls().0, 1);
}

#[tokio::test]
async fn a_provider_without_a_server_or_at_an_address_that_is_not_public_is_told_apart() {
    let world = World::peopled().await;
    let client = world.client().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::before("http://127.0.0.1:1/", folder.path()).await;
    let (later, never) = ("in a few minutes", "tell your institution");
    for (token_endpoint, denial, advice) in [
        (format!("http://{closed}/token"), "provider_unreachable", later),
        ("http://10.0.0.1/token".into(), "provider_address_refused", never),
        ("http://169.254.169.254/latest".into(), "provider_address_refused", never),
        // RFC 6761 section 6.4: no such name exists.
        ("http://provider.invalid/token".into(), "provider_unresolved", never),
        (format!("{}/token", tls.url), "provider_untrusted", never),
    ] {
        let idp = Idp::start().await;
        let store = &world.service.store;
        let mut usage = latchkey_dynamodb::store::Usage::default();
        let before = store.provider("128807", &mut usage).await.unwrap();
        let provider = latchkey_oauth::provider::Provider { token_endpoint, ..world.provider(&idp.issuer) };
        assert!(store.put_provider(provider, before.as_ref(), &mut usage).await.unwrap().is_made());
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        let reply = visitor.get(&to).await;
        refused(&visitor, &reply, 403, denial).await;
        assert!(reply.text.contains(advice) && !reply.text.contains("in time"), "{denial}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_service_that_is_not_on_loopback_itself_calls_no_provider_there() {
    let settings = latchkey_oauth::settings::Settings {
        issuer: Some("https://auth.example".into()),
        ..latchkey_oauth::settings::Settings::default()
    };
    let choices = latchkey_testkit::world::Choices { settings, ..Default::default() };
    let world = World::with(choices).await;
    world.with_people().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let reply = visitor.get(&to).await;
    reply.shows(403);
    assert_eq!(world.last_log()["denial"], "provider_address_refused");
    assert_eq!(idp.calls(), (0, 0));
    assert!(visitor.value("__Host-latchkey").is_none());
}

#[tokio::test]
async fn a_database_that_is_away_uses_no_visit_up_and_keeps_no_user_from_signing_out() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let idp = Idp::of(world, |_| ()).await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let refuses = [Fault::Error(400, "AccessDeniedException"), Fault::Error(400, "AccessDeniedException")];
    troubled.wire.script(refuses);
    let away = visitor.get(&to).await;
    away.shows(503);
    assert_eq!((idp.calls(), world.last_log()["outcome"].as_str()), ((0, 0), Some("unavailable")));
    troubled.wire.heal();
    // The same address, loaded again.
    assert_eq!(visitor.get(&to).await.status, 303);
    let form = visitor.get(SIGN_OUT).await.form();
    troubled.wire.script(refuses);
    let out = visitor.post(SIGN_OUT, &[("form", &form)]).await;
    out.shows(200);
    assert!(out.text.contains("may still be signed in at your institution"), "{}", out.text);
    assert!(visitor.value("latchkey").is_none());
}
