//! A sign-in by an institution's own provider: what it brings along is printed nowhere, and no refusal repeats it.

use std::sync::{Arc, Mutex};

use latchkey_oauth::form::encode;
use latchkey_oauth::provider::Provider;
use latchkey_testkit::events::browser_event;
use latchkey_testkit::hunt::Hunt;
use latchkey_testkit::provider::{Idp, Says, asked};
use latchkey_testkit::registered::PROVIDER_SECRET;
use latchkey_testkit::reply::leads;
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::World;
use serde_json::{Value, json};

use super::watch::{Watch, form};

/// Remembers each ID token that the provider signs.
fn remember(idp: &Idp, spoil: fn(String) -> String) -> Arc<Mutex<Vec<String>>> {
    let tokens = Arc::<Mutex<Vec<String>>>::default();
    let kept = tokens.clone();
    idp.behave(move |says| {
        says.forge = Box::new(move |token| {
            let token = spoil(token);
            kept.lock().unwrap().push(token.clone());
            token
        });
    });
    tokens
}

fn add_tokens(hunt: &mut Hunt, tokens: &Mutex<Vec<String>>) {
    for token in tokens.lock().unwrap().drain(..) {
        hunt.add("the claims of an ID token", token.split('.').nth(1).unwrap().as_bytes());
        hunt.add("the signature of an ID token", token.rsplit('.').next().unwrap().as_bytes());
    }
}

/// What an address holds by which a user leaves, or comes back.
fn add_address(hunt: &mut Hunt, url: &str) {
    let pairs = asked(url);
    for name in ["code", "nonce", "code_challenge"] {
        if let Some(value) = pairs.get(name) {
            hunt.add(name, value.as_bytes());
        }
    }
    hunt.add_sealed("a visit", &pairs["state"]);
}

#[tokio::test]
async fn no_code_state_token_subject_or_word_of_a_provider_reaches_a_log_line_or_a_refusal() {
    let world = World::peopled().await;
    let client = world.client().await;
    let idp = Idp::of(&world, |provider| provider.claim = "email".into()).await;
    let mut hunt = Hunt::default();
    let subject = hunt.fresh("a subject");
    let email = format!("{}@demo.example", hunt.fresh("an address of e-mail"));
    idp.behave(move |says| says.edit = Box::new(move |claims| claims["email"] = email.clone().into()));
    let query = request(&client, &[]);
    let spoils: [fn(String) -> String; 3] =
        [|token| token, |token| format!("{}AAAA", &token[..token.len() - 4]), |token| format!("{token}.{token}")];
    for spoil in spoils {
        let tokens = remember(&idp, spoil);
        let visitor = world.visitor();
        let url = {
            let page = visitor.ask(&query).await;
            visitor.leave(&page, AUTHORIZE).await
        };
        let back = idp.sign_in(&world, &url, &subject);
        add_address(&mut hunt, &url);
        add_address(&mut hunt, &back);
        let replies = [visitor.get(&back).await, visitor.get(&back).await, world.visitor().get(&back).await];
        add_tokens(&mut hunt, &tokens);
        for reply in &replies {
            // Of a page, only the way on holds what the application sent.
            hunt.finds_nothing("an answer", reply.text.as_bytes());
        }
    }
    let word = hunt.fresh("a word of the provider's");
    let said = [
        Says::Answer(400, "application/json", json!({ "error": word, "error_description": word }).to_string()),
        Says::Answer(200, "application/json", json!({ "token_type": word, "id_token": word }).to_string()),
        Says::Answer(500, "text/html", word.clone()),
        Says::Answer(302, "text/html", word.clone()),
    ];
    for says in said {
        idp.behave(|behaviour| behaviour.token = says);
        let visitor = world.visitor();
        let back = visitor.visit(&idp, &query, &subject).await;
        add_address(&mut hunt, &back);
        hunt.finds_nothing("a page", visitor.get(&back).await.text.as_bytes());
    }
    let visitor = world.visitor();
    let state = encode(&asked(&visitor.visit(&idp, &query, &subject).await)["state"]).into_owned();
    for query in [
        format!("state={state}&error={word}&error_description={word}&error_uri={word}"),
        format!("state={state}&code={word}&iss={word}"),
        format!("state={word}&code={word}"),
        format!("{word}={word}"),
    ] {
        let page = visitor.get(&format!("/oauth2/callback?institution=128807&{query}")).await;
        hunt.finds_nothing("a page", page.text.as_bytes());
    }
    let log = world.log();
    let names: Vec<_> = log.iter().filter_map(|line| line["denial"].as_str()).collect();
    for name in ["id_token_signature_wrong", "id_token_malformed", "provider_error", "visit_foreign", "visit_unknown"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    // Its words are words of pages, too.
    hunt.add("the service's secret at the provider", PROVIDER_SECRET.as_bytes());
    for line in log {
        hunt.finds_nothing("a log line", line.to_string().as_bytes());
    }
}

/// The cookies of a browser behind the gateway.
#[derive(Default)]
struct Jar(Vec<String>);

impl Jar {
    fn receive(&mut self, answer: &Value) {
        for set in answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let pair = set.split(';').next().unwrap();
            let name = &pair[..=pair.find('=').unwrap()];
            self.0.retain(|known| !known.starts_with(name));
            if !set.contains("Max-Age=0") {
                self.0.push(pair.to_owned());
            }
        }
    }

    async fn tell(&mut self, watch: &mut Watch, method: &str, last: &str, query: &str, body: &str) -> Value {
        let cookies = self.0.join("; ");
        let answer =
            watch.tell("authorize", browser_event(method, last, query, Some(&cookies), body).to_string()).await;
        self.receive(&answer);
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_calls_a_provider_prints_and_stores_nothing_of_what_either_said() {
    let mut watch = Watch::new().await;
    let issuer = watch.cloud.world.issuer();
    watch.start(&[("LATCHKEY_ISSUER", &issuer)]).await;
    let client = watch.cloud.world.client().await;
    let idp = Idp::of(&watch.cloud.world, |_| ()).await;
    watch.secrets.add("the service's secret at the provider", PROVIDER_SECRET.as_bytes());
    let query = request(&client, &[]);
    for (at, says) in [Says::Right, Says::Right, Says::Answer(500, "text/html", "<h1>".into())].into_iter().enumerate()
    {
        idp.behave(|behaviour| behaviour.token = says);
        let tokens = remember(&idp, |token| token);
        let subject = watch.sent.fresh("a subject");
        let mut jar = Jar::default();
        let page = jar.tell(&mut watch, "GET", "authorizeCode", &query, "").await;
        let fields = format!("form={}&action=provider", form(&page));
        watch.sent.add_sealed("a form", &form(&page));
        let left = jar.tell(&mut watch, "POST", "authorizeCode", "", &fields).await;
        let url = leads(left["body"].as_str().unwrap()).unwrap();
        let back = idp.sign_in(&watch.cloud.world, &url, &subject);
        add_address(&mut watch.sent, &url);
        watch.secrets.add("a provider's code", asked(&back)["code"].as_bytes());
        let (_, returned) = back.split_once('?').unwrap();
        if at == 1 {
            // The provider's address is another: the service does not call it.
            let provider = watch.cloud.world.provider(&idp.issuer);
            change(&watch.cloud.world, Provider { token_endpoint: "http://10.0.0.1/token".into(), ..provider }).await;
        }
        let answer = jar.tell(&mut watch, "GET", "callback", returned, "").await;
        let status = answer["statusCode"].as_u64();
        assert_eq!(status, Some(if at == 0 { 303 } else { 403 }), "{answer}");
        add_tokens(&mut watch.secrets, &tokens);
        jar.tell(&mut watch, "GET", "callback", returned, "").await;
        if at == 1 {
            change(&watch.cloud.world, watch.cloud.world.provider(&idp.issuer)).await;
        }
    }
    watch.ends(12).await;
}

/// Registers a provider in the place of another one. It stays the same to the sessions.
async fn change(world: &World, provider: Provider) {
    let mut usage = latchkey_dynamodb::store::Usage::default();
    let store = &world.service.store;
    let before = store.provider("128807", &mut usage).await.unwrap().unwrap();
    let provider = Provider { created_at: before.created_at, sessions_from: before.sessions_from, ..provider };
    assert!(store.put_provider(provider, Some(&before), &mut usage).await.unwrap().is_made());
}
