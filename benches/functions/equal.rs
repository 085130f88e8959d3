//! Whether a peer does the work of `refresh`, before it is measured.

use std::collections::BTreeMap;

use latchkey_cli::local::Demo;
use latchkey_testkit::bench::signed::event;
use serde_json::Value;

use crate::contestant::Contestant;

/// The peer answers what `refresh` answers, except for what each request has anew. Its token is good, as `introspect` says. It
/// refuses another signature, and a copy of a request.
pub async fn check(peer: &Contestant, refresh: &Contestant, introspect: &Contestant, demo: &Demo) {
    let (function, ours, introspect) = (peer.spawn().await, refresh.spawn().await, introspect.spawn().await);
    let asked = (peer.event)();
    let (theirs, own) = (body(&function.invoke_raw(&asked).await), body(&ours.invoke_raw(&(peer.event)()).await));
    for (name, value) in &own {
        let is_new = ["access_token", "expires_at", "expires_in"].contains(&name.as_str());
        assert!(is_new && theirs.contains_key(name) || theirs.get(name) == Some(value), "{}: {name}", peer.name);
    }
    assert_eq!(theirs.len(), own.len(), "{}", peer.name);
    let token = theirs["access_token"].as_str().unwrap();
    let told = body(&introspect.invoke_raw(&event(demo, &format!("token={token}"))).await);
    assert_eq!(told["active"], true, "{}: its token is not good", peer.name);
    assert_eq!(function.invoke_raw(&asked).await["statusCode"], 401, "{}: a copy of a request", peer.name);
    let mut other = (peer.event)();
    let header = other["headers"]["authorization"].as_str().unwrap().replace("nonce=\"", "nonce=\"0");
    other["headers"]["authorization"] = header.into();
    assert_eq!(function.invoke_raw(&other).await["statusCode"], 401, "{}: another signature", peer.name);
}

fn body(answer: &Value) -> BTreeMap<String, Value> {
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}
