//! Providers that lack something or lie: each is refused in plain words, and nothing is stored.

use latchkey_testkit::assertion::Key;
use serde_json::{Value, json};

use super::provider::{Answer, DISCOVERY, KEYS, Provider, keys};
use crate::place::Place;

/// Another discovery document, and what the command says of it.
type Lie = (fn(&mut Value), &'static str);

const LIES: [Lie; 25] = [
    (|document| document["issuer"] = json!("https://evil.example"), "character by character"),
    (|document| drop(document.as_object_mut().unwrap().remove("issuer")), "has no issuer"),
    (|document| document["issuer"] = json!(7), "issuer in the discovery document is not a text"),
    (|document| drop(document.as_object_mut().unwrap().remove("token_endpoint")), "has no token_endpoint"),
    (|document| drop(document.as_object_mut().unwrap().remove("jwks_uri")), "has no jwks_uri"),
    (|document| document["authorization_endpoint"] = json!("http://login.example/a"), "must begin with https://"),
    (|document| document["token_endpoint"] = json!("https://10.0.0.1/token"), "not one of the public network"),
    (|document| document["token_endpoint"] = json!("https://169.254.169.254/"), "not one of the public network"),
    (|document| document["jwks_uri"] = json!("https://[::1]/keys"), "not one of the public network"),
    (|document| document["jwks_uri"] = json!("file:///etc/passwd"), "must begin with https://"),
    (
        |document| document["jwks_uri"] = json!("https://localhost:1/keys"),
        "it must be on this machine, as the issuer is",
    ),
    (
        |document| document["token_endpoint"] = json!("https://login.example/t"),
        "it must be on this machine, as the issuer is",
    ),
    (
        |document| document["token_endpoint"] = json!("https://a:b@login.example/t"),
        "must not have a user or a password",
    ),
    (|document| document["token_endpoint"] = json!("https://login.example/#t"), "must not have a fragment"),
    (
        |document| document["authorization_endpoint"] = json!("https://login.example/?state=x"),
        "has the parameter state",
    ),
    (
        |document| document["response_types_supported"] = json!(["id_token"]),
        "response_types_supported does not have code",
    ),
    (|document| document["grant_types_supported"] = json!(["implicit"]), "does not have authorization_code"),
    (|document| document["response_modes_supported"] = json!(["form_post"]), "does not have query"),
    (|document| document["code_challenge_methods_supported"] = json!(["plain"]), "does not have S256"),
    (
        |document| document["id_token_signing_alg_values_supported"] = json!(["HS256", "none"]),
        "id_token_signing_alg_values_supported has \"HS256 none\"; it must have",
    ),
    (
        |document| document["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]),
        "token_endpoint_auth_methods_supported has \"private_key_jwt\"; it must have client_secret_basic",
    ),
    (|document| document["require_pushed_authorization_requests"] = json!(true), "only pushed authorization requests"),
    (|document| document["require_signed_request_object"] = json!(true), "only signed request objects"),
    (
        |document| document["token_endpoint"] = json!(["https://login.example"]),
        "token_endpoint in the discovery document",
    ),
    (|document| *document = json!([]), "not an object of JSON"),
];

#[test]
fn a_provider_that_lacks_something_or_lies_is_refused_and_nothing_is_stored() {
    let (place, provider) = (Place::new(), Provider::new());
    for (lie, said) in LIES {
        provider.lies(lie);
        let refused = place.set(&provider, &[]);
        refused.fails(said);
        assert!(
            refused.code == 1 && refused.out.is_empty() && refused.err.contains("; nothing is stored"),
            "{}",
            refused.err
        );
    }
    // All of it at once.
    provider.lies(|document| *document = json!({ "issuer": "https://evil.example" }));
    let refused = place.set(&provider, &[]);
    refused.fails("faults of the provider; nothing is stored");
    for said in ["character by character", "no authorization_endpoint", "no token_endpoint", "no jwks_uri"] {
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
    }
    let tested = place.idp("test", &["--issuer", &provider.url]);
    tested.fails("faults of the provider: users cannot sign in by it");
    let (wrong, more) = tested.out.split_once("\n\n").unwrap();
    assert!(wrong.lines().count() > 4 && wrong.lines().all(|line| line.starts_with("wrong: ")), "{}", tested.out);
    assert!(more.starts_with("The provider's administrator enters this redirect URI") && more.lines().count() == 1);
    place.idp("show", &[]).fails("has no provider");
    assert_eq!(place.records(&[]).len(), 0);
    assert!(!provider.asked().contains(&KEYS.to_owned()), "the keys of a provider that lies are not asked for");
}

#[test]
fn a_registered_provider_stays_as_it_was_when_it_begins_to_lie() {
    let (place, provider) = (Place::new(), Provider::new());
    let made = place.set(&provider, &[]).json();
    for (lie, said) in LIES {
        provider.lies(lie);
        place.idp("refresh", &[]).fails(said);
        let tested = place.idp("test", &["--json"]);
        tested.fails("users cannot sign in by it");
        assert!(
            serde_json::from_str::<Value>(&tested.out).unwrap()["wrong"]
                .to_string()
                .contains(&said.replace('"', "\\\"")),
            "{}",
            tested.out
        );
    }
    assert_eq!(place.idp("show", &["--json"]).json(), made);
    assert_eq!(place.records(&[]).len(), 1);
}

#[test]
fn a_key_set_that_leaves_nothing_or_a_choice_is_refused() {
    let (place, provider) = (Place::new(), Provider::new());
    let es256 = keys(&[("a", Key::Es256)]);
    let twice = keys(&[("a", Key::Rs256), ("b", Key::Rs256)]);
    let named = |mut set: Value, at: usize, name: &str, value: Value| {
        set["keys"][at][name] = value;
        set
    };
    let listed = |count: usize| json!({ "keys": vec![json!({ "kty": "oct", "k": "AAAA" }); count] });
    for (set, said) in [
        (json!({ "keys": [] }), "the key set has no key for RS256"),
        (es256, "the key set has no key for RS256"),
        (listed(1), "the key set has no key for RS256"),
        (listed(33), "the key set has 33 keys"),
        (json!({}), "not an object of JSON with a list keys"),
        (json!("keys"), "not an object of JSON with a list keys"),
        (named(keys(&[("a", Key::Rs256)]), 0, "d", json!("AAAA")), "has its private part"),
        (named(keys(&[("a", Key::Rs256)]), 0, "n", json!("AQAB")), "it must have 2048, 3072 or 4096"),
        (named(keys(&[("a", Key::Rs256)]), 0, "use", json!("enc")), "the key set has no key for RS256"),
    ] {
        provider.answers(KEYS, Answer::json(&set));
        place.set(&provider, &[]).fails(said);
    }
    place.idp("show", &[]).fails("has no provider");
    // What is of another kind or is there twice is passed over.
    let mut mixed = twice;
    mixed["keys"].as_array_mut().unwrap().extend([json!({ "kty": "oct", "k": "AAAA" }), Key::Es256.jwk()]);
    provider.answers(KEYS, Answer::of("application/jwk-set+json; charset=utf-8", mixed.to_string()));
    assert_eq!(place.set(&provider, &[]).json()["keys"], json!(["a", "b"]));
}

#[test]
fn a_document_with_a_member_twice_is_refused() {
    let (place, provider) = (Place::new(), Provider::new());
    let document = provider.document().to_string();
    let twice = document.replacen('{', "{\"issuer\":\"https://evil.example\",", 1);
    provider.answers(DISCOVERY, Answer::of("application/json", twice));
    place.set(&provider, &[]).fails("has the member \"issuer\" twice");
}
