//! The records of operators' changes: each in the transaction of its change, exactly one, whatever becomes of the replies.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::trail::{Actor, Changed, Record, Span, Step, Subject, TOGETHER, Trail};
use latchkey_dynamodb::store::{Change, Store, Usage, Write};
use latchkey_oauth::grant::Grant;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::time::{instant, span};
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user::Institution;
use latchkey_testkit::faults::{Fault, Troubled};

mod faults;
mod told;

struct House {
    troubled: Troubled,
    table: String,
    /// The tables, without the wire.
    elsewhere: Store,
}

const COMMAND: &str = "a test's command";
const KEPT: u64 = 1000;

impl House {
    async fn new() -> Self {
        let troubled = Troubled::new().await;
        troubled.world.with_people().await;
        let table = format!("audit-{}", troubled.tables.users);
        let elsewhere = troubled.world.service.store.clone();
        elsewhere.create_audit_table(&table, &mut Usage::default()).await.unwrap();
        Self { troubled, table, elsewhere }
    }

    /// What a command writes through.
    fn store(&self) -> Store {
        let actor = Actor { known: Some("arn:aws:iam::1:user/ops".into()), said: None };
        let trail = Trail::new(self.table.clone(), actor, COMMAND, KEPT).unwrap();
        self.troubled.world.service.store.clone().recorded(trail)
    }

    async fn records(&self) -> Vec<Record> {
        let now = latchkey_dynamodb::clock::now();
        let mut usage = Usage::default();
        let span = Span { since: now - 5000, until: now + 5 };
        let found = self.elsewhere.records(&self.table, span, |_| true, &mut usage).await.unwrap();
        assert!(usage.damaged.is_empty(), "{:?}", usage.damaged);
        found
    }

    async fn grant(&self) -> Grant {
        let client = self.troubled.world.client().await;
        let code = self.troubled.world.code(&client, "WMS_NCIP").await;
        self.troubled.world.grant_of(&code).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_changes_at_once_one_is_made_and_one_is_recorded() {
    let house = House::new().await;
    let usage = &mut Usage::default();
    let id = house.troubled.world.client().await.id;
    let read = house.elsewhere.client(&id, usage).await.unwrap().unwrap();
    let (mut one, mut other) = (read.clone(), read);
    (one.name, other.name) = ("One".into(), "Other".into());
    assert!(house.store().change_client(one, usage).await.unwrap().is_made());
    assert!(matches!(house.store().change_client(other.clone(), usage).await.unwrap(), Change::Taken));
    assert!(!house.store().delete_client(&other, usage).await.unwrap());
    assert!(matches!(house.store().create_client(&other, usage).await.unwrap(), Change::Taken));
    let records = house.records().await;
    assert_eq!(records.len(), 1, "{records:?}");
    let changed = Changed { new: Some("One".into()), old: Some("A test's client".into()), ..named("name") };
    assert_eq!(records[0].changes, [changed]);
    // However often others change it since: its own record says that a change was made.
    let read = house.elsewhere.client(&id, usage).await.unwrap().unwrap();
    let elsewhere = house.troubled.elsewhere();
    house.troubled.wire.script([Fault::LostReply]);
    house.troubled.wire.meanwhile(1, async move {
        for name in ["Second", "Third", "Fourth"] {
            let mut client = elsewhere.client(&id, &mut Usage::default()).await.unwrap().unwrap();
            client.name = name.into();
            assert!(elsewhere.change_client(client, &mut Usage::default()).await.unwrap().is_made());
        }
    });
    let Change::Since(now) = house.store().change_client(read, usage).await.unwrap() else { panic!("not made") };
    assert_eq!(now.name, "Fourth");
}

fn named(attribute: &str) -> Changed {
    Changed { attribute: attribute.into(), ..Changed::default() }
}

#[tokio::test]
async fn a_record_says_when_who_what_and_on_whom_and_ends_after_its_time() {
    let house = House::new().await;
    let usage = &mut Usage::default();
    let store = house.store();
    let id = house.troubled.world.client().await.id;
    let mut client = house.elsewhere.client(&id, usage).await.unwrap().unwrap();
    client.scopes = vec!["WMS_ACQ".into(), "WMS_NEW".into()];
    client.secrets[0].expires_at = Some(1_795_998_644);
    client.refresh_token_seconds = Some(60);
    assert!(store.change_client(client, usage).await.unwrap().is_made());
    let mut alice = house.elsewhere.user("128807", "alice", usage).await.unwrap().unwrap();
    alice.sign_in = None;
    assert!(store.change_user(alice, usage).await.unwrap().is_made());
    let mut directory = house.elsewhere.directory(usage).await.unwrap();
    directory.institutions[0].name = "Renamed".into();
    let renamed = directory.institutions[0].id.clone();
    assert!(store.change_directory(directory, usage).await.unwrap().is_made());
    let now = latchkey_dynamodb::clock::now();
    let records = house.records().await;
    let [of_directory, of_user, of_client] = &records[..] else { panic!("{records:?}") };
    for record in &records {
        assert!(now - record.at < 60 && record.command == COMMAND && record.run == of_user.run, "{record:?}");
        assert_eq!(record.actor.known.as_deref(), Some("arn:aws:iam::1:user/ops"));
    }
    assert_eq!(of_client.subject, Subject { client_id: Some(id), ..Subject::default() });
    let key = house.troubled.world.service.keyring(KeySet::Clients).sealing_key();
    let [refresh, scopes, secrets] = &of_client.changes[..] else { panic!("{of_client:?}") };
    assert_eq!(*refresh, Changed { new: Some("60".into()), ..named("refresh_token_seconds") });
    let list = |name: &str, removed: &str, added: &str| Changed {
        removed: vec![removed.into()],
        added: vec![added.into()],
        ..named(name)
    };
    assert_eq!(*scopes, list("scopes", "WMS_NCIP", "WMS_NEW"));
    let (old, new) = (format!("first (key {key})"), format!("first (key {key}, until {})", instant(1_795_998_644)));
    assert_eq!(*secrets, list("secrets", &old, &new));
    let user = (of_user.subject.institution_id.as_deref(), of_user.subject.username.as_deref());
    assert_eq!((user, &of_user.changes[..]), ((Some("128807"), Some("alice")), &[named("password_hash")][..]));
    assert_eq!(of_directory.subject.institution_id.as_ref(), Some(&renamed));
    let [institutions] = &of_directory.changes[..] else { panic!("{of_directory:?}") };
    assert_eq!(institutions.added, [format!("{renamed} Renamed")]);
    // DynamoDB deletes by this attribute.
    let engine = latchkey_dynamodb::aws::dynamodb_at(house.troubled.engine);
    let items = engine.scan().table_name(&house.table).send().await.unwrap().items.unwrap();
    for item in items {
        let number = |name: &str| item[name].as_n().unwrap().parse::<u64>().unwrap();
        assert_eq!(number("expires_at"), number("at") + KEPT);
        assert!(instant(number("at")).starts_with(item["day"].as_s().unwrap()));
    }
}

#[tokio::test]
async fn many_grants_end_fifty_at_a_time_between_a_begin_and_an_end() {
    let house = House::new().await;
    let (store, usage) = (house.store(), &mut Usage::default());
    let first = house.grant().await;
    let mut ids = Vec::new();
    for _ in 0..120 {
        let mut grant = first.clone();
        grant.id = GrantId::random(random().unwrap());
        assert!(matches!(house.elsewhere.begin_grant(&grant, usage).await.unwrap(), Write::Done));
        ids.push(grant.id);
    }
    // TTL has collected one of them.
    ids[7] = GrantId::random(random().unwrap());
    let subject = Subject { client_id: Some("demo".into()), ..Subject::default() };
    store.record_step(Step::Begun, ids.len(), &subject, usage).await.unwrap();
    let mut told = Vec::new();
    assert_eq!(store.revoke_grants(&ids, &subject, 1, usage, |done| told.push(done)).await.unwrap(), 119);
    assert_eq!(told, [50, 100, 120]);
    store.record_step(Step::Done, 119, &subject, usage).await.unwrap();
    let records = house.records().await;
    let steps: Vec<_> =
        records.iter().rev().map(|record| (record.step, record.items, record.subject.grant_ids.len())).collect();
    let (begun, done) = ((Some(Step::Begun), Some(120), 0), (Some(Step::Done), Some(119), 0));
    assert_eq!(steps, [begun, (None, None, TOGETHER - 1), (None, None, TOGETHER), (None, None, 20), done]);
    assert!(records.iter().all(|record| record.subject.client_id.as_deref() == Some("demo")));
    let named: Vec<_> = records.iter().flat_map(|record| record.subject.grant_ids.clone()).collect();
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(named.contains(&id.to_string()), at != 7);
        let grant = house.elsewhere.grant(id, usage).await.unwrap();
        assert!(grant.is_none_or(|grant| grant.revoked_at == Some(1)));
    }
    let none = [GrantId::random(random().unwrap())];
    assert_eq!(store.revoke_grants(&none, &subject, 1, usage, |_| {}).await.unwrap(), 0);
    assert_eq!(house.records().await.len(), records.len(), "nothing is changed, and nothing recorded");
}

#[tokio::test]
async fn the_record_of_a_change_of_many_institutions_has_room_and_says_how_many_it_leaves_out() {
    let house = House::new().await;
    let usage = &mut Usage::default();
    let mut directory = house.elsewhere.directory(usage).await.unwrap();
    let name = "n".repeat(190);
    directory.institutions.extend((0..1500).map(|at| Institution { id: format!("many-{at}"), name: name.clone() }));
    assert!(house.store().change_directory(directory, usage).await.unwrap().is_made());
    let records = house.records().await;
    let [change] = &records[0].changes[..] else { panic!("{records:?}") };
    assert!(change.added.len() > 400 && change.added.len() as u64 + change.more == 1500, "{}", change.more);
    assert_eq!(records[0].subject.institution_id, None);
}

#[tokio::test]
async fn records_are_found_day_by_day_to_the_second_and_a_damaged_one_is_named() {
    let house = House::new().await;
    let (usage, last) = (&mut Usage::default(), 1_614_902_399);
    assert_eq!(span("2021-03-04"), Some((1_614_816_000, last)));
    let engine = latchkey_dynamodb::aws::dynamodb_at(house.troubled.engine);
    house.store().record_step(Step::Begun, 1, &Subject::default(), usage).await.unwrap();
    let item = engine.scan().table_name(&house.table).send().await.unwrap().items.unwrap().remove(0);
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    let put = async |at: u64, command: &str| {
        let mut item = item.clone();
        item.insert("day".into(), S(instant(at)[..10].into()));
        item.insert("moment".into(), S(format!("{at:010}.000000-{command}")));
        item.insert("command".into(), S(command.into()));
        item.insert("at".into(), N(at.to_string()));
        engine.put_item().table_name(&house.table).set_item(Some(item)).send().await.unwrap();
    };
    for (at, command) in
        [(last - 86_400, "a"), (last - 86_399, "b"), (last, "c"), (last + 1, "d"), (last + 86_401, "e")]
    {
        put(at, command).await;
    }
    let find = async |since, until| {
        let mut usage = Usage::default();
        let found = house.elsewhere.records(&house.table, Span { since, until }, |_| true, &mut usage).await.unwrap();
        (found.into_iter().map(|record| record.command).collect::<String>(), usage.damaged)
    };
    assert_eq!(find(last - 86_399, last).await.0, "cb");
    assert_eq!(find(last - 86_400, last + 1).await.0, "dcba");
    assert_eq!(find(last, last).await.0, "c");
    assert_eq!(find(last - 200_000, last - 86_401).await.0, "");
    assert_eq!(find(last + 1, last).await.0, "");
    let mut broken = item.clone();
    broken.extend([("day".into(), S("2021-03-04".into())), ("moment".into(), S(format!("{last:010}.5-x")))]);
    broken.remove("command");
    engine.put_item().table_name(&house.table).set_item(Some(broken)).send().await.unwrap();
    let (found, damaged) = find(last, last).await;
    assert_eq!((found.as_str(), damaged.len()), ("c", 1));
    assert!(damaged[0].contains(r#"day="2021-03-04" moment="#), "{damaged:?}");
}
