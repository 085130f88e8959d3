//! What a client may do, and where it may be answered.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{NOW, client, client_with, institutions_of, named_secret};

#[test]
fn a_new_client_may_do_nothing() {
    let client = Client::new("WSKEY".into(), "Application".into(), named_secret("first", None), NOW);
    for grant_type in GrantType::ASKED_FOR.into_iter().chain([GrantType::Implicit]) {
        assert!(!client.may_use(grant_type));
    }
    assert!(!client.may_ask_for("A") && !client.may_ask_for(REFRESH_TOKEN) && !client.may_ask_for(ANY_SCOPE));
    assert!(!client.may_act_for(&institutions_of("128807", "128807")));
    assert!(!client.redirects_to("https://app.example/done") && !client.redirects_to("http://127.0.0.1/"));
    assert_eq!((client.namespaces.as_deref(), client.signed_principal_required), (Some(&[][..]), true));
    assert!(!client.disabled && !client.names_principal && !client.numbers_as_strings && !client.principal_on_refresh);
    assert!(!client.require_pushed_requests && client.publisher.is_none() && client.help_url.is_none());
    assert!(!client.pkce_required && client.introspects.is_empty() && client.refresh_token_seconds.is_none());
    assert_eq!((client.created_at, client.revision), (NOW, 0));
    assert_eq!(client.live_secrets(NOW).count(), 1);
}

#[test]
fn a_secret_signs_until_its_last_second_and_not_beyond() {
    let client = client_with(|client| {
        client.secrets = vec![named_secret("ends", Some(NOW)), named_secret("stays", None)];
    });
    for (now, live) in
        [(NOW - 1, &["ends", "stays"][..]), (NOW, &["stays"]), (NOW + 1, &["stays"]), (u64::MAX, &["stays"])]
    {
        assert_eq!(client.live_secrets(now).map(|secret| secret.name.as_str()).collect::<Vec<_>>(), live, "{now}");
    }
}

#[test]
fn a_disabled_client_signs_with_nothing() {
    assert_eq!(client_with(|client| client.disabled = true).live_secrets(NOW).count(), 0);
}

#[test]
fn a_request_is_checked_against_two_live_secrets_at_most() {
    let client = client_with(|client| {
        let dead = (0..3).map(|_| named_secret("dead", Some(NOW)));
        client.secrets = dead.chain(["a", "b", "c"].map(|name| named_secret(name, None))).collect();
    });
    assert_eq!(client.live_secrets(NOW).map(|secret| secret.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_client_uses_the_grant_types_it_is_registered_for() {
    let all =
        [GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::RefreshToken, GrantType::Implicit];
    for registered in all {
        let client = client_with(|client| client.grant_types = vec![registered]);
        for asked in all {
            assert_eq!(client.may_use(asked), asked == registered, "{asked:?} of {registered:?}");
        }
    }
}

#[test]
fn a_scope_is_asked_for_as_it_is_registered() {
    for (token, may) in
        [("A", true), ("B", true), ("C", false), ("a", false), ("A B", false), ("", false), ("*", false)]
    {
        assert_eq!(client().may_ask_for(token), may, "{token}");
    }
    let any = client_with(|client| client.scopes = vec!["*".into()]);
    assert!(!any.may_ask_for("A"), "there is no scope for all");
}

#[test]
fn the_scope_refresh_token_comes_with_the_grant_type_of_that_name() {
    assert!(client().may_ask_for(REFRESH_TOKEN));
    let lost = client_with(|client| {
        client.grant_types = vec![GrantType::ClientCredentials];
        client.scopes = vec![REFRESH_TOKEN.into()];
    });
    assert!(!lost.may_ask_for(REFRESH_TOKEN), "and with nothing else");
}

#[test]
fn a_client_acts_for_both_institutions_or_for_none() {
    for (authenticating, context, may) in [
        ("128807", "128807", true),
        ("128807", "91475", true),
        ("91475", "128807", true),
        ("128807", "1", false),
        ("1", "128807", false),
        ("1", "1", false),
        ("*", "128807", false),
        ("128807", "", false),
    ] {
        let institutions = institutions_of(authenticating, context);
        assert_eq!(client().may_act_for(&institutions), may, "{authenticating} {context}");
        let any = client_with(|client| client.institutions = vec!["2".into(), ANY_INSTITUTION.into()]);
        assert!(any.may_act_for(&institutions));
    }
}

#[test]
fn a_redirect_uri_is_the_registered_one_to_the_letter() {
    let client = client_with(|client| {
        client.redirect_uris =
            vec!["https://app.example/done".into(), "app:/done".into(), "http://localhost/done".into()];
    });
    for (uri, may) in [
        ("https://app.example/done", true),
        ("app:/done", true),
        ("http://localhost/done", true),
        ("https://app.example/done/", false),
        ("https://app.example/don", false),
        ("https://app.example/done?x=1", false),
        ("https://app.example/done#", false),
        ("https://app.example:443/done", false),
        ("https://APP.example/done", false),
        ("http://app.example/done", false),
        ("https://app.example/x/../done", false),
        ("http://localhost/don", false),
        ("http://127.0.0.1/done", false),
        ("", false),
    ] {
        assert_eq!(client.redirects_to(uri), may, "{uri}");
    }
}

#[test]
fn at_a_loopback_address_any_port_will_do_and_nothing_else() {
    let client = client_with(|client| {
        let registered = [
            "http://127.0.0.1/done",
            "http://[::1]:7777/done",
            "http://127.0.0.1",
            "http://[::1]?x=1",
            "http://localhost:3000/named",
        ];
        client.redirect_uris = registered.map(str::to_owned).into();
    });
    for (uri, may) in [
        ("http://127.0.0.1/done", true),
        ("http://127.0.0.1:1/done", true),
        ("http://127.0.0.1:65535/done", true),
        ("http://127.0.0.1:65536/done", false),
        ("http://127.0.0.1:99999/done", false),
        ("http://127.0.0.1:/done", false),
        ("http://127.0.0.1:+80/done", false),
        ("http://127.0.0.1:80x/done", false),
        ("http://127.0.0.1:80:81/done", false),
        ("http://127.0.0.1:80@evil.example/done", false),
        ("http://127.0.0.1@evil.example/done", false),
        ("http://127.0.0.1.evil.example/done", false),
        ("http://127.0.0.1:80/other", false),
        ("http://127.0.0.1:80/done?x=1", false),
        ("http://127.0.0.2/done", false),
        ("https://127.0.0.1/done", false),
        ("http://[::1]/done", true),
        ("http://[::1]:80/done", true),
        ("http://[::1]:7777/done", true),
        ("http://[::1]evil.example/done", false),
        ("http://[::2]/done", false),
        ("http://localhost/named", true),
        ("http://localhost:8080/named", true),
        ("http://localhost:65536/named", false),
        ("http://localhost.evil.example/named", false),
        ("http://localhost:80@evil.example/named", false),
        ("https://localhost/named", false),
        ("http://LOCALHOST/named", false),
        // Another address than the registered one.
        ("http://127.0.0.1/named", false),
        ("http://localhost/done", false),
        ("http://127.0.0.1:80", true),
        ("http://[::1]:80", false),
        ("http://[::1]:80?x=1", true),
        ("http://127.0.0.1:80?x=1", false),
        ("http://[::1]:80#x=1", false),
    ] {
        assert_eq!(client.redirects_to(uri), may, "{uri}");
    }
}

#[test]
fn a_client_id_is_visible_ascii_without_a_quote() {
    for byte in 0..=0x7F {
        let id = format!("a{}b", char::from(byte));
        assert_eq!(is_client_id(&id), (0x21..=0x7E).contains(&byte) && byte != b'"', "{byte:#x}");
    }
    assert!(!is_client_id("é"));
    for (length, fits) in [(0, false), (1, true), (127, true), (128, true), (129, false)] {
        assert_eq!(is_client_id(&"a".repeat(length)), fits, "{length}");
    }
}

#[test]
fn a_new_secret_is_the_base64url_of_its_bytes_and_a_new_id_their_hexadecimal() {
    assert_eq!(new_secret(std::array::from_fn(|at| at as u8)).expose(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    assert_eq!(new_secret([0xff; 24]).expose(), "_".repeat(32), "no plus, slash or equals sign");
    assert_eq!(
        new_secret([0xfb; 24]).expose(),
        format!("A{}", &"-_v7".repeat(8)[1..]),
        "it never looks like an option"
    );
    let id = new_client_id(std::array::from_fn(|at| at as u8 * 6));
    assert_eq!(id, "00060c12181e242a30363c42484e545a60666c72787e848a90969ca2a8aeb4bac0c6ccd2d8dee4ea");
    assert!(is_client_id(&id) && id.len() == 80);
}

#[test]
fn only_a_public_client_that_is_not_disabled_answers_scripts_of_its_origins() {
    let public = |disabled| {
        client_with(|client| {
            client.auth_methods = vec![AuthMethod::None];
            client.origins = vec!["https://app.example".into(), "https://b.example".into()];
            client.disabled = disabled;
        })
    };
    for origin in ["https://app.example", "https://b.example"] {
        assert!(public(false).answers_origin(origin) && !public(true).answers_origin(origin));
        assert!(!Client { auth_methods: vec![AuthMethod::Basic], ..public(false) }.answers_origin(origin));
    }
    assert!(!public(false).answers_origin("https://app.example.evil.example"));
    assert!(!Client { origins: vec![], ..public(false) }.answers_origin("https://app.example"));
}

#[test]
fn a_namespace_is_known_as_it_came_and_composed() {
    let of = |idns: &str| Principal { id: "1".into(), idns: idns.into() };
    for (known, idns, knows) in [
        (Some(&["urn:caf\u{e9}"][..]), "urn:caf\u{e9}", true),
        // Of a grant of an early version.
        (Some(&["urn:caf\u{e9}"]), "urn:cafe\u{301}", true),
        (Some(&["urn:cafe\u{301}"]), "urn:cafe\u{301}", true),
        (Some(&["urn:a", "urn:b"]), "urn:b", true),
        (Some(&["urn:a"]), "urn:b", false),
        (Some(&[]), "urn:b", false),
        (None, "urn:b", true),
    ] {
        let namespaces = known.map(|known| known.iter().map(|&text| text.to_owned()).collect());
        let client = client_with(|client| client.namespaces = namespaces);
        assert_eq!(client.knows_namespace_of(&of(idns)), knows, "{known:?} {idns}");
    }
}

#[test]
fn a_client_needs_a_secret_if_one_of_its_methods_does() {
    use AuthMethod::{None as Public, PrivateKeyJwt, SecretJwt, WsKey};
    for (methods, needs) in [
        (&[WsKey][..], true),
        (&[PrivateKeyJwt, SecretJwt], true),
        (&[PrivateKeyJwt], false),
        (&[Public], false),
        (&[], false),
    ] {
        assert_eq!(client_with(|client| client.auth_methods = methods.to_vec()).needs_a_secret(), needs, "{methods:?}");
    }
}
