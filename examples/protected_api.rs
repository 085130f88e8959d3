//! An API behind Latchkey, without a gateway: the guard is a tower layer, the token check the authorizer's.
//!
//! ```text
//! cargo run                                                   # in one shell: the local server
//! export LATCHKEY_CLIENT_ID=… AWS_ENDPOINT_URL_DYNAMODB=…     # in another: the two lines that it printed
//! LATCHKEY_TOKENS_TABLE=latchkey-tokens cargo run -p latchkey-guard --example protected_api
//! latchkey token get --scope WMS_NCIP --institution 128807    # in a third, after the first of the two lines
//! curl -i -H 'Authorization: Bearer tk_…' http://127.0.0.1:8090/loans
//! ```
//!
//! `LATCHKEY_TOKENS_TABLE` names the table, AWS's own variables the database, `PORT` the port.

use axum::{Extension, Json, Router, routing::get};
use latchkey_dynamodb::aws::of_any_place;
use latchkey_guard::bearer::Bearer;
use latchkey_guard::config::AuthorizerConfig;
use latchkey_guard::layer::Guard;
use latchkey_oauth::scope::Scope;
use serde_json::{Value, json};

async fn loans(Extension(bearer): Extension<Bearer>) -> Json<Value> {
    Json(json!({
        "loans": [],
        "institution": bearer.institutions.context,
        // One text for one user, or for a client that acts for itself: what the API keeps is kept under it.
        "subject": bearer.subject(),
        "asked_by": bearer.client_id,
    }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let config = AuthorizerConfig::from_env().map_err(std::io::Error::other)?;
    let (checker, _) = config.start(&of_any_place().await.map_err(std::io::Error::other)?);
    let scope = |text| Scope::parse(text).ok_or(std::io::Error::other("no scope"));
    let guard = Guard::new(checker, scope("WMS_NCIP")?);
    let orders = guard.requiring(scope("WMS_ACQ")?);
    let api = Router::new()
        .route("/loans", get(loans).layer(guard))
        .route("/orders", get(async || Json(json!({ "orders": [] }))).layer(orders));
    let port = std::env::var("PORT").unwrap_or_else(|_| "8090".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, api).await
}
