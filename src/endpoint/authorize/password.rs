//! A username and a password: the way to sign in that this service offers itself.

use bytes::Bytes;
use http::Response;

use super::browser::Browser;
use super::question::{self, Typed};
use crate::context::{RequestContext, Service};
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page;
use latchkey_dynamodb::store::sign_in::{Attempt, SignInData, Source, Wanted};
use latchkey_oauth::error::Denial;
use latchkey_oauth::grants::authorization_code::request::{Request, trust};
use latchkey_oauth::redirect;
use latchkey_oauth::session::{Session, SignedIn};
use latchkey_oauth::sign_in::attempts::{ADDRESS_FAILURES, USER_FAILURES, WINDOW, after, may_try};
use latchkey_oauth::sign_in::password;
use latchkey_oauth::user::{self, User};

/// A username and a password.
pub(super) async fn sign_in(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institutions = request.institutions.as_ref().ok_or(Denial::FormForged)?;
    let Typed { username, stays } = typed(fields);
    // What can be no username is nobody's, and costs what anybody's costs.
    let username = user::username(username).unwrap_or_default();
    let password = fields.get("password").unwrap_or_default().to_owned();
    let key = (institutions.authenticating.as_str(), if username.is_empty() { " " } else { username.as_str() });
    let source = browser.source();
    context.log_line.scope(&service.keyring, key, &source.network());
    let wanted = Wanted { client_id: Some(&request.client_id), user: Some(key), attempt: Some(source) };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = trust(data.client.as_ref(), &request.redirect_uri)?;
    let signed_in = match try_password(service, &data, key, source, password, context).await {
        Ok(user) => SignedIn { stamp: user.stamp(), institution_id: user.institution_id, username: user.username },
        Err(denial @ (Denial::SignInFailed | Denial::SignInSlowed { .. })) => {
            context.log_line.refuse(&denial);
            return question::sign_in(browser, &data, client, request, typed(fields), Some(&denial));
        }
        Err(denial) => return Err(denial),
    };
    context.log_line.outcome = Outcome::SignedIn;
    let session = Session::begin(signed_in, stays, &service.settings, context.now);
    let mut next = request.clone();
    next.prompt = next.prompt.answered();
    browser.keeping(&session, page::redirect(&redirect::to_begin(&next)))
}

/// What the user typed, except the password.
pub(super) fn typed<'a>(fields: &'a Parameters<'_>) -> Typed<'a> {
    Typed { username: fields.get("username").unwrap_or_default(), stays: fields.get("stay").is_some() }
}

/// Looks at one password. Whether the user exists makes no difference to what is read, computed and written.
async fn try_password(
    service: &Service,
    data: &SignInData,
    key: (&str, &str),
    source: Source,
    password: String,
    context: &mut RequestContext,
) -> Result<User, Denial> {
    may_try(&data.attempts, data.user_failures, data.address_failures, context.now)?;
    let hash = data.user.as_ref().and_then(|user| user.sign_in.as_ref()?.password().cloned());
    let compared = tokio::task::spawn_blocking(move || password::verify(&password, hash.as_ref())).await;
    let user = data.user.as_ref().filter(|user| compared.unwrap_or_default() && !user.disabled);
    let mut before = data.attempts;
    for patience in [true, false] {
        let attempt = Attempt {
            user: key,
            source,
            window_ends_at: source.window.saturating_add(1).saturating_mul(WINDOW),
            before,
            after: after(&before, user.is_some(), context.now),
            failed: user.is_none(),
            most: [USER_FAILURES, ADDRESS_FAILURES],
        };
        if service.store.count_attempt(&attempt, &mut context.usage).await? {
            return user.cloned().ok_or(Denial::SignInFailed);
        }
        if patience {
            // Another one came in between, perhaps the first of two clicks. Once more, counted behind that one.
            let wanted = Wanted { client_id: None, user: Some(key), attempt: Some(source) };
            let again = service.store.sign_in_data(wanted, &mut context.usage).await?;
            may_try(&again.attempts, again.user_failures, again.address_failures, context.now)?;
            before = again.attempts;
        }
    }
    Err(Denial::SignInSlowed { seconds: 1 })
}
