//! `/oauth2/callback`: a user is back from the institution's provider, with a code. The service redeems it, verifies who the user
//! is, and leads on to the question that the user left from. What fails is told to the user, and makes nothing.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use tokio::time::Instant;

use super::applications;
use super::browser::Browser;
use super::question::{has_left, still_known};
use crate::context::{RequestContext, Service};
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::outbound::{self, Reach};
use crate::page;
use latchkey_dynamodb::store::sign_in::{SignInData, Source, Wanted};
use latchkey_oauth::error::{Denial, IdTokenError, ProviderError, Unavailable};
use latchkey_oauth::provider::address::is_loopback_text;
use latchkey_oauth::provider::authentication::{Callback, READ};
use latchkey_oauth::provider::id_token::{Identity, may_be_by_a_new_key, verify};
use latchkey_oauth::provider::visit::{Destination, TabSecret, Visit};
use latchkey_oauth::provider::{Provider, answer, exchange};
use latchkey_oauth::redirect::TO_APPLICATIONS;
use latchkey_oauth::secret::Logged;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{Session, SignedIn};
use latchkey_oauth::sign_in::attempts::may_try;

/// The least time in which a provider can be expected to answer. Where the database has left less, the provider is not asked.
const LEAST: Duration = Duration::from_secs(1);

/// A user who is back.
struct Back<'a> {
    callback: Callback<'a>,
    visit: Visit,
    tab: TabSecret,
}

/// The GET.
pub(super) async fn handle(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    // A code counts once. A request for the headers alone uses none up.
    if *browser.request.method() == Method::HEAD {
        return Err(ProviderError::VisitUnknown.into());
    }
    let parameters = parameters(browser)?;
    let callback = Callback::read(&parameters.query)?;
    let (visit, tab) = Visit::open(callback.state, service.keyring(KeySet::Pages), &browser.tabs, context.now)?;
    let back = Back { callback, visit, tab };
    let client_id = back.visit.client_id();
    let institution = back.visit.institution_id.as_str();
    let attempt = Some(browser.source());
    let wanted = Wanted { client_id, user: None, attempt, provider: Some(institution) };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    context.log_line.client_id = data.client.as_ref().map(|client| client.id.clone());
    let answered = match sign_in(service, browser, &back, &data, context).await {
        // Nothing was used up yet, or the database cannot count it: the same address may be loaded again.
        Err(denial @ (Denial::Unavailable(_) | Denial::SignIn(_))) => return Err(denial),
        Err(denial) => {
            context.log_line.refuse(&denial);
            let again =
                back.visit.destination(data.client.as_ref()).ok().and_then(|to| beginning(browser, &back.visit, &to));
            browser.pages().denial(&denial, again.as_deref())
        }
        Ok(response) => response,
    };
    // However it ended, it does not count again.
    browser.away(&browser.tabs.without(&back.tab), answered)
}

fn parameters<'a>(browser: &Browser<'a>) -> Result<Parameters<'a>, Denial> {
    let query = browser.request.uri().query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    // A provider may add a text for its users in an encoding of its own.
    Parameters::parse_of(query, &READ)
}

/// Where a user begins again whose visit came to nothing, as far as what came back tells.
pub(super) fn again(service: &Service, browser: &Browser<'_>) -> Option<String> {
    let parameters = parameters(browser).ok()?;
    let visit = Visit::peek(parameters.get("state")?, service.keyring(KeySet::Pages))?;
    beginning(browser, &visit, &visit.destination(None).ok()?)
}

fn beginning(browser: &Browser<'_>, visit: &Visit, to: &Destination) -> Option<String> {
    match to {
        Destination::Request(request) => browser.begin(request).ok(),
        Destination::Applications => Some(applications::beginning(browser, Some(&visit.institution_id))),
    }
}

/// Signs the user in, who is led on.
async fn sign_in(
    service: &Service,
    browser: &Browser<'_>,
    back: &Back<'_>,
    data: &SignInData,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let provider = back.visit.check(data.provider.as_ref())?;
    // Before anything else of what came back is believed: whose answer it is.
    let code = back.callback.code(provider)?;
    let to = back.visit.destination(data.client.as_ref())?;
    match &to {
        Destination::Request(request) => {
            request.trusted(data.client.as_ref())?;
            request.institutions.as_ref().map_or(Ok(()), |institutions| still_known(institutions, data))?;
        }
        Destination::Applications if has_left(data, &provider.institution_id) => {
            return Err(ProviderError::Changed.into());
        }
        Destination::Applications => {}
    }
    let network = browser.source().network();
    context.log_line.network_log_id = service.keyring(KeySet::Pages).log_id(Logged::Network(&network));
    may_try(&data.counted, false, context.now)?;
    let identity = match identify(service, browser, back, (provider, code), context).await {
        Err(Denial::Provider(error)) if may_be_made_up(error) => {
            count(service, browser.source(), data, context).await?;
            return Err(error.into());
        }
        identified => identified?,
    };
    let now = context.answered_at();
    let user = SignedIn {
        institution_id: provider.institution_id.clone(),
        username: identity.shown,
        stamp: provider.stamp(),
        principal: Some(identity.principal),
    };
    context.log_line.signed_in(service.keyring(KeySet::Pages), &user, &network);
    context.log_line.outcome = Outcome::SignedIn;
    let session = Session::begin_by_provider(user, identity.authenticated_at, &service.settings, now);
    let response = match to {
        Destination::Applications => page::redirect(&browser.in_language(TO_APPLICATIONS)),
        Destination::Request(mut request) => {
            request.prompt = request.prompt.answered_after(now.saturating_sub(session.proved_at()));
            let next = browser.to_question(&request)?;
            // A browser tells of a redirect that another site began it, and a device's address counts only from a page of ours.
            if request.device.is_some() { browser.pages().back_from_provider(&next) } else { page::redirect(&next) }
        }
    };
    browser.keeping(&session, response)
}

/// Whether a browser may have made up what did not count: a copy of its cookie serves for any number of codes, also those of
/// other visits. What is the provider's fault, or the operator's, every user of the institution meets.
fn may_be_made_up(error: ProviderError) -> bool {
    use ProviderError::{CodeRefused, IdToken};
    matches!(error, CodeRefused | IdToken(IdTokenError::NonceWrong))
}

/// Counts a code that did not count with the wrong passwords of its network.
async fn count(
    service: &Service,
    source: Source,
    data: &SignInData,
    context: &mut RequestContext,
) -> Result<(), Unavailable> {
    if service.store.count_guess(&source, &data.counted, false, &mut context.usage).await? {
        return Ok(());
    }
    // Another one came in between. Once more, counted behind that one.
    let wanted = Wanted { client_id: None, user: None, attempt: Some(source), provider: None };
    let again = service.store.sign_in_data(wanted, &mut context.usage).await?;
    service.store.count_guess(&source, &again.counted, false, &mut context.usage).await.map(drop)
}

/// Who the user is: by the provider's ID token, which the code is redeemed for.
async fn identify(
    service: &Service,
    browser: &Browser<'_>,
    back: &Back<'_>,
    (provider, code): (&Provider, &str),
    context: &mut RequestContext,
) -> Result<Identity, Denial> {
    let secret = provider.secret(service.keyring(KeySet::Pages)).map_err(|_| Unavailable::SecretUnopened)?;
    let reach = if is_loopback_text(&provider.issuer) && is_loopback_text(&browser.issuer()) {
        Reach::Loopback
    } else {
        Reach::Public
    };
    // The database may have been slow. What is left is for the count, and for the answer.
    let now = Instant::now();
    let deadline = context.usage.latest(1).unwrap_or_else(|| now.checked_add(outbound::LIMIT).unwrap_or(now));
    if deadline.saturating_duration_since(now) < LEAST {
        return Err(Unavailable::DatabaseUnreachable.into());
    }
    let first = now.checked_add(outbound::LIMIT).map_or(deadline, |end| end.min(deadline));
    let asked = exchange::request(provider, &secret, code, &browser.callback(&provider.institution_id), &back.tab);
    let authorization = asked.authorization.as_ref().map(|value| value.as_str());
    let url = &provider.token_endpoint;
    let given = outbound::post(url, authorization, asked.body.as_str(), reach, first).await;
    let given = given.map_err(ProviderError::from)?;
    let token = answer::read(given.status, given.content_type.as_deref(), &given.body)?;
    let expected = back.visit.expected(provider, &back.tab, &service.settings, context.answered_at());
    let mut verified = verify(&token, &provider.keys, &expected);
    if verified.as_ref().is_err_and(|refused| may_be_by_a_new_key(&token, *refused)) {
        // The provider has other keys than the operator read.
        let read = outbound::get(&provider.jwks_uri, reach, deadline).await.map_err(ProviderError::from)?;
        let published = answer::key_set(read.status, read.content_type.as_deref(), &read.body, provider.algorithm)?;
        verified = verify(&token, &published, &expected);
    }
    Ok(verified.map_err(ProviderError::from)?)
}
