//! Sends requests to a server, as a client does.

mod url;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::failure::{Failure, Outcome};
use super::output::{self, OutputArgs};
use super::sign::KeyArgs;
use crate::local::PORT;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration::institution_id;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::service::settings;

/// Which server to ask, and with which client.
#[derive(Args)]
pub(super) struct ServerArgs {
    /// Base URL of the service.
    #[arg(long, env = settings::URL.name, default_value_t = format!("http://127.0.0.1:{}", PORT))]
    url: String,
    #[command(flatten)]
    key: KeyArgs,
    /// Method by which the client authenticates: wskey, client_secret_basic or client_secret_post. Its registration names it.
    #[arg(long, value_name = "METHOD", value_parser = proving, default_value = AuthMethod::default().as_str())]
    auth_method: AuthMethod,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads a method that proves something: these commands have a secret.
fn proving(text: &str) -> Result<AuthMethod, String> {
    let known = AuthMethod::PROVING.into_iter().find(|method| method.as_str() == text);
    known.ok_or_else(|| "it must be wskey, client_secret_basic or client_secret_post".to_owned())
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
        &self.key.client_id
    }

    /// Returns the base URL, without a slash at the end.
    pub(super) fn base(&self) -> Outcome<&str> {
        url::parse(&self.url)?;
        Ok(self.url.trim_end_matches('/'))
    }

    /// Posts a request with its parameters in the query, if the client signs, and prints the response. Other clients send a
    /// form.
    pub(super) async fn ask(&self, path: &str, query: String) -> Outcome {
        if self.auth_method != AuthMethod::WsKey {
            return self.ask_form(path, query).await;
        }
        let signed = self.key.sign("POST", &query)?;
        self.print_answer(format!("{}{path}?{query}", self.base()?), Some(signed.authorization), None).await
    }

    /// Posts a form, and prints the response. A token or code belongs in a form: servers and proxies write URLs into logs.
    pub(super) async fn ask_form(&self, path: &str, form: String) -> Outcome {
        let (authorization, form) = self.authenticated(form)?;
        self.print_answer(format!("{}{path}", self.base()?), authorization, Some(form)).await
    }

    /// Posts a form. Returns the status and the JSON of the response.
    pub(super) async fn answer(&self, path: &str, form: String) -> Outcome<(u16, Value)> {
        let (authorization, form) = self.authenticated(form)?;
        send(format!("{}{path}", self.base()?), authorization, Some(form)).await
    }

    /// What authenticates a form: the Authorization header, if the method has one, and the form as it is sent.
    fn authenticated(&self, form: String) -> Outcome<(Option<String>, String)> {
        let (id, secret) = (encode(&self.key.client_id), encode(&self.key.secret));
        Ok(match self.auth_method {
            AuthMethod::Basic => (Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))), form),
            AuthMethod::Post => (None, format!("{form}&client_id={id}&client_secret={secret}")),
            AuthMethod::WsKey | AuthMethod::None => (Some(self.key.sign_form(&form)?.authorization), form),
        })
    }

    /// Prints a list as JSON.
    pub(super) fn print_list(&self, list: &[impl Serialize]) -> Outcome {
        self.output.many(list, &[])
    }

    /// Returns whether to print JSON.
    pub(super) fn prints_json(&self) -> bool {
        self.output.json
    }

    async fn print_answer(&self, url: String, authorization: Option<String>, form: Option<String>) -> Outcome {
        let (status, answer) = send(url, authorization, form).await?;
        // Only the answer of a revocation has no members (RFC 7009 section 2.2).
        match answer.as_object().is_some_and(serde_json::Map::is_empty) && status == 200 {
            true if !self.output.json => output::line("Revoked, or unknown: the service does not accept this token.")?,
            _ => self.output.one(&answer)?,
        }
        if status == 200 { Ok(()) } else { Err(Failure::new(format!("the server answered {status}"))) }
    }
}

async fn send(url: String, authorization: Option<String>, form: Option<String>) -> Outcome<(u16, Value)> {
    let asked = tokio::task::spawn_blocking(move || post(&url, authorization.as_deref(), form.as_deref())).await;
    asked.map_err(|error| Failure::new(error.to_string()))?
}

/// Posts a form, or an empty body. Returns the status and the JSON of the response.
pub(super) fn post(url: &str, authorization: Option<&str>, form: Option<&str>) -> Outcome<(u16, Value)> {
    // What follows is a path and a query of ours.
    let uri = url::parse(url.split_once('?').map_or(url, |(base, _)| base))?;
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .tls_config(url::trust())
        .proxy(url::proxy(&uri)?)
        .build();
    let failed = |error: ureq::Error| Failure::new(format!("the server cannot be reached: {}", url::why(&uri, &error)));
    let request = ureq::Agent::new_with_config(config).post(url).header("Accept", "application/json");
    let request = match authorization {
        Some(authorization) => request.header("Authorization", authorization),
        None => request,
    };
    let sent = match form {
        Some(form) => request.content_type("application/x-www-form-urlencoded").send(form),
        None => request.send_empty(),
    };
    let mut response = sent.map_err(failed)?;
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
