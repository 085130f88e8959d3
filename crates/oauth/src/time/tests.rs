//! How time is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn an_instant_is_utc_with_a_blank_and_a_final_z() {
    for (seconds, text) in [
        (0, "1970-01-01 00:00:00Z"),
        (1_377_283_529, "2013-08-23 18:45:29Z"),
        (951_827_696, "2000-02-29 12:34:56Z"),
        (253_402_300_799, "9999-12-31 23:59:59Z"),
        // No panic on what is no date.
        (253_402_300_800, ""),
        (u64::MAX, ""),
    ] {
        assert_eq!(instant(seconds), text, "{seconds}");
    }
}

#[test]
fn a_skew_says_how_far_and_to_which_side() {
    for (timestamp, side) in [(1299, "299 seconds ahead"), (1001, "1 seconds ahead"), (999, "1 seconds behind")] {
        let text = skew(timestamp, 1000);
        assert!(text.starts_with(side) && text.contains("1000"), "{text}");
    }
    assert!(skew(1000, 1000).starts_with("0 seconds behind"));
    assert!(skew(0, u64::MAX).starts_with("18446744073709551615 seconds behind"));
}

/// `date -u -d 2026-11-26 +%s`
const DAY: u64 = 1_795_651_200;

#[test]
fn a_day_and_a_second_are_read_as_they_are_written() {
    let second = DAY + 12 * 3600 + 34 * 60 + 56;
    for (text, expected) in [
        ("2026-11-26", Some((DAY, DAY + 86_399))),
        ("2026-11-26 12:34:56Z", Some((second, second))),
        ("2026-11-26T12:34:56Z", Some((second, second))),
        ("1970-01-01", Some((0, 86_399))),
        (&instant(second), Some((second, second))),
        // Refused: no time zone, a zone other than Z, a part of another length, a sign, a day or an hour that does not exist.
        ("2026-11-26 12:34:56", None),
        ("2026-11-26T12:34:56+01:00", None),
        ("2026-11-26 12:34Z", None),
        ("2026-11-6", None),
        ("26-11-26", None),
        ("+126-11-26", None),
        ("2026-11-+6", None),
        ("2026-11-31", None),
        ("2026-11-26 24:00:00Z", None),
        ("1969-12-31", None),
        ("", None),
    ] {
        assert_eq!(span(text), expected, "{text}");
    }
}
