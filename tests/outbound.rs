//! The service's own calls to the providers of institutions, against servers that answer badly.

use std::time::Duration;

use latchkey::outbound::{Answer, Failure, LONGEST, Reach, get, post};
use latchkey_oauth::error::{Denial, ProviderError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

/// What a server does with a connection once it has read the request.
#[derive(Clone)]
enum Does {
    /// It sends this, and closes.
    Sends(Vec<u8>),
    /// It sends this, and nothing more.
    Stops(Vec<u8>),
}

/// A server on this machine, and the requests that it reads.
struct Raw {
    port: u16,
    read: UnboundedReceiver<String>,
}

impl Raw {
    async fn that(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, read) = unbounded_channel();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (does, told) = (does.clone(), told.clone());
                tokio::spawn(async move {
                    told.send(request(&mut stream).await).ok();
                    match does {
                        Does::Sends(bytes) => stream.write_all(&bytes).await.ok(),
                        Does::Stops(bytes) => {
                            stream.write_all(&bytes).await.ok();
                            std::future::pending().await
                        }
                    }
                });
            }
        });
        Self { port, read }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/keys", self.port)
    }
}

/// A whole request, with its body.
async fn request(stream: &mut TcpStream) -> String {
    let mut read = String::new();
    loop {
        let length = read.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if read.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or_default()) {
            return read;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(some) if some > 0 => read += std::str::from_utf8(&buffer[..some]).unwrap(),
            _ => return read,
        }
    }
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\n{body}").into_bytes()
}

async fn got(url: &str, reach: Reach) -> Result<Answer, Failure> {
    // No answer below waits for the end of it, except those that must.
    got_by(url, reach, Duration::from_secs(60)).await
}

async fn got_by(url: &str, reach: Reach, limit: Duration) -> Result<Answer, Failure> {
    get(url, reach, Instant::now() + limit).await
}

fn failure(got: Result<Answer, Failure>) -> Failure {
    got.err().unwrap()
}

#[tokio::test]
async fn a_document_is_read_with_its_status_and_type() {
    let mut server = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    let read = got(&server.url(), Reach::Loopback).await.unwrap();
    assert_eq!((read.status, read.content_type.as_deref()), (200, Some("application/json")));
    assert_eq!(read.body[..], *b"{}");
    let request = server.read.recv().await.unwrap();
    assert!(request.starts_with("GET /keys HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("accept: application/json\r\n"), "{request}");
}

#[tokio::test]
async fn a_form_is_posted_with_its_credentials() {
    let mut server = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    let form = "grant_type=authorization_code";
    post(&server.url(), Some("Basic bGs6eA=="), form, Reach::Loopback, deadline).await.unwrap();
    let request = server.read.recv().await.unwrap();
    assert!(request.starts_with("POST /keys HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Basic bGs6eA==\r\n"), "{request}");
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\ngrant_type=authorization_code"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let mut elsewhere = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    let head = format!("HTTP/1.1 307 Go\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
    let server = Raw::that(Does::Sends(head.into_bytes())).await;
    assert_eq!(got(&server.url(), Reach::Loopback).await.unwrap().status, 307);
    assert!(elsewhere.read.try_recv().is_err(), "it was followed");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(failure(got(&url, Reach::Loopback).await), Failure::Unreachable);
    let server = Raw::that(Does::Sends(Vec::new())).await;
    assert_eq!(failure(got(&server.url(), Reach::Loopback).await), Failure::Unreachable, "closed without a word");
}

#[tokio::test]
async fn headers_and_a_body_that_do_not_come_end_at_the_deadline() {
    let soon = Duration::from_millis(300);
    for begun in [Vec::new(), b"HTTP/1.1 200 OK\r\nx: ".to_vec(), answer("content-length: 3\r\n", "{}")] {
        let server = Raw::that(Does::Stops(begun)).await;
        assert_eq!(failure(got_by(&server.url(), Reach::Loopback, soon).await), Failure::Slow);
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let mut server = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    for _ in 0..20 {
        let passed = get(&server.url(), Reach::Loopback, Instant::now()).await;
        assert_eq!(failure(passed), Failure::Slow);
    }
    // The server reads one after the other: it would have met a connection of before first.
    got(&server.url(), Reach::Loopback).await.unwrap();
    assert!(server.read.recv().await.unwrap().starts_with("GET /keys "));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(server.read.try_recv().is_err(), "a connection was opened");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    let chunk = answer("transfer-encoding: chunked\r\n", "2\r\n{}\r\n");
    for cut in [answer("content-length: 3\r\n", "{}"), chunk] {
        let server = Raw::that(Does::Sends(cut)).await;
        assert_eq!(failure(got(&server.url(), Reach::Loopback).await), Failure::Cut);
    }
}

#[tokio::test]
async fn a_body_is_read_to_its_bound_and_no_further() {
    let fits = answer(&format!("content-length: {LONGEST}\r\n"), &"x".repeat(LONGEST));
    let server = Raw::that(Does::Sends(fits)).await;
    assert_eq!(got(&server.url(), Reach::Loopback).await.unwrap().body.len(), LONGEST);
    // One that never ends is left once the bound is passed: this server says no more.
    let over = "x".repeat(LONGEST + 1);
    let endless = answer("content-length: 1000000000\r\n", &over);
    let chunked = answer("transfer-encoding: chunked\r\n", &format!("{:x}\r\n{over}", LONGEST * 2));
    for long in [endless, chunked, answer("", &over)] {
        let server = Raw::that(Does::Stops(long)).await;
        assert_eq!(failure(got(&server.url(), Reach::Loopback).await), Failure::Long);
    }
}

#[tokio::test]
async fn of_the_public_no_address_of_a_machine_or_a_network_is_called() {
    let mut server = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    let port = server.port;
    let numbers = [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.64.0.1",
        "0.0.0.0",
        "[::]",
        "[64:ff9b::7f00:1]",
        "224.0.0.1",
    ];
    for host in numbers.into_iter().chain(["localhost"]) {
        let url = format!("https://{host}:{port}/keys");
        assert_eq!(failure(got(&url, Reach::Public).await), Failure::Address, "{host}");
    }
    // A resolver reads these as numbers. No certificate can be for such a name, so none is looked up.
    for host in ["127.1", "2130706433", "0x7f000001", "0177.0.0.1"] {
        let url = format!("https://{host}:{port}/keys");
        assert_eq!(failure(got(&url, Reach::Public).await), Failure::Unreachable, "{host}");
    }
    assert!(server.read.try_recv().is_err(), "it was called");
}

#[tokio::test]
async fn of_loopback_nothing_else_is_called() {
    for host in ["10.0.0.1", "169.254.169.254", "93.184.215.14", "[2606:2800:21f::1]"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}/keys");
            assert_eq!(failure(got(&url, Reach::Loopback).await), Failure::Address, "{url}");
        }
    }
    let server = Raw::that(Does::Sends(answer("content-length: 2\r\n", "{}"))).await;
    let by_name = format!("http://localhost:{}/keys", server.port);
    assert_eq!(got(&by_name, Reach::Loopback).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_url_without_https_is_not_called() {
    for url in ["http://login.example/keys", "ftp://login.example/", "login.example", "/keys", "https://", ""] {
        assert_eq!(failure(got(url, Reach::Public).await), Failure::Url, "{url}");
    }
    // RFC 6761 section 6.4: no such name exists.
    let nowhere = got("https://provider.invalid/keys", Reach::Public).await;
    assert_eq!(failure(nowhere), Failure::Unresolved);
}

#[tokio::test]
async fn a_server_without_a_trusted_certificate_is_not_told_anything() {
    let folder = tempfile::tempdir().unwrap();
    let tls = latchkey_testkit::tls::Tls::before("http://127.0.0.1:1/", folder.path()).await;
    assert_eq!(failure(got(&tls.url, Reach::Loopback).await), Failure::Untrusted);
}

#[test]
fn each_failure_says_what_is_wrong() {
    use Failure::*;
    let said = [Url, Address, Unresolved, Unreachable, Untrusted, Slow, Cut, Long].map(|failure| failure.to_string());
    let names = [
        "provider_address_refused",
        "provider_address_refused",
        "provider_unresolved",
        "provider_unreachable",
        "provider_untrusted",
        "provider_unreachable",
        "provider_unreachable",
        "provider_answer_malformed",
    ];
    let logged = [Url, Address, Unresolved, Unreachable, Untrusted, Slow, Cut, Long]
        .map(|failure| Denial::from(ProviderError::from(failure)).name());
    assert_eq!(logged, names);
    let different: std::collections::HashSet<_> = said.iter().collect();
    assert_eq!(different.len(), said.len());
    assert!(said[7].contains("65,536") && LONGEST == 65_536);
}
