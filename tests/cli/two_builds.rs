//! Two versions of Latchkey at the same tables: a command of the older one keeps what the newer one wrote, and does not need
//! to know it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws::dynamodb_at;

use crate::place::{GET, Place};
use crate::users::typed;

type Item = HashMap<String, AttributeValue>;

/// An attribute that no version knows.
const NEWER: &str = "only_with_two_factors";

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn key(pairs: &[(&str, &str)]) -> Item {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect()
}

impl Place {
    fn item(&self, table: &str, pairs: &[(&str, &str)]) -> Item {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let get = dynamodb_at(&self.server.dynamodb_url).get_item().table_name(table).set_key(Some(key(pairs)));
        runtime.block_on(get.send()).unwrap().item.unwrap()
    }

    /// Writes an item as a newer version does: with attributes of its own, in the item and in each map of its lists.
    fn write_newer(&self, table: &str, pairs: &[(&str, &str)]) {
        let mut item = self.item(table, pairs);
        item.insert(NEWER.to_owned(), AttributeValue::Bool(true));
        for value in item.values_mut() {
            if let AttributeValue::L(list) = value {
                for map in list {
                    if let AttributeValue::M(map) = map {
                        map.insert(NEWER.to_owned(), text("yes"));
                    }
                }
            }
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let put = dynamodb_at(&self.server.dynamodb_url).put_item().table_name(table).set_item(Some(item));
        runtime.block_on(put.send()).unwrap();
    }

    /// How many maps of a list have what the newer version wrote. The item itself must.
    #[track_caller]
    fn kept(&self, table: &str, pairs: &[(&str, &str)], list: &str) -> usize {
        let item = self.item(table, pairs);
        assert_eq!(item.get(NEWER), Some(&AttributeValue::Bool(true)), "{item:?}");
        let maps = item.get(list).map(|list| list.as_l().unwrap().as_slice()).unwrap_or_default();
        maps.iter().filter(|map| map.as_m().unwrap().get(NEWER) == Some(&text("yes"))).count()
    }
}

#[test]
fn every_change_of_a_client_keeps_what_a_newer_version_wrote() {
    let place = Place::new();
    let client = place.create();
    let id = client["client_id"].as_str().unwrap();
    let item = ("latchkey-clients", [("client_id", id)]);
    place.write_newer(item.0, &item.1);
    let kept = |secrets: usize| assert_eq!(place.kept(item.0, &item.1, "secrets"), secrets);
    place.admin(&["client", "disable", id, "--json"]).json();
    kept(1);
    place.admin(&["client", "enable", id, "--json"]).json();
    place.admin(&["client", "update", id, "--name", "New", "--refresh-token-seconds", "60", "--json"]).json();
    kept(1);
    place.admin(&["client", "update", id, "--clear", "refresh-token-seconds", "--json"]).json();
    assert!(!place.item(item.0, &item.1).contains_key("refresh_token_seconds"), "what is cleared is gone");
    place.admin(&["client", "rotate-secret", id, "--name", "second", "--json"]).json();
    kept(1);
    let file = place.folder.path().join(".latchkey/sealing.key");
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{}{old}", *latchkey_oauth::secret::Keyring::line("new", &[7; 32]))).unwrap();
    place.admin(&["client", "reseal", "--json"]).json();
    kept(1);
    // A new secret of an old name is another one.
    place.admin(&["client", "rotate-secret", id, "--name", "third", "--overlap", "0", "--json"]).json();
    kept(0);
    assert_eq!(place.item(item.0, &item.1)["secrets"].as_l().unwrap().len(), 1);
}

#[test]
fn every_change_of_a_user_the_directory_and_a_grant_keeps_what_a_newer_version_wrote() {
    let place = Place::new();
    let user = ("latchkey-users", [("institution_id", "128807"), ("username", "demo")]);
    place.write_newer(user.0, &user.1);
    for verb in ["disable", "enable"] {
        place.admin(&["user", verb, "--institution", "128807", "demo", "--json"]).json();
        place.kept(user.0, &user.1, "");
    }
    typed(&place, &["user", "passwd", "--institution", "128807", "demo", "--json"], "moss under the pier").json();
    place.kept(user.0, &user.1, "");
    let directory = ("latchkey-users", [("institution_id", "#"), ("username", "directory")]);
    place.write_newer(directory.0, &directory.1);
    let kept = |list| place.kept(directory.0, &directory.1, list);
    let (institutions, services) = (kept("institutions"), kept("services"));
    assert_eq!((institutions, services), (2, 2));
    place.admin(&["institution", "add", "5", "--name", "Fifth", "--json"]).json();
    // Renamed, it is the same institution.
    place.admin(&["institution", "add", "91475", "--name", "Another Name", "--json"]).json();
    place.admin(&["scope", "describe", "WMS_NCIP", "--name", "Loans", "--json"]).json();
    place.admin(&["scope", "describe", "other", "--name", "Other", "--json"]).json();
    assert_eq!((kept("institutions"), kept("services")), (2, 2));
    assert_eq!(place.item(directory.0, &directory.1)["institutions"].as_l().unwrap().len(), 3);
    let tokens = place.client(&place.create(), &GET).json();
    let grant = place.admin(&["grant", "show", tokens["access_token"].as_str().unwrap(), "--json"]).json();
    let grant = ("latchkey-tokens", [("grant_id", grant["grant_id"].as_str().unwrap()), ("part", "grant")]);
    place.write_newer(grant.0, &grant.1);
    place.admin(&["grant", "revoke", grant.1[0].1, "--json"]).json();
    place.kept(grant.0, &grant.1, "");
}
