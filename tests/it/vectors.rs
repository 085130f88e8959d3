//! Published signature examples, reproduced at every stage.

use std::fs;
use std::path::{Path, PathBuf};

use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::{Signing, decode};
use latchkey_oauth::form::Pairs;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::settings::Authority;
use serde_json::Value;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn nine_published_examples_are_kept() {
    assert_eq!(examples().len(), 9);
}

#[test]
fn every_published_example_is_reproduced_at_every_stage() {
    for folder in examples() {
        let request: Value = serde_json::from_str(&text(&folder, "request.json")).unwrap();
        let part = |name: &str| request[name].as_str().unwrap().to_owned();
        let (url, secret) = (part("url"), ClientSecret::new(part("secret")));
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let signing = Signing {
            client_id: &part("client_id"),
            secret: &secret,
            authority: &Authority::default(),
            timestamp: &part("timestamp"),
            nonce: &part("nonce"),
            principal: None,
            method: &part("method"),
            query,
            body: &[],
        };
        let signed = signing.sign().unwrap();
        let name = folder.display();
        assert!(signed.text.ends_with(&format!("\n443\n/wskey\n{}", text(&folder, "normalised-query.txt"))), "{name}");
        assert_eq!(signed.text, text(&folder, "signed-text.txt"), "{name}");
        let credentials = Credentials::parse(signed.authorization.as_bytes()).unwrap();
        assert_eq!(credentials.signature, text(&folder, "signature.txt").trim(), "{name}");
    }
}

#[test]
fn every_published_example_is_accepted_by_the_verifier_and_refused_once_altered() {
    for folder in examples() {
        let request: Value = serde_json::from_str(&text(&folder, "request.json")).unwrap();
        let part = |name: &str| request[name].as_str().unwrap().to_owned();
        let url = part("url");
        let pairs = Pairs::parse(url.split_once('?').map_or("", |(_, query)| query).as_bytes()).unwrap();
        let (authority, query) = (Authority::default(), pairs.normalised());
        let (client_id, timestamp, nonce, method) =
            (part("client_id"), part("timestamp"), part("nonce"), part("method"));
        let text_of = |nonce| latchkey_oauth::client_auth::wskey::signed_text::SignedText {
            client_id: &client_id,
            timestamp: &timestamp,
            nonce,
            body_hash: "",
            method: &method,
            authority: &authority,
            query: &query,
        };
        let secret = ClientSecret::new(part("secret"));
        let signature = decode(text(&folder, "signature.txt").trim()).unwrap();
        assert!(latchkey_oauth::client_auth::wskey::verify(&secret, &text_of(&nonce), &signature));
        assert!(!latchkey_oauth::client_auth::wskey::verify(&secret, &text_of("another"), &signature));
        let other = ClientSecret::new("another".into());
        assert!(!latchkey_oauth::client_auth::wskey::verify(&other, &text_of(&nonce), &signature));
    }
}
