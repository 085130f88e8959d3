//! Subjects: each is one user's, reads back as that user, and can be no client's.
//!
//! An input is four texts, between bytes that no text holds: id and namespace of two users.

use latchkey_oauth::client::is_client_id;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::text::composed;

use super::{parts, text};

pub fn subject(data: &[u8]) {
    let [one, ones, other, others] = parts::<4>(data).map(text);
    let users =
        [(one, ones), (other, others), (ones, one)].map(|(id, idns)| Principal { id: id.into(), idns: idns.into() });
    for user in &users {
        made(user);
    }
    for (user, other) in [(0, 1), (0, 2), (1, 2)].map(|(a, b)| (&users[a], &users[b])) {
        let same = Principal::new(&user.id, &user.idns) == Principal::new(&other.id, &other.idns);
        assert_eq!(user.subject() == other.subject(), same, "{user:?} {other:?}");
    }
    for text in [one, ones, other, others] {
        read(text);
    }
}

fn made(user: &Principal) {
    let subject = user.subject();
    assert!(subject.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>|".contains(&byte)), "{subject}");
    assert_eq!(subject.matches('/').count(), 1, "{subject}");
    assert!(!is_client_id(&subject) && !is_client_id(&subject.to_ascii_uppercase()), "{subject}");
    let again = Principal::of_subject(&subject).unwrap();
    assert_eq!((again.id.as_str(), again.idns.as_str()), (&*composed(&user.id), &*composed(&user.idns)));
}

/// A text that names a user is that user's subject, and no other user's.
fn read(text: &str) {
    for text in [text, &format!("urn:latchkey:user:{text}")] {
        if let Some(user) = Principal::of_subject(text) {
            assert_eq!(user.subject(), text);
            assert!(!is_client_id(text));
        }
    }
}
