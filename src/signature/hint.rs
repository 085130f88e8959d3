//! What most likely went wrong with a signature that does not match, told from the request alone.
//!
//! Nothing here knows whether the client exists, so the hints are the same for an unknown client and a wrong secret.

use super::canonical::{Pairs, SignedText};

/// Characters that published clients encode each in their own way once they stand in a value.
const DISPUTED: [char; 12] = ['+', '=', '%', '?', '#', '*', '!', '\'', '(', ')', '"', '&'];

/// One sentence each, most likely first.
pub fn hints(pairs: &Pairs<'_>, text: &SignedText<'_>, now: u64) -> Vec<String> {
    let mut hints = Vec::new();
    let position = |name: &str| pairs.iter().position(|(known, _)| known == name);
    for (index, (name, value)) in pairs.iter().enumerate() {
        let line = format!("Parameter {} of the query", index + 1);
        if position(name).is_some_and(|first| first < index) {
            hints.push(format!("{line} repeats an earlier name. Some libraries sign only one of the two."));
        }
        if value.is_empty() {
            hints.push(format!("{line} has an empty value. Some libraries leave such a pair out of the signed text."));
        }
        if value.contains(DISPUTED) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        {
            hints.push(format!(
                "{line} holds a character other than letters, digits, blank and - . _ ~ / : which client libraries \
                 encode differently. The server decodes it once and encodes it as RFC 3986 says, in upper-case hex."
            ));
        }
    }
    if let Ok(timestamp) = text.timestamp.parse::<u64>() {
        let skew = now.abs_diff(timestamp);
        let side = if timestamp > now { "ahead of" } else { "behind" };
        hints.push(format!("The timestamp is {skew} seconds {side} the server's time, {now}."));
    }
    hints.push(format!(
        "Lines 6 to 8 are always {}, {} and {}, whatever URL the request goes to.",
        text.authority.host, text.authority.port, text.authority.path
    ));
    hints.push("The key of the HMAC is the text of the secret as it was given; it is not base64-decoded.".to_owned());
    hints
}
