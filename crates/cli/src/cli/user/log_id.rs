//! The pseudonyms that the log has of a user and of a network.

use std::net::IpAddr;

use serde::Serialize;

use super::UserArgs;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::Outcome;
use crate::cli::output::whole;
use latchkey_dynamodb::store::sign_in::Source;
use latchkey_oauth::secret::Logged;
use latchkey_oauth::service::KeySet;

/// Under one sealing key, whose name each begins with.
#[derive(Serialize)]
struct View {
    user_log_id: String,
    network_log_id: Option<String>,
}

/// Of a user who signs in with a password, or, with a namespace, of one whom an institution's provider names so.
pub(super) async fn print(
    user: &UserArgs,
    namespace: Option<&str>,
    address: Option<IpAddr>,
    database: &DatabaseArgs,
) -> Outcome {
    let username = if namespace.is_some() { user.username.clone() } else { user.name()? };
    let logged = match namespace {
        Some(idns) => Logged::Principal(idns, &username),
        None => Logged::User(&user.institution, &username),
    };
    let service = database.open_with_keys(KeySet::Pages).await?;
    let keyring = service.keyring(KeySet::Pages);
    let network = address.map(|address| Source::unknown(address, 0).network());
    let networks: Vec<_> = network.iter().flat_map(|network| keyring.log_ids(Logged::Network(network))).collect();
    let views: Vec<_> = keyring
        .log_ids(logged)
        .enumerate()
        .map(|(at, user_log_id)| View { user_log_id, network_log_id: networks.get(at).cloned() })
        .collect();
    database.output.many(&views, &[whole("user_log_id"), whole("network_log_id")])
}
