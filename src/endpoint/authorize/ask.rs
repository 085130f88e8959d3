//! The GET: an application sends a user, who is asked what is still to be known.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::address::ANOTHER;
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::question::{self, Known, Typed, signed_in};
use crate::endpoint::authorize::shown;
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::{Parameters, authorization, fields};
use crate::page;
use crate::page::{Choice, Pages};
use latchkey_dynamodb::store::sign_in::SignInData;
use latchkey_oauth::client::{Client, MAX_REDIRECT_URI, claimed_id, is_client_id};
use latchkey_oauth::error::{Denial, Sent};
use latchkey_oauth::grant::{Institutions, is_institution_id};
use latchkey_oauth::grants::authorization_code::pushed::PushedRequest;
use latchkey_oauth::grants::authorization_code::request::{
    Request, ResponseType, check, check_again, check_directory, check_pushed, redirect_uri, trust,
};
use latchkey_oauth::redirect;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::user::Directory;

/// What the user adds on the page where institutions are chosen.
const PICKED: [&str; 2] = ["institution", "find"];

/// Reads, loads, and shows the next question.
pub(super) async fn handle(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let query = browser.request.uri().query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    let parameters = Parameters::parse(query, &[])?;
    parameters.check(&["client_id"])?;
    parameters.check_single(&["request_uri"])?;
    let client_id = parameters.require("client_id")?;
    context.log_line.claimed_client_id = claimed_id(client_id);
    if !is_client_id(client_id) {
        return Err(Denial::ClientUnregistered);
    }
    let pushed = parameters.get("request_uri");
    let pushed = pushed
        .map(|uri| PushedRequest::open(uri, client_id, service.keyring(KeySet::Requests), context.now))
        .transpose()?;
    if pushed.is_none() {
        parameters.check(&["redirect_uri"])?;
    }
    let wanted = browser.wanted(Some(client_id), institution(&parameters, pushed.as_ref()));
    let mut data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    context.log_line.knows(data.client.as_ref());
    let redirect_uri = match &pushed {
        Some(pushed) => &pushed.request().redirect_uri,
        None => redirect_uri(data.client.as_ref(), parameters.get("redirect_uri"))?,
    };
    let client = trust(data.client.as_ref(), redirect_uri)?;
    let directory = data.directory()?;
    let (checked, state, in_fragment) = match &pushed {
        // What was pushed counts, and no other parameter (RFC 9101 section 5).
        Some(pushed) => (
            taken_up(client, pushed, &parameters),
            pushed.request().state.as_deref(),
            pushed.request().response_type == ResponseType::Token,
        ),
        None => (
            in_address(client, redirect_uri, &parameters),
            parameters.get("state"),
            parameters.get("response_type") == Some("token"),
        ),
    };
    let find =
        parameters.get("find").filter(|_| pushed.as_ref().is_none_or(PushedRequest::is_begun)).unwrap_or_default();
    let checked = checked.and_then(|request| check_directory(&request, directory).map(|()| request));
    let asked = checked.as_ref().ok().and_then(|request| request.institutions.as_ref());
    // The scope may name it: then none was read, or another's.
    if let Some(asked) = asked.map(|asked| &asked.authenticating)
        && wanted.provider != Some(asked)
    {
        data.provider = service.store.provider_of_page(asked, &mut context.usage).await?;
    }
    let (data, directory) = (&data, data.directory()?);
    let denial = match checked {
        Ok(request) if request.prompt.none => silent(browser, data, &request),
        Ok(request) => match &request.institutions {
            Some(_) => return ask_user(browser, data, client, &request, parameters.get(ANOTHER).is_some(), context),
            None => match ask_institution(browser, directory, client, &request, &parameters, find)? {
                Some(page) => return Ok(shown(context, page)),
                None => Denial::InstitutionUnknown(None),
            },
        },
        Err(denial) => denial,
    };
    // A state too long to be one is not given back, whatever else is wrong: an address has its bounds.
    let is_refused = matches!(denial, Denial::ParameterInvalid("state", _));
    let state = state.filter(|state| !is_refused && state.len() <= MAX_REDIRECT_URI);
    let location =
        redirect::refused(redirect_uri, in_fragment, &denial, state, &browser.issuer(), browser.error_pages());
    context.log_line.refuse(&denial);
    // A form of ours may have led here: the one that picks an institution, or a sign-in.
    Ok(if browser.is_from_a_page() { browser.leave(&client.name, &location) } else { page::redirect(&location) })
}

/// The institution at which the user signs in, as far as that can be told before the client is read.
fn institution<'a>(parameters: &'a Parameters<'_>, pushed: Option<&'a PushedRequest>) -> Option<&'a str> {
    let named = match pushed {
        Some(pushed) => pushed.request().institutions.as_ref().map(|institutions| institutions.authenticating.as_str()),
        None => parameters.get("authenticatingInstitutionId").or(parameters.get("contextInstitutionId")),
    };
    named.or(parameters.get("institution")).filter(|id| is_institution_id(id))
}

/// A request whose parameters are in the address.
fn in_address(client: &Client, redirect_uri: &str, parameters: &Parameters<'_>) -> Result<Request, Denial> {
    parameters.check(&fields::PUSH)?;
    parameters.check(&PICKED)?;
    let request = check(client, redirect_uri, &authorization(parameters, parameters.get("institution")))?;
    check_pushed(client, &request)?;
    // It must fit into the address that leads back here.
    if redirect::to_begin(&request).len() <= MAX_QUERY {
        return Ok(request);
    }
    let state = parameters.get("state").unwrap_or_default();
    Err(Denial::ParameterInvalid("state", Sent::value("state", state)))
}

/// A request that was pushed. The registration may have changed since.
fn taken_up(client: &Client, pushed: &PushedRequest, parameters: &Parameters<'_>) -> Result<Request, Denial> {
    let picked = if pushed.is_begun() {
        parameters.check(&PICKED)?;
        parameters.get("institution")
    } else {
        None
    };
    let request = pushed.picked(picked)?;
    check_again(client, &request)?;
    Ok(request)
}

/// The user who need not sign in for this request.
fn known<'a>(browser: &'a Browser<'_>, data: &'a SignInData, request: &Request) -> Option<Known<'a>> {
    let institutions = request.institutions.as_ref()?;
    let session = browser.session.as_ref()?;
    let user = signed_in(browser, data).filter(|user| user.institution_id == institutions.authenticating)?;
    request.prompt.accepts(session.proved_at(), browser.moment.seconds()).then_some(user)
}

/// Who are you? Or, where that is known: do you allow it?
pub(super) fn ask_user(
    browser: &Browser<'_>,
    data: &SignInData,
    client: &Client,
    request: &Request,
    another: bool,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let page = match known(browser, data, request) {
        None => question::sign_in(browser, data, client, request, Typed { another, ..Typed::default() }, None)?,
        Some(user) => question::consent(browser, data, client, request, user, None)?,
    };
    Ok(shown(context, page))
}

/// What an application is told that allows no question. One is always left: every request asks for consent.
fn silent(browser: &Browser<'_>, data: &SignInData, request: &Request) -> Denial {
    if request.institutions.is_none() && signed_in(browser, data).is_some() {
        return Denial::InteractionRequired;
    }
    if known(browser, data, request).is_some() { Denial::ConsentRequired } else { Denial::LoginRequired }
}

/// Returns the page where the user chooses an institution, which leads to an address with these parameters. `None` if the service
/// knows no institution of the client.
pub(super) fn institutions(
    browser: &Browser<'_>,
    directory: &Directory,
    client: &Client,
    (action, parameters): (&str, &[(&str, &str)]),
    find: &str,
    request: &Request,
) -> Result<Option<Response<Bytes>>, Denial> {
    let institutions: Vec<_> = directory
        .by_name()
        .into_iter()
        .filter(|known| {
            client.may_act_for(&Institutions { authenticating: known.id.clone(), context: known.id.clone() })
        })
        .collect();
    if institutions.is_empty() {
        return Ok(None);
    }
    let choice = Choice { client: Some(&client.name), action, parameters, find, institutions };
    let languages = question::languages(browser, request)?;
    let pages = Pages { languages: &languages, ..browser.pages() };
    Ok(Some(pages.institutions(&choice)))
}

/// Returns the page where the user chooses an institution for this request.
fn ask_institution(
    browser: &Browser<'_>,
    directory: &Directory,
    client: &Client,
    request: &Request,
    parameters: &Parameters<'_>,
    find: &str,
) -> Result<Option<Response<Bytes>>, Denial> {
    let names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "ui_locales",
    ];
    let reference = if request.pushed { Some(browser.reference(request)?) } else { None };
    let kept: Vec<_> = match &reference {
        Some(uri) => vec![("client_id", request.client_id.as_str()), ("request_uri", uri)],
        None => names.iter().filter_map(|name| Some((*name, parameters.get(name)?))).collect(),
    };
    institutions(browser, directory, client, ("authorizeCode", &kept), find, request)
}
