//! `latchkey grant` and `latchkey code`: what an operator sees of grants, ends and makes.

use crate::place::{GET, Place};

#[test]
fn grants_are_listed_shown_and_revoked_one_by_one_and_by_client() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let tokens: Vec<_> = (0..3).map(|_| place.client(&key, &GET).json()).collect();
    let refresh =
        |index: usize| place.client(&key, &["token", "refresh", tokens[index]["refresh_token"].as_str().unwrap()]);
    assert_eq!(refresh(0).code, 0);
    let list = place.admin(&["grant", "list", "--json", "--client-id", id]);
    assert_eq!(list.json().as_array().unwrap().len(), 3);
    let token = tokens[0]["access_token"].as_str().unwrap();
    let shown = place.admin(&["grant", "show", token, "--json"]).json();
    assert_eq!((&shown["state"], &shown["refreshed_access_tokens"]), (&"good".into(), &1.into()));
    let grant_id = shown["grant_id"].as_str().unwrap();
    assert_eq!(place.admin(&["grant", "revoke", grant_id, "--json"]).json()["revoked"], 1);
    refresh(0).fails("400");
    assert_eq!(refresh(1).code, 0);
    assert_eq!(place.admin(&["grant", "revoke", "--client-id", id, "--json", "--yes"]).json()["revoked"], 2);
    refresh(1).fails("400");
    assert_eq!(place.admin(&["grant", "list", "--principal-id", "nobody", "--json"]).json(), serde_json::json!([]));
    place.admin(&["grant", "show", "00000000-0000-4000-8000-000000000000"]).fails("no grant matches");
    let forged = format!("{}AAAA", &tokens[2]["refresh_token"].as_str().unwrap()[..47]);
    place.admin(&["grant", "revoke", &forged]).fails("the service has no such token or code");
    place.admin(&["grant", "revoke", "x"]).fails("not a grant id, a token or a code");
    place.admin(&["grant", "revoke", "00000000-0000-4000-8000-000000000000"]).fails("no grant matches");
    place.admin(&["grant", "list", "--json"]).json();
    place.admin(&["grant", "revoke"]).fails("required");
}

#[test]
fn a_code_is_made_and_redeemed_with_its_principal_and_verifier() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let create = [
        "code",
        "create",
        "--json",
        "--client-id",
        id,
        "--redirect-uri",
        "https://app.example/callback",
        "--scope",
        "WMS_NCIP refresh_token",
        "--institution",
        "128807",
        "--principal-id",
        "zoe\u{308}",
        "--principal-idns",
        "urn:x",
        "--code-challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ];
    let code = place.admin(&create).json();
    let redeem = [
        "token",
        "redeem",
        code["code"].as_str().unwrap(),
        "--json",
        "--redirect-uri",
        "https://app.example/callback",
        "--institution",
        "128807",
        "--code-verifier",
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ];
    assert_eq!(place.client(&key, &redeem).json()["principalID"], "zo\u{EB}");
    let grants = place.admin(&["grant", "list", "--principal-id", "zoe\u{308}", "--json"]).json();
    assert_eq!(grants[0]["principal_id"], "zo\u{EB}");
    assert_eq!(grants[0]["grant_id"], code["grant_id"]);
    let subject = "urn:latchkey:user:urn:x/zo%C3%AB";
    assert_eq!(grants[0]["subject"], subject);
    assert_eq!(place.admin(&["grant", "list", "--subject", subject, "--json"]).json(), grants);
    let other = ["grant", "revoke", "--subject", "urn:latchkey:user:urn:y/zo%C3%AB", "--yes"];
    place.admin(&other).fails("no grant matches");
    for none in ["zo\u{EB}", id, "urn:latchkey:user:urn:x/zo%c3%ab"] {
        place.admin(&["grant", "list", "--subject", none]).fails("it is no user's subject");
    }
    let revoke = |namespace| {
        place.admin(&["grant", "revoke", "--principal-id", "zo\u{EB}", "--principal-idns", namespace, "--json", "-y"])
    };
    revoke("urn:y").fails("no grant matches");
    assert_eq!(revoke("urn:x").json()["revoked"], 1);
    assert_eq!(revoke("urn:x").json()["revoked"], 0, "it was before");
    place.admin(&["grant", "revoke", "--principal-idns", "urn:x"]).fails("--principal-id");
    for (at, value, reason) in
        [(6, "https://evil.example/", "redirect_uri"), (10, "a b", "letters, digits"), (16, "plain", "base64url")]
    {
        let mut wrong = create;
        wrong[at] = value;
        place.admin(&wrong).fails(reason);
    }
    assert_eq!(place.admin(&["client", "disable", id]).code, 0);
    place.admin(&create).fails("disabled");
}
