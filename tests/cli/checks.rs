//! `latchkey token check`: what it says of a deployment that works, and of one that does not.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use crate::place::Place;
use crate::wire::message;

const CHECK: [&str; 5] = ["token", "check", "--institution", "128807", "--scope"];

fn verdicts(found: &Value) -> Vec<(&str, &str)> {
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["step"].as_str().unwrap(), step["verdict"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_check_takes_a_token_through_its_life_and_leaves_none_behind() {
    let place = Place::new();
    let key = place.create();
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP refresh_token"]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("ok ")).count(), 4, "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().filter(|line| line.starts_with("left out ")).count(), 2, "{}{}", done.out, done.err);
    let grants = place.admin(&["grant", "list", "--json", "--client-id", key["client_id"].as_str().unwrap()]).json();
    let revoked: Vec<_> = grants.as_array().unwrap().iter().map(|grant| grant["state"].as_str().unwrap()).collect();
    assert_eq!(revoked, ["revoked"], "{grants}");
    for secret in ["tk_", "rt_"] {
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{}{}", done.out, done.err);
    }
}

#[test]
fn a_client_that_may_introspect_sees_its_token_before_and_after_the_revocation() {
    let place = Place::new();
    let key = place.create();
    place.admin(&["client", "update", key["client_id"].as_str().unwrap(), "--introspects", "WMS_NCIP"]);
    let found = place.client(&key, &[&CHECK[..], &["WMS_NCIP", "--json"]].concat()).json();
    let expected = [
        ("get a token", "ok"),
        ("refresh it", "left_out"),
        ("introspect it", "ok"),
        ("revoke it", "ok"),
        ("introspect it once more", "ok"),
    ];
    assert_eq!(verdicts(&found), expected, "{found}");
}

#[test]
fn a_check_that_gets_no_token_says_what_the_service_says_and_fails() {
    let place = Place::new();
    let mut key = place.create();
    let done = place.client(&key, &[&CHECK[..], &["NOT_REGISTERED"]].concat());
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(
        done.out.starts_with("FAILED    get a token") && done.out.contains("invalid_scope: "),
        "{}{}",
        done.out,
        done.err
    );
    done.fails("1 of 1 steps failed");
    key["secret"] = "a secret that is another one".into();
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP"]].concat());
    assert!(done.code == 1 && done.out.contains("invalid_client: "), "{}{}", done.out, done.err);
}

#[test]
fn a_step_that_fails_does_not_keep_the_token_from_being_revoked() {
    let mut place = Place::new();
    let key = place.create();
    place.server.url = refusing_refreshes(place.server.url.trim_start_matches("http://").to_owned());
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP refresh_token"]].concat());
    done.fails("2 of 6 steps failed");
    assert!(
        done.out.contains("FAILED    refresh it  ") && done.out.contains("temporarily_unavailable: away"),
        "{}",
        done.out
    );
    let grants = place.admin(&["grant", "list", "--json", "--client-id", key["client_id"].as_str().unwrap()]).json();
    assert_eq!(grants[0]["state"], "revoked", "{grants}");
}

#[test]
fn a_step_that_gets_no_answer_of_the_service_is_a_failed_one_too() {
    let mut place = Place::new();
    let key = place.create();
    let server = place.server.url.trim_start_matches("http://").to_owned();
    place.server.url = refusing_refreshes_with(server, "<html>\u{1b}]0;x\u{7}502</html>");
    let done = place.client(&key, &[&CHECK[..], &["WMS_NCIP refresh_token"]].concat());
    done.fails("2 of 6 steps failed");
    assert!(done.out.contains("the server's answer is not JSON") && !done.out.contains('\u{1b}'), "{}", done.out);
    let grants = place.admin(&["grant", "list", "--json", "--client-id", key["client_id"].as_str().unwrap()]).json();
    assert_eq!(grants[0]["state"], "revoked", "{grants}");
}

fn refusing_refreshes(server: String) -> String {
    refusing_refreshes_with(server, r#"{"error":"temporarily_unavailable","error_description":"away"}"#)
}

/// A proxy in front of a server that answers refreshes by itself, with a 503. Returns its URL.
fn refusing_refreshes_with(server: String, answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let mut to = near.unwrap();
            let (head, body) = message(&mut BufReader::new(to.try_clone().unwrap())).unwrap();
            if head.starts_with("POST /oauth2/refreshToken") {
                let head = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length";
                to.write_all(format!("{head}: {}\r\n\r\n{answer}", answer.len()).as_bytes()).unwrap();
                continue;
            }
            let mut far = TcpStream::connect(&server).unwrap();
            far.write_all(&[head.as_bytes(), &body].concat()).unwrap();
            let (head, body) = message(&mut BufReader::new(far)).unwrap();
            let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            to.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        }
    });
    url
}
