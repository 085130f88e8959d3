//! Text as a search compares it: without case and accents, and with one form of what keyboards write in several.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

#[cfg(test)]
mod tests;

/// The combining class of a virama, which joins letters and is no accent.
const VIRAMA: u8 = 9;

/// Folds a text for a search. Two texts that a reader takes for the same letters fold to the same text: `ŁÓDŹ` and `lodz`,
/// `Straße` and `STRASSE`, `İstanbul` and `istanbul`.
///
/// It decomposes (NFKD), drops accents, and folds case in full. Then it writes letters that Unicode does not decompose with
/// the letters that the CLDR transform Latin-ASCII gives, and quotes, dashes and blanks in one form.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let letters = text.nfkd().filter(|character| [0, VIRAMA].contains(&canonical_combining_class(*character)));
    // To lower case, so that each letter has an upper one; to upper case, where ß is SS; and back.
    let letters = letters.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    for character in letters {
        match spelt(character) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(character),
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a list of names is ordered by: the folded text, with each number behind the count of its digits, so that 2 comes
/// before 10.
pub fn order(text: &str) -> String {
    let folded = folded(text);
    let (mut key, mut rest) = (String::with_capacity(folded.len().saturating_add(2)), folded.as_str());
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|character: char| !character.is_ascii_digit()).unwrap_or(number.len());
        let digits = number[..end].trim_start_matches('0');
        key.push_str(before);
        key.extend(char::from_digit(digits.len().min(9) as u32, 10));
        key.push_str(digits);
        rest = &number[end..];
    }
    key + rest
}

/// How a folded character is spelt with others; `None` where it is spelt as itself.
fn spelt(character: char) -> Option<&'static str> {
    Some(match character {
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ð' | 'đ' | 'ɖ' | 'ɗ' => "d",
        'ƀ' | 'ɓ' => "b",
        'ƈ' => "c",
        'ƒ' => "f",
        'ǥ' | 'ɠ' => "g",
        'ħ' => "h",
        'ɨ' => "i",
        'ƙ' => "k",
        'ĸ' => "q",
        'ł' | 'ƚ' => "l",
        'ŋ' | 'ɲ' => "n",
        'ø' | 'ɵ' => "o",
        'ƥ' => "p",
        'ŧ' | 'ƭ' | 'ʈ' => "t",
        'ʉ' => "u",
        'ʋ' => "v",
        'ƴ' => "y",
        'ƶ' | 'ȥ' => "z",
        '‘' | '’' | '‚' | '‛' | '′' | 'ʹ' | 'ʻ' | 'ʼ' | '‹' | '›' | '`' | '´' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => "-",
        // Not seen: a soft hyphen, joiners, marks of direction, a byte order mark.
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => "",
        '\u{FE00}'..='\u{FE0F}' => "",
        _ => return None,
    })
}
