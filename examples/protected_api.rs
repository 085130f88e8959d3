//! An API behind Latchkey, without a gateway: the guard is a tower layer, the token check the authorizer's.
//!
//!     cargo run                                        # in one shell: the local server
//!     cargo run --example protected_api                # in another: this API, on port 8090
//!     TOKEN=$(cargo run -q -- token get --json --scope WMS_NCIP --institution 128807 | jq -r .access_token)
//!     curl -i -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8090/loans
//!
//! `DYNAMODB_URL` names the engine, `PORT` the port.

use axum::{Extension, Json, Router, routing::get};
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::Store;
use latchkey_guard::bearer::{Bearer, Checker};
use latchkey_guard::layer::Guard;
use latchkey_oauth::scope::Scope;
use serde_json::{Value, json};

async fn loans(Extension(bearer): Extension<Bearer>) -> Json<Value> {
    Json(json!({
        "loans": [],
        "institution": bearer.institutions.context,
        "user": bearer.principal.map(|principal| principal.id),
        "asked_by": bearer.client_id,
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    // In AWS: `latchkey_guard::config::AuthorizerConfig::from_env()?.start(&latchkey_dynamodb::aws::of_any_place().await?)`, which asks for the
    // tokens table alone.
    let store = Store::new(dynamodb_at(&setting("DYNAMODB_URL", "http://127.0.0.1:8000")), tables());
    let scope = |text| Scope::parse(text).ok_or(std::io::Error::other("no scope"));
    let guard = Guard::new(Checker::new(store, 0), scope("WMS_NCIP")?);
    let orders = guard.requiring(scope("WMS_ACQ")?);
    let api = Router::new()
        .route("/loans", get(loans).layer(guard))
        .route("/orders", get(async || Json(json!({ "orders": [] }))).layer(orders));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", setting("PORT", "8090"))).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, api).await
}
