//! What a timestamp may be, and what the others are called.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn whole_seconds_are_read_and_nothing_else() {
    for (text, expected) in [
        ("0", Some(0)),
        ("1361408273", Some(1_361_408_273)),
        ("001361408273", Some(1_361_408_273)),
        ("999999999999", Some(999_999_999_999)),
        ("1361408273000", None),
        ("", None),
        ("+1", None),
        ("-1", None),
        (" 1", None),
        ("0x1", None),
        ("१", None),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn what_is_sent_instead_is_called_by_its_name() {
    use Form::*;
    for (text, expected) in [
        ("1361408273000", Milliseconds),
        ("1361408273000000", Microseconds),
        ("1361408273000000000", Nanoseconds),
        ("1361408273.5", Fraction),
        ("1361408273.123456", Fraction),
        ("1361408273,5", Fraction),
        ("2013-02-21T00:57:53Z", Iso8601),
        ("2013-02-21T00:57:53.5+01:00", Iso8601),
        ("2013-02-21 00:57:53", Iso8601),
        ("2013-02-21", Iso8601),
        ("2013-02-21-1", Other),
        ("13-02-21", Other),
        ("20130221005753", Other),
        ("1361408273.", Other),
        (".5", Other),
        ("1.3614e9", Other),
        ("-1", Other),
        ("soon", Other),
        ("é-é", Other),
    ] {
        assert_eq!(Form::of(text), expected, "{text}");
    }
}

#[test]
fn a_sentence_has_the_unit_and_the_servers_time() {
    let expected = "The timestamp counts milliseconds; it must be whole POSIX seconds, and the server's time is 17";
    assert_eq!(sentence(Form::Milliseconds, 17), expected);
}
