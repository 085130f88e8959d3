//! Behind a proxy: the gateway's own address answers requests of the proxy alone, and says so before it reads anything.

use latchkey::context::Endpoint;
use latchkey::endpoint::{authorize, introspect, issue, refresh, revoke};
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::proxy::ProxySecrets;
use latchkey_oauth::service::Function;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::events::{browser_event, event};
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, Choices, World};
use serde_json::Value;

const OLD: &str = "old0123456789abcdef0123456789abcdef";
const NEW: &str = "new0123456789abcdef0123456789abcdef";
const HEADER: &str = "x-latchkey-proxy";

async fn behind(trusted_proxies: usize) -> World {
    let settings = Settings {
        trusted_proxies,
        proxy_secrets: ProxySecrets::parse(&format!("{NEW} {OLD}")),
        ..Settings::default()
    };
    World::with(Choices { settings, ..Choices::default() }).await
}

/// What the gateway gets, and the line.
async fn ask(world: &World, endpoint: Endpoint, event: &Value) -> (Value, String) {
    let log_line = LogLine::of(Function::Issue);
    let (answer, log_line) = invoke(&world.service, endpoint, &event.to_string(), log_line, world.now()).await;
    (serde_json::to_value(&answer).unwrap(), log_line.to_string())
}

#[tokio::test]
async fn a_request_past_the_proxy_is_refused_before_any_read_by_every_function() {
    let world = behind(1).await;
    let client = world.client().await;
    let endpoints = [issue::ENDPOINT, refresh::ENDPOINT, authorize::ENDPOINT, introspect::ENDPOINT, revoke::ENDPOINT];
    for endpoint in endpoints {
        for sent in
            [None, Some(""), Some("x"), Some(&OLD[1..]), Some(&format!("{OLD},{OLD}")), Some(&format!("{NEW} {OLD}"))]
        {
            let mut event = event("api-gateway", ASK, &client.sign(ASK, world.now()));
            if let Some(sent) = sent {
                event["headers"][HEADER] = sent.into();
            }
            let (answer, line) = ask(&world, endpoint, &event).await;
            assert_eq!(answer["statusCode"], 403, "{sent:?}: {answer}");
            assert!(answer["body"].as_str().unwrap().contains("behind the service's CDN"), "{answer}");
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["denial"], "proxy_bypassed");
            assert_eq!((&line["round_trips"], &line["read_units"]), (&0.into(), &0.0.into()), "no read");
            assert_eq!(line["request_id"], event["requestContext"]["requestId"]);
            assert!(line["client_id"].is_null() && line["claimed_client_id"].is_null());
            for text in [answer.to_string(), line.to_string()] {
                assert!(!text.contains(&OLD[1..]) && !text.contains(NEW), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn a_request_through_the_proxy_is_answered_with_either_secret_and_the_secret_goes_nowhere() {
    let world = behind(1).await;
    let client = world.client().await;
    for secret in [OLD, NEW] {
        for name in [HEADER, "X-Latchkey-Proxy"] {
            let mut event = event("api-gateway", ASK, &client.sign(ASK, world.now()));
            event["headers"][name] = secret.into();
            let (answer, line) = ask(&world, issue::ENDPOINT, &event).await;
            assert_eq!(answer["statusCode"], 200, "{answer}");
            assert!(!answer.to_string().contains(secret) && !line.contains(secret), "{line}");
            // What is wrong with the request is told without it, too.
            event["rawQueryString"] = "grant_type=x".into();
            let (answer, line) = ask(&world, issue::ENDPOINT, &event).await;
            assert_eq!(answer["statusCode"], 401, "{answer}");
            assert!(!answer.to_string().contains(secret) && !line.contains(secret), "{line}");
        }
    }
}

#[tokio::test]
async fn an_invocation_that_no_gateway_made_needs_no_secret_and_no_header_makes_one() {
    let world = behind(1).await;
    let client = world.client().await;
    let mut direct = event("api-gateway", ASK, &client.sign(ASK, world.now()));
    direct["requestContext"].as_object_mut().unwrap().remove("apiId");
    assert_eq!(ask(&world, issue::ENDPOINT, &direct).await.0["statusCode"], 200);
    // What a requester can write is no part of what the gateway says.
    let mut forged = event("api-gateway", ASK, &client.sign(ASK, world.now()));
    forged["headers"]["requestcontext"] = "{}".into();
    forged["headers"]["apiid"] = "".into();
    assert_eq!(ask(&world, issue::ENDPOINT, &forged).await.0["statusCode"], 403);
    // Where no secret is asked for, every request of the gateway is answered.
    let open = World::new().await;
    let client = open.client().await;
    let event = event("api-gateway", ASK, &client.sign(ASK, open.now()));
    assert_eq!(ask(&open, issue::ENDPOINT, &event).await.0["statusCode"], 200);
}

#[tokio::test]
async fn forwarded_addresses_count_only_with_the_secret() {
    for (api, secret, counted) in
        [(Some("r3pmxmplak"), Some(NEW), "198.51.100.9"), (None, None, "192.0.2.7"), (None, Some(OLD), "198.51.100.9")]
    {
        let world = behind(1).await;
        world.with_people().await;
        let client = world.client().await;
        let query = request(&client, &[]);
        let of_gateway = |method: &str, query: &str, cookie: Option<&str>, body: &str| {
            let mut event = browser_event(method, "authorizeCode", query, cookie, body);
            event["headers"]["x-forwarded-for"] = "192.0.2.66, 198.51.100.9, 10.0.0.1".into();
            if let Some(api) = api {
                event["requestContext"]["apiId"] = api.into();
            }
            if let Some(secret) = secret {
                event["headers"][HEADER] = secret.into();
            }
            event
        };
        fail_to_sign_in(&world, &query, of_gateway).await;
        for address in ["192.0.2.7", "192.0.2.66", "198.51.100.9", "10.0.0.1"] {
            let here = failures_from(&world, address).await;
            assert_eq!(here, u64::from(address == counted), "{address}, {api:?}");
        }
    }
}

/// A wrong password, by the events that a test makes of method, query, cookie and body.
async fn fail_to_sign_in(world: &World, query: &str, event: impl Fn(&str, &str, Option<&str>, &str) -> Value) {
    let (page, _) = ask(world, authorize::ENDPOINT, &event("GET", query, None, "")).await;
    let (_, form) = page["body"].as_str().unwrap().split_once("name=\"form\" value=\"").unwrap();
    let (form, _) = form.split_once('"').unwrap();
    let cookie = page["cookies"][0].as_str().unwrap().split(';').next().unwrap();
    let body = format!("form={form}&username=alice&password=wrong&action=sign_in");
    let (answer, line) = ask(world, authorize::ENDPOINT, &event("POST", "", Some(cookie), &body)).await;
    assert_eq!(answer["statusCode"], 403, "{line}");
    assert!(line.contains("sign_in_failed"), "{line}");
}

/// How many wrong passwords count for an address.
async fn failures_from(world: &World, address: &str) -> u64 {
    let source = Source::unknown(address.parse().unwrap(), world.now());
    let wanted = Wanted { client_id: None, user: Some(("128807", "alice")), attempt: Some(source), provider: None };
    let data = world.service.store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
    data.counted.networks[0].0.values().sum()
}

#[tokio::test]
async fn what_a_requester_writes_before_the_entries_of_proxies_changes_nothing_whatever_it_is() {
    for (forwarded, counted) in [
        ("\u{e9}, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        ("\u{1f600},\u{ff}, 192.0.2.66, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        (",,\" , 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        // Of what is no address, the gateway's own caller is left.
        ("192.0.2.66, \u{e9}, 10.0.0.1", "192.0.2.7"),
    ] {
        let world = behind(1).await;
        world.with_people().await;
        let client = world.client().await;
        fail_to_sign_in(&world, &request(&client, &[]), |method, query, cookie, body| {
            let mut event = browser_event(method, "authorizeCode", query, cookie, body);
            event["headers"]["x-forwarded-for"] = forwarded.into();
            event["requestContext"]["apiId"] = "r3pmxmplak".into();
            event["headers"][HEADER] = NEW.into();
            event
        })
        .await;
        for address in ["192.0.2.7", "192.0.2.66", "198.51.100.9", "10.0.0.1"] {
            assert_eq!(failures_from(&world, address).await, u64::from(address == counted), "{address}: {forwarded}");
        }
    }
}
