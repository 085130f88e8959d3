//! What stands between the quotes of a text in each language: one rule for each, which askama applies to every value of a
//! template by the template's extension. A template has the quotes.

use std::fmt::{self, Write};

use askama::filters::Escaper;

use latchkey_oauth::form::encode;

/// Whether a character is itself wherever it stands: a letter or a digit of any script, or visible ASCII. What is left may end a
/// line, turn the direction of a text or be unseen.
fn is_plain(character: char) -> bool {
    character == ' ' || character.is_ascii_graphic() || (!character.is_ascii() && character.is_alphanumeric())
}

/// A text as a line of a comment has it.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|character| if is_plain(character) { character } else { '?' }).collect()
}

macro_rules! escaper {
    ($(#[$doc:meta])* $name:ident, $write:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub(super) struct $name;

        impl Escaper for $name {
            fn write_escaped_str<W: Write>(&self, mut destination: W, text: &str) -> fmt::Result {
                let write: fn(&mut dyn Write, char) -> fmt::Result = $write;
                text.chars().try_for_each(|character| write(&mut destination, character))
            }
        }
    };
}

escaper!(
    /// Between double quotes. `<` is no beginning of a tag either, where a page has the script inside.
    JavaScript,
    |out, character| match character {
        '"' | '\\' => write!(out, "\\{character}"),
        '<' => out.write_str("\\u003c"),
        _ if is_plain(character) => out.write_char(character),
        _ => write!(out, "\\u{{{:x}}}", u32::from(character)),
    }
);

escaper!(
    /// Between double quotes, of a string without a prefix.
    Python,
    |out, character| match character {
        '"' | '\\' => write!(out, "\\{character}"),
        _ if is_plain(character) => out.write_char(character),
        _ => write!(out, "\\U{:08x}", u32::from(character)),
    }
);

escaper!(
    /// Between double quotes.
    Go,
    |out, character| match character {
        '"' | '\\' => write!(out, "\\{character}"),
        _ if is_plain(character) => out.write_char(character),
        _ => write!(out, "\\U{:08x}", u32::from(character)),
    }
);

escaper!(
    /// Between single quotes, in Ruby and Perl: every other character is itself.
    SingleQuotes,
    |out, character| match character {
        '\'' | '\\' => write!(out, "\\{character}"),
        _ => out.write_char(character),
    }
);

escaper!(
    /// Between single quotes of a POSIX shell: nothing is escaped, so the quote stands outside.
    Shell,
    |out, character| match character {
        '\'' => out.write_str("'\\''"),
        _ => out.write_char(character),
    }
);

escaper!(
    /// A URL, or a part of one, without quotes, in a configuration of Apache. It has no way to write `${`, so a URL writes it
    /// otherwise.
    Apache,
    |out, character| match character {
        _ if character.is_ascii_alphanumeric() || "-._~:/?&=%[]@+,".contains(character) => out.write_char(character),
        _ => out.write_str(&encode(character.encode_utf8(&mut [0; 4]))),
    }
);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(escaper: impl Escaper, text: &str) -> String {
        let mut out = String::new();
        escaper.write_escaped_str(&mut out, text).unwrap();
        out
    }

    const HOSTILE: &str = "it's \"\\n\" ${HOME} $(id) `id` #{1} @x %y </script>\n\u{2028}\u{feff}ü";

    #[test]
    fn each_language_reads_the_text_that_it_was_given() {
        for (written, read) in [
            (
                escaped(JavaScript, HOSTILE),
                r#"it's \"\\n\" ${HOME} $(id) `id` #{1} @x %y \u003c/script>\u{a}\u{2028}\u{feff}ü"#,
            ),
            (
                escaped(Python, HOSTILE),
                r#"it's \"\\n\" ${HOME} $(id) `id` #{1} @x %y </script>\U0000000a\U00002028\U0000feffü"#,
            ),
            (
                escaped(Go, HOSTILE),
                r#"it's \"\\n\" ${HOME} $(id) `id` #{1} @x %y </script>\U0000000a\U00002028\U0000feffü"#,
            ),
            (
                escaped(SingleQuotes, HOSTILE),
                "it\\'s \"\\\\n\" ${HOME} $(id) `id` #{1} @x %y </script>\n\u{2028}\u{feff}ü",
            ),
            (escaped(Shell, HOSTILE), "it'\\''s \"\\n\" ${HOME} $(id) `id` #{1} @x %y </script>\n\u{2028}\u{feff}ü"),
            (escaped(Apache, "https://a.example/${HOME}\n\" x"), "https://a.example/%24%7BHOME%7D%0A%22%20x"),
        ] {
            assert_eq!(written, read);
        }
        assert_eq!(comment("A\nB\u{2028}C\u{202e}D \\ ü \u{feff}"), "A?B?C?D \\ ü ?");
    }

    /// Reads what stands between double quotes, as JavaScript, Python and Go do.
    fn unescaped(text: &str) -> Option<String> {
        let mut read = String::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            read.push(match character {
                '"' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => return None,
                '\\' => match rest.next()? {
                    'u' => {
                        let digits: String =
                            rest.as_str().trim_start_matches('{').chars().take_while(char::is_ascii_hexdigit).collect();
                        let digits = if rest.as_str().starts_with('{') { digits } else { digits[..4].to_owned() };
                        let skipped = digits.len() + if rest.as_str().starts_with('{') { 2 } else { 0 };
                        rest.nth(skipped - 1);
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    'U' => {
                        let digits: String = rest.by_ref().take(8).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    escaped @ ('"' | '\\') => escaped,
                    _ => return None,
                },
                character => character,
            });
        }
        Some(read)
    }

    const UNSEEN: [char; 3] = ['\u{2028}', '\u{2029}', '\u{feff}'];

    proptest! {
        #[test]
        fn no_text_ends_its_quotes(text in any::<String>()) {
            prop_assert_eq!(unescaped(&escaped(JavaScript, &text)), Some(text.clone()));
            prop_assert_eq!(unescaped(&escaped(Python, &text)), Some(text.clone()));
            prop_assert_eq!(unescaped(&escaped(Go, &text)), Some(text.clone()));
            let single = escaped(SingleQuotes, &text);
            let ends = single.replace("\\\\", "").replace("\\'", "");
            prop_assert!(!ends.contains(['\'', '\\']), "{}", single);
            prop_assert_eq!(single.replace("\\'", "'").replace("\\\\", "\\").len(), text.len());
            // Split where the quotes end, each part is without one.
            let shell = escaped(Shell, &text);
            prop_assert_eq!(shell.split("'\\''").collect::<Vec<_>>().join("'"), text.clone());
            prop_assert!(shell.split("'\\''").all(|part| !part.contains('\'')));
            let apache = escaped(Apache, &text);
            prop_assert!(!apache.contains(|sign: char| !sign.is_ascii_graphic() || "$\\\"'<>{}".contains(sign)), "{}", apache);
            let line = comment(&text);
            prop_assert!(!line.contains(|sign: char| sign.is_control() || UNSEEN.contains(&sign)), "{}", line);
        }
    }
}
