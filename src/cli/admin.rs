//! The way from an operator's command to the tables.

use super::{Failure, Outcome, Where};
use crate::app::{Config, dynamodb_at, of_any_place, settings_from_env};
use crate::client::Client;
use crate::endpoint::Latchkey;
use crate::local;
use crate::store::{Meter, Store};

impl Where {
    /// The service's parts, over the DynamoDB that the options or the AWS settings name.
    pub(super) async fn open(&self) -> Outcome<Latchkey> {
        if self.local {
            let keyring = local::keyring(&self.state)
                .map_err(|error| Failure::new(format!("{error} (has the local server been started here once?)")))?;
            let db = dynamodb_at(&format!("http://127.0.0.1:{}", self.dynamodb_port));
            return Ok(Latchkey { store: Store::new(db, local::tables()), keyring, settings: settings_from_env()? });
        }
        let config = Config::from_env()
            .map_err(|error| Failure::new(format!("{error} (or use --local for the local server)")))?;
        Ok(config.start(&of_any_place().await?).await?)
    }
}

/// A client that must be there.
pub(super) async fn find(latchkey: &Latchkey, client_id: &str) -> Outcome<Client> {
    let mut meter = Meter::default();
    let found = latchkey.store.client(client_id, &mut meter).await;
    found
        .map_err(|trouble| Failure::database(trouble, &meter))?
        .ok_or_else(|| Failure::new(format!("no client has the id {client_id}")))
}

/// Writes a client that was read before.
pub(super) async fn change(latchkey: &Latchkey, client: Client) -> Outcome {
    let mut meter = Meter::default();
    let changed = latchkey.store.change_client(client, &mut meter).await;
    if changed.map_err(|trouble| Failure::database(trouble, &meter))? {
        Ok(())
    } else {
        Err(Failure::new("somebody else changed the client at the same time; look at it and try again"))
    }
}
