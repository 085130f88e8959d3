//! Items that another program wrote to: what does not need them goes on, and the log names them.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::registry::GrantFilter;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::device::DEVICE;
use latchkey_testkit::faults::Troubled;
use latchkey_testkit::requests::{House, Kind, Seen};
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{INTROSPECT, REFRESH, World, refreshing};
use serde_json::json;

/// Takes the meaning of an attribute away.
async fn damage(troubled: &Troubled, table: &str, key: &[(&str, &str)], name: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let key = key.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    let update = dynamodb_at(troubled.engine).update_item().table_name(table).set_key(Some(key));
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    update.expression_attribute_values(":value", AttributeValue::Bool(true)).send().await.unwrap();
}

async fn damage_grant(troubled: &Troubled, token: &str) -> String {
    let grant_id = Unverified::parse(token).unwrap().grant_id.to_string();
    damage(troubled, &troubled.tables.tokens, &[("grant_id", &grant_id), ("part", "grant")], "scope").await;
    format!("{} grant_id={grant_id:?} part=\"grant\"", troubled.tables.tokens)
}

#[tokio::test]
async fn a_damaged_item_is_a_503_and_no_panic() {
    let house = House::new().await;
    let Troubled { world, tables, engine, .. } = &house.troubled;
    let db = dynamodb_at(engine);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let most = AttributeValue::N(u64::MAX.to_string());
    let wrong = AttributeValue::Bool(true);
    for (kind, name, value) in [
        (Kind::Issue, "name", &wrong),
        (Kind::Issue, "created_at", &wrong),
        (Kind::Issue, "grant_types", &wrong),
        (Kind::Issue, "secrets", &wrong),
        (Kind::Issue, "refresh_token_seconds", &most),
        (Kind::Refresh, "refresh_hash", &wrong),
        (Kind::Refresh, "refresh_expires_at", &most),
        (Kind::Revoke, "revoked_at", &text("yesterday")),
        (Kind::Redeem, "code_expires_at", &most),
        (Kind::Redeem, "redirect_uri", &wrong),
        (Kind::DevicePoll, "polled_at", &text("now")),
        (Kind::DevicePoll, "authenticating_institution_id", &wrong),
        // Tokens that no user allowed.
        (Kind::DevicePoll, "allowed_at", &AttributeValue::N("1".into())),
        (Kind::DevicePoll, "principal_id", &text("alice-id")),
        (Kind::DeviceRedeem, "denied_at", &AttributeValue::N("1".into())),
        (Kind::DeviceRedeem, "code_hash", &wrong),
        (Kind::TypeCode, "code_expires_at", &most),
        (Kind::WrongPassword, "password_hash", &text("secret")),
        (Kind::WrongPassword, "revision", &most),
        (Kind::WrongPassword, "password_hash", &wrong),
    ] {
        let ready = house.ready(kind).await;
        let (table, keys) = match kind {
            Kind::Issue => (&tables.clients, vec![("client_id", ready.client.id.clone())]),
            Kind::WrongPassword => {
                world.add_user(&ready.username).await;
                (&tables.users, vec![("institution_id", "128807".to_owned()), ("username", ready.username.clone())])
            }
            _ => {
                let grant = Unverified::parse(&ready.about[0]).unwrap().grant_id.to_string();
                (&tables.tokens, vec![("grant_id", grant), ("part", "grant".to_owned())])
            }
        };
        let mut damaged = vec![table.clone()];
        damaged.extend(keys.iter().map(|(key, value)| format!("{key}={value:?}")));
        let key = keys.iter().map(|(key, value)| ((*key).to_owned(), text(value))).collect();
        let update = db.update_item().table_name(table).set_key(Some(key));
        let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
        update.expression_attribute_values(":value", value.clone()).send().await.unwrap();
        assert_eq!(house.send(&ready).await.0, Seen::Unavailable, "{kind:?}, {name}");
        let (line, key) = (world.last_log(), damaged.join(" "));
        assert_eq!(line["denial"], "item_damaged", "{kind:?}, {name}");
        assert_eq!(line["damaged_items"], json!([key]), "{kind:?}, {name}");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_before_it_needs_a_damaged_grant_is_refused_as_ever() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let named = damage_grant(&troubled, refresh).await;
    let wrong = client.sign("other=1", world.now());
    for (path, query) in [
        (REFRESH, refreshing(refresh)),
        (INTROSPECT, format!("token={access}")),
        ("/oauth2/revoke", format!("token={refresh}")),
    ] {
        world.post(path, &query, &wrong).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["damaged_items"], json!([named]), "{path}");
    }
    world.ask(&client, INTROSPECT, &format!("token={access}")).await.refuses(400, "unauthorized_client");
    world.ask(&client, REFRESH, &refreshing(refresh)).await.refuses(503, "temporarily_unavailable");
    world.tokens(&client).await;
    assert!(world.last_log().get("damaged_items").is_none());
}

async fn peopled() -> Troubled {
    let troubled = Troubled::new().await;
    troubled.world.with_people().await;
    troubled
}

#[tokio::test]
async fn a_damaged_user_keeps_no_other_user_of_the_browser_from_signing_in() {
    let troubled = peopled().await;
    let world: &World = &troubled.world;
    world.add_user("bob").await;
    let (client, visitor) = (world.client().await, world.visitor());
    let asked = request(&client, &[]);
    visitor.sign_in(&asked).await;
    let key = [("institution_id", "128807"), ("username", "alice")];
    damage(&troubled, &troubled.tables.users, &key, "created_at").await;
    let page = visitor.ask(&asked).await;
    assert!(page.shows(200).text.contains("name=\"password\""), "the session counts as none: {}", page.text);
    let named = format!("{} institution_id=\"128807\" username=\"alice\"", troubled.tables.users);
    assert_eq!(world.last_log()["damaged_items"], json!([named]));
    visitor.sign_in_as(&asked, "alice", "x").await.shows(503);
    assert_eq!(visitor.sign_in_as(&asked, "bob", latchkey_testkit::visitor::PASSWORD).await.status, 303);
    let users = world.service.store.users("128807", &mut Usage::default()).await.unwrap();
    assert_eq!(users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["bob"]);
}

#[tokio::test]
async fn a_damaged_grant_of_a_device_is_named_where_its_code_is_typed_and_polled_with() {
    let troubled = peopled().await;
    let world = &troubled.world;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let visitor = world.visitor();
    let consent = visitor.sign_in_for_device(begun.member("user_code")).await.form();
    let named = damage_grant(&troubled, begun.member("device_code")).await;
    visitor.type_code(begun.member("user_code")).await.shows(503);
    assert_eq!(world.last_log()["damaged_items"], json!([named]));
    world.poll(&client, begun.member("device_code")).await.refuses(503, "temporarily_unavailable");
    assert_eq!(world.last_log()["damaged_items"], json!([named]));
    // The answer itself needs no more of the item than whether it was answered.
    visitor.post(DEVICE, &[("form", &consent), ("action", "deny")]).await.shows(200);
    visitor.post(DEVICE, &[("form", &consent), ("action", "allow")]).await.shows(503);
    assert_eq!(world.last_log()["damaged_items"], json!([named]));
}

#[tokio::test]
async fn a_damaged_directory_stops_only_the_pages_that_show_it() {
    let troubled = peopled().await;
    let world = &troubled.world;
    let (client, visitor) = (world.client().await, world.visitor());
    let asked = request(&client, &[]);
    let form = visitor.sign_in(&asked).await.form();
    let key = [("institution_id", "#"), ("username", "directory")];
    damage(&troubled, &troubled.tables.users, &key, "revision").await;
    visitor.ask(&asked).await.shows(503);
    assert_eq!(world.last_log()["denial"], "item_damaged");
    let named = format!("{} institution_id=\"#\" username=\"directory\"", troubled.tables.users);
    assert_eq!(world.last_log()["damaged_items"], json!([named]));
    let allowed = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    let code = allowed.given("code").unwrap();
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    world.service.store.user("128807", "alice", &mut Usage::default()).await.unwrap().unwrap();
    assert!(world.service.store.directory(&mut Usage::default()).await.is_err());
}

#[tokio::test]
async fn a_list_has_what_can_be_read_and_names_the_rest() {
    let troubled = Troubled::new().await;
    let (world, store) = (&troubled.world, &troubled.world.service.store);
    let (client, other) = (world.client().await, world.client().await);
    let (kept, lost) = (world.tokens(&client).await, world.tokens(&client).await);
    let grant = damage_grant(&troubled, lost.member("refresh_token")).await;
    damage(&troubled, &troubled.tables.clients, &[("client_id", &other.id)], "scopes").await;
    let mut usage = Usage::default();
    let clients = store.clients(&mut usage).await.unwrap();
    assert_eq!(clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), [client.id.as_str()]);
    assert_eq!(usage.damaged, [format!("{} client_id={:?}", troubled.tables.clients, other.id)]);
    let mut usage = Usage::default();
    let grants = store.grants(&GrantFilter::default(), &mut usage).await.unwrap();
    let kept = Unverified::parse(kept.member("access_token")).unwrap().grant_id;
    assert_eq!(grants.iter().map(|grant| grant.id).collect::<Vec<_>>(), [kept]);
    assert_eq!(usage.damaged, [grant]);
    let ids = store.grant_ids(&GrantFilter::default(), &mut Usage::default()).await.unwrap();
    assert_eq!(ids.len(), 2, "a revocation needs only the key");
}

#[tokio::test]
async fn the_page_of_the_local_server_names_a_damaged_item_and_shows_the_rest() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    let client = world.client().await;
    let [damaged, good] = [world.tokens(&client).await, world.tokens(&client).await];
    damage_grant(&troubled, damaged.member("refresh_token")).await;
    let [damaged, good] =
        [damaged, good].map(|tokens| Unverified::parse(tokens.member("refresh_token")).unwrap().grant_id.to_string());
    let page = world.send(http::Method::GET, "/", &[], bytes::Bytes::new()).await.text;
    assert!(page.contains(&format!("grant_id=&#34;{damaged}&#34;")), "{page}");
    assert!(page.contains(&format!("<code>{good}</code>")) && page.contains(&client.id), "{page}");
}
