//! Commands that read a whole table: these, so often, and no others; and how large the items are that they read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_scale::growth::{SCANS, Table};

use crate::idp::provider::Provider;
use crate::place::{GET, Place, run};
use crate::users::typed;

const SECRET: &str = "gqFgQXF1gwMpQDGyBb5nJ3Y9oVn1Tq0yT8vXw2LZ6eM=";
const ALICE: [&str; 3] = ["--institution", "128807", "alice"];

/// A port that leads to the engine of the place and counts the scans that go through.
fn counting(place: &Place) -> (String, Arc<AtomicUsize>) {
    let scans = Arc::new(AtomicUsize::new(0));
    let counted = scans.clone();
    let asks =
        move |head: &str, _: &str| Some(scans.fetch_add(usize::from(head.contains("dynamodb_20120810.scan")), SeqCst));
    let port = place.wire(asks, |_| true);
    (port, counted)
}

#[test]
fn the_commands_whose_help_says_so_read_whole_tables_so_often_and_no_others_do() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let user = typed(&place, &[&["user", "add", "--json"][..], &ALICE].concat(), "moss under the pier\n").json();
    let (principal, namespace) = (user["principal_id"].as_str().unwrap(), user["principal_idns"].as_str().unwrap());
    place.tokens_of(&key, &user);
    assert_eq!(place.client(&key, &GET).code, 0);
    let grants = place.admin(&["grant", "list", "--json", "--client-id", id]).json();
    let of_client = grants.as_array().unwrap().iter().find(|grant| grant["principal_id"].is_null()).unwrap();
    let grant = of_client["grant_id"].as_str().unwrap();
    let declared = place.folder.path().join("declared.toml");
    std::fs::write(
        &declared,
        "[[clients]]\nclient_id = \"declared\"\nname = \"Declared\"\ngrant_types = [\"client_credentials\"]\n\
         scopes = [\"WMS_NCIP\"]\ninstitutions = [\"128807\"]\n",
    )
    .unwrap();
    let provider = Provider::new();
    let its = ["128807", "--issuer", &provider.url, "--client-id", "latchkey", "--secret", "of-the-provider"];
    let (port, counted) = counting(&place);
    let what = ["--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--institution", "128807"];
    let of_user = ["--principal-id", principal, "--principal-idns", namespace];
    let of = |command: &[&'static str], more: &[&str]| -> (Vec<&'static str>, Vec<String>) {
        (command.to_vec(), more.iter().map(|word| (*word).to_owned()).collect())
    };
    let commands = [
        (of(&["client", "create"], &[&["--client-id", "made", "--name", "Made"][..], &what].concat()), 1),
        (
            of(
                &["client", "import"],
                &[&["--client-id", "old", "--secret", SECRET, "--name", "Old"][..], &what].concat(),
            ),
            1,
        ),
        (of(&["client", "rotate-secret"], &[id]), 1),
        (of(&["client", "reseal"], &[]), 1),
        (of(&["client", "list"], &[]), 1),
        (of(&["client", "show"], &[id]), 0),
        (of(&["client", "guide"], &[id]), 0),
        (of(&["client", "update"], &[id, "--name", "Other"]), 0),
        (of(&["client", "disable"], &["made"]), 0),
        (of(&["client", "enable"], &["made"]), 0),
        (of(&["client", "revoke-all"], &["made", "--yes"]), 0),
        (of(&["grant", "list"], &[]), 1),
        // Nothing is missing: it counts, and looks once.
        (of(&["grant", "index"], &[]), 2),
        (of(&["grant", "list"], &of_user), 0),
        (of(&["grant", "show"], &[grant]), 0),
        (of(&["grant", "revoke"], &[grant]), 0),
        (of(&["grant", "revoke"], &[&["--yes"][..], &of_user].concat()), 1),
        (of(&["client", "delete"], &["old", "--yes", "--wait", "0"]), 2),
        (of(&["apply"], &[declared.to_str().unwrap(), "--yes"]), 1),
        (of(&["apply"], &[declared.to_str().unwrap(), "--yes"]), 0),
        (of(&["export"], &[]), 1),
        (of(&["export"], &["--users"]), 2),
        (of(&["user", "show"], &ALICE), 0),
        (of(&["user", "list"], &["--institution", "128807"]), 0),
        (of(&["user", "totp", "reseal"], &[]), 1),
        (of(&["user", "unlock"], &ALICE), 0),
        (of(&["user", "disable"], &ALICE), 0),
        (of(&["user", "delete"], &[&["--yes", "--wait", "0"][..], &ALICE].concat()), 2),
        (of(&["institution", "add"], &["4711", "--name", "Lab"]), 0),
        (of(&["institution", "list"], &[]), 0),
        (of(&["institution", "remove"], &["4711", "--yes"]), 0),
        (of(&["institution", "idp", "set"], &its), 0),
        (
            of(
                &["institution", "idp", "set"],
                &[&["91475"][..], &its[1..], &["--namespace", "urn:latchkey:91475"]].concat(),
            ),
            0,
        ),
        (of(&["institution", "idp", "set"], &["128807", "--namespace", "urn:demo:readers"]), 2),
        (of(&["institution", "idp", "set"], &["128807", "--namespace", "urn:demo:readers", "--only"]), 0),
        (of(&["institution", "idp", "refresh"], &["128807"]), 0),
        (of(&["institution", "idp", "test"], &["128807"]), 0),
        (of(&["institution", "idp", "show"], &["128807"]), 0),
        (of(&["institution", "idp", "reseal"], &[]), 0),
        (of(&["institution", "idp", "remove"], &["128807", "--yes"]), 0),
        (of(&["scope", "list"], &[]), 0),
        (of(&["audit", "list"], &[]), 0),
    ];
    let mut most = BTreeMap::<String, usize>::new();
    for ((command, more), scans) in commands {
        let words: Vec<_> = command.iter().copied().chain(more.iter().map(String::as_str)).collect();
        counted.store(0, SeqCst);
        let done = run(place.folder.path(), &[], &[&words[..], &["--local", "--dynamodb-port", &port]].concat());
        assert_eq!((done.code, counted.load(SeqCst)), (0, scans), "{words:?}: {}", done.err);
        let before = most.entry(command.join(" ")).or_default();
        *before = scans.max(*before);
    }
    most.retain(|_, scans| *scans > 0);
    let mut said = BTreeMap::<String, usize>::new();
    for scan in SCANS {
        *said.entry(scan.command.to_owned()).or_default() += scan.times as usize;
    }
    // It reads the table once more if there is something to add.
    *most.get_mut("grant index").unwrap() += 1;
    assert_eq!(most, said);
}

/// Bytes that DynamoDB counts for a value.
fn bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits in a byte, and one more.
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Bool(_) => 1,
        AttributeValue::L(values) => 3 + values.iter().map(|value| 1 + bytes(value)).sum::<usize>(),
        AttributeValue::M(members) => {
            3 + members.iter().map(|(name, value)| 1 + name.len() + bytes(value)).sum::<usize>()
        }
        other => panic!("no attribute of these items: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sizes_of_items_are_those_that_the_documents_reckon_with() {
    let place = Place::new();
    let key = place.create();
    let user = typed(&place, &[&["user", "add", "--json"][..], &ALICE].concat(), "moss under the pier\n").json();
    place.tokens_of(&key, &user);
    let mut measured = Vec::new();
    let (database, tables) = (dynamodb_at(&place.server.dynamodb_url), tables());
    for (table, name, attribute) in [
        (Table::Clients, tables.clients, "redirect_uris"),
        (Table::Tokens, tables.tokens, "redirect_uri"),
        (Table::Users, tables.users, "password_hash"),
    ] {
        let found = database.scan().table_name(name).send().await.unwrap().items.unwrap();
        let of = |item: &HashMap<String, AttributeValue>| {
            item.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>()
        };
        let sizes = found.iter().filter(|item| item.contains_key(attribute)).map(of);
        measured.push((table, sizes.max().unwrap(), table.bytes() as usize));
    }
    let fits = |(_, size, said): &(Table, usize, usize)| size <= said && *size > said - said / 10;
    assert!(measured.iter().all(fits), "{measured:?}");
}
