//! What the browser keeps: the session in its cookie, in another one the accounts that it has signed in to, and in each form
//! the request that the form answers. All are sealed, so that no user can read or change them. A form is bound to the browser
//! and to the user that it was shown to.

use serde::{Deserialize, Serialize};

use crate::error::{Denial, FormError};
use crate::grant::Principal;
use crate::grants::authorization_code::request::Request;
use crate::secret::sealed_text::{open, seal};
use crate::secret::{Keyring, NONCE_BYTES, SealError, can_seal};
use crate::settings::Settings;
use crate::token::SECRET_BYTES;

mod devices;
#[cfg(test)]
mod tests;

pub use devices::{DEVICE_BYTES, Device, DeviceId, DeviceMark, Devices, mark};

/// Of a browser's id, bytes.
pub const BROWSER_BYTES: usize = 16;

/// However often the user answers: a session that ends with the browser lasts no longer, seconds. A copy of its cookie could
/// be kept alive for ever.
pub const SESSION_BOUND: u64 = 24 * 60 * 60;

/// An Allow that comes sooner was not read, milliseconds: another site had opened the page below the user's pointer.
pub const HASTE: u64 = 1000;

/// The user who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The institution.
    pub institution_id: String,
    /// The username, normalised; or what the institution's provider calls the user.
    pub username: String,
    /// The user's [`stamp`](crate::user::User::stamp) then: a new password or a disabled user ends the session. Of a user who
    /// signed in by the institution's provider, the provider's [`stamp`](crate::provider::Provider::stamp): a changed provider
    /// ends it.
    pub stamp: u64,
    /// Who the user is, where the institution's provider says it; `username` is then what pages call the user. None of a user
    /// whom the service keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
}

/// What the cookie of a user who is signed in holds. Nothing is kept on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The user.
    pub user: SignedIn,
    /// When the user last typed the password, or came back from the institution's provider, POSIX seconds. An older version wrote
    /// none: too long ago to know.
    #[serde(default)]
    pub signed_in_at: u64,
    /// When the user authenticated at the institution's provider, where it said so. It may be days before the sign-in here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authenticated_at: Option<u64>,
    /// When it ends, POSIX seconds.
    pub ends_at: u64,
    /// Whether the user said that the device is theirs: then it outlives the browser's window.
    #[serde(default)]
    pub stays: bool,
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
    /// Which applications do you want to end?
    Applications,
    /// Which code does your device show?
    Code,
    /// No question: what this browser typed was a device's code, and leads on.
    Device,
}

/// What a form holds beside its fields.
#[derive(Clone, Serialize, Deserialize)]
pub struct Form {
    /// The question.
    pub step: Step,
    /// The browser that it was shown to. (Older versions gave it a session's name and read it by that.)
    #[serde(rename = "session")]
    pub browser: [u8; BROWSER_BYTES],
    /// The user that it was shown to, where one was signed in.
    #[serde(default)]
    pub user: Option<SignedIn>,
    /// When it was made, POSIX milliseconds.
    #[serde(default)]
    pub made_at: u64,
    /// When it can no longer be sent, POSIX seconds.
    pub ends_at: u64,
    /// What the application asks for; none where no application asks.
    pub request: Option<Request>,
    /// The grant that saying yes makes: one form makes one.
    pub grant: [u8; 16],
    /// The secret part of its code: a form sent twice gives the same one.
    pub secret: [u8; SECRET_BYTES],
}

/// What it is sealed for. A cookie is no form, and the reverse. The blank keeps each apart from every client id.
const COOKIE: &str = "latchkey session";
const FORM: &str = "latchkey form";
const DEVICES: &str = "latchkey devices";

/// Where a request comes from, as the browser itself says (Fetch Metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// A page of this service.
    Own,
    /// A page of another site.
    Other,
    /// The browser does not say, or no page sent it.
    Unsaid,
}

/// What a request shows of the browser that sends a form.
pub struct Sender<'a> {
    /// Where it comes from.
    pub site: Site,
    /// The browser's id in its cookie.
    pub browser: Option<[u8; BROWSER_BYTES]>,
    /// Who is signed in.
    pub user: Option<&'a SignedIn>,
}

impl Session {
    /// As a right password begins it.
    pub fn begin(user: SignedIn, stays: bool, settings: &Settings, now: u64) -> Self {
        let life = if stays { settings.device_session_seconds } else { settings.session_seconds };
        Self { user, signed_in_at: now, authenticated_at: None, ends_at: now.saturating_add(life), stays }
    }

    /// As a sign-in by the institution's provider begins it: until the browser is closed.
    pub fn begin_by_provider(user: SignedIn, authenticated_at: Option<u64>, settings: &Settings, now: u64) -> Self {
        let authenticated_at = authenticated_at.map(|at| at.min(now));
        Self { authenticated_at, ..Self::begin(user, false, settings, now) }
    }

    /// When the user last proved who it is: what an application's `max_age` is about. A provider that does not say when may have
    /// asked days ago, so it is too long ago to know.
    pub fn proved_at(&self) -> u64 {
        match self.user.principal {
            Some(_) => self.authenticated_at.unwrap_or_default(),
            None => self.signed_in_at,
        }
    }

    /// The same, once the user has answered in it: its idle end moves on. A page that is merely loaded moves nothing, so a
    /// load that is still under way cannot undo a sign-out.
    pub fn answered(&self, settings: &Settings, now: u64) -> Self {
        let bound = self.signed_in_at.saturating_add(SESSION_BOUND);
        let idle_end = now.saturating_add(settings.session_seconds).min(bound);
        Self { ends_at: if self.stays { self.ends_at } else { self.ends_at.max(idle_end) }, ..self.clone() }
    }

    /// The cookie's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        seal(self, COOKIE, keyring, nonce)
    }

    /// Reads a cookie's value; `None` where it is not ours, or has ended, by itself or because it began before the deployment's
    /// time `not_before`.
    pub fn open(text: &str, keyring: &Keyring, not_before: u64, now: u64) -> Option<Self> {
        let is_good = |session: &Self| now < session.ends_at && session.signed_in_at >= not_before;
        open::<Self>(text, COOKIE, keyring).filter(is_good)
    }
}

impl Form {
    /// The hidden field's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        seal(self, FORM, keyring, nonce)
    }

    /// Whether it counts from this sender and now. Whichever tab got the last cookie: a page that this browser was shown
    /// counts for ten minutes.
    ///
    /// A form that asks who the user is, or for a device's code, must come from a page of ours, as the browser says, or from the
    /// browser with the id that the form was made for. Any other form counts for the user that it was shown to, and no page shows
    /// it to another.
    pub fn check(&self, sender: &Sender<'_>, now: u64) -> Result<(), Denial> {
        if sender.site == Site::Other {
            return Err(Denial::Form(FormError::Forged));
        }
        let counts = match self.step {
            Step::SignIn | Step::Code if sender.browser.is_none() && sender.user.is_none() => {
                return Err(Denial::Form(FormError::CookieMissing));
            }
            Step::SignIn | Step::Code => sender.site == Site::Own || sender.browser == Some(self.browser),
            // It is in an address, which another browser may be given.
            Step::Device => sender.browser == Some(self.browser),
            Step::Consent | Step::SignOut | Step::Applications => {
                self.user.is_some() && self.user.as_ref() == sender.user
            }
        };
        if counts && now < self.ends_at { Ok(()) } else { Err(Denial::Form(FormError::Stale)) }
    }

    /// Whether an Allow at this moment, POSIX milliseconds, came too soon after it was made.
    pub fn is_hasty(&self, now: u64) -> bool {
        now < self.made_at.saturating_add(HASTE)
    }

    /// Reads the value of a hidden field. The caller must [`check`](Self::check) it. A form is stale if its sealing key
    /// was removed, or is not known here yet.
    pub fn open(text: &str, keyring: &Keyring) -> Result<Self, Denial> {
        let known = text.split_once('.').is_none_or(|(key, _)| keyring.has(key) || !can_seal(key));
        open(text, FORM, keyring).ok_or(if known {
            Denial::Form(FormError::Forged)
        } else {
            Denial::Form(FormError::Stale)
        })
    }
}
