//! The way to an institution's own provider, which says who the user is. The service keeps nothing meanwhile: what it needs when
//! the user is back, the address takes along, sealed.

use bytes::Bytes;
use http::Response;

use super::address::ANOTHER;
use super::browser::Browser;
use super::question::{has_left, provider_of, still_known};
use super::refusal::refused;
use crate::context::{RequestContext, Service};
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::sign_in::Wanted;
use latchkey_oauth::error::{Denial, ProviderError};
use latchkey_oauth::provider::authentication;
use latchkey_oauth::provider::visit::{Destination, TabSecret, Visit};
use latchkey_oauth::service::KeySet;

impl Browser<'_> {
    /// Where the provider of an institution sends its users back to.
    pub(super) fn callback(&self, institution: &str) -> String {
        authentication::redirect_uri(&self.issuer(), institution)
    }
}

/// The page that leads to the provider of an institution, and in the end on to where the user was.
pub(super) async fn leave(
    service: &Service,
    browser: &Browser<'_>,
    (to, institution): (Destination, &str),
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let request = match &to {
        Destination::Request(request) => Some(request.clone()),
        Destination::Applications => None,
    };
    let client_id = request.as_ref().map(|request| request.client_id.as_str());
    let wanted = Wanted { client_id, user: None, attempt: None, provider: Some(institution) };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = request.as_ref().map(|request| request.trusted(data.client.as_ref())).transpose()?;
    let asked = client.zip(request.as_ref());
    if let Some((client, request)) = asked
        && let Some(institutions) = &request.institutions
        && let Err(denial) = still_known(institutions, &data)
    {
        return refused(browser, client, request, fields, &denial, context);
    }
    let provider = provider_of(&data, institution).filter(|_| asked.is_some() || !has_left(&data, institution));
    let provider = provider.ok_or(ProviderError::Changed)?;
    let tab = TabSecret::new(random()?);
    let visit = Visit::begin(provider, &tab, to, fields.get(ANOTHER).is_some(), context.now);
    let visit = match asked {
        Some(_) => visit,
        None => visit.speaking(browser.asked.map(|text| text.language.to_string())),
    };
    let state = match (visit.seal(client, service.keyring(KeySet::Pages), random()?), asked) {
        (Err(denial @ Denial::Provider(_)), Some((client, request))) => {
            return refused(browser, client, request, fields, &denial, context);
        }
        (sealed, _) => sealed?,
    };
    let location = authentication::url(provider, &visit, &tab, &browser.callback(institution), &state);
    let directory = data.directory().ok();
    let known = directory.and_then(|directory| directory.institution(institution));
    let name = known.map_or(institution, |known| &known.name);
    context.log_line.outcome = Outcome::ToProvider;
    browser.away(&browser.tabs.with(tab, context.now), browser.pages().to_provider(name, &location))
}
