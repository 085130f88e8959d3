//! A form that a user posted: its fields, and what it holds.

use bytes::Bytes;

use super::address::ANOTHER;
use super::browser::{Browser, MAX_FORM};
use crate::context::Service;
use crate::endpoint::client::is_form;
use crate::endpoint::parameters::Parameters;
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::Form;

/// Reads a form's fields.
pub(super) fn fields<'a>(browser: &Browser<'a>) -> Result<Parameters<'a>, Denial> {
    let body: &'a Bytes = browser.request.body();
    if body.len() > MAX_FORM {
        return Err(Denial::BodyTooLong(MAX_FORM));
    }
    if !is_form(browser.request) {
        return Err(Denial::Form(FormError::Forged));
    }
    Parameters::parse("", body)
}

/// The fields of a form, and what the form holds.
pub(super) fn read<'a>(service: &Service, browser: &Browser<'a>) -> Result<(Parameters<'a>, Form), Denial> {
    let fields = fields(browser)?;
    fields.check_shorter(
        &["form", "action", "username", "password", "code", "user_code", "stay", "sign_out", "end", ANOTHER],
        MAX_FORM,
    )?;
    let form = Form::open(fields.get("form").ok_or(Denial::Form(FormError::Forged))?, service.keyring(KeySet::Pages))?;
    Ok((fields, form))
}

/// Whether the user wants the session to end with this answer.
pub(super) fn signs_out(fields: &Parameters<'_>) -> bool {
    fields.get("sign_out").is_some()
}
