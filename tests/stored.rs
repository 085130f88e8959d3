//! What is stored: items that end, numbers at their bounds, and attributes that a newer version wrote.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::sign_in::Wanted;
use latchkey_dynamodb::store::{Tables, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::faults::Troubled;
use latchkey_testkit::registered::client_with_every_attribute;
use latchkey_testkit::requests::{House, KINDS, Kind, Seen};
use latchkey_testkit::world::INTROSPECT;

/// The key of the grant that a token names.
fn grant_key(token: &str) -> [(&'static str, AttributeValue); 2] {
    let grant = Unverified::parse(token).unwrap().grant_id.to_string();
    [("grant_id", AttributeValue::S(grant)), ("part", AttributeValue::S("grant".into()))]
}

async fn set<'k>(
    troubled: &Troubled,
    table: &str,
    key: impl IntoIterator<Item = (&'k str, AttributeValue)>,
    name: &str,
    value: u64,
) {
    let db = aws::dynamodb_at(troubled.engine);
    let mut update = db.update_item().table_name(table);
    for (name, value) in key {
        update = update.key(name, value);
    }
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    update.expression_attribute_values(":value", AttributeValue::N(value.to_string())).send().await.unwrap();
}

#[tokio::test]
async fn a_token_ends_with_the_item_of_its_grant() {
    let house = House::new().await;
    let Troubled { world, tables, .. } = &house.troubled;
    let client = world.client().await;
    let owner = world.owner(&["*"]).await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let refreshed = world.refresh(&client, refresh).await;
    for end in [world.now() + 1, world.now(), world.now() - 1, 0] {
        set(&house.troubled, &tables.tokens, grant_key(refresh), "expires_at", end).await;
        let reply = world.refresh(&client, refresh).await;
        let denial = world.last_log()["denial"].clone();
        for (signer, token) in [(&owner, access), (&owner, refreshed.member("access_token")), (&client, refresh)] {
            let seen = world.ask(signer, INTROSPECT, &format!("token={token}")).await;
            assert_eq!(seen.body["active"] == true, end > world.now() && signer.id == owner.id, "{end}: {}", seen.text);
        }
        if end > world.now() {
            assert_eq!(reply.body["expires_in"], 0, "{}", reply.text);
            continue;
        }
        reply.refuses(400, "invalid_grant");
        assert_eq!(denial, "refresh_token_expired");
    }
    // A code's too.
    let code = world.code(&client, "WMS_NCIP").await;
    set(&house.troubled, &tables.tokens, grant_key(&code), "expires_at", world.now()).await;
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    assert_eq!(world.last_log()["denial"], "code_expired");
}

#[tokio::test]
async fn no_stored_number_is_too_small_or_too_large_to_count_with() {
    let house = House::new().await;
    let Troubled { world, tables, .. } = &house.troubled;
    let (least, most) = (0, (1 << 60) - 1);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    for (kind, names) in [
        (Kind::Issue, &["created_at", "revision", "refresh_token_seconds"][..]),
        (Kind::Redeem, &["created_at", "code_expires_at", "expires_at"]),
        (Kind::Refresh, &["created_at", "access_expires_at", "refresh_expires_at", "expires_at"]),
        (Kind::Revoke, &["created_at", "access_expires_at", "refresh_expires_at", "expires_at"]),
        (Kind::WrongPassword, &["created_at", "revision"]),
    ] {
        for (name, value) in names.iter().flat_map(|name| [(*name, least), (*name, most)]) {
            let ready = house.ready(kind).await;
            let (table, key) = match kind {
                Kind::Issue => (&tables.clients, vec![("client_id", text(&ready.client.id))]),
                Kind::WrongPassword => {
                    world.add_user(&ready.username).await;
                    (&tables.users, vec![("institution_id", text("128807")), ("username", text(&ready.username))])
                }
                _ => (&tables.tokens, grant_key(&ready.about[0]).into()),
            };
            set(&house.troubled, table, key, name, value).await;
            let (seen, reply) = house.send(&ready).await;
            assert_ne!(seen, Seen::Unavailable, "{kind:?}, {name} is {value}: {}", reply.text);
        }
    }
}

/// Every item of the three tables.
async fn items(troubled: &Troubled) -> Vec<(String, HashMap<String, AttributeValue>)> {
    let db = aws::dynamodb_at(troubled.engine);
    let Tables { clients, tokens, users } = &troubled.tables;
    let mut all = Vec::new();
    for table in [clients, tokens, users] {
        let found = db.scan().table_name(table).send().await.unwrap().items.unwrap();
        all.extend(found.into_iter().map(|item| (table.clone(), item)));
    }
    all
}

#[tokio::test]
async fn what_a_newer_version_wrote_survives_every_request() {
    const NEWER: &str = "only_with_two_factors";
    let house = House::new().await;
    let db = aws::dynamodb_at(house.troubled.engine);
    for kind in KINDS.into_iter().filter(|kind| kind.writes()) {
        let ready = house.ready(kind).await;
        if kind == Kind::WrongPassword {
            // So that there are counts to change.
            house.send(&ready).await;
        }
        let before = items(&house.troubled).await;
        for (table, mut item) in before.clone() {
            item.insert(NEWER.into(), AttributeValue::Bool(true));
            db.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
        assert_eq!(house.send(&ready).await.0, Seen::Right, "{kind:?}");
        let after = items(&house.troubled).await;
        let kept = after.iter().filter(|(_, item)| item.contains_key(NEWER)).count();
        assert_eq!(kept, before.len(), "{kind:?}");
        let changed = after.iter().filter(|(_, item)| item.contains_key(NEWER));
        let changed = changed.filter(|(table, item)| {
            let mut item = item.clone();
            item.remove(NEWER);
            !before.contains(&(table.clone(), item))
        });
        let changes =
            ![Kind::Issue, Kind::Refresh, Kind::RefreshAtIssue, Kind::Allow, Kind::AllowTokens, Kind::DeviceBegin]
                .contains(&kind);
        let counts_nothing = [Kind::SignIn, Kind::TypeCode].contains(&kind);
        assert!(changed.count() > 0 || !changes || counts_nothing, "{kind:?} changed nothing");
    }
}

#[tokio::test]
async fn what_the_pages_read_of_a_client_says_the_same_when_it_is_written() {
    let troubled = Troubled::new().await;
    let (world, usage) = (&troubled.world, &mut Usage::default());
    let store = &world.service.store;
    let secret = world.seal("read", &world.client().await.secret, "first");
    let client = client_with_every_attribute("read", secret.clone());
    assert!(store.create_client(&client, usage).await.unwrap().is_made());
    let wanted = Wanted { client_id: Some("read"), user: None, attempt: None, provider: None };
    let read = store.sign_in_data(wanted, usage).await.unwrap().client.unwrap();
    assert!(read.secrets.is_empty());
    let again = Client { id: "again".to_owned(), secrets: vec![secret], ..read };
    assert!(store.create_client(&again, usage).await.unwrap().is_made());
    let items: Vec<_> =
        items(&troubled).await.into_iter().filter(|(table, _)| *table == troubled.tables.clients).collect();
    let item = |id: &str| {
        let id = AttributeValue::S(id.to_owned());
        let mut item = items.iter().find(|(_, item)| item["client_id"] == id).unwrap().1.clone();
        item.retain(|name, _| !["client_id", "change_id"].contains(&name.as_str()));
        item
    };
    assert_eq!(item("again"), item("read"));
}
