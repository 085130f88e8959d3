//! What a deployment gets that chooses nothing, and what no choice may break.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_deployment_that_chooses_nothing_is_within_the_rfcs() {
    let settings = Settings::default();
    assert_eq!(
        (settings.access_token_seconds, settings.refresh_token_seconds, settings.code_seconds),
        (1200, 86_400, 600),
        "RFC 6749 section 4.1.2: a code lives for ten minutes at the most"
    );
    assert_eq!((settings.clock_skew_seconds, settings.session_seconds, settings.trusted_proxies), (300, 3600, 0));
    assert_eq!(settings.issuer, None);
    assert_eq!(
        settings.theme,
        Theme { name: "Latchkey".into(), logo_url: None, help_url: None, color: Color([0x1F, 0x4E, 0x8C]) }
    );
    assert!(settings.session_seconds >= FORM_SECONDS);
    assert_eq!((settings.device_session_seconds, settings.directory_cache_seconds), (30 * 86_400, 0));
}

#[test]
fn existing_clients_sign_the_literals_that_they_always_signed() {
    let authority = Authority { host: "www.oclc.org".into(), port: 443, path: "/wskey".into() };
    assert_eq!(Settings::default().authority, authority);
}

#[test]
fn an_item_is_kept_longer_than_the_request_that_made_it_is_taken() {
    // The skew may be raised meanwhile, as far as its bound.
    for (skew, kept) in [(0, 7201), (300, 7201), (3599, 7201), (3600, 7201), (3601, 7203)] {
        let settings = Settings { clock_skew_seconds: skew, ..Settings::default() };
        assert_eq!(settings.replay_guard(1_000_000), 1_000_000 + kept, "{skew}");
        // A timestamp as late as is taken at `now` is taken until then at the latest.
        let taken_until = 1_000_000 + skew + skew;
        assert!(settings.replay_guard(1_000_000) > taken_until, "{skew}");
    }
}

#[test]
fn a_color_is_a_hash_sign_and_six_hexadecimal_digits() {
    for (text, color) in [
        ("#000000", Some([0, 0, 0])),
        ("#1f4e8c", Some([0x1F, 0x4E, 0x8C])),
        ("#1F4E8C", Some([0x1F, 0x4E, 0x8C])),
        ("#ffFF0a", Some([255, 255, 10])),
        ("", None),
        ("#", None),
        ("1f4e8c", None),
        ("##1f4e8", None),
        ("#1f4e8", None),
        ("#1f4e8c0", None),
        ("#fff", None),
        ("#1f4e8g", None),
        ("#g14e8c", None),
        ("#1fg48c", None),
        ("#1f4e8c ", None),
        ("#+1+2+3", None),
        ("#1f+e8c", None),
        ("#é4e8c", None),
        ("#1é8c0", None),
        ("red", None),
    ] {
        assert_eq!(Color::parse(text), color.map(Color), "{text}");
    }
}

#[test]
fn a_color_is_written_as_a_style_sheet_reads_it() {
    for (color, text) in [([0, 0, 0], "#000000"), ([0x1F, 0x4E, 0x8C], "#1f4e8c"), ([255, 10, 1], "#ff0a01")] {
        assert_eq!(Color(color).to_string(), text);
        assert_eq!(Color::parse(text), Some(Color(color)));
    }
}

#[test]
fn text_is_white_up_to_where_black_is_read_better() {
    // Neighbours on either side of the border, worked out from WCAG 2.2's formulas.
    for (white, black) in [
        ("#000000", "#ffffff"),
        ("#1f4e8c", "#ffff00"),
        ("#757575", "#767676"),
        ("#ec0000", "#ed0000"),
        ("#008900", "#008a00"),
        ("#0a6bff", "#0a6cff"),
        ("#eb0a0a", "#ec0a0a"),
        ("#ea0b0b", "#eb0b0b"),
        ("#ec000a", "#ed000a"),
        ("#0a76d6", "#0a76d7"),
        ("#0076d7", "#0076d8"),
        ("#00828d", "#00828e"),
        ("#0a828b", "#0a828c"),
        ("#0b828b", "#0b828c"),
        ("#966499", "#96649a"),
        ("#4d64ff", "#4e64ff"),
        ("#ca4080", "#cb4080"),
    ] {
        assert_eq!(Color::parse(white).unwrap().text(), "#fff", "on {white}");
        assert_eq!(Color::parse(black).unwrap().text(), "#000", "on {black}");
    }
}

#[test]
fn a_word_of_a_setting_is_read_to_the_letter() {
    for (text, subjects) in
        [("legacy", Some(Subjects::Legacy)), ("v2", Some(Subjects::V2)), ("V2", None), ("", None), ("v2 ", None)]
    {
        assert_eq!(Subjects::parse(text), subjects, "{text}");
        assert!(subjects.is_none_or(|subjects| subjects.as_str() == text));
    }
    for (text, keys) in [
        ("none", Some(OldKeys::None)),
        ("open", Some(OldKeys::Open)),
        ("seal", Some(OldKeys::Seal)),
        ("Seal", None),
        ("", None),
    ] {
        assert_eq!(OldKeys::parse(text), keys, "{text}");
    }
}

#[test]
fn text_on_any_color_has_a_contrast_of_4_5_to_1_at_least() {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let steps = || (0..=255).step_by(5);
    let colors = steps().flat_map(|red| steps().flat_map(move |green| steps().map(move |blue| [red, green, blue])));
    for color in colors {
        let [red, green, blue] = color.map(linear);
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        let contrast = match Color(color).text() {
            "#fff" => 1.05 / (luminance + 0.05),
            _ => (luminance + 0.05) / 0.05,
        };
        assert!(contrast >= 4.5, "{}: {contrast}", Color(color));
    }
}
