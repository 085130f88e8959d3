//! Codes by time against the published vectors, and what is taken once and no more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::checking::time_code;
use super::*;

/// RFC 6238 appendix B, SHA-1: the secret, and time and code, of whose eight digits an app shows the last six.
const SECRET: &[u8] = b"12345678901234567890";
const VECTORS: [(u64, &str); 6] = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
];
/// RFC 4226 appendix D, by the counter.
const COUNTED: [&str; 10] =
    ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];

const USER: (&str, &str) = ("128807", "alice");

fn typed(text: &str) -> Option<Code> {
    Code::typed(text, USER)
}

fn used(text: &str, codes: &Codes, now: u64) -> Option<Used> {
    check(Some(SECRET), typed(text).as_ref(), codes, now)
}

fn code(step: u64) -> String {
    String::from_utf8(time_code(SECRET, step).to_vec()).unwrap()
}

#[test]
fn the_published_vectors_hold() {
    for (now, expected) in VECTORS {
        assert_eq!(code(now / 30), expected[2..], "{now}");
        assert_eq!(used(&expected[2..], &Codes::default(), now), Some(Used::Time(now / 30)));
    }
    for (counter, expected) in COUNTED.into_iter().enumerate() {
        assert_eq!(code(counter as u64), expected);
    }
}

#[test]
fn a_code_is_good_one_step_either_way_and_no_further() {
    let now = 1_234_567_890;
    for (offset, fits) in [(-3, false), (-2, false), (-1, true), (0, true), (1, true), (2, false), (3, false)] {
        let step = (now / 30_u64).checked_add_signed(offset).unwrap();
        assert_eq!(used(&code(step), &Codes::default(), now), fits.then_some(Used::Time(step)), "{offset}");
    }
    assert_eq!(used(&code(0), &Codes::default(), 0), Some(Used::Time(0)), "the first step has none before it");
}

#[test]
fn no_code_of_a_step_that_was_taken_or_of_an_earlier_one_is_taken() {
    let now = 1_234_567_890;
    let step = now / 30;
    for (last, fits) in [(None, [true; 3]), (Some(step - 2), [true; 3]), (Some(step - 1), [false, true, true])]
        .into_iter()
        .chain([(Some(step), [false, false, true]), (Some(step + 1), [false; 3]), (Some(u64::MAX), [false; 3])])
    {
        let codes = Codes { last_step: last, ..Codes::default() };
        let told = [step - 1, step, step + 1].map(|step| used(&code(step), &codes, now).is_some());
        assert_eq!(told, fits, "{last:?}");
    }
}

#[test]
fn a_recovery_code_is_good_while_its_hash_is_there_and_for_its_user_alone() {
    let text = "abcd-efgh-ijkl-mnop-qrst-uv23";
    let hash = recovery_hash(&text.replace('-', ""), USER);
    let codes = Codes { recovery: vec![[1; 32], hash], ..Codes::default() };
    for same in [text, "ABCD-EFGH-IJKL-MNOP-QRST-UV23", "abcdefghijklmnopqrstuv23", " abcd efgh ijkl mnop qrst uv23 "] {
        assert_eq!(used(same, &codes, 0), Some(Used::Recovery(hash)), "{same}");
    }
    for other in ["abcd-efgh-ijkl-mnop-qrst-uv24", "abcd-efgh-ijkl-mnop-qrst-uv2", "abcd"] {
        assert_eq!(used(other, &codes, 0), None, "{other}");
    }
    assert_eq!(used(text, &Codes::default(), 0), None);
    assert!(Code::typed(text, ("128807", "bob")) != typed(text));
}

#[test]
fn what_is_typed_is_six_digits_a_recovery_code_or_none() {
    for nothing in ["", "  ", "-", "\u{3000}"] {
        assert!(typed(nothing).is_none(), "{nothing:?}");
    }
    for digits in ["123456", "123 456", " 123-456 "] {
        assert!(typed(digits) == Some(Code::Time(*b"123456")), "{digits}");
    }
    for other in ["12345", "1234567", "12345a", "１２３４５６", "x", "ß"] {
        assert!(typed(other) == Some(Code::Other), "{other}");
        assert_eq!(used(other, &Codes::default(), 0), None);
    }
}

#[test]
fn without_a_secret_or_a_code_nothing_is_right() {
    let now = 1_234_567_890;
    let zeros = String::from_utf8(time_code(&[0; SECRET_BYTES], now / 30).to_vec()).unwrap();
    assert_eq!(check(None, typed(&zeros).as_ref(), &Codes::default(), now), None, "not even by the stand-in's secret");
    assert_eq!(check(Some(SECRET), None, &Codes::default(), now), None);
    let hash = recovery_hash(&"a".repeat(24), USER);
    let codes = Codes { recovery: vec![hash], ..Codes::default() };
    assert_eq!(check(None, Some(&Code::Recovery(hash)), &codes, now), None);
}

/// Secrets are stored so: another text opens none of them.
#[test]
fn a_secret_is_sealed_for_institution_and_user_and_for_no_client() {
    assert_eq!(sealed_for(USER), "latchkey second factor\n128807\nalice");
    assert!(!crate::client::is_client_id(&sealed_for(USER)));
}
