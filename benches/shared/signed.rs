//! What the benchmarks ask for, signed.

use latchkey::app;
use latchkey::local::Demo;
use latchkey::secret::ClientSecret;
use latchkey::settings::Authority;
use latchkey::signature::Signing;
use serde_json::{Value, json};

pub const ASK: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token\
                       &authenticatingInstitutionId=128807&contextInstitutionId=128807";

pub fn signed(id: &str, secret: &ClientSecret, query: &str, now: u64) -> String {
    let nonce = format!("{:x}", u64::from_be_bytes(latchkey::endpoint::random().unwrap()));
    let signing = Signing {
        client_id: id,
        secret,
        authority: &Authority::default(),
        timestamp: &now.to_string(),
        nonce: &nonce,
        principal: None,
        method: "POST",
        query,
        body: &[],
    };
    signing.sign().unwrap().authorization
}

pub fn event(demo: &Demo, query: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": query,
        "headers": { "authorization": signed(&demo.client_id, &demo.secret, query, app::now()) },
        "requestContext": { "stage": "$default", "http": { "method": "POST", "path": "/" } },
        "isBase64Encoded": false,
    })
}
