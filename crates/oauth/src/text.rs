//! Text that people type and read.

use unicode_normalization::UnicodeNormalization;

#[cfg(test)]
mod tests;

/// Bounds of what people read: names of institutions and services, bytes.
const MAX_NAME: usize = 200;

/// What a password and a name count as: composed (NFC), so that the keyboard does not matter (RFC 8265 section 4.2).
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Whether `text` came whole: U+FFFD is in the place of bytes that a program before this one could not read, so two names or
/// users that differ in them would become one.
pub fn is_whole(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether `text` can be shown as a name: not empty, not too long, on one line, and nothing that turns writing around.
pub fn is_name(text: &str) -> bool {
    let turns = |character| matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let shows = |character: char| !character.is_control() && !turns(character);
    !text.trim().is_empty() && text.len() <= MAX_NAME && text.chars().all(shows) && is_whole(text)
}
