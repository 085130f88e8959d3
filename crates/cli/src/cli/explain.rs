//! `latchkey explain`: shows line by line what a server signs for a request, and why the signature does not match.

mod keys;
mod mistakes;
mod secrets;
mod signers;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde::Serialize;

use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use crate::cli::output;
use crate::cli::sign::{AuthorityArgs, query_of, unreadable};
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::signature::Form;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::client_auth::wskey::{self, HeaderError, SIGNATURE_BYTES, hint, timestamp};
use latchkey_oauth::form::Pairs;
use latchkey_oauth::service::settings;
use latchkey_oauth::time::skew;
use secrets::{Known, Tried};

/// The names of the elements of a signed text before its parameters.
const ELEMENTS: [&str; 8] = ["client id", "timestamp", "nonce", "body hash", "method", "host", "port", "path"];

#[derive(Args)]
pub(super) struct Explain {
    /// Authorization header of the request, with or without its name.
    #[arg(long)]
    header: String,
    /// URL of the request, with its query.
    #[arg(long)]
    url: String,
    /// HTTP method of the request.
    #[arg(long, default_value = "POST")]
    method: String,
    /// Secret of the client, to look for common mistakes; - reads it from standard input. Or set it in the environment: other
    /// users of the machine can see an option.
    #[arg(long, env = settings::SECRET.name, hide_env_values = true, allow_hyphen_values = true, value_parser = input::secret)]
    secret: Option<String>,
    /// As an operator: the id of the client, to look for common mistakes with the secrets of its registration. The command
    /// does not show them.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// File with the text that the client signed, to compare line by line.
    #[arg(long, value_name = "FILE", value_parser = input::path())]
    signed_text: Option<PathBuf>,
    #[command(flatten)]
    lines: AuthorityArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What the command found.
#[derive(Serialize)]
struct Findings {
    /// The lines that a server signs.
    signed_text: Vec<String>,
    /// `matches`, `differs`, or `unknown` without a secret.
    signature: &'static str,
    /// What differs or most likely went wrong.
    findings: Vec<String>,
}

impl Explain {
    pub(super) async fn run(self) -> Outcome {
        let known = match &self.client_id {
            Some(client_id) => Known::of_client(client_id, &self.database).await?,
            None if self.database.names_a_part() => {
                return Err(Failure::new("--state and --dynamodb-port need --client-id"));
            }
            None => Known::given(self.secret.clone()),
        };
        let findings = self.look(&known)?;
        if self.database.output.json {
            self.database.output.one(&findings)?;
        } else {
            output::line("The server signs these lines, each followed by a line feed:\n")?;
            for (index, line) in findings.signed_text.iter().enumerate() {
                let element = ELEMENTS.get(index).unwrap_or(&"query");
                output::line(&format!("{:>3}  {element:<10} {}", index + 1, output::shown(line)))?;
            }
            output::line(&format!("\nSignature: {}", findings.signature))?;
            for finding in &findings.findings {
                output::line(&format!("- {}", output::shown(finding)))?;
            }
        }
        if findings.signature == "differs" { Err(Failure::new("the signature does not match")) } else { Ok(()) }
    }

    fn look(&self, known: &Known) -> Outcome<Findings> {
        let mut findings = known.notes.clone();
        let value = value_of(&self.header, &mut findings);
        let credentials = Credentials::parse(value.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
        if let Some(client_id) = self.client_id.as_deref().filter(|id| *id != credentials.client_id) {
            let named = credentials.client_id;
            return Err(Failure::new(format!(
                "the header names the client {named}, and --client-id names {client_id}"
            )));
        }
        let method = self.method.to_ascii_uppercase();
        let raw_query = query_of(&self.url);
        let pairs = Pairs::parse(raw_query.as_bytes()).map_err(unreadable)?;
        let (query, authority) = (pairs.normalised(), self.lines.authority()?);
        let text = SignedText {
            client_id: credentials.client_id,
            timestamp: credentials.timestamp,
            nonce: credentials.nonce,
            body_hash: credentials.body_hash.unwrap_or_default(),
            method: &method,
            authority: &authority,
            query: &query,
        };
        let now = now();
        findings.extend(of_time(credentials.timestamp, settings_from_env()?.clock_skew_seconds, now));
        if let Some(file) = &self.signed_text {
            let theirs =
                std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
            findings.extend(differences(&text.to_string(), &theirs));
        }
        let presented = wskey::decode(credentials.signature).unwrap_or([0; SIGNATURE_BYTES]);
        let request = mistakes::Request { text: &text, raw_query, url: &self.url };
        let Tried { signature, findings: found } = known.explain(&request, &presented);
        findings.extend(found);
        if signature != "matches" {
            let hints = hint::hints(raw_query.as_bytes(), &pairs, &text, now);
            // This is the command that the last one names.
            findings.extend(hints.into_iter().filter(|hint| hint != hint::EXPLAIN));
        }
        Ok(Findings { signed_text: text.to_string().lines().map(str::to_owned).collect(), signature, findings })
    }
}

/// Returns the value of a header that may begin with its name. If the signature is in another encoding, the value has it in
/// base64: the rest of the request can be explained too.
fn value_of(header: &str, findings: &mut Vec<String>) -> String {
    let value = header.trim();
    let value = match value.split_at_checked("authorization:".len()) {
        Some((name, value)) if name.eq_ignore_ascii_case("authorization:") => value.trim_start(),
        _ => value,
    };
    let Some(HeaderError::Signature(form)) = Credentials::parse(value.as_bytes()).err() else {
        return value.to_owned();
    };
    let Some(again) = with_base64(value) else { return value.to_owned() };
    findings.push(format!("The signature {form}; the service accepts only the base64 of an HMAC-SHA256."));
    again
}

/// Replaces the signature by its base64, if it is an HMAC-SHA256 in another encoding.
fn with_base64(value: &str) -> Option<String> {
    let name = value.to_ascii_lowercase().find("signature")?;
    let start = name + value[name..].find('"')? + 1;
    let end = start + value[start..].find('"')?;
    let (_, bytes) = Form::with_bytes(&value[start..end]);
    bytes.map(|bytes| format!("{}{}{}", &value[..start], STANDARD.encode(bytes), &value[end..]))
}

/// Returns what is wrong with a timestamp.
fn of_time(text: &str, window: u64, now: u64) -> Option<String> {
    let Some(seconds) = timestamp::seconds(text) else {
        return Some(format!("{}.", timestamp::sentence(timestamp::Form::of(text), now)));
    };
    let skewed = now.abs_diff(seconds) > window;
    skewed.then(|| format!("The timestamp is {}; the service accepts at most {window} seconds.", skew(seconds, now)))
}

/// Returns the differences between two signed texts.
fn differences(ours: &str, theirs: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (ours_lines, theirs_lines): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
    for index in 0..ours_lines.len().max(theirs_lines.len()) {
        let (one, other) = (ours_lines.get(index), theirs_lines.get(index));
        if one != other {
            let shown = |line: Option<&&str>| line.map_or("no line".to_owned(), |line| format!("{line:?}"));
            found.push(format!(
                "Line {}: the server signs {}, the client signed {}.",
                index + 1,
                shown(one),
                shown(other)
            ));
        }
    }
    if theirs.contains('\r') {
        found.push("The client's lines end in CR LF; they must end in LF only.".to_owned());
    }
    if !theirs.ends_with('\n') {
        found.push("The client's last line has no line feed at its end.".to_owned());
    }
    found
}
