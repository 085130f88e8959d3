//! A form of consent as far as its answer goes: sent again, it is the same.

use latchkey::endpoint::authorize;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::{AuthorizationResponse, Consent};
use latchkey_oauth::grants::authorization_code::request::ResponseType;
use latchkey_oauth::scope::Scope;
use latchkey_oauth::token::{GrantId, SECRET_BYTES};

use crate::signer::Signer;
use crate::world::{REDIRECT, World};

/// A form of consent.
pub struct Form<S = &'static str> {
    pub scope: S,
    pub ends_at: u64,
    id: GrantId,
    secret: [u8; SECRET_BYTES],
}

impl<S: AsRef<str>> Form<S> {
    pub fn new(scope: S, ends_at: u64) -> Self {
        Self { scope, ends_at, id: GrantId::random(random().unwrap()), secret: random().unwrap() }
    }
}

impl World {
    /// A code, as if a user had signed in and allowed the client.
    pub async fn code(&self, signer: &Signer, scope: &str) -> String {
        self.code_with(signer, scope, |_| {}).await
    }

    pub async fn code_with(&self, signer: &Signer, scope: &str, edit: impl FnOnce(&mut Consent)) -> String {
        self.answer_with(signer, &Form::new(scope, 0), edit).await.unwrap()
    }

    /// A code, as if this user of the world's had signed in and allowed the client.
    pub async fn code_of(&self, signer: &Signer, username: &str) -> String {
        let principal = Some(Principal { id: format!("{username}-id"), idns: "urn:test".into() });
        self.code_with(signer, "WMS_NCIP refresh_token", |consent| consent.principal = principal).await
    }

    /// The code that a user's yes to the form gives.
    pub async fn answer<S: AsRef<str>>(&self, signer: &Signer, form: &Form<S>) -> Result<String, Denial> {
        self.answer_with(signer, form, |_| {}).await
    }

    pub async fn answer_with<S: AsRef<str>>(
        &self,
        signer: &Signer,
        form: &Form<S>,
        edit: impl FnOnce(&mut Consent),
    ) -> Result<String, Denial> {
        let usage = &mut Usage::default();
        let client = self.service.store.client(&signer.id, usage).await?.unwrap();
        let mut consent = Consent {
            response_type: ResponseType::Code,
            redirect_uri: REDIRECT.into(),
            institutions: Institutions { authenticating: "128807".into(), context: "128807".into() },
            principal: Some(Principal { id: "201571dd".into(), idns: "urn:oclc:wms:da".into() }),
            scope: Scope::parse(form.scope.as_ref()).unwrap(),
            refresh_seconds: None,
            challenge: None,
            form_ends_at: form.ends_at,
        };
        edit(&mut consent);
        let entropy = Entropy { access: form.secret, refresh: random().unwrap() };
        let made = authorize::consent(&self.service, &client, consent, form.id, &entropy, self.now(), usage).await?;
        let (_, AuthorizationResponse::Code(code)) = made else { panic!("tokens in place of a code") };
        Ok(code.text.to_string())
    }
}
