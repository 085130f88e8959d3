//! The list of clients, with what an operator should look at.

use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::output::{sort_by_name, text, whole};
use crate::cli::show::{ClientRow, ClientView};
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::Client;
use latchkey_oauth::client::registration::{WEAK, additions, is_open, weakness};
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::service::KeySet;

pub(super) async fn list(check_secrets: bool, open_namespaces: bool, database: &DatabaseArgs) -> Outcome {
    let (store, keyrings) = if check_secrets {
        let service = database.open_with_keys(KeySet::Clients).await?;
        (service.store, Some(service.keyrings))
    } else {
        (database.open().await?, None)
    };
    let mut usage = Usage::default();
    let clients = store.clients(&mut usage).await;
    let mut clients = clients.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    clients.retain(|client| !open_namespaces || is_open(client));
    sort_by_name(&mut clients, |client| &client.name);
    let view = |client: &Client| {
        let mut view = ClientView::new(client);
        view.warnings.extend(keyrings.iter().flat_map(|keyrings| of_secrets(client, keyrings.of(KeySet::Clients))));
        view
    };
    let views: Vec<_> = clients.iter().map(|client| view(client)).collect();
    let rows: Vec<_> = views.iter().map(ClientRow::new).collect();
    database.output.many_as(&views, &rows, &[text("name"), whole("client_id")])?;
    intact(&usage)
}

/// What is wrong with the secrets of a client that was registered before such secrets were refused.
fn of_secrets(client: &Client, keyring: &Keyring) -> Vec<String> {
    let of_secret = |named: &latchkey_oauth::client::NamedSecret| {
        let name = &named.name;
        let secret = match keyring.open(&client.id, &named.sealed) {
            Ok(secret) => secret,
            Err(error) => return vec![format!("the secret '{name}' does not open: {error}")],
        };
        let weak = weakness(secret.expose(), &client.id).filter(|_| !name.starts_with(WEAK));
        let weak = weak.map(|reason| format!("the secret '{name}' is weak: {reason}; rotate it"));
        let added = additions(secret.expose());
        weak.into_iter().chain(added.into_iter().map(|what| format!("the secret '{name}' has {what}"))).collect()
    };
    client.secrets.iter().flat_map(of_secret).collect()
}
