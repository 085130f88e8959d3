//! The questions that a page puts to the user: who are you, and do you allow it? Each is put again where its answer cannot be
//! taken, with the reason.

use bytes::Bytes;
use http::Response;

use super::browser::Browser;
use crate::page::{Consent, Language, Pages, SignIn};
use latchkey_dynamodb::store::sign_in::SignInData;
use latchkey_oauth::client::Client;
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::grants::authorization_code::request::{Request, signs_in_at};
use latchkey_oauth::grants::longest;
use latchkey_oauth::redirect::Destination;
use latchkey_oauth::session::Step;
use latchkey_oauth::user::User;

/// What the user typed before, except the password.
#[derive(Clone, Copy, Default)]
pub(super) struct Typed<'a> {
    /// The username.
    pub username: &'a str,
    /// Whether the device is the user's.
    pub stays: bool,
}

/// Who are you?
pub(super) fn sign_in(
    browser: &Browser<'_>,
    data: &SignInData,
    client: &Client,
    request: &Request,
    typed: Typed<'_>,
    problem: Option<&Denial>,
) -> Result<Response<Bytes>, Denial> {
    let institution = &request.institutions.as_ref().ok_or(Denial::Form(FormError::Forged))?.authenticating;
    let known = data.directory().ok().and_then(|known| known.institution(institution));
    let begin = browser.to_question(request)?;
    let asked = SignIn {
        client: Some(&client.name),
        institution: known.map_or(institution.as_str(), |known| &known.name),
        begin: &begin,
        username: typed.username,
        stays: typed.stays,
    };
    let form = browser.form(Step::SignIn, Some(request.clone()))?;
    let languages = languages(browser, request)?;
    let pages = Pages { languages: &languages, ..browser.pages() };
    Ok(browser.showing(&form, pages.sign_in(&asked, &form.field, problem)))
}

/// Do you allow it?
pub(super) fn consent(
    browser: &Browser<'_>,
    data: &SignInData,
    client: &Client,
    request: &Request,
    user: &User,
    problem: Option<&Denial>,
) -> Result<Response<Bytes>, Denial> {
    let institution = &request.institutions.as_ref().ok_or(Denial::Form(FormError::Forged))?.context;
    let directory = data.directory()?;
    let known = directory.institution(institution);
    let scopes = request.scope.filtered(|token| token != latchkey_oauth::scope::REFRESH_TOKEN);
    let services: Vec<_> = scopes.tokens().map(|scope| directory.service(scope)).collect();
    let (begin, device) = (browser.to_question(request)?, request.device.map(|code| code.text()));
    let consent = Consent {
        client: &client.name,
        institution: known.map_or(institution.as_str(), |known| &known.name),
        services: &services,
        seconds: longest(client, &request.scope, &browser.service.settings, None),
        user: &user.username,
        begin: &begin,
        device: device.as_deref(),
        destination: request.device.is_none().then(|| Destination::of(&request.redirect_uri)).flatten(),
        publisher: client.publisher.as_deref(),
        help_url: client.help_url.as_deref(),
    };
    let form = browser.form(Step::Consent, Some(request.clone()))?;
    let languages = languages(browser, request)?;
    let pages = Pages { languages: &languages, ..browser.pages() };
    Ok(browser.showing(&form, pages.consent(&consent, &form.field, problem)))
}

/// The other languages of the question that a request is at.
pub(super) fn languages(browser: &Browser<'_>, request: &Request) -> Result<Vec<Language>, Denial> {
    browser.languages(|tag| browser.to_question(&Request { ui_locales: Some(tag), ..request.clone() }))
}

/// Whether users still sign in at the institution that a form names: it may have been removed since the form was shown. A directory
/// that is damaged does not say that.
pub(super) fn still_known(institutions: &Institutions, data: &SignInData) -> Result<(), Denial> {
    data.directory().map_or(Ok(()), |directory| signs_in_at(institutions, directory))
}

/// The user of the session, unless the password or the account was changed since.
pub(super) fn signed_in<'a>(browser: &Browser<'_>, data: &'a SignInData) -> Option<&'a User> {
    let user = data.user.as_ref().filter(|user| !user.disabled)?;
    browser.user().filter(|signed_in| signed_in.stamp == user.stamp()).map(|_| user)
}
