//! Keys apart: which keys a function derives at its start, what it does without them, and how a deployment of before moves.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use latchkey_dynamodb::random;
use latchkey_oauth::client::{Client, NamedSecret};
use latchkey_oauth::secret::{ClientSecret, DERIVED_FROM, Keyring, derived};
use latchkey_oauth::sign_in::factor::sealed_for;
use latchkey_testkit::events::{browser_event, event};
use latchkey_testkit::runtime_api::Function;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::ASK;
use serde_json::{Value, json};

use crate::functions::{Cloud, binary};

const CLIENTS: &str = "alias/clients";
const PAGES: &str = "alias/pages";
const REQUESTS: &str = "alias/requests";

/// A KMS that notes what it is asked for, and answers when it was asked for so many keys.
#[derive(Clone)]
struct Kms {
    asked: Arc<Mutex<Vec<(String, String)>>>,
    at_once: usize,
    denied: Vec<&'static str>,
}

/// What is in KMS: 32 bytes for each key.
fn master(key_id: &str) -> [u8; 32] {
    match key_id {
        CLIENTS => [1; 32],
        PAGES => [2; 32],
        _ => [3; 32],
    }
}

/// A keyring with the one key of this name.
fn ring(key_id: &str, name: &str) -> Keyring {
    Keyring::new(vec![(name.to_owned(), derived(&master(key_id), name).unwrap())]).unwrap()
}

async fn mac(State(kms): State<Kms>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let text = |member: &str| asked[member].as_str().unwrap().to_owned();
    let message = String::from_utf8(STANDARD.decode(text("Message")).unwrap()).unwrap();
    let (key_id, name) = (text("KeyId"), message.strip_prefix(DERIVED_FROM).unwrap().to_owned());
    kms.asked.lock().unwrap().push((key_id.clone(), name.clone()));
    let all = async {
        while kms.asked.lock().unwrap().len() < kms.at_once {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let all = tokio::time::timeout(Duration::from_secs(8), all).await;
    let refused = |code: &str| (StatusCode::BAD_REQUEST, json!({ "__type": code }).to_string()).into_response();
    if all.is_err() {
        return refused("OneAfterTheOther");
    }
    if kms.denied.contains(&key_id.as_str()) {
        return refused("AccessDeniedException");
    }
    let mac = STANDARD.encode(&derived(&master(&key_id), &name).unwrap()[..]);
    json!({ "KeyId": key_id, "Mac": mac, "MacAlgorithm": "HMAC_SHA_256" }).to_string().into_response()
}

impl Kms {
    async fn start(at_once: usize, denied: &[&'static str]) -> (Self, String) {
        let kms = Self { asked: Arc::default(), at_once, denied: denied.to_vec() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(mac)).with_state(kms.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (kms, url)
    }

    fn asked(&self) -> Vec<(String, String)> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

/// The environment of a function with its keys in this KMS.
fn environment(cloud: &Cloud, function: &str, kms: &str, old: &'static str) -> Vec<(&'static str, String)> {
    let mut environment = cloud.environment(function);
    environment.retain(|(name, _)| *name != "LATCHKEY_SEALING_KEY_FILE");
    environment.extend([
        ("AWS_ENDPOINT_URL_KMS", kms.to_owned()),
        ("LATCHKEY_SEALING_KMS_KEY", CLIENTS.to_owned()),
        ("LATCHKEY_PAGES_KMS_KEY", PAGES.to_owned()),
        ("LATCHKEY_REQUESTS_KMS_KEY", REQUESTS.to_owned()),
        ("LATCHKEY_OLD_KEYS", old.to_owned()),
    ]);
    environment
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_derives_the_keys_of_its_sets_at_once_and_no_others() {
    let cloud = Cloud::new().await;
    for function in ["issue", "refresh", "introspect", "revoke", "authorize"] {
        let (own, set) = if function == "authorize" { (PAGES, "pages") } else { (CLIENTS, "clients") };
        for old in ["none", "open", "seal"] {
            let mut expected: Vec<_> = ["v2", "v1"].map(|name| (own.to_owned(), format!("{set}/{name}"))).into();
            if ["issue", "authorize"].contains(&function) {
                expected.extend(["v2", "v1"].map(|name| (REQUESTS.to_owned(), format!("requests/{name}"))));
            }
            if old != "none" {
                expected.extend(["v2", "v1"].map(|name| (CLIENTS.to_owned(), name.to_owned())));
            }
            expected.sort();
            let (kms, url) = Kms::start(expected.len(), &[]).await;
            let mut environment = environment(&cloud, function, &url, old);
            environment.push(("LATCHKEY_SEALING_KEY_NAMES", "v2,v1".into()));
            drop(Function::under_our_own(binary(function), environment).await);
            assert_eq!(kms.asked(), expected, "{function} {old}");
        }
    }
}

/// What a sign-in of alice with a wrong code of her second factor is answered: 403 if the secret opens.
async fn wrong_code(authorize: &Function, query: &str) -> Value {
    let page = authorize.invoke(&browser_event("GET", "authorizeCode", query, None, "")).await;
    let body = page["body"].as_str().unwrap();
    let form = body.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let cookie = page["cookies"][0].as_str().unwrap().split(';').next().unwrap().to_owned();
    let password = PASSWORD.replace(' ', "+");
    let fields = format!("form={form}&username=alice&password={password}&code=000000&action=sign_in");
    authorize.invoke(&browser_event("POST", "authorizeCode", "", Some(&cookie), &fields)).await["statusCode"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_of_before_moves_and_what_its_old_key_sealed_opens_until_it_is_sealed_anew() {
    let cloud = Cloud::new().await;
    cloud.world.with_people().await;
    let (_, kms) = Kms::start(0, &[]).await;
    let secret = || ClientSecret::new("as long as a secret should be".into());
    let sealed = |client: &Client, ring: &Keyring| NamedSecret {
        name: "first".into(),
        sealed: ring.seal(&client.id, &secret(), random().unwrap()).unwrap(),
        created_at: client.created_at,
        expires_at: None,
    };
    // As the version before sealed them: everything under one key, by its bare name.
    let old = ring(CLIENTS, "v1");
    let id = cloud.world.client_with(|client| client.secrets = vec![sealed(client, &old)]).await.id;
    let client = Signer { id, secret: secret() };
    let alice = sealed_for(("128807", "alice"));
    let factor = |ring: &Keyring| Some(ring.seal_bytes(&alice, b"12345678901234567890", random().unwrap()).unwrap());
    cloud.world.change_user("alice", |user| user.second_factor = factor(&old)).await;
    let start = async |function: &str, old| {
        Function::under_our_own(binary(function), environment(&cloud, function, &kms, old)).await
    };
    let gets = async |issue: &Function| {
        let signed = client.sign(ASK, latchkey_dynamodb::clock::now());
        issue.invoke(&event("api-gateway", ASK, &signed)).await["statusCode"].clone()
    };
    let query = request(&client, &[]);
    for (old, answers) in [("seal", (200, 403)), ("open", (200, 403)), ("none", (503, 503))] {
        let (issue, authorize) = (start("issue", old).await, start("authorize", old).await);
        assert_eq!(
            (gets(&issue).await, wrong_code(&authorize, &query).await),
            (answers.0.into(), answers.1.into()),
            "{old}"
        );
    }
    // Nothing was lost. Sealed anew, all opens without the old keys, and before their end too.
    cloud.world.change(&client, |client| client.secrets = vec![sealed(client, &ring(CLIENTS, "clients/v1"))]).await;
    cloud.world.change_user("alice", |user| user.second_factor = factor(&ring(PAGES, "pages/v1"))).await;
    for old in ["none", "open", "seal"] {
        let (issue, authorize) = (start("issue", old).await, start("authorize", old).await);
        assert_eq!((gets(&issue).await, wrong_code(&authorize, &query).await), (200.into(), 403.into()), "{old}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_of_the_pages_that_may_derive_the_old_keys_no_more_starts_without_them_and_says_so() {
    let cloud = Cloud::new().await;
    cloud.world.with_people().await;
    let (_, url) = Kms::start(0, &[CLIENTS]).await;
    let printed = cloud.folder.path().join("printed");
    let environment_of = |function: &str| environment(&cloud, function, &url, "open");
    let authorize = Function::watched(binary("authorize"), environment_of("authorize"), &printed).await;
    let client = cloud.world.client().await;
    let page = authorize.invoke(&browser_event("GET", "authorizeCode", &request(&client, &[]), None, "")).await;
    assert_eq!(page["statusCode"], 200);
    assert!(page["body"].as_str().unwrap().contains("value=\"pages/v1."), "sealed under its own key");
    let text = std::fs::read_to_string(&printed).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["function"], &line["outcome"]), (&"authorize".into(), &"started_without_old_keys".into()));
    let reason = "LATCHKEY_SEALING_KMS_KEY: KMS does not do kms:GenerateMac with the key alias/clients: AccessDeniedException; \
                  the role or the credentials lack that permission, in their policy or in the key's";
    assert_eq!(line["reason"], reason);
    // A function of the set whose key it is does not start: it could open nothing.
    let ended = |function: &str, more: &[(&'static str, &str)]| {
        let mut command = std::process::Command::new(binary(function));
        command.env_clear().envs(environment_of(function)).envs(more.iter().copied());
        let output = command.env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").output().unwrap();
        assert!(!output.status.success());
        let line: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(line["outcome"], "not_started");
        line["reason"].as_str().unwrap().to_owned()
    };
    let told = tokio::task::block_in_place(|| {
        [
            ended("issue", &[]),
            ended("authorize", &[("LATCHKEY_PAGES_KMS_KEY", "")]),
            ended("authorize", &[("LATCHKEY_SEALING_KMS_KEY", "")]),
            ended("authorize", &[("LATCHKEY_REQUESTS_KMS_KEY", "")]),
        ]
    });
    assert_eq!(told[0], reason);
    assert!(told[1].starts_with("LATCHKEY_PAGES_KMS_KEY is not set;"), "{}", told[1]);
    assert!(told[2].starts_with("LATCHKEY_SEALING_KMS_KEY is not set;"), "{}", told[2]);
    assert!(told[3].starts_with("LATCHKEY_REQUESTS_KMS_KEY is not set;"), "{}", told[3]);
    assert!(Path::new(&printed).exists());
}
