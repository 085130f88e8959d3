//! How a query and a form are read, and what is encoded again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn read(raw: &str) -> Vec<(String, String)> {
    let pairs = Pairs::parse(raw.as_bytes()).unwrap();
    pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_pair_splits_at_its_first_equals_sign_and_is_decoded_once() {
    for (raw, pairs) in [
        ("", &[][..]),
        ("&", &[]),
        ("&&&", &[]),
        ("a=1", &[("a", "1")]),
        ("a=1&b=2", &[("a", "1"), ("b", "2")]),
        ("&a=1&&b=2&", &[("a", "1"), ("b", "2")]),
        ("b=2&a=1&b=1", &[("b", "2"), ("a", "1"), ("b", "1")]),
        ("a", &[("a", "")]),
        ("a=", &[("a", "")]),
        ("=", &[("", "")]),
        ("=1", &[("", "1")]),
        ("a=b=c", &[("a", "b=c")]),
        ("a==", &[("a", "=")]),
        ("a%3Db=c%26d", &[("a=b", "c&d")]),
        ("a=%2541", &[("a", "%41")]),
        ("a+b=c+d", &[("a b", "c d")]),
        ("a=%2B+%20", &[("a", "+  ")]),
        ("+", &[(" ", "")]),
        ("a=%c3%A9&b=é", &[("a", "é"), ("b", "é")]),
        ("a=%zz%4&b=%", &[("a", "%zz%4"), ("b", "%")]),
        ("a=+%C3%A9", &[("a", " é")]),
        ("a;b=1", &[("a;b", "1")]),
    ] {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(read(raw), pairs, "{raw}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_in_name_and_value_with_a_blank_or_without() {
    for raw in [&b"a=%FF"[..], b"%FF=a", b"a=\xFF", b"\xFF", b"a=+%FF", b"+%FF=a", b"a=%C3", b"ok=1&a=%C3&b=%A9"] {
        assert_eq!(Pairs::parse(raw).err(), Some(PairsError::NotText), "{raw:?}");
    }
}

#[test]
fn as_many_pairs_are_read_as_the_bound_says_and_no_more() {
    for (count, refused) in [(63, None), (64, None), (65, Some(PairsError::TooMany)), (1000, Some(PairsError::TooMany))]
    {
        assert_eq!(Pairs::parse("a=1&".repeat(count).as_bytes()).err(), refused, "{count}");
    }
    assert_eq!(Pairs::parse("&".repeat(1000).as_bytes()).err(), None, "empty pairs are none");
    // What is beyond the bound is not looked at.
    let beyond = |count| format!("{}a=%FF", "a=1&".repeat(count));
    assert_eq!(Pairs::parse(beyond(64).as_bytes()).err(), Some(PairsError::NotText));
    assert_eq!(Pairs::parse(beyond(65).as_bytes()).err(), Some(PairsError::TooMany));
}

#[test]
fn only_unreserved_characters_stay_as_they_are() {
    let unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    assert_eq!(encode(unreserved), unreserved);
    for byte in 0..0x80u8 {
        let character = char::from(byte);
        let stays = unreserved.contains(character);
        let expected = if stays { character.to_string() } else { format!("%{byte:02X}") };
        assert_eq!(encode(&character.to_string()), expected);
    }
    assert_eq!(encode("é ☃"), "%C3%A9%20%E2%98%83");
}

#[test]
fn pairs_are_encoded_again_in_the_order_they_came() {
    // The example of draft-hammer-oauth-v2-mac-token-02, section 3.3.1.1, before it is sorted.
    let pairs = Pairs::parse(b"b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q").unwrap();
    let encoded: Vec<_> = pairs.encoded().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(encoded, ["b5=%3D%253D", "a3=a", "c%40=", "a2=r%20b", "c2=", "a3=2%20q"]);
}

#[test]
fn of_a_query_that_another_party_made_only_the_names_that_are_read_must_have_text() {
    let read = |raw: &[u8]| {
        let pairs = Pairs::parse_of(raw, &["a", "é"])?;
        Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
    };
    for (raw, told) in [
        (&b"a=1&b=%E9&c=2"[..], Ok("a=1&c=2".to_owned())),
        (b"%E9=1&a=1&\xff&b=\xff", Ok("a=1".to_owned())),
        (b"b=+%E9&a=+1&a=2", Ok("a= 1&a=2".to_owned())),
        (b"a=%E9", Err(PairsError::NotText)),
        (b"%61=1&a=+%E9", Err(PairsError::NotText)),
        (b"%C3%A9=\xff", Err(PairsError::NotText)),
    ] {
        assert_eq!(read(raw), told, "{}", raw.escape_ascii());
    }
    // What is left out is counted, too.
    let many = |count: usize| "x=%E9&".repeat(count);
    assert_eq!(read(many(MAX_PAIRS).as_bytes()), Ok(String::new()));
    assert_eq!(read(many(MAX_PAIRS + 1).as_bytes()), Err(PairsError::TooMany));
}
