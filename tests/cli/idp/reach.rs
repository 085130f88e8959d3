//! Providers that cannot be read, and addresses that the service would not connect to.

use serde_json::json;

use super::provider::{Answer, DISCOVERY, KEYS, Provider};
use crate::place::{Done, Place, run};

#[test]
fn a_document_that_cannot_be_read_is_refused_by_its_name_and_nothing_is_stored() {
    let (place, provider) = (Place::new(), Provider::new());
    let good = || Answer::json(&json!({}));
    let status = |status: u16| Answer { status, ..good() };
    let redirect = Answer {
        headers: "content-type: application/json\r\nlocation: https://elsewhere.example/x\r\n".to_owned(),
        ..status(302)
    };
    for (path, name) in [(DISCOVERY, "the discovery document at"), (KEYS, "the key set at")] {
        provider.lies(|_| {});
        for (answer, said) in [
            (status(404), "the answer has status 404, and 200 is expected"),
            (status(500), "the answer has status 500, and 200 is expected"),
            (status(204), "the answer has status 204, and 200 is expected"),
            (redirect.clone(), "a redirect (302) to https://elsewhere.example/x, and the service follows none"),
            (Answer::of("text/html", "<html>"), "has the content type text/html, and application/json"),
            (Answer { headers: String::new(), ..good() }, "has the content type none"),
            (Answer::of("application/json", vec![b' '; 64 * 1024 + 1]), "is longer than 65536 bytes"),
            (Answer::of("application/json", [b'{', 0xff, b'}']), "is not UTF-8"),
            (Answer { is_cut: true, ..Answer::json(&json!({ "a": "b" })) }, "cannot be read"),
        ] {
            provider.answers(path, answer);
            let refused = place.set(&provider, &[]);
            refused.fails(said);
            assert!(refused.err.contains(name) && refused.err.contains("nothing is stored"), "{}", refused.err);
        }
    }
    assert!(!provider.asked().iter().any(|path| path == "/x"));
    place.idp("show", &[]).fails("has no provider");
}

#[test]
fn a_provider_that_says_nothing_is_given_up_and_one_that_is_not_there_too() {
    let (place, provider) = (Place::new(), Provider::new());
    provider.answers(DISCOVERY, Answer { is_silent: true, ..Answer::json(&json!({})) });
    place.set(&provider, &[]).fails("127.0.0.1 did not answer within 30 seconds");
    place.idp("test", &["--issuer", "http://127.0.0.1:9"]).fails("1 fault");
    let away = place.idp("test", &["--issuer", "http://127.0.0.1:9"]);
    assert!(away.out.contains("127.0.0.1 refuses connections"), "{}", away.out);
    let nowhere = place.idp("test", &["--issuer", "https://login.invalid"]);
    assert!(nowhere.out.contains("no host has the name login.invalid"), "{}", nowhere.out);
}

#[test]
fn an_issuer_at_a_private_address_is_refused_by_number_and_by_name() {
    let place = Place::new();
    for (issuer, said) in [
        ("https://10.0.0.1", "not one of the public network"),
        ("https://127.0.0.1", "not one of the public network"),
        ("https://169.254.169.254", "not one of the public network"),
        ("https://2130706433", "not one of the public network"),
        ("https://0x7f.1", "not one of the public network"),
        ("https://[::1]", "not one of the public network"),
        ("https://[fd00:ec2::254]", "not one of the public network"),
        ("https://[::ffff:10.0.0.1]", "not one of the public network"),
        ("https://localhost", "the name localhost leads to"),
        ("https://localhost:8443/realms/a", "which is not a public address"),
        ("http://login.example", "it must begin with https://"),
        ("http://localhost:8080", "a provider on this machine: http://127.0.0.1:PORT, with the local server only"),
        ("https://login.example/.well-known/openid-configuration", "leave out /.well-known/openid-configuration"),
        ("http://10.0.0.1", "it must begin with https://"),
        ("https://login.example/?a", "an issuer has no query"),
        ("https://login.example/#a", "must not have a fragment"),
        ("https://a@login.example", "must not have a user or a password"),
        ("login.example", "it is not a URL"),
    ] {
        let tested = place.idp("test", &["--issuer", issuer]);
        tested.fails("1 fault of the provider");
        assert!(tested.out.contains(said), "{issuer}: {}", tested.out);
        let set = ["--issuer", issuer, "--client-id", "a", "--secret", "a secret"];
        let set = [&["institution", "idp", "set", "128807"], &set[..]].concat();
        place.admin(&[&set[..set.len() - 1], &["a-secret"]].concat()).fails(said);
    }
    place.idp("show", &[]).fails("has no provider");
}

/// A provider on this machine is only for a service on this machine.
#[test]
fn a_deployment_has_no_provider_on_loopback_and_its_redirect_uri_is_named() {
    let (place, provider) = (Place::new(), Provider::new());
    let (_, key) = place.server.dynamodb_url.rsplit_once('/').unwrap();
    let ask_with = |more: &[(&'static str, &'static str)], arguments: &[&str]| -> Done {
        let mut environment = vec![
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", place.server.dynamodb_url.as_str()),
            ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
            ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
            ("LATCHKEY_USERS_TABLE", "latchkey-users"),
        ];
        environment.extend(more);
        run(place.folder.path(), &environment, &[&["institution", "idp"], arguments].concat())
    };
    let ask = |issuer: Option<&'static str>, arguments: &[&str]| match issuer {
        Some(issuer) => ask_with(&[("LATCHKEY_ISSUER", issuer)], arguments),
        None => ask_with(&[], arguments),
    };
    let deployed = Some("https://auth.example");
    let test = ["test", "128807", "--issuer", provider.url.as_str()];
    for issuer in [None, deployed] {
        let tested = ask(issuer, &test);
        tested.fails("1 fault of the provider");
        assert!(
            tested.out.contains("http on loopback is only for a service that is on loopback itself"),
            "{}",
            tested.out
        );
    }
    assert!(provider.asked().is_empty());
    let tested = ask(Some("http://127.0.0.1:8080"), &test);
    assert_eq!(tested.code, 0, "{}", tested.err);
    assert!(tested.out.contains(": http://127.0.0.1:8080/oauth2/callback?institution=128807"), "{}", tested.out);
    place.set(&provider, &[]).json();
    let refreshed = ask(deployed, &["refresh", "128807"]);
    refreshed.fails("only for a service that is on loopback itself");
    let shown = ask(deployed, &["show", "128807"]);
    assert!(shown.out.contains("https://auth.example/oauth2/callback?institution=128807"), "{}", shown.out);
    let shown = ask(None, &["show", "128807"]);
    assert!(shown.out.contains("your service's address, then /oauth2/callback?institution=128807"), "{}", shown.out);
    // The output for operators exports it.
    for (issuer, address) in [("", "https://api.example"), ("https://auth.example", "https://auth.example")] {
        let exported = [("LATCHKEY_ISSUER", issuer), ("LATCHKEY_URL", "https://api.example")];
        let shown = ask_with(&exported, &["show", "128807", "--json"]).json();
        assert_eq!(shown["redirect_uri"], format!("{address}/oauth2/callback?institution=128807"));
    }
    let named = ask(None, &["show", "128807", "--url", "https://auth.example/", "--json"]).json();
    assert_eq!(named["redirect_uri"], "https://auth.example/oauth2/callback?institution=128807");
}

/// The address that `serve` tells the user to export is the local server's.
#[test]
fn the_redirect_uri_of_a_local_server_is_at_the_address_that_is_exported() {
    let (place, provider) = (Place::new(), Provider::new());
    place.set(&provider, &[]).json();
    let show = |environment: &[(&str, &str)], more: &[&str]| {
        let place_of = ["--local", "--dynamodb-port", &place.server.dynamodb_port, "--json"];
        let show = [&["institution", "idp", "show", "128807"], &place_of[..], more].concat();
        run(place.folder.path(), environment, &show).json()["redirect_uri"].as_str().unwrap().to_owned()
    };
    let exported = ("LATCHKEY_URL", place.server.url.as_str());
    let begins = |uri: &str, with: &str| assert!(uri.starts_with(&format!("{with}/oauth2/callback")), "{uri}");
    begins(&show(&[exported], &[]), &place.server.url);
    begins(&show(&[("LATCHKEY_URL", "")], &[]), "http://127.0.0.1:8080");
    begins(&show(&[exported, ("LATCHKEY_ISSUER", "https://auth.example")], &[]), "https://auth.example");
    begins(&show(&[exported], &["--url", "https://auth.example"]), "https://auth.example");
}

#[test]
fn grants_of_a_user_of_a_provider_are_found_by_the_principal_and_the_command_says_so() {
    let (place, provider) = (Place::new(), Provider::new());
    let list = || place.admin(&["grant", "list", "--user", "alice", "--institution", "128807"]);
    list().fails("institution 128807 has no such user");
    assert!(!list().err.contains("provider"));
    place.set(&provider, &[]).json();
    list().fails("use --principal-id ID --principal-idns urn:latchkey:128807:provider");
    let named = ["grant", "list", "--principal-id", "alice", "--principal-idns", "urn:latchkey:128807:provider"];
    assert_eq!(place.admin(&named).code, 0);
}
