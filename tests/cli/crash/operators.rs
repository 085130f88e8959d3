//! Two operators who change one client and one user until a kill: what they were told is what became of each change.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::{DEMO_INSTITUTION, DEMO_USER};
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_dynamodb::store::{Change, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::secret::Sealed;
use latchkey_oauth::sign_in::factor::{RecoveryHash, recovery_hash};
use latchkey_oauth::user::User;

use super::place::Place;

/// The client that is changed.
const CHANGED: &str = "changed";
/// The user whose second factor is changed.
const USER: (&str, &str) = (DEMO_INSTITUTION, "changed");
/// An attribute that a newer version wrote into the client.
const NEWER: &str = "only_with_two_factors";

/// One operator's books.
#[derive(Default)]
pub struct Operator {
    clients: Told,
    factors: Told,
}

/// What an operator was told of changes of one item.
#[derive(Default)]
struct Told {
    /// Changes that were made.
    made: u64,
    /// Changes that nothing was heard of.
    open: u64,
}

impl Told {
    fn tell<T>(&mut self, change: &Result<Change<T>, Unavailable>) {
        match change {
            Ok(Change::Made | Change::Since(_)) => self.made += 1,
            Ok(Change::Taken) => {}
            Ok(Change::Unknown) | Err(_) => self.open += 1,
        }
    }

    /// Whether an item that was changed so often is what all were told.
    fn fits<'a>(all: impl Iterator<Item = &'a Self> + Clone, changes: u64) -> bool {
        let made = all.clone().map(|told| told.made).sum();
        let most = all.map(|told| told.made + told.open).sum();
        (made..=most).contains(&changes)
    }
}

/// The one recovery code of a second factor, by the user's change that brought it.
fn recovery(revision: u64) -> [RecoveryHash; 1] {
    [recovery_hash(&revision.to_string(), USER)]
}

impl Operator {
    /// Whether anything of either kind was changed.
    pub fn has_changed(&self) -> bool {
        self.clients.made > 0 && self.factors.made > 0
    }

    /// Makes one change after the other until the server is gone.
    pub async fn work(mut self, place: Arc<Place>) -> Self {
        loop {
            let usage = &mut Usage::default();
            let Ok(found) = place.store.client(CHANGED, usage).await else { return self };
            let mut client = found.unwrap();
            client.name = format!("Changed {} times", self.clients.made);
            // As `client revoke-all` does.
            client.not_before = Some(client.revision + 1);
            self.clients.tell(&place.store.change_client(client, usage).await);
            let Ok(found) = place.store.user(USER.0, USER.1, usage).await else { return self };
            let mut user = found.unwrap();
            // As `user totp enrol` and `remove` do.
            let codes = user.second_factor.is_none().then(|| recovery(user.revision + 1));
            user.second_factor = codes.map(|_| Sealed { key: "pages/v1".into(), bytes: vec![0; 48] });
            let codes = codes.as_ref().map(|codes| &codes[..]);
            self.factors.tell(&place.store.change_second_factor(user, codes, usage).await);
        }
    }
}

/// After a start: every change that was made is there, whole, and none that was refused.
pub async fn check(place: &Place, operators: Vec<Operator>, first: bool) -> Vec<Operator> {
    let usage = &mut Usage::default();
    if first {
        let demo = place.store.client("demo", usage).await.unwrap().unwrap();
        let client = Client { id: CHANGED.to_owned(), revision: 0, ..demo.into_inner() };
        assert!(place.store.create_client(&client, usage).await.unwrap().is_made());
        place.mark(CHANGED, NEWER).await;
        let demo = place.store.user(DEMO_INSTITUTION, DEMO_USER, usage).await.unwrap().unwrap();
        let user = User { username: USER.1.to_owned(), ..demo.into_inner() };
        assert!(place.store.add_user(user, usage).await.unwrap().is_made());
    }
    let client = place.store.client(CHANGED, usage).await.unwrap().unwrap();
    assert!(Told::fits(operators.iter().map(|operator| &operator.clients), client.revision), "{}", client.revision);
    assert_eq!(client.not_before.unwrap_or(0), client.revision);
    assert_eq!(place.attribute(CHANGED, NEWER).await, Some(AttributeValue::Bool(true)));
    let attempt = Some(Source::unknown("192.0.2.1".parse().unwrap(), 0));
    let wanted = Wanted { client_id: None, user: Some(USER), attempt, provider: None };
    let found = place.store.sign_in_data(wanted, usage).await.unwrap();
    let user = found.user.unwrap();
    // The first revision is of the user without one.
    assert!(Told::fits(operators.iter().map(|operator| &operator.factors), user.revision - 1), "{}", user.revision);
    let codes = user.second_factor.map(|_| recovery(user.revision).to_vec()).unwrap_or_default();
    assert_eq!(found.codes.recovery, codes, "a second factor and its recovery codes, or neither");
    operators
}
