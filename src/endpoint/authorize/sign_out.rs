//! `/oauth2/signOut`: the session ends. What was allowed stays so; an operator or the application revokes it.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::{answer, shown};
use crate::log::Outcome;
use latchkey_oauth::error::Denial;
use latchkey_oauth::session::{Form, Step};

/// The GET.
pub(super) fn ask(browser: &Browser<'_>, context: &mut RequestContext) -> Result<Response<Bytes>, Denial> {
    let page = match (&browser.session, browser.user()) {
        (Some(session), Some(user)) => {
            let form = browser.form(Step::SignOut, session, None)?;
            browser.pages().sign_out(&user.username, &form)
        }
        _ => browser.pages().signed_out(false),
    };
    Ok(shown(context, page))
}

/// The POST.
pub(super) fn answer(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let fields = answer::fields(browser)?;
    let form = Form::open(fields.get("form").unwrap_or_default(), &service.keyring)?;
    if form.step != Step::SignOut {
        return Err(Denial::FormForged);
    }
    browser.check(&form)?;
    context.log_line.outcome = Outcome::SignedOut;
    Ok(browser.forgetting(browser.pages().signed_out(true)))
}
