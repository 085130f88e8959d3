//! How the functions that clients use percent-encode a text: what they sign in the place of RFC 3986.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::form::encode;

#[cfg(test)]
mod tests;

/// A function of a language, and what it makes of a text.
pub struct Encoder {
    /// What developers call it.
    pub name: &'static str,
    /// What it makes.
    pub encode: fn(&str) -> String,
}

/// The functions whose result differs from RFC 3986 for some text.
pub const ENCODERS: [Encoder; 7] = [
    Encoder { name: "JavaScript's encodeURIComponent", encode: encode_uri_component },
    Encoder { name: "JavaScript's encodeURI", encode: encode_uri },
    Encoder { name: "Java's URLEncoder or JavaScript's URLSearchParams", encode: form },
    Encoder { name: "PHP's urlencode", encode: php },
    Encoder { name: "Python's quote", encode: quote },
    Encoder { name: "Python's quote_plus or urlencode", encode: quote_plus },
    Encoder { name: ".NET's HttpUtility.UrlEncode", encode: dot_net },
];

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
const URI: &AsciiSet = &COMPONENT
    .remove(b';')
    .remove(b',')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b'#');
const FORM: &AsciiSet = &UNRESERVED.remove(b'*').add(b'~');
const DOT_NET: &AsciiSet = &COMPONENT.add(b'\'').add(b'~');

fn with(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).to_string()
}

fn plus(encoded: &str) -> String {
    encoded.replace("%20", "+")
}

/// ECMA-262, `encodeURIComponent`.
pub fn encode_uri_component(text: &str) -> String {
    with(text, COMPONENT)
}

fn encode_uri(text: &str) -> String {
    with(text, URI)
}

fn form(text: &str) -> String {
    plus(&with(text, FORM))
}

fn php(text: &str) -> String {
    plus(&encode(text)).replace('~', "%7E")
}

fn quote(text: &str) -> String {
    encode(text).replace("%2F", "/")
}

fn quote_plus(text: &str) -> String {
    plus(&encode(text))
}

fn dot_net(text: &str) -> String {
    lower_case(&plus(&with(text, DOT_NET)))
}

/// Writes the hexadecimal digits of an encoded text in lower case.
pub fn lower_case(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        let _ = write!(text, "%{}{rest}", digits.to_ascii_lowercase());
    }
    text
}
