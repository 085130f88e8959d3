//! The application against a service that is not there, or answers what it should not.
#![allow(clippy::unwrap_used, clippy::panic)]

use axum::body::to_bytes;
use axum::response::Response;
use http::header::{HOST, LOCATION, SET_COOKIE};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const OWN: &str = "http://127.0.0.1:8050";

fn key() -> KeyArgs {
    KeyArgs { client_id: "demo".into(), secret: "a secret of tests".into(), lines: AuthorityArgs::default() }
}

fn app(service: &str) -> App {
    App { service: service.into(), own: OWN.into(), key: Some(key()), user: true, walks: Walks::default() }
}

/// A service that gives this answer to each request: its URL, and what it reads.
async fn service(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let own = url.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            // The whole of a request, whose head says how long its body is.
            loop {
                let text = String::from_utf8_lossy(&read).into_owned();
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head
                        .lines()
                        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                    body.len() >= length.unwrap_or(0)
                });
                if whole || stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let text = String::from_utf8(read).unwrap();
            let metadata = format!(r#"{{"issuer":"{own}"}}"#);
            let body = if text.starts_with("GET ") { &metadata } else { answer };
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = sender.send(text);
        }
    });
    (url, receiver)
}

async fn send(app: &App, method: Method, target: &str, cookie: &str) -> Response {
    let request = http::Request::builder().method(method).uri(target).header(HOST, &OWN[7..]).header(COOKIE, cookie);
    app.answer(&request.body(()).unwrap().into_parts().0).await
}

async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, String::from_utf8(to_bytes(response.into_body(), 100_000).await.unwrap().to_vec()).unwrap())
}

/// A walk whose code came back: the browser's cookie.
async fn with_code(app: &App) -> String {
    let begun = send(app, Method::POST, "/begin", "").await;
    assert_eq!(begun.headers()[LOCATION], "/walk/1/ask");
    let set = begun.headers()[SET_COOKIE].to_str().unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    let walk = app.walks.of(cookie.split_once('=').unwrap().1).remove(0);
    let back = format!("/callback?code=auth_x&state={}&iss={}", walk.asked.state, app.service);
    assert_eq!(send(app, Method::GET, &back, &cookie).await.headers()[LOCATION], "/walk/1/code");
    cookie
}

/// The address of a listener that is gone.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn what_a_page_shows_as_sent_is_what_was_sent() {
    let (url, mut read) = service(r#"{"active":true}"#).await;
    for carried in [Carried::Query("b=2&a=1%20x".into()), Carried::Form("token=tk_x".into())] {
        let exchange = Exchange::make(&url, "/oauth2/introspect", carried, &key()).await;
        let sent = read.recv().await.unwrap();
        let (head, body) = sent.split_once("\r\n\r\n").unwrap();
        let mut lines = exchange.head.lines();
        assert_eq!(lines.next(), head.lines().next());
        let sent: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            let sent = sent.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            assert_eq!(sent.map(|(_, sent)| *sent), Some(value), "{name} in {head}");
        }
        assert_eq!(exchange.body.as_deref().unwrap_or_default(), body);
        assert!(!exchange.head.contains("a secret of tests"));
        assert!(exchange.answer.unwrap().is_active());
    }
}

#[tokio::test]
async fn a_service_that_is_gone_is_told_with_what_to_do() {
    let (status, page) = text(send(&app(&nowhere().await), Method::POST, "/begin", "").await).await;
    assert!(status == 502 && page.contains("nothing listens at") && page.contains("latchkey serve"), "{page}");
    assert!(!page.contains("--url"), "there is no such option here: {page}");
    // It goes in the middle of a walk.
    let mut app = app(&service("{}").await.0);
    let cookie = with_code(&app).await;
    app.service = nowhere().await;
    let acted = send(&app, Method::POST, "/walk/1/tokens", &cookie).await;
    assert_eq!(acted.headers()[LOCATION], "/walk/1/tokens");
    let (status, page) = text(send(&app, Method::GET, "/walk/1/tokens", &cookie).await).await;
    assert!(status == 200 && page.contains("No answer came: ") && page.contains("Send it again"), "{page}");
    assert!(page.contains("code=auth_x") && !page.contains("What came back"), "{page}");
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_told() {
    for (answer, told) in [
        ("", "No answer came"),
        ("<html>", "is not JSON"),
        ("[1]", "no refresh token"),
        ("{}", "no refresh token"),
        (r#"{"access_token":7,"refresh_token":null}"#, "no refresh token"),
        (r#"{"access_token":"<b>"}"#, "no refresh token"),
    ] {
        let app = app(&service(answer).await.0);
        let cookie = with_code(&app).await;
        send(&app, Method::POST, "/walk/1/tokens", &cookie).await;
        let (status, page) = text(send(&app, Method::GET, "/walk/1/tokens", &cookie).await).await;
        assert!(status == 200 && page.contains(told) && !page.contains("<b>"), "{answer}: {page}");
        assert_eq!(send(&app, Method::POST, "/walk/1/refresh", &cookie).await.headers()[LOCATION], "/walk/1/tokens");
    }
}

#[tokio::test]
async fn the_oldest_walk_gives_way_and_no_browser_chooses_its_own_name() {
    let app = app(&service("{}").await.0);
    let first = send(&app, Method::POST, "/begin", "latchkey-demo-8050=chosen").await;
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(!cookie.ends_with("chosen") && cookie.len() > 40, "{cookie}");
    assert_eq!(send(&app, Method::GET, "/walk/1/ask", &cookie).await.status(), 200);
    let asked = ask::ask(&app, "demo").await.unwrap();
    for _ in 0..100 {
        app.walks.begin("", asked.clone()).unwrap();
    }
    assert_eq!(send(&app, Method::GET, "/walk/1/ask", &cookie).await.status(), 404);
}
