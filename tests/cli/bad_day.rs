//! `latchkey client revoke-all`: ends what a client was granted before a time, and says until when access tokens live.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use latchkey_oauth::time::instant;

use crate::place::{Done, GET, Place};

impl Place {
    fn revoke_all(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "revoke-all", id], more].concat())
    }
}

fn is_ended(done: &Done) {
    assert!(done.code == 1 && done.out.contains("ended every grant of this age"), "{} {}", done.out, done.err);
}

#[test]
fn what_a_client_was_granted_ends_at_once_and_the_command_says_until_when_access_tokens_live() {
    let place = Place::new();
    let (key, other) = (place.create(), place.create());
    let id = key["client_id"].as_str().unwrap();
    let (mine, others) = (place.client(&key, &GET).json(), place.client(&other, &GET).json());
    let asked = place.revoke_all(id, &[]);
    asked.fails(&format!("this ends everything that client {id} (App) was granted before "));
    asked.fails("nothing is done yet: add --yes to do it");
    assert_eq!(place.refresh(&key, &mine).code, 0);
    let before = latchkey_dynamodb::clock::now();
    let done = place.revoke_all(id, &["--yes", "--json"]);
    let told = done.json();
    let after = latchkey_dynamodb::clock::now();
    let until: Vec<_> = (before..=after).map(|now| instant(now + 1200)).collect();
    let said = told["access_tokens_until"].as_str().unwrap().to_owned();
    assert!(until.contains(&said), "{told}");
    let ends = format!("until {said} at the latest, if they live 1200 seconds");
    assert!(done.err.contains(&ends) && done.err.contains("latchkey grant revoke --client-id"), "{}", done.err);
    let times: Vec<_> = (before..=after).map(|now| instant(now + 1)).collect();
    assert!(times.iter().any(|time| told["not_before"] == time.as_str()), "{told}");
    is_ended(&place.refresh(&key, &mine));
    assert!(place.is_active(&mine), "an API does not ask about the client");
    assert_eq!(place.refresh(&other, &others).code, 0);
    // The command has waited until what is granted now is newer.
    let newer = place.client(&key, &GET).json();
    assert_eq!(place.refresh(&key, &newer).code, 0);
    // It goes forward only, and back as a whole.
    place.revoke_all(id, &["--yes", "--before", "2020-01-01"]).fails("is ended already");
    place.revoke_all(id, &["--yes", "--before", "2099-01-01T00:00:00Z"]).fails("is still to come");
    place.revoke_all(id, &["--yes", "--before", "yesterday"]).fails("it must be a time in UTC");
    place.revoke_all("unknown", &["--yes"]).fails("no client has the id");
    is_ended(&place.refresh(&key, &mine));
    let cleared = place.admin(&["client", "update", id, "--clear", "not-before", "--json"]).json();
    assert!(cleared["not_before"].is_null(), "{cleared}");
    assert_eq!(place.refresh(&key, &mine).code, 0);
    let named = place.revoke_all(id, &["--yes", "--before", "2020-01-01", "--json"]);
    assert_eq!(named.json()["not_before"], "2020-01-01 00:00:00Z");
    let said = "access tokens that the client has of grants from before 2020-01-01 00:00:00Z live until ";
    assert!(named.err.contains(said) && named.err.contains("to end every grant of the client now"), "{}", named.err);
    assert_eq!(place.refresh(&key, &mine).code, 0, "it is younger");
    let exported = place.admin(&["export", "all.toml"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert_eq!(place.admin(&["apply", "--plan", "all.toml"]).code, 0, "a declared file leaves it");
    assert_eq!(place.admin(&["client", "disable", id, "--json"]).json()["not_before"], "2020-01-01 00:00:00Z");
}

#[test]
fn the_commands_say_what_holds_where_the_deployment_asks_about_the_client_of_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let asks = ("LATCHKEY_CHECK_TOKEN_CLIENT", "true");
    let place = Place { server: crate::running::Running::start_with(folder.path(), &[], &[asks]), folder };
    let knowing = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = place.command(arguments);
        command.envs(environment.iter().copied());
        let before = latchkey_dynamodb::clock::now();
        let done = Done::of(command.output().unwrap());
        (done, before, latchkey_dynamodb::clock::now())
    };
    let (key, other) = (place.create(), place.create());
    let (id, another) = (key["client_id"].as_str().unwrap(), other["client_id"].as_str().unwrap());
    let api = place.admin(&["client", "create", "--json", "--name", "API", "--introspects", "*"]).json();
    let active = |tokens: &serde_json::Value| {
        let token = tokens["access_token"].as_str().unwrap();
        place.client(&api, &["token", "introspect", "--json", token]).json()["active"] == true
    };
    let (mine, others) = (place.client(&key, &GET).json(), place.client(&other, &GET).json());
    assert!(active(&mine) && active(&others));
    let named = ["client", "revoke-all", id, "--yes", "--json", "--before", "2020-01-01"];
    let (done, ..) = knowing(&named, &[asks]);
    let said = "access tokens that the client has of grants from before 2020-01-01 00:00:00Z are not good any more";
    assert!(done.code == 0 && done.err.contains(said), "{}", done.err);
    assert!(active(&mine), "it is younger");
    for (cache, seconds) in [("", 0), ("90", 90)] {
        let environment = [asks, ("LATCHKEY_TOKEN_CACHE_SECONDS", cache)];
        for arguments in
            [&["client", "revoke-all", id, "--yes", "--json"][..], &["client", "disable", another, "--json"]]
        {
            let (done, before, after) = knowing(arguments, &environment);
            let told = done.json();
            let said = done.err.contains("that the client has are not good any more")
                && done.err.contains("(LATCHKEY_CHECK_TOKEN_CLIENT)");
            let cached = format!("if it remembers for {seconds} seconds (LATCHKEY_TOKEN_CACHE_SECONDS)");
            assert!(said && done.err.contains(&cached), "{}", done.err);
            let mut until = (before..=after).map(|now| instant(now + seconds));
            assert!(
                until.any(|until| done.err.contains(&format!("passes until {until} at the latest"))),
                "{}",
                done.err
            );
            let member = told.get("access_tokens_until").and_then(|until| until.as_str());
            assert!(member.is_none_or(|until| done.err.contains(until)), "{told}");
            assert_eq!(member.is_some(), arguments[1] == "revoke-all", "a client is printed as it was");
        }
        assert!(!active(&mine) && !active(&others));
    }
    // Where the operator's environment does not have it, the command says on what it depends.
    let (done, before, after) = knowing(&["client", "disable", another], &[]);
    let mut until = (before..=after).map(|now| instant(now + 1200));
    assert!(until.any(|until| done.err.contains(&format!("live until {until} at the latest"))), "{}", done.err);
    assert!(done.err.contains("unless LATCHKEY_CHECK_TOKEN_CLIENT is true"), "{}", done.err);
    let (done, ..) = knowing(&["client", "disable", another], &[("LATCHKEY_CHECK_TOKEN_CLIENT", "on")]);
    done.fails("LATCHKEY_CHECK_TOKEN_CLIENT must be true or false");
    let help =
        place.admin(&["client", "disable", "--help"]).out + &place.admin(&["client", "revoke-all", "--help"]).out;
    assert_eq!(help.matches("LATCHKEY_CHECK_TOKEN_CLIENT").count(), 2, "{help}");
}

/// A way to the server's engine on which each answer says that it is another time.
fn with_clock(place: &Place, date: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let engine = format!("127.0.0.1:{}", place.server.dynamodb_port);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, engine) = (client.unwrap(), TcpStream::connect(&engine).unwrap());
            let (mut asks, mut asked) = (client.try_clone().unwrap(), engine.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut asks, &mut asked));
            std::thread::spawn(move || answer(engine, client, date));
        }
    });
    port
}

/// Passes answers on, with another date in their heads.
fn answer(mut engine: TcpStream, mut client: TcpStream, date: Option<&str>) {
    let mut buffer = [0; 65536];
    while let Ok(length @ 1..) = engine.read(&mut buffer) {
        let mut chunk = buffer[..length].to_vec();
        let lower = chunk.to_ascii_lowercase();
        if let Some(begin) = lower.windows(8).position(|part| part == b"\r\ndate: ") {
            let end = begin + 2 + lower[begin + 2..].windows(2).position(|part| part == b"\r\n").unwrap();
            let line = date.map(|date| format!("\r\ndate: {date}")).unwrap_or_default();
            chunk.splice(begin..end, line.into_bytes());
        }
        if client.write_all(&chunk).is_err() {
            return;
        }
    }
}

#[test]
fn a_time_that_two_clocks_do_not_agree_on_ends_nothing_unless_the_operator_names_one() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    for (date, said) in [
        (Some("Thu, 26 Nov 2020 08:15:00 GMT"), "DynamoDB's says 2020-11-26 08:15:00Z"),
        (Some("Thu, 26 Nov 2099 08:15:00 GMT"), "DynamoDB's says 2099-11-26 08:15:00Z"),
        (Some("yesterday"), "carries no time"),
        (None, "carries no time"),
    ] {
        let port = with_clock(&place, date);
        let revoke = |more: &[&str]| {
            let mut command = std::process::Command::new(crate::running::LATCHKEY);
            let at = ["client", "revoke-all", id, "--yes", "--local", "--dynamodb-port", &port];
            Done::of(command.current_dir(place.folder.path()).env_clear().args(at).args(more).output().unwrap())
        };
        let refused = revoke(&[]);
        refused.fails(said);
        refused.fails("name the time with --before");
        assert!(place.shown(id)["not_before"].is_null());
        let named = revoke(&["--before", "2020-01-01", "--json"]);
        assert_eq!(named.json()["not_before"], "2020-01-01 00:00:00Z", "{}", named.err);
        place.admin(&["client", "update", id, "--clear", "not-before"]);
    }
    let port = with_clock(&place, Some("Thu, 26 Nov 2020 08:15:00 GMT"));
    let at = ["client", "revoke-all", id, "--yes", "--before", "2021-01-01", "--local", "--dynamodb-port", &port];
    let mut command = std::process::Command::new(crate::running::LATCHKEY);
    let early = Done::of(command.current_dir(place.folder.path()).env_clear().args(at).output().unwrap());
    early.fails("is still to come");
}
