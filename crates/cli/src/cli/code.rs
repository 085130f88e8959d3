//! `latchkey code`: authorization codes without a browser, for tests.

use clap::Subcommand;
use serde::Serialize;

use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::InstitutionArgs;
use crate::cli::sign::PrincipalArgs;
use latchkey::endpoint::authorize::consent;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::{AuthorizationResponse, Consent};
use latchkey_oauth::grants::authorization_code::request::{ResponseType, is_challenge};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::time::instant;
use latchkey_oauth::token::GrantId;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a code as if a user had signed in and allowed the client
    Create {
        /// The client id
        #[arg(long)]
        client_id: String,
        /// One of the client's redirect URIs
        #[arg(long)]
        redirect_uri: String,
        /// Blank-separated; with refresh_token among them redemption gives a refresh token too
        #[arg(long)]
        scope: String,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        principal: PrincipalArgs,
        /// PKCE: the S256 challenge
        #[arg(long, value_parser = challenge)]
        code_challenge: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

fn challenge(text: &str) -> Result<String, &'static str> {
    if is_challenge(text) { Ok(text.to_owned()) } else { Err("the base64url of a SHA-256 hash: 43 characters") }
}

#[derive(Serialize)]
struct CodeView<'a> {
    code: &'a str,
    grant_id: String,
    expires_at: String,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let Self::Create { client_id, redirect_uri, scope, institutions, principal, code_challenge, database } = self;
        let service = database.open().await?;
        let client = database::find(&service, &client_id).await?;
        if client.disabled {
            return Err(Failure::new("the client is disabled"));
        }
        let asked = Consent {
            response_type: ResponseType::Code,
            redirect_uri,
            institutions: institutions.get()?,
            principal: principal.pair().map(|(id, idns)| grant::Principal { id: id.to_owned(), idns: idns.to_owned() }),
            scope: Scope::parse(&scope).ok_or_else(|| Failure::new("the scope is not a blank-separated list"))?,
            challenge: code_challenge,
            form_ends_at: 0,
        };
        let mut usage = Usage::default();
        let entropy = Entropy { access: random()?, refresh: random()? };
        let made = consent(&service, &client, asked, GrantId::random(random()?), &entropy, now(), &mut usage).await;
        let (grant, handed) = made.map_err(|denial| match denial {
            Denial::Unavailable(unavailable) => Failure::database(unavailable, &usage),
            denial => denial.into(),
        })?;
        let (AuthorizationResponse::Code(code), Some(kept)) = (handed, &grant.code) else {
            return Err(Failure::new("no code was made"));
        };
        database.output.one(&CodeView {
            code: &code.text,
            grant_id: grant.id.to_string(),
            expires_at: instant(kept.expires_at),
        })
    }
}
