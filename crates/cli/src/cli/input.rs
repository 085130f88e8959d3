//! What commands read from standard input: passwords, and the tokens and secrets that are given as `-`.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use clap::builder::{PathBufValueParser, TypedValueParser};
use zeroize::Zeroizing;

use crate::cli::failure::{Failure, Outcome};

/// The longest file, in bytes: a hundred thousand users.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Whether an argument is the text of a file, such as of a key, and not its name. No error repeats it.
pub(super) fn is_content(argument: &str) -> bool {
    argument.contains(['\n', '\r', '{']) || argument.contains("-----BEGIN")
}

/// Parses the name of a file. The text of one in its place is refused, unless a file has that name.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match is_content(&path.to_string_lossy()) && !path.exists() {
        true => Err(
            "it is the text of a file, and its name is expected: write the text to a file, and give the file's name",
        ),
        false => Ok(path),
    })
}

/// Reads a file, or standard input where the name is `-`.
pub(super) fn file(path: &Path) -> Outcome<Zeroizing<Vec<u8>>> {
    let named = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut bytes = Zeroizing::new(Vec::new());
    if path == Path::new("-") {
        io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes).map_err(named)?;
    } else {
        let file = std::fs::File::open(path).map_err(named)?;
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(named)?;
    }
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::new("the file is larger than 16 MB; divide it into parts"));
    }
    Ok(bytes)
}

/// Reads a file in UTF-8, without a byte order mark.
pub(super) fn text(path: &Path) -> Outcome<Zeroizing<String>> {
    let bytes = file(path)?;
    let wrong = |what: &str| Failure::new(format!("{}: {what}", path.display()));
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(wrong("the file is UTF-16; save it as UTF-8"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("the file is not UTF-8; save it as UTF-8"))?;
    Ok(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()))
}

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
