//! Tokens: a text is one token's or none's, and what is minted reads as it was meant.

use arbitrary::{Arbitrary, Unstructured};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use latchkey_oauth::client_auth::wskey::replay_key;
use latchkey_oauth::token::{GrantId, Kind, Minted, Selector, TokenHash, Unverified};

/// A token to mint, and a place in its text to change.
#[derive(Arbitrary, Debug)]
struct Mint {
    kind: u8,
    grant: [u8; 16],
    selector: Option<[u8; 8]>,
    secret: [u8; 20],
    at: usize,
    other: char,
}

pub fn token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(token) = Unverified::parse(text)
    {
        reads(text, &token);
    }
    if let Ok(mint) = Mint::arbitrary(&mut Unstructured::new(data)) {
        minted(&mint);
    }
}

/// The text holds what was read of it, and no other text does.
fn reads(text: &str, token: &Unverified) {
    let body = text.strip_prefix(token.kind.prefix()).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(body).unwrap();
    let (rest, secret) = bytes.split_at(bytes.len() - 20);
    assert!(TokenHash::of(secret).matches(&token.hash));
    assert_eq!(rest.len(), if token.selector.is_some() { 28 } else { 16 });
    assert!(token.selector.is_none() || token.kind == Kind::Access);
    assert_eq!(format!("{}{}", token.kind.prefix(), URL_SAFE_NO_PAD.encode(&bytes)), text);
    assert_eq!(GrantId::parse(&token.grant_id.to_string()), Some(token.grant_id));
    let selector = token.selector.map(|selector| selector.to_string());
    assert_eq!(selector.as_deref().and_then(Selector::parse), token.selector);
    assert_eq!(selector, token.selector.map(|_| URL_SAFE_NO_PAD.encode(&rest[16..])));
}

fn minted(mint: &Mint) {
    let kind = Kind::ALL[usize::from(mint.kind) % Kind::ALL.len()];
    let nonce = mint.selector.map(|bytes| format!("{bytes:?}"));
    let selector =
        nonce.filter(|_| kind == Kind::Access).map(|nonce| Selector::of_request(&replay_key("", "", &nonce)));
    let grant = GrantId::random(mint.grant);
    let made = Minted::new(kind, grant, selector, &mint.secret);
    let token = Unverified::parse(&made.text).unwrap();
    assert!(token.hash.matches(&made.hash) && token.hash.matches(&TokenHash::of(&mint.secret)));
    assert_eq!((token.kind, token.grant_id, token.selector), (kind, grant, selector));
    assert!(made.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    // One character changed is another token, or none.
    let mut characters: Vec<_> = made.text.chars().collect();
    let at = mint.at % characters.len();
    if characters[at] != mint.other {
        characters[at] = mint.other;
        let changed = Unverified::parse(&characters.into_iter().collect::<String>());
        assert!(changed.is_none_or(|other| {
            (other.kind, other.grant_id, other.selector) != (kind, grant, selector) || !other.hash.matches(&made.hash)
        }));
    }
}
