//! `/oauth2/applications`: a user sees which applications may use the account, and ends what each of them may do. A user who
//! is not signed in signs in here, by the same form as for an application.
//!
//! A form names an application and no grant. The grants are those that the index has of the user who is signed in, and each
//! write has that user as its condition.

mod sign_in;

use bytes::Bytes;
use http::Response;

use super::address::LANGUAGE;
use super::browser::Browser;
use super::posted;
use super::question::{Known, signed_in};
use crate::context::{RequestContext, Service};
use crate::endpoint::client::MAX_QUERY;
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page::Pages;
use crate::page::applications::{Entry, Listed, Notice};
use latchkey_dynamodb::store::holders::MOST;
use latchkey_dynamodb::store::sign_in::SignInData;
use latchkey_oauth::client::{Client, is_client_id};
use latchkey_oauth::error::{Denial, FormError, Unavailable};
use latchkey_oauth::grants::applications::{Allowed, applications};
use latchkey_oauth::redirect::{Destination, TO_APPLICATIONS};
use latchkey_oauth::session::{Form, Step};
use latchkey_oauth::user::Directory;

use sign_in::{expected, sign_in, who};

pub(super) use sign_in::{again, beginning};

/// So many applications are on one page, which keeps it under 20 KB.
const SHOWN: usize = 20;

/// The GET: the list. A user who is not signed in is asked to sign in.
pub(super) async fn ask(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let parameters = parameters(browser)?;
    let data = load(service, browser, None, &parameters, context).await?;
    let Some(user) = signed_in(browser, &data) else {
        return who(service, browser, data, &parameters, context).await;
    };
    let from = parameters.get("from").and_then(|from| from.parse().ok()).unwrap_or_default();
    list(service, browser, (&data, user), (from, Notice::None), context).await
}

/// The POST: a sign-in, or the end of an application.
pub(super) async fn answer(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let (fields, form) = posted::read(service, browser)?;
    match form.step {
        Step::SignIn if form.request.is_none() => sign_in(service, browser, &form, &fields, context).await,
        Step::Applications => end(service, browser, &form, &fields, context).await,
        _ => Err(Denial::Form(FormError::Forged)),
    }
}

/// What the address says.
fn parameters<'a>(browser: &Browser<'a>) -> Result<Parameters<'a>, Denial> {
    let query = browser.request.uri().query().unwrap_or_default();
    if query.len() > MAX_QUERY {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    let parameters = Parameters::parse(query, &[])?;
    parameters.check(&["institution", "find", "from", LANGUAGE])?;
    Ok(parameters)
}

/// The directory, the user of the session, and an application.
async fn load(
    service: &Service,
    browser: &Browser<'_>,
    client_id: Option<&str>,
    parameters: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<SignInData, Denial> {
    browser.note_user(&mut context.log_line);
    let wanted = browser.wanted(client_id, expected(browser, parameters));
    Ok(service.store.sign_in_data(wanted, &mut context.usage).await?)
}

/// Ends all that an application may do for the user.
async fn end(
    service: &Service,
    browser: &Browser<'_>,
    form: &Form,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let ended = fields.get("end").filter(|id| is_client_id(id));
    let checked = browser.check(form);
    let named = ended.filter(|_| checked.is_ok());
    let nothing = Parameters::parse("", &[])?;
    let data = match load(service, browser, named, &nothing, context).await {
        // The client is read for its name only. One whose item is damaged ends by its id.
        Err(Denial::Unavailable(Unavailable::ItemDamaged)) if named.is_some() => {
            load(service, browser, None, &nothing, context).await?
        }
        loaded => loaded?,
    };
    // The user may have signed out since, or the account may have changed: then the page asks the user to sign in.
    let Some(user) = signed_in(browser, &data) else {
        return who(service, browser, data, &nothing, context).await;
    };
    let notice = match (checked, ended) {
        (Ok(()), Some(client_id)) => {
            let found = service.store.consents_to(user.principal, client_id, context.now, &mut context.usage).await?;
            let Some(ids) = found else { return unlisted(browser, user, context) };
            // A grant names it, or a registration has it: so it is no text of the requester's.
            let is_known = !ids.is_empty() || data.client.is_some();
            context.log_line.client_id = is_known.then(|| client_id.to_owned());
            if let Err(unavailable) =
                service.store.end_consents(user.principal, &ids, context.now, &mut context.usage).await
            {
                context.log_line.refuse(&unavailable.into());
                return Ok(browser.pages().not_ended());
            }
            if ids.is_empty() {
                Notice::Nothing
            } else {
                Notice::Ended { client_id, name: data.client.as_ref().map_or(client_id, |client| &client.name) }
            }
        }
        (Ok(()), None) => Notice::None,
        (Err(denial @ Denial::Form(FormError::Stale)), _) => Notice::Stale(denial),
        (Err(denial), _) => return Err(denial),
    };
    let page = list(service, browser, (&data, user), (0, notice), context).await?;
    browser.ending(false, |_| page)
}

/// The list, from its application of this number on.
async fn list(
    service: &Service,
    browser: &Browser<'_>,
    (data, user): (&SignInData, Known<'_>),
    (from, notice): (usize, Notice<'_>),
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let directory = data.directory()?;
    let found = service.store.newest_consents(user.principal, &mut context.usage).await?;
    let Some(found) = found else { return unlisted(browser, user, context) };
    let all = applications(&found.grants, &service.settings, context.now);
    let from = if from < all.len() { from } else { 0 };
    let shown = &all[from..all.len().min(from.saturating_add(SHOWN))];
    let ids: Vec<_> = shown.iter().map(|application| application.client_id).collect();
    let clients = service.store.clients_without_secrets(&ids, &mut context.usage).await?;
    let listed = shown.iter().filter_map(|application| {
        let client = clients.iter().find(|client| client.id == application.client_id);
        Some(entry(directory, application.client_id, client, &application.allowed(client)?))
    });
    let listed: Vec<_> = listed.collect();
    let next = from.saturating_add(SHOWN);
    context.log_line.outcome = match notice {
        Notice::None => Outcome::Listed,
        Notice::Ended { .. } => Outcome::Ended,
        Notice::Nothing => Outcome::Unchanged,
        Notice::Stale(ref denial) => {
            context.log_line.refuse(denial);
            Outcome::Denied
        }
    };
    let form = browser.form(Step::Applications, None)?;
    let (action, languages) = (browser.in_language(TO_APPLICATIONS), browser.languages_of(TO_APPLICATIONS));
    let pages = Pages { languages: &languages, ..browser.pages() };
    let page = pages.applications(&Listed {
        entries: &listed,
        user: user.name,
        next: (next < all.len()).then_some(next),
        is_first: from == 0,
        most: found.are_more.then_some(MOST),
        ask: (!found.is_index_filled).then(|| institution_name(directory, user.institution_id)),
        notice: &notice,
        action: &action,
        form: &form.field,
    });
    Ok(browser.showing(&form, page))
}

/// What the page says of an application.
fn entry<'a>(directory: &'a Directory, id: &'a str, client: Option<&'a Client>, allowed: &Allowed<'a>) -> Entry<'a> {
    let redirect_uri =
        allowed.redirect_uri.or(client.and_then(|client| client.redirect_uris.first()).map(String::as_str));
    Entry {
        id,
        name: client.map_or(id, |client| &client.name),
        destination: redirect_uri.and_then(Destination::of),
        institutions: allowed.institutions.iter().map(|id| institution_name(directory, id)).collect(),
        services: allowed.services.iter().map(|scope| directory.service(scope)).collect(),
        since: allowed.since,
        until: allowed.until,
    }
}

fn institution_name<'a>(directory: &'a Directory, id: &'a str) -> &'a str {
    directory.institution(id).map_or(id, |known| &known.name)
}

/// The table has no index of users' grants: the deployment has not updated it, or is building it.
fn unlisted(browser: &Browser<'_>, user: Known<'_>, context: &mut RequestContext) -> Result<Response<Bytes>, Denial> {
    context.log_line.outcome = Outcome::IndexMissing;
    Ok(browser.pages().unlisted(user.name))
}
