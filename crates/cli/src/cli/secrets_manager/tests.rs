//! Two operators at one secret of Secrets Manager: what another one wrote in between decides.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
use serde_json::json;

use super::*;
use latchkey_oauth::client::new_secret;

/// Answers one request after the other, each on a connection of its own, and tells what was asked.
fn answering(answers: Vec<(u16, serde_json::Value)>) -> (SecretsManager, Receiver<(String, serde_json::Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (status, answer) in answers {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let (mut action, mut length, mut line) = (String::new(), 0, String::new());
            while stream.read_line(&mut line).unwrap() > 2 {
                let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
                match name.to_lowercase().as_str() {
                    "x-amz-target" => action = value.rsplit('.').next().unwrap().to_owned(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            tell.send((action, serde_json::from_slice(&body).unwrap())).unwrap();
            let answer = answer.to_string();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
            stream.get_mut().write_all(format!("{head}{answer}").as_bytes()).unwrap();
        }
    });
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .http_client(latchkey_dynamodb::aws::http_client(latchkey_dynamodb::roots::Roots::System))
        .endpoint_url(url)
        .build();
    (SecretsManager(Client::from_conf(config)), told)
}

fn refusing(code: &str) -> (u16, serde_json::Value) {
    (400, json!({ "__type": code, "Message": "no" }))
}

fn having(client_id: &str, version: &str) -> (u16, serde_json::Value) {
    let value = json!({ "client_id": client_id, "secret": "the other operator's" }).to_string();
    (200, json!({ "Name": "shop", "VersionId": version, "SecretString": value }))
}

/// There is no secret at the first look, and one when it is to be made. `now` is what it has then.
async fn put(now: (u16, serde_json::Value)) -> (Outcome<Kept>, Vec<(String, serde_json::Value)>) {
    let (none, exists) = (refusing("ResourceNotFoundException"), refusing("ResourceExistsException"));
    let (manager, told) = answering(vec![none, exists, now, (200, json!({ "Name": "shop", "VersionId": "ours" }))]);
    let slot = manager.slot("shop", "abc").await.unwrap();
    let kept = slot.put(&new_secret([7; 24])).await;
    (kept, told.try_iter().collect())
}

#[tokio::test]
async fn a_secret_that_another_operator_made_in_between_is_not_written_over() {
    let (kept, told) = put(having("abc", "theirs")).await;
    let kept = kept.map_err(|Failure(reason)| reason).unwrap();
    assert_eq!((kept.version.as_str(), kept.replaces.as_deref()), ("ours", Some("theirs")));
    let (action, sent) = told.last().unwrap();
    assert_eq!((action.as_str(), &sent["VersionStages"]), ("PutSecretValue", &json!([PENDING])));

    let (kept, told) = put(having("another", "theirs")).await;
    let Failure(reason) = kept.err().unwrap();
    assert!(reason.contains("something else than the secret of client abc"), "{reason}");
    assert_eq!(told.last().unwrap().0, "GetSecretValue", "nothing is written");
}

#[tokio::test]
async fn a_secret_without_a_value_gets_its_first_one() {
    let (kept, told) = put(refusing("ResourceNotFoundException")).await;
    assert_eq!(kept.map_err(|Failure(reason)| reason).unwrap().replaces, None);
    assert_eq!(told.last().unwrap().1["VersionStages"], json!([CURRENT]));
}
