//! Subjects: each is one user's, and none is a client's.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::client::is_client_id;

fn user(id: &str, idns: &str) -> Principal {
    Principal { id: id.into(), idns: idns.into() }
}

#[test]
fn a_subject_is_a_uri_that_people_can_read() {
    for (id, idns, subject) in [
        ("alice", "urn:latchkey:128807", "urn:latchkey:user:urn:latchkey:128807/alice"),
        ("a/b", "urn:x", "urn:latchkey:user:urn:x/a%2Fb"),
        ("b", "urn:x/a", "urn:latchkey:user:urn:x%2Fa/b"),
        ("zoe\u{308} \"%2F\"", "urn:x", "urn:latchkey:user:urn:x/zo%C3%AB%20%22%252F%22"),
        ("", "", "urn:latchkey:user:/"),
    ] {
        assert_eq!(user(id, idns).subject(), subject);
        assert_eq!(Principal::of_subject(subject), Some(Principal::new(id, idns)));
    }
}

#[test]
fn no_two_users_share_a_subject_and_no_client_has_one() {
    let texts = ["", "a", "b", "/", "a/", "/a", "%2F", "%", "|", "a|b", ":", "urn:x", "urn:x/a", "A", "\u{eb}", " "];
    let mut seen = std::collections::BTreeSet::new();
    for id in texts {
        for idns in texts {
            let subject = user(id, idns).subject();
            assert!(subject.is_ascii() && !subject.contains(char::is_whitespace), "{subject}");
            assert!(!is_client_id(&subject) && !is_client_id(&subject.to_uppercase()), "{subject}");
            assert!(seen.insert(subject));
        }
    }
}

#[test]
fn what_is_no_subject_names_no_user() {
    for text in [
        "",
        "alice",
        "urn:latchkey:user:",
        "urn:latchkey:user:alice",
        "urn:latchkey:user:x/a/b",
        "urn:latchkey:user:x/%e2",
        "urn:latchkey:user:x/%c3%ab",
        "urn:latchkey:user:x/%61",
        "urn:latchkey:user:x/zoe%CC%88",
        "urn:latchkey:user:x/a b",
        "URN:latchkey:user:x/a",
    ] {
        assert_eq!(Principal::of_subject(text), None, "{text}");
    }
}
