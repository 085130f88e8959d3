//! A refresh without its two calls: parse, canonicalise, open the secret, verify, decide, render.

use std::hint::black_box;

use bytes::Bytes;
use http::Response;
use latchkey::client::{Client, NamedSecret, new_client_id, new_secret};
use latchkey::flow::{Entropy, issue, refresh};
use latchkey::grant::{Grant, GrantType, Institutions};
use latchkey::reply;
use latchkey::secret::Keyring;
use latchkey::settings::Settings;
use latchkey::signature::canonical::{Pairs, SignedText};
use latchkey::signature::header::Credentials;
use latchkey::signature::{decode, verify};
use latchkey::token::{Fingerprint, Unverified};

use crate::signed::signed;

/// What the database would have given, and the request.
pub struct Refresh {
    keyring: Keyring,
    settings: Settings,
    now: u64,
    client: Client,
    grant: Grant,
    query: String,
    authorization: String,
}

const ENTROPY: Entropy = Entropy { access: [4; 20], refresh: [5; 20] };

impl Refresh {
    pub fn new() -> Self {
        let keyring = Keyring::parse(&Keyring::line("bench", &[7; 32])).unwrap();
        let (settings, now) = (Settings::default(), 1_795_393_844);
        let id = new_client_id([1; 40]);
        let secret = new_secret([2; 24]);
        let sealed = keyring.seal(&id, &secret, [3; 12]).unwrap();
        let named = NamedSecret { name: "first".into(), sealed, created_at: now, expires_at: None };
        let client = Client {
            grant_types: GrantType::ASKED_FOR.to_vec(),
            scopes: vec!["WMS_NCIP".into()],
            institutions: vec!["128807".into()],
            ..Client::new(id.clone(), String::new(), named, now)
        };
        let institutions = Institutions { authenticating: "128807".into(), context: "128807".into() };
        let asked = issue::Asked { scope: "WMS_NCIP refresh_token", institutions, principal: None };
        let fingerprint = Fingerprint::of(&id, "1", "1");
        let Ok((grant, answer)) = issue::issue(&client, asked, &fingerprint, &settings, &ENTROPY, now) else {
            panic!()
        };
        let query = format!("grant_type=refresh_token&refresh_token={}", *answer.refresh.unwrap().token.text);
        let authorization = signed(&id, &secret, &query, now);
        Self { keyring, settings, now, client, grant, query, authorization }
    }

    pub fn once(&self) -> Response<Bytes> {
        let credentials = Credentials::parse(black_box(self.authorization.as_bytes())).unwrap();
        let pairs = Pairs::parse(black_box(self.query.as_bytes())).unwrap();
        let normalised = pairs.normalised();
        let text = SignedText {
            client_id: credentials.client_id,
            timestamp: credentials.timestamp,
            nonce: credentials.nonce,
            body_hash: "",
            method: "POST",
            authority: &self.settings.authority,
            query: &normalised,
        };
        let signature = decode(credentials.signature).unwrap();
        let secret = self.keyring.open(&self.client.id, &self.client.secrets[0].sealed).unwrap();
        assert!(verify(&secret, &text, &signature));
        // The second slot of every client is tried as well.
        assert!(!verify(&self.keyring.open_decoy().unwrap(), &text, &signature));
        let fingerprint = Fingerprint::of(credentials.client_id, credentials.timestamp, credentials.nonce);
        let asked = refresh::Asked { token: Unverified::parse(pairs.iter().nth(1).unwrap().1), scope: None };
        let grant = Some(&self.grant);
        let decided = refresh::refresh(&self.client, grant, &asked, &fingerprint, &self.settings, &ENTROPY, self.now);
        let Ok((_, answer)) = decided else { panic!() };
        reply::tokens(&self.client, &answer, self.now)
    }
}
