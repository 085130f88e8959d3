//! Secrets, and the search for them: as text, in base64 at any alignment, in hexadecimal, percent-encoded, escaped, as
//! numbers; whole or cut off.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use latchkey_cli::local::{AUDIT_TABLE, tables};
use latchkey_dynamodb::random;
use latchkey_oauth::client::new_secret;

/// So many bytes in a row are no accident, if the secret is random.
const WINDOW: usize = 12;

/// What is looked for.
#[derive(Default)]
pub struct Hunt {
    windows: HashMap<[u8; WINDOW], String>,
}

impl Hunt {
    /// Adds a secret, in every dress.
    pub fn add(&mut self, name: &str, secret: &[u8]) {
        assert!(secret.len() >= WINDOW, "{name} is too short to tell from chance");
        let various: HashSet<_> = secret.iter().collect();
        assert!(various.len() > 6, "{name} is too plain to tell from chance");
        for (dress, bytes) in dresses(secret) {
            for window in bytes.windows(WINDOW) {
                self.windows.entry(window.try_into().unwrap()).or_insert_with(|| format!("{name}, {dress}"));
            }
        }
    }

    /// A random text to stand where a secret may stand; added.
    pub fn fresh(&mut self, name: &str) -> String {
        let text = new_secret(random().unwrap()).expose().replace(['-', '_'], "x");
        self.add(name, text.as_bytes());
        text
    }

    /// Adds the secret part of a token or code: its text, and its bytes.
    pub fn add_token(&mut self, name: &str, token: &str) {
        let bytes = URL_SAFE_NO_PAD.decode(token.split_once('_').unwrap().1).unwrap();
        // The ids before it are no secret, and those of one grant share them.
        self.add(name, &token.as_bytes()[token.len() - 26..]);
        self.add(&format!("secret part of {name}"), &bytes[bytes.len() - 20..]);
    }

    /// Adds a form or a session as the browser has it: a key's name, which is no secret, a dot, and what the key sealed.
    pub fn add_sealed(&mut self, name: &str, text: &str) {
        self.add(name, text.split_once('.').unwrap().1.as_bytes());
    }

    /// What is found, if anything.
    pub fn find(&self, place: &[u8]) -> Option<&str> {
        place.windows(WINDOW).find_map(|window| self.windows.get(window).map(String::as_str))
    }

    #[track_caller]
    pub fn finds_nothing(&self, place: &str, bytes: &[u8]) {
        if let Some(found) = self.find(bytes) {
            panic!("{found}: is in {place}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

fn dresses(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let text = String::from_utf8_lossy(secret);
    let hex = |format: fn(&u8) -> String, of: &[u8]| of.iter().map(format).collect::<String>().into_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let percent = |format: fn(&u8) -> String, all: bool| {
        let one = |byte: &u8| if !all && plain(byte) { char::from(*byte).to_string() } else { format(byte) };
        secret.iter().map(one).collect::<String>().into_bytes()
    };
    let json = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let mut dresses = vec![
        ("as it is", secret.to_vec()),
        ("in lower case", text.to_lowercase().into()),
        ("in upper case", text.to_uppercase().into()),
        ("reversed", secret.iter().rev().copied().collect()),
        ("in hexadecimal", hex(|byte| format!("{byte:02x}"), secret)),
        ("in upper-case hexadecimal", hex(|byte| format!("{byte:02X}"), secret)),
        ("percent-encoded", percent(|byte| format!("%{byte:02X}"), false)),
        ("percent-encoded in lower case", percent(|byte| format!("%{byte:02x}"), false)),
        ("percent-encoded throughout", percent(|byte| format!("%{byte:02X}"), true)),
        ("percent-encoded throughout in lower case", percent(|byte| format!("%{byte:02x}"), true)),
        ("percent-encoded twice", percent(|byte| format!("%25{byte:02X}"), false)),
        ("as a form has it", text.replace(' ', "+").into()),
        ("in JSON", json(&text).into()),
        ("in JSON in JSON", json(&json(&text)).into()),
        ("escaped", secret.escape_ascii().to_string().into()),
        (
            "in HTML",
            text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").into(),
        ),
        ("as numbers", format!("{secret:?}").trim_matches(['[', ']']).to_owned().into()),
        ("in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    for (name, engine) in [("in base64", &STANDARD), ("in base64url", &URL_SAFE)] {
        for before in 0..3 {
            // What stands beside it decides on the characters at both ends.
            let encoded = engine.encode([&vec![0; before], secret].concat()).into_bytes();
            let end = encoded.len() - if (before + secret.len()).is_multiple_of(3) { 0 } else { 4 };
            dresses.push((name, encoded[before.div_ceil(3) * 4..end].to_vec()));
        }
    }
    dresses
}

/// All that stands in all tables, names and values, binary ones as bytes.
pub async fn dump(dynamodb_url: &str) -> Vec<u8> {
    let database = latchkey_dynamodb::aws::dynamodb_at(dynamodb_url);
    let (tables, mut dump) = (tables(), Vec::new());
    for table in [tables.clients, tables.tokens, tables.users, AUDIT_TABLE.to_owned()] {
        let scanned = database.scan().table_name(table).consistent_read(true).send().await.unwrap();
        assert!(scanned.last_evaluated_key().is_none(), "one page has it all");
        scanned.items().iter().for_each(|item| pour(&AttributeValue::M(item.clone()), &mut dump));
    }
    dump
}

fn pour(value: &AttributeValue, dump: &mut Vec<u8>) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => dump.extend_from_slice(text.as_bytes()),
        AttributeValue::B(blob) => dump.extend_from_slice(blob.as_ref()),
        AttributeValue::L(values) => values.iter().for_each(|value| pour(value, dump)),
        AttributeValue::M(members) => members.iter().for_each(|(name, value)| {
            dump.extend_from_slice(name.as_bytes());
            pour(value, dump);
        }),
        AttributeValue::Bool(_) => {}
        other => panic!("no attribute of ours: {other:?}"),
    }
    dump.push(b'\n');
}
