//! `institution idp refresh` and `test`: what the provider says now, beside what is stored.

use latchkey_testkit::assertion::Key;
use serde_json::{Value, json};

use super::provider::{Answer, KEYS, Provider, keys};
use crate::place::Place;

#[test]
fn a_refresh_stores_what_the_provider_says_now_and_a_test_says_that_it_is_needed() {
    let (place, provider) = (Place::new(), Provider::new());
    let made = place.set(&provider, &["--only"]).json();
    let test = || place.idp("test", &["--json"]);
    assert_eq!(test().json()["verdict"], "ok");
    provider.lies(|document| document["token_endpoint"] = json!(format!("{}/new", provider.url)));
    provider.answers(KEYS, Answer::json(&keys(&[("second", Key::Rs256)])));
    let tested = test();
    tested.fails("1 fault of the provider: users cannot sign in by it");
    let report: Value = serde_json::from_str(&tested.out).unwrap();
    assert_eq!(report["verdict"], "failed");
    let wrong = format!(
        "token_endpoint is {0}/new now, and {0}/token before: run latchkey institution idp refresh 128807",
        provider.url
    );
    assert_eq!(report["wrong"], json!([wrong]));
    assert!(report["unwise"][0].as_str().unwrap().starts_with("the keys are second now, and first before"), "{report}");
    assert_eq!(place.idp("show", &["--json"]).json(), made, "a test stores nothing");
    let refreshed = place.idp("refresh", &["--json"]);
    assert!(
        refreshed.err.contains("token_endpoint is") && refreshed.err.contains("the keys are second now"),
        "{}",
        refreshed.err
    );
    let refreshed = refreshed.json();
    assert_eq!(refreshed["token_endpoint"], json!(format!("{}/new", provider.url)));
    assert_eq!((&refreshed["keys"], &refreshed["only"]), (&json!(["second"]), &json!(true)));
    assert_eq!((&refreshed["namespace"], &refreshed["created_at"]), (&made["namespace"], &made["created_at"]));
    assert_eq!(test().json()["verdict"], "ok");
    // An algorithm that is no longer offered is not replaced by another one.
    provider.lies(|document| document["id_token_signing_alg_values_supported"] = json!(["ES256"]));
    place.idp("refresh", &[]).fails("it must have RS256");
    assert_eq!(place.idp("show", &["--json"]).json()["token_endpoint"], refreshed["token_endpoint"]);
}

#[test]
fn another_key_under_the_name_of_a_stored_one_keeps_users_out_until_a_refresh() {
    let (place, provider) = (Place::new(), Provider::new());
    provider.lies(|document| document["id_token_signing_alg_values_supported"] = json!(["RS256", "EdDSA"]));
    provider.answers(KEYS, Answer::json(&keys(&[("first", Key::EdDsa)])));
    place.set(&provider, &["--algorithm", "EdDSA"]).json();
    assert_eq!(place.idp("test", &["--json"]).json()["verdict"], "ok");
    provider.answers(KEYS, Answer::json(&keys(&[("second", Key::EdDsa), ("first", Key::Seed(3))])));
    let tested = place.idp("test", &["--json"]);
    tested.fails("1 fault of the provider: users cannot sign in by it");
    let report: Value = serde_json::from_str(&tested.out).unwrap();
    let told = "the key first is another one now: run latchkey institution idp refresh 128807";
    assert_eq!(report["wrong"], json!([told]));
    place.idp("refresh", &["--json"]).json();
    assert_eq!(place.idp("test", &["--json"]).json()["verdict"], "ok");
}

#[test]
fn a_difference_that_keeps_no_user_out_is_unwise_and_keys_may_come_in_any_order() {
    let (place, provider) = (Place::new(), Provider::new());
    let both = |names: [&str; 2]| Answer::json(&keys(&names.map(|name| (name, Key::Rs256))));
    provider.answers(KEYS, both(["first", "second"]));
    let silent = |document: &mut Value| {
        document.as_object_mut().unwrap().remove("authorization_response_iss_parameter_supported");
    };
    provider.lies(silent);
    place.set(&provider, &[]).json();
    provider.answers(KEYS, both(["second", "first"]));
    provider.lies(|document| {
        document.as_object_mut().unwrap().remove("end_session_endpoint");
        document["prompt_values_supported"] = json!(["login"]);
    });
    let report = place.idp("test", &["--json"]).json();
    let none = format!("end_session_endpoint is none now, and {}/logout before: run", provider.url);
    let told: Vec<_> = report["unwise"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    let others = ["selects_account is false now, and true before: run", "sends_iss is true now, and false before: run"];
    for begin in [none.as_str(), others[0], others[1]] {
        assert!(told.iter().any(|told| told.starts_with(begin)), "{begin}: {told:?}");
    }
    assert_eq!((told.len(), &report["wrong"], &report["verdict"]), (3, &json!([]), &json!("ok")));
    let refreshed = place.idp("refresh", &["--json"]);
    assert!(refreshed.err.contains(others[0].trim_end_matches(": run")), "{}", refreshed.err);
    assert!(!refreshed.err.contains("the keys are"), "{}", refreshed.err);
    refreshed.json();
    // An answer without the issuer that is registered is refused.
    provider.lies(silent);
    let tested = place.idp("test", &[]);
    tested.fails("1 fault of the provider: users cannot sign in by it");
    assert!(tested.out.contains("wrong: sends_iss is false now, and true before: run"), "{}", tested.out);
}

#[test]
fn a_provider_is_tested_before_it_is_registered_and_the_words_are_plain() {
    let (place, provider) = (Place::new(), Provider::new());
    place.idp("test", &[]).fails("to test one before you register it, name it with --issuer");
    let named = ["--issuer", provider.url.as_str()];
    let good = place.idp("test", &named);
    assert_eq!(good.code, 0, "{}", good.err);
    assert!(good.out.contains(&format!("ok: users can sign in by {}", provider.url)), "{}", good.out);
    provider.lies(|document| {
        document["claims_supported"] = json!(["iss"]);
        document["code_challenge_methods_supported"] = Value::Null;
        document.as_object_mut().unwrap().remove("code_challenge_methods_supported");
        document.as_object_mut().unwrap().remove("authorization_response_iss_parameter_supported");
    });
    let unwise = place.idp("test", &named);
    assert_eq!(unwise.code, 0, "{}", unwise.err);
    for words in ["unwise: claims_supported does not have \"sub\"", "that it checks PKCE", "RFC 9207"] {
        assert!(unwise.out.contains(words), "{words}: {}", unwise.out);
    }
    let report = place.idp("test", &[&named[..], &["--json"]].concat()).json();
    assert_eq!((report["unwise"].as_array().unwrap().len(), &report["verdict"]), (3, &json!("ok")));
    assert_eq!(report["redirect_uri"], "http://127.0.0.1:8080/oauth2/callback?institution=128807");
    let elsewhere = place.idp("test", &[&named[..], &["--url", "http://127.0.0.1:9/", "--json"]].concat()).json();
    assert_eq!(elsewhere["redirect_uri"], "http://127.0.0.1:9/oauth2/callback?institution=128807");
    let unknown = place.admin(&["institution", "idp", "test", "4711", "--issuer", &provider.url]);
    unknown.fails("1 fault of the provider");
    assert!(unknown.out.contains("wrong: no institution has the id 4711"), "{}", unknown.out);
    assert_eq!(place.records(&[]).len(), 0);
}
