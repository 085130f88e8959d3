//! A function that does nothing: what the Runtime API and lambda_http cost by themselves.
#![allow(missing_docs)]

use lambda_http::{Error, Request, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(|_: Request| async { Ok::<_, Error>("") })).await
}
