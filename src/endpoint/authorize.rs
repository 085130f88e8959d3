//! `/oauth2/authorizeCode`: a user signs in, is asked, and the application gets its answer. There are more
//! routes: `/oauth2/callback`, `/oauth2/device`, `/oauth2/applications`, `/oauth2/signOut` and the pages' stylesheet.
//!
//! No step keeps anything on the server but counted attempts and the grant itself: the request travels in the address, the
//! session in a cookie, and what a form answers in the form, sealed.

mod address;
mod answer;
mod applications;
mod ask;
mod browser;
mod callback;
mod cookies;
mod device;
mod device_answer;
mod form;
mod password;
mod posted;
mod provider;
mod question;
mod refusal;
mod session;
mod sign_out;

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::context::{Answering, Endpoint, RequestContext, Service, issuer};
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page;
use latchkey_dynamodb::store::{Usage, Write};
use latchkey_oauth::client::Client;
use latchkey_oauth::client_auth::{Failure, has_secret};
use latchkey_oauth::error::{Denial, FormError, ProviderError};
use latchkey_oauth::grant::Grant;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::{AuthorizationResponse, Consent, authorize};
use latchkey_oauth::service::{APPLICATIONS, AUTHORIZE, AUTHORIZE_ALIAS, CALLBACK, DEVICE, SIGN_OUT, STYLE, is_at};
use latchkey_oauth::token::GrantId;

use browser::Browser;

/// The endpoint. A refusal that only the user may see becomes a page; one that the application is told becomes a redirect.
pub const ENDPOINT: Endpoint = Endpoint { open: |store| Box::pin(store.look_at_index()), handle, refuse };

fn handle<'a>(service: &'a Service, request: &'a Request<Bytes>, context: &'a mut RequestContext) -> Answering<'a> {
    Box::pin(async move {
        if is_at(request.uri().path(), STYLE) {
            context.log_line.outcome = Outcome::Shown;
            return Ok(page::style(&service.settings.theme));
        }
        without_secret(request)?;
        if is_at(request.uri().path(), AUTHORIZE_ALIAS) {
            context.log_line.outcome = Outcome::Shown;
            return lead(service, request);
        }
        let browser = Browser::read(service, request, context.moment());
        if is_at(request.uri().path(), CALLBACK) {
            return callback::handle(service, &browser, context).await;
        }
        if is_at(request.uri().path(), DEVICE) {
            return match *request.method() {
                Method::POST => device::answer(service, &browser, context).await,
                _ => device::ask(service, &browser, context).await,
            };
        }
        if is_at(request.uri().path(), APPLICATIONS) {
            return match *request.method() {
                Method::POST => applications::answer(service, &browser, context).await,
                _ => applications::ask(service, &browser, context).await,
            };
        }
        match (is_at(request.uri().path(), SIGN_OUT), request.method()) {
            (true, &Method::POST) => sign_out::answer(service, &browser, context).await,
            (true, _) => sign_out::ask(&browser, context),
            (false, &Method::POST) => answer::handle(service, &browser, context).await,
            (false, _) => ask::handle(service, &browser, context).await,
        }
    })
}

/// Refuses an address with a client's secret, before a redirect or a page carries it on. No application has a reason to send
/// one here, and a browser's address reaches histories and logs (RFC 6749 section 2.3.1).
fn without_secret(request: &Request<Bytes>) -> Result<(), Denial> {
    // What is no text hides no secret.
    let query = Parameters::parse_of(request.uri().query().unwrap_or_default(), &[]);
    let is_there = query.is_ok_and(|parameters| has_secret(&parameters.query));
    if is_there { Err(Failure::SecretInUrl.into()) } else { Ok(()) }
}

/// An alias leads to the pages: what they link to is beside them.
fn lead(service: &Service, request: &Request<Bytes>) -> Result<Response<Bytes>, Denial> {
    let query = request.uri().query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    // What cannot be read could hide what must not be led on.
    Parameters::parse(query, &[])?;
    Ok(page::redirect(&format!("{}{AUTHORIZE}?{query}", issuer(&service.settings, request))))
}

/// The page that tells of a refusal, and leads back to the beginning where that is known to be safe.
fn refuse(service: &Service, request: &Request<Bytes>, denial: &Denial, now: u64) -> Response<Bytes> {
    let browser = Browser::read(service, request, now);
    let bare = request.uri().query().is_none_or(str::is_empty);
    if bare && request.method() == Method::GET && *denial == Denial::ParameterMissing("client_id") {
        return browser.pages().alone();
    }
    let again = answer::again(service, &browser, denial);
    let is_over = matches!(denial, Denial::Provider(ProviderError::VisitForeign | ProviderError::VisitExpired));
    if browser.session.is_some() && is_over {
        return browser.pages().finished_before(again.as_deref());
    }
    browser.pages().denial(denial, again.as_deref())
}

/// Decides, stores, and hands out what was asked for. One id makes one grant: asked again with the same secret, it hands out
/// the same code, as long as that can be redeemed.
pub async fn consent(
    service: &Service,
    client: &Client,
    consent: Consent,
    id: GrantId,
    entropy: &Entropy,
    now: u64,
    usage: &mut Usage,
) -> Result<(Grant, AuthorizationResponse), Denial> {
    let (grant, response) = authorize(client, consent, id, entropy, &service.settings, now)?;
    match service.store.begin_grant(&grant, usage).await? {
        Write::Done => Ok((grant, response)),
        Write::Ended | Write::Conflict(_) | Write::Used => Err(Denial::Form(FormError::Answered)),
    }
}

/// A page, as the log knows it.
fn shown(context: &mut RequestContext, response: Response<Bytes>) -> Response<Bytes> {
    context.log_line.outcome = Outcome::Shown;
    response
}
