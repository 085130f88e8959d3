//! Namespaces: what is one, and which ones a new client may name.

use super::*;
use crate::example::client_with;

#[test]
fn a_namespace_is_one_line_and_has_one_form() {
    for taken in ["urn:oclc:wms:da", "urn:latchkey:128807", "x", "*", "a b", "say \"x\"", &"n".repeat(256)] {
        assert_eq!(namespace(taken).as_deref(), Ok(taken));
    }
    assert_eq!(namespace("urn:bu\u{308}cher").as_deref(), Ok("urn:b\u{FC}cher"));
    for refused in ["", " ", " urn:x", "urn:x ", "\u{A0}urn:x", "a\nb", "a\0", "j\u{FFFD}rg", &"n".repeat(257)] {
        assert!(namespace(refused).is_err(), "{refused:?}");
    }
}

#[test]
fn a_new_client_may_name_the_users_of_its_institutions_and_of_no_other() {
    let of = |ids: &[&str]| namespaces_of(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
    assert_eq!(of(&["128807", "91475"]), ["urn:latchkey:128807", "urn:latchkey:91475"]);
    assert!(of(&["*"]).is_empty() && of(&[]).is_empty());
    assert_eq!(of(&["*", "1"]), ["urn:latchkey:1"]);
    assert_eq!(namespaces(vec!["urn:x".into()]), Some(vec!["urn:x".into()]));
    assert_eq!(namespaces(vec!["urn:x".into(), "*".into()]), None);
}

#[test]
fn a_client_is_open_if_it_may_name_users_and_has_no_list() {
    for (names, namespaces, open) in [(true, None, true), (false, None, false), (true, Some(Vec::new()), false)] {
        let client = client_with(|client| (client.names_principal, client.namespaces) = (names, namespaces));
        assert_eq!(is_open(&client), open);
    }
}
