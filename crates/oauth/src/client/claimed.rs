//! What a request calls its client, for the log, while nothing has verified it.

#[cfg(test)]
mod tests;

/// The longest claim that is written, characters. A client id of ours has 80.
const MAX_CLAIM: usize = 100;

/// What is written of an id that the database does not know, characters. Of one that is at most twice as long, nothing is.
const BEGINNING: usize = 4;

/// No secret and no token of this service is shorter, characters.
const SHORTEST: usize = 24;

/// What begins a token or a code of this service.
const TOKENS: [&str; 4] = ["tk_", "rt_", "auth_", "dev_"];

/// The client id that a request claims, as a log may have it before the database was asked. A developer who mixes up the fields
/// puts a secret here. So what has the form of a secret, a token or no client id is withheld, and only its length is told.
pub fn claimed_id(text: &str) -> Option<String> {
    let length = text.chars().count();
    if length == 0 {
        return None;
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:@".contains(&byte));
    let told = plain && length <= MAX_CLAIM && !looks_secret(text);
    Some(if told { text.to_owned() } else { format!("(withheld: {length} characters)") })
}

/// The same claim, once the database knows no client of this id: only its first characters, and how many it has. A secret that
/// is sent in the place of an id can look like any id, such as one of forty hexadecimal digits.
pub fn unknown_id(claimed: &str) -> String {
    let length = claimed.chars().count();
    // What is withheld already says so, and no id that is told begins so.
    if claimed.starts_with('(') {
        return claimed.to_owned();
    }
    if length <= 2 * BEGINNING {
        return format!("(withheld: {length} characters)");
    }
    let begin: String = claimed.chars().take(BEGINNING).collect();
    format!("{begin}... ({length} characters)")
}

/// A text for a terminal, without what looks like a token or a secret of this service.
pub fn without_secrets(text: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || ['-', '_'].contains(&character);
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(begin) = rest.find(is_part) {
        let (before, from) = rest.split_at(begin);
        let (part, after) = from.split_at(from.find(|character| !is_part(character)).unwrap_or(from.len()));
        clean.push_str(before);
        // A word may begin as a token does, such as auth_methods.
        if part.len() >= SHORTEST && looks_secret(part) {
            clean.push_str(&format!("(withheld: {} characters)", part.len()));
        } else {
            clean.push_str(part);
        }
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// Whether a part of it looks like a token, or like the 24 random bytes in base64url of a secret. In base64 they have other
/// characters, or are taken for these. A client id and its secret may stand together, as Basic credentials have them.
pub(crate) fn looks_secret(text: &str) -> bool {
    let mut parts =
        text.split(|character: char| !character.is_ascii_alphanumeric() && !['-', '_'].contains(&character));
    parts.any(|part| {
        let has = |kind: fn(&char) -> bool| part.chars().any(|character| kind(&character));
        let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
        TOKENS.iter().any(|begin| part.starts_with(begin)) || part.len() == 32 && mixed
    })
}
