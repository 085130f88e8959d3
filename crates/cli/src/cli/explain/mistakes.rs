//! The mistakes that signers make. Each is tried, until one gives the signature of the request.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use latchkey_oauth::client_auth::wskey::signed_text::{NormalisedQuery, SignedText};
use latchkey_oauth::form::Pairs;
use latchkey_oauth::settings::Authority;

/// The request to explain.
pub(super) struct Request<'a> {
    /// What a server signs.
    pub text: &'a SignedText<'a>,
    /// The decoded query.
    pub pairs: &'a Pairs<'a>,
    /// The query as it is in the URL.
    pub raw_query: &'a str,
    /// The URL.
    pub url: &'a str,
}

/// Completes "The signature shows this mistake: …".
pub(super) fn find(request: &Request<'_>, secret: &str, signature: &str) -> Option<String> {
    let presented = STANDARD.decode(signature).ok()?;
    let right = request.text.to_string();
    let signs = |key: &[u8], text: &str| {
        Hmac::<Sha256>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(text).verify_slice(&presented).is_ok())
    };
    if STANDARD.decode(secret).is_ok_and(|key| signs(&key, &right)) {
        return Some("the secret is base64-decoded; the key is the text of the secret".to_owned());
    }
    let texts = texts(request, &right);
    let made = texts.into_iter().find(|(_, text)| signs(secret.as_bytes(), text));
    made.map(|(mistake, _)| mistake.to_owned())
}

/// Returns each mistake with the text that it signs.
fn texts(request: &Request<'_>, right: &str) -> Vec<(&'static str, String)> {
    let Request { text, raw_query, url, .. } = *request;
    let head = SignedText { query: &NormalisedQuery::default(), ..*text }.to_string();
    let query = &right[head.len()..];
    let with_query =
        |lines: Vec<String>| format!("{head}{}", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    let raw = || raw_query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned);
    let sorted = |lines: Vec<String>| {
        let mut lines = lines;
        lines.sort();
        lines
    };
    let method = |method: &str| SignedText { method, ..*text }.to_string();
    let own = authority(url);
    vec![
        ("the last line has no line feed", right.trim_end_matches('\n').to_owned()),
        ("lines end in CR LF", right.replace('\n', "\r\n")),
        ("the method is signed as GET", method("GET")),
        ("the method is signed as POST", method("POST")),
        ("the method is signed in lower case", method(&text.method.to_ascii_lowercase())),
        (
            "lines 6 to 8 have the host, port and path of the request",
            SignedText { authority: &own, ..*text }.to_string(),
        ),
        ("line 4 is empty, although the header has a bodyhash", SignedText { body_hash: "", ..*text }.to_string()),
        ("line 4 is left out instead of empty", right.replacen("\n\n", "\n", 1)),
        ("the query is left out", head.clone()),
        ("the query is signed as it is in the URL, sorted but not normalised", with_query(sorted(raw().collect()))),
        ("the query is neither normalised nor sorted", with_query(raw().collect())),
        ("the query is on one line", format!("{head}{raw_query}\n")),
        ("the pairs of the query are not sorted", with_query(unsorted(request.pairs))),
        ("pairs with an empty value are left out", with_query(keep(query, |line| !line.ends_with('=')))),
        ("a plus sign is kept as a plus instead of a blank", query_as(text, &raw_query.replace('+', "%2B"))),
        ("values are percent-decoded twice", query_as(text, &percent_decode_str(raw_query).decode_utf8_lossy())),
        ("values are cut at their second equals sign", query_as(text, &cut(raw_query))),
        ("percent-encoding is in lower-case hex", format!("{head}{}", lower_hex(query))),
        ("blanks are encoded as + instead of %20", format!("{head}{}", query.replace("%20", "+"))),
    ]
}

/// The text with the query that `raw` is normalised to.
fn query_as(text: &SignedText<'_>, raw: &str) -> String {
    let pairs = Pairs::parse(raw.as_bytes()).unwrap_or_default();
    SignedText { query: &pairs.normalised(), ..*text }.to_string()
}

fn unsorted(pairs: &Pairs<'_>) -> Vec<String> {
    pairs.encoded().map(|(name, value)| format!("{name}={value}")).collect()
}

fn keep(query: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    query.lines().filter(|line| wanted(line)).map(str::to_owned).collect()
}

/// Each value up to its second `=`.
fn cut(raw: &str) -> String {
    let pairs = raw.split('&').map(|pair| pair.splitn(3, '=').take(2).collect::<Vec<_>>().join("="));
    pairs.collect::<Vec<_>>().join("&")
}

fn lower_hex(query: &str) -> String {
    let mut parts = query.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        text.push('%');
        text.push_str(&hex.to_ascii_lowercase());
        text.push_str(rest);
    }
    text
}

fn authority(url: &str) -> Authority {
    let uri: http::Uri = url.split('?').next().unwrap_or_default().parse().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    Authority { host: uri.host().unwrap_or_default().to_owned(), port, path: uri.path().to_owned() }
}
