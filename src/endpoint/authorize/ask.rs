//! The GET: an application sends a user, who is asked what is still to be known.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::question::{self, Typed, signed_in};
use crate::endpoint::authorize::shown;
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::Parameters;
use crate::page;
use crate::page::Choice;
use latchkey_dynamodb::store::sign_in::{SignInData, Wanted};
use latchkey_oauth::client::{Client, MAX_REDIRECT_URI, claimed_id, is_client_id};
use latchkey_oauth::error::{Denial, Sent};
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::grants::authorization_code::request::{AuthorizationParameters, Request, check, trust};
use latchkey_oauth::redirect;
use latchkey_oauth::user::{Directory, User};

/// The parameters that an authorization request may have, beside the two that say whom to trust.
const PARAMETERS: [&str; 13] = [
    "response_type",
    "response_mode",
    "ui_locales",
    "scope",
    "authenticatingInstitutionId",
    "contextInstitutionId",
    "institution",
    "state",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "find",
];

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
    parameters.check(&["client_id", "redirect_uri"])?;
    let client_id = parameters.require("client_id")?;
    let sent_uri = parameters.get("redirect_uri");
    context.log_line.claimed_client_id = claimed_id(client_id);
    if !is_client_id(client_id) {
        return Err(Denial::ClientUnregistered);
    }
    let user = browser.user().map(|user| (user.institution_id.as_str(), user.username.as_str()));
    let wanted = Wanted { client_id: Some(client_id), user, attempt: None };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    context.log_line.knows(data.client.as_ref());
    let redirect_uri = sent_uri.or_else(|| implied(data.client.as_ref()));
    let redirect_uri = redirect_uri.ok_or(Denial::ParameterMissing("redirect_uri"))?;
    let client = trust(data.client.as_ref(), redirect_uri)?;
    let directory = data.directory()?;
    let asked = AuthorizationParameters {
        response_type: parameters.get("response_type"),
        response_mode: parameters.get("response_mode"),
        scope: parameters.get("scope"),
        authenticating: parameters.get("authenticatingInstitutionId"),
        context: parameters.get("contextInstitutionId"),
        picked: parameters.get("institution"),
        state: parameters.get("state"),
        challenge: parameters.get("code_challenge"),
        challenge_method: parameters.get("code_challenge_method"),
        prompt: parameters.get("prompt"),
        max_age: parameters.get("max_age"),
        ui_locales: parameters.get("ui_locales"),
    };
    let checked = parameters
        .check(&PARAMETERS)
        .and_then(|()| check(client, redirect_uri, &asked, directory))
        // It must fit into the address that leads back here.
        .and_then(|request| match redirect::to_begin(&request).len() <= MAX_QUERY {
            true => Ok(request),
            false => Err(Denial::ParameterInvalid(
                "state",
                Sent::value("state", parameters.get("state").unwrap_or_default()),
            )),
        });
    let denial = match checked {
        Ok(request) if request.prompt.none => silent(browser, &data, &request),
        Ok(request) => match &request.institutions {
            Some(_) => return ask_user(browser, &data, client, &request, context),
            None => match ask_institution(browser, directory, client, &parameters) {
                Some(page) => return Ok(shown(context, page)),
                None => Denial::InstitutionUnknown(None),
            },
        },
        Err(denial) => denial,
    };
    // A state too long to be one is not given back, whatever else is wrong: an address has its bounds.
    let is_refused = matches!(denial, Denial::ParameterInvalid("state", _));
    let state = asked.state.filter(|state| !is_refused && state.len() <= MAX_REDIRECT_URI);
    let in_fragment = asked.response_type == Some("token");
    let location =
        redirect::refused(redirect_uri, in_fragment, &denial, state, &browser.issuer(), browser.error_pages());
    context.log_line.refuse(&denial);
    // A form of ours may have led here: the one that picks an institution, or a sign-in.
    Ok(if browser.is_from_a_page() { browser.leave(&client.name, &location) } else { page::redirect(&location) })
}

/// The redirect URI of a client that has only one, which its requests may leave out (RFC 6749 section 3.1.2.3).
fn implied(client: Option<&Client>) -> Option<&str> {
    let client = client.filter(|client| !client.disabled && !client.only_signs())?;
    client.only_redirect_uri().map(String::as_str)
}

/// The user who need not sign in for this request.
fn known<'a>(browser: &Browser<'_>, data: &'a SignInData, request: &Request) -> Option<&'a User> {
    let institutions = request.institutions.as_ref()?;
    let session = browser.session.as_ref()?;
    let user = signed_in(browser, data).filter(|user| user.institution_id == institutions.authenticating)?;
    request.prompt.accepts(session.signed_in_at, browser.moment.seconds()).then_some(user)
}

/// Who are you? Or, where that is known: do you allow it?
pub(super) fn ask_user(
    browser: &Browser<'_>,
    data: &SignInData,
    client: &Client,
    request: &Request,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let page = match known(browser, data, request) {
        None => question::sign_in(browser, data, client, request, Typed::default(), None)?,
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
    find: Option<&str>,
) -> Option<Response<Bytes>> {
    let institutions: Vec<_> = directory
        .by_name()
        .into_iter()
        .filter(|known| {
            client.may_act_for(&Institutions { authenticating: known.id.clone(), context: known.id.clone() })
        })
        .collect();
    if institutions.is_empty() {
        return None;
    }
    let find = find.unwrap_or_default();
    let choice = Choice { client: &client.name, action, parameters, find, institutions };
    Some(browser.pages().institutions(&choice))
}

fn ask_institution(
    browser: &Browser<'_>,
    directory: &Directory,
    client: &Client,
    parameters: &Parameters<'_>,
) -> Option<Response<Bytes>> {
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
    let kept: Vec<_> = names.iter().filter_map(|name| Some((*name, parameters.get(name)?))).collect();
    institutions(browser, directory, client, ("authorizeCode", &kept), parameters.get("find"))
}
