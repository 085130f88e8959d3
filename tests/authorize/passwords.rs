//! What is typed as a password: blanks and composition differ from keyboard to keyboard.

use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::password::{self, PasswordHash};
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::World;

/// RFC 8265 section 4.2.2.
#[tokio::test]
async fn a_password_with_blanks_is_right_with_whatever_blank_the_keyboard_makes() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    for blank in ["\u{A0}", "\u{3000}", "\u{2009}", " "] {
        let typed = PASSWORD.replace(' ', blank);
        assert_eq!(world.visitor().sign_in_as(&query, "alice", &typed).await.status, 303, "{blank:?}");
    }
    // And the reverse: set with one blank, typed with another.
    let set = password::hash("correct\u{3000}horse zoe\u{308}", &[7; 16]).unwrap();
    world.change_user("alice", |user| user.sign_in = Some(SignIn::Password(set))).await;
    for typed in ["correct horse zoë", "correct\u{A0}horse\u{3000}zoë", "correct horse zoe\u{308}"] {
        assert_eq!(world.visitor().sign_in_as(&query, "alice", typed).await.status, 303, "{typed:?}");
    }
    for wrong in ["correcthorse zoë", "correct  horse zoë", "correct\u{200B}horse zoë", "correct horse zoe"] {
        world.visitor().sign_in_as(&query, "alice", wrong).await.shows(403);
    }
}

/// By argon2-cffi, of "zoë" with a blank of U+00A0 behind it: earlier versions hashed blanks as they were typed.
const BEFORE: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$2SpU9WfUlgp3ZXJ+0YG9xgQgIIYOqdGPkTl7QwFf+2g";

#[tokio::test]
async fn a_password_that_was_hashed_with_its_own_blanks_keeps_working_and_is_stored_as_it_was() {
    let world = World::peopled().await;
    let client = world.client().await;
    let query = request(&client, &[]);
    let stored = PasswordHash::parse(BEFORE).unwrap();
    world.change_user("alice", |user| user.sign_in = Some(SignIn::Password(stored))).await;
    assert_eq!(world.visitor().sign_in_as(&query, "alice", "zoe\u{308}\u{A0}").await.status, 303);
    world.visitor().sign_in_as(&query, "alice", "zoë ").await.shows(403);
    let mut usage = latchkey_dynamodb::store::Usage::default();
    let user = world.service.store.user("128807", "alice", &mut usage).await.unwrap().unwrap();
    assert_eq!(user.sign_in.as_ref().unwrap().stored(), BEFORE, "no sign-in hashes it anew");
}
