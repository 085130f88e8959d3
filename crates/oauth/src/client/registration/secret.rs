//! The rules for a secret that a client brings along: which ones are weak, and which ones look damaged.

#[cfg(test)]
mod tests;

/// The fewest characters. A minted secret has 32, one of OCLC's 24.
const FEWEST: usize = 16;
/// The fewest different characters. `secretsecretsecret` has five.
const FEWEST_DIFFERENT: usize = 8;

/// What the name of a weak secret begins with, where an operator asked for it. Log lines and lists show the name.
pub const WEAK: &str = "weak ";

/// Why an attacker who holds one signed request could find the secret by guessing (RFC 6749 section 10.10). `None` if the
/// secret is long and varied.
pub fn weakness(secret: &str, client_id: &str) -> Option<String> {
    let characters: Vec<_> = secret.trim().chars().collect();
    if characters.len() < FEWEST {
        return Some(format!("it has fewer than {FEWEST} characters"));
    }
    if !client_id.is_empty() && (secret.contains(client_id) || client_id.contains(secret)) {
        return Some("it is made of the client id".to_owned());
    }
    let mut different = characters.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() < FEWEST_DIFFERENT {
        return Some(format!("it has fewer than {FEWEST_DIFFERENT} different characters"));
    }
    let steps = characters.windows(2).filter(|pair| u32::from(pair[0]).abs_diff(u32::from(pair[1])) == 1).count();
    (steps > characters.len() / 2).then(|| "its characters follow one another, as in 0123456789".to_owned())
}

/// What a file, a shell or a spreadsheet may have added to a secret. With it, the client's signatures do not match.
pub fn additions(secret: &str) -> Vec<&'static str> {
    let ends = |is: fn(char) -> bool| secret.starts_with(is) || secret.ends_with(is);
    let quoted = |quote: char| secret.len() > 1 && secret.starts_with(quote) && secret.ends_with(quote);
    let mut found = Vec::new();
    if ends(|character| character == '\u{FEFF}') {
        found.push("a byte order mark (BOM) at an end");
    }
    if ends(|character| matches!(character, '\r' | '\n')) {
        found.push("a line end at an end");
    }
    if ends(|character| character.is_whitespace() && !matches!(character, '\r' | '\n')) {
        found.push("a blank at an end");
    }
    if quoted('"') || quoted('\'') {
        found.push("quotation marks around it");
    }
    found
}
