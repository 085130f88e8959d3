//! `latchkey user`, `institution` and `scope`, over a running local server.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use latchkey_oauth::form::encode;
use serde_json::Value;

use crate::place::{Done, Place};

/// A command with something on its standard input.
pub fn typed(place: &Place, arguments: &[&str], input: &str) -> Done {
    fed(place.command(arguments), input)
}

/// The same, of a command that is there.
pub fn fed(mut command: Command, input: &str) -> Done {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Done::of(child.wait_with_output().unwrap())
}

/// One request on the pages, with the least that a browser sends.
fn browse(place: &Place, head: &str, body: &str) -> String {
    let host = place.server.url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(stream, "{head}\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The demo user signs in: the answer's status.
pub fn sign_in(place: &Place, fields: &str) -> u16 {
    let query = "client_id=demo&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&response_type=code&scope=WMS_NCIP\
                 &authenticatingInstitutionId=128807&contextInstitutionId=128807";
    let page = browse(place, &format!("GET /oauth2/authorizeCode?{query} HTTP/1.1"), "");
    let between =
        |before: &str, after: &str| page.split(before).nth(1).unwrap().split(after).next().unwrap().to_owned();
    let cookie = between("set-cookie: ", ";");
    let form = between("name=\"form\" value=\"", "\"");
    let head = format!(
        "POST /oauth2/authorizeCode HTTP/1.1\r\ncookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded"
    );
    let answer = browse(place, &head, &format!("form={}&username=demo&{fields}&action=sign_in", encode(&form)));
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn users_are_added_changed_disabled_and_listed() {
    let place = Place::new();
    let added =
        typed(&place, &["user", "add", "--institution", "128807", " Alice ", "--json"], "moss under the pier\n").json();
    assert_eq!(
        (added["username"].as_str(), added["principal_idns"].as_str()),
        (Some("alice"), Some("urn:latchkey:128807"))
    );
    assert_eq!(added["principal_id"].as_str().unwrap().len(), 36);
    let named =
        ["user", "add", "--institution", "91475", "bob", "--principal-id", "b", "--principal-idns", "urn:x", "--json"];
    assert_eq!(typed(&place, &named, "moss under the pier").json()["principal_id"], "b");
    let apart =
        ["user", "add", "--institution", "91475", "eve", "--principal-id", "zoe\u{308}", "--principal-idns", "urn:x"];
    let added = typed(&place, &[&apart[..], &["--json"]].concat(), "moss under the pier").json();
    assert_eq!(added["principal_id"], "zo\u{EB}", "one form, however it is written");
    for (id, reason) in [("", "one line"), ("a\nb", "one line"), (&"x".repeat(201), "at most 200 bytes")] {
        let mut wrong = apart;
        wrong[6] = id;
        typed(&place, &wrong, "moss under the pier").fails(reason);
    }
    let unseen = ["user", "add", "--institution", "128807", "al\u{200b}ice"];
    typed(&place, &unseen, "moss under the pier\n").fails("invisible or turns writing around");
    let twice = ["user", "add", "--institution", "128807", "ALICE"];
    typed(&place, &twice, "moss under the pier\n").fails("a user with this username already exists");
    typed(&place, &["user", "add", "--institution", "4711", "carol"], "moss under the pier\n")
        .fails("latchkey institution add");
    for (password, reason) in [
        ("fourteen signs\n", "at least 15 characters"),
        ("", "at least 15"),
        (&"x".repeat(1025), "at most 1024"),
        ("carol carol carol", "made of the username"),
        ("latchkey latchkey", "made of the username or of the service's name"),
        ("passwordpassword1", "one of the first that are guessed"),
    ] {
        let refused = typed(&place, &["user", "add", "--institution", "128807", "carol"], password);
        assert!(password.is_empty() || !refused.err.contains(password.trim_end()), "{}", refused.err);
        refused.fails(reason);
    }
    typed(&place, &["user", "list", "--institution", "#"], "").fails("letters, digits");
    typed(&place, &["user", "add", "--institution", "128807", "\t"], "moss under the pier").fails("1 to 128 bytes");
    typed(&place, &["user", "passwd", "--institution", "128807", "carol"], "moss under the pier")
        .fails("has no such user");
    typed(&place, &["user", "passwd", "--institution", "128807", "alice", "--json"], "eleven quiet herons").json();
    let disabled = place.admin(&["user", "disable", "--institution", "128807", "alice", "--json"]).json();
    assert_eq!(disabled["disabled"], true);
    let list = place.admin(&["user", "list", "--institution", "128807", "--json"]);
    assert!(!list.out.contains("argon2"), "{}", list.out);
    let names: Vec<_> = list.json().as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, ["alice", "demo"]);
    assert_eq!(
        place.admin(&["user", "enable", "--institution", "128807", "alice", "--json"]).json()["disabled"],
        false
    );
}

#[test]
fn institutions_and_scopes_get_names() {
    let place = Place::new();
    place.admin(&["institution", "add", "42", "--name", "A \u{202e}trick"]).fails("one line");
    place.admin(&["institution", "add", "#", "--name", "X"]).fails("letters, digits");
    place.admin(&["institution", "add", "42", "--name", "Another", "--json"]).json();
    place.admin(&["institution", "add", "42", "--name", "Renamed", "--json"]).json();
    let list = place.admin(&["institution", "list", "--json"]).json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|known| known["name"].clone()).collect();
    assert_eq!(names, ["Demo Library", "Renamed", "Second Library"]);
    place.admin(&["scope", "describe", "refresh_token", "--name", "X"]).fails("--grant-type refresh_token");
    place.admin(&["scope", "describe", "WMS_NCIP", "--name", "Loans", "--json"]).json();
    let list = place.admin(&["scope", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().iter().find(|known| known["scope"] == "WMS_NCIP").unwrap()["name"], "Loans");
}

#[test]
fn a_users_lines_in_the_log_are_found_by_the_pseudonym() {
    let place = Place::new();
    let print = |name: &str, more: &[&str]| {
        place.admin(&[&["user", "log-id", "--institution", "128807", name, "--json"], more].concat()).json()
    };
    let alice = print("alice", &[]);
    assert_eq!(alice, print(" ALICE", &[]), "as the name is counted, whether there is such a user or not");
    assert_ne!(alice, print("bob", &[]));
    let with = print("alice", &["--address", "2001:db8:1:2:3::4"]);
    assert_eq!(with[0]["user_log_id"], alice[0]["user_log_id"]);
    assert!(alice[0]["network_log_id"].is_null() && with[0]["network_log_id"].is_string(), "{with}");
    assert_eq!(with, print("alice", &["--address", "2001:db8:1:2::5"]), "one network");
    assert_ne!(with, print("alice", &["--address", "2001:db8:1:3::5"]));
    let file = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("new:{}=\n{kept}", "A".repeat(43))).unwrap();
    let both = print("alice", &[]);
    // Those under the first key come first, and each from before is still there: of the set of keys, and of earlier versions.
    let (before, now) = (alice.as_array().unwrap(), both.as_array().unwrap());
    assert_eq!(now.len(), 2 * before.len());
    assert!(both[0]["user_log_id"].as_str().unwrap().starts_with("pages/new."), "{both}");
    assert!(before.iter().all(|id| now.contains(id)), "{both}");
    // A user whom the institution's provider names is another one, and a letter's case counts.
    let named = print("alice", &["--namespace", "urn:x"]);
    assert!(
        ![&alice, &print("Alice", &["--namespace", "urn:x"]), &print("alice", &["--namespace", "urn:y"])]
            .iter()
            .any(|other| other[0]["user_log_id"] == named[0]["user_log_id"])
    );
    place.admin(&["user", "log-id", "--institution", "128807", "\t"]).fails("1 to 128 bytes");
    place.admin(&["user", "log-id", "--institution", "128807", "a", "--address", "example.org"]).fails("invalid IP");
}

/// The operator may ask for less, and is told what that means.
#[test]
fn an_operator_may_take_shorter_passwords_with_a_warning_and_no_common_ones() {
    let place = Place::new();
    let add = |name: &str, password: &str, length: &str| {
        let mut command = place.command(&["user", "add", "--institution", "128807", name, "--json"]);
        command.env("LATCHKEY_PASSWORD_LENGTH", length);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        Done::of(child.wait_with_output().unwrap())
    };
    let shorter = add("carol", "moss pier 7q", "12");
    assert!(shorter.code == 0 && shorter.err.contains("warning: LATCHKEY_PASSWORD_LENGTH is 12"), "{}", shorter.err);
    let usual = add("dave", "moss under the pier", "15");
    assert!(usual.code == 0 && !usual.err.contains("warning"), "{}", usual.err);
    add("erin", "password", "8").fails("one of the first that are guessed");
    for length in ["7", "65", "-1", "fifteen"] {
        add("erin", "moss under the pier", length).fails("a number of characters, 8 to 64");
    }
}

/// An account that takes a password only from browsers that have signed in to it before takes it from any browser again.
#[test]
fn an_operator_unlocks_an_account_and_the_record_says_who() {
    let place = Place::new();
    let unlock = |name: &str| place.admin(&["user", "unlock", "--institution", "128807", name, "--json"]);
    let before = unlock("demo").json();
    assert_eq!((&before["wrong_passwords"], &before["was_locked"]), (&Value::from(0), &Value::from(false)));
    for _ in 0..3 {
        assert_eq!(sign_in(&place, "password=wrong"), 403);
    }
    assert_eq!(unlock("demo").json()["wrong_passwords"], 3);
    assert_eq!(unlock("demo").json()["wrong_passwords"], 0);
    assert_eq!(sign_in(&place, "password=latchkey"), 303, "the local server's own user is exempt from the rules");
    assert_eq!(sign_in(&place, "password=wrong"), 403);
    typed(&place, &["user", "passwd", "--institution", "128807", "demo", "--json"], "moss under the pier").json();
    assert_eq!(unlock("demo").json()["wrong_passwords"], 0, "a new password ends the count");
    unlock("carol").fails("has no such user");
}

/// RFC 6238: what the app is given works, and each recovery code once. The codes of apps by others are in tests/python.
#[test]
fn a_user_gets_a_second_factor_new_recovery_codes_and_loses_both() {
    let place = Place::new();
    let totp = |what: &str| place.admin(&["user", "totp", what, "--institution", "128807", "demo", "--json"]);
    for what in ["codes", "remove"] {
        totp(what).fails("the user has no second factor");
    }
    let given = totp("enrol").json();
    let uri = given["uri"].as_str().unwrap();
    let start = "otpauth://totp/Latchkey:demo%40128807?secret=";
    assert!(uri.starts_with(start) && uri.ends_with("&issuer=Latchkey&algorithm=SHA1&digits=6&period=30"), "{uri}");
    assert_eq!(uri.len(), start.len() + 32 + "&issuer=Latchkey&algorithm=SHA1&digits=6&period=30".len());
    totp("enrol").fails("has a second factor already");
    let shown = place.admin(&["user", "show", "--institution", "128807", "demo", "--json"]).json();
    assert_eq!(shown["second_factor"], "totp");
    let codes = |given: &Value| -> Vec<String> { serde_json::from_value(given["recovery_codes"].clone()).unwrap() };
    let first = codes(&given);
    assert!(first.len() == 10 && first.iter().all(|code| code.len() == 29), "{first:?}");
    let with = |code: &str| sign_in(&place, &format!("password=latchkey&code={code}"));
    assert_eq!(with(""), 403);
    assert_eq!((with(&first[0]), with(&first[0]), with(&first[1])), (303, 403, 303));
    let second = codes(&totp("codes").json());
    assert_eq!((with(&first[2]), with(&second[2])), (403, 303));
    assert_eq!(totp("remove").json()["second_factor"], Value::Null);
    assert_eq!(with(""), 303);
    assert_eq!(with(&second[3]), 303, "what stands in the field does not matter then");
    let again = codes(&totp("enrol").json());
    assert_eq!((with(&second[4]), with(&again[4])), (403, 303));
}

#[test]
fn an_enrolment_shows_a_picture_for_the_app_and_the_uri_and_codes_to_copy() {
    let place = Place::new();
    let shown = place.admin(&["user", "totp", "enrol", "--institution", "128807", "demo"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    let picture: Vec<_> = shown.out.lines().take_while(|line| !line.is_empty()).collect();
    let wide = picture.iter().map(|line| line.chars().count()).collect::<std::collections::BTreeSet<_>>();
    assert!(wide.len() == 1 && picture.len() * 2 >= *wide.first().unwrap(), "{}", shown.out);
    assert!(picture.iter().all(|line| line.chars().all(|block| " \u{2580}\u{2584}\u{2588}".contains(block))));
    assert!(shown.out.lines().any(|line| line.starts_with("otpauth://totp/")), "{}", shown.out);
    assert_eq!(shown.out.lines().filter(|line| line.len() == 29 && line.matches('-').count() == 5).count(), 10);
}

/// Beside a second factor a password may be shorter (NIST SP 800-63B-4 section 3.1.1.2).
#[test]
fn a_password_beside_a_second_factor_may_have_eight_characters() {
    let place = Place::new();
    let passwd = ["user", "passwd", "--institution", "128807", "demo", "--json"];
    typed(&place, &passwd, "k7vQ2pLw9z").fails("at least 15 characters");
    place.admin(&["user", "totp", "enrol", "--institution", "128807", "demo", "--json"]).json();
    typed(&place, &passwd, "k7vQ2pLw9z").json();
    typed(&place, &passwd, "k7#vQ2!p").json();
    typed(&place, &passwd, "k7vQ2pL").fails("at least 8 characters");
    typed(&place, &passwd, "password").fails("one of the first that are guessed");
}

#[test]
fn a_rotated_key_seals_second_factors_anew() {
    let place = Place::new();
    let totp = |what: &[&str]| place.admin(&[&["user", "totp"], what, &["--json"]].concat());
    let given = totp(&["enrol", "--institution", "128807", "demo"]).json();
    let code = |at: usize| given["recovery_codes"][at].as_str().unwrap().to_owned();
    let resealed = |done: Done| done.json()["resealed"].as_u64();
    assert_eq!(resealed(totp(&["reseal"])), Some(0));
    let file = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&file).unwrap();
    let new = format!("new:{}=\n", "A".repeat(43));
    std::fs::write(&file, format!("{new}{kept}")).unwrap();
    assert_eq!(resealed(totp(&["reseal"])), Some(1));
    assert_eq!(resealed(totp(&["reseal"])), Some(0));
    let records = place.records(&["--what", "user totp reseal"]);
    let steps: Vec<_> = records.iter().map(|record| (record["step"].clone(), record["items"].clone())).collect();
    let [of_none, of_one] = [0, 1].map(|items| ["done", "begun"].map(|step| (Value::from(step), Value::from(items))));
    let change = (Value::Null, Value::Null);
    let [done, begun] = of_one;
    // A run without anything to do has its two records, too.
    assert_eq!(steps, [&of_none[..], &[done, change, begun], &of_none].concat());
    // The server knows only the old key: it asks an operator for help, and refuses the sign-in.
    assert_eq!(sign_in(&place, &format!("password=latchkey&code={}", code(0))), 503);
    std::fs::write(&file, &kept).unwrap();
    let lost = totp(&["reseal"]);
    assert!(lost.err.contains("user demo of institution 128807: no sealing key has the name"), "{}", lost.err);
    lost.fails("1 of the secrets could not be sealed anew");
    std::fs::write(&file, format!("{kept}{new}")).unwrap();
    assert_eq!(resealed(totp(&["reseal"])), Some(1));
    assert_eq!(sign_in(&place, &format!("password=latchkey&code={}", code(0))), 303);
}
