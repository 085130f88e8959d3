//! Compares a declared file with what is there. Nothing is written.

use serde_json::{Map, Value, json};

use crate::cli::client::register::{drop_of_secretless, lost_namespaces, unknown};
use crate::cli::declared::{Attributes, Declared, DeclaredClient, DeclaredUser, Doubt, Entry, Fault, refused};
use crate::cli::directory::{self, Namespaces};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use crate::cli::show::lacks_secret;
use crate::cli::user::{NewUser, still_ending};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::client::registration::{self, impossible, no_first_refresh, redirect_uri_warnings, unprotected};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::user::{self, Directory, User};

/// What differs, in the order in which it is written.
pub(super) struct Plan {
    /// The directory as it shall be, if it differs.
    pub(super) directory: Option<Stored<Directory>>,
    pub(super) items: Vec<Item>,
    /// How many things are as the file declares them.
    pub(super) unchanged: usize,
    pub(super) warnings: Vec<String>,
}

/// A thing that differs.
pub(super) struct Item {
    pub(super) kind: &'static str,
    /// What names it among its kind. A user's is institution and username with a slash between them.
    pub(super) id: String,
    pub(super) is_new: bool,
    pub(super) differences: Vec<Difference>,
    pub(super) write: Write,
}

/// An attribute that differs.
pub(super) struct Difference {
    pub(super) attribute: String,
    /// None for a new thing.
    pub(super) old: Option<Value>,
    pub(super) new: Value,
}

/// What is to be written.
pub(super) enum Write {
    /// A part of the directory, which is one item.
    Directory,
    NewUser(NewUser),
    User(Stored<User>),
    NewClient(Box<Client>, Option<String>),
    Client(Box<Stored<Client>>),
}

/// The plan while it is made.
struct Making<'a> {
    store: &'a Store,
    plan: Plan,
    faults: Vec<Fault>,
}

/// Compares. Fails if the file declares what cannot be, and says all of it.
pub(super) async fn make(declared: Declared, store: &Store) -> Outcome<Plan> {
    let Declared { file, institutions, scopes, users, clients } = declared;
    let plan = Plan { directory: None, items: Vec::new(), unchanged: 0, warnings: Vec::new() };
    let mut making = Making { store, plan, faults: Vec::new() };
    let is_needed = !(institutions.is_empty() && scopes.is_empty() && users.is_empty());
    let mut directory = match directory::read(store).await {
        Ok(directory) => Some(directory),
        Err(failure) if is_needed => return Err(failure),
        // Clients do not depend on the directory.
        Err(Failure(reason)) => {
            making.plan.warnings.push(format!("institutions and scopes are not checked: {reason}"));
            None
        }
    };
    if let Some(directory) = &mut directory {
        let before = (**directory).clone();
        for Entry { value, .. } in institutions {
            let old = before.institution(&value.id).map(|known| known.name.clone());
            making.named("institution", value.id.clone(), old, &value.name);
            if before.institution(&value.id) != Some(&value) {
                directory::add_institution(directory, value);
            }
        }
        for entry in scopes {
            let is_new = !before.services.iter().any(|known| known.scope == entry.value.scope);
            if let Some(reason) = registration::scope(&entry.value.scope).err().filter(|_| is_new) {
                making.faults.push(entry.fault("scope", reason));
                continue;
            }
            let value = entry.value;
            let old = before.services.iter().find(|known| known.scope == value.scope).map(|known| known.name.clone());
            making.named("scope", value.scope.clone(), old, &value.name);
            if !before.services.contains(&value) {
                directory::describe_scope(directory, value);
            }
        }
        directory::fits(directory)?;
    }
    let named = users.iter().filter_map(|entry| Some((entry.value.principal.clone()?, entry.path.clone(), entry.line)));
    let named: Vec<_> = named.collect();
    let namespaces = if users.is_empty() { Namespaces::default() } else { Namespaces::read(store).await? };
    for user in users {
        making.user(user, directory.as_deref(), (&named, &namespaces)).await?;
    }
    for client in clients {
        making.client(client, directory.as_deref()).await?;
    }
    let Making { mut plan, faults, .. } = making;
    if !faults.is_empty() {
        return Err(refused(&file, faults));
    }
    let is_changed = plan.items.iter().any(|item| matches!(item.write, Write::Directory));
    plan.directory = directory.filter(|_| is_changed);
    Ok(plan)
}

impl Making<'_> {
    fn item(&mut self, kind: &'static str, id: String, is_new: bool, differences: Vec<Difference>, write: Write) {
        if is_new || !differences.is_empty() {
            self.plan.items.push(Item { kind, id, is_new, differences, write });
        } else {
            self.plan.unchanged += 1;
        }
    }

    /// An institution or a scope: its name is all that it has.
    fn named(&mut self, kind: &'static str, id: String, old: Option<String>, new: &str) {
        let is_new = old.is_none();
        let differs = old.as_deref() != Some(new);
        let difference =
            differs.then(|| Difference { attribute: "name".to_owned(), old: old.map(Value::from), new: new.into() });
        self.item(kind, id, is_new, difference.into_iter().collect(), Write::Directory);
    }

    /// A user, beside the principals that entries of the file name and the namespaces of providers.
    async fn user(
        &mut self,
        entry: Entry<DeclaredUser>,
        directory: Option<&Directory>,
        (named, namespaces): (&[(Principal, String, usize)], &Namespaces),
    ) -> Outcome {
        let DeclaredUser { institution_id, username, principal, disabled } = &entry.value;
        if directory.is_none_or(|directory| directory.institution(institution_id).is_none()) {
            let reason = format!(
                "no institution has the id {institution_id}; declare it under institutions, or add it with latchkey \
                 institution add"
            );
            self.faults.push(entry.fault("institution_id", reason));
            return Ok(());
        }
        let id = format!("{institution_id}/{username}");
        let mut usage = Usage::default();
        let found = self.store.user(institution_id, username, &mut usage).await;
        match found.map_err(|unavailable| Failure::database(unavailable, &usage))? {
            None if !user::is_seen(username) => {
                let reason = "it has a character that is invisible or turns writing around";
                self.faults.push(entry.fault("username", reason));
            }
            None => {
                let is_same = |(known, path, _): &&(Principal, String, usize)| {
                    principal.as_ref() == Some(known) && *path != entry.path
                };
                if let Some((_, path, line)) = named.iter().find(is_same) {
                    let reason = format!(
                        "{path} (line {line}) has the same principal: two users with one principal are one user to every API"
                    );
                    self.faults.push(entry.fault("principal_id", reason));
                    return Ok(());
                }
                let named = principal.iter().flat_map(|principal| {
                    [("principal_id", json!(principal.id)), ("principal_idns", json!(principal.idns))]
                });
                let disabled = disabled.unwrap_or_default();
                let differences = named.chain([("disabled", json!(disabled))]);
                let new =
                    |(attribute, new): (&str, Value)| Difference { attribute: attribute.to_owned(), old: None, new };
                let differences = differences.map(new).collect();
                let mut new = NewUser::new(institution_id.clone(), username.clone(), principal.clone())?;
                if let Err(Failure(reason)) = new.check(namespaces) {
                    self.faults.push(entry.fault("principal_idns", reason));
                    return Ok(());
                }
                new.user.disabled = disabled;
                self.item("user", id, true, differences, Write::NewUser(new));
            }
            Some(user) if principal.as_ref().is_some_and(|principal| *principal != user.principal) => {
                let reason = "the user exists with another principal; delete the user first if this is another person";
                self.faults.push(entry.fault("principal_id", reason));
            }
            Some(user) if user.ending && *disabled == Some(false) => {
                let Failure(reason) = still_ending(&user);
                self.faults.push(entry.fault("disabled", reason));
            }
            Some(mut user) => {
                let old = user.disabled;
                user.disabled = disabled.unwrap_or(old);
                if user.disabled && !old {
                    self.plan.warnings.push(format!(
                        "user {id}: the user's grants stay; latchkey user disable --institution {institution_id} {} ends them",
                        word(username)
                    ));
                }
                let difference = (user.disabled != old).then(|| Difference {
                    attribute: "disabled".to_owned(),
                    old: Some(old.into()),
                    new: user.disabled.into(),
                });
                self.item("user", id, false, difference.into_iter().collect(), Write::User(user));
            }
        }
        Ok(())
    }

    async fn client(&mut self, entry: Entry<DeclaredClient>, directory: Option<&Directory>) -> Outcome {
        let Entry { path, line, value: DeclaredClient { client_id, replacement, secret_to, doubts } } = entry;
        let entry = Entry { path, line, value: () };
        let mut usage = Usage::default();
        let found = self.store.client(&client_id, &mut usage).await;
        let found = found.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        if found.is_none() && replacement.name.is_none() {
            let reason = "it is missing: no client has this client_id yet, and a new one needs a name";
            self.faults.push(entry.fault("name", reason));
        }
        let before = found.as_deref().cloned();
        let has = |doubt: &Doubt| {
            before.as_ref().is_some_and(|before| values(before, doubt.attribute).contains(&doubt.value))
        };
        self.faults.extend(doubts.into_iter().filter(|doubt| !has(doubt)).map(|doubt| doubt.fault));
        let blank = blank(&client_id);
        let mut client = before.clone().unwrap_or_else(|| blank.clone());
        match before {
            Some(_) => replacement.apply(&mut client),
            None => replacement.register(&mut client),
        }
        // What could not work before can be changed step by step.
        if before.as_ref().is_none_or(|before| impossible(before).is_none())
            && let Some(why) = impossible(&client)
        {
            self.faults.push(entry.fault(why.attribute, why.words()));
        } else if secret_to.is_some() && !client.needs_a_secret() {
            let reason = match client.is_public() {
                true => "a public client (none) has no secret",
                false => "a client that authenticates by private_key_jwt only has no secret",
            };
            self.faults.push(entry.fault("secret_to", reason));
        } else if before.is_none()
            && let Some(reason) = no_first_refresh(&client)
        {
            self.faults.push(entry.fault("grant_types", reason));
        }
        let mut gone = None;
        if let Some(before) = before.as_ref().filter(|before| before.auth_methods != client.auth_methods) {
            gone = drop_of_secretless(before, &mut client);
        }
        let differences = differences(before.as_ref(), &blank, &client)?;
        let had = before.iter().flat_map(|before| &before.redirect_uris).collect::<Vec<_>>();
        let added = client.redirect_uris.iter().filter(|uri| !had.contains(uri));
        let odd = added.flat_map(|uri| redirect_uri_warnings(uri));
        let unknown = directory.map(|directory| unknown(&client, before.as_ref(), directory)).unwrap_or_default();
        let lost = before.as_ref().map(|before| lost_namespaces(before, &client)).unwrap_or_default();
        let had = before.as_ref().and_then(unprotected);
        let unprotected = unprotected(&client).filter(|_| had.is_none()).map(str::to_owned);
        // A new client gets its secret.
        let had = before.as_ref().map(lacks_secret);
        let secretless = lacks_secret(&client).filter(|_| had.is_some_and(|had| had.is_none()));
        let warnings = odd
            .chain(unknown)
            .chain(lost)
            .chain(unprotected)
            .chain(secretless)
            .chain(gone)
            .map(|warning| format!("client {client_id}: {warning}"));
        self.plan.warnings.extend(warnings);
        match found {
            None => self.item("client", client_id, true, differences, Write::NewClient(Box::new(client), secret_to)),
            Some(mut stored) => {
                *stored = client;
                self.item("client", client_id, false, differences, Write::Client(Box::new(stored)));
            }
        }
        Ok(())
    }
}

/// A client with this id and nothing else. Its secret is made when it is written.
fn blank(client_id: &str) -> Client {
    Client::without_secret(client_id.to_owned(), String::new(), now())
}

/// The values of an attribute, some of which an earlier version may have taken.
fn values<'a>(client: &'a Client, attribute: &str) -> &'a [String] {
    match attribute {
        "client_id" => std::slice::from_ref(&client.id),
        "scopes" => &client.scopes,
        "institutions" => &client.institutions,
        "redirect_uris" => &client.redirect_uris,
        "origins" => &client.origins,
        "introspects" => &client.introspects,
        "namespaces" => client.namespaces.as_deref().unwrap_or_default(),
        _ => &[],
    }
}

/// The attributes that differ. Those of a new client that have their default are left out.
fn differences(before: Option<&Client>, blank: &Client, after: &Client) -> Outcome<Vec<Difference>> {
    let old = attributes(before.unwrap_or(blank))?;
    let new = attributes(after)?;
    let differs = new.into_iter().filter(|(attribute, new)| old.get(attribute) != Some(new));
    let difference = |(attribute, new): (String, Value)| {
        let old = before.and(old.get(&attribute).cloned());
        Difference { attribute, old, new }
    };
    Ok(differs.map(difference).collect())
}

/// The attributes of a client as a declared file has them.
pub(in crate::cli) fn attributes(client: &Client) -> Outcome<Map<String, Value>> {
    match serde_json::to_value(Attributes::of(client)) {
        Ok(Value::Object(attributes)) => Ok(attributes),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Failure::new(error.to_string())),
    }
}
