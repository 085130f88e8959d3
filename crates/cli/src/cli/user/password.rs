//! New passwords: asked for, checked and hashed. None is ever printed.

use std::io::IsTerminal;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use latchkey_dynamodb::random;
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::MAX_PASSWORD;
use latchkey_oauth::text::opaque;

/// In characters. NIST SP 800-63B section 3.1.1.2 requires at least eight.
const SHORTEST_PASSWORD: usize = 8;

pub(super) fn hashed(password: &str) -> Outcome<SignIn> {
    let hash = password::hash(password, &random()?).map_err(|error| Failure::new(error.to_string()))?;
    Ok(SignIn::Password(hash))
}

/// Asks for the password twice on a terminal, or reads the first line of standard input. The password is not an argument,
/// because `ps` shows arguments.
pub(super) fn new_password() -> Outcome<String> {
    let text = if std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Password again: ")? != first {
            return Err(Failure::new("the two passwords differ"));
        }
        first
    } else {
        input::line()?
    };
    checked(&text)
}

/// Returns a new password in the form that is hashed. The error does not repeat it.
pub(super) fn checked(text: &str) -> Outcome<String> {
    let password = opaque(text);
    // RFC 8265 section 4.2.1 disallows them, and no form can send most of them.
    if password.chars().any(char::is_control) {
        return Err(Failure::new("a password must be one line, without tabs and other control characters"));
    }
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > MAX_PASSWORD {
        return Err(Failure::new(format!(
            "a password must have at least {SHORTEST_PASSWORD} characters and at most {MAX_PASSWORD} bytes"
        )));
    }
    Ok(password)
}
