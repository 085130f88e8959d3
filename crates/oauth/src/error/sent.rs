//! What a caller sent, as an error may repeat it: bounded, in the characters of RFC 6749 section 5.2, and never a secret.

use std::fmt;

use crate::client::claimed::looks_secret;

#[cfg(test)]
mod tests;

/// So many characters are repeated.
const MOST: usize = 60;

/// The parameters whose values an error repeats. A caller who mixes up parameters may put a secret into any other.
const SHOWN: [&str; 10] = [
    "authenticatingInstitutionId",
    "code_challenge_method",
    "contextInstitutionId",
    "grant_type",
    "institution",
    "max_age",
    "prompt",
    "response_mode",
    "response_type",
    "scope",
];

/// A text of the caller's, between single quotes; or nothing, or why it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent(String);

impl Sent {
    /// Repeats a text that is meant to be no secret. What looks like a token or a secret is withheld all the same.
    pub fn of(text: &str) -> Self {
        let length = text.chars().count();
        if looks_secret(text) {
            return Self(format!("(withheld: {length} characters)"));
        }
        let allowed = |character: &char| matches!(character, ' '..='~') && !['"', '\\', '\''].contains(character);
        let shown = text.chars().take(MOST).map(|character| if allowed(&character) { character } else { '?' });
        let more = if length > MOST { "..." } else { "" };
        Self(format!("'{}{more}'", shown.collect::<String>()))
    }

    /// Repeats the value of a parameter, if it is one whose values are no secret.
    pub fn value(parameter: &str, value: &str) -> Self {
        if SHOWN.contains(&parameter) { Self::of(value) } else { Self(String::new()) }
    }

    /// Repeats a value, or says that there is none.
    pub fn maybe(value: Option<&str>) -> Self {
        value.map_or(Self("missing".to_owned()), Self::of)
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
