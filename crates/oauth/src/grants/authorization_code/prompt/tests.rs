//! What an application may want the user to be asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::Sent;
use crate::example::NOW;

fn parsed(prompt: Option<&str>, max_age: Option<&str>) -> Prompt {
    Prompt::parse(prompt, max_age).unwrap()
}

#[test]
fn a_prompt_is_a_list_of_known_values_and_none_is_alone() {
    let (login, none) = (Prompt { login: true, ..Prompt::default() }, Prompt { none: true, ..Prompt::default() });
    for (text, prompt) in [
        (None, Prompt::default()),
        (Some("consent"), Prompt::default()),
        (Some("login"), login),
        (Some("login consent"), login),
        (Some("consent login"), login),
        (Some("login login"), login),
        (Some("none"), none),
    ] {
        assert_eq!(Prompt::parse(text, None), Ok(prompt), "{text:?}");
    }
    for text in [
        "select_account",
        "create",
        "None",
        "LOGIN",
        "none login",
        "none none",
        "login,consent",
        " login",
        "login  consent",
        "login\n",
    ] {
        assert_eq!(
            Prompt::parse(Some(text), None),
            Err(Denial::ParameterInvalid("prompt", Sent::of(text))),
            "{text:?}"
        );
    }
}

#[test]
fn an_age_is_a_whole_number_of_seconds() {
    for (text, seconds) in [("0", 0), ("300", 300), ("007", 7), ("18446744073709551615", u64::MAX)] {
        assert_eq!(parsed(None, Some(text)).max_age, Some(seconds), "{text}");
    }
    for text in ["-1", "+1", "1.5", "1e3", " 1", "1 ", "one", "18446744073709551616", "\u{661}"] {
        assert_eq!(Prompt::parse(None, Some(text)), Err(Denial::ParameterInvalid("max_age", Sent::of(text))), "{text}");
    }
}

#[test]
fn a_password_is_enough_for_its_age_and_for_the_request_that_it_was_typed_for() {
    for (prompt, max_age, age, enough) in [
        (None, None, u64::MAX, true),
        (None, Some("0"), 0, true),
        (None, Some("0"), 1, false),
        (None, Some("300"), 300, true),
        (None, Some("300"), 301, false),
        (Some("login"), None, 0, false),
        (Some("login"), Some("300"), 0, false),
        (Some("consent"), None, 5, true),
        (Some("none"), Some("300"), 301, false),
    ] {
        let prompt = parsed(prompt, max_age);
        assert_eq!(prompt.accepts(NOW.saturating_sub(age), NOW.max(age)), enough, "{prompt:?} {age}");
        assert!(prompt.answered().accepts(NOW, NOW + FORM_SECONDS), "{prompt:?}");
    }
    // A clock that is behind the one that the password was typed by.
    assert!(parsed(None, Some("0")).accepts(NOW + 1, NOW));
    assert_eq!(parsed(Some("login"), Some("3600")).answered().max_age, Some(FORM_SECONDS));
    assert_eq!(parsed(None, Some("3600")).answered().max_age, Some(3600));
    assert_eq!(parsed(None, None).answered(), Prompt::default());
    // What an institution's provider took is enough for as long, however long ago it was.
    for (prompt, max_age) in [(Some("login"), None), (None, Some("300")), (None, Some("0"))] {
        let answered = parsed(prompt, max_age).answered_after(310);
        assert!(answered.accepts(NOW - 310, NOW + FORM_SECONDS) && !answered.accepts(NOW - 311, NOW + FORM_SECONDS));
    }
    assert_eq!(parsed(None, Some("3600")).answered_after(310).max_age, Some(3600));
    assert_eq!(parsed(None, None).answered_after(310), Prompt::default());
}
