//! Registrations as a whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{client, named_secret};

#[test]
fn what_can_never_get_a_token_is_impossible() {
    let good = client();
    assert_eq!(impossible(&good), None);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let none = Client { redirect_uris: Vec::new(), ..good.clone() };
    let only = |grant_types: &[GrantType]| Client { grant_types: grant_types.to_vec(), ..none.clone() };
    for (client, reason) in [
        (only(&[]), "--grant-type is missing"),
        (Client { scopes: Vec::new(), ..good.clone() }, "--scope is missing"),
        (Client { institutions: Vec::new(), ..good.clone() }, "--institution is missing"),
        (only(&[GrantType::AuthorizationCode]), "authorization_code sends"),
        (only(&[GrantType::ClientCredentials, GrantType::Implicit]), "implicit sends"),
    ] {
        let why = impossible(&client).map(|why| why.to_string()).unwrap_or_default();
        assert!(why.contains(reason), "{reason}: {why}");
    }
    for client in [
        only(&[GrantType::ClientCredentials]),
        only(&[GrantType::ClientCredentials, GrantType::RefreshToken]),
        only(&[GrantType::RefreshToken]),
        Client { scopes: Vec::new(), institutions: Vec::new(), introspects: texts(&["A"]), ..only(&[]) },
    ] {
        assert_eq!(impossible(&client), None);
    }
    assert!(no_first_refresh(&only(&[GrantType::RefreshToken])).is_some());
    assert!(no_first_refresh(&only(&[GrantType::RefreshToken, GrantType::ClientCredentials])).is_none());
}

#[test]
fn a_weak_secret_and_what_cannot_work_are_warned_of() {
    let mut client = client();
    assert_eq!(warnings(&client), [""; 0]);
    client.secrets = vec![named_secret("weak 2026-11-26T05:00:00Z", None), named_secret("second", None)];
    client.redirect_uris.clear();
    let warnings = warnings(&client);
    assert!(
        warnings[0].contains("--redirect-uri is missing")
            && warnings[1].contains("'weak 2026-11-26T05:00:00Z' is weak")
    );
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_client_id_that_is_a_users_subject_is_warned_of() {
    let client = Client { id: "URN:latchkey:user:x/alice".into(), ..client() };
    assert!(matches!(&warnings(&client)[..], [warning] if warning.contains("begins as users' subjects do")));
}

#[test]
fn a_client_that_names_users_of_no_namespace_is_refused() {
    let none = Client { namespaces: Some(Vec::new()), ..client() };
    assert!(impossible(&none).is_some_and(|reason| reason.to_string().starts_with("--namespace is missing")));
    assert_eq!(impossible(&Client { names_principal: false, ..none }), None);
    assert_eq!(impossible(&Client { namespaces: None, ..client() }), None);
}

#[test]
fn what_is_not_known_is_found_once_and_stars_are_known() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let client = Client {
        scopes: texts(&["A", "B", "C"]),
        introspects: texts(&["*", "C", "D"]),
        institutions: texts(&["1", "2", "*"]),
        ..client()
    };
    let known = BTreeSet::from(["A", "1"]);
    assert_eq!(unknown_scopes(&client, &known), ["B", "C", "D"]);
    assert_eq!(unknown_institutions(&client, &known), ["2"]);
}

#[test]
fn a_scope_that_reads_as_an_institution_works_and_is_warned_of() {
    let context = Client { scopes: vec!["A".into(), "context:91475".into()], ..client() };
    assert!(matches!(&warnings(&context)[..], [warning] if warning.starts_with("the scope context:91475 works")));
}

#[test]
fn a_public_client_is_warned_of_tokens_in_the_browsers_address_and_of_secrets_that_prove_nothing() {
    let public = Client {
        auth_methods: vec![AuthMethod::None],
        grant_types: vec![GrantType::AuthorizationCode],
        introspects: Vec::new(),
        secrets: Vec::new(),
        ..client()
    };
    assert_eq!(warnings(&public), [""; 0]);
    let implicit = Client { grant_types: vec![GrantType::Implicit], ..public.clone() };
    assert!(matches!(&warnings(&implicit)[..], [warning] if warning.contains("PKCE does not protect them")));
    let signs = Client { auth_methods: vec![AuthMethod::WsKey], ..implicit };
    assert_eq!(warnings(&signs), [""; 0]);
    let keeps = Client { secrets: vec![named_secret("first", None)], ..public };
    assert!(matches!(&warnings(&keeps)[..], [warning] if warning.contains("--auth-method none removes them")));
}

/// A key of a client, by the bytes of its point.
fn key(byte: u8, kid: &str) -> crate::client::ClientKey {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let x = URL_SAFE_NO_PAD.encode([byte; 32]);
    let jwk = serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid }).to_string();
    PublicKey::parse(&jwk).map(|key| (&key).into()).unwrap_or_else(|fault| panic!("{fault}"))
}

/// A secret of so many bytes: what seals it adds 28.
fn secret_of(bytes: usize) -> NamedSecret {
    let sealed = crate::secret::Sealed { key: "one".into(), bytes: vec![0; 28 + bytes] };
    NamedSecret { sealed, ..named_secret("first", None) }
}

#[test]
fn methods_and_what_goes_with_them_fit_together_or_the_option_is_named() {
    use AuthMethod::{Basic, None as Public, PrivateKeyJwt, SecretJwt, WsKey};
    type Edit = fn(&mut Client);
    let public: Edit = |client| {
        client.auth_methods = vec![Public];
        client.grant_types = vec![GrantType::AuthorizationCode];
    };
    let cases: [(&[AuthMethod], Edit, &str); 17] = [
        (&[], |_| {}, "--auth-method is missing: without it, the client could not authenticate"),
        (&[WsKey, Basic], |_| {}, ""),
        (&[Public], public, ""),
        (&[Public], |client| client.grant_types = vec![GrantType::ClientCredentials], "grant type client_credentials"),
        (&[Public, WsKey], |client| client.grant_types = vec![GrantType::Implicit], "none excludes every other"),
        (
            &[Public],
            |client| {
                client.grant_types = vec![GrantType::Implicit];
                client.introspects = vec!["A".into()];
            },
            "cannot introspect",
        ),
        (&[WsKey], |client| client.origins = vec!["https://a.example".into()], "--origin: only a public client"),
        (&[PrivateKeyJwt], |_| {}, "--jwks is missing: without a key"),
        (&[PrivateKeyJwt], |client| client.keys = vec![key(3, "a")], ""),
        (&[WsKey], |client| client.keys = vec![key(3, "a")], "--jwks: only a client that authenticates by private"),
        (&[PrivateKeyJwt], |client| client.keys = vec![key(3, "a"), key(4, "a")], "--jwks: two keys have the kid"),
        (&[WsKey], |client| client.assertion_seconds = Some(60), "--assertion-seconds: only a client"),
        (&[WsKey], |client| client.single_use_assertions = true, "--single-use-assertions: only a client"),
        (
            &[SecretJwt],
            |client| {
                client.secrets = vec![secret_of(31), secret_of(32)];
                (client.assertion_seconds, client.single_use_assertions) = (Some(60), true);
            },
            "",
        ),
        (
            &[SecretJwt],
            |client| client.secrets = vec![secret_of(31)],
            "--auth-method: client_secret_jwt needs a secret",
        ),
        (&[Basic], |client| client.secrets = vec![secret_of(31)], ""),
        (&[SecretJwt], |client| client.secrets.clear(), ""),
    ];
    for (methods, edit, reason) in cases {
        let mut client = Client { auth_methods: methods.to_vec(), ..client() };
        edit(&mut client);
        let why = impossible(&client).map(|why| why.to_string()).unwrap_or_default();
        assert!(why.contains(reason) && why.is_empty() == reason.is_empty(), "{methods:?} {reason}: {why}");
    }
}

#[test]
fn where_the_attribute_is_named_before_a_reason_says_whether_it_is_missing() {
    let missing = impossible(&Client { scopes: vec![], ..client() }).map(|why| why.words());
    assert!(missing.is_some_and(|words| words.starts_with("it is missing: without it")));
    let at_odds = impossible(&Client { origins: vec!["https://a.example".into()], ..client() }).map(|why| why.words());
    assert!(at_odds.is_some_and(|words| words.starts_with("only a public client")));
}
