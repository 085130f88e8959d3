//! `/oauth2/signOut`: the session ends. What was allowed stays so; an operator or the application revokes it.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::question::{provider_of, signed_in};
use crate::endpoint::authorize::{posted, shown};
use crate::log::Outcome;
use crate::page::{Farewell, Pages};
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{Form, Step};

/// The last part of its path.
const PLACE: &str = "signOut";

/// The GET.
pub(super) fn ask(browser: &Browser<'_>, context: &mut RequestContext) -> Result<Response<Bytes>, Denial> {
    let page = question(browser, None)?;
    Ok(shown(context, page))
}

/// Do you want to sign out?
fn question(browser: &Browser<'_>, problem: Option<&Denial>) -> Result<Response<Bytes>, Denial> {
    let languages = browser.languages_of(PLACE);
    let pages = Pages { languages: &languages, ..browser.pages() };
    let Some(user) = browser.user() else { return Ok(pages.signed_out(false, None)) };
    let form = browser.form(Step::SignOut, None)?;
    Ok(browser.showing(&form, pages.sign_out(&user.username, &browser.in_language(PLACE), &form.field, problem)))
}

/// The POST.
pub(super) async fn answer(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let fields = posted::fields(browser)?;
    let form = Form::open(fields.get("form").unwrap_or_default(), service.keyring(KeySet::Pages))?;
    if form.step != Step::SignOut {
        return Err(Denial::Form(FormError::Forged));
    }
    match browser.check(&form) {
        Ok(()) => {}
        // Asked anew: a user who leaves must not be left signed in. One who has left is told so.
        Err(Denial::Form(FormError::Stale)) if browser.user().is_some() => {
            context.log_line.refuse(&Denial::Form(FormError::Stale));
            return question(browser, Some(&Denial::Form(FormError::Stale)));
        }
        Err(Denial::Form(FormError::Stale)) => return ask(browser, context),
        Err(denial) => return Err(denial),
    }
    context.log_line.outcome = Outcome::SignedOut;
    let farewell = farewell(service, browser, context).await;
    Ok(browser.forgetting(browser.pages().signed_out(true, farewell.as_ref())))
}

/// Where a user whom an institution's provider named signs out there, too. Whatever is known of the provider, the user is signed
/// out here.
async fn farewell(service: &Service, browser: &Browser<'_>, context: &mut RequestContext) -> Option<Farewell> {
    browser.user().filter(|user| user.principal.is_some())?;
    let data = service.store.sign_in_data(browser.wanted(None, None), &mut context.usage).await.unwrap_or_default();
    let known = signed_in(browser, &data).and_then(|user| provider_of(&data, user.institution_id));
    Some(Farewell { url: known.and_then(|provider| provider.end_session_endpoint.clone()) })
}
