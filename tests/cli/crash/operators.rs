//! Two operators who change one client until a kill: what they were told is what became of each change.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::store::{Change, Usage};
use latchkey_oauth::client::Client;

use super::place::Place;

/// The client that is changed.
const CHANGED: &str = "changed";
/// An attribute that a newer version wrote into it.
const NEWER: &str = "only_with_two_factors";

/// One operator's books.
#[derive(Default)]
pub struct Operator {
    /// Changes that were made.
    pub made: u64,
    /// Changes that nothing was heard of.
    open: u64,
}

impl Operator {
    /// Makes one change after the other until the server is gone.
    pub async fn work(mut self, place: Arc<Place>) -> Self {
        loop {
            let usage = &mut Usage::default();
            let Ok(found) = place.store.client(CHANGED, usage).await else { return self };
            let mut client = found.unwrap();
            client.name = format!("Changed {} times", self.made);
            match place.store.change_client(client, usage).await {
                Ok(Change::Made | Change::Since(_)) => self.made += 1,
                Ok(Change::Taken) => {}
                Ok(Change::Unknown) | Err(_) => self.open += 1,
            }
        }
    }
}

/// After a start: every change that was made is there, and none that was refused.
pub async fn check(place: &Place, operators: Vec<Operator>, first: bool) -> Vec<Operator> {
    let usage = &mut Usage::default();
    if first {
        let demo = place.store.client("demo", usage).await.unwrap().unwrap();
        let client = Client { id: CHANGED.to_owned(), revision: 0, ..demo.into_inner() };
        assert!(place.store.create_client(&client, usage).await.unwrap().is_made());
        place.mark(CHANGED, NEWER).await;
    }
    let client = place.store.client(CHANGED, usage).await.unwrap().unwrap();
    let (made, open) =
        operators.iter().fold((0, 0), |(made, open), operator| (made + operator.made, open + operator.open));
    assert!((made..=made + open).contains(&client.revision), "{made} and {open} of {}", client.revision);
    assert_eq!(place.attribute(CHANGED, NEWER).await, Some(AttributeValue::Bool(true)));
    operators
}
