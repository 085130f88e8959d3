//! The authorization request (RFC 6749 sections 4.1.1 and 4.2.1): what must hold before a user is asked anything.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::prompt::Prompt;
use crate::client::Client;
use crate::error::{Denial, PushError, Sent};
use crate::grant::{Grant, Institutions, is_institution_id};
use crate::grant_type::GrantType;
use crate::grants::institutions::NamedInstitutions;
use crate::grants::{check_grant_type, check_institutions, check_scope};
use crate::scope::Scope;
use crate::token::UserCode;
use crate::user::Directory;

#[cfg(test)]
mod tests;

/// What an application asks to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseType {
    /// `code`: a code, to redeem in a signed request.
    Code,
    /// `token`: tokens, in the fragment of the redirect. Off unless a client is registered for `implicit`.
    Token,
}

impl ResponseType {
    /// The grant type that a client must be registered for.
    pub fn grant_type(self) -> GrantType {
        match self {
            Self::Code => GrantType::AuthorizationCode,
            Self::Token => GrantType::Implicit,
        }
    }

    /// Where the answer is in the redirect: the `response_mode`.
    pub fn mode(self) -> &'static str {
        match self {
            Self::Code => "query",
            Self::Token => "fragment",
        }
    }
}

/// The parameters as they came, none of them twice, none empty.
#[derive(Default)]
pub struct AuthorizationParameters<'a> {
    /// `response_type`.
    pub response_type: Option<&'a str>,
    /// `response_mode`.
    pub response_mode: Option<&'a str>,
    /// `scope`.
    pub scope: Option<&'a str>,
    /// `authenticatingInstitutionId`.
    pub authenticating: Option<&'a str>,
    /// `contextInstitutionId`.
    pub context: Option<&'a str>,
    /// `institution`: what the user picked where the application named none.
    pub picked: Option<&'a str>,
    /// `state`.
    pub state: Option<&'a str>,
    /// `code_challenge`.
    pub challenge: Option<&'a str>,
    /// `code_challenge_method`.
    pub challenge_method: Option<&'a str>,
    /// `prompt`.
    pub prompt: Option<&'a str>,
    /// `max_age`.
    pub max_age: Option<&'a str>,
    /// `ui_locales`.
    pub ui_locales: Option<&'a str>,
}

/// A request that may be put before a user. Only [`check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The application.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What it is.
    pub response_type: ResponseType,
    /// What for.
    pub scope: Scope,
    /// The institutions; none until the user picks one.
    pub institutions: Option<Institutions>,
    /// Whether the user picked them: then the application must be told.
    pub picked: bool,
    /// `state`, to be given back.
    pub state: Option<String>,
    /// PKCE: the S256 challenge.
    pub challenge: Option<String>,
    /// What the application wants the user to be asked.
    #[serde(default)]
    pub prompt: Prompt,
    /// `ui_locales`: the languages that the application asks the pages to be in, the best first.
    pub ui_locales: Option<String>,
    /// The code of the device that asks, if one does: then the answer goes to its grant, and there is no redirect.
    #[serde(default)]
    pub device: Option<UserCode>,
    /// Whether the client pushed it (RFC 9126).
    #[serde(default)]
    pub pushed: bool,
}

impl Request {
    /// What a device asks for by this code. Its client was authenticated and its request checked when the grant began.
    pub fn of_device(code: UserCode, grant: &Grant) -> Self {
        Self {
            client_id: grant.client_id.clone(),
            redirect_uri: String::new(),
            response_type: ResponseType::Code,
            scope: grant.scope.clone(),
            institutions: Some(grant.institutions.clone()).filter(Institutions::are_chosen),
            picked: false,
            state: None,
            challenge: None,
            prompt: Prompt::default(),
            ui_locales: None,
            device: Some(code),
            pushed: false,
        }
    }

    /// The application, if the user may be asked for it at all.
    pub fn trusted<'a>(&self, client: Option<&'a Client>) -> Result<&'a Client, Denial> {
        match self.device {
            Some(_) => client.filter(|client| !client.disabled).ok_or(Denial::ClientUnregistered),
            None => trust(client, &self.redirect_uri),
        }
    }
}

/// The redirect URI of a request: the one that it names, or that of a client that has only one (RFC 6749 section 3.1.2.3).
pub fn redirect_uri<'a>(client: Option<&'a Client>, sent: Option<&'a str>) -> Result<&'a str, Denial> {
    let client = client.filter(|client| !client.disabled && !client.only_signs());
    let only = || client.and_then(Client::only_redirect_uri).map(String::as_str);
    sent.or_else(only).ok_or(Denial::ParameterMissing("redirect_uri"))
}

/// Whether an answer may be sent to where the request says. Whatever fails here is shown and never redirected
/// (RFC 6749 section 4.1.2.1).
pub fn trust<'a>(client: Option<&'a Client>, redirect_uri: &str) -> Result<&'a Client, Denial> {
    let client = client.filter(|client| !client.disabled).ok_or(Denial::ClientUnregistered)?;
    if client.redirects_to(redirect_uri) { Ok(client) } else { Err(Denial::RedirectUriUnregistered) }
}

/// Everything else, except what the directory decides. What fails here is told to the application.
pub fn check(client: &Client, redirect_uri: &str, asked: &AuthorizationParameters<'_>) -> Result<Request, Denial> {
    let response_type = match asked.response_type.ok_or(Denial::ParameterMissing("response_type"))? {
        "code" => ResponseType::Code,
        "token" => ResponseType::Token,
        other => return Err(Denial::ResponseTypeUnsupported(Sent::of(other))),
    };
    check_grant_type(client, response_type.grant_type())?;
    // The default of each response type, and the only one that is served.
    let served = response_type.mode();
    if asked.response_mode.is_some_and(|mode| mode != served) {
        return Err(Denial::ResponseModeUnsupported { served });
    }
    let challenge = challenge(client, response_type, asked)?;
    if let Some(state) = asked.state.filter(|state| state.chars().any(char::is_control)) {
        return Err(Denial::ParameterInvalid("state", Sent::value("state", state)));
    }
    let sent = asked.scope.ok_or(Denial::ParameterMissing("scope"))?;
    let mut in_scope = NamedInstitutions::default();
    // Of one that only signs, it is a scope like any other, as it ever was.
    let rest = if client.only_signs() { sent.to_owned() } else { in_scope.take_from(sent, client)? };
    let scope = Scope::parse(&rest).ok_or_else(|| Denial::ScopeMalformed(Sent::of(sent)))?;
    check_scope(client, &scope)?;
    let named = named(asked, &in_scope)?;
    let picked = named == NamedInstitutions::default();
    let institutions = institutions(client, named, asked.picked)?;
    if let Some(institutions) = &institutions {
        check_institutions(client, institutions)?;
    }
    Ok(Request {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        response_type,
        scope,
        picked: picked && institutions.is_some(),
        institutions,
        state: asked.state.map(str::to_owned),
        challenge,
        prompt: Prompt::parse(asked.prompt, asked.max_age)?,
        ui_locales: asked.ui_locales.filter(|text| text.bytes().all(is_of_locales)).map(str::to_owned),
        device: None,
        pushed: false,
    })
}

/// Users sign in at the authenticating institution, which the directory must know. It need not know the context institution.
pub fn signs_in_at(institutions: &Institutions, directory: &Directory) -> Result<(), Denial> {
    let unknown = || Denial::InstitutionUnknown(Some(Sent::of(&institutions.authenticating)));
    directory.institution(&institutions.authenticating).map(drop).ok_or_else(unknown)
}

/// Whether users can sign in where the request says, if it says.
pub fn check_directory(request: &Request, directory: &Directory) -> Result<(), Denial> {
    request.institutions.as_ref().map_or(Ok(()), |institutions| signs_in_at(institutions, directory))
}

/// Whether the registration still allows what was checked when it was pushed.
pub fn check_again(client: &Client, request: &Request) -> Result<(), Denial> {
    check_grant_type(client, request.response_type.grant_type())?;
    if request.response_type == ResponseType::Code {
        check_challenged(client, request.challenge.as_deref())?;
    }
    check_scope(client, &request.scope)?;
    request.institutions.as_ref().map_or(Ok(()), |institutions| check_institutions(client, institutions))
}

/// Whether the request came in the way that the client is registered for (RFC 9126 section 6).
pub fn check_pushed(client: &Client, request: &Request) -> Result<(), Denial> {
    if request.pushed || !client.require_pushed_requests { Ok(()) } else { Err(Denial::Push(PushError::Required)) }
}

/// Whether the tags of languages may have it (RFC 5646 section 2.1), or it separates them. What has anything else is left out:
/// the application gets no error for languages that are not there (OpenID Connect Core section 3.1.2.1), and a control
/// character grows sixfold in a form.
fn is_of_locales(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_ ".contains(&byte)
}

/// The institutions that the request names, by parameters and in its scope.
fn named(asked: &AuthorizationParameters<'_>, in_scope: &NamedInstitutions) -> Result<NamedInstitutions, Denial> {
    let mut named = NamedInstitutions {
        authenticating: asked.authenticating.map(|text| id("authenticatingInstitutionId", text)).transpose()?,
        context: asked.context.map(|text| id("contextInstitutionId", text)).transpose()?,
    };
    named.join(in_scope)?;
    Ok(named)
}

fn id(name: &'static str, text: &str) -> Result<String, Denial> {
    if is_institution_id(text) {
        Ok(text.to_owned())
    } else {
        Err(Denial::ParameterInvalid(name, Sent::value(name, text)))
    }
}

/// Returns both institutions or none. A client that
/// only signs names both or neither; of another one, the one that is not named is the other one.
fn institutions(
    client: &Client,
    named: NamedInstitutions,
    picked: Option<&str>,
) -> Result<Option<Institutions>, Denial> {
    match (&named.authenticating, &named.context) {
        (None, None) => pick(picked),
        (Some(_), None) if client.only_signs() => Err(Denial::ParameterMissing("contextInstitutionId")),
        (None, Some(_)) if client.only_signs() => Err(Denial::ParameterMissing("authenticatingInstitutionId")),
        _ => named.of_own(client).map(Some),
    }
}

/// The institution that the user picked is both.
pub(super) fn pick(picked: Option<&str>) -> Result<Option<Institutions>, Denial> {
    let picked = picked.map(|picked| id("institution", picked)).transpose()?;
    Ok(picked.map(|id| Institutions { authenticating: id.clone(), context: id }))
}

/// Whether the client may have a code with this challenge, or without one.
pub(super) fn check_challenged(client: &Client, challenge: Option<&str>) -> Result<(), Denial> {
    if challenge.is_some() || !client.must_challenge() {
        Ok(())
    } else {
        Err(Denial::ParameterMissing("code_challenge"))
    }
}

/// Whether some verifier may fit: it is the base64url of a SHA-256 hash.
pub fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|hash| hash.len() == 32)
}

/// RFC 7636 section 4.3. Without a method the challenge would be `plain`, which protects nothing: refused, as is
/// any method except S256.
fn challenge(
    client: &Client,
    response_type: ResponseType,
    asked: &AuthorizationParameters<'_>,
) -> Result<Option<String>, Denial> {
    let Some(challenge) = asked.challenge else {
        if response_type == ResponseType::Code {
            check_challenged(client, None)?;
        }
        return if asked.challenge_method.is_some() {
            Err(Denial::ParameterMissing("code_challenge"))
        } else {
            Ok(None)
        };
    };
    if asked.challenge_method != Some("S256") {
        return Err(Denial::ChallengeMethodUnsupported(Sent::maybe(asked.challenge_method)));
    }
    if is_challenge(challenge) {
        Ok(Some(challenge.to_owned()))
    } else {
        Err(Denial::ParameterInvalid("code_challenge", Sent::value("code_challenge", challenge)))
    }
}
