//! Who makes a change: whom AWS names, or whom the operator says.

use std::io::{BufReader, Write};
use std::net::TcpListener;

use latchkey_cli::local::AUDIT_TABLE;

use crate::place::{Done, Place, run};
use crate::wire::message;

/// An STS that answers every request so.
fn sts(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            message(&mut BufReader::new(stream.try_clone().unwrap()));
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

const KNOWN: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/Operator/alice</Arn><UserId>A:alice</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
macro_rules! refusal {
    ($code:literal) => {
        concat!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>",
            $code,
            "</Code><Message>no</Message></Error></ErrorResponse>"
        )
    };
}

/// A command against a deployment, whose DynamoDB is the server's.
fn deployed(place: &Place, more: &[(&str, &str)], arguments: &[&str]) -> Done {
    let environment = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_ENDPOINT_URL_DYNAMODB", place.server.dynamodb_url.as_str()),
        ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
        ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
        ("LATCHKEY_USERS_TABLE", "latchkey-users"),
    ];
    run(place.folder.path(), &[&environment, more].concat(), arguments)
}

#[test]
fn who_changes_a_deployment_is_whom_aws_names_or_whom_the_operator_says() {
    let place = Place::new();
    let describe = |name: &'static str| ["scope", "describe", "LAB", "--name", name];
    let audit = ("LATCHKEY_AUDIT_TABLE", AUDIT_TABLE);
    // As it was before there were records: the change is made, and says that none is kept.
    let before = deployed(&place, &[], &describe("One"));
    assert!(before.code == 0 && before.err.contains("LATCHKEY_AUDIT_TABLE is not set"), "{}", before.err);
    assert_eq!(before.err.lines().count(), 1, "{}", before.err);
    assert!(place.records(&[]).is_empty());
    deployed(&place, &[], &["audit", "list"]).fails("LATCHKEY_AUDIT_TABLE is not set");

    let known = sts("200 OK", KNOWN);
    let done = deployed(&place, &[audit, ("AWS_ENDPOINT_URL_STS", &known)], &describe("Two"));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let arn = "arn:aws:sts::111122223333:assumed-role/Operator/alice";
    let record = &place.records(&[])[0];
    assert!(record["actor"] == arn && record["actor_said"].is_null(), "{record}");
    let described = &record["changes"][0];
    assert_eq!(described["removed"][0], "LAB One");
    assert_eq!(described["added"][0], "LAB Two");

    let refusing = |body| sts("403 Forbidden", body);
    let away = "http://127.0.0.1:9".to_owned();
    let (name, expired, refused) =
        ("--actor NAME", "have expired; sign in again", "AWS does not accept the credentials; check access key");
    for (endpoint, reason, advice) in [
        (refusing(refusal!("AccessDenied")), "sts:GetCallerIdentity: AccessDenied", name),
        (away, "sts:GetCallerIdentity: no answer", name),
        (sts("200 OK", "<html>"), "sts:GetCallerIdentity: ", name),
        // Credentials that no service takes: a name would not help.
        (refusing(refusal!("ExpiredToken")), "sts:GetCallerIdentity: ExpiredToken", expired),
        (refusing(refusal!("InvalidClientTokenId")), "sts:GetCallerIdentity: InvalidClientTokenId", refused),
        (refusing(refusal!("SignatureDoesNotMatch")), "sts:GetCallerIdentity: SignatureDoesNotMatch", refused),
    ] {
        let done = deployed(&place, &[audit, ("AWS_ENDPOINT_URL_STS", &endpoint)], &describe("Three"));
        done.fails(reason);
        done.fails(advice);
        assert!(done.err.contains("nothing is done yet") && done.err.lines().count() == 1, "{}", done.err);
        assert_eq!(done.err.contains("--actor"), advice == name, "{}", done.err);
        assert_eq!(place.records(&[]).len(), 1, "nothing is done");
    }
    let unknown = refusing(refusal!("AccessDenied"));
    let said = [&describe("Three")[..], &["--actor", "alice of the night shift"]].concat();
    let done = deployed(&place, &[audit, ("AWS_ENDPOINT_URL_STS", &unknown)], &said);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let record = &place.records(&[])[0];
    assert!(record["actor"].is_null() && record["actor_said"] == "alice of the night shift", "{record}");
    let listed = deployed(&place, &[audit], &["audit", "list"]);
    assert!(listed.out.contains("(said)"), "{}", listed.out);
    assert_eq!(deployed(&place, &[audit], &["scope", "list"]).err, "", "a command that reads needs no name");
}
