//! `service token`: gets, refreshes and shows tokens as a client does.

use std::time::Duration;

use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;

use crate::cli::login::Login;
use crate::cli::sign::{KeyArgs, Principal};
use crate::cli::{Failure, Outcome, OutputArgs, serve};
use latchkey_oauth::client::registration::institution_id;
use latchkey_oauth::token::{Kind, Unverified};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Get tokens with the client's own credentials
    Get {
        /// Blank-separated; with refresh_token among them a refresh token comes too
        #[arg(long)]
        scope: String,
        #[command(flatten)]
        institutions: Institutions,
        #[command(flatten)]
        principal: Principal,
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
        institutions: Institutions,
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

/// Where to ask, and with which key.
#[derive(Args)]
pub(super) struct ServerArgs {
    /// Base URL of the service
    #[arg(long, env = "LATCHKEY_URL", default_value_t = format!("http://127.0.0.1:{}", serve::PORT))]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The institutions of a grant.
#[derive(Args)]
pub(super) struct Institutions {
    /// Both institutions, where they are the same
    #[arg(long, value_name = "ID", value_parser = institution_id, conflicts_with_all = ["authenticating_institution", "context_institution"])]
    institution: Option<String>,
    /// Where the user signs in
    #[arg(long, value_name = "ID", value_parser = institution_id, requires = "context_institution")]
    authenticating_institution: Option<String>,
    /// Whose data is used
    #[arg(long, value_name = "ID", value_parser = institution_id, requires = "authenticating_institution")]
    context_institution: Option<String>,
}

impl Institutions {
    /// Both, or none where none is given.
    pub(super) fn given(&self) -> Outcome<Option<latchkey_oauth::grant::Institutions>> {
        if self.institution.is_none() && self.context_institution.is_none() { Ok(None) } else { self.get().map(Some) }
    }

    /// Both.
    pub(super) fn get(&self) -> Outcome<latchkey_oauth::grant::Institutions> {
        let both = |own: &Option<String>| own.clone().or_else(|| self.institution.clone());
        let missing =
            || Failure::new("--institution is missing, or the pair of --authenticating- and --context-institution");
        Ok(latchkey_oauth::grant::Institutions {
            authenticating: both(&self.authenticating_institution).ok_or_else(missing)?,
            context: both(&self.context_institution).ok_or_else(missing)?,
        })
    }
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
                    ("grant_type", Some("client_credentials")),
                    ("scope", Some(&scope)),
                    ("authenticatingInstitutionId", Some(&institutions.authenticating)),
                    ("contextInstitutionId", Some(&institutions.context)),
                ]);
                server.ask("accessToken", query, principal).await
            }
            Self::Redeem { code, redirect_uri, code_verifier, institutions, server } => {
                let institutions = institutions.get()?;
                let query = query(&[
                    ("grant_type", Some("authorization_code")),
                    ("code", Some(&code)),
                    ("authenticatingInstitutionId", Some(&institutions.authenticating)),
                    ("contextInstitutionId", Some(&institutions.context)),
                    ("redirect_uri", Some(&redirect_uri)),
                    ("code_verifier", code_verifier.as_deref()),
                ]);
                server.ask("accessToken", query, Principal::default()).await
            }
            Self::Refresh { refresh_token, scope, server } => {
                let query = query(&[
                    ("grant_type", Some("refresh_token")),
                    ("refresh_token", Some(&refresh_token)),
                    ("scope", scope.as_deref()),
                ]);
                server.ask("refreshToken", query, Principal::default()).await
            }
            Self::Introspect { token, server } => {
                server.ask("introspect", query(&[("token", Some(&token))]), Principal::default()).await
            }
            Self::Revoke { token, server } => {
                server.ask("revoke", query(&[("token", Some(&token))]), Principal::default()).await
            }
            Self::Show { token, output } => show(&token, output),
        }
    }
}

impl ServerArgs {
    /// The client id.
    pub(super) fn client_id(&self) -> &str {
        &self.key.client_id
    }

    /// The base URL, without a slash at the end.
    pub(super) fn base(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// Signs, posts, prints.
    pub(super) async fn ask(&self, path: &str, query: String, principal: Principal) -> Outcome {
        let url = format!("{}/oauth2/{path}?{query}", self.base());
        let signed = self.key.sign("POST", &query, principal.pair())?;
        let asked = tokio::task::spawn_blocking(move || post(&url, &signed.authorization)).await;
        let (status, answer) = asked.map_err(|error| Failure::new(error.to_string()))??;
        self.output.one(&answer)?;
        if status == 200 { Ok(()) } else { Err(Failure::new(format!("the server answered {status}"))) }
    }
}

/// Posts with an empty body; the status and the JSON of the answer.
pub(super) fn post(url: &str, authorization: &str) -> Outcome<(u16, Value)> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)));
    // What is on this machine is not asked for through a proxy of the environment.
    if ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|local| url.starts_with(local)) {
        config = config.proxy(None);
    }
    let config = config.build();
    let failed = |error: ureq::Error| match error {
        // It quotes the whole URL, with the token in its query.
        ureq::Error::BadUri(_) => Failure::new("the server cannot be asked: its URL begins with http:// or https://"),
        error => Failure::new(format!("the server cannot be asked: {error}")),
    };
    let request = ureq::Agent::new_with_config(config).post(url).header("Authorization", authorization);
    let mut response = request.header("Accept", "application/json").send_empty().map_err(failed)?;
    let text = response.body_mut().read_to_string().map_err(failed)?;
    let answer = serde_json::from_str(&text).map_err(|_| Failure::new("the server's answer is no JSON"))?;
    Ok((response.status().as_u16(), answer))
}

/// A query of the parameters that have a value.
pub(super) fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let pairs = parameters
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", utf8_percent_encode((*value)?, NON_ALPHANUMERIC))));
    pairs.collect::<Vec<_>>().join("&")
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
