//! `/oauth2/signOut`: the session ends. What was allowed stays so; an operator or the application revokes it.

use bytes::Bytes;
use http::Response;

use super::super::{Latchkey, Visit};
use super::browser::Browser;
use super::{answer, shown};
use crate::denial::Denial;
use crate::session::{Form, Step};

/// The GET.
pub(super) fn ask(browser: &Browser<'_>, visit: &mut Visit) -> Result<Response<Bytes>, Denial> {
    let page = match (&browser.session, browser.user()) {
        (Some(session), Some(user)) => {
            let form = browser.form(Step::SignOut, session, None)?;
            browser.face().sign_out(&user.username, &form)
        }
        _ => browser.face().signed_out(false),
    };
    Ok(shown(visit, page))
}

/// The POST.
pub(super) fn answer(latchkey: &Latchkey, browser: &Browser<'_>, visit: &mut Visit) -> Result<Response<Bytes>, Denial> {
    let fields = answer::fields(browser)?;
    let form = Form::open(fields.get("form").unwrap_or_default(), &latchkey.keyring)?;
    if form.step != Step::SignOut {
        return Err(Denial::FormForged);
    }
    browser.check(&form)?;
    visit.record.outcome = "signed_out";
    Ok(browser.forgetting(browser.face().signed_out(true)))
}
