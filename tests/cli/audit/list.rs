//! Which records `latchkey audit list` finds, and which commands it calls unfinished.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::{AUDIT_TABLE, tables};
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::trail::{Actor, Step, Subject, Trail};
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::time::instant;
use serde_json::Value;

use crate::place::{GET, Place};
use crate::users::typed;

#[test]
fn records_are_found_by_maker_command_subject_and_time() {
    let place = Place::new();
    let id = place.create()["client_id"].as_str().unwrap().to_owned();
    let said = place.admin(&["client", "disable", &id, "--json", "--actor", "ticket 17"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let user = typed(&place, &["user", "add", "--institution", "128807", "zoe"], "moss under the pier");
    assert_eq!(user.code, 0, "{}", user.err);
    let commands = |more: &[&str]| -> Vec<String> {
        place.records(more).iter().map(|record| record["command"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["user add", "client disable", "client create"];
    assert_eq!(commands(&[]), all);
    assert_eq!(commands(&["--what", "client"]), all[1..]);
    assert_eq!(commands(&["--what", "client create"]), all[2..]);
    place.admin(&["audit", "list", "--what", "client creat"]).fails("no command of this name");
    place.admin(&["audit", "list", "--grant", "7b0c"]).fails("it must be a grant's id");
    assert_eq!(commands(&["--client-id", &id]), all[1..]);
    assert_eq!(commands(&["--user", "ZOE"]), all[..1]);
    assert_eq!(commands(&["--institution", "128807"]), all[..1]);
    assert_eq!(commands(&["--institution", "91475", "--user", "zoe"]), [""; 0]);
    assert_eq!(commands(&["--actor", "ticket"]), all[1..2]);
    let file = place.folder.path().join("two.csv");
    std::fs::write(&file, "institution,name\nA1,One\nA2,Two\n").unwrap();
    assert_eq!(place.admin(&["institution", "import", file.to_str().unwrap()]).code, 0);
    for (id, found) in [("A1", 1), ("A2", 1), ("A", 0), ("One", 0)] {
        assert_eq!(commands(&["--institution", id]).len(), found, "{id}");
    }
    let all = [&["institution import"][..], &all].concat();
    let record = &place.records(&["--actor", "ticket"])[0];
    assert!(record["actor_said"] == "ticket 17" && record["actor"].is_string(), "{record}");
    assert_eq!(commands(&["--run", record["run"].as_str().unwrap()]), all[2..3]);
    let at = record["at"].as_str().unwrap();
    let moment = at.replace(' ', "T");
    assert!(commands(&["--since", &moment, "--until", at]).contains(&all[2].to_owned()));
    assert_eq!(commands(&["--until", "2020-01-01"]), [""; 0]);
    assert_eq!(commands(&["--since", &at[..10], "--until", &at[..10]]).len(), all.len());
    for (arguments, reason) in [
        (&["--since", "yesterday"][..], "it must be a day (2026-11-26)"),
        (&["--since", "2026-02-30"], "it must be a day"),
        (&["--since", "2026-02-03T24:00:00Z"], "it must be a day"),
        (&["--since", "2026-02-03T10:00:00+01:00"], "it must be a day"),
        (&["--since", "2120-01-01"], "no record can match"),
        (&["--since", "2026-01-02", "--until", "2026-01-01"], "no record can match"),
    ] {
        place.admin(&[&["audit", "list"], arguments].concat()).fails(reason);
    }
    place.admin(&["client", "enable", &id, "--actor", "two\nlines"]).fails("one line of at most 200 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_cut_off_is_the_begin_without_an_end() {
    let place = Place::new();
    let store = Store::new(dynamodb_at(&place.server.dynamodb_url), tables());
    let actor = Actor { known: Some("ops".into()), said: None };
    let trail = Trail::new(AUDIT_TABLE.into(), actor, "client delete", 60).unwrap();
    let subject = Subject { client_id: Some("gone".into()), ..Subject::default() };
    store.recorded(trail).record_step(Step::Begun, 1_201, &subject, &mut Usage::default()).await.unwrap();
    let created = place.create();
    let id = created["client_id"].as_str().unwrap().to_owned();
    place.client(&created, &GET).json();
    place.admin(&["client", "delete", &id, "--yes", "--wait", "0", "--json"]).json();
    let unfinished = place.records(&["--unfinished"]);
    assert_eq!(unfinished.len(), 1, "{unfinished:?}");
    assert_eq!((&unfinished[0]["client_id"], &unfinished[0]["step"]), (&"gone".into(), &"begun".into()));
    let listed = place.admin(&["audit", "list", "--unfinished"]).out;
    assert!(listed.contains("begun, 1,201 items") && listed.contains("client gone"), "{listed}");
    // Once another run of the command has deleted the client, the first is cleared.
    let made = ["client", "create", "--client-id", "gone", "--name", "G", "--introspects", "A", "--json"];
    place.admin(&made).json();
    place.admin(&["client", "delete", "gone", "--yes", "--wait", "0", "--json"]).json();
    assert_eq!(place.records(&["--unfinished"]), Vec::<Value>::new());
    let begun = place.records(&["--client-id", "gone"]);
    assert_eq!(
        begun.iter().filter(|record| record["step"] == "begun").count(),
        2,
        "the list without the option has both"
    );
    // The grant of the first was revoked. Only the client was deleted.
    let listed = place.admin(&["audit", "list", "--client-id", &id]).out;
    assert!(listed.contains(", grant "), "{listed}");
    assert_eq!(listed.lines().filter(|line| line.trim_end().ends_with("  deleted")).count(), 1, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_since_long_ago_asks_for_no_day_whose_records_have_ended() {
    let place = Place::new();
    place.admin(&["scope", "describe", "A", "--name", "B"]);
    let db = dynamodb_at(&place.server.dynamodb_url);
    let found = db.scan().table_name(AUDIT_TABLE).send().await.unwrap();
    let mut item = found.items()[0].clone();
    // The same in 1995, and a year ago.
    for at in [817_376_400, now() - 365 * 86_400] {
        item.insert("day".to_owned(), AttributeValue::S(instant(at)[..10].to_owned()));
        item.insert("moment".to_owned(), AttributeValue::S(format!("{at:010}.000000-00")));
        db.put_item().table_name(AUDIT_TABLE).set_item(Some(item.clone())).send().await.unwrap();
    }
    let listed = place.records(&["--since", "1970-01-01"]);
    assert_eq!(listed.len(), 2, "that of 1995 has ended, and DynamoDB may have kept it: {listed:?}");
}
