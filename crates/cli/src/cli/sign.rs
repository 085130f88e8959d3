//! `latchkey sign`: a signer that developers can compare their clients with.

mod event;

use std::path::{Path, PathBuf};

use clap::Args;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use crate::cli::output;
use crate::cli::output::OutputArgs;
use crate::cli::shell::quoted;
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_oauth::client_auth::wskey::{Signed, Signing, timestamp};
use latchkey_oauth::form::{MAX_PAIRS, PairsError};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings::{self, Setting};
use latchkey_oauth::settings::Authority;
use latchkey_oauth::text::is_whole;

/// The client that signs.
#[derive(Args, Clone)]
pub(super) struct KeyArgs {
    /// Client id (WSKey).
    #[arg(long, env = settings::CLIENT_ID.name)]
    pub(super) client_id: String,
    /// Secret of the client; - reads it from standard input. Or set it in the environment: other users of the machine can see
    /// an option.
    #[arg(long, env = settings::SECRET.name, hide_env_values = true, allow_hyphen_values = true, value_parser = input::secret)]
    pub(super) secret: String,
    #[command(flatten)]
    pub(super) lines: AuthorityArgs,
}

/// Lines 6 to 8 of the signed text, if they differ from the environment.
#[derive(Args, Clone, Default)]
pub(super) struct AuthorityArgs {
    #[arg(long, value_name = "HOST", value_parser = signature_host, help = line(6, &settings::SIGNATURE_HOST))]
    signature_host: Option<String>,
    #[arg(long, value_name = "PORT", value_parser = signature_port, help = line(7, &settings::SIGNATURE_PORT))]
    signature_port: Option<u16>,
    #[arg(long, value_name = "PATH", value_parser = signature_path, help = line(8, &settings::SIGNATURE_PATH))]
    signature_path: Option<String>,
}

/// Returns the help of an option for a line of the signed text.
fn line(number: u8, setting: &Setting) -> String {
    format!("Line {number} of the signed text. Default: {}, or {}", setting.name, setting.written())
}

/// Accepts what the setting accepts.
fn fitting(text: &str, setting: &Setting) -> Result<String, String> {
    if setting.kind.fits(text) { Ok(text.to_owned()) } else { Err(format!("it must be {}", setting.kind)) }
}

fn signature_host(text: &str) -> Result<String, String> {
    fitting(text, &settings::SIGNATURE_HOST)
}

fn signature_path(text: &str) -> Result<String, String> {
    fitting(text, &settings::SIGNATURE_PATH)
}

fn signature_port(text: &str) -> Result<u16, String> {
    let port = settings::SIGNATURE_PORT.kind.number(text).and_then(|port| u16::try_from(port).ok());
    port.ok_or_else(|| format!("it must be {}", settings::SIGNATURE_PORT.kind))
}

impl AuthorityArgs {
    /// The first option that is given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let options = [
            (self.signature_host.is_some(), "--signature-host"),
            (self.signature_port.is_some(), "--signature-port"),
            (self.signature_path.is_some(), "--signature-path"),
        ];
        options.into_iter().find(|(given, _)| *given).map(|(_, option)| option)
    }

    pub(super) fn authority(&self) -> Outcome<Authority> {
        let Authority { host, port, path } = settings_from_env()?.authority;
        Ok(Authority {
            host: self.signature_host.clone().unwrap_or(host),
            port: self.signature_port.unwrap_or(port),
            path: self.signature_path.clone().unwrap_or(path),
        })
    }
}

/// The user that a request names.
#[derive(Args, Clone, Default)]
pub(super) struct PrincipalArgs {
    /// principalID of the user.
    #[arg(long, requires = "principal_idns", value_parser = attribute)]
    pub(super) principal_id: Option<String>,
    /// principalIDNS of the user.
    #[arg(long, requires = "principal_id", value_parser = attribute)]
    pub(super) principal_idns: Option<String>,
}

/// Accepts a value of an attribute of the Authorization header. Nothing in quotes is escaped.
fn attribute(text: &str) -> Result<String, &'static str> {
    let fits =
        is_whole(text) && !text.is_empty() && !text.chars().any(|character| character == '"' || character.is_control());
    if fits { Ok(text.to_owned()) } else { Err("it must be text on one line, without double quotes and U+FFFD") }
}

/// Accepts the name of a method (RFC 9110 section 9.1).
fn method(text: &str) -> Result<String, &'static str> {
    if http::Method::from_bytes(text.as_bytes()).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("it must be an HTTP method")
    }
}

fn whole_seconds(text: &str) -> Result<String, String> {
    if timestamp::seconds(text).is_some() {
        return Ok(text.to_owned());
    }
    Err(format!("the timestamp {}; it must be whole POSIX seconds", timestamp::Form::of(text)))
}

impl PrincipalArgs {
    pub(super) fn pair(&self) -> Option<(&str, &str)> {
        self.principal_id.as_deref().zip(self.principal_idns.as_deref())
    }
}

#[derive(Args)]
pub(super) struct Sign {
    #[command(flatten)]
    key: KeyArgs,
    /// principalID of a user, as an attribute of the header. The signature does not cover it: put principalID and principalIDNS
    /// into the URL instead, unless the registration takes the header.
    #[arg(long, requires = "principal_idns", value_parser = attribute)]
    principal_id: Option<String>,
    /// principalIDNS of the user, likewise.
    #[arg(long, requires = "principal_id", value_parser = attribute)]
    principal_idns: Option<String>,
    /// HTTP method of the request.
    #[arg(long, default_value = "POST", value_parser = method)]
    method: String,
    /// Timestamp in whole POSIX seconds. Default: the current time.
    #[arg(long, value_parser = whole_seconds)]
    timestamp: Option<String>,
    /// Nonce. Default: a random one.
    #[arg(long, value_parser = attribute)]
    nonce: Option<String>,
    /// File with the body of the request. The header then has a bodyhash.
    #[arg(long, value_name = "FILE", value_parser = input::path())]
    body: Option<PathBuf>,
    /// Print a curl command.
    #[arg(long, conflicts_with = "json")]
    curl: bool,
    /// Print the event with which API Gateway invokes the function of the URL's path: `sam local invoke --event` takes it.
    #[arg(long, conflicts_with_all = ["json", "curl", "text"])]
    event: bool,
    /// Print the signed text too, including secrets.
    #[arg(long)]
    text: bool,
    #[command(flatten)]
    output: OutputArgs,
    /// URL of the request, with its query.
    url: String,
}

#[derive(Serialize)]
struct SignedView {
    authorization: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_text: Option<String>,
}

/// Returns a fresh nonce of sixteen hexadecimal digits. The documented samples have eight.
pub(super) fn fresh_nonce() -> Outcome<String> {
    Ok(format!("{:016x}", u64::from_be_bytes(random()?)))
}

/// Turns the reason why a query cannot be signed into an error.
pub(super) fn unreadable(error: PairsError) -> Failure {
    Failure::new(match error {
        PairsError::NotText => "the query of the URL is not UTF-8 after percent-decoding".to_owned(),
        PairsError::TooMany => format!("the query of the URL has more than {MAX_PAIRS} parameters"),
    })
}

/// The query of a URL, without `?` and fragment.
pub(super) fn query_of(url: &str) -> &str {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    url.split_once('?').map_or("", |(_, query)| query)
}

impl KeyArgs {
    /// Signs a request now.
    pub(super) fn sign(&self, method: &str, query: &str) -> Outcome<Signed> {
        let (timestamp, nonce) = (now().to_string(), fresh_nonce()?);
        self.sign_at(method, query, None, (&timestamp, &nonce), &[])
    }

    /// Signs a form to post now: a body hash covers it.
    pub(super) fn sign_form(&self, form: &str) -> Outcome<Signed> {
        let (timestamp, nonce) = (now().to_string(), fresh_nonce()?);
        self.sign_at("POST", "", None, (&timestamp, &nonce), form.as_bytes())
    }

    fn sign_at(
        &self,
        method: &str,
        query: &str,
        principal: Option<(&str, &str)>,
        (timestamp, nonce): (&str, &str),
        body: &[u8],
    ) -> Outcome<Signed> {
        let signing = Signing {
            client_id: &self.client_id,
            secret: &ClientSecret::new(self.secret.clone()),
            authority: &self.lines.authority()?,
            timestamp,
            nonce,
            principal,
            method,
            query,
            body,
        };
        signing.sign().map_err(unreadable)
    }
}

impl Sign {
    pub(super) fn run(self) -> Outcome {
        let timestamp = self.timestamp.unwrap_or_else(|| now().to_string());
        let nonce = self.nonce.map_or_else(fresh_nonce, Ok)?;
        let body = match &self.body {
            Some(file) => std::fs::read(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?,
            None => Vec::new(),
        };
        let at = (timestamp.as_str(), nonce.as_str());
        let principal = self.principal_id.as_deref().zip(self.principal_idns.as_deref());
        let signed = self.key.sign_at(&self.method, query_of(&self.url), principal, at, &body)?;
        if self.output.json {
            let signed_text = self.text.then_some(signed.text);
            return self.output.one(&SignedView { authorization: signed.authorization, signed_text });
        }
        if self.event {
            return event::print(&self.method, &self.url, &signed, body);
        }
        if self.text {
            output::line(&signed.text)?;
        }
        if self.curl {
            return output::line(&curl(&self.method, &self.url, &signed, self.body.as_deref()));
        }
        output::line(&format!("Authorization: {}", signed.authorization))
    }
}

/// Returns a command to paste into a shell. It sends the signed request once: curl takes brackets and braces as they are, and
/// the shell finds nothing to replace.
pub(super) fn curl(method: &str, url: &str, signed: &Signed, body: Option<&Path>) -> String {
    let data = body.map_or(String::new(), |file| format!(" --data-binary {}", quoted(&format!("@{}", file.display()))));
    let request = match method.to_ascii_uppercase().as_str() {
        // With -X, curl would wait for the body that a response to HEAD does not have.
        "HEAD" => "--head".to_owned(),
        method if method.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format!("-X {method}"),
        method => format!("-X {}", quoted(method)),
    };
    format!(
        "curl -sS --globoff {request} {} \\\n  -H {} -H 'Accept: application/json'{data}",
        quoted(&sendable(url)),
        quoted(&format!("Authorization: {}", signed.authorization))
    )
}

/// Percent-encodes what curl does not send and what shells replace even in quotes. The service decodes it again, so the
/// signature holds.
fn sendable(url: &str) -> String {
    const UNSENT: &AsciiSet =
        &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'|').add(b'\'').add(b'!');
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let path = url[after_scheme..].find(['/', '?']).map_or(url.len(), |at| after_scheme + at);
    format!("{}{}", &url[..path], utf8_percent_encode(&url[path..], UNSENT))
}
