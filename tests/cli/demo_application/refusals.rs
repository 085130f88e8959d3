//! What the demo application refuses, and what it tells a reader whose walk goes wrong.

use std::time::Duration;

use http::Method;
use latchkey_oauth::form::encode;
use latchkey_testkit::world::World;
use serde_json::Value;

use super::reader::{Reader, text_of};
use crate::place::{Done, run};
use crate::running::{Running, command};

#[tokio::test]
async fn an_answer_without_a_code_or_of_another_service_is_told_and_nothing_is_redeemed() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let issuer = encode(&server.url).into_owned();
    for (answer, told) in [
        (format!("error=access_denied&error_description=No.&iss={issuer}"), "You chose Deny"),
        (
            format!("error=invalid_scope&error_description=No%20%3Cb%3E.&iss={issuer}"),
            "answered invalid_scope: No <b>.",
        ),
        (format!("error=server_error&iss={issuer}"), "answered server_error."),
        (format!("iss={issuer}"), "neither a code nor an error"),
        // Its code would be sent to a service that did not make it (RFC 9207).
        ("code=auth_x&iss=https%3A%2F%2Fevil.example".to_owned(), "names https://evil.example as its issuer"),
        (format!("code=auth_x&iss={issuer}%2F"), "redeems nothing"),
        ("code=auth_x".to_owned(), "does not name its issuer (iss)"),
        ("error=access_denied".to_owned(), "does not name its issuer (iss)"),
    ] {
        let walk = reader.begin().await;
        let request = reader.request_of(&reader.page(&format!("{walk}/ask")).await);
        let state = request.split("state=").nth(1).unwrap().split('&').next().unwrap();
        let back = reader.come_back(&format!("{}/callback?{answer}&state={state}", reader.demo)).await;
        assert_eq!(back, format!("{walk}/code"));
        let page = reader.page(&back).await;
        let text = text_of(&page);
        assert!(text.contains(told) && text.contains("Begin again"), "{told}: {text}");
        assert!(!page.text.contains("<button>Redeem") && !page.text.contains("<b>"), "{text}");
        assert_eq!(reader.press(&format!("{walk}/tokens")).await, back, "there is nothing to redeem");
    }
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_ask_for_redeems_nothing() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let (reader, stranger) = (Reader::new(&world, &server), Reader::new(&world, &server));
    let (walk, other) = (reader.begin().await, stranger.begin().await);
    let back = reader.code_for(&walk, folder.path()).await;
    // As an attacker would send it, who has a code and a state of their own (RFC 6749 section 10.12).
    let page = stranger.get(&back).await;
    assert_eq!(page.status, 400);
    let issuer = encode(&server.url).into_owned();
    for query in [
        "",
        "?",
        "?code=auth_x",
        "?state=",
        "?state=x&code=auth_x",
        "?state=%FF&code=auth_x",
        &format!("?code=auth_x&iss={issuer}"),
        &format!("?{}", "a=b&".repeat(100)),
    ] {
        let page = reader.get(&format!("{}/callback{query}", reader.demo)).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(text_of(&page).contains("belongs to no request of this browser"), "{query}: {}", page.text);
        assert!(!page.text.contains("auth_x"), "{}", page.text);
    }
    for (reader, walk) in [(&reader, &walk), (&stranger, &other)] {
        assert_eq!(reader.leads(walk).await, format!("{walk}/ask"));
    }
    assert_eq!(reader.come_back(&back).await, format!("{walk}/code"), "its own is still waited for");
}

#[tokio::test]
async fn an_expired_code_is_refused_and_the_page_says_so() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let walk = reader.begin().await;
    let back = reader.code_with(&walk, folder.path(), &[("LATCHKEY_CODE_SECONDS", "1")]).await;
    reader.come_back(&back).await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let text = text_of(&reader.act(&walk, "tokens").await);
    for told in ["Status 400", "error: invalid_grant", "its time is over", "Begin again"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(reader.leads(&format!("{walk}/end")).await, format!("{walk}/tokens"));
}

#[tokio::test]
async fn a_walk_of_before_the_server_was_started_again_is_over() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let walk = reader.begin().await;
    let back = reader.code_for(&walk, folder.path()).await;
    assert!(server.end("-INT").success());
    let server = Running::start(folder.path(), &[]);
    let back = back.replace(&reader.demo, &server.demo);
    let reader = reader.moved(&server);
    for step in ["", "/ask", "/tokens"] {
        let page = reader.get(&format!("{}{walk}{step}", reader.demo)).await;
        assert_eq!(page.status, 404, "{step}");
        assert!(text_of(&page).contains("The server was started again") && page.text.contains("action=\"/begin\""));
    }
    assert_eq!(reader.get(&back).await.status, 400);
    let pressed = reader.send(Method::POST, &format!("{}{walk}/tokens", reader.demo), &[], String::new()).await;
    assert_eq!(pressed.status, 404);
    // The old cookie is nothing that a browser is known by.
    let again = reader.begin().await;
    let back = reader.code_for(&again, folder.path()).await;
    assert_eq!(reader.come_back(&back).await, format!("{again}/code"));
}

#[tokio::test]
async fn the_port_takes_no_form_of_another_site_and_answers_to_no_other_host_name() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let walk = reader.begin().await;
    let places = ["/begin".to_owned(), format!("{walk}/tokens")];
    let send = |method, path: String, headers: Vec<(&'static str, String)>| {
        let reader = &reader;
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            reader.send(method, &format!("{}{path}", reader.demo), &headers, String::new()).await
        }
    };
    let mut refused = 0;
    for origin in ["http://evil.example", "null", &server.url, "http://localhost:1"] {
        for path in &places {
            let reply = send(Method::POST, path.clone(), vec![("origin", origin.to_owned())]).await;
            assert_eq!(reply.status, 403, "{origin} {path}");
            assert!(text_of(&reply).contains("A page of another site sent this request"), "{}", reply.text);
            assert!(reply.headers.get("set-cookie").is_none());
            refused += 1;
        }
    }
    let rebound = || vec![("host", "rebound.example".to_owned())];
    for (method, path) in [
        (Method::GET, "/".to_owned()),
        (Method::GET, format!("{walk}/ask")),
        (Method::GET, "/callback?state=x".to_owned()),
        (Method::POST, "/begin".to_owned()),
    ] {
        let reply = send(method, path.clone(), rebound()).await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(text_of(&reply).contains("--allow-host rebound.example"), "{}", reply.text);
        refused += 1;
    }
    let names: Vec<Value> = server.log(refused + 1).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |name: &str| names.iter().filter(|line| line["denial"] == name && line["status"] == 403).count();
    assert_eq!((count("origin_not_allowed"), count("host_not_allowed")), (8, 4), "{names:?}");

    // Other names of loopback lead to the one that the service sends the browser back to: cookies are kept by host name.
    let reply = send(Method::GET, "/walk/1?x=y".to_owned(), vec![("host", "localhost:1".to_owned())]).await;
    assert_eq!((reply.status.as_u16(), reply.location()), (303, format!("{}/walk/1?x=y", reader.demo)));
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        let reply = send(method.clone(), "/".to_owned(), vec![]).await;
        assert_eq!((reply.status.as_u16(), &reply.headers["allow"]), (405, &"GET, HEAD, POST".parse().unwrap()));
    }
    for path in
        ["/nothing", "/walk", "/walk/", "/walk/1/2/3", "/walk/1/nothing", "//", "/walk/18446744073709551616/ask"]
    {
        assert_eq!(send(Method::GET, path.to_owned(), vec![]).await.status, 404, "{path}");
        assert_eq!(send(Method::POST, path.to_owned(), vec![]).await.status, 404, "{path}");
    }
    assert_eq!(reader.leads("/begin").await, "/", "the address of a form, typed");
}

#[tokio::test]
async fn a_demo_client_that_was_changed_is_told_with_what_to_do() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let admin = |port: &str, arguments: &[&str]| {
        run(folder.path(), &[], &[&["client"], arguments, &["--local", "--dynamodb-port", port]].concat())
    };
    let walk = reader.begin().await;
    let back = reader.code_for(&walk, folder.path()).await;
    reader.come_back(&back).await;
    let rotated = admin(&server.dynamodb_port, &["rotate-secret", "demo", "--overlap", "0", "--json"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let text = text_of(&reader.act(&walk, "tokens").await);
    assert!(text.contains("error: invalid_client") && text.contains("start the server again"), "{text}");
    assert_eq!(admin(&server.dynamodb_port, &["disable", "demo"]).code, 0);
    server.end("-INT");
    let server = Running::start(folder.path(), &[]);
    let reader = Reader::new(&world, &server);
    let page = reader.page("/").await;
    assert!(text_of(&page).contains("The demo client cannot sign") && !page.text.contains("<button>"), "{}", page.text);
    assert_eq!(reader.press("/begin").await, "/");
}

#[test]
fn a_taken_port_of_the_demo_application_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let port = server.demo.rsplit(':').next().unwrap();
    let output =
        command(folder.path()).args(["--port", "0", "--dynamodb-port", "0", "--demo-port", port]).output().unwrap();
    Done::of(output).fails("choose another port with --demo-port");
    assert!(server.greeting.iter().any(|line| line.starts_with("Open ") && line.contains(&server.demo)));
}
