//! What commands read from standard input: passwords, and the tokens and secrets that are given as `-`.

use std::io::{self, BufRead, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Whether an argument has taken standard input.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Parses an argument that is a token or a secret. `-` is the first line of standard input: other users of the machine
/// can see an argument.
pub(super) fn secret(argument: &str) -> Result<String, String> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    if TAKEN.swap(true, Relaxed) {
        return Err("only one argument can be read from standard input".to_owned());
    }
    let text = if io::stdin().is_terminal() { rpassword::prompt_password("Token or secret: ") } else { line() };
    match text {
        Ok(text) if text.is_empty() => Err("the first line of standard input is empty".to_owned()),
        text => text.map_err(|error| error.to_string()),
    }
}

/// Reads the first line of standard input, without its end and without a byte order mark.
pub(super) fn line() -> io::Result<String> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line)?;
    let unreadable =
        |what| io::Error::new(io::ErrorKind::InvalidData, format!("standard input is {what}; write it in UTF-8"));
    if line.starts_with(&[0xff, 0xfe]) || line.starts_with(&[0xfe, 0xff]) {
        return Err(unreadable("UTF-16"));
    }
    let text = String::from_utf8(line).map_err(|_| unreadable("not UTF-8"))?;
    Ok(text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']).to_owned())
}
