//! What clients take for the key of the HMAC instead of the text of the secret.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;

use latchkey_oauth::client_auth::wskey::encoding::lower_case;
use latchkey_oauth::form::encode;

/// U+FEFF, which some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A key, made of the text of a secret; `None` where it cannot be made.
type Make = fn(&str) -> Option<Vec<u8>>;

/// Each mistake, with the key that it makes.
pub(super) const KEYS: [(&str, Make); 27] = [
    ("the secret is base64-decoded; the key is the text of the secret", |secret| STANDARD.decode(secret).ok()),
    ("the client's secret has a line feed at its end", |secret| text(format!("{secret}\n"))),
    ("the client's secret has a carriage return and a line feed at its end", |secret| text(format!("{secret}\r\n"))),
    ("the client's secret has a carriage return at its end", |secret| text(format!("{secret}\r"))),
    ("the client's secret has a blank at its end", |secret| text(format!("{secret} "))),
    ("the client's secret has a blank at its beginning", |secret| text(format!(" {secret}"))),
    ("the client's secret has a tab at its end", |secret| text(format!("{secret}\t"))),
    ("the client's secret has a byte order mark at its beginning", |secret| text(format!("{BYTE_ORDER_MARK}{secret}"))),
    ("the client's secret has a byte order mark at its beginning and a line feed at its end", |secret| {
        text(format!("{BYTE_ORDER_MARK}{secret}\n"))
    }),
    ("the client's secret has double quotes around it", |secret| text(format!("\"{secret}\""))),
    ("the client's secret has single quotes around it", |secret| text(format!("'{secret}'"))),
    ("the client's secret is percent-encoded", |secret| text(encode(secret).into_owned())),
    ("the client's secret is percent-encoded, in lower case", |secret| text(lower_case(&encode(secret)))),
    ("the client's secret is percent-decoded", |secret| Some(percent_decode_str(secret).collect())),
    ("the client's secret has blanks in the place of its plus signs: it is decoded as a form", |secret| {
        Some(percent_decode_str(&secret.replace('+', " ")).collect())
    }),
    ("the client's secret lacks the equals signs at its end", |secret| text(secret.trim_end_matches('=').to_owned())),
    ("the client's secret is base64url instead of base64", |secret| text(secret.replace('+', "-").replace('/', "_"))),
    ("the secret is base64url-decoded; the key is the text of the secret", |secret| {
        URL_SAFE_NO_PAD.decode(secret.trim_end_matches('=')).ok()
    }),
    ("the secret is base64-encoded again; the key is the text of the secret", |secret| text(STANDARD.encode(secret))),
    ("the secret is read as hexadecimal; the key is the text of the secret", hexadecimal),
    ("the client's secret is in lower case", |secret| text(secret.to_lowercase())),
    ("the client's secret is in upper case", |secret| text(secret.to_uppercase())),
    ("the client's secret is UTF-16 instead of UTF-8", |secret| {
        Some(secret.encode_utf16().flat_map(u16::to_le_bytes).collect())
    }),
    ("the client's secret is empty", |_| text(String::new())),
    ("the client has no secret: it signs with the word undefined", |_| text("undefined".to_owned())),
    ("the client has no secret: it signs with the word null", |_| text("null".to_owned())),
    (
        "the secret that this command tries has blanks, quotes or a byte order mark around it; the client signs without them",
        |secret| text(bare(secret).to_owned()),
    ),
];

fn text(key: String) -> Option<Vec<u8>> {
    Some(key.into_bytes())
}

fn hexadecimal(secret: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = secret.chars().map(|character| character.to_digit(16)).collect::<Option<_>>()?;
    (digits.len() % 2 == 0).then(|| digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// A secret without what files and shells put around it.
pub(super) fn bare(secret: &str) -> &str {
    let around = |character: char| character.is_whitespace() || [BYTE_ORDER_MARK, '"', '\''].contains(&character);
    secret.trim_matches(around)
}
