//! A refresh's two calls and nothing else, by the AWS SDK with its own settings: a batched read, a conditional write.
//! The query string of its event is the client's id and the grant's, with `&` between them.
#![allow(clippy::unwrap_used, missing_docs)]

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, N, S};
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity::Total;
use aws_smithy_http_client::tls;
use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = aws_smithy_http_client::Builder::new().tls_provider(ring).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let db = aws_sdk_dynamodb::Client::new(&config);
    let _ = db.get_item().table_name("latchkey-clients").key("client_id", S(String::new())).send().await;
    lambda_http::run(service_fn(|event: Request| refresh(&db, event))).await
}

async fn refresh(db: &aws_sdk_dynamodb::Client, event: Request) -> Result<String, Error> {
    let (client, grant) = event.uri().query().unwrap().split_once('&').unwrap();
    let key = |part: &str| [("grant_id".to_owned(), S(grant.to_owned())), ("part".to_owned(), S(part.to_owned()))];
    let keys = |keys| KeysAndAttributes::builder().keys(keys).consistent_read(true).build();
    let found = db
        .batch_get_item()
        .request_items("latchkey-clients", keys([("client_id".to_owned(), S(client.to_owned()))].into())?)
        .request_items("latchkey-tokens", keys(key("grant").into())?)
        .return_consumed_capacity(Total)
        .send()
        .await?;
    assert_eq!(found.responses.unwrap().values().map(Vec::len).sum::<usize>(), 2);
    let part = format!("access#{:x}", u64::from_be_bytes(latchkey_dynamodb::random().unwrap()));
    let attributes: [(&str, AttributeValue); 5] = [
        ("access_hash", B(Blob::new([7; 32]))),
        ("access_expires_at", N("1795399044".into())),
        ("scope", S("WMS_NCIP refresh_token".into())),
        ("created_at", N("1795397844".into())),
        ("expires_at", N("1795399044".into())),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    db.put_item()
        .table_name("latchkey-tokens")
        .set_item(Some(key(&part).into_iter().chain(attributes).collect()))
        .condition_expression("attribute_not_exists(grant_id)")
        .return_consumed_capacity(Total)
        .send()
        .await?;
    Ok(part)
}
