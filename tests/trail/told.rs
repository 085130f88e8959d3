//! What a record tells of an attribute: its values, unless they are secret.

use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::trail::Changed;
use latchkey_oauth::secret::Sealed;
use latchkey_oauth::user::User;
use latchkey_testkit::registered::client_with_every_attribute;

use super::House;

/// A new attribute is not told before `HARMLESS` in `store/trail/changed.rs` has its name. What is secret is named here. The test
/// looks at clients, users and registered providers.
#[tokio::test]
async fn a_record_tells_the_values_of_every_attribute_that_is_no_secret() {
    let house = House::new().await;
    let (world, store, usage) = (&house.troubled.world, house.store(), &mut Usage::default());
    let secret = world.seal("full", &world.client().await.secret, "first");
    let client = client_with_every_attribute("full", secret);
    assert!(store.create_client(&client, usage).await.unwrap().is_made());
    let alice = house.elsewhere.user("128807", "alice", usage).await.unwrap().unwrap().into_inner();
    let second_factor = Some(Sealed { key: "key".into(), bytes: vec![1] });
    let user = User { username: "full".into(), second_factor, disabled: true, ending: true, ..alice };
    assert!(store.add_user(user, usage).await.unwrap().is_made());
    let mut provider = world.provider("https://provider.example");
    (provider.refresh_seconds, provider.only) = (Some(60), true);
    provider.sessions_from = provider.created_at + 1;
    assert!(store.put_provider(provider, None, usage).await.unwrap().is_made());
    let records = house.records().await;
    let [of_provider, of_user, of_client] = &records[..] else { panic!("{records:?}") };
    for (record, told, secrets) in [
        (of_client, 20, &[][..]),
        (of_user, 4, &["password_hash", "second_factor"]),
        (of_provider, 15, &["client_secret"]),
    ] {
        let has_values = |change: &&Changed| {
            change.old.is_some() || change.new.is_some() || !change.removed.is_empty() || !change.added.is_empty()
        };
        let (values, names): (Vec<_>, Vec<_>) = record.changes.iter().partition(has_values);
        let names: Vec<_> = names.iter().map(|change| change.attribute.as_str()).collect();
        assert_eq!(names, secrets, "{record:?}");
        assert!(values.len() >= told, "{} {record:?}", values.len());
    }
}
