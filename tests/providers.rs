//! Providers of institutions in the store: as they are written, read with the directory, and damaged.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::sign_in::{SignInData, Wanted};
use latchkey_dynamodb::store::{Change, Registered, Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::provider::{Method, Provider};
use latchkey_oauth::service::KeySet;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::faults::Troubled;
use latchkey_testkit::registered::PROVIDER_SECRET;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::World;

const ISSUER: &str = "https://login.example";

/// All of a provider, except its revision.
fn told(provider: &Provider) -> String {
    let Provider {
        institution_id,
        issuer,
        client_id,
        auth,
        authorization_endpoint,
        token_endpoint,
        jwks_uri,
        end_session_endpoint,
        algorithm,
        sends_iss,
        selects_account,
        claim,
        scope,
        namespace,
        refresh_seconds,
        only,
        keys,
        keys_read_at,
        created_at,
        sessions_from,
        revision: _,
    } = provider;
    let (method, secret) = (auth.method(), (&auth.sealed().key, &auth.sealed().bytes));
    let names = [institution_id, issuer, client_id, authorization_endpoint, token_endpoint, jwks_uri];
    let users = (claim, scope, namespace, refresh_seconds, only);
    let says = (end_session_endpoint, algorithm, sends_iss, selects_account);
    format!("{names:?} {method:?} {secret:?} {says:?} {users:?} {keys:?} {keys_read_at} {created_at} {sessions_from}")
}

/// The least and the most that a provider may have.
fn each(world: &World) -> [Provider; 2] {
    let full = world.provider(ISSUER);
    let mut nameless = PublicKey::parse(&Key::Es256.jwk().to_string()).unwrap();
    nameless.kid = None;
    let least = Provider {
        institution_id: "91475".to_owned(),
        auth: Method::Post.with(full.auth.sealed().clone()),
        end_session_endpoint: None,
        algorithm: Algorithm::Es256,
        sends_iss: false,
        selects_account: false,
        keys: vec![nameless],
        ..full.clone()
    };
    let most = Provider {
        refresh_seconds: Some(86_400),
        only: true,
        keys: [full.keys.clone(), full.keys.clone()].concat(),
        sessions_from: full.created_at + 1,
        ..full
    };
    [least, most]
}

fn wanted(provider: Option<&str>) -> Wanted<'_> {
    Wanted { client_id: None, user: Some(("128807", "alice")), attempt: None, provider }
}

async fn data(store: &Store, provider: Option<&str>) -> (SignInData, Usage) {
    let mut usage = Usage::default();
    (store.sign_in_data(wanted(provider), &mut usage).await.unwrap(), usage)
}

#[tokio::test]
async fn a_provider_is_read_as_it_was_written_by_itself_in_a_list_and_with_the_directory() {
    let world = World::peopled().await;
    let store = &world.service.store;
    let usage = &mut Usage::default();
    assert!(store.providers(usage).await.unwrap().is_empty());
    let [least, most] = each(&world);
    for provider in [&least, &most] {
        let id = provider.institution_id.as_str();
        assert!(store.provider(id, usage).await.unwrap().is_none());
        assert!(data(store, Some(id)).await.0.provider.is_none());
        world.register(provider.clone()).await;
        assert_eq!(told(&store.provider(id, usage).await.unwrap().unwrap()), told(provider));
        let (found, _) = data(store, Some(id)).await;
        assert_eq!(told(&found.provider.unwrap()), told(provider));
        assert!(found.user.is_some(), "the user is there as before");
    }
    let listed = store.providers(usage).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|provider| told(provider)).collect();
    assert_eq!(listed, [told(&most), told(&least)], "by institution");
    let keyring = world.service.keyring(KeySet::Pages);
    assert_eq!(most.secret(keyring).unwrap().expose(), PROVIDER_SECRET);
    assert!(least.secret(keyring).is_err(), "it is sealed for another institution");
}

#[tokio::test]
async fn a_provider_costs_one_read_unit_more_and_only_where_it_is_asked_for() {
    let world = World::peopled().await;
    world.register(world.provider(ISSUER)).await;
    let store = &world.service.store;
    let [without, with, none] = [None, Some("128807"), Some("91475")].map(|provider| async move {
        let (_, usage) = data(store, provider).await;
        (usage.round_trips, usage.read_units)
    });
    let (without, with, none) = (without.await, with.await, none.await);
    assert_eq!((without, with, none), ((1, 2.0), (1, 3.0), (1, 3.0)));
}

#[tokio::test]
async fn of_two_operators_at_once_one_writes_and_what_a_newer_version_wrote_stays() {
    let troubled = Troubled::new().await;
    let (world, store) = (&troubled.world, troubled.elsewhere());
    let usage = &mut Usage::default();
    let provider = world.provider(ISSUER);
    world.register(provider.clone()).await;
    assert!(matches!(store.put_provider(provider.clone(), None, usage).await.unwrap(), Change::Taken));
    let before = store.provider("128807", usage).await.unwrap().unwrap();
    let other = store.provider("128807", usage).await.unwrap().unwrap();
    let update = dynamodb_at(troubled.engine).update_item().table_name(&troubled.tables.users);
    let update = update.set_key(Some(key())).update_expression("SET newer = :yes");
    update.expression_attribute_values(":yes", AttributeValue::Bool(true)).send().await.unwrap();
    let newer = store.provider("128807", usage).await.unwrap().unwrap();
    let changed = Provider { only: true, ..provider.clone() };
    assert!(store.put_provider(changed.clone(), Some(&newer), usage).await.unwrap().is_made());
    assert!(item(&troubled).await.contains_key("newer"));
    assert_eq!(store.provider("128807", usage).await.unwrap().unwrap().revision, 2);
    assert!(matches!(store.put_provider(changed, Some(&before), usage).await.unwrap(), Change::Taken));
    assert!(!store.remove_provider("128807", &other, 0, usage).await.unwrap().is_made());
    let last = store.provider("128807", usage).await.unwrap().unwrap();
    let ended = last.sessions_from;
    assert!(store.remove_provider("128807", &last, 0, usage).await.unwrap().is_made());
    assert!(store.provider("128807", usage).await.unwrap().is_none());
    assert!(store.providers(usage).await.unwrap().is_empty());
    assert!(store.leaving_provider("128807", usage).await.unwrap().is_none());
    assert!(data(&store, Some("128807")).await.0.provider.is_none() && usage.damaged.is_empty());
    let Some(Registered::Removed(removed)) = store.registered_provider("128807", usage).await.unwrap() else {
        panic!("what it leaves behind is not there");
    };
    assert_eq!(removed.removed_at, ended, "no session counts that began until then");
    let left = item(&troubled).await;
    let mut names: Vec<_> = left.keys().map(String::as_str).filter(|name| !name.starts_with("change_id")).collect();
    names.sort_unstable();
    let keys = ["institution_id", "issuer", "namespace", "removed_at", "revision", "username"];
    assert_eq!(names, [&["claim", "created_at"][..], &keys].concat(), "no secret stays");
    assert!(matches!(store.put_provider(provider.clone(), None, usage).await.unwrap(), Change::Taken));
    assert!(store.put_provider_after(provider, &removed, usage).await.unwrap().is_made());
    let again = item(&troubled).await;
    assert!(!again.contains_key("removed_at") && !again.contains_key("newer"));
}

fn key() -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    [("institution_id", "#"), ("username", "provider#128807")]
        .map(|(name, value)| (name.to_owned(), text(value)))
        .into()
}

async fn item(troubled: &Troubled) -> HashMap<String, AttributeValue> {
    let get = dynamodb_at(troubled.engine).get_item().table_name(&troubled.tables.users).set_key(Some(key()));
    get.consistent_read(true).send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn a_provider_that_another_program_wrote_to_is_refused_and_passwords_work_unless_it_is_the_only_way() {
    let troubled = Troubled::new().await;
    let (world, db) = (&troubled.world, dynamodb_at(troubled.engine));
    world.with_people().await;
    let [_, most] = each(world);
    world.register(most).await;
    let whole = item(&troubled).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let map = |pairs: &[(&str, AttributeValue)]| {
        AttributeValue::M(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let secret = whole["client_secret"].as_m().unwrap();
    let jwk = whole["keys"].as_l().unwrap()[0].as_m().unwrap()["jwk"].clone();
    let keys = |key: AttributeValue| AttributeValue::L(vec![key]);
    let optional =
        ["end_session_endpoint", "sends_iss", "sessions_from", "selects_account", "refresh_seconds", "only", "keys"];
    let unread = ["institution_id", "username", "change_id", "change_id_before"];
    let names: Vec<_> = whole.keys().filter(|name| !unread.contains(&name.as_str())).collect();
    let mistyped = names.iter().map(|name| (name.as_str(), Some(AttributeValue::Null(true))));
    let missing = names.iter().filter(|name| !optional.contains(&name.as_str())).map(|name| (name.as_str(), None));
    let others = [
        ("auth_method", text("private_key_jwt")),
        ("algorithm", text("HS256")),
        ("algorithm", text("none")),
        ("client_secret", map(&[("key", text("pages/v1"))])),
        ("client_secret", map(&[("sealed", secret["sealed"].clone())])),
        ("keys_read_at", AttributeValue::N("1e40".to_owned())),
        ("refresh_seconds", AttributeValue::N("-1".to_owned())),
        ("sessions_from", text("today")),
        ("keys", keys(text("first"))),
        ("keys", keys(map(&[("kid", text("first"))]))),
        ("keys", keys(map(&[("kid", text("second")), ("jwk", jwk)]))),
        ("keys", keys(map(&[("kid", text("first")), ("jwk", text("{\"kty\":\"oct\",\"k\":\"AAAA\"}"))]))),
    ];
    let others = others.into_iter().map(|(name, value)| (name, Some(value)));
    let named = format!("{} institution_id=\"#\" username=\"provider#128807\"", troubled.tables.users);
    let put = async |item| {
        db.put_item().table_name(&troubled.tables.users).set_item(Some(item)).send().await.unwrap();
    };
    let (query, visitor) = (request(&world.client().await, &[]), world.visitor());
    let form = visitor.ask(&query).await.form();
    let typed = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let mut cases = 0;
    for (name, value) in mistyped.chain(missing).chain(others) {
        let mut damaged = whole.clone();
        match value {
            Some(value) => drop(damaged.insert(name.to_owned(), value)),
            None => drop(damaged.remove(name)),
        }
        put(damaged.clone()).await;
        let mut usage = Usage::default();
        let found = world.service.store.provider("128807", &mut usage).await;
        assert_eq!(found.map(|_| ()).err(), Some(Unavailable::ItemDamaged), "{name}");
        assert_eq!(usage.damaged, [named.as_str()], "{name}");
        if damaged.contains_key("only") {
            // A page must not take the passwords that the operator ruled out.
            let of_page = world.service.store.provider_of_page("128807", &mut Usage::default()).await;
            assert_eq!(of_page.err(), Some(Unavailable::ItemDamaged), "{name}");
            let found = world.service.store.sign_in_data(wanted(Some("128807")), &mut Usage::default()).await;
            assert_eq!(found.map(|_| ()).err(), Some(Unavailable::ItemDamaged), "{name}");
            visitor.ask(&query).await.shows(503);
            visitor.post(AUTHORIZE, &typed).await.shows(503);
            damaged.remove("only");
            put(damaged).await;
            if name == "only" {
                continue;
            }
        }
        let (found, usage) = data(&world.service.store, Some("128807")).await;
        assert!(found.provider.is_none() && found.user.is_some() && found.directory().is_ok(), "{name}");
        assert_eq!(usage.damaged, [named.as_str()], "{name}");
        let mut usage = Usage::default();
        assert!(world.service.store.providers(&mut usage).await.unwrap().is_empty(), "{name}");
        assert_eq!(usage.damaged, [named.as_str()], "{name}");
        cases += 1;
    }
    assert!(cases > 40, "{cases}");
    let form = visitor.sign_in(&query).await.form();
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").unwrap();
}
