//! A provider that serves its documents over HTTP, and lies about whatever a test wants.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use latchkey_testkit::assertion::Key;
use serde_json::{Value, json};

pub const DISCOVERY: &str = "/.well-known/openid-configuration";
pub const KEYS: &str = "/keys";

/// What is answered at a path.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
    /// The connection ends before the body does.
    pub is_cut: bool,
    /// Nothing is answered.
    pub is_silent: bool,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self::of("application/json", body.to_string())
    }

    pub fn of(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = format!("content-type: {content_type}\r\n");
        Self { status: 200, headers, body: body.into(), is_cut: false, is_silent: false }
    }
}

/// A provider on loopback.
pub struct Provider {
    pub url: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
    gate: Arc<Mutex<Option<Gate>>>,
}

/// Holds the next request to a path.
struct Gate {
    path: String,
    /// Says that the request is there.
    says: Sender<()>,
    /// Hears that it may go on.
    hears: Receiver<()>,
}

impl Provider {
    /// One that does everything as it should.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { url, answers: Arc::default(), asked: Arc::default(), gate: Arc::default() };
        provider.answers(DISCOVERY, Answer::json(&provider.document()));
        provider.answers(KEYS, Answer::json(&keys(&[("first", Key::Rs256)])));
        let (answers, asked, gate) = (provider.answers.clone(), provider.asked.clone(), provider.gate.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, asked, gate) = (answers.clone(), asked.clone(), gate.clone());
                std::thread::spawn(move || {
                    let mut stream = stream;
                    let Some(path) = path(&mut stream) else { return };
                    asked.lock().unwrap().push(path.clone());
                    // Not in the condition, which would keep the lock.
                    let held = gate.lock().unwrap().take_if(|gate| gate.path == path);
                    if let Some(Gate { says, hears, .. }) = held {
                        says.send(()).unwrap();
                        let _ = hears.recv();
                    }
                    let answer = answers.lock().unwrap().get(&path).cloned();
                    answer_to(stream, answer.unwrap_or_else(|| Answer { status: 404, ..Answer::json(&json!({})) }));
                });
            }
        });
        provider
    }

    /// Its discovery document.
    pub fn document(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        json!({
            "issuer": self.url,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at(KEYS),
            "end_session_endpoint": at("/logout"),
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile"],
            "claims_supported": ["sub", "iss", "eduperson_principal_name"],
            "prompt_values_supported": ["login", "select_account"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// Answers so at a path from now on.
    pub fn answers(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Serves another discovery document.
    pub fn lies(&self, edit: impl FnOnce(&mut Value)) {
        let mut document = self.document();
        edit(&mut document);
        self.answers(DISCOVERY, Answer::json(&document));
    }

    /// What it was asked for since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Holds the next request to a path: the first end hears of it, and the second lets it go on.
    pub fn hold(&self, path: &str) -> (Receiver<()>, Sender<()>) {
        let ((says, heard), (lets, hears)) = (channel(), channel());
        *self.gate.lock().unwrap() = Some(Gate { path: path.to_owned(), says, hears });
        (heard, lets)
    }
}

/// A key set.
pub fn keys(named: &[(&str, Key)]) -> Value {
    let key = |(kid, key): &(&str, Key)| {
        let mut jwk = key.jwk();
        jwk["kid"] = (*kid).into();
        jwk["use"] = "sig".into();
        jwk
    };
    json!({ "keys": named.iter().map(key).collect::<Vec<_>>() })
}

fn path(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8(head).ok()?.split(' ').nth(1)?.to_owned())
}

fn answer_to(mut stream: TcpStream, answer: Answer) {
    if answer.is_silent {
        // Until the other end gives up.
        let _ = stream.read(&mut [0]);
        return;
    }
    let Answer { status, headers, body, is_cut, .. } = answer;
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Any\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n");
    let sent = if is_cut { &body[..length / 2] } else { &body };
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(sent));
}
