//! The load: refreshes over kept-alive connections.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use latchkey_testkit::bench::process;
use latchkey_testkit::bench::signed::ASK;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::servers::{Client, Started};

const CONNECTIONS: usize = 16;
/// As many requests a second are made beforehand as no machine of ours answers.
const MADE_A_SECOND: usize = 12_000;

/// What one turn came to. Times in milliseconds.
pub struct Turn {
    pub answers: usize,
    pub took: Duration,
    /// CPU of the server's process.
    pub cpu: Duration,
    /// CPU of the engine's process, if that is another one.
    pub engine_cpu: Duration,
    pub p50: f64,
    pub p99: f64,
    pub most: f64,
    /// Answers that are no new token.
    pub errors: usize,
}

/// A connection that is kept open.
struct Connection(TcpStream);

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// Sends a request and reads its answer: the status and the body.
    async fn exchange(&mut self, request: &[u8]) -> (u16, String) {
        self.0.write_all(request).await.unwrap();
        let mut read = Vec::with_capacity(4096);
        loop {
            assert!(self.0.read_buf(&mut read).await.unwrap() > 0, "the server closed the connection");
            let text = str::from_utf8(&read).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let mut headers = head.split("\r\n").filter_map(|line| line.split_once(": "));
            let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            if body.len() >= length.unwrap().1.parse().unwrap() {
                return (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned());
            }
        }
    }
}

/// A member of an answer's JSON that is a text without escapes, as tokens are.
fn member<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = body.split_once(&format!("\"{name}\":"))?;
    rest.trim_start().strip_prefix('"')?.split('"').next()
}

/// Tells that the server asks for the client's secret: a wrong one gets 401, and its own gets a token.
pub async fn refuses(started: &Started) {
    let mut connection = Connection::open(&started.address).await;
    let token = token(started, &mut connection).await;
    let request = started.client.refresh(&started.address, &token);
    let (status, body) = connection.exchange(&request).await;
    assert!(status == 200 && member(&body, "access_token").is_some(), "{}: {status} {body}", started.name);
    let mut wrong = String::from_utf8(request).unwrap();
    // Within the signature, and behind "demo:" in the credentials.
    let (before, within) = match &started.client {
        Client::Signing { .. } => ("signature=\"", 0),
        Client::Basic { .. } => ("Basic ", 12),
    };
    let at = wrong.find(before).unwrap() + before.len() + within;
    wrong.replace_range(at..at + 4, "YWJj");
    let (status, body) = Connection::open(&started.address).await.exchange(wrong.as_bytes()).await;
    assert_eq!(status, 401, "{}: {body}", started.name);
}

/// The refresh token of a connection.
async fn token(started: &Started, connection: &mut Connection) -> String {
    let Client::Basic { token, .. } = &started.client else {
        let ask = started.client.signed(&started.address, "/oauth2/accessToken", ASK);
        let (status, body) = connection.exchange(&ask).await;
        assert_eq!(status, 200, "{body}");
        return member(&body, "refresh_token").unwrap().to_owned();
    };
    token.clone()
}

/// One turn of a server.
pub async fn turn(started: &Started, length: Duration) -> Turn {
    let share = MADE_A_SECOND * length.as_secs() as usize / CONNECTIONS;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(&started.address).await;
        let token = token(started, &mut connection).await;
        let requests: Vec<_> = match &started.client {
            Client::Signing { .. } => (0..share).map(|_| started.client.refresh(&started.address, &token)).collect(),
            Client::Basic { .. } => vec![started.client.refresh(&started.address, &token)],
        };
        connections.push((connection, requests));
    }
    let cpu = || (process::cpu_of_all(started.id()), started.engine().map_or(Duration::ZERO, process::cpu_of_all));
    let (before, began, local) = (cpu(), Instant::now(), LocalSet::new());
    let is_signing = matches!(started.client, Client::Signing { .. });
    let running: Vec<_> = connections
        .into_iter()
        .map(|(mut connection, requests)| {
            local.spawn_local(async move {
                let (mut times, mut tokens) = (Vec::new(), Vec::new());
                for at in 0.. {
                    let sent = Instant::now();
                    if began.elapsed() >= length {
                        break;
                    }
                    assert!(!is_signing || at < requests.len(), "too few requests were signed");
                    let (status, body) = connection.exchange(&requests[at % requests.len()]).await;
                    times.push(sent.elapsed());
                    tokens.push(member(&body, "access_token").filter(|_| status == 200).map(str::to_owned));
                }
                (times, tokens)
            })
        })
        .collect();
    local.await;
    let (took, after) = (began.elapsed(), cpu());
    let (mut times, mut tokens) = (Vec::new(), HashSet::new());
    for run in running {
        let (some, told) = run.await.unwrap();
        times.extend(some);
        tokens.extend(told.into_iter().flatten());
    }
    times.sort();
    let millis = |at: usize| times[at].as_secs_f64() * 1e3;
    Turn {
        answers: times.len(),
        took,
        cpu: after.0.saturating_sub(before.0),
        engine_cpu: after.1.saturating_sub(before.1),
        p50: millis(times.len() / 2),
        p99: millis(times.len() * 99 / 100),
        most: millis(times.len() - 1),
        errors: times.len() - tokens.len(),
    }
}
