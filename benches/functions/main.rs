//! `cargo bench --bench functions`: how the functions start, and what an invocation costs. It asserts no limit.
//!
//! The release binaries, as they are shipped, are spawned under a Runtime API; the embedded DynamoDB engine answers them
//! over TLS. Beside them run a function that does nothing and one that makes a refresh's two calls with the bare SDK.
//! CPU time is the kernel's, of the function's threads alone. The machine is never quiet: compare lines of one run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod contestant;
mod report;

use std::cell::RefCell;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use clap::Parser;
use contestant::{Contestant, Foreign, Measured, at, micros};
use latchkey_cli::local::{Options, Server};
use latchkey_counted::Refresh;
use latchkey_dynamodb::{aws, clock};
use latchkey_oauth::token::{GrantId, Unverified};
use latchkey_testkit::bench::built;
use latchkey_testkit::bench::signed::{ASK, event};
use latchkey_testkit::runtime_api::{Function, environment};
use latchkey_testkit::tls::Tls;
use serde_json::{Value, json};
use uuid::Uuid;

/// Measures the functions.
#[derive(Parser)]
struct Arguments {
    /// Processes started of each.
    #[arg(long, default_value_t = 25)]
    starts: usize,
    /// Warm invocations measured of each.
    #[arg(long, default_value_t = 2000)]
    invocations: usize,
    /// Measures only those whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// A JSON file that describes another program to measure: name, command, files, environment, event.
    #[arg(long)]
    contestant: Vec<PathBuf>,
    /// Grants that stand in the table beforehand.
    #[arg(long, default_value_t = 10)]
    grants: usize,
    /// Instead of all else: so many invocations of one process of the function that --only names, or of refresh, and its
    /// memory after the first 1,000 and after every tenth of them.
    #[arg(long)]
    soak: Option<usize>,
    /// Writes the table and the plot into docs/.
    #[arg(long)]
    write: bool,
    /// What cargo passes.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Invocations of one contestant, before the next one has its turn.
const BATCH: usize = 100;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.soak.is_some() && arguments.only.is_empty() {
        arguments.only = "refresh".to_owned();
    }
    let release = built::functions();
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let tls = Tls::before(server.dynamodb_url.as_deref().unwrap(), folder.path()).await;
    let mut environment = environment(&tls.url, folder.path());
    // Of the system's certificates none, as a function trusts Amazon's few alone.
    environment.push(("SSL_CERT_FILE", tls.certificates.to_str().unwrap().to_owned()));
    environment.push(("SSL_CERT_DIR", folder.path().join("none").to_str().unwrap().to_owned()));
    let contestants = contestants(&server, &release, &environment, &arguments).await;
    // Of that very name, before one that only has it in its own.
    let named = contestants.iter().find(|contestant| contestant.name == arguments.only).or(contestants.first());
    let Some(named) = named else {
        eprintln!("--only {}: no function has that in its name", arguments.only);
        return ExitCode::FAILURE;
    };
    if let Some(invocations) = arguments.soak {
        println!("{}: resident MB, after so many invocations of one process", named.name);
        named.soak(invocations, |after, resident| println!("{after:>9}{resident:>7.1}")).await;
        return ExitCode::SUCCESS;
    }
    let mut measured: Vec<_> = contestants.iter().map(|_| Measured::default()).collect();
    for _ in 0..arguments.starts {
        for (contestant, measured) in contestants.iter().zip(&mut measured) {
            contestant.start(measured).await;
        }
    }
    let mut warm = Vec::new();
    for contestant in &contestants {
        warm.push(contestant.warm_up(arguments.invocations / 5).await);
    }
    for first in (0..arguments.invocations).step_by(BATCH) {
        let batch = BATCH.min(arguments.invocations - first);
        for ((contestant, warm), measured) in contestants.iter().zip(&warm).zip(&mut measured) {
            contestant.invoke(warm, batch, &tls, measured).await;
        }
    }
    for ((contestant, warm), measured) in contestants.iter().zip(warm).zip(&mut measured) {
        contestant.finish(warm, measured);
    }
    let lines: Vec<_> = contestants.iter().map(|contestant| contestant.name.as_str()).zip(&measured).collect();
    // On a thread of its own: it brings a runtime.
    let pure_path = std::thread::spawn(pure_path).join().unwrap();
    let text = report::text(&lines, pure_path, arguments.grants);
    println!("{text}");
    if arguments.write {
        report::write(&text, &lines);
    }
    ExitCode::SUCCESS
}

/// The functions, what they are compared with, and whom the arguments bring.
async fn contestants(
    server: &Server,
    release: &std::path::Path,
    environment: &[(&'static str, String)],
    arguments: &Arguments,
) -> Vec<Contestant> {
    let binary = |name: &str| release.join(name).to_str().unwrap().to_owned();
    let demo = Rc::new(server.demo(clock::now()).await.unwrap().unwrap());
    let issue = Function::under_our_own(&binary("issue"), environment.to_vec()).await;
    let mut grants = Vec::new();
    // Each revocation ends a token of its own.
    let ended = match arguments.soak {
        Some(invocations) => invocations * usize::from("revoke".contains(&arguments.only)),
        None => arguments.starts + arguments.invocations * 6 / 5,
    };
    for _ in 0..=ended {
        let tokens = issue.invoke(&event(&demo, ASK)).await;
        grants.push(serde_json::from_str::<Value>(tokens["body"].as_str().unwrap()).unwrap());
    }
    let token = |grant: usize, name: &str| grants[grant][name].as_str().unwrap().to_owned();
    crowd(server.dynamodb_url.as_deref().unwrap(), &token(0, "access_token"), arguments.grants).await;
    let signed = |query: String| -> Box<dyn Fn() -> Value> {
        let demo = demo.clone();
        Box::new(move || event(&demo, &query))
    };
    let ends: Vec<_> = (1..grants.len()).map(|grant| format!("token={}", token(grant, "access_token"))).collect();
    let ends = (demo.clone(), RefCell::new(ends));
    let revoking = Box::new(move || event(&ends.0, &ends.1.borrow_mut().pop().unwrap()));
    let constant = |event: Value| -> Box<dyn Fn() -> Value> { Box::new(move || event.clone()) };
    let refreshing = format!("grant_type=refresh_token&refresh_token={}", token(0, "refresh_token"));
    let keys = format!("demo&{}", Unverified::parse(&token(0, "access_token")).unwrap().grant_id);
    let get = |path: &str, query: &str, headers: Value| {
        let context =
            json!({ "stage": "$default", "http": { "method": "GET", "path": path, "sourceIp": "192.0.2.1" } });
        json!({ "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
                "requestContext": context, "isBase64Encoded": false })
    };
    let page = "client_id=demo&response_type=code&scope=WMS_NCIP&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback\
                &authenticatingInstitutionId=128807&contextInstitutionId=128807";
    let bearer = json!({ "authorization": format!("Bearer {}", token(0, "access_token")) });
    let ours = [
        ("examples/nothing", constant(get("/", "", json!({})))),
        ("examples/bare_sdk", constant(get("/", &keys, json!({})))),
        ("issue", signed(ASK.to_owned())),
        ("refresh", signed(refreshing.clone())),
        ("introspect", signed(format!("token={}", token(0, "access_token")))),
        ("revoke", revoking),
        ("authorizer", constant(get("/", "", bearer))),
        ("authorize", constant(get("/oauth2/authorizeCode", page, json!({})))),
    ];
    let every: Vec<_> = environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let ours = ours.map(|(file, event)| Contestant {
        name: file.trim_start_matches("examples/").to_owned(),
        files: vec![binary(file).into()],
        command: vec![binary(file)],
        environment: every.clone(),
        event,
    });
    let foreign = arguments.contestant.iter().map(|path| {
        let foreign: Foreign = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Contestant {
            name: foreign.name,
            files: if foreign.files.is_empty() { vec![foreign.command[0].clone().into()] } else { foreign.files },
            command: foreign.command,
            environment: every.iter().cloned().chain(foreign.environment).collect(),
            event: foreign.event.map_or_else(|| signed(refreshing.clone()), constant),
        }
    });
    let all = ours.into_iter().chain(foreign);
    all.filter(|contestant| contestant.name.contains(&arguments.only)).collect()
}

/// Copies of the grant that is refreshed, under other ids, beside which the cost shall be the same.
async fn crowd(engine: &str, access_token: &str, grants: usize) {
    let db = aws::dynamodb_at(engine);
    let named = |id: GrantId| ("grant_id".to_owned(), AttributeValue::S(id.to_string()));
    let key = [named(Unverified::parse(access_token).unwrap().grant_id)];
    let part = ("part".to_owned(), AttributeValue::S("grant".into()));
    let found = db.get_item().table_name("latchkey-tokens").set_key(Some(key.into_iter().chain([part]).collect()));
    let grant = found.send().await.unwrap().item.unwrap();
    let copy = |number: usize| {
        let id = GrantId::random(Uuid::from_u64_pair(number as u64, 0x1a7c).into_bytes());
        grant.clone().into_iter().chain([named(id)]).collect()
    };
    for first in (0..grants).step_by(25) {
        let puts = (first..grants.min(first + 25)).map(|number| {
            let put = PutRequest::builder().set_item(Some(copy(number))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        db.batch_write_item().request_items("latchkey-tokens", puts.collect()).send().await.unwrap();
    }
}

/// Microseconds of the pure path, and of what stands around it.
fn pure_path() -> [f64; 3] {
    let refresh = Refresh::ready();
    let mut batches = [(); 3].map(|()| Vec::new());
    for _ in 0..50 {
        for (part, batch) in batches.iter_mut().enumerate() {
            let began = Instant::now();
            for _ in 0..1000 {
                match part {
                    0 => drop(black_box(refresh.once())),
                    1 => drop(black_box(refresh.sign())),
                    _ => refresh.event(),
                }
            }
            batch.push(micros(began.elapsed()) / 1000.0);
        }
    }
    batches.map(|mut batch| {
        batch.sort_by(f64::total_cmp);
        at(&batch, 50)
    })
}
