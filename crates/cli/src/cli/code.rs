//! `latchkey code`: creates authorization codes without a browser, for tests.

use clap::Subcommand;
use serde::Serialize;

use crate::cli::actor::ChangeArgs;
use crate::cli::database;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::InstitutionArgs;
use crate::cli::sign::PrincipalArgs;
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Usage, Write};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::grants::Entropy;
use latchkey_oauth::grants::authorization_code::consent::{AuthorizationResponse, Consent, authorize};
use latchkey_oauth::grants::authorization_code::request::{ResponseType, is_challenge};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::time::instant;
use latchkey_oauth::token::GrantId;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a code, as if a user had signed in and allowed the client.
    Create {
        /// Client id.
        #[arg(long)]
        client_id: String,
        /// Redirect URI of the client.
        #[arg(long)]
        redirect_uri: String,
        /// Scopes, separated by blanks. With refresh_token among them, the code gives a refresh token too.
        #[arg(long)]
        scope: String,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        principal: PrincipalArgs,
        /// S256 code_challenge (PKCE).
        #[arg(long, allow_hyphen_values = true, value_parser = challenge)]
        code_challenge: Option<String>,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

fn challenge(text: &str) -> Result<String, &'static str> {
    if is_challenge(text) {
        Ok(text.to_owned())
    } else {
        Err("it must be the base64url of a SHA-256 hash, 43 characters without padding")
    }
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
        let store = database.open("code create").await?;
        let client = database::find(&store, &client_id).await?;
        if client.disabled {
            return Err(Failure::new("the client is disabled; enable it with latchkey client enable"));
        }
        let asked = Consent {
            response_type: ResponseType::Code,
            redirect_uri,
            institutions: institutions.get()?,
            principal: principal.pair().map(|(id, idns)| Principal::new(id, idns)),
            scope: Scope::parse(&scope)
                .ok_or_else(|| Failure::new("--scope must be a list of scope tokens separated by blanks"))?,
            refresh_seconds: None,
            challenge: code_challenge,
            form_ends_at: 0,
        };
        let entropy = Entropy { access: random()?, refresh: random()? };
        let id = GrantId::random(random()?);
        let (grant, response) = authorize(&client, asked, id, &entropy, &settings_from_env()?, now())?;
        let mut usage = Usage::default();
        let written = store.create_grant(&grant, &mut usage).await;
        let written = written.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let (Write::Done, AuthorizationResponse::Code(code), Some(kept)) = (written, response, &grant.code) else {
            return Err(Failure::new("the service made no code"));
        };
        database.output.one(&CodeView {
            code: &code.text,
            grant_id: grant.id.to_string(),
            expires_at: instant(kept.expires_at),
        })
    }
}
