//! Users who leave: `latchkey user disable` ends what they allowed, by the index that `latchkey grant index` fills.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::grant::{Grant, Principal};
use latchkey_oauth::token::{GrantId, Unverified};
use serde_json::{Value, json};

use crate::place::{GET, Place};
use crate::running::Running;
use crate::users::typed;

const USER: [&str; 3] = ["--institution", "128807", "alice"];

impl Place {
    /// The arguments of a command that concerns the user.
    fn alice(&self, command: &[&str]) -> crate::place::Done {
        self.admin(&[command, &USER, &["--json"]].concat())
    }

    fn add_alice(&self) -> Value {
        typed(self, &[&["user", "add", "--json"][..], &USER].concat(), "moss under the pier\n").json()
    }

    fn db(&self) -> Client {
        dynamodb_at(&self.server.dynamodb_url)
    }

    fn store(&self) -> Store {
        Store::new(self.db(), tables())
    }

    /// So many grants that a user consented to.
    async fn consented(&self, key: &Value, user: &Value, number: usize) {
        let tokens = self.tokens_of(key, user);
        let store = self.store();
        let id = Unverified::parse(tokens["access_token"].as_str().unwrap()).unwrap().grant_id;
        let grant = store.grant(&id, &mut Usage::default()).await.unwrap().unwrap();
        for _ in 1..number {
            let grant = Grant { id: GrantId::random(random().unwrap()), ..grant.clone() };
            store.begin_grant(&grant, &mut Usage::default()).await.unwrap();
        }
    }

    /// How many grants of a user there are, and how many of these are not revoked.
    async fn grants_of(&self, user: &Value) -> (usize, usize) {
        let text = |name: &str| user[name].as_str().map(str::to_owned);
        let filter = GrantFilter {
            principal_id: text("principal_id"),
            principal_idns: text("principal_idns"),
            ..GrantFilter::default()
        };
        let grants = self.store().grants(&filter, &mut Usage::default()).await.unwrap();
        (grants.len(), grants.iter().filter(|grant| grant.revoked_at.is_none()).count())
    }

    /// The table of tokens as an earlier version left it: no grant has a holder, and nothing says that all have one.
    async fn as_before_the_index(&self) {
        let (db, table) = (self.db(), tables().tokens);
        let found = db.scan().table_name(&table).send().await.unwrap();
        for item in found.items() {
            let key = ["grant_id", "part"].map(|name| (name.to_owned(), item[name].clone()));
            let key = Some(key.into());
            if item.contains_key("filled_at") {
                db.delete_item().table_name(&table).set_key(key).send().await.unwrap();
            } else if item.contains_key("holder") {
                let update = db.update_item().table_name(&table).set_key(key);
                update.update_expression("REMOVE holder").send().await.unwrap();
            }
        }
    }

    async fn without_the_index(&self) {
        let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("holder").build().unwrap();
        let delete = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
        let update = self.db().update_table().table_name(tables().tokens);
        update.global_secondary_index_updates(delete).send().await.unwrap();
    }

    fn states(&self) -> (Value, Value, String) {
        let shown = self.alice(&["user", "show"]).json();
        let listed = self.admin(&["user", "list", "--institution", "128807"]).out;
        let line = listed.lines().find(|line| line.trim_start().starts_with("alice")).unwrap().to_owned();
        (shown["disabled"].clone(), shown["ending"].clone(), line)
    }

    /// A client that names users without them.
    fn naming(&self) -> Value {
        let create = ["client", "create", "--json", "--name", "Naming", "--grant-type", "client_credentials"];
        let what = ["--scope", "WMS_NCIP", "--institution", "128807", "--names-principal", "true"];
        self.admin(&[&create[..], &what].concat()).json()
    }
}

#[test]
fn a_disabled_users_consents_end_and_what_is_left_is_named_with_the_command_that_ends_it() {
    let place = Place::new();
    let (key, naming) = (place.create(), place.naming());
    let user = place.add_alice();
    let mine = [place.tokens_of(&key, &user), place.tokens_of(&key, &user)];
    let (id, idns) = (user["principal_id"].as_str().unwrap(), user["principal_idns"].as_str().unwrap());
    let get = ["token", "get", "--json", "--scope", "WMS_NCIP", "--institution", "128807", "--principal-id", id];
    let named = place.client(&naming, &[&get[..], &["--principal-idns", idns]].concat()).json();
    let other = place.client(&key, &GET).json();
    let list = ["grant", "list", "--json", "--user", "alice", "--institution", "128807"];
    let listed = place.admin(&list);
    assert_eq!(listed.json().as_array().unwrap().len(), 2);
    assert!(listed.err.contains("--whole-table lists them too"), "{}", listed.err);
    let whole = place.admin(&[&list[..], &["--whole-table"]].concat());
    assert_eq!(whole.json().as_array().unwrap().len(), 3);
    let by_subject = ["grant", "list", "--json", "--subject", user["subject"].as_str().unwrap()];
    assert_eq!(place.admin(&by_subject).json(), listed.json());
    let of_client = [&list[..], &["--client-id", naming["client_id"].as_str().unwrap()]].concat();
    assert_eq!(place.admin(&of_client).json(), json!([]));

    let done = place.alice(&["user", "disable"]);
    let said = "latchkey grant revoke --user alice --institution 128807";
    assert!(done.err.contains(said), "{}", done.err);
    let done = done.json();
    assert_eq!((&done["disabled"], &done["ending"], &done["revoked"]), (&json!(true), &json!(false), &json!(2)));
    for tokens in &mine {
        assert!(!place.is_active(tokens));
        place.refresh(&key, tokens).fails("400");
    }
    assert!(place.is_active(&named) && place.is_active(&other));
    assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], 0, "again");
    let revoke = ["grant", "revoke", "--user", "alice", "--institution", "128807", "--yes", "--json"];
    assert_eq!(place.admin(&revoke).json()["revoked"], 1);
    assert!(!place.is_active(&named) && place.is_active(&other));
    assert_eq!(place.alice(&["user", "enable"]).json()["disabled"], false);
}

#[test]
fn grants_stay_where_the_operator_says_so_and_after_a_new_password() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    let mine = place.tokens_of(&key, &user);
    let passwd = typed(&place, &[&["user", "passwd", "--json"][..], &USER].concat(), "eleven quiet herons\n");
    assert!(passwd.err.contains("the user's grants stay: latchkey user disable ends"), "{}", passwd.err);
    assert_eq!(passwd.json()["ending"], false);
    let kept = place.alice(&["user", "disable", "--keep-grants"]);
    assert!(kept.err.contains("the user's grants stay"), "{}", kept.err);
    assert_eq!(kept.json()["disabled"], true);
    assert!(place.is_active(&mine));
    let file = place.folder.path().join("users.toml");
    let declare = |disabled: bool| {
        let text = format!("[[users]]\ninstitution_id = \"128807\"\nusername = \"alice\"\ndisabled = {disabled}\n");
        std::fs::write(&file, text).unwrap();
        place.admin(&["apply", "users.toml", "--yes"])
    };
    assert_eq!(declare(false).code, 0);
    let declared = declare(true);
    assert!(declared.code == 0 && declared.err.contains("the user's grants stay"), "{}", declared.err);
    assert!(place.is_active(&mine));
    assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cut_off_leaves_its_mark_until_another_has_ended_the_last_grant() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    place.consented(&key, &user, 60).await;
    assert_eq!(place.grants_of(&user).await, (60, 60));
    let disable = [&["user", "disable"][..], &USER].concat();
    // After: the mark; fifty grants; all grants.
    for (writes, left, said) in [(1, 60, "0 grants ended"), (1, 10, "50 grants ended"), (1, 0, "10 grants ended")] {
        let cut = place.breaking_off(&disable, writes);
        cut.fails(&format!("user alice of institution 128807 is disabled, {said}"));
        cut.fails("stays marked as ending");
        assert_eq!(place.grants_of(&user).await, (60, left), "{}", cut.err);
        let (disabled, ending, line) = place.states();
        assert_eq!((disabled, ending), (json!(true), json!(true)));
        assert!(line.contains("yes, ending grants"), "{line}");
        place.alice(&["user", "enable"]).fails("are not all ended yet");
    }
    assert_eq!(place.records(&["--unfinished"]).len(), 3);
    let file = "[[users]]\ninstitution_id = \"128807\"\nusername = \"alice\"\ndisabled = false\n";
    std::fs::write(place.folder.path().join("users.toml"), file).unwrap();
    place.admin(&["apply", "users.toml", "--yes"]).fails("are not all ended yet");
    assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], 0);
    let (disabled, ending, line) = place.states();
    assert_eq!((disabled, ending), (json!(true), json!(false)));
    assert!(!line.contains("ending"), "{line}");
    assert_eq!(place.alice(&["user", "enable"]).json()["disabled"], false);
    // The operator gives the rest up.
    place.consented(&key, &user, 2).await;
    place.breaking_off(&disable, 1).fails("0 grants ended");
    let kept = place.alice(&["user", "disable", "--keep-grants"]).json();
    assert_eq!((&kept["disabled"], &kept["ending"]), (&json!(true), &json!(false)));
    assert_eq!(place.grants_of(&user).await, (62, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_at_any_moment_is_seen_and_finished_by_the_next_one() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    let disable = [&["user", "disable"][..], &USER].concat();
    // Before the mark; before each fifty grants; before the mark is taken off.
    for (writes, left) in [150, 150, 100, 50, 0].into_iter().enumerate() {
        place.consented(&key, &user, 150).await;
        assert!(place.killed_after(&disable, writes), "{writes}");
        assert_eq!(place.grants_of(&user).await.1, left, "{writes}");
        let (disabled, ending, line) = place.states();
        let is_marked = json!(writes > 0);
        assert_eq!((&disabled, &ending), (&is_marked, &is_marked), "{left} are left: {line}");
        assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], left);
        assert_eq!((place.grants_of(&user).await.1, &place.states().1), (0, &json!(false)));
        place.alice(&["user", "enable"]).json();
    }
    place.consented(&key, &user, 150).await;
    assert!(!place.killed_after(&disable, 5), "it makes five writes");
    let (disabled, ending, _) = place.states();
    assert_eq!((place.grants_of(&user).await.1, disabled, ending), (0, json!(true), json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn not_all_is_said_before_the_grants_of_earlier_versions_are_in_the_index() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    place.consented(&key, &user, 120).await;
    place.as_before_the_index().await;
    let newer = place.tokens_of(&key, &user);
    let list = ["grant", "list", "--json", "--user", "alice", "--institution", "128807"];
    let listed = place.admin(&list);
    assert!(listed.err.contains("reading the whole table"), "{}", listed.err);
    assert_eq!(listed.json().as_array().unwrap().len(), 121);
    let refused = place.alice(&["user", "disable"]);
    refused.fails("user alice of institution 128807 is disabled, 1 grant ended so far");
    refused.fails("run latchkey grant index before; run the command again for the rest");
    assert!(!place.is_active(&newer), "what the index has is ended at once");
    assert_eq!(place.states().1, true);
    // Cut off after fifty of them; begun again, it does the rest.
    place.breaking_off(&["grant", "index"], 1).fails("run the command again");
    place.alice(&["user", "disable"]).fails("50 grants ended");
    let indexed = place.admin(&["grant", "index", "--json"]);
    assert_eq!(indexed.json(), json!({ "indexed": 70 }), "{}", indexed.err);
    assert_eq!(place.admin(&["grant", "index", "--json"]).json(), json!({ "indexed": 0 }));
    assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], 70);
    assert_eq!(place.grants_of(&user).await, (121, 0));
    assert_eq!(place.states().1, false);
    let listed = place.admin(&list);
    assert!(!listed.err.contains("reading the whole table"), "{}", listed.err);
    assert_eq!(listed.json().as_array().unwrap().len(), 121);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_whose_user_cannot_be_read_is_named_and_the_index_is_not_filled_while_it_is_live() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    place.consented(&key, &user, 2).await;
    place.as_before_the_index().await;
    let (db, table) = (place.db(), tables().tokens);
    let damaged = GrantId::random(random().unwrap()).to_string();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = db.put_item().table_name(&table).item("grant_id", text(&damaged)).item("part", text("grant"));
    let put = put.item("grant_type", text("implicit")).item("principal_id", text("p"));
    put.send().await.unwrap();
    let failed = place.admin(&["grant", "index"]);
    failed.fails(&damaged);
    failed.fails("2 grants indexed, and the index does not count as filled");
    place.alice(&["user", "disable"]).fails("2 grants ended so far");
    assert_eq!(place.admin(&["grant", "revoke", &damaged]).code, 0);
    assert_eq!(place.admin(&["grant", "index"]).code, 0, "nothing of it is good any more");
    assert_eq!(place.alice(&["user", "disable"]).json()["ending"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_an_earlier_version_gets_its_index_with_its_grants() {
    let place = Place::new();
    let key = place.create();
    let user = place.add_alice();
    let mine = place.tokens_of(&key, &user);
    place.as_before_the_index().await;
    place.without_the_index().await;
    place.admin(&["grant", "index"]).fails("the table of tokens has no index of users' grants yet");
    let refused = place.alice(&["user", "disable"]);
    refused.fails("is disabled, 0 grants ended so far");
    refused.fails("has no index of users' grants yet");
    assert!(place.is_active(&mine));
    let listed = place.admin(&["grant", "list", "--json", "--user", "alice", "--institution", "128807"]);
    assert_eq!(listed.json().as_array().unwrap().len(), 1, "it reads the table");
    let Place { server, folder } = place;
    server.end("-INT");
    let server = Running::start(folder.path(), &[]);
    let place = Place { server, folder };
    assert_eq!(place.alice(&["user", "disable"]).json()["revoked"], 1);
    assert!(!place.is_active(&mine));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_deleted_with_grants_of_every_kind_with_the_index_and_without_it() {
    for has_index in [true, false] {
        let place = Place::new();
        let (key, naming) = (place.create(), place.naming());
        let user = place.add_alice();
        let (id, idns) = (user["principal_id"].as_str().unwrap(), user["principal_idns"].as_str().unwrap());
        let get = ["token", "get", "--json", "--scope", "WMS_NCIP", "--institution", "128807", "--principal-id", id];
        let named = place.client(&naming, &[&get[..], &["--principal-idns", idns]].concat()).json();
        let mine = place.tokens_of(&key, &user);
        if !has_index {
            place.as_before_the_index().await;
            place.without_the_index().await;
        }
        let delete = [&["user", "delete", "--yes", "--wait", "0"][..], &USER].concat();
        place.breaking_off(&delete, 1).fails("run the command again");
        assert_eq!(place.states().1, true, "cut off after the mark");
        assert_eq!(place.alice(&["user", "delete", "--yes", "--wait", "0"]).json()["revoked"], 2);
        assert!(!place.is_active(&named) && !place.is_active(&mine));
        assert_eq!(place.grants_of(&user).await, (2, 0));
        assert!(Principal::of_subject(user["subject"].as_str().unwrap()).is_some());
    }
}
