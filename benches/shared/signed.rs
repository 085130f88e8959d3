//! What the benchmarks ask for, signed.

use latchkey_cli::local::Demo;
use latchkey_dynamodb::clock;
use latchkey_oauth::client_auth::wskey::Signing;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;
use serde_json::{Value, json};

pub const ASK: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token\
                       &authenticatingInstitutionId=128807&contextInstitutionId=128807";

pub fn signed(id: &str, secret: &ClientSecret, query: &str, now: u64) -> String {
    let nonce = format!("{:x}", u64::from_be_bytes(latchkey_dynamodb::random().unwrap()));
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
        "headers": { "authorization": signed(&demo.client_id, &demo.secret, query, clock::now()) },
        "requestContext": { "stage": "$default", "http": { "method": "POST", "path": "/" } },
        "isBase64Encoded": false,
    })
}
