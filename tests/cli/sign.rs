//! `latchkey sign` and `latchkey token show`: what needs no server.

use crate::place::run;

#[test]
fn a_fixed_timestamp_and_nonce_reproduce_a_published_signature() {
    let folder = tempfile::tempdir().unwrap();
    let sign = [
        "sign",
        "--client-id",
        "test",
        "--secret",
        "secret",
        "--method",
        "GET",
        "--timestamp",
        "1386968102",
        "--nonce",
        "2382dbb7",
        "http://www.oclc.org/test",
    ];
    let plain = run(folder.path(), &[], &sign);
    assert_eq!(
        plain.out.trim(),
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"test\", timestamp=\"1386968102\", \
         nonce=\"2382dbb7\", signature=\"y0avD+LN2+UwehWjnezKgtECVcpD6a9ff7HBldQfKUQ=\""
    );
    let curl = run(folder.path(), &[], &[&sign[..], &["--curl"]].concat());
    let lower = run(
        folder.path(),
        &[],
        &[&sign[..], &["--curl"]]
            .concat()
            .iter()
            .map(|word| if *word == "GET" { "get" } else { *word })
            .collect::<Vec<_>>(),
    );
    assert_eq!(lower.out, curl.out, "what is signed is what is sent");
    assert!(
        curl.out.starts_with("curl -sS --globoff -X GET 'http://www.oclc.org/test'")
            && curl.out.contains("y0avD+LN2+Uweh")
    );
    let json = run(folder.path(), &[], &[&sign[..], &["--json", "--text"]].concat()).json();
    assert_eq!(json["signed_text"], "test\n1386968102\n2382dbb7\n\nGET\nwww.oclc.org\n443\n/wskey\n");
    let other = run(folder.path(), &[], &[&sign[..], &["--signature-host", "auth.example"]].concat());
    let environment = [("LATCHKEY_SIGNATURE_HOST", "auth.example"), ("LATCHKEY_SIGNATURE_PORT", "")];
    assert_eq!(run(folder.path(), &environment, &sign).out, other.out);
    assert!(other.out.contains("signature=\"") && other.out != plain.out);
}

#[test]
fn a_token_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("tk_{}", "A".repeat(64));
    let shown = run(folder.path(), &[], &["token", "show", &token, "--json"]).json();
    assert_eq!((&shown["kind"], &shown["minted_by"]), (&"access token".into(), &"a refresh".into()));
    run(folder.path(), &[], &["token", "show", "x"]).fails("not a token");
}

/// Answers every request that comes, and keeps what was sent.
fn recorder() -> (String, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            let (mut sent, mut buffer) = (Vec::new(), [0; 4096]);
            // Until the head and, where it announces one, the body is there.
            loop {
                let text = String::from_utf8_lossy(&sent).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let head = head.to_lowercase();
                    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                    if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                        break;
                    }
                }
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "{text}");
                sent.extend_from_slice(&buffer[..read]);
            }
            let answer =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            stream.write_all(answer.as_bytes()).unwrap();
            sender.send(String::from_utf8(sent).unwrap()).unwrap();
        }
    });
    (url, receiver)
}

/// The query of a recorded request, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = latchkey_oauth::form::Pairs::parse(query.as_bytes()).unwrap();
    pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_printed_curl_command_sends_the_signed_request_once_in_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("it's [1-2].txt"), "a=1").unwrap();
    let (base, sent) = recorder();
    let has = |program: &str| std::process::Command::new(program).arg("-c").arg("true").status().is_ok();
    assert!(has("curl") || std::env::var_os("CI").is_none(), "CI has curl");
    let shells = ["sh", "bash", "dash", "zsh", "fish"].into_iter().filter(|shell| has("curl") && has(shell));
    for shell in shells {
        for (query, method) in [
            ("x=[1-3]", "POST"),
            ("x={a,b}&y=[a-c]", "POST"),
            ("scope=a b", "POST"),
            ("scope=a+b%20c", "PUT"),
            ("x=it's&y=\"q\"&z=`id`$HOME$(id)!x!\\n", "POST"),
            ("x=é%C3%A9&y=~*?&z=%5B1-2%5D", "GET"),
            ("x=<a|b>^&y=\ttab", "POST"),
            ("x=1#fragment", "HEAD"),
        ] {
            let url = format!("{base}/oauth2/accessToken?{query}");
            let sign = ["sign", "--client-id", "k'e\\y!", "--secret", "s", "--curl", "--method", method, &url];
            let printed = run(folder.path(), &[], &sign);
            assert_eq!(printed.code, 0, "{}", printed.err);
            let done = std::process::Command::new(shell)
                .current_dir(folder.path())
                .args(["-c", &printed.out])
                .env("NO_PROXY", "127.0.0.1")
                .output()
                .unwrap();
            assert!(done.status.success(), "{shell}: {}{}", printed.out, String::from_utf8_lossy(&done.stderr));
            let request = sent.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
            let line = request.lines().next().unwrap();
            let target =
                line.strip_prefix(&format!("{method} /oauth2/accessToken?")).unwrap_or_else(|| panic!("{line}"));
            let expected = pairs(query.split('#').next().unwrap());
            assert_eq!(pairs(target.strip_suffix(" HTTP/1.1").unwrap()), expected, "{shell}: {line}");
            assert!(request.contains("clientId=\"k'e\\y!\", timestamp="), "{shell}: {request}");
            assert!(sent.try_recv().is_err(), "{shell}: {query} is sent once");
        }
        let body = ["sign", "--client-id", "k", "--secret", "s", "--curl", "--body", "it's [1-2].txt", &base];
        let printed = run(folder.path(), &[], &body);
        let mut command = std::process::Command::new(shell);
        command.current_dir(folder.path()).args(["-c", &printed.out]).env("NO_PROXY", "127.0.0.1");
        assert!(command.output().unwrap().status.success(), "{shell}: {}", printed.out);
        let request = sent.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        assert!(request.contains("bodyhash=\"") && request.ends_with("\r\n\r\na=1"), "{request}");
    }
}

#[test]
fn a_token_or_a_code_is_sent_in_a_form_under_a_body_hash_and_never_in_a_url() {
    let folder = tempfile::tempdir().unwrap();
    let (base, sent) = recorder();
    let environment = [("LATCHKEY_URL", base.as_str()), ("LATCHKEY_CLIENT_ID", "key"), ("LATCHKEY_SECRET", "secret")];
    let token = "rt_s3cr3t";
    for (arguments, path, form) in [
        (vec!["token", "introspect", token], "/oauth2/introspect", "token=rt_s3cr3t"),
        (vec!["token", "revoke", token], "/oauth2/revoke", "token=rt_s3cr3t"),
        (vec!["token", "refresh", token], "/oauth2/refreshToken", "grant_type=refresh_token&refresh_token=rt_s3cr3t"),
        (
            vec!["token", "redeem", token, "--redirect-uri", "https://a/b", "--institution", "1"],
            "/oauth2/accessToken",
            "grant_type=authorization_code&code=rt_s3cr3t&authenticatingInstitutionId=1&contextInstitutionId=1\
             &redirect_uri=https%3A%2F%2Fa%2Fb",
        ),
    ] {
        assert_eq!(run(folder.path(), &environment, &arguments).code, 0);
        let request = sent.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!((head.lines().next().unwrap(), body), (&*format!("POST {path} HTTP/1.1"), form));
        let hash = latchkey_oauth::client_auth::wskey::body_hash(form.as_bytes());
        assert!(head.contains(&format!("bodyhash=\"{hash}\"")) && !head.contains("s3cr3t"), "{head}");
        assert!(head.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    }
}

#[test]
fn what_no_header_and_no_signed_text_can_hold_is_refused_by_its_option() {
    let folder = tempfile::tempdir().unwrap();
    for (option, value, said) in [
        ("--timestamp", "1361408273000", "counts milliseconds"),
        ("--timestamp", "2013-02-21T00:57:53Z", "ISO 8601"),
        ("--nonce", "a\"b", "double quotes"),
        ("--nonce", "a\nb", "on one line"),
        ("--principal-id", "j\u{fffd}rg", "U+FFFD"),
        ("--method", "GE T", "an HTTP method"),
        ("--signature-host", " www.oclc.org", "a host name"),
        ("--signature-host", "https://www.oclc.org", "a host name"),
        ("--signature-port", "0", "a port"),
        ("--signature-path", "wskey", "begins with a slash"),
    ] {
        let user = if option == "--principal-id" { vec!["--principal-idns", "urn:x"] } else { Vec::new() };
        let sign = ["sign", "--client-id", "k", "--secret", "s", option, value, "http://a/"];
        run(folder.path(), &[], &[&sign[..], &user].concat()).fails(said);
    }
    let sign = ["sign", "--client-id", "k", "--secret", "s", "http://a/"];
    for (name, value) in [("LATCHKEY_SIGNATURE_HOST", "https://www.oclc.org"), ("LATCHKEY_SIGNATURE_PATH", "wskey")] {
        run(folder.path(), &[(name, value)], &sign).fails(&format!("{name} must be "));
        run(folder.path(), &[(name, value)], &["serve", "--memory", "--port", "0", "--dynamodb-port", "0"])
            .fails(&format!("{name} must be "));
    }
}

#[test]
fn an_event_is_what_the_gateway_makes_of_the_signed_request() {
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("form.txt");
    std::fs::write(&body, "token=tk_x").unwrap();
    let key = ["sign", "--event", "--client-id", "test", "--secret", "secret"];
    let event = |more: &[&str]| run(folder.path(), &[], &[&key[..], more].concat());
    let query = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token";
    let url = format!("http://127.0.0.1:3000/oauth2/accessToken?{query}");
    let done = event(&[&url]);
    let read = done.json();
    assert_eq!(read["version"], "2.0");
    assert_eq!(read["routeKey"], "POST /oauth2/accessToken");
    assert_eq!(read["rawQueryString"], query);
    assert_eq!(read["requestContext"]["http"]["method"], "POST");
    assert_eq!(read["requestContext"]["domainName"], "127.0.0.1:3000");
    let with_user = event(&["https://name:password@auth.example:8443/oauth2/accessToken"]);
    assert_eq!(with_user.json()["headers"]["host"], "auth.example:8443");
    assert!(!with_user.out.contains("password"), "{}", with_user.out);
    let header = read["headers"]["authorization"].as_str().unwrap();
    assert!(header.starts_with("http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"test\""), "{header}");
    assert!(done.err.contains("sam local invoke IssueFunction --event FILE"), "{}", done.err);
    for (method, path, function) in [
        ("POST", "/oauth2/refreshToken", "RefreshFunction"),
        ("PUT", "/oauth2/revoke", "RevokeFunction"),
        ("GET", "/.well-known/oauth-authorization-server", "IntrospectFunction"),
    ] {
        let done = event(&["--method", method, &format!("https://auth.example{path}")]);
        assert_eq!(done.json()["rawPath"], path);
        assert!(done.err.contains(function), "{path}: {}", done.err);
    }
    let posted = event(&["--body", body.to_str().unwrap(), "https://auth.example/oauth2/introspect"]).json();
    assert_eq!((&posted["body"], &posted["isBase64Encoded"]), (&"dG9rZW49dGtfeA==".into(), &true.into()));
    assert_eq!(posted["headers"]["content-type"], "application/x-www-form-urlencoded");
    assert!(posted["headers"]["authorization"].as_str().unwrap().contains("bodyhash="));
    event(&["https://auth.example/oauth2/acessToken"]).fails("no function serves POST /oauth2/acessToken");
    event(&["--method", "GET", &url]).fails("no function serves GET /oauth2/accessToken");
    event(&["/oauth2/accessToken"]).fails("the URL has no host");
    event(&["http://a b/oauth2/accessToken"]).fails("percent-encode");
    event(&["--json", &url]).fails("cannot be used with");
    event(&["--curl", &url]).fails("cannot be used with");
}
