//! `/oauth2/device`: a user types the code that a device shows, or comes by a link that has it. A code counts only once its page
//! was answered (RFC 8628 section 3.3.1); then sign-in, institution and consent follow as for any application.

use bytes::Bytes;
use http::{Method, Response};

use super::address::{ANOTHER, LANGUAGE, TICKET};
use super::browser::Browser;
use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::{answer, ask, posted, shown};
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page;
use crate::page::Pages;
use latchkey_oauth::error::{Denial, DeviceError, FormError, Sent, SignInError};
use latchkey_oauth::grant::{Institutions, is_institution_id};
use latchkey_oauth::grants::authorization_code::request::{Request, check_directory};
use latchkey_oauth::redirect::TO_DEVICE;
use latchkey_oauth::secret::Logged;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{Form, Step};
use latchkey_oauth::sign_in::attempts::may_try;
use latchkey_oauth::token::{GrantId, UserCode};

/// The GET: which code, or, where this browser has typed one, the next question.
pub(super) async fn ask(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let query = browser.request.uri().query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    let parameters = Parameters::parse(query, &[])?;
    parameters.check_shorter(&["user_code", TICKET, "institution", "find", LANGUAGE, ANOTHER], MAX_QUERY)?;
    let Some(ticket) = parameters.get(TICKET) else {
        // What is no code is not repeated.
        let code = parameters.get("user_code").and_then(UserCode::parse);
        let page = question(browser, code.map(|code| code.text()), None)?;
        return Ok(shown(context, page));
    };
    match go_on(service, browser, &parameters, ticket, context).await {
        // Another browser's, or out of date: the code has to be typed again.
        Err(denial @ Denial::Form(FormError::Stale)) => {
            context.log_line.refuse(&denial);
            question(browser, None, Some(&denial))
        }
        answered => answered,
    }
}

/// Which code does your device show?
fn question(browser: &Browser<'_>, code: Option<String>, problem: Option<&Denial>) -> Result<Response<Bytes>, Denial> {
    let form = browser.form(Step::Code, None)?;
    let languages = match &code {
        // A link's code stays; one that was typed does not reach an address.
        Some(code) if browser.request.method() == Method::GET => {
            browser.languages(|tag| Ok(format!("{TO_DEVICE}?user_code={code}&{LANGUAGE}={tag}")))?
        }
        _ => browser.languages_of(TO_DEVICE),
    };
    let pages = Pages { languages: &languages, ..browser.pages() };
    let action = browser.in_language(TO_DEVICE);
    Ok(browser.showing(&form, pages.device(code.as_deref(), &action, &form.field, problem)))
}

/// The next question about a device whose code this browser has typed.
async fn go_on(
    service: &Service,
    browser: &Browser<'_>,
    parameters: &Parameters<'_>,
    ticket: &str,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let form = Form::open(ticket, service.keyring(KeySet::Pages))?;
    if form.step != Step::Device {
        return Err(Denial::Form(FormError::Forged));
    }
    browser.check(&form)?;
    let mut request = form.request.ok_or(Denial::Form(FormError::Forged))?;
    let picked = parameters.get("institution").filter(|id| is_institution_id(id));
    let named = request.institutions.as_ref().map(|institutions| institutions.authenticating.as_str());
    let wanted = browser.wanted(Some(&request.client_id), named.or(picked));
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    context.log_line.knows(data.client.as_ref());
    let client = request.trusted(data.client.as_ref())?;
    let directory = data.directory()?;
    if request.institutions.is_none() {
        let Some(picked) = parameters.get("institution") else {
            let kept = [(TICKET, ticket)];
            let page = ask::institutions(
                browser,
                directory,
                client,
                (TO_DEVICE, &kept),
                parameters.get("find").unwrap_or_default(),
                &request,
            );
            return page?.map(|page| shown(context, page)).ok_or(Denial::InstitutionUnknown(None));
        };
        if !is_institution_id(picked) || !client.may_act_for_one(picked) {
            return Err(Denial::InstitutionNotAllowed("institution", Sent::of(picked)));
        }
        request.institutions = Some(Institutions { authenticating: picked.to_owned(), context: picked.to_owned() });
    }
    check_directory(&request, directory)?;
    ask::ask_user(browser, &data, client, &request, parameters.get(ANOTHER).is_some(), context)
}

/// The POST of a code. It is a guess until it is counted; right and wrong ones cost the same.
pub(super) async fn answer(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let (fields, form) = posted::read(service, browser)?;
    if form.step != Step::Code {
        return answer::handle(service, browser, context).await;
    }
    let typed = fields.get("user_code").and_then(UserCode::parse);
    let looked_up = match browser.check(&form) {
        Ok(()) => look_up(service, browser, typed, context).await,
        Err(denial) => Err(denial),
    };
    match looked_up {
        Ok(mut request) => {
            request.ui_locales = browser.asked.map(|text| text.language.to_string());
            context.log_line.outcome = Outcome::Shown;
            context.log_line.client_id = Some(request.client_id.clone());
            Ok(page::redirect(&browser.to_device(&request)?))
        }
        Err(
            denial @ (Denial::Form(FormError::Stale)
            | Denial::Form(FormError::CookieMissing)
            | Denial::SignIn(SignInError::Slowed { .. })
            | Denial::Device(DeviceError::UserCodeUnknown)),
        ) => {
            context.log_line.refuse(&denial);
            question(browser, typed.map(|code| code.text()), Some(&denial))
        }
        Err(denial) => Err(denial),
    }
}

/// What the device of a code asks for, if the code counts.
async fn look_up(
    service: &Service,
    browser: &Browser<'_>,
    typed: Option<UserCode>,
    context: &mut RequestContext,
) -> Result<Request, Denial> {
    // What can be no code was never made, and is no guess.
    let code = typed.ok_or(DeviceError::UserCodeUnknown)?;
    let (source, id) = (browser.source(), GrantId::of_user_code(&code));
    context.log_line.network_log_id = service.keyring(KeySet::Pages).log_id(Logged::Network(&source.network()));
    for _ in 0..2 {
        let guessed = service.store.guessed(&id, &source, &mut context.usage).await?;
        may_try(&guessed.counted, false, context.now)?;
        let grant = guessed.grant.as_ref();
        let grant = grant.filter(|grant| grant.waits_for_user(service.settings.not_before, context.now));
        // Another guess may come in between. Once more, counted behind that one.
        if service.store.count_guess(&source, &guessed.counted, grant.is_some(), &mut context.usage).await? {
            let grant = grant.ok_or(DeviceError::UserCodeUnknown)?;
            return Ok(Request::of_device(code, grant));
        }
    }
    Err(Denial::SignIn(SignInError::Slowed { seconds: 1 }))
}
