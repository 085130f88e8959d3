//! `latchkey client guide`: the configuration of a client for an OAuth library, to paste.

mod library;
mod quoting;
#[cfg(test)]
mod tests;
mod text;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;

use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http;
use crate::cli::output::{self, whole};
use crate::cli::shell::word;
use crate::cli::show::lacks_secret;
use latchkey::config::settings_from_env;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration::institution_id;
use latchkey_oauth::client::{ANY_INSTITUTION, Client};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::settings;
use latchkey_oauth::settings::Authority;

use library::{LIBRARIES, Library};
use text::{Guide, Signer, signers};

#[derive(Args)]
pub(in crate::cli) struct GuideArgs {
    /// Client id.
    client_id: String,
    /// Library or program. Without it, the command lists those that it knows, and which of them fit the registration.
    #[arg(long = "for", value_name = "LIBRARY", conflicts_with = "json",
          value_parser = PossibleValuesParser::new(LIBRARIES.iter().map(|library| library.name)))]
    library: Option<String>,
    /// Institution that the client acts for on its own account, or signs for. Required if the registration has more than one.
    #[arg(long, value_name = "ID", value_parser = institution_id, requires = "library")]
    institution: Option<String>,
    /// Registered key that signs assertions (private_key_jwt), by its kid. Default: the first of the registration.
    #[arg(long, value_name = "KID", requires = "library")]
    key: Option<String>,
    /// Base URL of the service. Default: LATCHKEY_ISSUER, else LATCHKEY_URL, else with --local that of the local server.
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// A library in the list.
#[derive(Serialize)]
struct Row {
    library: &'static str,
    language: &'static str,
    /// The method by which it would authenticate the client, if it can do what the client is registered for.
    auth_method: Option<&'static str>,
    /// Why not, and which command changes that.
    reason: Option<String>,
}

impl GuideArgs {
    pub(super) async fn run(self) -> Outcome {
        // Before credentials are looked for, which may take a sign-in.
        let issuer = if self.library.is_some() { Some(self.issuer()?) } else { None };
        let store = self.database.open().await?;
        let client = database::find(&store, &self.client_id).await?.into_inner();
        if client.disabled {
            eprintln!(
                "latchkey: warning: the client is disabled, and the service refuses its requests; latchkey client enable enables it"
            );
        }
        let (Some(name), Some(issuer)) = (&self.library, issuer) else { return self.list(&client) };
        let library = LIBRARIES.iter().find(|library| library.name == name);
        let library = library.ok_or_else(|| Failure::new(format!("{name} is not known")))?;
        let method = fits(library, &client)?;
        let institution = institution(library, &client, self.institution.as_deref())?;
        let key = signer(&client, method, self.key.as_deref())?;
        if let Some(warning) = lacks_secret(&client).filter(|_| method.needs_a_secret()) {
            eprintln!("latchkey: warning: {warning}");
        }
        let guide = Guide::new(library, &client, (method, key), &issuer, institution.as_deref());
        let known = match directory::read(&store).await {
            Ok(directory) => directory.into_inner().services,
            Err(Failure(reason)) => {
                eprintln!("latchkey: warning: the descriptions of scopes are left out: {reason}");
                Vec::new()
            }
        };
        let heading = text::heading(library, &client, &guide, &known);
        output::line(&format!("{heading}\n\n{}", text::of(library, &guide)?))
    }

    /// The libraries that fit come first.
    fn list(&self, client: &Client) -> Outcome {
        let row = |library: &Library| {
            let fit = fits(library, client);
            Row {
                library: library.name,
                language: library.language,
                auth_method: fit.as_ref().ok().map(|method| method.as_str()),
                reason: fit.err().map(|Failure(reason)| reason),
            }
        };
        let mut rows: Vec<_> = LIBRARIES.iter().map(row).collect();
        rows.sort_by_key(|row| row.reason.is_some());
        self.database.output.many(&rows, &[whole("library"), whole("language"), whole("auth_method")])?;
        if !self.database.output.json {
            for reason in rows.iter().filter_map(|row| row.reason.as_ref()) {
                output::line(reason)?;
            }
        }
        Ok(())
    }

    /// The issuer of the deployment.
    fn issuer(&self) -> Outcome<String> {
        http::service(self.url.as_deref(), &self.database)?.ok_or_else(|| {
            Failure::new(format!(
                "the address of the service is missing: use --url, or set {} or {}",
                settings::URL.name,
                settings::ISSUER.name
            ))
        })
    }
}

/// The method by which the library authenticates the client. Fails if it cannot do what the client is registered for.
fn fits(library: &Library, client: &Client) -> Outcome<AuthMethod> {
    let method = library.fits(client).map_err(Failure::new)?;
    if library.signs() && settings_from_env()?.authority != Authority::default() {
        return Err(Failure::new(format!(
            "{} signs for {}, and clients of this deployment sign for another ({})",
            library.name,
            settings::SIGNATURE_HOST.text(),
            settings::SIGNATURE_HOST.name
        )));
    }
    Ok(method)
}

/// The key that signs the assertions of a client.
fn signer(client: &Client, method: AuthMethod, given: Option<&str>) -> Outcome<Option<Signer>> {
    if method != AuthMethod::PrivateKeyJwt {
        return match given {
            Some(_) => Err(Failure::new(format!(
                "--key is for private_key_jwt, and the guide is for {}; leave the option out",
                method.as_str()
            ))),
            None => Ok(None),
        };
    }
    let keys = signers(client);
    let names = keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>().join(", ");
    let chosen = keys.into_iter().find(|key| given.is_none_or(|kid| key.kid == kid));
    chosen.map(Some).ok_or_else(|| match given {
        Some(kid) => Failure::new(format!("--key: the client has no key {kid} that verifies; it has {names}")),
        None => Failure::new(format!(
            "no key of the client verifies anything; to replace them, run latchkey client update {} --jwks FILE",
            word(&client.id)
        )),
    })
}

/// The institution that a request of the client names, or that the service takes because the registration has no other.
fn institution(library: &Library, client: &Client, given: Option<&str>) -> Outcome<Option<String>> {
    let names_one = (library.signs() && library.gets(client)) || library.uses(GrantType::ClientCredentials, client);
    match (given, &client.institutions[..]) {
        (Some(_), _) if !names_one => Err(Failure::new(format!(
            "--institution: {} names no institution in this client's requests; leave the option out",
            library.name
        ))),
        (Some(id), registered) if !client.may_act_for_one(id) => Err(Failure::new(format!(
            "--institution: the client may not act for {id}; it is registered for {}",
            registered.join(", ")
        ))),
        (Some(id), _) => Ok(Some(id.to_owned())),
        _ if !names_one => Ok(None),
        (None, [only]) if only != ANY_INSTITUTION => Ok(Some(only.clone())),
        (None, registered) => Err(Failure::new(format!(
            "the client may act for {}: choose one with --institution",
            registered.join(", ").replace(ANY_INSTITUTION, "every institution")
        ))),
    }
}
