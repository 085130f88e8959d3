//! The most likely reasons why a signature does not match. Only the request is looked at.
//!
//! This module does not know whether the client exists. An unknown client and a wrong secret get the same hints.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::client_auth::wskey::encoding::ENCODERS;
use crate::client_auth::wskey::signed_text::{SignedText, is_shown};
use crate::client_auth::wskey::timestamp::seconds;
use crate::form::{Pairs, encode};
use crate::grant_type::listed;
use crate::time::skew;

#[cfg(test)]
mod tests;

/// Longer answers help less: so many pairs are shown as they came.
const MOST_SHOWN: usize = 3;
/// So many numbers of pairs are listed.
const MOST_NUMBERS: usize = 8;
/// So many characters of a pair are shown.
const MOST_CHARACTERS: usize = 80;

/// A pair of the query, as it came and as it is decoded.
struct Pair<'a> {
    raw: Cow<'a, str>,
    name: &'a str,
    value: &'a str,
    repeats: bool,
}

impl Pair<'_> {
    /// The pair as the server signs it.
    fn signed(&self) -> String {
        format!("{}={}", encode(self.name), encode(self.value))
    }

    /// The value as it came.
    fn raw_value(&self) -> &str {
        self.raw.split_once('=').map_or("", |(_, value)| value)
    }

    /// Whether a function of [`ENCODERS`] encodes its name or its value otherwise.
    fn is_disputed(&self) -> bool {
        let differs = |text: &str| ENCODERS.iter().any(|encoder| (encoder.encode)(text) != encode(text));
        differs(self.name) || differs(self.value)
    }
}

/// Whether something can be seen in a pair, and what clients make of it.
type Sight = (fn(&Pair<'_>) -> bool, &'static str);

/// What can be seen in a pair.
const SIGHTS: [Sight; 9] = [
    (
        |pair| pair.repeats,
        "repeats an earlier name. The server signs every pair. oclc-auth-python signs only the last of a name, \
         oclc-auth-ruby only the first.",
    ),
    (|pair| pair.value.is_empty(), "has an empty value. The server signs it as name=. oclc-auth-node leaves it out."),
    (
        |pair| pair.raw_value().contains('='),
        "has a second equals sign. The server signs it as %3D. oclc-auth-node, oclc-auth-php and oclc-auth-python cut the \
         value there.",
    ),
    (
        |pair| pair.value.contains(['=', '&']) && !pair.raw_value().contains('='),
        "has an encoded = or & in its value. oclc-auth-python decodes the whole query first, and cuts the value there.",
    ),
    (
        |pair| pair.raw.contains('+'),
        "has a plus sign. The server reads it as a blank and signs %20. oclc-auth-python signs %2B, oclc-auth-node and \
         oclc-wskey do not decode it.",
    ),
    (
        |pair| pair.raw.contains(';'),
        "has a semicolon. The server signs it as %3B. oclc-auth-ruby begins a new pair there.",
    ),
    (
        |pair| pair.value.contains(['%', '+']),
        "has a percent or plus sign after it is decoded. Is the value encoded twice? The server decodes it once, \
         oclc-auth-ruby twice.",
    ),
    (
        |pair| pair.raw.contains('%'),
        "has percent-encoded characters. The server decodes them before it encodes. Older versions of oclc-auth-node encode \
         them again.",
    ),
    (
        |pair| encode(pair.name) != pair.name,
        "has a name with characters to encode. The server encodes names as it does values. oclc-auth-node and \
         oclc-auth-ruby do not.",
    ),
];

/// The last hint: where to find more.
pub const EXPLAIN: &str =
    "The command latchkey explain finds common mistakes: give it this Authorization header, the URL and the secret.";

/// Returns the hints, most likely first. A long query does not add hints.
pub fn hints(raw: &[u8], pairs: &Pairs<'_>, text: &SignedText<'_>, now: u64) -> Vec<String> {
    let raw = raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(String::from_utf8_lossy);
    let mut names = HashSet::new();
    let pairs =
        raw.zip(pairs.iter()).map(|(raw, (name, value))| Pair { raw, name, value, repeats: !names.insert(name) });
    let pairs: Vec<_> = pairs.collect();
    let mut hints = Vec::new();
    for (test, sentence) in SIGHTS {
        let picked = pairs.iter().enumerate().filter(|(_, pair)| test(pair)).map(|(index, _)| index + 1).collect();
        hints.extend(numbers(picked).map(|numbers| format!("In the query as you sent it, pair {numbers} {sentence}")));
    }
    let unlike = pairs.iter().enumerate().filter(|(_, pair)| pair.raw != pair.signed() || pair.is_disputed());
    hints.extend(unlike.take(MOST_SHOWN).filter_map(|(index, pair)| side_by_side(index + 1, pair)));
    if let Some(timestamp) = seconds(text.timestamp) {
        hints.push(format!("The timestamp is {}.", skew(timestamp, now)));
    }
    hints.push(format!(
        "Lines 6 to 8 are always {}, {} and {}. They do not depend on the URL that you call.",
        text.authority.host, text.authority.port, text.authority.path
    ));
    hints.push(
        "The key of the HMAC is the text of the secret. Do not base64-decode it. Check the secret for a line feed, a blank, \
         a byte order mark or quotes at its ends: a file or a variable may have added them."
            .to_owned(),
    );
    hints.push(EXPLAIN.to_owned());
    hints
}

/// Returns a pair as it came beside the pair as the server signs it. Of a value that may be secret it shows nothing.
fn side_by_side(number: usize, pair: &Pair<'_>) -> Option<String> {
    let (signed, as_signed) = (pair.signed(), pair.raw == pair.signed());
    if !is_shown(pair.name) {
        let hint =
            format!("Pair {number} did not come as the server signs it. Its value may be secret and is not shown.");
        return (!as_signed).then_some(hint);
    }
    let begin = if as_signed {
        format!("Pair {number} came as the server signs it, `{}`.", short(&signed))
    } else {
        format!("Pair {number} came as `{}`; the server signs `{}`.", short(&pair.raw), short(&signed))
    };
    let others = ENCODERS.iter().map(|encoder| (encoder.name, (encoder.encode)(pair.value)));
    let others = others.filter(|(_, made)| *made != encode(pair.value)).take(MOST_SHOWN);
    let others = others.map(|(name, made)| format!("{name} makes `{}` of its value", short(&made)));
    let others = listed(others, "and");
    Some(if others.is_empty() { begin } else { format!("{begin} {others}.") })
}

/// Returns the beginning of a text that may be long.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Returns the numbers of pairs: `2, 5`. `None` if there are none.
fn numbers(picked: Vec<usize>) -> Option<String> {
    let more = picked.len().saturating_sub(MOST_NUMBERS);
    let shown = picked.iter().take(MOST_NUMBERS).map(usize::to_string).collect::<Vec<_>>().join(", ");
    match (picked.len(), more) {
        (0, _) => None,
        (_, 0) => Some(shown),
        _ => Some(format!("{shown} (and {more} more)")),
    }
}
