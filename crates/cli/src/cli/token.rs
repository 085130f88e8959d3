//! `latchkey token`: gets, refreshes and shows tokens as a client does.

use clap::Subcommand;
use serde::Serialize;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{InstitutionArgs, ServerArgs, query};
use crate::cli::login::Login;
use crate::cli::output::OutputArgs;
use crate::cli::sign::PrincipalArgs;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{INTROSPECT, REFRESH, REVOKE, TOKEN};
use latchkey_oauth::token::{Kind, Unverified};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Get tokens with the client's own credentials
    Get {
        /// Blank-separated; with refresh_token among them a refresh token comes too
        #[arg(long)]
        scope: String,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        principal: PrincipalArgs,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Sign a user in with a browser, and get tokens with the code that comes back
    Login(Login),
    /// Redeem an authorization code
    Redeem {
        /// The code
        code: String,
        /// The redirect URI that the code was sent to
        #[arg(long)]
        redirect_uri: String,
        /// PKCE: the verifier of the challenge
        #[arg(long)]
        code_verifier: Option<String>,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Get a new access token with a refresh token
    Refresh {
        /// The refresh token
        refresh_token: String,
        /// Less than was granted
        #[arg(long)]
        scope: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Ask whether a token is good, as the owner of an API
    Introspect {
        /// The token
        token: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Revoke a token: a refresh token takes its grant along, an access token goes alone
    Revoke {
        /// The token
        token: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Say what a token or code is, from its text alone
    Show {
        /// The token or code
        token: String,
        #[command(flatten)]
        output: OutputArgs,
    },
}

#[derive(Serialize)]
struct TokenView {
    kind: &'static str,
    grant_id: String,
    minted_by: &'static str,
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Login(login) => login.run().await,
            Self::Get { scope, institutions, principal, server } => {
                let institutions = institutions.get()?;
                let query = query(&[
                    ("grant_type", Some(GrantType::ClientCredentials.as_str())),
                    ("scope", Some(&scope)),
                    ("authenticatingInstitutionId", Some(&institutions.authenticating)),
                    ("contextInstitutionId", Some(&institutions.context)),
                ]);
                server.ask(TOKEN, query, principal).await
            }
            Self::Redeem { code, redirect_uri, code_verifier, institutions, server } => {
                let institutions = institutions.get()?;
                let query = query(&[
                    ("grant_type", Some(GrantType::AuthorizationCode.as_str())),
                    ("code", Some(&code)),
                    ("authenticatingInstitutionId", Some(&institutions.authenticating)),
                    ("contextInstitutionId", Some(&institutions.context)),
                    ("redirect_uri", Some(&redirect_uri)),
                    ("code_verifier", code_verifier.as_deref()),
                ]);
                server.ask(TOKEN, query, PrincipalArgs::default()).await
            }
            Self::Refresh { refresh_token, scope, server } => {
                let query = query(&[
                    ("grant_type", Some(GrantType::RefreshToken.as_str())),
                    ("refresh_token", Some(&refresh_token)),
                    ("scope", scope.as_deref()),
                ]);
                server.ask(REFRESH, query, PrincipalArgs::default()).await
            }
            Self::Introspect { token, server } => {
                server.ask(INTROSPECT, query(&[("token", Some(&token))]), PrincipalArgs::default()).await
            }
            Self::Revoke { token, server } => {
                server.ask(REVOKE, query(&[("token", Some(&token))]), PrincipalArgs::default()).await
            }
            Self::Show { token, output } => show(&token, output),
        }
    }
}

fn show(token: &str, output: OutputArgs) -> Outcome {
    let token = Unverified::parse(token)
        .ok_or_else(|| Failure::new("this is no token: it has not the prefix, alphabet or length of one"))?;
    let kind = match token.kind {
        Kind::Access => "access token",
        Kind::Refresh => "refresh token",
        Kind::Code => "authorization code",
    };
    let minted_by = if token.selector.is_some() { "a refresh" } else { "its grant" };
    output.one(&TokenView { kind, grant_id: token.grant_id.to_string(), minted_by })
}
