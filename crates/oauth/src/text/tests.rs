//! What people may read as a name, and how their keyboards do not matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_text_is_composed_and_otherwise_left_alone() {
    for (text, composes) in [
        ("", ""),
        ("zoe\u{308}", "zo\u{EB}"),
        ("zo\u{EB}", "zo\u{EB}"),
        ("\u{1100}\u{1161}", "\u{AC00}"),
        // NFC, and not NFKC: a ligature stays one.
        ("\u{FB01}", "\u{FB01}"),
        (" A b ", " A b "),
    ] {
        assert_eq!(composed(text), composes, "{text}");
    }
}

/// RFC 8265 section 4.2.2, with every character of the category Zs (Unicode 17).
#[test]
fn every_blank_of_a_password_is_the_same_blank() {
    let blanks = [
        '\u{20}', '\u{A0}', '\u{1680}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}',
        '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200A}', '\u{202F}', '\u{205F}', '\u{3000}',
    ];
    for blank in blanks {
        assert_eq!(opaque(&format!("a{blank}zoe\u{308}")), "a zo\u{EB}", "{}", blank.escape_unicode());
    }
    // No blank, or of another category: case and width stay too.
    for text in
        ["a\u{200B}b", "a\u{180E}b", "a\tb", "a\u{2028}b", "a\u{FEFF}b", "\u{FF21}\u{FB01} B", "\u{1FFF}\u{200B}"]
    {
        assert_eq!(opaque(text), text, "{text:?}");
    }
}

#[test]
fn a_name_is_one_line_of_bounded_length() {
    for (name, fits) in [
        ("J\u{fffd}rg", false),
        ("Library of Zoë", true),
        ("ספרייה", true),
        (" x ", true),
        ("", false),
        (" ", false),
        ("\u{3000}\t", false),
        ("a\nb", false),
        ("a\tb", false),
        ("a\u{85}b", false),
        ("a\u{7F}", false),
        ("\0", false),
    ] {
        assert_eq!(is_name(name), fits, "{name:?}");
    }
    for (length, fits) in [(1, true), (199, true), (200, true), (201, false)] {
        assert_eq!(is_name(&"a".repeat(length)), fits, "{length} bytes");
    }
    assert!(is_name(&"é".repeat(100)) && !is_name(&"é".repeat(101)), "the bound is in bytes");
}

#[test]
fn nothing_in_a_name_ends_a_line_or_turns_writing_around() {
    for (character, fits) in [
        ('\u{2027}', true),
        ('\u{2028}', false),
        ('\u{2029}', false),
        ('\u{202A}', false),
        ('\u{202E}', false),
        ('\u{202F}', true),
        ('\u{2065}', true),
        ('\u{2066}', false),
        ('\u{2069}', false),
        ('\u{206A}', true),
        ('\u{2070}', true),
        // What Hebrew, Persian, Tamil, Japanese and pictures are written with.
        ('\u{200F}', true),
        ('\u{200C}', true),
        ('\u{200D}', true),
        ('\u{FE0F}', true),
        ('\u{E0100}', true),
    ] {
        assert_eq!(is_name(&format!("a{character}b")), fits, "{}", character.escape_unicode());
    }
}

/// The list is that of DerivedCoreProperties.txt of Unicode 16.
#[test]
fn what_acts_or_may_be_shown_as_nothing_is_known() {
    let count =
        |is: fn(char) -> bool| (0..=0x10_FFFF).filter_map(char::from_u32).filter(|character| is(*character)).count();
    assert_eq!(count(is_ignorable), 4174, "as the file says");
    assert_eq!(count(acts), 65 + 12 + 2, "controls, Bidi_Control, and the ends of lines");
    assert!("a\u{300} ñ-'\u{A0}\u{3000}".chars().all(|character| !acts(character) && !is_ignorable(character)));
}
