//! What takes away says what goes, asks on a terminal, and leaves no token that works.

use serde_json::{Value, json};

use crate::place::{Done, GET, Place};
use crate::terminal::{at_terminal, at_terminal_when};
use crate::users::typed;

const USER: [&str; 3] = ["--institution", "128807", "alice"];

impl Place {
    /// Tokens that a client gets in the name of a user.
    pub fn tokens_of(&self, key: &Value, user: &Value) -> Value {
        let uri = "https://app.example/callback";
        let (id, idns) = (user["principal_id"].as_str().unwrap(), user["principal_idns"].as_str().unwrap());
        let create = ["code", "create", "--json", "--client-id", key["client_id"].as_str().unwrap()];
        let what = ["--redirect-uri", uri, "--scope", "WMS_NCIP refresh_token", "--institution", "128807"];
        let who = ["--principal-id", id, "--principal-idns", idns];
        let code = self.admin(&[&create[..], &what, &who].concat()).json();
        let redeem = ["token", "redeem", code["code"].as_str().unwrap(), "--json", "--redirect-uri", uri];
        self.client(key, &[&redeem[..], &["--institution", "128807"]].concat()).json()
    }

    pub fn refresh(&self, key: &Value, tokens: &Value) -> Done {
        self.client(key, &["token", "refresh", tokens["refresh_token"].as_str().unwrap(), "--json"])
    }

    /// Whether an API would let the access token pass.
    pub fn is_active(&self, tokens: &Value) -> bool {
        let access_token = tokens["access_token"].as_str().unwrap();
        let exported = self.server.exported();
        let demo = json!({ "client_id": exported["LATCHKEY_CLIENT_ID"], "secret": exported["LATCHKEY_SECRET"] });
        self.client(&demo, &["token", "introspect", access_token, "--json"]).json()["active"] == true
    }
}

#[test]
fn a_deleted_user_is_gone_with_sessions_grants_and_tokens() {
    let place = Place::new();
    let key = place.create();
    let add = [&["user", "add", "--json"][..], &USER].concat();
    let user = typed(&place, &add, "moss under the pier\n").json();
    let mine = [place.tokens_of(&key, &user), place.tokens_of(&key, &user)];
    let other = place.client(&key, &GET).json();
    let shown = place.admin(&[&["user", "show", "--json"][..], &USER].concat()).json();
    assert_eq!(shown, user);
    let delete = [&["user", "delete"][..], &USER].concat();
    let refused = place.admin(&delete);
    refused.fails("deletes user alice of institution 128807, ends the user's sessions on the pages, and ends 2 grants");
    refused.fails("add --yes");
    assert!(mine.iter().all(|tokens| place.is_active(tokens)), "nothing is done yet");
    let deleted = place.admin(&[&delete[..], &["--yes", "--wait", "0", "--json"]].concat()).json();
    assert_eq!(deleted, json!({ "institution_id": "128807", "username": "alice", "revoked": 2 }));
    for tokens in &mine {
        assert!(!place.is_active(tokens));
        place.refresh(&key, tokens).fails("400");
    }
    assert!(place.is_active(&other));
    place.admin(&[&["user", "show"][..], &USER].concat()).fails("has no such user");
    place.admin(&[&delete[..], &["--yes"]].concat()).fails("has no such user");
    let again = typed(&place, &add, "moss under the pier\n").json();
    assert_ne!(again["principal_id"], user["principal_id"], "who gets the name later is another person");
}

#[test]
fn a_deleted_client_is_gone_with_grants_and_tokens() {
    let place = Place::new();
    let (key, other) = (place.create(), place.create());
    let id = key["client_id"].as_str().unwrap();
    let (mine, others) = (place.client(&key, &GET).json(), place.client(&other, &GET).json());
    let refused = place.admin(&["client", "delete", id]);
    refused.fails(&format!("this deletes client {id} (App) with 1 secret, and ends 1 grant with all its tokens"));
    assert!(place.is_active(&mine));
    let deleted = place.admin(&["client", "delete", id, "--yes", "--wait", "0", "--json"]).json();
    assert_eq!(deleted, json!({ "client_id": id, "name": "App", "revoked": 1 }));
    assert!(!place.is_active(&mine) && place.is_active(&others));
    place.refresh(&key, &mine).fails("401");
    place.client(&key, &GET).fails("401");
    place.admin(&["client", "show", id]).fails("no client has the id");
    place.admin(&["client", "delete", id, "--yes"]).fails("no client has the id");
}

#[test]
fn an_institution_leaves_the_pages_and_says_how_many_users_go_with_it() {
    let place = Place::new();
    let refused = place.admin(&["institution", "remove", "128807"]);
    refused.fails("removes institution 128807 (Demo Library) from the pages; 1 user can no longer sign in");
    let removed = place.admin(&["institution", "remove", "128807", "--yes", "--json"]).json();
    assert_eq!(removed, json!({ "institution_id": "128807", "name": "Demo Library" }));
    place.admin(&["institution", "remove", "128807", "--yes"]).fails("no institution has the id 128807");
    let list = place.admin(&["institution", "list", "--json"]).json();
    assert_eq!(
        list,
        json!([{ "institution_id": "91475", "name": "Second Library", "sign_in": "password", "provider": null }])
    );
    place.admin(&["user", "delete", "--institution", "128807", "demo", "--yes", "--wait", "0", "--json"]).json();
    assert_eq!(place.admin(&["scope", "remove", "WMS_ACQ", "--json"]).json()["scope"], "WMS_ACQ");
    place.admin(&["scope", "remove", "WMS_ACQ"]).fails("no description has the scope WMS_ACQ");
}

#[test]
fn every_grant_of_a_user_ends_by_the_users_name_and_no_other() {
    let place = Place::new();
    let key = place.create();
    let user = typed(&place, &[&["user", "add", "--json"][..], &USER].concat(), "moss under the pier\n").json();
    let (mine, other) = (place.tokens_of(&key, &user), place.client(&key, &GET).json());
    let named = ["--user", " Alice", "--institution", "128807"];
    let list = place.admin(&[&["grant", "list", "--json"][..], &named].concat()).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["principal_id"]), (1, &user["principal_id"]));
    let revoke = [&["grant", "revoke", "--json"][..], &named].concat();
    place.admin(&revoke).fails("this ends 1 grant with all its tokens; nothing is done yet: add --yes");
    assert!(place.is_active(&mine));
    assert_eq!(place.admin(&[&revoke[..], &["--yes"]].concat()).json()["revoked"], 1);
    assert!(!place.is_active(&mine) && place.is_active(&other));
    place.refresh(&key, &mine).fails("400");
    place.admin(&["grant", "revoke", "--user", "alice"]).fails("--institution");
    place.admin(&["grant", "revoke", "--user", "nobody", "--institution", "128807", "-y"]).fails("has no such user");
    place.admin(&["grant", "revoke", "--institution", "4711", "-y"]).fails("no grant matches");
    assert_eq!(place.admin(&["grant", "revoke", "--institution", "128807", "-y", "--json"]).json()["revoked"], 2);
    assert!(!place.is_active(&other));
}

#[test]
fn many_grants_end_unasked_neither_from_a_script_nor_on_a_terminal() {
    let place = Place::new();
    let key = place.create();
    let tokens: Vec<_> = (0..3).map(|_| place.client(&key, &GET).json()).collect();
    let revoke = ["grant", "revoke", "--client-id", key["client_id"].as_str().unwrap(), "--json"];
    place.admin(&revoke).fails("this ends 3 grants");
    for answer in ["\n", "n\n", "maybe\n", "\u{4}"] {
        let done = at_terminal(place.command(&revoke), answer);
        done.fails("nothing is done");
        assert!(done.err.contains("this ends 3 grants with all their tokens. Go on? [y/N]"), "{}", done.err);
    }
    assert!(tokens.iter().all(|tokens| place.is_active(tokens)));
    assert_eq!(at_terminal(place.command(&revoke), "Y\n").json()["revoked"], 3);
    assert!(!tokens.iter().any(|tokens| place.is_active(tokens)));
    let one = place.client(&key, &GET).json();
    let by_token = ["grant", "revoke", one["refresh_token"].as_str().unwrap(), "--json"];
    assert_eq!(place.admin(&by_token).json()["revoked"], 1, "one grant, named by itself, is not asked about");
}

/// The commands ask, and an operator takes time to answer.
#[test]
fn what_was_deleted_and_made_anew_behind_a_question_stays_as_it_is() {
    let place = Place::new();
    let create = ["client", "create", "--client-id", "abc", "--name", "App", "--grant-type", "client_credentials"];
    let create = [&create[..], &["--scope", "WMS_NCIP", "--institution", "128807", "--json"]].concat();
    place.admin(&create).json();
    for command in [["client", "revoke-all", "abc"], ["client", "delete", "abc"]] {
        let mut key = json!(null);
        let anew = || {
            place.admin(&["client", "delete", "abc", "--yes", "--wait", "0"]);
            key = place.admin(&create).json();
        };
        let done = at_terminal_when(place.command(&command), "Go on? [y/N] ", anew, "y\n");
        done.fails("another operator");
        let got = ["token", "get", "--json", "--scope", "WMS_NCIP", "--institution", "128807"];
        assert!(place.client(&key, &got).json()["access_token"].is_string(), "{command:?}: the new secret works");
    }
    let add = [&["user", "add", "--json"][..], &USER].concat();
    let add = || typed(&place, &add, "moss under the pier\n").json();
    add();
    let mut user = json!(null);
    let anew = || {
        place.admin(&[&["user", "delete", "--yes", "--wait", "0"][..], &USER].concat());
        user = add();
    };
    let delete = [&["user", "delete"][..], &USER].concat();
    at_terminal_when(place.command(&delete), "Go on? [y/N] ", anew, "y\n").fails("another operator");
    assert_eq!(place.admin(&[&["user", "show", "--json"][..], &USER].concat()).json(), user);
}

/// A request that read the user or the client just before the command may write its grant until its deadline.
#[test]
fn a_deletion_waits_for_requests_under_way_and_ends_what_they_were_granted() {
    let place = Place::new();
    let key = place.create();
    let user = typed(&place, &[&["user", "add", "--json"][..], &USER].concat(), "moss under the pier\n").json();
    let wait = ["--yes", "--wait", "3", "--json"];
    let waiting = "waiting 3 seconds for requests that are under way";
    let mut granted = json!(null);
    let delete = place.command(&[&["user", "delete"][..], &USER, &wait].concat());
    let deleted = at_terminal_when(delete, waiting, || granted = place.tokens_of(&key, &user), "").json();
    assert_eq!(deleted["revoked"], 1);
    assert!(!place.is_active(&granted));
    // As if the request had read the client before it was disabled.
    let id = key["client_id"].as_str().unwrap();
    let delete = place.command(&[&["client", "delete", id][..], &wait].concat());
    let late = || {
        place.admin(&["client", "enable", id, "--json"]).json();
        granted = place.client(&key, &GET).json();
        place.admin(&["client", "disable", id, "--json"]).json();
    };
    let refused = at_terminal_when(delete, waiting, late, "");
    refused.fails("another operator");
    assert!(!place.is_active(&granted), "what was granted meanwhile is ended");
    let help = place.admin(&["client", "delete", "--help"]).out;
    let longest = latchkey_dynamodb::aws::DEADLINE.as_secs() + 1;
    assert!(help.contains(&format!("[default: {longest}]")), "{help}");
    place.admin(&["client", "delete", id, "--yes", "--wait", "3601"]).fails("3601");
}
