//! `latchkey scope publish`: what a deployment must be told, so that its metadata document names the scopes.
//!
//! The document itself reads no table. So the list is a setting, and this command says what it must be.

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::read;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::metadata;
use crate::cli::output::shown_in_line;
use crate::cli::shell::quoted;
use latchkey_oauth::scope::REFRESH_TOKEN;
use latchkey_oauth::service::settings::{Kind, SCOPES_SUPPORTED, Setting};

#[derive(Args)]
pub(in crate::cli) struct Publish {
    /// Base URL of the deployment. The command then says whether its metadata document has this list.
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What to set where, and what is published now.
#[derive(Serialize)]
struct View {
    scopes_supported: String,
    sam: String,
    terraform: String,
    environment: String,
    published: Option<String>,
    stale: Option<bool>,
}

impl Publish {
    pub(in crate::cli) async fn run(self) -> Outcome {
        let directory = read(&self.database.open().await?).await?;
        let wanted = published(directory.services.iter().map(|described| described.scope.as_str()));
        let list = wanted.join(" ");
        fits(&list)?;
        let found = match &self.url {
            Some(url) => Some(found(url.clone()).await?),
            None => None,
        };
        let stale = found.as_ref().map(|found| differs(&wanted, found));
        self.database.output.one(&View {
            sam: sam(&SCOPES_SUPPORTED, &list),
            terraform: terraform(&SCOPES_SUPPORTED, &list),
            environment: format!("{}={}", SCOPES_SUPPORTED.name, quoted(&list)),
            scopes_supported: list,
            published: found.as_ref().map(|found| found.join(" ")),
            stale,
        })?;
        if let (Some(found), Some(true)) = (&found, stale) {
            eprintln!("{}", shown_in_line(&said(&wanted, found)));
        }
        Ok(())
    }
}

/// The scopes that clients may be told of, in the order of their names: those that have a description, and the one that asks
/// for a refresh token.
fn published<'a>(described: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scopes: Vec<_> = described.map(str::to_owned).collect();
    if !scopes.is_empty() {
        scopes.push(REFRESH_TOKEN.to_owned());
    }
    scopes.sort();
    scopes.dedup();
    scopes
}

fn fits(list: &str) -> Outcome {
    let Kind::Scopes(most) = SCOPES_SUPPORTED.kind else { return Ok(()) };
    if list.len() <= most {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the scopes with a description make a list of {} bytes, and a deployment takes {most}; remove descriptions with latchkey \
         scope remove, or choose a part of the list yourself",
        list.len()
    )))
}

/// The list of the document that a deployment serves.
async fn found(url: String) -> Outcome<Vec<String>> {
    let document = metadata(url).await?;
    let scopes = document["scopes_supported"].as_array().into_iter().flatten();
    Ok(scopes.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Whether two lists have other members. Their order says nothing.
fn differs(wanted: &[String], found: &[String]) -> bool {
    !missing(wanted, found).is_empty() || !missing(found, wanted).is_empty()
}

fn missing<'a>(of: &'a [String], from: &[String]) -> Vec<&'a str> {
    of.iter().filter(|scope| !from.contains(scope)).map(String::as_str).collect()
}

fn said(wanted: &[String], found: &[String]) -> String {
    let part = |words: &str, scopes: Vec<&str>| {
        if scopes.is_empty() { String::new() } else { format!(" {words} {}.", scopes.join(" ")) }
    };
    format!(
        "The published list is stale.{}{} Deploy with the list above. Caches may keep the document for an hour.",
        part("It lacks", missing(wanted, found)),
        part("It still has", missing(found, wanted)),
    )
}

/// What SAM is told. A scope has neither quote nor backslash (RFC 6749 section 3.3), so the quotes hold it.
fn sam(setting: &Setting, list: &str) -> String {
    let name = setting.deployed.and_then(|deployed| deployed.parameter).map_or("", |parameter| parameter.sam);
    format!("--parameter-overrides {}", quoted(&format!("{name}=\"{list}\"")))
}

/// What Terraform is told. Its texts give two characters before a brace a meaning of their own.
fn terraform(setting: &Setting, list: &str) -> String {
    let name = setting.deployed.and_then(|deployed| deployed.parameter).map_or("", |parameter| parameter.terraform);
    format!("{name} = \"{}\"", list.replace("${", "$${").replace("%{", "%%{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_for_a_shell_for_sam_and_for_terraform_whatever_a_scope_has() {
        let list = "${a} %{b} it's";
        assert_eq!(sam(&SCOPES_SUPPORTED, list), r#"--parameter-overrides 'ScopesSupported="${a} %{b} it'\''s"'"#);
        assert_eq!(terraform(&SCOPES_SUPPORTED, list), r#"scopes_supported = "$${a} %%{b} it's""#);
    }

    #[test]
    fn a_list_is_the_described_scopes_and_that_of_refresh_tokens_and_too_long_a_one_is_refused() {
        assert_eq!(published(["WMS_NCIP", "a"].into_iter()), ["WMS_NCIP", "a", "refresh_token"]);
        assert!(published(std::iter::empty()).is_empty());
        assert!(fits(&"a".repeat(1500)).is_ok());
        assert!(fits(&"a".repeat(1501)).is_err_and(|failure| failure.0.contains("1501 bytes")));
    }
}
