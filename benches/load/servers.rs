//! The servers: Latchkey's, and those of others over an engine that Latchkey's binary runs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use latchkey_dynamodb::clock;
use latchkey_oauth::secret::ClientSecret;
use latchkey_testkit::bench::servers::Peer;
use latchkey_testkit::bench::signed::signed;
use serde_json::Value;
use tempfile::TempDir;

/// Where the engine keeps its tables.
#[derive(Clone, Copy, PartialEq)]
pub enum State {
    Disk,
    Memory,
}

impl State {
    pub const ALL: [Self; 2] = [Self::Disk, Self::Memory];

    pub fn words(self) -> &'static str {
        match self {
            Self::Disk => "on disk",
            Self::Memory => "in memory",
        }
    }
}

/// A server that runs until this is dropped.
pub struct Started {
    pub name: String,
    pub state: State,
    server: Process,
    /// Of a peer: the engine's process.
    engine: Option<Process>,
    /// Host and port.
    pub address: String,
    pub client: Client,
}

/// Who asks, and how it authenticates.
pub enum Client {
    /// By a WSKey's signature.
    Signing { id: String, secret: ClientSecret },
    /// By `client_secret_basic`, with this refresh token.
    Basic { path: String, authorization: String, token: String },
}

/// It ends when this is dropped.
struct Process {
    child: Child,
    /// With its state and its log.
    folder: TempDir,
}

impl Process {
    /// The log goes to a file, as a service manager's would. `is_ready` is asked of the log until it says so.
    fn start(command: &mut Command, folder: TempDir, is_ready: impl Fn(&str) -> bool) -> (Self, String) {
        let log = folder.path().join("log");
        let errors = File::create(folder.path().join("errors")).unwrap();
        command.current_dir(folder.path()).stdout(File::create(&log).unwrap()).stderr(errors).stdin(Stdio::null());
        let mut started = Self { child: command.spawn().unwrap(), folder };
        loop {
            let ended = started.child.try_wait().unwrap();
            let text = fs::read_to_string(&log).unwrap();
            if is_ready(&text) {
                return (started, text);
            }
            assert!(ended.is_none(), "the server ended before it was ready; it said: {text}{}", started.errors());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A local server of this binary, and the values that its greeting names.
fn local_server(binary: &Path, state: State) -> (Process, HashMap<String, String>) {
    let mut command = Command::new(binary);
    command.args(["serve", "--port", "0", "--dynamodb-port", "0"]);
    if state == State::Memory {
        command.arg("--memory");
    }
    let (process, greeting) =
        Process::start(&mut command, tempfile::tempdir().unwrap(), |text| text.contains("Ctrl-C"));
    let named = greeting.split_whitespace().filter_map(|word| word.split_once('='));
    let named = named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (process, named)
}

impl Started {
    pub fn latchkey(name: &str, binary: &Path, state: State) -> Self {
        let (server, named) = local_server(binary, state);
        let (id, secret) = (named["LATCHKEY_CLIENT_ID"].clone(), ClientSecret::new(named["LATCHKEY_SECRET"].clone()));
        Self {
            name: name.to_owned(),
            state,
            server,
            engine: None,
            address: named["LATCHKEY_URL"].strip_prefix("http://").unwrap().to_owned(),
            client: Client::Signing { id, secret },
        }
    }

    pub fn peer(peer: &Peer, binary: &Path, state: State) -> Self {
        let (engine, named) = local_server(binary, state);
        let mut command = Command::new(&peer.command[0]);
        command.args(&peer.command[1..]).envs(peer.environment.clone()).env("TABLE", "peer");
        for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ACCESS_KEY_ID"] {
            command.env(name, &named[name]);
        }
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].map(|name| (name, "us-east-1"));
        command.env("AWS_SECRET_ACCESS_KEY", "local").envs(region);
        let (server, told) = Process::start(&mut command, tempfile::tempdir().unwrap(), |text| text.ends_with('\n'));
        let told: Value = serde_json::from_str(&told).unwrap();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let credentials = STANDARD.encode(format!("{}:{}", text("client_id"), text("secret")));
        Self {
            name: peer.name.to_owned(),
            state,
            server,
            engine: Some(engine),
            address: format!("127.0.0.1:{}", told["port"]),
            client: Client::Basic {
                path: text("path"),
                authorization: format!("Basic {credentials}"),
                token: text("refresh_token"),
            },
        }
    }

    /// The server's process.
    pub fn id(&self) -> u32 {
        self.server.child.id()
    }

    /// The engine's, if it has one of its own.
    pub fn engine(&self) -> Option<u32> {
        self.engine.as_ref().map(|engine| engine.child.id())
    }
}

impl Client {
    /// A refresh, as it is sent. A signature is good once and for five minutes.
    pub fn refresh(&self, host: &str, token: &str) -> Vec<u8> {
        match self {
            Self::Signing { .. } => {
                self.signed(host, "/oauth2/refreshToken", &format!("grant_type=refresh_token&refresh_token={token}"))
            }
            Self::Basic { path, authorization, .. } => {
                let form = format!("grant_type=refresh_token&refresh_token={token}");
                let kind = "application/x-www-form-urlencoded";
                let length = form.len();
                format!(
                    "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\ncontent-type: {kind}\r\n\
                     content-length: {length}\r\n\r\n{form}"
                )
                .into_bytes()
            }
        }
    }

    /// A signed request without a body.
    pub fn signed(&self, host: &str, path: &str, query: &str) -> Vec<u8> {
        let Self::Signing { id, secret } = self else { return Vec::new() };
        let authorization = signed(id, secret, query, clock::now());
        format!("POST {path}?{query} HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\ncontent-length: 0\r\n\r\n")
            .into_bytes()
    }
}
