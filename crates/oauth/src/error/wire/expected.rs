//! What the value of a parameter must be, in words.

use crate::error::Sent;

/// What the value of a parameter must be, as a part of a sentence.
fn expected(parameter: &str) -> &'static str {
    match parameter {
        "authenticatingInstitutionId" | "contextInstitutionId" | "institution" => {
            "an institution id has 1 to 64 letters, digits, hyphens, underscores and dots"
        }
        "client_id" => {
            "it must have 1 to 128 visible ASCII characters without a double quote, and must not begin as users' subjects do"
        }
        "code_challenge" => "it must be the base64url of a SHA-256 hash, 43 characters without padding",
        "state" => "it is too long or has control characters",
        "principalID" | "principalIDNS" => "it is too long or has control characters",
        "prompt" => "it must be login, consent, both with a blank between them, or none",
        "max_age" => "it must be a whole number of seconds",
        // Of every other parameter, only the length is checked here.
        _ => "it is too long",
    }
}

/// Says what is wrong with a value: what came, where the error may repeat it, and what is expected.
pub(super) fn invalid(parameter: &str, sent: &Sent) -> String {
    let (sent, expected) = (sent.to_string(), expected(parameter));
    let value = if sent.is_empty() { "The value".to_owned() } else { format!("The value {sent}") };
    format!("{value} of the parameter {parameter} is invalid: {expected}.")
}
