//! User codes as they are made and typed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use super::*;
use crate::token::GrantId;

/// The example of RFC 8628 section 3.2.
const EXAMPLE: &str = "WDJB-MJHT";

#[test]
fn case_and_whatever_separates_the_letters_are_forgiven_and_nothing_else() {
    let code = UserCode::parse(EXAMPLE).unwrap();
    assert_eq!(code.text(), EXAMPLE);
    for typed in
        ["wdjbmjht", "WDJBMJHT", " wdjb mjht ", "W-D-J-B-M-J-H-T", "wdjb\u{2013}mjht", "(wdjb.mjht)", "wdjb_mjht\n"]
    {
        assert!(UserCode::parse(typed) == Some(code), "{typed}");
    }
    assert!(UserCode::parse(&format!("{EXAMPLE}{}", "-".repeat(55))) == Some(code), "64 bytes");
    let long = format!("{EXAMPLE}{}", "-".repeat(56));
    for typed in [
        "",
        "-",
        "WDJB-MJH",
        "WDJB-MJHTT",
        "WDJB-MJH7",
        "WDJB-MJHA",
        "WDJB-MJHY",
        "WDJB-MJH\u{0422}",
        "\u{ff37}DJB-MJHT",
        "WDJB-MJHT1",
        &long,
    ] {
        assert!(UserCode::parse(typed).is_none(), "{typed}");
    }
}

#[test]
fn every_letter_comes_at_every_place_and_a_code_reads_back() {
    let mut seen: [BTreeSet<u8>; LENGTH] = std::array::from_fn(|_| BTreeSet::new());
    for number in 0..2000_u128 {
        // Spread over all digits.
        let code = UserCode::random(number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes());
        assert!(UserCode::parse(&code.text()) == Some(code));
        code.0.iter().zip(&mut seen).for_each(|(letter, seen)| {
            seen.insert(*letter);
        });
    }
    assert!(seen.iter().all(|seen| seen.iter().eq(LETTERS)), "{seen:?}");
}

#[test]
fn a_random_code_is_the_number_to_base_20() {
    for (number, text) in [
        (0, "BBBB-BBBB"),
        (1, "CBBB-BBBB"),
        (19, "ZBBB-BBBB"),
        (20, "BCBB-BBBB"),
        (2 + 3 * 20 + 20_u128.pow(7), "DFBB-BBBC"),
        (20_u128.pow(8), "BBBB-BBBB"),
    ] {
        assert_eq!(UserCode::random(number.to_be_bytes()).text(), text, "{number}");
    }
}

#[test]
fn a_code_names_one_grant_and_tells_nothing_where_it_is_printed() {
    let [code, other] = [EXAMPLE, "WDJB-MJHV"].map(|text| UserCode::parse(text).unwrap());
    assert_eq!(GrantId::of_user_code(&code), GrantId::of_user_code(&UserCode::parse("wdjbmjht").unwrap()));
    assert!(GrantId::of_user_code(&code) != GrantId::of_user_code(&other));
    assert_eq!(format!("{code:?}"), "UserCode");
    let stored: UserCode = serde_json::from_str(&serde_json::to_string(&code).unwrap()).unwrap();
    assert!(stored == code && serde_json::from_str::<UserCode>("\"x\"").is_err());
}
