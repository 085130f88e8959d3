//! The signed text: the same for the same pairs in any order, another for others; and what is signed verifies.

use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::hint::hints;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::client_auth::wskey::{Signing, body_hash, body_hash_matches, decode, verify};
use latchkey_oauth::form::{MAX_PAIRS, Pairs, encode};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;

use super::text;

/// What the blanked text must not show. It stands as a value where clients send secrets.
const CANARY: &str = "cAnArY-5d1c-7f3a";

/// Two queries, and the rest of a request.
struct Case<'a> {
    client_id: &'a str,
    nonce: &'a str,
    secret: &'a str,
    body: &'a [u8],
    other: &'a [u8],
    turn: u8,
    query: &'a [u8],
}

impl<'a> Case<'a> {
    fn read(data: &'a [u8]) -> Self {
        let [query, other, client_id, nonce, secret, turn, body] = super::parts(data);
        let turn = turn.first().copied().unwrap_or_default();
        Self { client_id: text(client_id), nonce: text(nonce), secret: text(secret), body, other, turn, query }
    }
}

pub fn canonical(data: &[u8]) {
    let case = Case::read(data);
    let Ok(pairs) = Pairs::parse(case.query) else { return };
    let lines = normalised(&pairs);
    reads_back(&pairs, &lines);
    // The order in which pairs are sent does not matter.
    let mut parts: Vec<_> = case.query.split(|byte| *byte == b'&').collect();
    let turn = usize::from(case.turn) % parts.len();
    parts.rotate_left(turn);
    assert_eq!(normalised(&Pairs::parse(&parts.join(&b'&')).unwrap()), lines);
    // What a client encodes again is what it has read.
    let encoded: Vec<_> = pairs.encoded().map(|(name, value)| format!("{name}={value}")).collect();
    let again = encoded.join("&");
    let again = Pairs::parse(again.as_bytes()).unwrap();
    assert!(again.iter().eq(pairs.iter()));
    // Two queries have one text just where they have the same pairs.
    if let Ok(other) = Pairs::parse(case.other) {
        assert_eq!(normalised(&other) == lines, sorted(&other) == sorted(&pairs));
    }
    if let Ok(query) = std::str::from_utf8(case.query) {
        signs(&case, query, &pairs);
    }
}

fn signed_text<'a>(
    case: &Case<'a>,
    body_hash: &'a str,
    query: &'a latchkey_oauth::client_auth::wskey::signed_text::NormalisedQuery<'a>,
    authority: &'a Authority,
) -> SignedText<'a> {
    SignedText {
        client_id: case.client_id,
        timestamp: "1361408273",
        nonce: case.nonce,
        body_hash,
        method: "POST",
        authority,
        query,
    }
}

/// The ninth element.
fn normalised(pairs: &Pairs<'_>) -> String {
    let (query, authority) = (pairs.normalised(), Authority::default());
    let text = SignedText {
        client_id: "",
        timestamp: "",
        nonce: "",
        body_hash: "",
        method: "",
        authority: &authority,
        query: &query,
    };
    text.to_string().strip_prefix("\n\n\n\n\nwww.oclc.org\n443\n/wskey\n").unwrap().to_owned()
}

fn sorted<'a>(pairs: &'a Pairs<'_>) -> Vec<(&'a str, &'a str)> {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// A text from which the pairs can be read back is no other pairs' text.
fn reads_back(pairs: &Pairs<'_>, lines: &str) {
    assert!(lines.bytes().all(|byte| byte == b'\n' || byte.is_ascii_alphanumeric() || b"-._~%=".contains(&byte)));
    let read: Vec<_> = lines
        .lines()
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            let plain =
                |text| url::form_urlencoded::parse(format!("x={text}").as_bytes()).next().unwrap().1.into_owned();
            (plain(name), plain(value))
        })
        .collect();
    let mut known: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    known.sort_unstable();
    assert_eq!(known, sorted(pairs));
}

fn signs(case: &Case<'_>, query: &str, pairs: &Pairs<'_>) {
    let authority = Authority::default();
    let secret = ClientSecret::new(case.secret.to_owned());
    let signing = Signing {
        client_id: case.client_id,
        secret: &secret,
        authority: &authority,
        timestamp: "1361408273",
        nonce: case.nonce,
        principal: None,
        method: "post",
        query,
        body: case.body,
    };
    let signed = signing.sign().unwrap();
    let hash = if case.body.is_empty() { String::new() } else { body_hash(case.body) };
    let normalised = pairs.normalised();
    let text = signed_text(case, &hash, &normalised, &authority);
    assert_eq!(signed.text, text.to_string());
    // A text that no header can hold is not read, or not as it was signed.
    let Ok(read) = Credentials::parse(signed.authorization.as_bytes()) else { return };
    if (read.client_id, read.nonce) != (case.client_id, case.nonce) {
        return;
    }
    assert_eq!(signed.text.lines().count(), 8 + pairs.iter().count());
    let signature = decode(read.signature).unwrap();
    assert!(verify(&secret, &text, &signature));
    assert!(case.body.is_empty() || body_hash_matches(read.body_hash.unwrap(), case.body));
    // Nothing else verifies.
    let refused = |other: SignedText<'_>| assert!(!verify(&secret, &other, &signature), "{other}");
    refused(SignedText { nonce: &format!("{}x", case.nonce), ..text });
    refused(SignedText { client_id: &case.client_id[1..], ..text });
    refused(SignedText { timestamp: "1361408274", ..text });
    refused(SignedText { method: "GET", ..text });
    refused(SignedText { body_hash: &body_hash(&[case.body, b"x"].concat()), ..text });
    refused(SignedText { authority: &Authority { port: 444, ..Authority::default() }, ..text });
    if let Ok(other) = Pairs::parse(case.other)
        && sorted(&other) != sorted(pairs)
    {
        refused(SignedText { query: &other.normalised(), ..text });
    }
    let mut changed = signature;
    changed[usize::from(case.turn) % 32] ^= 1;
    assert!(!verify(&secret, &text, &changed));
    assert!(!verify(&ClientSecret::new(format!("{}x", case.secret)), &text, &signature));
    blanks(case, query, &text);
}

/// What others may see shows no value but the harmless ones'.
fn blanks(case: &Case<'_>, query: &str, text: &SignedText<'_>) {
    if case.client_id.contains(CANARY) || case.nonce.contains(CANARY) || query.contains(CANARY) {
        return;
    }
    let secrets = format!("{query}&code={CANARY}&refresh_token=x{CANARY}&pass%77ord=%00{CANARY}&{CANARY}-{CANARY}");
    let Ok(pairs) = Pairs::parse(secrets.as_bytes()) else { return };
    assert!(pairs.iter().count() <= MAX_PAIRS);
    let query = pairs.normalised();
    let text = SignedText { query: &query, ..*text };
    let shown = format!("{}{:?}", text.redacted(), hints(secrets.as_bytes(), &pairs, &text, 1361408273));
    assert!(text.to_string().contains(&*encode(CANARY)) && !shown.contains(CANARY), "{shown}");
}
