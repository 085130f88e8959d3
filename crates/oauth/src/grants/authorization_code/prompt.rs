//! `prompt` and `max_age`: what the application wants the user to be asked (OpenID Connect Core section 3.1.2.1).

use serde::{Deserialize, Serialize};

use crate::error::{Denial, Sent};
use crate::settings::FORM_SECONDS;

#[cfg(test)]
mod tests;

/// The values of `prompt` that are served. The user is asked for consent each time, so `consent` changes nothing.
pub const PROMPTS: [&str; 3] = ["none", "login", "consent"];

/// What the application wants the user to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// `login`: the password, even where the user is signed in.
    pub login: bool,
    /// `none`: nothing. If a question is left, the application gets an error.
    pub none: bool,
    /// `max_age`: the password, if the user last typed it longer ago, seconds.
    pub max_age: Option<u64>,
}

impl Prompt {
    /// Reads both parameters.
    pub fn parse(prompt: Option<&str>, max_age: Option<&str>) -> Result<Self, Denial> {
        let values: Vec<_> = prompt.map(|prompt| prompt.split(' ').collect()).unwrap_or_default();
        let none = values.contains(&"none");
        if values.iter().any(|value| !PROMPTS.contains(value)) || none && values.len() > 1 {
            return Err(Denial::ParameterInvalid("prompt", Sent::of(prompt.unwrap_or_default())));
        }
        let seconds = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or_else(|| Denial::ParameterInvalid("max_age", Sent::of(text)))
        };
        Ok(Self { login: values.contains(&"login"), none, max_age: max_age.map(seconds).transpose()? })
    }

    /// Whether a password that was typed then is enough now.
    pub fn accepts(&self, signed_in_at: u64, now: u64) -> bool {
        !self.login && self.max_age.is_none_or(|most| now.saturating_sub(signed_in_at) <= most)
    }

    /// What is left to ask once the user has typed the password for this request: it is enough for as long as a form is.
    pub fn answered(self) -> Self {
        self.answered_after(0)
    }

    /// The same, where the institution's provider was asked, and takes what the user proved to it so long ago, seconds.
    pub fn answered_after(self, elapsed: u64) -> Self {
        let enough = elapsed.saturating_add(FORM_SECONDS);
        let max_age = self.max_age.map(|most| most.max(enough));
        Self { login: false, max_age: if self.login { Some(enough) } else { max_age }, ..self }
    }
}
