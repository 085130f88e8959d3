//! The most likely reasons why a signature does not match. Only the request is looked at.
//!
//! This module does not know whether the client exists. An unknown client and a wrong secret get the same hints.

use std::collections::HashSet;

use crate::client_auth::wskey::signed_text::SignedText;
use crate::form::Pairs;
use crate::time::skew;

/// Characters of a value that published clients encode differently.
const DISPUTED: [char; 12] = ['+', '=', '%', '?', '#', '*', '!', '\'', '(', ')', '"', '&'];

/// Returns the hints, most likely first. A long query does not add hints.
pub fn hints(pairs: &Pairs<'_>, text: &SignedText<'_>, now: u64) -> Vec<String> {
    let mut names = HashSet::new();
    let repeated = numbers(pairs, |name, _| !names.insert(name.to_owned()));
    let empty = numbers(pairs, |_, value| value.is_empty());
    let disputed = numbers(pairs, |name, value| {
        value.contains(DISPUTED) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    });
    let mut hints = Vec::new();
    let mut hint = |numbers: Option<String>, sentence: &str| {
        hints.extend(numbers.map(|numbers| format!("In the query as you sent it, pair {numbers} {sentence}")));
    };
    hint(repeated, "repeats an earlier name. Some libraries sign only one of these pairs.");
    hint(empty, "has an empty value. Some libraries do not sign such a pair.");
    hint(
        disputed,
        "has a character that client libraries encode differently: any except letters, digits, blanks and - . _ ~ / : \
         The server decodes it once, then percent-encodes it by RFC 3986 with upper-case hexadecimal digits.",
    );
    if let Ok(timestamp) = text.timestamp.parse() {
        hints.push(format!("The timestamp is {}.", skew(timestamp, now)));
    }
    hints.push(format!(
        "Lines 6 to 8 are always {}, {} and {}. They do not depend on the URL that you call.",
        text.authority.host, text.authority.port, text.authority.path
    ));
    hints.push("The key of the HMAC is the text of the secret. Do not base64-decode it.".to_owned());
    hints
}

/// Returns the numbers of the pairs that `test` picks, counted from 1: `2, 5`. `None` if it picks none.
fn numbers(pairs: &Pairs<'_>, mut test: impl FnMut(&str, &str) -> bool) -> Option<String> {
    let picked = pairs.iter().enumerate().filter(|(_, (name, value))| test(name, value));
    let numbers: Vec<_> = picked.map(|(index, _)| (index + 1).to_string()).collect();
    (!numbers.is_empty()).then(|| numbers.join(", "))
}
