//! Carries out a plan, and says how far it came.

use super::document::Document;
use super::plan::{Item, Plan, Write};
use super::show::{Done, DoneItem, Fate};
use crate::cli::actor;
use crate::cli::client::register;
use crate::cli::client::sealing::sealed;
use crate::cli::database::{self, Connection};
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome, conflict};
use crate::cli::output::{self, OutputArgs, line};
use crate::cli::sealing::SealingArgs;
use crate::cli::secrets_manager::{self, Kept, Slot};
use crate::cli::shell::word;
use crate::cli::user::{self, Added};
use latchkey::context::Service;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::trail::Subject;
use latchkey_dynamodb::store::{Store, Stored};
use latchkey_oauth::client::{Client, new_secret};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::time::instant;
use latchkey_oauth::user::Directory;

/// What writes need besides the tables.
struct Means<'a> {
    store: &'a Store,
    /// The keys that seal the secrets of new clients, if there are any.
    service: Option<Service>,
    directory: Option<Stored<Directory>>,
}

/// Writes what differs: the directory first, then users, then clients. What another operator has changed since the plan was
/// made stays as it is. After any other failure, nothing more is written.
pub(super) async fn run(plan: Plan, connection: &Connection, sealing: &SealingArgs, output: OutputArgs) -> Outcome {
    let Plan { directory, items, unchanged, .. } = plan;
    let needs_a_secret = |item: &Item| matches!(&item.write, Write::NewClient(client, _) if client.needs_a_secret());
    let service = match items.iter().any(needs_a_secret) {
        true => Some(connection.with_keys(KeySet::Clients).await?),
        false => None,
    };
    if let Some(service) = &service {
        sealing.prove_keys(service, ("", None), now()).await?;
    }
    // Before anything is written: whether each secret can be kept where the file says.
    let mut slots = Vec::new();
    for item in &items {
        slots.push(slot(item, connection).await?);
    }
    let mut means = Means { store: &connection.store, service, directory };
    let mut done = Done::nothing(unchanged);
    done.items = items.iter().map(DoneItem::of).collect();
    actor::begin(&connection.store, items.len(), &Subject::default()).await?;
    let mut document = Document::default();
    let mut is_broken = false;
    let mut unsaid = None;
    // The directory is one item: it is written with the first part, and the other parts share its fate.
    let mut of_directory: Option<Result<(), Fate>> = None;
    for (at, (item, slot)) in items.into_iter().zip(slots).enumerate() {
        if is_broken {
            break;
        }
        let shown = &mut done.items[at];
        let is_directory = matches!(item.write, Write::Directory);
        let outcome = match of_directory {
            Some(Err(fate)) if is_directory => {
                shown.result = fate;
                None
            }
            // Their institutions may be among what was not written.
            Some(Err(_)) if matches!(item.write, Write::NewUser(_)) => {
                shown.reason = Some("the institutions were not written".to_owned());
                None
            }
            Some(Ok(())) if is_directory => Some(Ok(())),
            _ => Some(means.write(item, slot, shown).await),
        };
        if let Some(outcome) = outcome {
            shown.result = match &outcome {
                Ok(()) => Fate::Done,
                Err(failure) if failure.is_conflict() => Fate::Refused,
                Err(_) => Fate::Failed,
            };
            is_broken = shown.result == Fate::Failed;
            shown.reason = outcome.err().map(|Failure(reason)| reason);
            if is_directory {
                of_directory = Some(if shown.result == Fate::Done { Ok(()) } else { Err(shown.result) });
            }
        }
        // Who cannot be told of a secret cannot store it: nothing more is written.
        let said = match output.json {
            true => document.item(shown),
            false => line(&output::shown(&shown.text())),
        };
        if let Err(failure) = said {
            (is_broken, unsaid) = (true, Some((at, failure)));
        }
    }
    // A run that broke off has no end in the records.
    let end = match is_broken {
        true => Ok(()),
        false => actor::end(&connection.store, done.number(Fate::Done), &Subject::default()).await,
    };
    if output.json && unsaid.is_none() {
        unsaid = document.end(&done).err().map(|failure| (done.items.len(), failure));
    }
    let Some((first, failure)) = unsaid else {
        ended(&done)?;
        return end;
    };
    for item in done.items.iter().skip(first).filter(|item| item.secret.is_some()) {
        let id = item.id();
        eprintln!(
            "latchkey: the secret of client {id} could not be shown; make another: latchkey client rotate-secret {} --overlap 0",
            word(id)
        );
    }
    eprintln!("latchkey: {}", summary(&done));
    Err(failure)
}

/// The place for the secret of a new client, if the file names one. The local server has no Secrets Manager: the command shows
/// the secret.
async fn slot(item: &Item, connection: &Connection) -> Outcome<Option<Slot>> {
    let Write::NewClient(client, Some(name)) = &item.write else { return Ok(None) };
    match connection.secrets_manager() {
        Some(manager) => manager.slot(name, &client.id).await.map(Some),
        None => {
            eprintln!(
                "latchkey: warning: client {}: the local server has no Secrets Manager, so the command shows the secret",
                client.id
            );
            Ok(None)
        }
    }
}

/// How far the command came.
fn summary(done: &Done) -> String {
    let number = |fate| done.number(fate);
    let (refused, failed, not_done) = (number(Fate::Refused), number(Fate::Failed), number(Fate::NotDone));
    format!("{} done, {refused} refused, {failed} failed, {not_done} not done", number(Fate::Done))
}

/// Says how far the command came.
fn ended(done: &Done) -> Outcome {
    let summary = summary(done);
    if done.items.len() == done.number(Fate::Done) {
        eprintln!("latchkey: {summary}");
        return Ok(());
    }
    let reason = done.items.iter().find(|item| item.result == Fate::Failed).and_then(|item| item.reason.clone());
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    Err(Failure::new(format!(
        "{summary}{reason}; look at what is there (--plan), and run the command again for the rest"
    )))
}

impl Means<'_> {
    async fn write(&mut self, item: Item, slot: Option<Slot>, shown: &mut DoneItem) -> Outcome {
        match item.write {
            Write::Directory => match self.directory.take() {
                Some(directory) => directory::write(self.store, directory).await,
                None => Ok(()),
            },
            Write::NewUser(new) => match new.add(self.store).await? {
                Added::Yes => Ok(()),
                Added::Exists => Err(conflict()),
                Added::Refused(failure) => Err(failure),
            },
            Write::User(user) => user::put(self.store, user).await.map(drop),
            Write::Client(client) => database::change(self.store, *client).await.map(drop),
            Write::NewClient(client, _) => {
                if !client.needs_a_secret() {
                    return self.add(*client, now()).await;
                }
                let (secret, kept) = self.new_client(*client, slot).await?;
                shown.secret_to = kept.as_ref().map(|kept| kept.name().to_owned());
                shown.secret = kept.is_none().then(|| secret.expose().to_owned());
                Ok(())
            }
        }
    }

    async fn new_client(&self, mut client: Client, slot: Option<Slot>) -> Outcome<(ClientSecret, Option<Kept>)> {
        let service = self.service.as_ref().ok_or_else(|| Failure::new("no sealing key was read"))?;
        let (secret, now) = (new_secret(random()?), now());
        client.secrets = vec![sealed(service, &client.id, &secret, instant(now), now)?];
        let ((), kept) = secrets_manager::keep(slot, &secret, self.add(client, now)).await?;
        Ok((secret, kept))
    }

    async fn add(&self, mut client: Client, now: u64) -> Outcome {
        client.created_at = now;
        register::add(self.store, client).await?.map(drop).ok_or_else(conflict)
    }
}
