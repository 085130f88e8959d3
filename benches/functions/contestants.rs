//! Who is measured: the functions, what they are compared with, and whom the arguments bring.

use std::cell::RefCell;
use std::rc::Rc;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use latchkey_cli::local::Server;
use latchkey_dynamodb::{aws, clock};
use latchkey_oauth::token::{GrantId, Unverified};
use latchkey_testkit::bench::built::Shipped;
use latchkey_testkit::bench::peers::Peer;
use latchkey_testkit::bench::signed::{ASK, event};
use latchkey_testkit::runtime_api::Function;
use latchkey_testkit::tls::Tls;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arguments::Arguments;
use crate::contestant::{Contestant, Foreign};
use crate::equal;

/// The functions, what they are compared with, and whom the arguments bring.
pub async fn all(
    server: &Server,
    tls: &Tls,
    environment: &[(&'static str, String)],
    arguments: &Arguments,
    peers: Vec<Peer>,
    foreign: Vec<Foreign>,
) -> Vec<Contestant> {
    let shipped = Shipped::build();
    let binary = |name: &str| shipped.program(name);
    let demo = Rc::new(server.demo(clock::now()).await.unwrap().unwrap());
    let issue = Function::under_our_own(&binary("issue"), environment.to_vec()).await;
    let mut grants = Vec::new();
    // Each revocation ends a token of its own.
    let ended = match arguments.soak {
        _ if arguments.quick => 0,
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
        ("nothing", constant(get("/", "", json!({})))),
        ("bare_sdk", constant(get("/", &keys, json!({})))),
        ("issue", signed(ASK.to_owned())),
        ("refresh", signed(refreshing.clone())),
        ("introspect", signed(format!("token={}", token(0, "access_token")))),
        ("revoke", revoking),
        ("authorizer", constant(get("/", "", bearer))),
        ("authorize", constant(get("/oauth2/authorizeCode", page, json!({})))),
    ];
    let mut every: Vec<_> = environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    // The authorizer lets no token pass without it.
    every.push(("LATCHKEY_ROUTE_SCOPES".to_owned(), r#"{"*":""}"#.to_owned()));
    let ours = ours.map(|(name, event)| Contestant {
        name: name.to_owned(),
        files: vec![binary(name).into()],
        command: vec![binary(name)],
        environment: every.clone(),
        event,
    });
    let foreign = foreign.into_iter().map(|foreign| Contestant {
        name: foreign.name,
        files: if foreign.files.is_empty() { vec![foreign.command[0].clone().into()] } else { foreign.files },
        command: foreign.command,
        environment: every.iter().cloned().chain(foreign.environment).collect(),
        event: foreign.event.map_or_else(|| signed(refreshing.clone()), constant),
    });
    let certificates = tls.certificates.to_str().unwrap().to_owned();
    let trusting = |peer: &Peer| [(peer.trust.to_owned(), certificates.clone())];
    let peers = peers.into_iter().map(|peer| Contestant {
        name: peer.name.to_owned(),
        environment: every.iter().cloned().chain(trusting(&peer)).chain(peer.environment).collect(),
        files: peer.files,
        command: peer.command,
        event: signed(refreshing.clone()),
    });
    let peers: Vec<_> = peers.collect();
    for peer in &peers {
        let named = |name: &str| ours.iter().find(|contestant| contestant.name == name).unwrap();
        equal::check(peer, named("refresh"), named("introspect"), &demo).await;
    }
    let all = ours.into_iter().chain(peers).chain(foreign);
    all.filter(|contestant| arguments.names(&contestant.name)).collect()
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
