//! A user who comes for the list and is not signed in: where is your account, and who are you?

use bytes::Bytes;
use http::Response;

use super::parameters;
use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::address::LANGUAGE;
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::password::{Attempted, is_answered_by_the_form, typed};
use crate::endpoint::authorize::question::{Typed, offered};
use crate::endpoint::authorize::{provider, shown};
use crate::endpoint::parameters::Parameters;
use crate::page::{Choice, Pages, SignIn};
use latchkey_dynamodb::store::sign_in::{SignInData, Wanted};
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::is_institution_id;
use latchkey_oauth::provider::visit;
use latchkey_oauth::redirect::TO_APPLICATIONS;
use latchkey_oauth::session::{Form, Step};
use latchkey_oauth::user::{Directory, Institution};

/// The institution whose provider is read: that of the user who is signed in, or the one in the address.
pub(super) fn expected<'a>(browser: &'a Browser<'_>, parameters: &'a Parameters<'_>) -> Option<&'a str> {
    browser.user().map(|user| user.institution_id.as_str()).or_else(|| picked(parameters))
}

/// The institution of an account: the one in the address, or the only one that there is.
fn institution<'a>(directory: &'a Directory, parameters: &Parameters<'_>) -> Option<&'a Institution> {
    match (parameters.get("institution"), &directory.institutions[..]) {
        (Some(picked), _) => directory.institution(picked),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// The page of an institution's users.
fn place_of(institution_id: &str) -> String {
    format!("{TO_APPLICATIONS}?institution={}", encode(institution_id))
}

/// The page in the language that the user chose: that of an institution's users, if it is known.
pub(in crate::endpoint::authorize) fn beginning(browser: &Browser<'_>, institution_id: Option<&str>) -> String {
    browser.in_language(&institution_id.map_or_else(|| TO_APPLICATIONS.to_owned(), place_of))
}

/// Where a refused request for the page leads to, as far as its address tells.
pub(in crate::endpoint::authorize) fn again(browser: &Browser<'_>) -> String {
    let parameters = parameters(browser).ok();
    beginning(browser, parameters.as_ref().and_then(picked))
}

/// The institution that an address names.
fn picked<'a>(parameters: &'a Parameters<'_>) -> Option<&'a str> {
    parameters.get("institution").filter(|id| is_institution_id(id))
}

/// Where is your account? And then: who are you?
pub(super) async fn who(
    service: &Service,
    browser: &Browser<'_>,
    mut data: SignInData,
    parameters: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let directory = data.directory()?;
    let page = match institution(directory, parameters).cloned() {
        Some(institution) => {
            // The directory may say which one it is, or the session was another institution's.
            if expected(browser, parameters) != Some(&institution.id) {
                data.provider = service.store.provider_of_page(&institution.id, &mut context.usage).await?;
            }
            who_at(browser, &institution, &data, Typed::default(), None)?
        }
        None => {
            let chosen = browser.asked.map(|text| text.language.to_string());
            let kept: Vec<_> = chosen.iter().map(|tag| (LANGUAGE, tag.as_str())).collect();
            let languages = browser.languages_of(TO_APPLICATIONS);
            let pages = Pages { languages: &languages, ..browser.pages() };
            pages.institutions(&Choice {
                client: None,
                action: TO_APPLICATIONS,
                parameters: &kept,
                find: parameters.get("find").unwrap_or_default(),
                institutions: directory.by_name(),
            })
        }
    };
    Ok(shown(context, page))
}

/// Who are you?
fn who_at(
    browser: &Browser<'_>,
    institution: &Institution,
    data: &SignInData,
    typed: Typed<'_>,
    problem: Option<&Denial>,
) -> Result<Response<Bytes>, Denial> {
    let place = place_of(&institution.id);
    let (begin, languages) = (browser.in_language(&place), browser.languages_of(&place));
    let pages = Pages { languages: &languages, ..browser.pages() };
    let asked = SignIn {
        client: None,
        institution: &institution.name,
        begin: &begin,
        username: typed.username,
        stays: typed.stays,
        provider: offered(data, &institution.id, typed.another),
    };
    let form = browser.form(Step::SignIn, None)?;
    Ok(browser.showing(&form, pages.sign_in(&asked, &form.field, problem)))
}

/// A username and a password, or the way to the institution's provider.
pub(super) async fn sign_in(
    service: &Service,
    browser: &Browser<'_>,
    form: &Form,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let parameters = parameters(browser)?;
    let picked = picked(&parameters).ok_or(Denial::Form(FormError::Forged))?;
    let checked = browser.check(form);
    // Password managers send a form without its button.
    match (fields.get("action").unwrap_or("sign_in"), &checked) {
        ("provider", Ok(())) => {
            return provider::leave(service, browser, (visit::Destination::Applications, picked), fields, context)
                .await;
        }
        ("sign_in" | "provider", _) => {}
        _ => return Err(Denial::Form(FormError::Forged)),
    }
    let attempt = match &checked {
        Ok(()) => Some(Attempted::read(service, browser, picked, fields, context)),
        Err(Denial::Form(FormError::Stale | FormError::CookieMissing)) => None,
        Err(denial) => return Err(denial.clone()),
    };
    let only = Wanted { client_id: None, user: None, attempt: None, provider: Some(picked) };
    let wanted = attempt.as_ref().map_or(only, |attempt| attempt.wanted(None));
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    // It may have been removed since the form was shown.
    let Some(institution) = data.directory()?.institution(picked) else {
        return who(service, browser, data, &Parameters::parse("", &[])?, context).await;
    };
    let denial = match (attempt, checked) {
        (Some(attempt), _) => match attempt.check(service, &data, fields, context).await {
            Ok(user) => return attempt.enter(browser, user, &browser.in_language(TO_APPLICATIONS), context),
            Err(denial) if is_answered_by_the_form(&denial) => denial,
            Err(denial) => return Err(denial),
        },
        (None, checked) => checked.err().unwrap_or(Denial::Form(FormError::Stale)),
    };
    context.log_line.refuse(&denial);
    who_at(browser, institution, &data, typed(fields), Some(&denial))
}
