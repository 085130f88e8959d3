//! The POST: what a user answers, in a form of ours.

use bytes::Bytes;
use http::Response;

use crate::context::{RequestContext, Service};
use crate::endpoint::authorize::browser::Browser;
use crate::endpoint::authorize::{ask, consent};
use crate::endpoint::client::is_form;
use crate::endpoint::parameters::Parameters;
use crate::page;
use crate::page::SignIn;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::sign_in::{Attempt, SignInData, Source, Wanted};
use latchkey_oauth::error::Denial;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::Consent;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType, trust};
use latchkey_oauth::redirect;
use latchkey_oauth::sign_in::attempts::{ADDRESS_FAILURES, USER_FAILURES, WINDOW, after, may_try};
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::MAX_PASSWORD;
use latchkey_oauth::sign_in::session::{Form, SignedIn, Step};
use latchkey_oauth::text::composed;
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user;
use latchkey_oauth::user::User;

/// The longest form that is looked at, bytes: it holds the whole request.
const MAX_FORM: usize = 16 * 1024;

/// Reads a form's fields.
pub(super) fn fields<'a>(browser: &Browser<'a>) -> Result<Parameters<'a>, Denial> {
    let body: &'a Bytes = browser.request.body();
    if body.len() > MAX_FORM {
        return Err(Denial::BodyTooLong(MAX_FORM));
    }
    if !is_form(browser.request) {
        return Err(Denial::FormForged);
    }
    Parameters::parse("", body)
}

/// Reads, checks that the form is one that this session was shown, and does what it says.
pub(super) async fn handle(
    service: &Service,
    browser: &Browser<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let fields = fields(browser)?;
    fields.check_shorter(&["form", "action", "username", "password"], MAX_FORM)?;
    let sealed = fields.get("form").ok_or(Denial::FormForged)?;
    let form = Form::open(sealed, &service.keyring)?;
    let Some(request) = &form.request else { return Err(Denial::FormForged) };
    // We sealed it, so it is a request that was checked; a GET checks it again.
    let again = redirect::to_begin(request);
    context.again = Some(again.clone());
    context.log_line.client_id = Some(request.client_id.clone());
    match browser.check(&form) {
        // Signed in already, in another tab or by the first of two clicks: what comes next is asked anew.
        Err(Denial::FormStale) if form.step == Step::SignIn && browser.user().is_some() => {
            context.log_line.outcome = "shown";
            return Ok(page::redirect(&again));
        }
        checked => checked?,
    }
    match (form.step, fields.get("action").unwrap_or_default()) {
        (Step::SignIn, "sign_in") => sign_in(service, browser, request, sealed, &fields, context).await,
        (Step::SignIn, "cancel") | (Step::Consent, "deny") => {
            let wanted = Wanted { client_id: Some(&request.client_id), user: None, attempt: None };
            let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
            trust(data.client.as_ref(), &request.redirect_uri)?;
            Ok(refused(browser, request, Denial::ConsentRefused, context))
        }
        (Step::Consent, "allow") => allow(service, browser, request, &form, context).await,
        (Step::Consent, "sign_out") => {
            context.log_line.outcome = "signed_out";
            browser.keeping(&browser.new_session(None)?, page::redirect(&again))
        }
        _ => Err(Denial::FormForged),
    }
}

/// The application is told of a refusal.
fn refused(browser: &Browser<'_>, request: &Request, denial: Denial, context: &mut RequestContext) -> Response<Bytes> {
    let in_fragment = request.response_type == ResponseType::Token;
    let state = request.state.as_deref();
    let location = redirect::refused(&request.redirect_uri, in_fragment, &denial, state, &browser.issuer());
    context.refused = Some(denial);
    page::redirect(&location)
}

/// A username and a password.
async fn sign_in(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    sealed: &str,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institutions = request.institutions.as_ref().ok_or(Denial::FormForged)?;
    let typed = fields.get("username").unwrap_or_default();
    // What can be no username is nobody's, and costs what anybody's costs.
    let username = user::username(typed).unwrap_or_default();
    let password = composed(fields.get("password").unwrap_or_default());
    let key = (institutions.authenticating.as_str(), if username.is_empty() { " " } else { username.as_str() });
    let source = browser.source();
    let wanted = Wanted { client_id: Some(&request.client_id), user: Some(key), attempt: Some(source) };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = trust(data.client.as_ref(), &request.redirect_uri)?;
    let signed_in = match try_password(service, &data, key, source, password, context).await {
        Ok(user) => SignedIn { stamp: user.stamp(), institution_id: user.institution_id, username: user.username },
        Err(denial @ (Denial::SignInFailed | Denial::SignInSlowed { .. })) => {
            let known = data.directory.institution(&institutions.authenticating);
            let name = known.map_or(institutions.authenticating.as_str(), |known| &known.name);
            let asked = SignIn { client: &client.name, institution: name, redirect_uri: &request.redirect_uri };
            let page = browser.pages().sign_in(&asked, sealed, typed, Some(&denial));
            context.refused = Some(denial);
            return Ok(page);
        }
        Err(denial) => return Err(denial),
    };
    context.log_line.outcome = "signed_in";
    // A session of its own: what was shown before the sign-in counts no more.
    let session = browser.new_session(Some(signed_in))?;
    browser.keeping(&session, page::redirect(&redirect::to_begin(request)))
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
    let hash = data.user.as_ref().map(|user| user.password_hash.clone());
    let fits = password.len() <= MAX_PASSWORD;
    let compared = tokio::task::spawn_blocking(move || password::verify(&password, hash.as_deref())).await;
    let user = data.user.as_ref().filter(|user| fits && compared.unwrap_or_default() && !user.disabled);
    let mut before = data.attempts;
    for patience in [true, false] {
        let attempt = Attempt {
            user: key,
            source,
            window_ends_at: (source.window + 1) * WINDOW,
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

/// The user says yes.
async fn allow(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    form: &Form,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institutions = request.institutions.clone().ok_or(Denial::FormForged)?;
    let signed_in = browser.user().ok_or(Denial::FormStale)?;
    let user = Some((signed_in.institution_id.as_str(), signed_in.username.as_str()));
    let wanted = Wanted { client_id: Some(&request.client_id), user, attempt: None };
    let data = service.store.sign_in_data(wanted, &mut context.usage).await?;
    let client = trust(data.client.as_ref(), &request.redirect_uri)?;
    let user = ask::signed_in(browser, &data).ok_or(Denial::FormStale)?;
    let consented = Consent {
        response_type: request.response_type,
        redirect_uri: request.redirect_uri.clone(),
        institutions,
        principal: Some(user.principal.clone()),
        scope: request.scope.clone(),
        challenge: request.challenge.clone(),
        form_ends_at: form.ends_at,
    };
    // The same code if the form is sent again; but tokens once, since their ends would be told wrongly a second time.
    let access = if request.response_type == ResponseType::Code { form.secret } else { random()? };
    let entropy = Entropy { access, refresh: random()? };
    context.log_line.grant_type = Some(request.response_type.grant_type());
    let id = GrantId::random(form.grant);
    match consent(service, client, consented, id, &entropy, context.now, &mut context.usage).await {
        Ok((grant, handed)) => {
            context.log_line.grant_id = Some(grant.id);
            let location = redirect::granted(request, &grant, &handed, &browser.issuer(), context.now);
            Ok(page::redirect(&location))
        }
        Err(denial @ (Denial::FormAnswered | Denial::Unavailable(_))) => {
            context.again = None;
            Err(denial)
        }
        // The registration has shrunk since the question was put.
        Err(denial) => Ok(refused(browser, request, denial, context)),
    }
}
