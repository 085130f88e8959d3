//! What becomes of a change and of its record when replies are lost, or nothing arrives.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Stored, Usage, Write};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::secret::Sealed;
use latchkey_oauth::sign_in::factor::RecoveryHash;
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user::{Institution, User};
use latchkey_testkit::faults::Fault;

use super::House;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    CreateClient,
    ChangeClient,
    DeleteClient,
    AddUser,
    ChangeUser,
    DeleteUser,
    Enrol,
    TakeFactor,
    Directory,
    Code,
    Revoke,
}

const KINDS: [Kind; 11] = [
    Kind::CreateClient,
    Kind::ChangeClient,
    Kind::DeleteClient,
    Kind::AddUser,
    Kind::ChangeUser,
    Kind::DeleteUser,
    Kind::Enrol,
    Kind::TakeFactor,
    Kind::Directory,
    Kind::Code,
    Kind::Revoke,
];

const HASHES: [RecoveryHash; 2] = [[1; 32], [2; 32]];

/// Gives a user a second factor, with recovery codes.
async fn enrol(store: &Store, mut user: Stored<User>) -> Result<bool, Unavailable> {
    user.second_factor = Some(Sealed { key: "key".into(), bytes: vec![1] });
    Ok(store.change_second_factor(user, Some(&HASHES), &mut Usage::default()).await?.is_made())
}

/// What a change is about.
struct Ready {
    client: String,
    user: String,
    grant: Grant,
}

impl House {
    async fn ready(&self, kind: Kind) -> Ready {
        let world = &self.troubled.world;
        let mut client = world.client().await.id;
        let mut user = format!("user-{}", GrantId::random(random().unwrap()));
        let mut grant = self.grant().await;
        if kind == Kind::CreateClient {
            client = GrantId::random(random().unwrap()).to_string();
        }
        if kind != Kind::AddUser {
            world.add_user(&user).await;
        }
        if kind == Kind::TakeFactor {
            let read = self.elsewhere.user("128807", &user, &mut Usage::default()).await.unwrap().unwrap();
            assert!(enrol(&self.elsewhere, read).await.unwrap());
        }
        if kind == Kind::AddUser {
            user = format!("new-{user}");
        }
        if kind == Kind::Code {
            grant.id = GrantId::random(random().unwrap());
        }
        Ready { client, user, grant }
    }

    /// Makes the change while this happens. Returns whether it was made.
    async fn make(&self, kind: Kind, ready: &Ready, script: &[Fault]) -> Result<bool, Unavailable> {
        let (store, usage) = (self.store(), &mut Usage::default());
        let client = self.elsewhere.client(&ready.client, usage).await.unwrap();
        let client_of_all = self.elsewhere.client(&ready.grant.client_id, usage).await.unwrap();
        let user = self.elsewhere.user("128807", &ready.user, usage).await.unwrap();
        let alice = self.elsewhere.user("128807", "alice", usage).await.unwrap();
        let mut directory = self.elsewhere.directory(usage).await.unwrap();
        self.troubled.wire.script(script.iter().copied());
        Ok(match kind {
            Kind::CreateClient => {
                let mut new = client_of_all.unwrap().into_inner();
                new.id = ready.client.clone();
                store.create_client(&new, usage).await?.is_made()
            }
            Kind::ChangeClient => {
                let mut client = client.unwrap();
                client.disabled = true;
                store.change_client(client, usage).await?.is_made()
            }
            Kind::DeleteClient => store.delete_client(&client.unwrap(), usage).await?,
            Kind::AddUser => {
                let mut user = alice.unwrap().into_inner();
                user.username = ready.user.clone();
                store.add_user(user, usage).await?.is_made()
            }
            Kind::ChangeUser => {
                let mut user = user.unwrap();
                user.disabled = true;
                store.change_user(user, usage).await?.is_made()
            }
            Kind::DeleteUser => store.delete_user(&user.unwrap(), usage).await?,
            Kind::Enrol => enrol(&store, user.unwrap()).await?,
            Kind::TakeFactor => {
                let mut user = user.unwrap();
                user.second_factor = None;
                store.change_second_factor(user, None, usage).await?.is_made()
            }
            Kind::Directory => {
                let id = ready.user.clone();
                directory.institutions.push(Institution { id, name: "New".into() });
                store.change_directory(directory, usage).await?.is_made()
            }
            Kind::Code => matches!(store.create_grant(&ready.grant, usage).await?, Write::Done),
            Kind::Revoke => {
                let subject = Subject::default();
                store.revoke_grants(&[ready.grant.id], &subject, 1, usage, |_| {}).await? == 1
            }
        })
    }

    /// A user's recovery codes, as they are stored.
    async fn codes(&self, user: &str) -> Vec<RecoveryHash> {
        let attempt = Some(Source::unknown("192.0.2.1".parse().unwrap(), self.troubled.world.now()));
        let wanted = Wanted { client_id: None, user: Some(("128807", user)), attempt, provider: None };
        self.elsewhere.sign_in_data(wanted, &mut Usage::default()).await.unwrap().codes.recovery
    }

    async fn is_done(&self, kind: Kind, ready: &Ready) -> bool {
        let usage = &mut Usage::default();
        let client = self.elsewhere.client(&ready.client, usage).await.unwrap();
        let user = self.elsewhere.user("128807", &ready.user, usage).await.unwrap();
        let grant = self.elsewhere.grant(&ready.grant.id, usage).await.unwrap();
        match kind {
            Kind::CreateClient => client.is_some(),
            Kind::ChangeClient => client.unwrap().disabled,
            Kind::DeleteClient => client.is_none(),
            Kind::AddUser => user.is_some(),
            Kind::ChangeUser => user.unwrap().disabled,
            Kind::DeleteUser => user.is_none(),
            Kind::Enrol | Kind::TakeFactor => {
                let has_factor = user.unwrap().second_factor.is_some();
                assert_eq!(
                    self.codes(&ready.user).await,
                    if has_factor { HASHES.to_vec() } else { vec![] },
                    "both or neither"
                );
                has_factor == (kind == Kind::Enrol)
            }
            Kind::Directory => self.elsewhere.directory(usage).await.unwrap().institution(&ready.user).is_some(),
            Kind::Code => grant.is_some(),
            Kind::Revoke => grant.unwrap().revoked_at.is_some(),
        }
    }

    /// Makes a change while this happens. Returns what became of it, whether it is done, and how many records there are.
    async fn under(&self, kind: Kind, script: &[Fault]) -> (Result<bool, Unavailable>, bool, usize) {
        let ready = self.ready(kind).await;
        let before = self.records().await.len();
        let made = self.make(kind, &ready, script).await;
        self.troubled.wire.heal();
        (made, self.is_done(kind, &ready).await, self.records().await.len() - before)
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_and_its_record_are_made_once_though_replies_are_lost() {
    let house = House::new().await;
    let lost = |later| [&[Fault::LostReply][..], later].concat();
    let scripts = [
        Vec::new(),
        lost(&[]),
        lost(&[Fault::LostReply]),
        vec![Fault::Truncated],
        vec![Fault::Mute],
        vec![Fault::Conflict, Fault::Busy],
        vec![Fault::Reset, Fault::LostReply],
        lost(&[Fault::Error(400, "ExpiredTokenException")]),
        lost(&[Fault::Reset, Fault::Reset]),
    ];
    for kind in KINDS {
        for script in &scripts {
            let (made, is_done, records) = house.under(kind, script).await;
            assert_eq!((is_done, records), (true, 1), "{kind:?} {script:?}");
            // A revocation may be repeated, so it is not looked for.
            let may_fail = kind == Kind::Revoke && (script.len() > 1 || script[..] == [Fault::Truncated]);
            assert!(made == Ok(true) || may_fail && made.is_err(), "{kind:?} {script:?}: {made:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_not_made_leaves_no_record_and_one_without_a_record_is_not_made() {
    let house = House::new().await;
    for kind in KINDS {
        for script in [
            vec![Fault::Reset; 3],
            vec![Fault::Conflict; 3],
            vec![Fault::Busy; 3],
            vec![Fault::Error(400, "AccessDeniedException")],
        ] {
            let (made, is_done, records) = house.under(kind, &script).await;
            assert!(made.is_err(), "{kind:?} {script:?}");
            assert_eq!((is_done, records), (false, 0), "{kind:?} {script:?}");
        }
    }
    // The table of records is gone.
    let gone = House { table: "no-such-table".into(), elsewhere: house.elsewhere.clone(), troubled: house.troubled };
    for kind in KINDS {
        let ready = gone.ready(kind).await;
        assert_eq!(gone.make(kind, &ready, &[]).await, Err(Unavailable::DatabaseRefuses), "{kind:?}");
        assert!(!gone.is_done(kind, &ready).await, "{kind:?}");
    }
}
