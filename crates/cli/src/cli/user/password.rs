//! New passwords: asked for, checked and hashed. None is ever printed.

use std::io::IsTerminal;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use latchkey_dynamodb::environment::{Environment, variable};
use latchkey_dynamodb::random;
use latchkey_oauth::service::settings::{PAGE_NAME, PASSWORD_LENGTH};
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::sign_in::password::MAX_PASSWORD;
use latchkey_oauth::text::{folded, opaque};
use zxcvbn::{Score, zxcvbn};

/// So many letters and digits must be left of a password without the names in it.
const OTHERS: usize = 8;

/// In characters, beside a second factor (NIST SP 800-63B-4 section 3.1.1.2).
const SHORTEST_OF_TWO: usize = 8;

/// What a new password must be.
pub(super) struct Rules {
    /// In characters.
    shortest: usize,
    /// The names of the service.
    services: Vec<String>,
}

impl Rules {
    /// Those of this deployment. Warns if they take shorter passwords than they should.
    pub(super) fn read() -> Outcome<Self> {
        let shortest = Environment(variable).number(&PASSWORD_LENGTH)?;
        let usual = PASSWORD_LENGTH.number();
        if shortest < usual {
            eprintln!(
                "latchkey: warning: {} is {shortest}: a password that is the only factor should have at least {usual} characters \
                 (NIST SP 800-63B-4 section 3.1.1.2)",
                PASSWORD_LENGTH.name
            );
        }
        let services = [Some(PAGE_NAME.text().to_owned()), variable(PAGE_NAME.name)];
        Ok(Self {
            shortest: usize::try_from(shortest).unwrap_or(MAX_PASSWORD),
            services: services.into_iter().flatten().collect(),
        })
    }

    /// Returns a new password of this user in the form that is hashed. The error does not repeat it. Beside a second factor it
    /// may be shorter.
    pub(super) fn check(&self, text: &str, username: &str, has_factor: bool) -> Outcome<String> {
        let password = opaque(text);
        // RFC 8265 section 4.2.1 disallows them, and no form can send most of them.
        if password.chars().any(char::is_control) {
            return Err(Failure::new("a password must be one line, without tabs and other control characters"));
        }
        let shortest = if has_factor { self.shortest.min(SHORTEST_OF_TWO) } else { self.shortest };
        if password.chars().count() < shortest || password.len() > MAX_PASSWORD {
            return Err(Failure::new(format!(
                "a password must have at least {shortest} characters and at most {MAX_PASSWORD} bytes"
            )));
        }
        if self.is_made_of_names(&password, username) {
            return Err(Failure::new("a password must not be made of the username or of the service's name"));
        }
        let names: Vec<_> = self.services.iter().map(String::as_str).chain([username]).collect();
        // An estimate is at most ten to the power of the length, so eight characters never reach three.
        let least = if password.chars().count() > SHORTEST_OF_TWO { Score::Three } else { Score::Two };
        if zxcvbn(&password, &names).score() < least {
            return Err(Failure::new(
                "this password is one of the first that are guessed: it is common, or made of common words and patterns; take \
                 one of several words that have nothing to do with each other",
            ));
        }
        Ok(password)
    }

    /// Whether little is left of a password once the names are taken out of it.
    fn is_made_of_names(&self, password: &str, username: &str) -> bool {
        let letters = |text: &str| folded(text).chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
        let mut left = letters(password);
        for name in self.services.iter().map(String::as_str).chain([username]).map(letters) {
            // A short name is in many words.
            if name.chars().count() > 2 {
                left = left.replace(&name, "");
            }
        }
        left != letters(password) && left.chars().count() < OTHERS
    }

    /// Asks for the password twice on a terminal, or reads the first line of standard input. The password is not an argument,
    /// because `ps` shows arguments.
    pub(super) fn ask(&self, username: &str, has_factor: bool) -> Outcome<String> {
        let text = if std::io::stdin().is_terminal() {
            let first = rpassword::prompt_password("Password: ")?;
            if rpassword::prompt_password("Password again: ")? != first {
                return Err(Failure::new("the two passwords differ"));
            }
            first
        } else {
            input::line()?
        };
        self.check(&text, username, has_factor)
    }
}

pub(super) fn hashed(password: &str) -> Outcome<SignIn> {
    let hash = password::hash(password, &random()?).map_err(|error| Failure::new(error.to_string()))?;
    Ok(SignIn::Password(hash))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refusal(password: &str, username: &str, shortest: usize) -> Option<String> {
        let rules = Rules { shortest, services: vec!["Latchkey".to_owned(), "My Library".to_owned()] };
        rules.check(password, username, false).err().map(|failure| failure.0)
    }

    #[test]
    fn a_common_password_is_refused_and_so_are_patterns_of_any_length() {
        for common in [
            "password",
            "P@ssw0rd",
            "passwordpassword",
            "123456789012345",
            "qwertyuiopasdfgh",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "iloveyou",
            "11111111",
        ] {
            assert!(refusal(common, "alice", 8).unwrap().contains("one of the first that are guessed"), "{common}");
        }
        for fine in ["correct horse battery", "moss under the pier", "k7#vQ2!pLw9zRt4", "Zwölf Boxkämpfer jagen Viktor"]
        {
            assert_eq!(refusal(fine, "alice", 15), None, "{fine}");
        }
    }

    #[test]
    fn a_password_of_names_is_refused_however_they_are_written() {
        for (password, username) in [
            ("alice.wonderland", "alice.wonderland"),
            ("AliceWonderland2026", "alice.wonderland"),
            ("latchkey latchkey latchkey", "alice"),
            ("My-Library_2026!", "alice"),
            ("latchkey alice 123", "alice"),
            ("Zoë Müller 2026!", "zoe.muller"),
        ] {
            let refused = refusal(password, username, 8).unwrap();
            assert!(refused.contains("made of the username or of the service"), "{password}: {refused}");
        }
        assert_eq!(refusal("alice rowed past eleven moors", "alice", 15), None);
        assert_eq!(refusal("moss under the pier", "mo", 15), None, "a short name is in many words");
    }

    #[test]
    fn a_password_is_as_long_as_it_must_be_in_characters() {
        for (password, shortest, fits) in
            [("moss under pie", 15, false), ("moss under piér", 15, true), ("moss under pie", 8, true)]
        {
            assert_eq!(refusal(password, "alice", shortest).is_none(), fits, "{password} {shortest}");
        }
        assert!(refusal(&"x1".repeat(513), "alice", 8).unwrap().contains("at most 1024 bytes"));
        assert!(refusal("a\tpassword of mine", "alice", 8).unwrap().contains("one line"));
    }
}
