//! Deletions of clients and users: under the revision that was read, and known to be done where the reply is lost.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::store::{Change, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::ISSUE;

#[tokio::test]
async fn a_deletion_whose_reply_is_lost_is_done_and_one_of_an_older_state_is_refused() {
    let troubled = Troubled::new().await;
    let (world, store) = (&troubled.world, &troubled.world.service.store);
    let signer = world.client().await;
    let older = store.client(&signer.id, &mut Usage::default()).await.unwrap().unwrap();
    world.change(&signer, |client| client.disabled = true).await;
    assert!(!store.delete_client(&older, &mut Usage::default()).await.unwrap());
    let newest = store.client(&signer.id, &mut Usage::default()).await.unwrap().unwrap();
    troubled.wire.script([Fault::LostReply]);
    assert!(store.delete_client(&newest, &mut Usage::default()).await.unwrap());
    troubled.wire.heal();
    assert!(store.client(&signer.id, &mut Usage::default()).await.unwrap().is_none());
    world.post(ISSUE, "a=1", &signer.sign("a=1", world.now())).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_refusal_of_a_later_attempt_says_nothing_of_what_an_operator_wrote_before() {
    let troubled = Troubled::new().await;
    let (world, store, usage) = (&troubled.world, &troubled.world.service.store, &mut Usage::default());
    let refused = [Fault::LostReply, Fault::Error(400, "ExpiredTokenException")];
    let signer = world.client().await;
    let read = store.client(&signer.id, usage).await.unwrap().unwrap();
    troubled.wire.script(refused);
    assert!(store.change_client(read, usage).await.unwrap().is_made(), "it is changed");
    troubled.wire.heal();
    let read = store.client(&signer.id, usage).await.unwrap().unwrap();
    troubled.wire.script(refused);
    assert!(store.delete_client(&read, usage).await.unwrap(), "it is deleted");
    troubled.wire.heal();
    assert!(store.client(&signer.id, usage).await.unwrap().is_none());
    // The first refusal says all there is to know, and a client that is gone was another operator's to delete.
    troubled.wire.script([Fault::Error(400, "AccessDeniedException")]);
    assert!(matches!(store.create_client(&read, usage).await, Err(Unavailable::DatabaseRefuses)));
    assert_eq!(troubled.wire.heal().sent.len(), 1);
    troubled.wire.script([Fault::Error(400, "AccessDeniedException")]);
    assert_eq!(store.delete_client(&read, usage).await, Err(Unavailable::DatabaseRefuses));
    assert_eq!(troubled.wire.heal().sent.len(), 1);
    assert!(!store.delete_client(&read, usage).await.unwrap(), "it was deleted before");
}

#[tokio::test]
async fn the_session_of_a_deleted_user_signs_nobody_in() {
    let troubled = Troubled::new().await;
    let (world, store) = (&troubled.world, &troubled.world.service.store);
    world.with_people().await;
    let (client, visitor) = (world.client().await, world.visitor());
    let asked = request(&client, &[]);
    visitor.sign_in(&asked).await;
    let user = store.user("128807", "alice", &mut Usage::default()).await.unwrap().unwrap();
    assert!(store.delete_user(&user, &mut Usage::default()).await.unwrap());
    let page = visitor.ask(&asked).await;
    assert!(page.text.contains("name=\"password\"") && !page.text.contains("value=\"allow\""), "{}", page.text);
    world.add_user("alice").await;
    let page = visitor.ask(&asked).await;
    assert!(page.text.contains("name=\"password\""), "another user of the same name: {}", page.text);
}

/// Each is changed as often as the other was.
#[tokio::test]
async fn what_was_deleted_and_made_anew_since_it_was_read_is_neither_changed_nor_deleted() {
    let troubled = Troubled::new().await;
    let (world, store, usage) = (&troubled.world, &troubled.world.service.store, &mut Usage::default());
    let signer = world.client().await;
    let old = store.client(&signer.id, usage).await.unwrap().unwrap();
    assert!(store.delete_client(&old, usage).await.unwrap());
    let mut anew = old.clone().into_inner();
    anew.name = "Anew".into();
    assert!(store.create_client(&anew, usage).await.unwrap().is_made());
    assert!(!store.delete_client(&old, usage).await.unwrap());
    assert!(matches!(store.change_client(old, usage).await.unwrap(), Change::Taken));
    let kept = store.client(&signer.id, usage).await.unwrap().unwrap();
    assert_eq!((kept.name.as_str(), kept.revision), ("Anew", anew.revision));
    world.add_user("bob").await;
    let old = store.user("128807", "bob", usage).await.unwrap().unwrap();
    assert!(store.delete_user(&old, usage).await.unwrap());
    let mut anew = old.clone().into_inner();
    anew.principal.id = "another-person".into();
    assert!(store.add_user(anew, usage).await.unwrap().is_made());
    assert!(!store.delete_user(&old, usage).await.unwrap());
    assert!(matches!(store.change_user(old, usage).await.unwrap(), Change::Taken));
    let kept = store.user("128807", "bob", usage).await.unwrap().unwrap();
    assert_eq!((kept.principal.id.as_str(), kept.revision), ("another-person", 1));
}

#[tokio::test]
async fn an_item_of_a_version_without_ids_of_changes_is_changed_and_deleted_as_ever() {
    let troubled = Troubled::new().await;
    let (world, store, usage) = (&troubled.world, &troubled.world.service.store, &mut Usage::default());
    let signer = world.client().await;
    let read = async || store.client(&signer.id, &mut Usage::default()).await.unwrap().unwrap();
    let without_id = async || {
        let update = aws::dynamodb_at(troubled.engine).update_item().table_name(&troubled.tables.clients);
        let update = update.key("client_id", AttributeValue::S(signer.id.clone()));
        update.update_expression("REMOVE change_id, change_id_before").send().await.unwrap();
    };
    without_id().await;
    let (one, other) = (read().await, read().await);
    assert!(store.change_client(one, usage).await.unwrap().is_made());
    assert!(matches!(store.change_client(other.clone(), usage).await.unwrap(), Change::Taken));
    without_id().await;
    assert!(!store.delete_client(&other, usage).await.unwrap());
    let last = read().await;
    assert!(store.delete_client(&last, usage).await.unwrap());
}

#[tokio::test]
async fn a_change_whose_reply_is_lost_is_not_called_anothers_by_what_was_made_anew() {
    let troubled = Troubled::new().await;
    let (world, store, usage) = (&troubled.world, &troubled.world.service.store, &mut Usage::default());
    let signer = world.client().await;
    let read = store.client(&signer.id, usage).await.unwrap().unwrap();
    let (elsewhere, id) = (troubled.elsewhere(), signer.id.clone());
    troubled.wire.script([Fault::LostReply]);
    troubled.wire.meanwhile(1, async move {
        let usage = &mut Usage::default();
        let made = elsewhere.client(&id, usage).await.unwrap().unwrap();
        assert!(elsewhere.delete_client(&made, usage).await.unwrap());
        let mut anew = made.into_inner();
        (anew.revision, anew.created_at) = (0, anew.created_at + 1);
        assert!(elsewhere.create_client(&anew, usage).await.unwrap().is_made());
        let anew = elsewhere.client(&id, usage).await.unwrap().unwrap();
        assert!(elsewhere.change_client(anew, usage).await.unwrap().is_made());
    });
    assert!(matches!(store.change_client(read, usage).await.unwrap(), Change::Unknown));
    troubled.wire.heal();
}
