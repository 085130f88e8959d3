//! The questions that a page puts to the user: who are you, and do you allow it? Each is put again where its answer cannot be
//! taken, with the reason.

use bytes::Bytes;
use http::Response;

use super::address::with_another;
use super::browser::Browser;
use crate::page::{Consent, Language, Offered, Pages, SignIn};
use latchkey_dynamodb::store::sign_in::SignInData;
use latchkey_oauth::client::Client;
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::grants::authorization_code::request::{Request, signs_in_at};
use latchkey_oauth::grants::longest;
use latchkey_oauth::provider::Provider;
use latchkey_oauth::redirect::Destination;
use latchkey_oauth::session::Step;

/// A user who is signed in.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// The institution that knows the user.
    pub institution_id: &'a str,
    /// What pages call the user.
    pub name: &'a str,
    /// Who it is.
    pub principal: &'a Principal,
    /// The longest life of a refresh token at the user's institution, if its provider has one, seconds.
    pub refresh_seconds: Option<u64>,
}

/// What the user typed or chose before, except the password.
#[derive(Clone, Copy, Default)]
pub(super) struct Typed<'a> {
    /// The username.
    pub username: &'a str,
    /// Whether the device is the user's.
    pub stays: bool,
    /// Whether the user wants another account than the one that the institution's provider remembers.
    pub another: bool,
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
        provider: offered(data, institution, typed.another),
    };
    let form = browser.form(Step::SignIn, Some(request.clone()))?;
    let mut languages = languages(browser, request)?;
    if typed.another {
        languages.iter_mut().for_each(|language| language.address = with_another(&language.address));
    }
    let pages = Pages { languages: &languages, ..browser.pages() };
    Ok(browser.showing(&form, pages.sign_in(&asked, &form.field, problem)))
}

/// Do you allow it?
pub(super) fn consent(
    browser: &Browser<'_>,
    data: &SignInData,
    client: &Client,
    request: &Request,
    user: Known<'_>,
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
        seconds: longest(client, &request.scope, &browser.service.settings, user.refresh_seconds),
        user: user.name,
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

/// Whether users still sign in at the institution that a form names: it may have been removed since the form was shown. A
/// directory that is damaged does not say that.
pub(super) fn still_known(institutions: &Institutions, data: &SignInData) -> Result<(), Denial> {
    data.directory().map_or(Ok(()), |directory| signs_in_at(institutions, directory))
}

/// Whether the directory no longer has an institution. One that is damaged does not say that.
pub(super) fn has_left(data: &SignInData, institution_id: &str) -> bool {
    data.directory().is_ok_and(|directory| directory.institution(institution_id).is_none())
}

/// The user of the session, unless the password or the account was changed since. A user whom the institution's provider named
/// stays signed in as long as the provider is the same, and a user with a password only where the provider is not the only way.
pub(super) fn signed_in<'a>(browser: &'a Browser<'_>, data: &'a SignInData) -> Option<Known<'a>> {
    let session = browser.user()?;
    let provider = provider_of(data, &session.institution_id);
    let (name, principal, stamp, refresh_seconds) = match &session.principal {
        Some(principal) => {
            let provider = provider?;
            (&session.username, principal, provider.stamp(), provider.refresh_seconds)
        }
        None => {
            let user = data.user.as_ref().filter(|user| !user.disabled && !provider.is_some_and(|known| known.only))?;
            (&user.username, &user.principal, user.stamp(), None)
        }
    };
    let known = Known { institution_id: &session.institution_id, name, principal, refresh_seconds };
    (stamp == session.stamp).then_some(known)
}

/// The provider of an institution, if it was read and there is one.
pub(super) fn provider_of<'a>(data: &'a SignInData, institution_id: &str) -> Option<&'a Provider> {
    data.provider.as_ref().filter(|provider| provider.institution_id == institution_id)
}

/// What the sign-in page of an institution offers of its provider.
pub(super) fn offered(data: &SignInData, institution_id: &str, another: bool) -> Option<Offered> {
    provider_of(data, institution_id).map(|provider| Offered { only: provider.only, another })
}
