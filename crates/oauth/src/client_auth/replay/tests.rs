//! A replay key's stored value, and what a copy is told.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::client_auth::wskey::replay_key;
use crate::token::{GrantId, Selector};

/// `printf 'key\n1361408273\n981333\n' | sha256sum`
const STORED: &str = "04558f04e74ea32ea848c79e59e32088b64dfd3b8e4597284709561a17e991eb";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_stored_key_is_the_sha_256_of_lines() {
    let key = replay_key("key", "1361408273", "981333");
    assert_eq!(hex(key.as_slice()), STORED);
    assert_eq!(hex(&key.first::<12>()), STORED[..24]);
    assert_eq!(ReplayKey::from_slice(key.as_slice()), Some(key));
    for length in [0, 31, 33] {
        assert_eq!(ReplayKey::from_slice(&vec![1; length]), None);
    }
}

#[test]
fn grant_and_selector_are_named_by_the_first_bytes() {
    let key = replay_key("key", "1361408273", "981333");
    // As a UUID of version 8 (RFC 9562 section 5.8), whose version and variant take six bits.
    let id = GrantId::of_request(&key).to_string().replace('-', "");
    assert_eq!(
        (&id[..12], &id[12..13], &id[13..16], &id[17..]),
        (&STORED[..12], "8", &STORED[13..16], &STORED[17..32])
    );
    assert!(Selector::of_request(&key) == Selector::parse("BFWPBOdOoy6oSMee").unwrap());
}

#[test]
fn a_line_cannot_move_to_the_next() {
    let keys = [("a", "1", "23"), ("a", "12", "3"), ("a1", "2", "3"), ("", "a1", "23"), ("a", "123", "")];
    for (index, (client_id, timestamp, nonce)) in keys.iter().enumerate() {
        let same = keys.map(|(other_id, other_time, other_nonce)| {
            replay_key(client_id, timestamp, nonce) == replay_key(other_id, other_time, other_nonce)
        });
        assert_eq!(same, std::array::from_fn(|other| other == index));
    }
}

#[test]
fn a_copy_is_refused_by_the_method_of_its_request() {
    let (method, key) = (AuthMethod::WsKey, replay_key("key", "1", "n"));
    let replay = Replay::marked(method, key, 1);
    assert_eq!(replay.refusal(), Denial::ClientAuth(Failure::Replayed(method)));
    assert_eq!((replay.mark(), replay.grant_id()), (Some(key), GrantId::of_request(&key)));
}

#[test]
fn a_request_that_nothing_marks_names_what_it_makes_at_random_and_is_remembered_no_longer() {
    let replay = Replay::unmarked(AuthMethod::Basic, [7; 32], 1000);
    assert_eq!((replay.mark(), replay.until), (None, 1000));
    assert_eq!(
        (replay.grant_id(), replay.selector()),
        (GrantId::random([7; 16]), Selector::of_request(&ReplayKey([7; 32])))
    );
}

#[test]
fn only_an_assertion_of_a_client_that_is_registered_so_mints_once_at_all() {
    let key = ReplayKey([7; 32]);
    for method in AuthMethod::ALL {
        for is_registered in [false, true] {
            let client = Client { single_use_assertions: is_registered, ..crate::client_auth::wskey::tests::client() };
            let asserts = matches!(method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt);
            let marked = Replay::marked(method, key, 9).for_client(&client);
            let expected = (asserts && is_registered).then_some(Once { key, until: 9 });
            assert_eq!(marked.once(), expected, "{method:?} {is_registered}");
            let unmarked = Replay::unmarked(method, [7; 32], 9).for_client(&client);
            assert_eq!(unmarked.once(), None, "nothing marks it");
        }
        assert_eq!(Replay::marked(method, key, 9).once(), None);
    }
}
