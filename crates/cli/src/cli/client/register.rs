//! Registers clients and changes registrations: what can never work is refused, what is odd is warned of.

use std::collections::BTreeSet;

use super::registration::{Changes, Registration, say_what_went};
use super::sealing::SealingArgs;
use crate::cli::actor::ChangeArgs;
use crate::cli::database;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::show::ClientView;
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Change, Store, Stored, Usage};
use latchkey_oauth::client::registration::{
    WEAK, additions, impossible, namespaces_of, no_first_refresh, unknown_institutions, unknown_scopes, weakness,
};
use latchkey_oauth::client::{Client, is_client_id};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings;
use latchkey_oauth::text::{composed, is_name};
use latchkey_oauth::time::instant;

/// Checks a secret that a client brings along, and returns what its name begins with. The texts do not quote it.
pub(super) fn check_secret(secret: &str, client_id: &str, allow_weak: bool) -> Outcome<Option<&'static str>> {
    if secret.is_empty() {
        return Err(Failure::new("the secret must not be empty"));
    }
    if secret.chars().any(char::is_control) {
        let ends_in_line = additions(secret).contains(&"a line end at an end");
        let advice =
            if ends_in_line { ": it has a line end at an end, which a file or a shell added; remove it" } else { "" };
        return Err(Failure::new(format!("the secret must not have control characters{advice}")));
    }
    for addition in additions(secret) {
        eprintln!(
            "latchkey: warning: the secret has {addition}; if the client's own copy lacks it, no signature matches: delete \
             the client and import it again"
        );
    }
    match weakness(secret, client_id) {
        None => Ok(None),
        Some(_) if allow_weak => Ok(Some(WEAK)),
        Some(reason) => Err(Failure::new(format!(
            "the secret is weak: {reason}; an attacker who holds one signed request could guess it. Give the client a new \
             secret (latchkey client create), or take this one with --allow-weak-secret and rotate it soon"
        ))),
    }
}

/// Warns if what the client signs is good elsewhere too: at every service that has its secret and the same lines 6 to 8.
pub(super) fn warn_of_other_services(client_id: &str) -> Outcome {
    let setting = &settings::SIGNATURE_HOST;
    if settings_from_env()?.authority.host == setting.text() {
        eprintln!(
            "latchkey: warning: clients sign for {host} here, as for OCLC's service and for other deployments ({name} is {host}): \
             a request that this client signs is good at each of them that has its secret. If the client does not need the \
             secret elsewhere, run latchkey client rotate-secret {client_id}. If the deployment sets {name}, set it for this \
             command too",
            host = setting.text(),
            name = setting.name,
        );
    }
    Ok(())
}

/// Registers a client with its first secret.
pub(super) async fn register(
    client_id: String,
    secret: &ClientSecret,
    marked: Option<&str>,
    name: String,
    registration: Registration,
    (sealing, database, command): (&SealingArgs, &ChangeArgs, &'static str),
) -> Outcome<Client> {
    check_name(&name)?;
    if !is_client_id(&client_id) {
        return Err(Failure::new(
            "--client-id must have 1 to 128 visible ASCII characters without a double quote, and must not begin as users' \
             subjects do (urn:latchkey:user:)",
        ));
    }
    let service = database.open_with_keys(command).await?;
    let now = now();
    let secret_name = format!("{}{}", marked.unwrap_or_default(), instant(now));
    let first = sealing.seal(&service, (&client_id, None), secret, secret_name, now).await?;
    let mut client = Client::new(client_id, composed(&name), first, now);
    registration.register(&mut client);
    if let Some(reason) = impossible(&client).or(no_first_refresh(&client).map(str::to_owned)) {
        return Err(Failure::new(reason));
    }
    warn_of_unknown(&service.store, &client, None).await;
    let mut usage = Usage::default();
    let created = service.store.create_client(&client, &mut usage).await;
    let created = created.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    if matches!(created, Change::Taken) {
        let reason = format!("a client with the id {} already exists; choose another --client-id", client.id);
        return Err(Failure::new(reason));
    }
    // As another operator has changed it since, if so.
    Ok(database::made(created)?.map_or(client, Stored::into_inner))
}

/// Changes a registration. Fails if the client could not work any more because of it.
pub(super) async fn update(client_id: &str, name: Option<String>, changes: Changes, database: &ChangeArgs) -> Outcome {
    if let Some(name) = &name {
        check_name(name)?;
    }
    let store = database.open("client update").await?;
    let before = database::find(&store, client_id).await?;
    let mut client = before.clone();
    changes.apply(&mut client)?;
    client.name = name.as_deref().map_or_else(|| client.name.clone(), composed);
    // What could not work before can be changed step by step.
    if let Some(reason) = impossible(&client).filter(|_| impossible(&before).is_none()) {
        return Err(Failure::new(format!("{reason}; to stop the client, run latchkey client disable {client_id}")));
    }
    warn_of_unknown(&store, &client, Some(&before)).await;
    warn_of_namespaces(&before, &client);
    let changed = database::change(&store, client.clone()).await?;
    say_what_went(&before, &client);
    // As another operator has changed it since, if so.
    database.output.one(&ClientView::new(&changed.unwrap_or(client)))
}

fn check_name(name: &str) -> Outcome {
    if is_name(name) { Ok(()) } else { Err(Failure::new("--name must be one line of at most 200 bytes")) }
}

/// Warns of institutions that came or went without the namespace of their users.
fn warn_of_namespaces(before: &Client, after: &Client) {
    let Some(namespaces) = after.namespaces.as_ref().filter(|_| after.names_principal) else { return };
    let difference = |of: &Client, without: &Client| -> Vec<String> {
        let gone: Vec<_> = of.institutions.iter().filter(|id| !without.institutions.contains(id)).cloned().collect();
        namespaces_of(&gone)
    };
    for namespace in difference(after, before).iter().filter(|namespace| !namespaces.contains(namespace)) {
        eprintln!(
            "latchkey: warning: the client may not name users of {namespace}: add them with latchkey client update {} \
             --add-namespace {namespace}",
            after.id
        );
    }
    for namespace in difference(before, after).iter().filter(|namespace| namespaces.contains(namespace)) {
        eprintln!(
            "latchkey: warning: the client may still name users of {namespace}: remove them with latchkey client update {} \
             --remove-namespace {namespace}",
            after.id
        );
    }
}

/// Warns of institutions and scopes that the directory does not know and the registration did not have `before`. A registration
/// does not depend on the directory, so nothing fails.
async fn warn_of_unknown(store: &Store, client: &Client, before: Option<&Client>) {
    let had = before.iter().flat_map(|before| &before.institutions).map(String::as_str);
    let mut institutions: BTreeSet<_> = had.collect();
    let had = before.iter().flat_map(|before| before.scopes.iter().chain(&before.introspects)).map(String::as_str);
    let mut scopes: BTreeSet<_> = had.collect();
    if unknown_institutions(client, &institutions).is_empty() && unknown_scopes(client, &scopes).is_empty() {
        return;
    }
    let directory = match directory::read(store).await {
        Ok(directory) => directory,
        Err(Failure(reason)) => {
            eprintln!("latchkey: warning: institutions and scopes are not checked: {reason}");
            return;
        }
    };
    institutions.extend(directory.institutions.iter().map(|known| known.id.as_str()));
    scopes.extend(directory.services.iter().map(|known| known.scope.as_str()));
    for id in unknown_institutions(client, &institutions) {
        eprintln!(
            "latchkey: warning: no institution has the id {id}: check it, or add it with latchkey institution add {id} --name \
             NAME"
        );
    }
    for scope in unknown_scopes(client, &scopes) {
        eprintln!(
            "latchkey: warning: no description has the scope {scope}: check it, or describe it with latchkey scope describe \
             {scope} --name WORDS"
        );
    }
}
