//! Text that people type and read.

use unicode_normalization::UnicodeNormalization;

mod folded;
#[cfg(test)]
mod tests;
mod unseen;

pub use folded::{folded, order};
pub use unseen::{acts, is_ignorable};

/// Bounds of what people read: names of institutions and services, bytes.
pub(crate) const MAX_NAME: usize = 200;

/// What a name counts as: composed (NFC), so that the keyboard does not matter.
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Whether `text` came whole: U+FFFD is in the place of bytes that a program before this one could not read, so two names or
/// users that differ in them would become one.
pub fn is_whole(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

/// What a password counts as: the profile OpaqueString (RFC 8265 section 4.2.2). Every blank is U+0020, and the text is
/// composed (NFC).
pub fn opaque(text: &str) -> String {
    text.chars().map(|character| if is_other_blank(character) { ' ' } else { character }).nfc().collect()
}

/// A blank (general category Zs) except U+0020.
fn is_other_blank(character: char) -> bool {
    matches!(character, '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// Whether `text` can be shown as a name: not empty, not too long, on one line, and nothing that turns writing around. U+2028
/// and U+2029 end a line, too.
pub fn is_name(text: &str) -> bool {
    let breaks_or_turns = |character| matches!(character, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let shows = |character: char| !character.is_control() && !breaks_or_turns(character);
    !text.trim().is_empty() && text.len() <= MAX_NAME && text.chars().all(shows) && is_whole(text)
}
