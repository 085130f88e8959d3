//! `cargo bench`: what a request costs in CPU, and how a function starts. Prints a table; times nothing that could fail.
//!
//! The functions are the release binaries, spawned under a Runtime API, over the embedded DynamoDB engine on loopback.
//! Their CPU is read from the kernel's scheduler statistics, so the engine's own is not in it. The machine is never
//! quiet: compare lines of one run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "../tests/it/runtime_api.rs"]
#[allow(dead_code)]
mod runtime_api;
#[path = "shared/signed.rs"]
mod signed;

use std::hint::black_box;
use std::time::{Duration, Instant};

use latchkey::client::{Client, NamedSecret, new_client_id, new_secret};
use latchkey::flow::{Entropy, issue, refresh};
use latchkey::grant::{GrantType, Institutions};
use latchkey::local::{Options, Server};
use latchkey::secret::Keyring;
use latchkey::settings::Settings;
use latchkey::signature::canonical::{Pairs, SignedText};
use latchkey::signature::header::Credentials;
use latchkey::signature::{decode, verify};
use latchkey::token::{Fingerprint, Unverified};
use latchkey::{app, reply};
use runtime_api::{Function, environment};
use serde_json::{Value, json};
use signed::{ASK, event, signed};

const STARTS: usize = 15;
const INVOCATIONS: usize = 1000;

fn main() {
    println!("{:<44}{:>12}{:>12}{:>12}", "", "median", "p99", "CPU");
    pure_path();
    tokio::runtime::Runtime::new().unwrap().block_on(functions());
}

fn row(what: &str, mut times: Vec<Duration>, cpu: Option<Duration>) {
    times.sort();
    let micros = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
    let cpu = cpu.map_or("-".to_owned(), micros);
    println!("{what:<44}{:>12}{:>12}{cpu:>12}", micros(times[times.len() / 2]), micros(times[times.len() * 99 / 100]));
}

/// Parse, canonicalise, open the secret, verify, decide, render: a refresh without its two calls.
fn pure_path() {
    let keyring = Keyring::parse(&Keyring::line("bench", &[7; 32])).unwrap();
    let (settings, now) = (Settings::default(), app::now());
    let id = new_client_id([1; 40]);
    let secret = new_secret([2; 24]);
    let sealed = keyring.seal(&id, &secret, [3; 12]).unwrap();
    let named = NamedSecret { name: "first".into(), sealed: sealed.clone(), created_at: now, expires_at: None };
    let client = Client {
        grant_types: GrantType::ASKED_FOR.to_vec(),
        scopes: vec!["WMS_NCIP".into()],
        institutions: vec!["128807".into()],
        ..Client::new(id.clone(), String::new(), named, now)
    };
    let entropy = Entropy { access: [4; 20], refresh: [5; 20] };
    let institutions = Institutions { authenticating: "128807".into(), context: "128807".into() };
    let asked = issue::Asked { scope: "WMS_NCIP refresh_token", institutions, principal: None };
    let fingerprint = Fingerprint::of(&id, "1", "1");
    let Ok((grant, answer)) = issue::issue(&client, asked, &fingerprint, &settings, &entropy, now) else { panic!() };
    let query = format!("grant_type=refresh_token&refresh_token={}", *answer.refresh.unwrap().token.text);
    let authorization = signed(&id, &secret, &query, now);
    let once = || {
        let credentials = Credentials::parse(black_box(authorization.as_bytes())).unwrap();
        let pairs = Pairs::parse(black_box(query.as_bytes())).unwrap();
        let normalised = pairs.normalised();
        let text = SignedText {
            client_id: credentials.client_id,
            timestamp: credentials.timestamp,
            nonce: credentials.nonce,
            body_hash: "",
            method: "POST",
            authority: &settings.authority,
            query: &normalised,
        };
        let signature = decode(credentials.signature).unwrap();
        assert!(verify(&keyring.open(&id, &sealed).unwrap(), &text, &signature));
        // The second slot of every client is tried as well.
        assert!(!verify(&keyring.open_decoy().unwrap(), &text, &signature));
        let fingerprint = Fingerprint::of(credentials.client_id, credentials.timestamp, credentials.nonce);
        let token = Unverified::parse(pairs.iter().nth(1).unwrap().1);
        let asked = refresh::Asked { token, scope: None };
        let decided = refresh::refresh(&client, Some(&grant), &asked, &fingerprint, &settings, &entropy, now);
        let Ok((_, answer)) = decided else { panic!() };
        reply::tokens(&client, &answer, now)
    };
    let batch = || {
        let began = Instant::now();
        for _ in 0..1000 {
            black_box(once());
        }
        began.elapsed() / 1000
    };
    row("pure path of a refresh", (0..50).map(|_| batch()).collect(), None);
}

async fn functions() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let demo = server.demo(app::now()).await.unwrap().unwrap();
    let environment = environment(server.dynamodb_url.as_deref().unwrap(), folder.path());
    let issue = Function::under_our_own(env!("CARGO_BIN_EXE_issue"), environment.clone()).await;
    let tokens = issue.invoke(&event(&demo, ASK)).await;
    let tokens: Value = serde_json::from_str(tokens["body"].as_str().unwrap()).unwrap();
    let access_token = tokens["access_token"].as_str().unwrap();
    let refresh = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let introspect = format!("token={access_token}");
    let bearer = json!({
        "version": "2.0", "routeKey": "$default", "headers": { "authorization": format!("Bearer {access_token}") },
        "requestContext": { "http": { "method": "GET" } },
    });
    let asks: [(&str, &str, &dyn Fn() -> Value); 4] = [
        ("issue", env!("CARGO_BIN_EXE_issue"), &|| event(&demo, ASK)),
        ("refresh", env!("CARGO_BIN_EXE_refresh"), &|| event(&demo, &refresh)),
        ("introspect", env!("CARGO_BIN_EXE_introspect"), &|| event(&demo, &introspect)),
        ("authorizer", env!("CARGO_BIN_EXE_authorizer"), &|| bearer.clone()),
    ];
    for (name, binary, event) in asks {
        let (mut starts, mut firsts, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let began = Instant::now();
            let function = Function::under_our_own(binary, environment.clone()).await;
            starts.push(began.elapsed());
            cpu.push(cpu_of(&function));
            let event = event();
            let began = Instant::now();
            succeeds(&function.invoke_raw(&event).await);
            firsts.push(began.elapsed());
        }
        cpu.sort();
        row(&format!("{name}: spawn to first next"), starts, Some(cpu[STARTS / 2]));
        row(&format!("{name}: first invocation"), firsts, None);
        let function = Function::under_our_own(binary, environment.clone()).await;
        let events: Vec<_> = (0..INVOCATIONS + 100).map(|_| event()).collect();
        let (mut times, mut before) = (Vec::new(), Duration::ZERO);
        for (index, event) in events.iter().enumerate() {
            if index == 100 {
                before = cpu_of(&function);
                times.clear();
            }
            let began = Instant::now();
            succeeds(&function.invoke_raw(event).await);
            times.push(began.elapsed());
        }
        let spent = (cpu_of(&function) - before) / INVOCATIONS as u32;
        row(&format!("{name}: warm invocation"), times, Some(spent));
        println!(
            "{:<44}{:>12}",
            format!("{name}: resident, KB; binary, KB"),
            format!("{}; {}", resident(&function), std::fs::metadata(binary).unwrap().len() / 1024)
        );
    }
}

fn succeeds(answer: &Value) {
    assert!(answer["statusCode"] == 200 || answer["isAuthorized"] == true, "{answer}");
}

/// CPU time of all threads so far; zero where the kernel does not tell.
fn cpu_of(function: &Function) -> Duration {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", function.child.id())) else { return Duration::ZERO };
    let nanos = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

fn resident(function: &Function) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", function.child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or("-").to_owned()
}
