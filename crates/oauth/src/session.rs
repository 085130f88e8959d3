//! What the browser keeps: the session in its cookie, and in each form the request that the form answers. Both are sealed,
//! so that no user can read or change them. A form is bound to its session: it counts only in the session that showed it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::Denial;
use crate::grants::authorization_code::request::Request;
use crate::secret::{Keyring, NONCE_BYTES, SealError, is_key_name};
use crate::token::SECRET_BYTES;

#[cfg(test)]
mod tests;

/// Of a session's id, bytes.
pub const SESSION_BYTES: usize = 16;

/// The user who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The institution.
    pub institution_id: String,
    /// The username, normalised.
    pub username: String,
    /// The user's [`stamp`](crate::user::User::stamp) then: a new password or a disabled user ends the session.
    pub stamp: u64,
}

/// What the cookie holds. Nothing is kept on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Random, and new with each sign-in and sign-out: the forms shown before then count no more.
    pub id: [u8; SESSION_BYTES],
    /// When it ends, POSIX seconds.
    pub ends_at: u64,
    /// The user, once signed in.
    pub user: Option<SignedIn>,
}

/// Which question a form asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Who are you?
    SignIn,
    /// Do you allow it?
    Consent,
    /// Do you want to sign out?
    SignOut,
}

/// What a form holds beside its fields.
#[derive(Clone, Serialize, Deserialize)]
pub struct Form {
    /// The question.
    pub step: Step,
    /// The session that it was shown in.
    pub session: [u8; SESSION_BYTES],
    /// When it can no longer be sent, POSIX seconds.
    pub ends_at: u64,
    /// What the application asks for; none where the user asks to sign out.
    pub request: Option<Request>,
    /// The grant that saying yes makes: one form makes one.
    pub grant: [u8; 16],
    /// The secret part of its code: a form sent twice gives the same one.
    pub secret: [u8; SECRET_BYTES],
}

/// What it is sealed for. A cookie is no form, and the reverse. The blank keeps both apart from every client id.
const COOKIE: &str = "latchkey session";
const FORM: &str = "latchkey form";

impl Session {
    /// The cookie's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        seal(self, COOKIE, keyring, nonce)
    }

    /// Reads a cookie's value; `None` where it is not ours, or has ended.
    pub fn open(text: &str, keyring: &Keyring, now: u64) -> Option<Self> {
        open::<Self>(text, COOKIE, keyring).filter(|session| now < session.ends_at)
    }
}

impl Form {
    /// The hidden field's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        seal(self, FORM, keyring, nonce)
    }

    /// Reads the value of a hidden field. The caller must check its end and its session. A form is stale if its sealing key
    /// was removed, or is not known here yet.
    pub fn open(text: &str, keyring: &Keyring) -> Result<Self, Denial> {
        let known = text.split_once('.').is_none_or(|(key, _)| keyring.has(key) || !is_key_name(key));
        open(text, FORM, keyring).ok_or(if known { Denial::FormForged } else { Denial::FormStale })
    }
}

fn seal(
    value: &impl Serialize,
    what_for: &str,
    keyring: &Keyring,
    nonce: [u8; NONCE_BYTES],
) -> Result<String, SealError> {
    let bytes = serde_json::to_vec(value).map_err(|_| SealError::Damaged)?;
    let sealed = keyring.seal_bytes(what_for, &bytes, nonce)?;
    // The key's name has letters, digits, - and _ only.
    Ok(format!("{}.{}", sealed.key, URL_SAFE_NO_PAD.encode(sealed.bytes)))
}

fn open<T: DeserializeOwned>(text: &str, what_for: &str, keyring: &Keyring) -> Option<T> {
    let (key, bytes) = text.split_once('.')?;
    let sealed = crate::secret::Sealed { key: key.to_owned(), bytes: URL_SAFE_NO_PAD.decode(bytes).ok()? };
    serde_json::from_slice(&keyring.open_bytes(what_for, &sealed).ok()?).ok()
}
