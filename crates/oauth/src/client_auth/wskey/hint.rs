//! What most likely went wrong with a signature that does not match, told from the request alone.
//!
//! Nothing here knows whether the client exists, so the hints are the same for an unknown client and a wrong secret.

use std::collections::HashSet;

use crate::client_auth::wskey::signed_text::SignedText;
use crate::form::Pairs;
use crate::time::skew;

/// Characters that published clients encode each in their own way once they stand in a value.
const DISPUTED: [char; 12] = ['+', '=', '%', '?', '#', '*', '!', '\'', '(', ')', '"', '&'];

/// One sentence each, most likely first. Few, however long the query.
pub fn hints(pairs: &Pairs<'_>, text: &SignedText<'_>, now: u64) -> Vec<String> {
    let mut names = HashSet::new();
    let repeated = numbers(pairs, |name, _| !names.insert(name.to_owned()));
    let empty = numbers(pairs, |_, value| value.is_empty());
    let disputed = numbers(pairs, |name, value| {
        value.contains(DISPUTED) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    });
    let mut hints = Vec::new();
    let mut hint = |numbers: Option<String>, sentence: &str| {
        hints.extend(numbers.map(|numbers| format!("Counted in the query as it was sent, pair {numbers} {sentence}")));
    };
    hint(repeated, "repeats an earlier name. Some libraries sign only one of the two.");
    hint(empty, "has an empty value. Some libraries leave such a pair out of the signed text.");
    hint(
        disputed,
        "holds a character other than letters, digits, blank and - . _ ~ / : which client libraries encode differently. \
         The server decodes it once and encodes it as RFC 3986 says, in upper-case hex.",
    );
    if let Ok(timestamp) = text.timestamp.parse() {
        hints.push(format!("The timestamp is {}.", skew(timestamp, now)));
    }
    hints.push(format!(
        "Lines 6 to 8 are always {}, {} and {}, whatever URL the request goes to.",
        text.authority.host, text.authority.port, text.authority.path
    ));
    hints.push("The key of the HMAC is the text of the secret as it was given; it is not base64-decoded.".to_owned());
    hints
}

/// The numbers of the pairs that `test` picks, from 1: `2, 5`. `None` where it picks none.
fn numbers(pairs: &Pairs<'_>, mut test: impl FnMut(&str, &str) -> bool) -> Option<String> {
    let picked = pairs.iter().enumerate().filter(|(_, (name, value))| test(name, value));
    let numbers: Vec<_> = picked.map(|(index, _)| (index + 1).to_string()).collect();
    (!numbers.is_empty()).then(|| numbers.join(", "))
}
