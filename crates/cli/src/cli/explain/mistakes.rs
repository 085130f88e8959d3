//! The mistakes that signers make, alone and two at a time. Each is tried, until one gives the signature of the request.

use std::borrow::Cow;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::keys::KEYS;
use super::signers::{libraries, signers};
use latchkey_oauth::client_auth::wskey::SIGNATURE_BYTES;
use latchkey_oauth::client_auth::wskey::signed_text::{NormalisedQuery, SignedText};
use latchkey_oauth::settings::Authority;

/// Two mistakes of one client are common. Of three, some combination would fit too many requests.
const MOST: usize = 2;

/// The base64 of the SHA-256 of no bytes.
const HASH_OF_NOTHING: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// The request to explain.
pub(super) struct Request<'a> {
    /// What a server signs.
    pub text: &'a SignedText<'a>,
    /// The query as it is in the URL.
    pub raw_query: &'a str,
    /// The URL.
    pub url: &'a str,
}

/// One way to make a part of a signature, and the mistakes that it has; the first of each part has none.
struct Way<T> {
    mistakes: Vec<Cow<'static, str>>,
    makes: T,
}

/// What a signature shows.
pub(super) struct Found {
    /// The mistakes: one or two.
    pub mistakes: Vec<Cow<'static, str>>,
    /// The libraries that sign this query so.
    pub libraries: Vec<Cow<'static, str>>,
}

impl Found {
    /// Says it.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![match &self.mistakes[..] {
            [one] => format!("The signature shows this mistake: {one}."),
            several => format!("The signature shows these mistakes: {}.", several.join("; ")),
        }];
        sentences
            .extend(self.libraries.iter().map(|library| format!("A library that signs this query so: {library}.")));
        sentences
    }
}

/// Looks for the fewest mistakes that give the signature.
pub(super) fn find(request: &Request<'_>, secret: &str, presented: &[u8; SIGNATURE_BYTES]) -> Option<Found> {
    let (keys, heads, queries, ends) = (keys(secret), heads(request), queries(request), ends());
    for count in 1..=MOST {
        for key in &keys {
            for head in &heads {
                for query in &queries {
                    for end in &ends {
                        let mistakes = [&key.mistakes, &head.mistakes, &query.mistakes, &end.mistakes];
                        let text = || (end.makes)(&format!("{}{}", head.makes, query.makes));
                        let counted = mistakes.iter().map(|mistakes| mistakes.len()).sum::<usize>() == count;
                        if counted && hmac(&key.makes, &text()) == *presented {
                            let mistakes = mistakes.into_iter().flatten().cloned().collect();
                            let libraries = if query.mistakes.is_empty() {
                                Vec::new()
                            } else {
                                of_libraries(request, &query.makes)
                            };
                            return Some(named(mistakes, libraries));
                        }
                    }
                }
            }
        }
    }
    other_hashes(request, secret, presented)
}

/// The names of the libraries that sign the query so.
fn of_libraries(request: &Request<'_>, lines: &str) -> Vec<Cow<'static, str>> {
    let same = libraries().into_iter().filter(|library| library.sign(request.raw_query) == lines);
    same.map(|library| library.what).collect()
}

/// A library is no mistake by itself: where nothing shorter says what it does, it says it.
fn named(mut mistakes: Vec<Cow<'static, str>>, mut libraries: Vec<Cow<'static, str>>) -> Found {
    for mistake in &mut mistakes {
        if let Some(at) = libraries.iter().position(|library| library == mistake) {
            *mistake = format!("the query is signed as by {}", libraries.remove(at)).into();
        }
    }
    Found { mistakes, libraries }
}

fn hmac(key: &[u8], text: &str) -> [u8; SIGNATURE_BYTES] {
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; SIGNATURE_BYTES], |mac| mac.chain_update(text).finalize().into_bytes().into())
}

/// Signatures that are no HMAC of the right text under some key.
fn other_hashes(request: &Request<'_>, secret: &str, presented: &[u8; SIGNATURE_BYTES]) -> Option<Found> {
    let right = request.text.to_string();
    let sha256 = |text: String| <[u8; SIGNATURE_BYTES]>::from(Sha256::digest(text));
    let others = [
        ("key and text of the HMAC are swapped", hmac(right.as_bytes(), secret)),
        ("the signature is SHA-256 of the text instead of an HMAC", sha256(right.clone())),
        ("the signature is SHA-256 of secret and text instead of an HMAC", sha256(format!("{secret}{right}"))),
        ("the signature is SHA-256 of text and secret instead of an HMAC", sha256(format!("{right}{secret}"))),
    ];
    let made = others.into_iter().find(|(_, made)| made == presented);
    made.map(|(mistake, _)| named(vec![mistake.into()], Vec::new()))
}

/// The right way and the others that differ from it.
fn ways<T: PartialEq>(right: T, others: impl Iterator<Item = (Vec<Cow<'static, str>>, T)>) -> Vec<Way<T>> {
    let mut ways = vec![Way { mistakes: Vec::new(), makes: right }];
    for (mistakes, makes) in others {
        if ways.iter().all(|known| known.makes != makes) {
            ways.push(Way { mistakes, makes });
        }
    }
    ways
}

fn keys(secret: &str) -> Vec<Way<Vec<u8>>> {
    let others = KEYS.iter().filter_map(|(mistake, make)| Some((vec![(*mistake).into()], make(secret)?)));
    ways(secret.as_bytes().to_vec(), others)
}

/// The lines before the query.
fn heads(request: &Request<'_>) -> Vec<Way<String>> {
    let text = SignedText { query: &NormalisedQuery::default(), ..*request.text };
    let right = text.to_string();
    let (own, Authority { host, port, path }) = (authority(request.url), text.authority.clone());
    let at = |host: &str, port: u16, path: &str| {
        let authority = Authority { host: host.to_owned(), port, path: path.to_owned() };
        SignedText { authority: &authority, ..text }.to_string()
    };
    let method = |method: &str| SignedText { method, ..text }.to_string();
    let body_hash = |body_hash: &str| SignedText { body_hash, ..text }.to_string();
    let others = [
        ("the method is signed as GET", method("GET")),
        ("the method is signed as POST", method("POST")),
        ("the method is signed as PUT", method("PUT")),
        ("the method is signed in lower case", method(&text.method.to_ascii_lowercase())),
        ("lines 6 to 8 have the host, port and path of the request", at(&own.host, own.port, &own.path)),
        ("line 6 has the host of the request", at(&own.host, port, &path)),
        ("line 7 has the port of the request", at(&host, own.port, &path)),
        ("line 7 is 80", at(&host, 80, &path)),
        ("line 8 has the path of the request", at(&host, port, &own.path)),
        ("line 6 has the host of the scheme, www.worldcat.org", at("www.worldcat.org", port, &path)),
        ("line 4 is empty, although the header has a bodyhash", body_hash("")),
        ("line 4 has the hash of an empty body, and the header has no bodyhash", body_hash(HASH_OF_NOTHING)),
        ("line 4 is left out instead of empty", right.replacen("\n\n", "\n", 1)),
        ("lines 2 and 3 are swapped", SignedText { timestamp: text.nonce, nonce: text.timestamp, ..text }.to_string()),
    ];
    ways(right, others.into_iter().map(|(mistake, head)| (vec![mistake.into()], head)))
}

/// The lines of the query: mistakes before libraries, so that the shortest words win.
fn queries(request: &Request<'_>) -> Vec<Way<String>> {
    let head = SignedText { query: &NormalisedQuery::default(), ..*request.text }.to_string();
    let right = request.text.to_string()[head.len()..].to_owned();
    ways(right, signers().into_iter().map(|(mistakes, signer)| (mistakes, signer.sign(request.raw_query))))
}

/// How the text is put together.
type End = fn(&str) -> String;

/// The right way to put the text together, and the others.
fn ends() -> Vec<Way<End>> {
    let ends: [(Option<&str>, End); 5] = [
        (None, str::to_owned),
        (Some("the last line has no line feed"), |text| text.trim_end_matches('\n').to_owned()),
        (Some("an empty line follows the last one"), |text| format!("{text}\n")),
        (Some("lines end in CR LF"), |text| text.replace('\n', "\r\n")),
        (Some("line feeds are signed as a backslash and the letter n"), |text| text.replace('\n', "\\n")),
    ];
    ends.into_iter()
        .map(|(mistake, makes)| Way { mistakes: mistake.map(Into::into).into_iter().collect(), makes })
        .collect()
}

/// Host, port and path of a URL.
fn authority(url: &str) -> Authority {
    let uri: http::Uri = url.split(['?', '#']).next().unwrap_or_default().parse().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    Authority { host: uri.host().unwrap_or_default().to_owned(), port, path: uri.path().to_owned() }
}
