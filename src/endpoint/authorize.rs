//! `/oauth2/authorizeCode`: a user signs in, is asked, and the application gets its answer. Two more addresses stand
//! beside it: `/oauth2/signOut` and the pages' stylesheet.
//!
//! No step keeps anything on the server but counted attempts and the grant itself: the request travels in the address, the
//! session in a cookie, and what a form answers in the form, sealed.

mod answer;
mod ask;
mod browser;
mod sign_out;

use bytes::Bytes;
use http::{Method, Request, Response};

use super::{Answering, Latchkey, Visit};
use crate::client::Client;
use crate::denial::Denial;
use crate::flow::Entropy;
use crate::flow::authorize::{Consent, Handed, authorize};
use crate::grant::Grant;
use crate::page::{self, Face};
use crate::store::{Meter, Write};
use crate::token::GrantId;

use browser::Browser;

/// The endpoint. A refusal that nobody but the user may see becomes a page; one that the application is told becomes a
/// redirect.
pub fn endpoint<'a>(latchkey: &'a Latchkey, request: &'a Request<Bytes>, visit: &'a mut Visit) -> Answering<'a> {
    Box::pin(async move {
        if request.uri().path().ends_with("/style.css") {
            visit.record.outcome = "shown";
            return Ok(page::style(&latchkey.settings.theme));
        }
        let browser = Browser::read(latchkey, request, visit.now);
        let text = browser.text;
        visit.page = Some(Box::new(move |theme, denial, again| Face { text, theme }.denial(denial, again)));
        match (request.uri().path().ends_with("/signOut"), request.method()) {
            (true, &Method::POST) => sign_out::answer(latchkey, &browser, visit),
            (true, _) => sign_out::ask(&browser, visit),
            (false, &Method::POST) => answer::converse(latchkey, &browser, visit).await,
            (false, _) => ask::converse(latchkey, &browser, visit).await,
        }
    })
}

/// Decides, stores, and hands out what was asked for. One id makes one grant: asked again with the same secret, it hands out
/// the same code, as long as that was not redeemed.
pub async fn consent(
    latchkey: &Latchkey,
    client: &Client,
    consent: Consent,
    id: GrantId,
    entropy: &Entropy,
    now: u64,
    meter: &mut Meter,
) -> Result<(Grant, Handed), Denial> {
    let (grant, handed) = authorize(client, consent, id, entropy, &latchkey.settings, now)?;
    match latchkey.store.begin_grant(&grant, meter).await? {
        Write::Done => Ok((grant, handed)),
        Write::Refused(_) => Err(Denial::FormAnswered),
    }
}

/// A page, as the log knows it.
fn shown(visit: &mut Visit, response: Response<Bytes>) -> Response<Bytes> {
    visit.record.outcome = "shown";
    response
}
