//! `latchkey token device`: it shows a code, polls as it is told, and prints the tokens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::World;

use crate::place::Done;
use crate::running::LATCHKEY;

fn device(url: &str, signer: &Signer, more: &[&str]) -> Child {
    let mut command = Command::new(LATCHKEY);
    command.env_clear().env("LATCHKEY_URL", url).env("LATCHKEY_CLIENT_ID", &signer.id);
    command.env("LATCHKEY_SECRET", signer.secret.expose());
    command.args(["token", "device", "--scope", "WMS_NCIP refresh_token", "--json"]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The code that it shows, and the rest of what it says.
fn shown(child: &mut Child) -> (String, BufReader<std::process::ChildStderr>) {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let (mut all, mut line) = (String::new(), String::new());
    while lines.read_line(&mut line).unwrap() > 0 {
        all += &line;
        if line.contains("?user_code=") {
            return (line.trim().rsplit('=').next().unwrap().to_owned(), lines);
        }
        line.clear();
    }
    panic!("no code: {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_shows_a_code_and_prints_the_tokens_once_a_user_has_allowed_it() {
    let world = World::peopled().await;
    let (signer, sender) = (world.client().await, world.client_by(&[AuthMethod::Basic]).await);
    for (signer, more) in [
        (&signer, &["--institution", "128807"][..]),
        (&sender, &["--institution", "128807", "--auth-method", "client_secret_basic"]),
    ] {
        let mut child = device(&world.url, signer, more);
        let (code, _lines) = shown(&mut child);
        world.visitor().allow_device(&code).await.shows(200);
        let done = tokio::task::spawn_blocking(move || Done::of(child.wait_with_output().unwrap()));
        let tokens = done.await.unwrap().json();
        assert_eq!(tokens["principalID"], "alice-id", "{tokens}");
        assert!(tokens["refresh_token"].as_str().unwrap().starts_with("rt_"), "{tokens}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_says_why_it_gets_no_code_and_that_a_user_denied() {
    let world = World::peopled().await;
    let client = world.client().await;
    let refused = device(&world.url, &client, &["--institution", "1"]).wait_with_output().unwrap();
    let (out, done) = (String::from_utf8(refused.stdout.clone()).unwrap(), Done::of(refused));
    done.fails("the server answered 400");
    assert!(out.contains("not registered for the institution '1'"), "{out}");
    let public = device(&world.url, &client, &["--auth-method", "none"]).wait_with_output().unwrap();
    Done::of(public).fails("a public client cannot begin on a device");
    let mut child = device(&world.url, &client, &["--institution", "128807"]);
    let (code, mut lines) = shown(&mut child);
    let visitor = world.visitor();
    let form = visitor.sign_in_for_device(&code).await.form();
    visitor.post("/oauth2/device", &[("form", &form), ("action", "deny")]).await.shows(200);
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    let mut said = String::new();
    lines.read_to_string(&mut said).unwrap();
    assert!(!output.status.success() && said.contains("the server answered 400"), "{said}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("access_denied"));
}

/// A listener on a port of its own, and its URL.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Gives these answers, one a connection, and says when each was asked for.
fn answer(listener: &TcpListener, answers: Vec<(u16, String)>) -> Vec<(Instant, String)> {
    let mut asked = Vec::new();
    for (status, body) in answers {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {
            let last = head.lines().last().unwrap_or_default().to_lowercase();
            if let Some(value) = last.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut form = vec![0; length];
        reader.read_exact(&mut form).unwrap();
        asked.push((Instant::now(), format!("{head}{}", String::from_utf8(form).unwrap())));
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n");
        write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    asked
}

/// A server that gives these answers, and says when each was asked for.
pub fn server(answers: Vec<(u16, String)>) -> (String, std::thread::JoinHandle<Vec<(Instant, String)>>) {
    let (listener, url) = listener();
    (url, std::thread::spawn(move || answer(&listener, answers)))
}

fn begun(expires_in: u64) -> (u16, String) {
    let uri = "https://auth.example/oauth2/device";
    let body = format!(
        r#"{{"device_code":"dev_x","user_code":"WDJB-MJHT","verification_uri":"{uri}","verification_uri_complete":"{uri}?user_code=WDJB-MJHT","expires_in":{expires_in},"interval":1}}"#
    );
    (200, body)
}

fn error(status: u16, code: &str) -> (u16, String) {
    (status, format!(r#"{{"error":"{code}","error_description":"x"}}"#))
}

/// Whether at least these seconds are between the requests. What is more, the machine may have spent.
#[track_caller]
fn waited(asked: &[(Instant, String)], seconds: &[u64]) {
    let waits: Vec<_> = asked.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert_eq!(waits.len(), seconds.len(), "{waits:?}");
    let mut each = waits.iter().zip(seconds);
    assert!(each.all(|(wait, seconds)| *wait >= Duration::from_secs(*seconds)), "{waits:?}");
}

fn signer() -> Signer {
    Signer { id: "key".into(), secret: latchkey_oauth::secret::ClientSecret::new("a secret".into()) }
}

#[test]
fn a_device_waits_its_interval_and_longer_where_it_is_told_or_gets_no_answer() {
    let tokens = (200, r#"{"access_token":"tk_x"}"#.to_owned());
    let answers = vec![
        begun(900),
        error(400, "authorization_pending"),
        error(503, "temporarily_unavailable"),
        error(400, "slow_down"),
        tokens,
    ];
    let (url, serving) = server(answers);
    let done = Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap());
    assert_eq!(done.json()["access_token"], "tk_x");
    let asked = serving.join().unwrap();
    // Then doubled, then five seconds more.
    waited(&asked, &[1, 1, 2, 7]);
    assert!(asked[0].1.starts_with("POST /oauth2/device_authorization ") && asked[0].1.contains("scope=WMS_NCIP"));
    let nonces: std::collections::BTreeSet<_> =
        asked.iter().map(|(_, text)| text.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
    assert_eq!(nonces.len(), asked.len(), "each poll is signed anew");
    assert!(asked[1].1.contains("device_code=dev_x") && asked[1].1.contains("device_code&"), "{}", asked[1].1);
}

#[test]
fn a_device_asks_again_where_the_gateway_turns_it_away_or_the_service_fails() {
    let of_the_gateway = |status| (status, r#"{"message":"of the gateway"}"#.to_owned());
    let tokens = (200, r#"{"access_token":"tk_x"}"#.to_owned());
    let (url, serving) = server(vec![begun(900), of_the_gateway(429), of_the_gateway(502), tokens]);
    let done = Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap());
    assert_eq!(done.json()["access_token"], "tk_x");
    // Each time doubled.
    waited(&serving.join().unwrap(), &[1, 2, 4]);
    // What no time changes ends it.
    let (url, serving) = server(vec![begun(900), of_the_gateway(404)]);
    Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap()).fails("the server answered 404");
    serving.join().unwrap();
}

#[test]
fn a_device_pauses_a_second_where_a_server_names_no_pause() {
    let (status, body) = begun(900);
    let tokens = (200, r#"{"access_token":"tk_x"}"#.to_owned());
    let answers =
        vec![(status, body.replace(r#""interval":1"#, r#""interval":0"#)), error(400, "authorization_pending"), tokens];
    let (url, serving) = server(answers);
    assert_eq!(Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap()).code, 0);
    waited(&serving.join().unwrap(), &[1, 1]);
}

#[test]
fn a_terminal_acts_on_nothing_that_a_server_says_to_a_device() {
    let (status, body) = begun(1);
    let hostile = body.replace("WDJB", r"\u001b]0;W\u0007").replace("auth.example", r"auth.example\u009b2J\u202e");
    let (url, serving) = server(vec![(status, hostile)]);
    let done = Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap());
    done.fails("begin again");
    serving.join().unwrap();
    for (part, times) in [(r"\u{1b}]0;W\u{7}-MJHT", 2), (r"https://auth.example\u{9b}2J\u{202e}/oauth2/device", 2)] {
        assert_eq!(done.err.matches(part).count(), times, "{}", done.err);
    }
    assert!(!done.err.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{:?}", done.err);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_poll_that_the_server_does_not_answer() {
    let (listener, url) = listener();
    let (asking, asked) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let serving = std::thread::spawn(move || {
        answer(&listener, vec![begun(900)]);
        let silent = listener.accept().unwrap();
        asking.send(()).unwrap();
        let _ = ended.recv();
        drop(silent);
    });
    let mut child = device(&url, &signer(), &[]);
    let (_, mut lines) = shown(&mut child);
    asked.recv().unwrap();
    let pressed = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(pressed.elapsed() < Duration::from_secs(25), "a request is given up after thirty: {:?}", pressed.elapsed());
    let mut said = String::new();
    lines.read_to_string(&mut said).unwrap();
    assert!(said.contains("stopped: "), "{said}");
    drop(end);
    serving.join().unwrap();
}

#[test]
fn a_device_stops_when_its_code_expires_or_the_user_presses_ctrl_c() {
    let (listener, url) = listener();
    let polls = Arc::new(AtomicUsize::new(0));
    let polled = polls.clone();
    std::thread::spawn(move || {
        answer(&listener, vec![begun(3)]);
        loop {
            answer(&listener, vec![error(400, "authorization_pending")]);
            polled.fetch_add(1, SeqCst);
        }
    });
    let done = Done::of(device(&url, &signer(), &[]).wait_with_output().unwrap());
    done.fails("no tokens came before the code expired; begin again");
    // The third would come after three seconds. Where the machine is late, the second may, too.
    assert!((1..=2).contains(&polls.load(SeqCst)), "{polls:?}");
    #[cfg(unix)]
    {
        let (url, serving) = server(vec![begun(900)]);
        let mut child = device(&url, &signer(), &[]);
        let (_, mut lines) = shown(&mut child);
        serving.join().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(pressed.success());
        let mut said = String::new();
        lines.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(said.contains("stopped: ") && !said.contains("panicked"), "{said}");
    }
}
