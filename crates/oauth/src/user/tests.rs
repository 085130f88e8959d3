//! What a username counts as, and what the pages know.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::principal;
use crate::sign_in::SignIn;
use crate::sign_in::password::PasswordHash;

fn user(revision: u64, password_hash: &str) -> User {
    User {
        institution_id: "128807".into(),
        username: "zoë".into(),
        principal: principal(),
        sign_in: PasswordHash::parse(password_hash).map(SignIn::Password),
        second_factor: None,
        disabled: false,
        ending: false,
        created_at: 0,
        revision,
    }
}

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$vjR3hTF+mfe+v1iv5TRJ+J7iAJIBAeUFimqDCW3Ok4Q";
const ANOTHER: &str = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$AjR3hTF+mfe+v1iv5TRJ+J7iAJIBAeUFimqDCW3Ok4Q";

#[test]
fn a_users_stamp_is_of_the_revision_and_the_password_together() {
    // The first eight bytes of SHA-256 over "3", a line feed and the hash.
    assert_eq!(user(3, HASH).stamp(), 0x1287_B855_D666_5240);
    for (revision, hash) in [(4, HASH), (3, ANOTHER), (2, HASH), (3, "")] {
        assert_ne!(user(revision, hash).stamp(), user(3, HASH).stamp(), "{revision} {hash}");
    }
}

#[test]
fn a_username_is_the_same_in_any_case_and_composition() {
    for (text, counts_as) in [
        ("zoë", "zoë"),
        ("ZOË", "zoë"),
        ("zoe\u{308}", "zo\u{EB}"),
        ("ZOE\u{308}", "zo\u{EB}"),
        (" zoë\t", "zoë"),
        ("zoë smith", "zoë smith"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("σίσυφος", "σίσυφοσ"),
        ("zoe@example.org", "zoe@example.org"),
        // Lowered, it is two characters, of which the first is an i.
        ("\u{130}", "i\u{307}"),
        // Lowered, it can be composed once more.
        ("J\u{30C}", "\u{1F0}"),
        ("\u{212B}", "\u{E5}"),
    ] {
        assert_eq!(username(text).as_deref(), Some(counts_as), "{text}");
        assert_eq!(username(counts_as).as_deref(), Some(counts_as), "{text}, once more");
    }
}

#[test]
fn a_text_that_cannot_be_a_username_is_none() {
    for text in ["j\u{fffd}rg", "", " ", "\t\n", "\u{3000}", "a\nb", "a\0", "a\tb", "a\u{7F}b", "a\u{85}b"] {
        assert_eq!(username(text), None, "{text:?}");
    }
    for (length, fits) in [(1, true), (127, true), (128, true), (129, false)] {
        assert_eq!(username(&"a".repeat(length)).is_some(), fits, "{length}");
    }
    assert!(username(&"é".repeat(64)).is_some() && username(&"é".repeat(65)).is_none(), "the bound is in bytes");
    assert!(username(&format!(" {} ", "a".repeat(128))).is_some(), "blanks around it do not count");
}

#[test]
fn the_username_of_a_new_user_is_all_that_it_looks_like() {
    for name in ["zoë", "σίσυφοσ", "zoë smith", "zoe@example.org", "محمد", "i\u{307}"] {
        assert!(is_seen(name), "{name}");
    }
    for unseen in
        ['\u{AD}', '\u{200B}', '\u{200D}', '\u{200E}', '\u{202E}', '\u{2028}', '\u{2069}', '\u{FEFF}', '\u{E0041}']
    {
        let name = format!("al{unseen}ice");
        assert!(!is_seen(&name), "{name:?}");
        assert!(username(&name).is_some(), "{name:?}: who has it signs in with it");
    }
}

#[test]
fn an_institution_is_found_by_its_id_and_a_service_by_its_scope() {
    let directory = Directory {
        institutions: ["128807", "91475"].map(|id| Institution { id: id.into(), name: format!("Library {id}") }).into(),
        services: ["A", "B"]
            .map(|scope| DescribedScope { scope: scope.into(), name: format!("Service {scope}") })
            .into(),
        revision: 1,
    };
    for (id, name) in
        [("128807", Some("Library 128807")), ("91475", Some("Library 91475")), ("1", None), ("", None), ("*", None)]
    {
        assert_eq!(directory.institution(id).map(|found| found.name.as_str()), name, "{id}");
    }
    for (scope, name) in [("A", "Service A"), ("B", "Service B"), ("C", "C"), ("a", "a")] {
        assert_eq!(directory.service(scope), name);
    }
}

#[test]
fn institutions_are_listed_as_readers_expect() {
    let names = ["Branch 10", "\u{e4}rzte", "Branch 2", "Arzt", "\u{c4}rzte"];
    let institutions = names.map(|name| Institution { id: "1".into(), name: name.into() });
    let directory = Directory { institutions: institutions.into(), ..Directory::default() };
    let listed: Vec<_> = directory.by_name().iter().map(|institution| institution.name.as_str()).collect();
    assert_eq!(listed, ["Arzt", "\u{c4}rzte", "\u{e4}rzte", "Branch 2", "Branch 10"]);
}
