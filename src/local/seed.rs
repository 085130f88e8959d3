//! The demo client of the local server.

use super::EngineError;
use crate::client::{ANY_INSTITUTION, Client, NamedSecret};
use crate::denial::Trouble;
use crate::endpoint::{Latchkey, random};
use crate::grant::GrantType;
use crate::secret::ClientSecret;
use crate::store::Meter;

/// What a person needs to sign as the demo client.
pub struct Demo {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub secret: ClientSecret,
}

/// It is the same on every machine, so that a pasted example works; its secret is not.
const DEMO_CLIENT: &str = "demo";

impl super::Server {
    /// The demo client: registered at the first start, read back later. `None` where an operator removed its secrets
    /// or disabled it.
    pub async fn demo(&self, now: u64) -> Result<Option<Demo>, EngineError> {
        let Latchkey { store, keyring, .. } = &*self.latchkey;
        let mut meter = Meter::default();
        if let Some(client) = store.client(DEMO_CLIENT, &mut meter).await? {
            let Some(named) = client.live_secrets(now).next() else { return Ok(None) };
            let secret = keyring.open(DEMO_CLIENT, &named.sealed)?;
            return Ok(Some(Demo { client_id: client.id, secret }));
        }
        let secret = crate::client::new_secret(random()?);
        let sealed = keyring.seal(DEMO_CLIENT, &secret, random()?)?;
        let first = NamedSecret { name: "first".to_owned(), sealed, created_at: now, expires_at: None };
        let client = Client {
            grant_types: GrantType::ASKED_FOR.to_vec(),
            scopes: vec!["WMS_NCIP".to_owned(), "WMS_ACQ".to_owned()],
            institutions: vec![ANY_INSTITUTION.to_owned()],
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            names_principal: true,
            ..Client::new(DEMO_CLIENT.to_owned(), "Demo client of the local server".to_owned(), first, now)
        };
        if store.create_client(&client, &mut meter).await? {
            Ok(Some(Demo { client_id: client.id, secret }))
        } else {
            Err(Trouble::ItemDamaged.into())
        }
    }
}
