//! `latchkey token login`, with a browser's part played by the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::place::Place;

/// What a browser would send, by the least that can: a GET.
fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_login_takes_no_answer_but_its_own_tells_an_error_and_redeems_the_code() {
    let place = Place::new();
    let key = place.create();
    let issuer = latchkey_oauth::form::encode(&place.server.url);
    let start = |more: &[&str]| {
        let arguments = [&["token", "login", "--scope", "WMS_NCIP", "--json"], more].concat();
        let mut command: Command = place.client_command(&key, &arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| line.unwrap().trim().strip_prefix("http").map(|rest| format!("http{rest}")));
        (child, lines, url.unwrap())
    };
    let parameter = |url: &str, name: &str| {
        let value = url.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap().to_owned();
        value.replace("%3A", ":").replace("%2F", "/").replace("%2D", "-").replace("%5F", "_").replace("%2E", ".")
    };
    for (answer, reason) in [
        ("error=access_denied&error_description=No.&state=STATE&iss=ISSUER", "access_denied: No."),
        ("state=STATE&iss=ISSUER", "without a code"),
        // Another service's, whose code would be sent to this one, or none that says whose it is (RFC 9207).
        ("code=auth_x&state=STATE&iss=https%3A%2F%2Fevil.example", "an answer of \"https://evil.example\""),
        ("code=auth_x&state=STATE&iss=ISSUER%2F", "nothing is redeemed"),
        ("code=auth_x&state=STATE", "does not name its issuer (iss)"),
        ("error=access_denied&error_description=No.&state=STATE", "does not name its issuer (iss)"),
    ] {
        let answer = answer.replace("ISSUER", &issuer);
        let (child, lines, url) = start(&["--institution", "128807"]);
        assert!(url.contains("code_challenge_method=S256") && url.contains("authenticatingInstitutionId=128807"));
        let back =
            format!("{}?{}", parameter(&url, "redirect_uri"), answer.replace("STATE", &parameter(&url, "state")));
        // What is not its own answer is waited past.
        assert!(
            visit(&format!("{}?code=auth_x&state=another", parameter(&url, "redirect_uri")))
                .contains("does not belong")
        );
        let page = visit(&back);
        assert!(page.contains("You can close this page"), "{page}");
        assert_eq!(page.contains("Done."), answer.contains("code="), "{page}");
        let said: Vec<_> = lines.map(Result::unwrap).collect();
        assert!(!child.wait_with_output().unwrap().status.success());
        assert!(said.join("\n").contains(reason), "{said:?}");
    }
    // Another program has the port.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let login = ["token", "login", "--scope", "WMS_NCIP", "--no-browser", "--callback-port", &port];
    place.client(&key, &login).fails(&format!("--callback-port {port}: "));
    // A code is redeemed. The browser's part here ends with the code that a user's consent would give.
    let id = key["client_id"].as_str().unwrap();
    place.admin(&["client", "update", id, "--redirect-uri", "http://127.0.0.1/callback"]);
    let (child, _, url) = start(&["--institution", "128807"]);
    let (redirect_uri, challenge) = (parameter(&url, "redirect_uri"), parameter(&url, "code_challenge"));
    let code = ["code", "create", "--json", "--client-id", id, "--redirect-uri", &redirect_uri, "--scope", "WMS_NCIP"];
    let code = [&code[..], &["--institution", "128807", "--code-challenge", &challenge]].concat();
    let code = place.admin(&code).json();
    let back = format!(
        "{redirect_uri}?code={}&state={}&iss={issuer}",
        code["code"].as_str().unwrap(),
        parameter(&url, "state")
    );
    assert!(visit(&back).contains("You can close this page"));
    let tokens = crate::place::Done::of(child.wait_with_output().unwrap()).json();
    assert!(tokens["access_token"].as_str().unwrap().starts_with("tk_"), "{tokens}");
}

/// A browser's part is played by GETs: the pages themselves are walked elsewhere.
#[test]
fn a_login_may_push_its_request_and_its_address_then_has_nothing_of_it() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let login = ["token", "login", "--scope", "WMS_NCIP", "--institution", "128807", "--no-browser", "--par"];
    let refused = place.client(&key, &login);
    refused.fails("the server refuses the pushed request: 400: The client is not registered with this redirect_uri.");
    let update = ["--redirect-uri", "http://127.0.0.1/callback", "--require-pushed-requests", "true"];
    place.admin(&[&["client", "update", id], &update[..]].concat());
    for method in ["wskey", "client_secret_basic", "client_secret_post", "none"] {
        let update = ["client", "update", id, "--json", "--auth-method", method];
        let update = match method {
            "none" => [&update[..], &["--grant-type", "authorization_code", "--yes"]].concat(),
            _ => update.to_vec(),
        };
        place.admin(&update).json();
        let arguments = [&login[..], &["--auth-method", method]].concat();
        let mut command = place.client_command(&key, &arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let url = lines.find_map(|line| line.trim().strip_prefix("http").map(|rest| format!("http{rest}"))).unwrap();
        let query = url.split_once('?').unwrap().1;
        let names: Vec<_> = query.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
        assert_eq!(names, ["client_id", "request_uri"], "{method}: {url}");
        let page = visit(&url);
        assert!(page.contains("name=\"username\"") && !page.contains("code_challenge"), "{method}: {page}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// `BROWSER` is the name by which Unix programs find the user's browser.
#[cfg(unix)]
#[test]
fn a_login_opens_the_browser_where_there_is_one_and_prints_the_address_anyway() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let key = place.create();
    let (browser, opened) = (place.folder.path().join("browser"), place.folder.path().join("opened"));
    std::fs::write(&browser, format!("#!/bin/sh\nprintf %s \"$1\" >'{0}.new'\nmv '{0}.new' '{0}'\n", opened.display()))
        .unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    for (more, opens) in [(&[][..], true), (&["--no-browser"], false)] {
        let mut login = place.client_command(&key, &[&["token", "login", "--scope", "WMS_NCIP"], more].concat());
        login.env("BROWSER", &browser).env("PATH", "/usr/bin:/bin");
        let mut login = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(login.stderr.take().unwrap()).lines().map(Result::unwrap);
        let printed = lines.find(|line| line.trim().starts_with("http")).unwrap();
        for _ in 0..if opens { 600 } else { 5 } {
            if opened.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let seen = std::fs::read_to_string(&opened).ok();
        assert_eq!(seen.as_deref(), opens.then_some(printed.trim()));
        let _ = std::fs::remove_file(&opened);
        login.kill().unwrap();
        login.wait().unwrap();
    }
}
