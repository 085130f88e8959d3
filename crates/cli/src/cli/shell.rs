//! Texts in the commands that the command line prints for pasting into a shell.

use std::path::Path;

/// A text as one word: as it is, if no shell finds anything in it; otherwise in single quotes.
pub(super) fn word(text: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "/._-:@".contains(character);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A path as one word.
pub(super) fn path(path: &Path) -> String {
    word(&path.display().to_string())
}

/// A text in single quotes. Inside them, a shell changes only the quote itself.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_left_alone_only_where_a_shell_does_so_too() {
        for text in ["alice", "a.b-c_d@example:1/2", "zo\u{eb}"] {
            assert_eq!(word(text), text);
        }
        for text in ["", "a b", "$(id)", "`id`", "a;b", "a\"b", "*", "~", "#x", "a=b", "!x", "\\", "{a,b}"] {
            assert_eq!(word(text), format!("'{text}'"));
        }
        assert_eq!(word("it's"), r"'it'\''s'");
    }
}
