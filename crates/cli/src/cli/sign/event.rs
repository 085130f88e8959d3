//! A signed request as the event that API Gateway makes of it, for `sam local invoke`.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};

use super::sendable;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::gateway;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::client_auth::wskey::Signed;
use latchkey_oauth::service::ROUTES;

/// Prints the event on standard output, and the function that takes it on standard error.
pub(super) fn print(method: &str, url: &str, signed: &Signed, body: Vec<u8>) -> Outcome {
    let unusable =
        |error: http::Error| Failure::new(format!("no request can have this URL ({error}); percent-encode it"));
    let mut request = Request::builder()
        .method(method)
        .uri(sendable(url))
        .header(ACCEPT, "application/json")
        .header(AUTHORIZATION, &signed.authorization);
    if !body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    let (mut parts, ()) = request.body(()).map_err(unusable)?.into_parts();
    let Some(authority) = parts.uri.authority() else {
        return Err(Failure::new(
            "the URL has no host; write it whole, as https://auth.example/oauth2/accessToken?...",
        ));
    };
    // Without a name and a password before the host: no client sends these in it.
    let (_, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    parts.headers.insert(HOST, host.parse().map_err(|error| unusable(http::Error::from(error)))?);
    let Some(route) = ROUTES.into_iter().find(|route| parts.method == route.method && parts.uri.path() == route.path)
    else {
        let routes: Vec<_> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        return Err(Failure::new(format!(
            "no function serves {} {}; the routes are {}",
            parts.method,
            parts.uri.path(),
            routes.join(", ")
        )));
    };
    output::line(&gateway::event(&parts, &Bytes::from(body), now(), &gateway::request_id(), None))?;
    let name = route.function.as_str();
    let (first, rest) = name.split_at(1);
    eprintln!(
        "sam local invoke {}{rest}Function --event FILE takes it, once, within five minutes",
        first.to_uppercase()
    );
    Ok(())
}
