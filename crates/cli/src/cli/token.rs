//! `latchkey token`: gets, refreshes, introspects, revokes, checks and shows tokens, as a client does.

mod check;
mod device;

use clap::Subcommand;
use serde::Serialize;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{InstitutionArgs, ServerArgs, query};
use crate::cli::input;
use crate::cli::login::Login;
use crate::cli::output::OutputArgs;
use crate::cli::sign::PrincipalArgs;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{INTROSPECT, REFRESH, REVOKE, TOKEN};
use latchkey_oauth::token::{Kind, Unverified};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Get tokens with the client's own credentials.
    Get {
        /// Scopes, separated by blanks. With refresh_token among them, the client gets a refresh token too.
        #[arg(long)]
        scope: String,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        principal: PrincipalArgs,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Sign a user in with a browser, and get tokens with the code.
    Login(Login),
    /// Show a code that a user allows with a browser of any machine, and get tokens.
    Device(device::Device),
    /// Redeem an authorization code.
    Redeem {
        /// Authorization code; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        code: String,
        /// Redirect URI of the authorization request. A client that does not sign may leave it out after a request with PKCE.
        #[arg(long)]
        redirect_uri: Option<String>,
        /// code_verifier of the code_challenge (PKCE); - reads it from standard input.
        #[arg(long, allow_hyphen_values = true, value_parser = input::secret)]
        code_verifier: Option<String>,
        #[command(flatten)]
        institutions: InstitutionArgs,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Get a new access token with a refresh token.
    Refresh {
        /// Refresh token; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        refresh_token: String,
        /// Narrower scope, separated by blanks. Default: the granted scope.
        #[arg(long)]
        scope: Option<String>,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Ask whether a token is active, as an API owner.
    Introspect {
        /// Token; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        token: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Revoke a token: a refresh token with its whole grant, an access token only by itself.
    Revoke {
        /// Token; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        token: String,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Check a deployment: get a token, refresh, introspect and revoke it, a line for each step.
    ///
    /// The token is revoked at the end. The command fails if a step does.
    Check(check::Check),
    /// Show what a token or code is, without a request to the service.
    Show {
        /// Token or code; - reads it from standard input.
        #[arg(value_parser = input::secret)]
        token: String,
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// Why a public client gets no token by `client_credentials`.
const NO_OWN_TOKEN: &str = "gets no token on its own account, because it proves nothing (RFC 6749 section 4.4): a user signs in, \
                            by latchkey token login";

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
            Self::Device(device) => device.run().await,
            Self::Get { scope, institutions, principal, server } => {
                server.no_public_client(NO_OWN_TOKEN)?;
                let institutions = institutions.asked(&server)?;
                let query = query(&[
                    ("grant_type", Some(GrantType::ClientCredentials.as_str())),
                    ("scope", Some(&scope)),
                    ("authenticatingInstitutionId", institutions.as_ref().map(|both| both.authenticating.as_str())),
                    ("contextInstitutionId", institutions.as_ref().map(|both| both.context.as_str())),
                    ("principalID", principal.principal_id.as_deref()),
                    ("principalIDNS", principal.principal_idns.as_deref()),
                ]);
                server.ask(TOKEN, query).await
            }
            Self::Redeem { code, redirect_uri, code_verifier, institutions, server } => {
                if code_verifier.is_none() {
                    server.no_public_client("redeems a code only with PKCE: --code-verifier is missing")?;
                }
                if redirect_uri.is_none() && server.signs() {
                    return Err(Failure::new("--redirect-uri is missing: a client that signs names it"));
                }
                let institutions = institutions.asked(&server)?;
                let form = query(&[
                    ("grant_type", Some(GrantType::AuthorizationCode.as_str())),
                    ("code", Some(&code)),
                    ("authenticatingInstitutionId", institutions.as_ref().map(|both| both.authenticating.as_str())),
                    ("contextInstitutionId", institutions.as_ref().map(|both| both.context.as_str())),
                    ("redirect_uri", redirect_uri.as_deref()),
                    ("code_verifier", code_verifier.as_deref()),
                ]);
                server.ask_form(TOKEN, form).await
            }
            Self::Refresh { refresh_token, scope, server } => {
                server.no_public_client("has no refresh token: latchkey token login gets a new access token")?;
                let form = query(&[
                    ("grant_type", Some(GrantType::RefreshToken.as_str())),
                    ("refresh_token", Some(&refresh_token)),
                    ("scope", scope.as_deref()),
                ]);
                server.ask_form(REFRESH, form).await
            }
            Self::Introspect { token, server } => {
                server.no_public_client(
                    "cannot introspect tokens (RFC 7662 section 2.1): an API does, with its own client",
                )?;
                server.ask_form(INTROSPECT, query(&[("token", Some(&token))])).await
            }
            Self::Revoke { token, server } => server.ask_form(REVOKE, query(&[("token", Some(&token))])).await,
            Self::Check(check) => check.run().await,
            Self::Show { token, output } => show(&token, output),
        }
    }
}

fn show(token: &str, output: OutputArgs) -> Outcome {
    let token = Unverified::parse(token)
        .ok_or_else(|| Failure::new("this is not a token: its prefix, characters or length are wrong"))?;
    let kind = match token.kind {
        Kind::Access => "access token",
        Kind::Refresh => "refresh token",
        Kind::Code => "authorization code",
        Kind::Device => "device code",
    };
    let minted_by = if token.selector.is_some() { "a refresh" } else { "its grant" };
    output.one(&TokenView { kind, grant_id: token.grant_id.to_string(), minted_by })
}
