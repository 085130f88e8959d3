//! `latchkey institution idp refresh`: reads a provider's documents again. One write, under a condition.

use super::read::{Said, refused, wanted, warn};
use super::view::print;
use super::{find, put};
use crate::cli::actor::ChangeArgs;
use crate::cli::failure::Outcome;
use crate::cli::http;
use crate::cli::output::shown_in_line;
use latchkey_dynamodb::clock::now;

pub(super) async fn refresh(id: &str, database: &ChangeArgs) -> Outcome {
    let service = http::service(None, database)?;
    let store = database.open("institution idp refresh").await?;
    let before = find(&store, id).await?;
    let said = refused(Said::read(&wanted(&before, service.as_deref())).await)?;
    warn(&said.discovered);
    let (wrong, others) = said.differences(&before);
    let differences: Vec<_> = wrong.into_iter().chain(others).chain(said.key_difference(&before)).collect();
    let mut provider = before.clone().into_inner();
    said.apply(&mut provider, now());
    let ours = provider.clone();
    let changed = put(&store, provider, &before).await?;
    for difference in &differences {
        eprintln!("latchkey: {}", shown_in_line(difference));
    }
    print(changed.as_deref().unwrap_or(&ours), service.as_deref(), database)
}
