//! `latchkey explain`: shows line by line what a server signs for a request, and why the signature does not match.

mod mistakes;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::cli::output::OutputArgs;
use crate::cli::sign::{AuthorityArgs, query_of, unreadable};
use latchkey::config::settings_from_env;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::client_auth::wskey;
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::hint;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::form::Pairs;
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::settings;
use latchkey_oauth::time::skew;

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
    /// Secret of the client, to look for common mistakes. Set it in the environment: other users of the machine can see an
    /// option.
    #[arg(long, env = settings::SECRET.name, hide_env_values = true)]
    secret: Option<String>,
    /// File with the text that the client signed, to compare line by line.
    #[arg(long, value_name = "FILE")]
    signed_text: Option<PathBuf>,
    #[command(flatten)]
    lines: AuthorityArgs,
    #[command(flatten)]
    output: OutputArgs,
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
    pub(super) fn run(self) -> Outcome {
        let findings = self.look()?;
        if self.output.json {
            self.output.one(&findings)?;
        } else {
            output::line("The server signs these lines, each followed by a line feed:\n")?;
            for (index, line) in findings.signed_text.iter().enumerate() {
                let element = ELEMENTS.get(index).unwrap_or(&"query");
                output::line(&format!("{:>3}  {element:<10} {line}", index + 1))?;
            }
            output::line(&format!("\nSignature: {}", findings.signature))?;
            for finding in &findings.findings {
                output::line(&format!("- {finding}"))?;
            }
        }
        if findings.signature == "differs" { Err(Failure::new("the signature does not match")) } else { Ok(()) }
    }

    fn look(&self) -> Outcome<Findings> {
        let value = self.header.trim();
        let value = match value.split_at_checked("authorization:".len()) {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization:") => value,
            _ => value,
        };
        let credentials = Credentials::parse(value.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
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
        let (now, window) = (now(), settings_from_env()?.clock_skew_seconds);
        let mut findings = Vec::new();
        if let Some(timestamp) = credentials.timestamp.parse().ok().filter(|time| now.abs_diff(*time) > window) {
            findings.push(format!(
                "The timestamp is {}; the service accepts at most {window} seconds.",
                skew(timestamp, now)
            ));
        }
        if let Some(file) = &self.signed_text {
            let theirs =
                std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
            findings.extend(differences(&text.to_string(), &theirs));
        }
        let signature = match &self.secret {
            None => "unknown",
            Some(secret) => {
                let secret = ClientSecret::new(secret.clone());
                let presented = wskey::decode(credentials.signature).unwrap_or_default();
                if wskey::verify(&secret, &text, &presented) {
                    "matches"
                } else {
                    let request = mistakes::Request { text: &text, pairs: &pairs, raw_query, url: &self.url };
                    match mistakes::find(&request, secret.expose(), credentials.signature) {
                        Some(mistake) => findings.push(format!("The signature shows this mistake: {mistake}.")),
                        None => {
                            findings.push("No common mistake explains the signature. Check that the secret is the one of this client.".to_owned())
                        }
                    }
                    "differs"
                }
            }
        };
        if signature != "matches" {
            findings.extend(hint::hints(raw_query.as_bytes(), &pairs, &text, now));
        }
        Ok(Findings { signed_text: text.to_string().lines().map(str::to_owned).collect(), signature, findings })
    }
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
