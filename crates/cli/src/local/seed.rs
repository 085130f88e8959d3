//! What the local server has at its first start: a demo client, two institutions, a user.

use crate::local::EngineError;
use crate::local::state::Turn;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::client::{ANY_INSTITUTION, ANY_SCOPE, Client, NamedSecret};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::{Principal, namespace_of};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::{SignIn, password};
use latchkey_oauth::user::{DescribedScope, Institution, User};

/// What a person needs to sign as the demo client, and to sign in as the demo user.
pub struct Demo {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub secret: ClientSecret,
    /// Whether the demo user is there and has the password it was made with.
    pub user: bool,
}

/// It is the same on every machine, so that a pasted example works; its secret is not.
const DEMO_CLIENT: &str = "demo";
/// Where the demo user signs in.
pub const DEMO_INSTITUTION: &str = "128807";
/// Another institution, without users.
const SECOND_INSTITUTION: &str = "91475";
/// The demo user's name.
pub const DEMO_USER: &str = "demo";
/// The demo user's password. The local server listens only on loopback.
pub const DEMO_PASSWORD: &str = "latchkey";

impl crate::local::Server {
    /// The demo client: registered at the first start, read back later. `None` where an operator removed its secrets
    /// or disabled it.
    pub async fn demo(&self, now: u64) -> Result<Option<Demo>, EngineError> {
        let _turn = Turn::take(self.state.as_deref()).await?;
        let mut usage = Usage::default();
        let demo = self.demo_or_not(now, &mut usage).await;
        demo.map_err(
            |error| if usage.damaged.is_empty() { error } else { EngineError::Damaged(usage.damaged.join("; ")) },
        )
    }

    async fn demo_or_not(&self, now: u64, usage: &mut Usage) -> Result<Option<Demo>, EngineError> {
        let store = &self.service.store;
        let keyring = self.service.keyring(KeySet::Clients);
        let user = self.demo_user(now, usage).await?;
        if let Some(client) = store.client(DEMO_CLIENT, usage).await? {
            let Some(named) = client.live_secrets(now).next() else { return Ok(None) };
            let secret = keyring.open(DEMO_CLIENT, &named.sealed)?;
            return Ok(Some(Demo { client_id: client.id.clone(), secret, user }));
        }
        let secret = latchkey_oauth::client::new_secret(random()?);
        let sealed = keyring.seal(DEMO_CLIENT, &secret, random()?)?;
        let first = NamedSecret { name: "first".to_owned(), sealed, created_at: now, expires_at: None };
        let client = Client {
            grant_types: GrantType::ASKED_FOR.to_vec(),
            scopes: vec!["WMS_NCIP".to_owned(), "WMS_ACQ".to_owned()],
            institutions: vec![ANY_INSTITUTION.to_owned()],
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            introspects: vec![ANY_SCOPE.to_owned()],
            names_principal: true,
            namespaces: Some([DEMO_INSTITUTION, SECOND_INSTITUTION].map(namespace_of).into()),
            ..Client::new(DEMO_CLIENT.to_owned(), "Demo client of the local server".to_owned(), first, now)
        };
        if store.create_client(&client, usage).await?.is_made() {
            Ok(Some(Demo { client_id: client.id, secret, user }))
        } else {
            Err(Unavailable::ItemDamaged.into())
        }
    }

    async fn demo_user(&self, now: u64, usage: &mut Usage) -> Result<bool, EngineError> {
        let store = &self.service.store;
        if let Some(user) = store.user(DEMO_INSTITUTION, DEMO_USER, usage).await? {
            return Ok(user.revision == 1);
        }
        let mut directory = store.directory(usage).await?;
        if directory.revision == 0 {
            let institution = |(id, name): (&str, &str)| Institution { id: id.to_owned(), name: name.to_owned() };
            let service =
                |(scope, name): (&str, &str)| DescribedScope { scope: scope.to_owned(), name: name.to_owned() };
            directory.institutions =
                [(DEMO_INSTITUTION, "Demo Library"), (SECOND_INSTITUTION, "Second Library")].map(institution).into();
            directory.services = [
                ("WMS_ACQ", "Acquisitions: see and change orders"),
                ("WMS_NCIP", "Circulation: see and change loans and holds"),
            ]
            .map(service)
            .into();
            store.change_directory(directory, usage).await?;
        }
        let hash = password::hash(DEMO_PASSWORD, &random()?).map_err(|error| EngineError::Engine(error.to_string()))?;
        let user = User {
            institution_id: DEMO_INSTITUTION.to_owned(),
            username: DEMO_USER.to_owned(),
            principal: Principal { id: "demo-user".to_owned(), idns: namespace_of(DEMO_INSTITUTION) },
            sign_in: Some(SignIn::Password(hash)),
            second_factor: None,
            disabled: false,
            ending: false,
            created_at: now,
            revision: 0,
        };
        Ok(store.add_user(user, usage).await?.is_made())
    }
}
