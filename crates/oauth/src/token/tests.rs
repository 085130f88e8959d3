//! What a token's text holds, and which texts are none.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::client_auth::wskey::replay_key;
use crate::replay::ReplayKey;

const SECRET: [u8; SECRET_BYTES] = [7; SECRET_BYTES];
/// By another library: the bytes 0 to 15 as a UUID of version 4, then the secret.
const BODY: &str = "AAECAwQFRgeICQoLDA0ODwcHBwcHBwcHBwcHBwcHBwcHBwcH";
/// The same with a selector between.
const BODY_OF_A_REFRESH: &str = "AAECAwQFRgeICQoLDA0OD0Iso4Njl0iYdvLHZQcHBwcHBwcHBwcHBwcHBwcHBwcH";

fn grant() -> GrantId {
    GrantId::random(std::array::from_fn(|at| at as u8))
}

fn request() -> ReplayKey {
    replay_key("WSKEY", "1385740955", "7e1c0b5b")
}

#[test]
fn a_token_is_its_prefix_and_the_base64url_of_grant_selector_and_secret() {
    let selector = Selector::of_request(&request());
    for (kind, selector, text) in [
        (Kind::Access, None, format!("tk_{BODY}")),
        (Kind::Refresh, None, format!("rt_{BODY}")),
        (Kind::Code, None, format!("auth_{BODY}")),
        (Kind::Access, Some(selector), format!("tk_{BODY_OF_A_REFRESH}")),
    ] {
        let minted = Minted::new(kind, grant(), selector, &SECRET);
        assert_eq!(*minted.text, text);
        assert_eq!(minted.text.capacity(), text.len(), "a text that grew has left copies behind");
        let read = Unverified::parse(&text).unwrap();
        assert_eq!((read.kind, read.grant_id, read.selector), (kind, grant(), selector), "{text}");
        assert!(read.hash.matches(&minted.hash));
    }
}

#[test]
fn no_token_is_longer_than_the_bound_that_spares_decoding() {
    assert_eq!(BODY_OF_A_REFRESH.len(), LONGEST_BODY);
}

#[test]
fn no_other_text_is_a_token() {
    let bytes = |count: usize| URL_SAFE_NO_PAD.encode(vec![b'?'; count]);
    for text in [
        String::new(),
        "tk_".into(),
        BODY.into(),
        format!("TK_{BODY}"),
        format!("tk{BODY}"),
        format!("at_{BODY}"),
        format!(" tk_{BODY}"),
        format!("tk_{BODY} "),
        format!("tk_{BODY}="),
        format!("tk_{BODY}A"),
        format!("tk_tk_{BODY}"),
        // The alphabet of plain base64.
        format!("tk_{}", BODY.replacen("AA", "+/", 1)),
        format!("tk_{}", BODY.replacen("AA", "é", 1)),
        // A selector is an access token's alone.
        format!("rt_{BODY_OF_A_REFRESH}"),
        format!("auth_{BODY_OF_A_REFRESH}"),
        format!("tk_{BODY_OF_A_REFRESH}A"),
        format!("tk_{BODY_OF_A_REFRESH}AAAA"),
        format!("tk_{}", bytes(15)),
        format!("tk_{}", bytes(16)),
        format!("tk_{}", bytes(35)),
        format!("tk_{}", bytes(37)),
        format!("tk_{}", bytes(47)),
        format!("tk_{}", bytes(49)),
        format!("rt_{}", bytes(48)),
        format!("tk_{}", "A".repeat(1_000_000)),
    ] {
        assert!(Unverified::parse(&text).is_none(), "{text:.80}");
    }
    // And one beside: the lengths that are right.
    assert!(Unverified::parse(&format!("rt_{}", bytes(36))).is_some());
    assert!(Unverified::parse(&format!("tk_{}", bytes(48))).is_some());
}

#[test]
fn every_byte_of_a_token_counts() {
    let told = |text: &str| {
        Unverified::parse(text)
            .map(|read| (read.grant_id, read.selector, *read.hash.as_slice().first_chunk::<32>().unwrap()))
    };
    let text = format!("tk_{BODY_OF_A_REFRESH}");
    for at in 3..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_ne!(told(&String::from_utf8(changed).unwrap()), told(&text), "{at}");
    }
}

#[test]
fn what_is_stored_of_a_token_is_sha_256_of_its_secret_part() {
    let hash = TokenHash::of(&SECRET);
    let hex: String = hash.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "0b1f37de560a36b8d13802317bb15c1a98ccee42fc88b559cf9216561b43f87a");
    assert!(Minted::new(Kind::Code, grant(), None, &SECRET).hash == hash, "whatever grant and kind");
    assert!(TokenHash::from_slice(hash.as_slice()).is_some_and(|read| read == hash));
}

#[test]
fn a_hash_matches_itself_and_no_other() {
    let hash = TokenHash::of(&SECRET);
    assert!(hash.matches(&TokenHash::of(&SECRET)));
    for at in 0..32 {
        let mut other = hash;
        other.0[at] ^= 0x80;
        assert!(!hash.matches(&other) && !other.matches(&hash), "{at}");
    }
}

#[test]
fn a_hash_or_replay_key_from_storage_has_32_bytes() {
    for (length, fits) in [(0, false), (31, false), (32, true), (33, false)] {
        let bytes = vec![b'x'; length];
        assert_eq!(TokenHash::from_slice(&bytes).map(|hash| hash.as_slice().to_vec()), fits.then(|| bytes.clone()));
        assert_eq!(ReplayKey::from_slice(&bytes).map(|read| read.as_slice().to_vec()), fits.then(|| bytes.clone()));
    }
}

#[test]
fn a_request_is_known_by_client_timestamp_and_nonce_together() {
    let hex: String = request().as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "422ca3836397489876f2c765bf46186420fc3fc373bd6d8ea289edb32527160c");
    for (client, timestamp, nonce) in [
        ("WSKEX", "1385740955", "7e1c0b5b"),
        ("WSKEY", "1385740956", "7e1c0b5b"),
        ("WSKEY", "1385740955", "7e1c0b5c"),
        ("WSKEY1", "385740955", "7e1c0b5b"),
        ("WSKEY", "13857409557", "e1c0b5b"),
        ("1385740955", "WSKEY", "7e1c0b5b"),
        ("WSKEY", "1385740955", ""),
    ] {
        assert_ne!(replay_key(client, timestamp, nonce), request());
    }
}

#[test]
fn a_request_makes_one_grant_and_one_refreshed_token() {
    assert_eq!(GrantId::of_request(&request()).to_string(), "422ca383-6397-8898-b6f2-c765bf461864");
    assert_eq!(Selector::of_request(&request()).to_string(), "Qiyjg2OXSJh28sdl");
    let another = replay_key("WSKEY", "1385740955", "7e1c0b5c");
    assert_ne!(GrantId::of_request(&another), GrantId::of_request(&request()));
    assert_ne!(Selector::of_request(&another), Selector::of_request(&request()));
}

#[test]
fn a_random_grant_is_a_uuid_of_version_4_and_never_one_of_a_request() {
    assert_eq!(grant().to_string(), "00010203-0405-4607-8809-0a0b0c0d0e0f");
    assert_eq!(GrantId::random([0xFF; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    // Version 8 says that the bits are made otherwise.
    let of_request = GrantId::of_request(&ReplayKey::from_slice(&[0xFF; 32]).unwrap());
    assert_eq!(of_request.to_string(), "ffffffff-ffff-8fff-bfff-ffffffffffff");
}

#[test]
fn a_grant_is_read_in_the_form_it_is_printed_in() {
    assert_eq!(GrantId::parse("00010203-0405-4607-8809-0a0b0c0d0e0f"), Some(grant()));
    for text in ["", "x", "00010203-0405-4607-8809-0a0b0c0d0e0", "00010203-0405-4607-8809-0a0b0c0d0e0f0", "GRANT#1"] {
        assert_eq!(GrantId::parse(text), None, "{text}");
    }
}

#[test]
fn a_selector_is_read_in_the_form_it_is_printed_in() {
    assert_eq!(Selector::parse("Qiyjg2OXSJh28sdl"), Some(Selector::of_request(&request())));
    for text in ["", "x", "Qiyjg2OXSJh28sd", "Qiyjg2OXSJh28s", "Qiyjg2OXSJh28sdlAA", "Qiyjg2OXSJh28sd+"] {
        assert_eq!(Selector::parse(text), None, "{text}");
    }
}

#[test]
fn a_prefix_tells_what_a_token_is_for() {
    let prefixes = Kind::ALL.map(Kind::prefix);
    assert_eq!(prefixes, ["tk_", "rt_", "auth_", "dev_"]);
}
