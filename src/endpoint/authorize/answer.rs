//! The POST: what a user answers, in a form of ours.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::address::with_another;
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::posted::{read, signs_out};
use crate::endpoint::authorize::refusal::refused;
use crate::endpoint::authorize::{applications, callback, consent, device_answer, password, provider, question};
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::sign_in::Wanted;
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::Consent;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType, check_pushed};
use latchkey_oauth::provider::visit::Destination;
use latchkey_oauth::redirect;
use latchkey_oauth::service::{APPLICATIONS, CALLBACK, DEVICE, SIGN_OUT, is_at};
use latchkey_oauth::session::{Form, Step};
use latchkey_oauth::token::GrantId;

/// Where a refused form leads to: to the beginning of the request that it holds. We sealed that, so it was checked, and a
/// GET checks it again. Nowhere, where the user has allowed it already, or may have.
pub(super) fn again(service: &Service, browser: &Browser<'_>, denial: &Denial) -> Option<String> {
    if is_at(browser.request.uri().path(), APPLICATIONS) {
        return Some(applications::again(browser));
    }
    if is_at(browser.request.uri().path(), CALLBACK) {
        return callback::again(service, browser);
    }
    let Ok((fields, form)) = read(service, browser) else {
        // Sealed by a key that is gone. The address names the request, too, and a GET checks it. Of a device it has only a
        // ticket: the code is asked for anew, as signing out is.
        let uri = Some(browser.request.uri()).filter(|_| *denial == Denial::Form(FormError::Stale))?;
        if is_at(uri.path(), DEVICE) || is_at(uri.path(), SIGN_OUT) {
            return uri.path().rsplit('/').next().map(str::to_owned);
        }
        return uri.query().filter(|query| !query.is_empty()).map(|query| format!("authorizeCode?{query}"));
    };
    let allows = form.step == Step::Consent && fields.get("action") == Some("allow");
    let is_answered = allows && matches!(denial, Denial::Form(FormError::Answered) | Denial::Unavailable(_));
    form.request.filter(|_| !is_answered).and_then(|request| browser.begin(&request).ok())
}

/// Reads, checks that the form is one that this session was shown, and does what it says.
pub(super) async fn handle(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let (fields, form) = read(service, browser)?;
    let Some(request) = &form.request else { return Err(Denial::Form(FormError::Forged)) };
    context.log_line.client_id = Some(request.client_id.clone());
    match browser.check(&form) {
        // What was typed is lost, and the page says why.
        Err(denial @ (Denial::Form(FormError::Stale) | Denial::Form(FormError::CookieMissing)))
            if form.step == Step::SignIn =>
        {
            return sign_in_again(service, browser, request, &fields, &denial, context).await;
        }
        checked => checked?,
    }
    match (form.step, fields.get("action").unwrap_or_default()) {
        // Password managers send a form without its button. Then the first one is meant, and it is no consent.
        (Step::SignIn, "sign_in" | "") => password::sign_in(service, browser, request, &fields, context).await,
        (Step::SignIn, "provider") => {
            let institutions = request.institutions.as_ref().ok_or(Denial::Form(FormError::Forged))?;
            let to = Destination::Request(request.clone());
            provider::leave(service, browser, (to, &institutions.authenticating), &fields, context).await
        }
        (Step::SignIn, "cancel") | (Step::Consent, "deny") => {
            let wanted = Wanted { client_id: Some(&request.client_id), user: None, attempt: None, provider: None };
            let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
            let client = request.trusted(data.client.as_ref())?;
            if let Some(code) = &request.device {
                return device_answer::denied(service, browser, (client, code), signs_out(&fields), context).await;
            }
            refused(browser, client, request, &fields, &Denial::ConsentRefused, context)
        }
        (Step::Consent, "") => {
            context.log_line.outcome = Outcome::Shown;
            Ok(page::redirect(&browser.to_question(request)?))
        }
        (Step::Consent, "allow") => allow(service, browser, request, &form, &fields, context).await,
        (Step::Consent, "sign_out") => {
            context.log_line.outcome = Outcome::SignedOut;
            // A provider that still knows the user would sign in the same one again, without a question.
            let is_provided = browser.user().is_some_and(|user| user.principal.is_some());
            let next = if is_provided {
                with_another(&browser.to_question(request)?)
            } else {
                browser.to_question(request)?
            };
            Ok(browser.forgetting(page::redirect(&next)))
        }
        _ => Err(Denial::Form(FormError::Forged)),
    }
}

/// The sign-in page once more, in answer to a form that does not count.
async fn sign_in_again(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    fields: &Parameters<'_>,
    denial: &Denial,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institution = request.institutions.as_ref().map(|institutions| institutions.authenticating.as_str());
    let wanted = Wanted { client_id: Some(&request.client_id), user: None, attempt: None, provider: institution };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = request.trusted(data.client.as_ref())?;
    context.log_line.refuse(denial);
    question::sign_in(browser, &data, client, request, password::typed(fields), Some(denial))
}

/// The user says yes.
async fn allow(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    form: &Form,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institutions = request.institutions.clone().ok_or(Denial::Form(FormError::Forged))?;
    if browser.user().is_none() {
        return Err(Denial::Form(FormError::Stale));
    }
    browser.note_user(&mut context.log_line);
    let wanted = browser.wanted(Some(&request.client_id), None);
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = request.trusted(data.client.as_ref())?;
    if let Err(denial) = question::still_known(&institutions, &data) {
        return refused(browser, client, request, fields, &denial, context);
    }
    let user = question::signed_in(browser, &data).ok_or(Denial::Form(FormError::Stale))?;
    if form.is_hasty(context.moment().milliseconds()) {
        context.log_line.refuse(&Denial::Form(FormError::Hasty));
        return question::consent(browser, &data, client, request, user, Some(&Denial::Form(FormError::Hasty)));
    }
    if request.device.is_some() {
        return device_answer::allowed(service, browser, (client, request, user), signs_out(fields), context).await;
    }
    if let Err(denial) = check_pushed(client, request) {
        return refused(browser, client, request, fields, &denial, context);
    }
    let consented = Consent {
        response_type: request.response_type,
        redirect_uri: request.redirect_uri.clone(),
        institutions,
        principal: Some(user.principal.clone()),
        scope: request.scope.clone(),
        refresh_seconds: user.refresh_seconds,
        challenge: request.challenge.clone(),
        form_ends_at: form.ends_at,
    };
    // The same code if the form is sent again; but tokens once, since their ends would be told wrongly a second time.
    let access = if request.response_type == ResponseType::Code { form.secret } else { random()? };
    let entropy = Entropy { access, refresh: random()? };
    context.log_line.grant_type = Some(request.response_type.grant_type());
    let id = GrantId::random(form.grant);
    match consent(service, client, consented, id, &entropy, context.now, &mut context.usage).await {
        Ok((grant, response)) => {
            context.log_line.grant_id = Some(grant.id);
            let location = redirect::granted(request, &grant, &response, &browser.issuer(), context.answered_at());
            browser.answered(&client.name, &location, signs_out(fields))
        }
        Err(denial @ (Denial::Form(FormError::Answered) | Denial::Unavailable(_))) => Err(denial),
        // The registration has shrunk since the question was put.
        Err(denial) => refused(browser, client, request, fields, &denial, context),
    }
}
