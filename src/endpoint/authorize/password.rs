//! A username and a password: the way to sign in that this service offers itself.

use bytes::Bytes;
use http::Response;

use super::address::ANOTHER;
use super::browser::Browser;
use super::question::{self, Typed, provider_of, still_known};
use super::refusal::refused;
use crate::context::{RequestContext, Service};
use crate::endpoint::parameters::Parameters;
use crate::log::Outcome;
use crate::page;
use latchkey_dynamodb::store::sign_in::{Attempt, SignInData, Source, Wanted};
use latchkey_oauth::error::{Denial, FormError, ProviderError, SignInError, Unavailable};
use latchkey_oauth::grants::authorization_code::request::Request;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::session::{Session, SignedIn, mark};
use latchkey_oauth::sign_in::attempts::may_try;
use latchkey_oauth::sign_in::factor;
use latchkey_oauth::sign_in::factor::Code;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::PasswordHash;
use latchkey_oauth::user::{self, User};
use zeroize::Zeroizing;

/// One attempt to sign in: whose password is typed, and where.
pub(super) struct Attempted<'a> {
    institution: &'a str,
    username: String,
    source: Source,
    stays: bool,
}

impl<'a> Attempted<'a> {
    /// Reads what was typed, except the password.
    pub(super) fn read(
        service: &Service,
        browser: &Browser<'_>,
        institution: &'a str,
        fields: &Parameters<'_>,
        context: &mut RequestContext,
    ) -> Self {
        let Typed { username, stays, .. } = typed(fields);
        // No user has such a username. The attempt costs as much as any other.
        let username = user::username(username).filter(|name| !name.is_empty()).unwrap_or_else(|| " ".to_owned());
        let key = (institution, username.as_str());
        let source = Source { device: browser.devices.at(key), ..browser.source() };
        context.log_line.scope(service.keyring(KeySet::Pages), key, &source.network());
        Self { institution, username, source, stays }
    }

    fn key(&self) -> (&str, &str) {
        (self.institution, &self.username)
    }

    /// What has to be read for it, with the application that asks, if one does.
    pub(super) fn wanted<'w>(&'w self, client_id: Option<&'w str>) -> Wanted<'w> {
        Wanted { client_id, user: Some(self.key()), attempt: Some(self.source), provider: Some(self.institution) }
    }

    /// Looks at password and code, and counts the attempt. Where the institution's provider is the only way, no password is
    /// looked at.
    pub(super) async fn check(
        &self,
        service: &Service,
        data: &SignInData,
        fields: &Parameters<'_>,
        context: &mut RequestContext,
    ) -> Result<User, Denial> {
        if provider_of(data, self.institution).is_some_and(|provider| provider.only) {
            return Err(ProviderError::Required.into());
        }
        let password = fields.get("password").unwrap_or_default().to_owned();
        let code = Code::typed(fields.get("code").unwrap_or_default(), self.key());
        try_password(service, data, self.key(), self.source, (password, code), context).await
    }

    /// Signs the user in, who is led on.
    pub(super) fn enter(
        &self,
        browser: &Browser<'_>,
        user: User,
        to: &str,
        context: &mut RequestContext,
    ) -> Result<Response<Bytes>, Denial> {
        let mark = mark(Some(&user));
        let signed_in = SignedIn {
            stamp: user.stamp(),
            institution_id: user.institution_id,
            username: user.username,
            principal: None,
        };
        context.log_line.outcome = Outcome::SignedIn;
        let session = Session::begin(signed_in, self.stays, &browser.service.settings, context.now);
        let response = browser.keeping(&session, page::redirect(to))?;
        browser.remembering(self.key(), mark, response)
    }
}

/// Whether the user may try again in the same form.
pub(super) fn is_answered_by_the_form(denial: &Denial) -> bool {
    matches!(
        denial,
        Denial::SignIn(SignInError::Failed | SignInError::Slowed { .. } | SignInError::Locked)
            | Denial::Provider(ProviderError::Required)
    )
}

/// A username and a password.
pub(super) async fn sign_in(
    service: &Service,
    browser: &Browser<'_>,
    request: &Request,
    fields: &Parameters<'_>,
    context: &mut RequestContext,
) -> Result<Response<Bytes>, Denial> {
    let institutions = request.institutions.as_ref().ok_or(Denial::Form(FormError::Forged))?;
    let attempt = Attempted::read(service, browser, &institutions.authenticating, fields, context);
    let data = service.store.sign_in_data(attempt.wanted(Some(&request.client_id)), &mut context.usage).await?;
    let client = request.trusted(data.client.as_ref())?;
    if let Err(denial) = still_known(institutions, &data) {
        return refused(browser, client, request, fields, &denial, context);
    }
    match attempt.check(service, &data, fields, context).await {
        Ok(user) => {
            let mut next = request.clone();
            next.prompt = next.prompt.answered();
            attempt.enter(browser, user, &browser.to_question(&next)?, context)
        }
        Err(denial) if is_answered_by_the_form(&denial) => {
            context.log_line.refuse(&denial);
            question::sign_in(browser, &data, client, request, typed(fields), Some(&denial))
        }
        Err(denial) => Err(denial),
    }
}

/// What the user typed, except the password.
pub(super) fn typed<'a>(fields: &'a Parameters<'_>) -> Typed<'a> {
    Typed {
        username: fields.get("username").unwrap_or_default(),
        stays: fields.get("stay").is_some(),
        another: fields.get(ANOTHER).is_some(),
    }
}

/// Looks at one password and one code. Whether the user exists, and has a second factor, makes no difference to what is read,
/// computed and written, and a wrong password, a wrong code and a missing one none to the answer.
async fn try_password(
    service: &Service,
    data: &SignInData,
    key: (&str, &str),
    source: Source,
    (password, code): (String, Option<Code>),
    context: &mut RequestContext,
) -> Result<User, Denial> {
    let mut compared: Option<(Option<PasswordHash>, bool)> = None;
    let mut again = None;
    for patience in [true, false] {
        let data = again.as_ref().unwrap_or(data);
        may_try(&data.counted, code.is_some(), context.now)?;
        let secret = secret(service, data, key)?;
        let hash = data.user.as_ref().and_then(|user| user.sign_in.as_ref()?.password().cloned());
        let fits = match &compared {
            Some((before, fits)) if *before == hash => *fits,
            _ => {
                let (password, hash) = (password.clone(), hash.clone());
                let comparing = tokio::task::spawn_blocking(move || password::verify(&password, hash.as_ref()));
                comparing.await.unwrap_or_default()
            }
        };
        compared = Some((hash, fits));
        let used = factor::check(secret.as_ref().map(|secret| &secret[..]), code.as_ref(), &data.codes, context.now);
        let result = secret.as_ref().map(|_| used);
        let user = data.user.as_ref().filter(|user| fits && !user.disabled && data.counted.takes(result));
        let attempt = Attempt {
            user: key,
            source,
            succeeded: user.is_some(),
            used: used.filter(|_| user.is_some()),
            has_code: code.is_some(),
            wrong_code: fits && secret.is_some() && code.is_some() && used.is_none(),
        };
        if service.store.count_attempt(&attempt, data, &mut context.usage).await? {
            let denial = if data.counted.is_locked() {
                Denial::SignIn(SignInError::Locked)
            } else {
                Denial::SignIn(SignInError::Failed)
            };
            return user.cloned().ok_or(denial);
        }
        if patience {
            // Another one came in between, perhaps the first of two clicks. Once more, counted behind that one.
            let wanted = Wanted { client_id: None, user: Some(key), attempt: Some(source), provider: None };
            again = Some(service.store.sign_in_data(wanted, &mut context.usage).await?);
        }
    }
    Err(Denial::SignIn(SignInError::Slowed { seconds: 1 }))
}

/// The secret of the user's second factor. One that does not open is as a damaged item: no password of the user is looked at.
fn secret(service: &Service, data: &SignInData, key: (&str, &str)) -> Result<Option<Zeroizing<Vec<u8>>>, Unavailable> {
    let Some(sealed) = data.user.as_ref().and_then(|user| user.second_factor.as_ref()) else {
        // It takes as long, and cannot fail.
        let _ = service.keyring(KeySet::Pages).open_decoy();
        return Ok(None);
    };
    let opened = service.keyring(KeySet::Pages).open_bytes(&factor::sealed_for(key), sealed);
    opened.map(|secret| Some(Zeroizing::new(secret))).map_err(|_| Unavailable::SecretUnopened)
}
