//! Sends requests to a server, as a client does.

mod credentials;
mod document;
mod url;

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::database::DatabaseArgs;
use super::failure::{Failure, Outcome};
use super::output::{self, OutputArgs};
use crate::local::PORT;
use credentials::{Authenticated, CredentialArgs};
pub(super) use document::{Document, document};
use latchkey::config::settings_from_env;
use latchkey_dynamodb::environment::variable;
use latchkey_oauth::client::registration::institution_id;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::service::{METADATA, settings};

/// Which server to ask, and with which client.
#[derive(Args)]
pub(super) struct ServerArgs {
    /// Base URL of the service.
    #[arg(long, env = settings::URL.name, default_value_t = format!("http://127.0.0.1:{}", PORT))]
    url: String,
    #[command(flatten)]
    credentials: CredentialArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The institutions of a grant.
#[derive(Args)]
pub(super) struct InstitutionArgs {
    /// Institution where the user signs in and whose data are used.
    #[arg(long, value_name = "ID", value_parser = institution_id, conflicts_with_all = ["authenticating_institution", "context_institution"])]
    institution: Option<String>,
    /// Institution where the user signs in, if the two differ.
    #[arg(long, value_name = "ID", value_parser = institution_id, requires = "context_institution")]
    authenticating_institution: Option<String>,
    /// Institution whose data are used, if the two differ.
    #[arg(long, value_name = "ID", value_parser = institution_id, requires = "authenticating_institution")]
    context_institution: Option<String>,
}

impl InstitutionArgs {
    /// Returns both, or `None` if no option names one.
    pub(super) fn given(&self) -> Outcome<Option<Institutions>> {
        if self.institution.is_none() && self.context_institution.is_none() { Ok(None) } else { self.get().map(Some) }
    }

    /// Returns both. A client that does not sign may leave them to the service.
    pub(super) fn asked(&self, server: &ServerArgs) -> Outcome<Option<Institutions>> {
        if server.signs() { self.get().map(Some) } else { self.given() }
    }

    /// Returns both.
    pub(super) fn get(&self) -> Outcome<Institutions> {
        let both = |own: &Option<String>| own.clone().or_else(|| self.institution.clone());
        let missing = || {
            Failure::new(
                "--institution is missing; if the institutions differ, use --authenticating-institution and --context-institution",
            )
        };
        Ok(Institutions {
            authenticating: both(&self.authenticating_institution).ok_or_else(missing)?,
            context: both(&self.context_institution).ok_or_else(missing)?,
        })
    }
}

impl ServerArgs {
    /// Returns the client id.
    pub(super) fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    /// Returns the base URL, without a slash at the end.
    pub(super) fn base(&self) -> Outcome<&str> {
        base(&self.url)
    }

    /// Whether the client signs. It must then name in each request what the others may leave out.
    pub(super) fn signs(&self) -> bool {
        self.credentials.signs()
    }

    /// Fails before any request if what the client is given does not go together.
    pub(super) fn check(&self) -> Outcome {
        self.credentials.check()
    }

    /// Fails if the client is a public one, which cannot do what `why` says.
    pub(super) fn no_public_client(&self, why: &str) -> Outcome {
        self.credentials.no_public_client(why)
    }

    /// Posts a request with its parameters in the query, if the client signs, and prints the response. Other clients send a
    /// form.
    pub(super) async fn ask(&self, path: &str, query: String) -> Outcome {
        let sent = match self.signs() {
            true => self.credentials.query(query)?,
            false => self.credentials.form(query, self.base()?)?,
        };
        self.print_answer(path, sent).await
    }

    /// Posts a form, and prints the response. A token or code belongs in a form: servers and proxies write URLs into logs.
    pub(super) async fn ask_form(&self, path: &str, form: String) -> Outcome {
        self.print_answer(path, self.credentials.form(form, self.base()?)?).await
    }

    /// Posts a form. Returns the status and the JSON of the response.
    pub(super) async fn answer(&self, path: &str, form: String) -> Outcome<(u16, Value)> {
        self.send(path, self.credentials.form(form, self.base()?)?).await
    }

    /// Prints a list as JSON.
    pub(super) fn print_list(&self, list: &[impl Serialize]) -> Outcome {
        self.output.many(list, &[])
    }

    /// Returns whether to print JSON.
    pub(super) fn prints_json(&self) -> bool {
        self.output.json
    }

    async fn print_answer(&self, path: &str, request: Authenticated) -> Outcome {
        let (status, answer) = self.send(path, request).await?;
        self.print(status, &answer)
    }

    /// Prints a response. One that is not 200 is a failure.
    pub(super) fn print(&self, status: u16, answer: &Value) -> Outcome {
        // Only the answer of a revocation has no members (RFC 7009 section 2.2).
        match answer.as_object().is_some_and(serde_json::Map::is_empty) && status == 200 {
            true if !self.output.json => output::line("Revoked, or unknown: the service does not accept this token.")?,
            _ => self.output.one(answer)?,
        }
        if status == 200 { Ok(()) } else { Err(Failure::new(format!("the server answered {status}"))) }
    }

    async fn send(&self, path: &str, request: Authenticated) -> Outcome<(u16, Value)> {
        let Authenticated { authorization, query, form } = request;
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{path}{query}", self.base()?);
        let asked = tokio::task::spawn_blocking(move || post(&url, authorization.as_deref(), form.as_deref())).await;
        asked.map_err(|error| Failure::new(error.to_string()))?
    }
}

/// Gets a document below a base URL. Returns the status and the JSON of the response.
fn get(base: &str, path: &str) -> Outcome<(u16, Value)> {
    let uri = url::parse(base)?;
    let url = format!("{}{path}", base.trim_end_matches('/'));
    let asked = agent(&uri)?.get(url).header("Accept", "application/json").call();
    answer_of(&uri, asked)
}

/// Checks a base URL, and returns it without a slash at the end.
pub(super) fn base(url: &str) -> Outcome<&str> {
    url::parse(url)?;
    Ok(url.trim_end_matches('/'))
}

/// The address of the service, without a slash at the end: as an option names it, as the functions know it, as the operator's
/// line or the local server's greeting exports it, or where a local server is. `None` if none of them does.
pub(super) fn service(option: Option<&str>, database: &DatabaseArgs) -> Outcome<Option<String>> {
    let named = match option {
        Some(url) => Some(url.to_owned()),
        None => settings_from_env()?.issuer.or_else(|| variable(settings::URL.name)),
    };
    let named = match named {
        None if database.is_local()? => Some(format!("http://127.0.0.1:{PORT}")),
        named => named,
    };
    named.map(|url| base(&url).map(str::to_owned)).transpose()
}

/// Gets the metadata document of the service at a base URL.
pub(super) async fn metadata(base: String) -> Outcome<Value> {
    let asked = tokio::task::spawn_blocking(move || get(&base, METADATA)).await;
    let (status, document) = asked.map_err(|error| Failure::new(error.to_string()))??;
    if status == 200 && document["issuer"].is_string() {
        return Ok(document);
    }
    Err(Failure::new(format!(
        "the answer of {METADATA} has status {status} and is no metadata document; --url must be the URL of the service"
    )))
}

/// Posts a form, or an empty body. Returns the status and the JSON of the response.
pub(super) fn post(url: &str, authorization: Option<&str>, form: Option<&str>) -> Outcome<(u16, Value)> {
    // What follows is a path and a query of ours.
    let uri = url::parse(url.split_once('?').map_or(url, |(base, _)| base))?;
    let request = agent(&uri)?.post(url).header("Accept", "application/json");
    let request = match authorization {
        Some(authorization) => request.header("Authorization", authorization),
        None => request,
    };
    let asked = match form {
        Some(form) => request.content_type("application/x-www-form-urlencoded").send(form),
        None => request.send_empty(),
    };
    answer_of(&uri, asked)
}

fn agent(uri: &http::Uri) -> Outcome<ureq::Agent> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .tls_config(url::trust())
        .proxy(url::proxy(uri)?)
        .build();
    Ok(ureq::Agent::new_with_config(config))
}

fn answer_of(uri: &http::Uri, asked: Result<http::Response<ureq::Body>, ureq::Error>) -> Outcome<(u16, Value)> {
    let failed = |error: ureq::Error| Failure::new(format!("the server cannot be reached: {}", url::why(uri, &error)));
    let mut response = asked.map_err(failed)?;
    let text = response.body_mut().read_to_string().map_err(failed)?;
    let answer = serde_json::from_str(&text)
        .map_err(|_| Failure::new("the server's answer is not JSON; check --url and LATCHKEY_URL"))?;
    Ok((response.status().as_u16(), answer))
}

/// Builds a query or a form from the parameters that have a value.
pub(super) fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let pairs = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", encode((*value)?))));
    pairs.collect::<Vec<_>>().join("&")
}
