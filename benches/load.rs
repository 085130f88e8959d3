//! `cargo bench --bench load [-- SECONDS]`: refreshes over 16 kept-alive connections against the local server, its state
//! on disk and in memory. Prints a table; fails only where an answer is not a token. The requests are signed beforehand,
//! and the client has a thread of its own, which the server must share the machine with: read the requests a CPU-second.
//!
//! `LATCHKEY_BENCH_BINARY` names another binary to measure: an older build, or one with symbols for a profiler.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "shared/built.rs"]
mod built;
#[path = "shared/process.rs"]
mod process;
#[path = "shared/signed.rs"]
#[allow(dead_code)]
mod signed;

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use latchkey_dynamodb::clock;
use latchkey_oauth::secret::ClientSecret;
use serde_json::Value;
use signed::{ASK, signed};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 16;
/// As many requests a second are signed beforehand as no machine of ours answers; they are good for five minutes.
const SIGNED_A_SECOND: usize = 12_000;
/// Of those five minutes, what the signing leaves.
const MOST_SECONDS: u64 = 240;

type Connection = SendRequest<Empty<bytes::Bytes>>;

fn main() {
    let seconds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(10);
    assert!(seconds <= MOST_SECONDS, "at most {MOST_SECONDS} seconds: the requests, signed beforehand, expire");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!(
        "{:<9}{:>9}{:>9}{:>8}{:>9}{:>9}{:>9}{:>8}   resident MB: start, 10 %, end; descriptors before, after",
        "state", "answers", "a second", "a core", "p50 ms", "p99 ms", "max ms", "errors"
    );
    for (name, options) in [("on disk", &[][..]), ("in memory", &["--memory"])] {
        runtime.block_on(measure(name, options, Duration::from_secs(seconds)));
    }
}

async fn measure(name: &str, options: &[&str], length: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), options);
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = server.connect().await;
        let (status, tokens) = exchange(&mut connection, server.request("/oauth2/accessToken", ASK)).await;
        assert_eq!(status, 200, "{tokens:?}");
        let tokens: Value = serde_json::from_slice(&tokens).unwrap();
        connections.push((connection, tokens["refresh_token"].as_str().unwrap().to_owned()));
    }
    let share = SIGNED_A_SECOND * length.as_secs() as usize / CONNECTIONS;
    let connections: Vec<_> = connections
        .into_iter()
        .map(|(connection, token)| {
            let query = format!("grant_type=refresh_token&refresh_token={token}");
            let requests: Vec<_> = (0..share).map(|_| server.request("/oauth2/refreshToken", &query)).collect();
            (connection, requests)
        })
        .collect();
    let id = server.child.id();
    let (start, before, files) = (process::resident(id), process::cpu_of_all(id), process::descriptors(id));
    let began = Instant::now();
    let local = tokio::task::LocalSet::new();
    let running: Vec<_> = connections
        .into_iter()
        .map(|(mut connection, requests)| {
            local.spawn_local(async move {
                let (mut times, mut errors) = (Vec::with_capacity(requests.len()), 0);
                for request in requests {
                    let sent = Instant::now();
                    if began.elapsed() >= length {
                        return (connection, times, errors);
                    }
                    let (status, body) = exchange(&mut connection, request).await;
                    times.push(sent.elapsed());
                    let token = body.windows(18).any(|part| part == br#""access_token":"tk"#);
                    errors += usize::from(status != 200 || !token);
                }
                panic!("too few requests were signed");
            })
        })
        .collect();
    let early = local.spawn_local(async move {
        tokio::time::sleep(length / 10).await;
        process::resident(id)
    });
    local.await;
    let spent = process::cpu_of_all(id).saturating_sub(before);
    let took = began.elapsed().as_secs_f64();
    let (mut times, mut errors, mut open) = (Vec::new(), 0, Vec::new());
    for run in running {
        let (connection, some, wrong) = run.await.unwrap();
        open.push(connection);
        times.extend(some);
        errors += wrong;
    }
    let (end, files_after) = (process::resident(id), process::descriptors(id));
    times.sort();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{name:<9}{:>9}{:>9.0}{:>8.0}{:>9.2}{:>9.2}{:>9.2}{errors:>8}   {start:.1}, {:.1}, {end:.1}; {files}, {files_after}",
        times.len(),
        times.len() as f64 / took,
        times.len() as f64 / spent.as_secs_f64(),
        millis(times[times.len() / 2]),
        millis(times[times.len() * 99 / 100]),
        millis(times[times.len() - 1]),
        early.await.unwrap(),
    );
    assert_eq!(errors, 0, "wrong answers");
}

async fn exchange(connection: &mut Connection, request: Request<Empty<bytes::Bytes>>) -> (u16, bytes::Bytes) {
    connection.ready().await.unwrap();
    let answer = connection.send_request(request).await.unwrap();
    (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
}

struct Server {
    child: Child,
    address: String,
    client_id: String,
    secret: ClientSecret,
}

impl Server {
    /// Its log goes to a file, as a service manager's would.
    fn start(folder: &Path, options: &[&str]) -> Self {
        let log = folder.join("log");
        let binary = std::env::var("LATCHKEY_BENCH_BINARY").map_or_else(|_| built::latchkey(), Into::into);
        let mut child = Command::new(binary)
            .args(["serve", "--port", "0", "--dynamodb-port", "0"])
            .args(options)
            .current_dir(folder)
            .stdout(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let greeting = loop {
            let ended = child.try_wait().unwrap();
            let text = fs::read_to_string(&log).unwrap();
            if text.contains("Ctrl-C") {
                break text;
            }
            assert!(ended.is_none(), "the server ended before its greeting; its log: {text}");
            std::thread::sleep(Duration::from_millis(10));
        };
        let key: HashMap<_, _> = greeting.split_whitespace().filter_map(|word| word.split_once('=')).collect();
        Self {
            child,
            address: key["LATCHKEY_URL"].strip_prefix("http://").unwrap().to_owned(),
            client_id: key["LATCHKEY_CLIENT_ID"].to_owned(),
            secret: ClientSecret::new(key["LATCHKEY_SECRET"].to_owned()),
        }
    }

    async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, running) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(running);
        connection
    }

    fn request(&self, path: &str, query: &str) -> Request<Empty<bytes::Bytes>> {
        let authorization = signed(&self.client_id, &self.secret, query, clock::now());
        Request::post(format!("{path}?{query}"))
            .header("host", &self.address)
            .header("authorization", authorization)
            .body(Empty::new())
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
