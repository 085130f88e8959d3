//! A refusal that the application is told.

use bytes::Bytes;
use http::Response;

use super::browser::Browser;
use super::posted::signs_out;
use crate::context::RequestContext;
use crate::endpoint::parameters::Parameters;
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType};
use latchkey_oauth::redirect;

/// The application is told of a refusal. A device has no address to lead back to: its user is told.
pub(super) fn refused(
    browser: &Browser<'_>,
    client: &Client,
    request: &Request,
    fields: &Parameters<'_>,
    denial: &Denial,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    if request.device.is_some() {
        return Err(denial.clone());
    }
    let in_fragment = request.response_type == ResponseType::Token;
    let state = request.state.as_deref();
    let location =
        redirect::refused(&request.redirect_uri, in_fragment, denial, state, &browser.issuer(), browser.error_pages());
    context.log_line.refuse(denial);
    browser.answered(&client.name, &location, signs_out(fields))
}
