//! Asking a server, as a client does.

use std::time::Duration;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::failure::{Failure, Outcome};
use super::output::OutputArgs;
use super::sign::{KeyArgs, PrincipalArgs};
use crate::local::PORT;
use latchkey_oauth::client::registration::institution_id;
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::service::settings;

/// Where to ask, and with which key.
#[derive(Args)]
pub(super) struct ServerArgs {
    /// Base URL of the service
    #[arg(long, env = settings::URL.name, default_value_t = format!("http://127.0.0.1:{}", PORT))]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The institutions of a grant.
#[derive(Args)]
pub(super) struct InstitutionArgs {
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

impl InstitutionArgs {
    /// Both, or none where none is given.
    pub(super) fn given(&self) -> Outcome<Option<Institutions>> {
        if self.institution.is_none() && self.context_institution.is_none() { Ok(None) } else { self.get().map(Some) }
    }

    /// Both.
    pub(super) fn get(&self) -> Outcome<Institutions> {
        let both = |own: &Option<String>| own.clone().or_else(|| self.institution.clone());
        let missing =
            || Failure::new("--institution is missing, or the pair of --authenticating- and --context-institution");
        Ok(Institutions {
            authenticating: both(&self.authenticating_institution).ok_or_else(missing)?,
            context: both(&self.context_institution).ok_or_else(missing)?,
        })
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
    pub(super) async fn ask(&self, path: &str, query: String, principal: PrincipalArgs) -> Outcome {
        let url = format!("{}{path}?{query}", self.base());
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
