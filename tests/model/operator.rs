//! What no client does: users and operators act, time passes, and items are collected.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Change, Usage};
use latchkey_guard::bearer::Checker;
use latchkey_oauth::client::new_secret;
use latchkey_oauth::grants::device_code::DEVICE_CODE_SECONDS;
use latchkey_oauth::token::UserCode;
use latchkey_testkit::device::DEVICE_AUTHORIZATION;
use latchkey_testkit::faults::Fault;
use latchkey_testkit::form::Form;
use latchkey_testkit::signer::Signer;

use super::books::{Grant, subject};
use super::life::Life;
use super::moves::Step;
use super::{NAMESPACES, SCOPE};

impl Life {
    /// What no client does.
    pub(super) async fn operate(&mut self, step: Step) {
        let (world, model) = (&self.troubled.world, &mut self.model);
        match step {
            Step::Consent { to } => {
                let scope = model.allowed(to, SCOPE);
                let form = Form::new(scope, model.now + 600);
                let code = world.answer(&self.keys[to][0], &form).await.unwrap();
                let code_ends = model.now + model.code_life;
                // The user of a consent is one of the second namespace, and no client names that user.
                let subject = subject(1);
                let begun = model.now;
                model.grants.push(Grant { client: to, begun, subject, scope, code, code_ends, ..Grant::default() });
                self.forms.push((model.grants.len() - 1, form));
            }
            // A disabled client begins nothing, and one that lost a scope asks for the rest.
            Step::Begin { by }
                if !model.clients[by].disabled && model.now < *model.clients[by].keys.last().unwrap() =>
            {
                let scope = model.allowed(by, SCOPE);
                let asked = format!("scope={}&contextInstitutionId=128807", scope.replace(' ', "%20"));
                let begun = world.ask(self.keys[by].last().unwrap(), DEVICE_AUTHORIZATION, &asked).await;
                let user_code = UserCode::parse(begun.member("user_code"));
                let (code, code_ends) = (begun.member("device_code").to_owned(), model.now + DEVICE_CODE_SECONDS);
                let (begun, subject) = (model.now, subject(1));
                let grant = Grant { client: by, begun, subject, scope, code, code_ends, user_code, ..Grant::default() };
                model.grants.push(grant);
            }
            Step::Begin { .. } => {}
            Step::Disable { client, disabled } => {
                model.clients[client].disabled = disabled;
                world.change(&self.keys[client][0], |client| client.disabled = disabled).await;
            }
            Step::Shrink { client, shrunk } => {
                model.clients[client].shrunk = shrunk;
                let scopes = if shrunk { &["WMS_ACQ"][..] } else { &["WMS_NCIP", "WMS_ACQ"] };
                let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
                world.change(&self.keys[client][0], |client| client.scopes = scopes).await;
            }
            Step::Close { client, closed } => {
                model.clients[client].closed = closed;
                let namespaces = closed.then(|| vec![NAMESPACES[0].to_owned()]);
                world.change(&self.keys[client][0], |client| client.namespaces = namespaces).await;
            }
            Step::Sign { client, required } => {
                model.clients[client].signs = required;
                world.change(&self.keys[client][0], |client| client.signed_principal_required = required).await;
            }
            Step::Rotate { client, overlap } => {
                let keys = &mut self.keys[client];
                let key = Signer { id: keys[0].id.clone(), secret: new_secret(random().unwrap()) };
                let (named, end) = (world.seal(&key.id, &key.secret, &keys.len().to_string()), model.now + overlap);
                world
                    .change(&key, |client| {
                        client.secrets.drain(..client.secrets.len() - 1);
                        client.secrets[0].expires_at = Some(end);
                        client.secrets.push(named);
                    })
                    .await;
                let ends = &mut model.clients[client].keys;
                ends.iter_mut().for_each(|end| *end = 0);
                *ends.last_mut().unwrap() = end;
                ends.push(u64::MAX);
                keys.push(key);
            }
            Step::RevokeAll { client, ago } => {
                // What was granted in that very second ends too.
                let time = ago.map(|ago| model.now + 1 - ago);
                model.clients[client].not_before = time.unwrap_or_default();
                world.change(&self.keys[client][0], |client| client.not_before = time).await;
            }
            Step::Deploy { ago } => {
                model.not_before = ago.map_or(0, |ago| model.now + 1 - ago);
                self.deploy().await;
            }
            Step::Newer { client } => {
                model.clients[client].newer = true;
                self.troubled.write_newer(&self.keys[client][0].id).await;
            }
            Step::Wait { seconds } => {
                world.advance(seconds);
                model.now += seconds;
            }
            _ => self.troubled.sweep().await,
        }
    }

    /// Deploys the time of the model to the functions, and to the API that has the guard.
    async fn deploy(&mut self) {
        let not_before = self.model.not_before;
        self.troubled.world.redeploy(|settings| settings.not_before = not_before).await;
        self.checker = Checker::new(self.troubled.world.service.store.clone(), 0).not_before(not_before);
    }

    /// One operator's change, with another's between two of its calls.
    pub(super) async fn both(&mut self, id: usize, disabled: bool, calls: usize, faults: &[Fault]) {
        let (client_id, usage) = (self.keys[id][0].id.clone(), &mut Usage::default());
        let store = &self.troubled.world.service.store;
        let mut client = store.client(&client_id, usage).await.unwrap().unwrap();
        client.disabled = disabled;
        let (elsewhere, name) = (self.troubled.elsewhere(), format!("Name {}", client.revision));
        let (theirs, theirs_id) = (name.clone(), client_id.clone());
        self.troubled.wire.script(faults.iter().copied());
        self.troubled.wire.meanwhile(calls, async move {
            let usage = &mut Usage::default();
            let mut client = elsewhere.client(&theirs_id, usage).await.unwrap().unwrap();
            client.name = theirs;
            assert!(elsewhere.change_client(client, usage).await.unwrap().is_made());
        });
        let told = store.change_client(client, usage).await;
        let toll = self.troubled.wire.heal();
        let client = store.client(&client_id, usage).await.unwrap().unwrap();
        if client.name == name {
            self.model.clients[id].name = Some(name);
        }
        match told {
            Ok(Change::Made | Change::Since(_)) => assert_eq!(client.disabled, disabled, "told to be made"),
            Ok(Change::Taken) => assert_eq!(client.disabled, self.model.clients[id].disabled, "told not to be made"),
            Ok(Change::Unknown) | Err(_) => assert!(toll.hits > 0, "nothing was in the way"),
        }
        self.model.clients[id].disabled = client.disabled;
    }
}
