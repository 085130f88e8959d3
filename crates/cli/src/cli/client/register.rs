//! Registers clients and changes registrations: what can never work is refused, what is odd is warned of.

use std::collections::BTreeSet;

use super::registration::{Changes, Registration};
use super::went::say_what_went;
use crate::cli::actor::ChangeArgs;
use crate::cli::consent::{ConsentArgs, counted};
use crate::cli::database;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::sealing::SealingArgs;
use crate::cli::secrets_manager::{self, Kept};
use crate::cli::shell::word;
use crate::cli::show::{ClientView, lacks_secret};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Change, Store, Stored, Usage};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::client::registration::{
    self, Impossible, impossible, namespaces_of, no_first_refresh, unknown_institutions, unknown_scopes, unprotected,
};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::text::composed;
use latchkey_oauth::time::instant;
use latchkey_oauth::user::Directory;

/// A client that is to be registered, by the options of a command.
pub(super) struct New {
    pub(super) client_id: String,
    pub(super) name: String,
    pub(super) registration: Registration,
    /// What the name of its first secret begins with.
    pub(super) marked: Option<&'static str>,
    /// Where Secrets Manager keeps its first secret.
    pub(super) secret_to: Option<String>,
}

impl New {
    /// Registers a client whose method needs no secret.
    pub(super) async fn register_without_secret(
        self,
        method: AuthMethod,
        database: &ChangeArgs,
        command: &'static str,
    ) -> Outcome<Client> {
        if self.secret_to.is_some() {
            let method = method.as_str();
            return Err(Failure::new(format!(
                "--secret-to: a client that authenticates by {method} only has no secret"
            )));
        }
        let client_id = self.check()?;
        let store = database.open(command).await?;
        let client = Client::without_secret(client_id, composed(&self.name), now());
        let client = made(&store, self.registration, client).await?;
        new(&store, client).await
    }

    /// Its client id, if name and id follow the rules.
    fn check(&self) -> Outcome<String> {
        check_name(&self.name)?;
        let client_id = registration::client_id(&self.client_id);
        client_id.map_err(|reason| Failure::new(format!("--client-id {reason}")))
    }

    /// Registers the client with its first secret.
    pub(super) async fn register(
        self,
        secret: &ClientSecret,
        sealing: &SealingArgs,
        (database, command): (&ChangeArgs, &'static str),
    ) -> Outcome<(Client, Option<Kept>)> {
        let client_id = self.check()?;
        let (connection, service) = database.connect_with_keys(command, KeySet::Clients).await?;
        let slot = match self.secret_to {
            Some(name) => Some(connection.slot(&name, &client_id).await?),
            None => None,
        };
        let now = now();
        let secret_name = format!("{}{}", self.marked.unwrap_or_default(), instant(now));
        let first = sealing.seal(&service, (&client_id, None), secret, secret_name, now).await?;
        let client = Client::new(client_id, composed(&self.name), first, now);
        let client = made(&service.store, self.registration, client).await?;
        secrets_manager::keep(slot, secret, new(&service.store, client)).await
    }
}

/// The client as the options register it, if it can work.
async fn made(store: &Store, registration: Registration, mut client: Client) -> Outcome<Client> {
    registration.register(&mut client);
    if let Some(reason) = never_works(&client) {
        return Err(Failure::new(reason));
    }
    warn_of_unknown(store, &client, None).await;
    if let Some(warning) = unprotected(&client) {
        eprintln!("latchkey: warning: {warning}");
    }
    Ok(client)
}

/// Writes a client whose id must be new.
async fn new(store: &Store, client: Client) -> Outcome<Client> {
    let id = client.id.clone();
    let taken = || Failure::new(format!("a client with the id {id} already exists; choose another --client-id"));
    add(store, client).await?.ok_or_else(taken)
}

/// Why a new client could never work, in the words of options.
fn never_works(client: &Client) -> Option<String> {
    let impossible = impossible(client).map(|reason| reason.to_string());
    impossible.or(no_first_refresh(client).map(str::to_owned))
}

/// Writes a new client. Returns it as it is now, if another operator has changed it since; `None` if there is one of this id.
pub(in crate::cli) async fn add(store: &Store, client: Client) -> Outcome<Option<Client>> {
    let mut usage = Usage::default();
    let created = store.create_client(&client, &mut usage).await;
    let created = created.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    match created {
        Change::Taken => Ok(None),
        created => Ok(Some(database::made(created)?.map_or(client, Stored::into_inner))),
    }
}

/// Changes a registration. Fails if the client could not work any more because of it.
pub(super) async fn update(
    client_id: &str,
    name: Option<String>,
    changes: Changes,
    consent: ConsentArgs,
    database: &ChangeArgs,
) -> Outcome {
    if let Some(name) = &name {
        check_name(name)?;
    }
    let store = database.open("client update").await?;
    let before = database::find(&store, client_id).await?;
    let mut client = before.clone();
    let of_methods = changes.are_of_methods();
    changes.apply(&mut client)?;
    client.name = name.as_deref().map_or_else(|| client.name.clone(), composed);
    // What could not work before can be changed step by step.
    if let Some(reason) = impossible(&client).filter(|_| impossible(&before).is_none()) {
        let advice = advice(&reason, &before, &client).map(|advice| format!("; {advice}")).unwrap_or_default();
        return Err(Failure::new(format!("{reason}{advice}")));
    }
    warn_of_unknown(&store, &client, Some(&before)).await;
    for warning in lost_namespaces(&before, &client) {
        eprintln!("latchkey: warning: {warning}");
    }
    if let Some(warning) = unprotected(&client).filter(|_| unprotected(&before).is_none()) {
        eprintln!("latchkey: warning: {warning}");
    }
    if of_methods && let Some(what) = drop_of_secretless(&before, &mut client) {
        consent.ask(&what)?;
    }
    if let Some(warning) = lacks_secret(&client).filter(|_| lacks_secret(&before).is_none()) {
        eprintln!("latchkey: warning: {warning}");
    }
    let changed = database::change(&store, client.clone()).await?;
    say_what_went(&before, &client);
    // As another operator has changed it since, if so.
    database.output.one(&ClientView::new(&changed.unwrap_or(client)))
}

/// What an operator does about a change that is refused: what the client had before, and may not keep with what it gets, goes by
/// an option of the same command.
fn advice(refused: &Impossible, before: &Client, after: &Client) -> Option<String> {
    if refused.is_missing {
        let is_stopped = was_taken(refused, before);
        return is_stopped.then(|| format!("to stop the client, run latchkey client disable {}", word(&after.id)));
    }
    let asserts_no_more = before.asserts() && !after.asserts();
    let has_keys_no_more =
        before.authenticates_by(AuthMethod::PrivateKeyJwt) && !after.authenticates_by(AuthMethod::PrivateKeyJwt);
    let becomes_public = after.is_public() && !before.is_public();
    let proved = GrantType::PROVED.into_iter().filter(|known| after.grant_types.contains(known));
    let proved: Vec<_> = proved.map(|known| format!("--remove-grant-type {}", known.as_str())).collect();
    let option = match refused.option {
        "--jwks" if has_keys_no_more && !before.keys.is_empty() => "--clear jwks".to_owned(),
        "--assertion-seconds" if asserts_no_more && before.assertion_seconds.is_some() => {
            "--clear assertion-seconds".to_owned()
        }
        "--single-use-assertions" if asserts_no_more && before.single_use_assertions => {
            "--single-use-assertions false".to_owned()
        }
        "--origin" if before.is_public() && !before.origins.is_empty() => "--clear origin".to_owned(),
        "--auth-method" if becomes_public && after.auth_methods.len() == 1 => match proved.is_empty() {
            false => proved.join(" "),
            true if before.introspects == after.introspects && !after.introspects.is_empty() => {
                "--clear introspects".to_owned()
            }
            true => return None,
        },
        _ => return None,
    };
    Some(format!("add {option}"))
}

/// Whether the operator took away what is missing: the client had it before. Otherwise the change needs it.
fn was_taken(missing: &Impossible, before: &Client) -> bool {
    match missing.option {
        "--jwks" => !before.keys.is_empty(),
        "--scope" => !before.scopes.is_empty(),
        "--institution" => !before.institutions.is_empty(),
        "--namespace" => before.names_principal,
        "--redirect-uri" => !before.redirect_uris.is_empty(),
        // Each client has a method, and grant types or scopes to introspect.
        _ => true,
    }
}

/// Takes away the secrets of a client that needs none, or needed none: none of them may be good again once it has another method.
/// Returns what goes, if anything does.
pub(in crate::cli) fn drop_of_secretless(before: &Client, client: &mut Client) -> Option<String> {
    let secretless = [&*client, before].into_iter().find(|client| !client.needs_a_secret())?;
    if client.secrets.is_empty() {
        return None;
    }
    let what = match secretless.is_public() {
        true => "a public client (none)",
        false => "a client that authenticates by private_key_jwt only",
    };
    let number = counted(client.secrets.len(), "secret");
    client.secrets.clear();
    Some(format!(
        "this removes {number} of client {}, since {what} has none: no command brings them back, and latchkey client \
         rotate-secret makes a new one once the client has another method",
        client.id
    ))
}

fn check_name(name: &str) -> Outcome {
    registration::name(name).map(drop).map_err(|reason| Failure::new(format!("--name {reason}")))
}

/// What is to be said of institutions that came or went without the namespace of their users.
pub(in crate::cli) fn lost_namespaces(before: &Client, after: &Client) -> Vec<String> {
    let Some(namespaces) = after.namespaces.as_ref().filter(|_| after.names_principal) else { return Vec::new() };
    let difference = |of: &Client, without: &Client| -> Vec<String> {
        let gone: Vec<_> = of.institutions.iter().filter(|id| !without.institutions.contains(id)).cloned().collect();
        namespaces_of(&gone)
    };
    let id = word(&after.id);
    let came = difference(after, before).into_iter().filter(|namespace| !namespaces.contains(namespace));
    let came = came.map(|namespace| {
        format!(
            "the client may not name users of {namespace}: add them with latchkey client update {id} --add-namespace \
             {namespace}"
        )
    });
    let went = difference(before, after).into_iter().filter(|namespace| namespaces.contains(namespace));
    let went = went.map(|namespace| {
        format!(
            "the client may still name users of {namespace}: remove them with latchkey client update {id} \
             --remove-namespace {namespace}"
        )
    });
    came.chain(went).collect()
}

/// Warns of institutions and scopes that the directory does not know and the registration did not have `before`. A registration
/// does not depend on the directory, so nothing fails.
async fn warn_of_unknown(store: &Store, client: &Client, before: Option<&Client>) {
    if unknown(client, before, &Directory::default()).is_empty() {
        return;
    }
    match directory::read(store).await {
        Ok(directory) => {
            for warning in unknown(client, before, &directory) {
                eprintln!("latchkey: warning: {warning}");
            }
        }
        Err(Failure(reason)) => {
            eprintln!("latchkey: warning: institutions and scopes are not checked: {reason}");
        }
    }
}

/// What is to be said of institutions and scopes that the directory does not know and the registration did not have `before`.
pub(in crate::cli) fn unknown(client: &Client, before: Option<&Client>, directory: &Directory) -> Vec<String> {
    let had = before.iter().flat_map(|before| &before.institutions);
    let known = directory.institutions.iter().map(|known| &known.id);
    let institutions: BTreeSet<_> = had.chain(known).map(String::as_str).collect();
    let had = before.iter().flat_map(|before| before.scopes.iter().chain(&before.introspects));
    let known = directory.services.iter().map(|known| &known.scope);
    let scopes: BTreeSet<_> = had.chain(known).map(String::as_str).collect();
    let institutions = unknown_institutions(client, &institutions).into_iter().map(|id| {
        format!("no institution has the id {id}: check it, or add it with latchkey institution add {id} --name NAME")
    });
    let scopes = unknown_scopes(client, &scopes).into_iter().map(|scope| {
        format!(
            "no description has the scope {scope}: check it, or describe it with latchkey scope describe {} --name WORDS",
            word(scope)
        )
    });
    institutions.chain(scopes).collect()
}
