//! `latchkey institution idp set`: registers a provider, or changes what is registered. One write, under a condition.

use clap::Args;

use super::read::{Said, may_be_here, refused, warn};
use super::view::print;
use super::{InstitutionArg, Namespaces, put, registered};
use crate::cli::actor::ChangeArgs;
use crate::cli::database::made;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http;
use crate::cli::input;
use crate::cli::sealing::SealingArgs;
use latchkey::context::Service;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Registered, RemovedProvider, Store, Stored, Usage};
use latchkey_oauth::client::registration;
use latchkey_oauth::grant::namespace_of_provider;
use latchkey_oauth::jose::Algorithm;
use latchkey_oauth::provider::discovery::{ALGORITHMS, Wanted};
use latchkey_oauth::provider::id_token::SUBJECT;
use latchkey_oauth::provider::registration as rules;
use latchkey_oauth::provider::{Method, Provider, after, sealed_for};
use latchkey_oauth::secret::{ClientSecret, Sealed};
use latchkey_oauth::service::KeySet;

const DAY: u64 = 24 * 60 * 60;

/// What is asked for if nothing else is named: who the user is.
pub(super) const OPENID: &str = "openid";

#[derive(Args)]
pub(in crate::cli) struct Set {
    #[command(flatten)]
    institution: InstitutionArg,
    /// Issuer of the provider: the URL before /.well-known/openid-configuration. Required for a new provider.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Client id that the provider gave to this service. Required for a new provider.
    #[arg(long, value_name = "ID", value_parser = client_id)]
    client_id: Option<String>,
    /// Secret that the provider gave with the client id; - reads the first line of standard input, or asks on a terminal.
    /// Required for a new provider, and with another issuer or client id.
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true, value_parser = input::secret)]
    secret: Option<String>,
    /// Claim of the ID token that names a user, such as eduperson_principal_name. The provider must never give its value to
    /// another person. Default for a new provider: sub.
    #[arg(long, value_name = "NAME", value_parser = claim)]
    claim: Option<String>,
    /// Namespace (principalIDNS) of the provider's users. Default for a new provider: urn:latchkey:ID:provider, with the
    /// institution's id.
    #[arg(long, value_name = "URN", value_parser = registration::namespace)]
    namespace: Option<String>,
    /// Scopes to ask the provider for, separated by blanks, with openid among them. Default for a new provider: openid.
    #[arg(long, value_name = "SCOPES", value_parser = scope)]
    scope: Option<String>,
    /// Algorithm of the provider's ID tokens: RS256, PS256, ES256 or EdDSA. Default: RS256 if the provider has it, else the first
    /// of these that it has.
    #[arg(long, value_name = "ALGORITHM", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// How the service sends the secret: client_secret_basic or client_secret_post. Default: client_secret_basic if the provider
    /// takes it.
    #[arg(long, value_name = "METHOD", value_parser = method)]
    auth_method: Option<Method>,
    /// Longest life of refresh tokens of the provider's users, in days, from 1 to 3650; default for no bound of the institution's
    /// own.
    #[arg(long, value_name = "DAYS", value_parser = days)]
    refresh_days: Option<Days>,
    /// Whether the institution's users sign in by the provider only: the page has no form for a password then.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    only: Option<bool>,
    /// Base URL of the service, for the redirect URI. Default: LATCHKEY_ISSUER, else LATCHKEY_URL, else with --local that of the
    /// local server.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    sealing: SealingArgs,
    #[command(flatten)]
    database: ChangeArgs,
}

/// A bound in days; none for the clients' registrations to bound it.
#[derive(Clone, Copy)]
struct Days(Option<u64>);

fn days(text: &str) -> Result<Days, &'static str> {
    match text.parse() {
        _ if text == "default" => Ok(Days(None)),
        Ok(days) if rules::REFRESH_DAYS.contains(&days) => Ok(Days(Some(days))),
        _ => Err("it must be a number of days from 1 to 3650, or the text default"),
    }
}

fn client_id(text: &str) -> Result<String, String> {
    rules::client_id(text).map(|()| text.to_owned())
}

fn claim(text: &str) -> Result<String, String> {
    rules::claim(text).map(|()| text.to_owned())
}

fn scope(text: &str) -> Result<String, String> {
    let scope = text.split_whitespace().collect::<Vec<_>>().join(" ");
    rules::scope(&scope).map(|()| scope)
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    let known = Algorithm::parse(text).filter(|algorithm| ALGORITHMS.contains(algorithm));
    known.ok_or("it must be RS256, PS256, ES256 or EdDSA")
}

fn method(text: &str) -> Result<Method, &'static str> {
    Method::parse(text).ok_or("it must be client_secret_basic or client_secret_post")
}

impl Set {
    pub(super) async fn run(self) -> Outcome {
        let id = self.institution.id.as_str();
        if let Some(secret) = &self.secret {
            rules::secret(secret).map_err(|reason| Failure::new(format!("--secret: {reason}")))?;
        }
        let service = http::service(self.url.as_deref(), &self.database)?;
        let (store, keys) = self.open().await?;
        if directory::read(&store).await?.institution(id).is_none() {
            return Err(Failure::new(format!(
                "no institution has the id {id}; add it first: latchkey institution add {id} --name NAME"
            )));
        }
        let registered = registered(&store, id).await?;
        let (before, removed) = match &registered {
            Some(Registered::Provider(before)) => (Some(&**before), None),
            Some(Registered::Removed(removed)) => (None, Some(removed)),
            None => (None, None),
        };
        let issuer = self.issuer(before, removed)?;
        let (namespace, is_new) = self.namespace(before, removed, &store).await?;
        // What a provider does not say anew stays as it is.
        let kept = before.map(|before| &**before).filter(|before| before.issuer == issuer);
        let named = |option: &Option<String>, kept: fn(&Provider) -> &String, default: &str| {
            option.clone().or_else(|| before.map(|before| kept(before)).cloned()).unwrap_or_else(|| default.to_owned())
        };
        let client_id = named(&self.client_id, |before| &before.client_id, "");
        let claim = named(&self.claim, |before| &before.claim, SUBJECT);
        let scope = named(&self.scope, |before| &before.scope, OPENID);
        let wanted = Wanted {
            issuer: &issuer,
            claim: &claim,
            scope: &scope,
            algorithm: self.algorithm.or(kept.map(|kept| kept.algorithm)),
            method: self.auth_method.or(kept.map(|kept| kept.auth.method())),
            loopback: may_be_here(service.as_deref()),
        };
        let said = refused(Said::read(&wanted).await)?;
        warn(&said.discovered);
        let sealed = self.sealed(keys.as_ref(), before)?;
        let now = now();
        let mut provider = Provider {
            institution_id: id.to_owned(),
            issuer: issuer.clone(),
            client_id,
            auth: said.discovered.method.with(sealed),
            claim: claim.clone(),
            scope: scope.clone(),
            namespace,
            refresh_seconds: match self.refresh_days {
                Some(Days(days)) => days.map(|days| days.saturating_mul(DAY)),
                None => before.and_then(|before| before.refresh_seconds),
            },
            only: self.only.or(before.map(|before| before.only)).unwrap_or_default(),
            created_at: before.map_or(now, |before| before.created_at),
            sessions_from: removed.map_or(now, |removed| after(removed.removed_at, now)),
            // Below.
            authorization_endpoint: String::new(),
            token_endpoint: String::new(),
            jwks_uri: String::new(),
            end_session_endpoint: None,
            algorithm: said.discovered.algorithm,
            sends_iss: false,
            selects_account: false,
            keys: Vec::new(),
            keys_read_at: now,
            revision: 0,
        };
        said.apply(&mut provider, now);
        if let Some(before) = before {
            provider.succeed(before, now);
        }
        let ends = before.is_some_and(|before| before.stamp() != provider.stamp());
        let ours = provider.clone();
        let changed = match &registered {
            Some(Registered::Provider(before)) => put(&store, provider, &**before).await?,
            Some(Registered::Removed(removed)) => put(&store, provider, removed).await?,
            None => new(&store, provider).await?,
        };
        if is_new {
            still_alone(&store, &ours).await?;
        }
        if ends {
            eprintln!("latchkey: the provider's users sign in again: their sessions on the pages end");
        }
        print(changed.as_deref().unwrap_or(&ours), service.as_deref(), &self.database)
    }

    /// Opens the tables, and gets the keys, proven, if there is a secret to seal.
    async fn open(&self) -> Outcome<(Store, Option<Service>)> {
        const COMMAND: &str = "institution idp set";
        match self.secret {
            Some(_) => {
                let service = self.database.open_with_keys(COMMAND, KeySet::Pages).await?;
                self.sealing.prove_pages(&service, &self.institution.id).await?;
                Ok((service.store.clone(), Some(service)))
            }
            None => Ok((self.database.open(COMMAND).await?, None)),
        }
    }

    /// The issuer. Fails if what a new one needs is missing.
    fn issuer(&self, before: Option<&Stored<Provider>>, removed: Option<&Stored<RemovedProvider>>) -> Outcome<String> {
        let id = &self.institution.id;
        let Some(before) = before else {
            let given = [("--issuer", &self.issuer), ("--client-id", &self.client_id), ("--secret", &self.secret)];
            let missing: Vec<_> = given.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
            return match &self.issuer {
                Some(issuer) if missing.is_empty() => {
                    if let Some(removed) = removed {
                        let claim = self.claim.as_deref().unwrap_or(SUBJECT);
                        let differs =
                            [removed.issuer.as_deref() != Some(issuer), removed.claim.as_deref() != Some(claim)];
                        self.names_namespace(differs, removed.namespace.as_deref())?;
                    }
                    Ok(issuer.clone())
                }
                _ => Err(Failure::new(format!(
                    "institution {id} has no provider yet, and a new one needs {}",
                    missing.join(", ")
                ))),
            };
        };
        let differs = |option: &Option<String>, before: &str| option.as_ref().is_some_and(|named| named != before);
        let (issuer, client_id) = (differs(&self.issuer, &before.issuer), differs(&self.client_id, &before.client_id));
        if (issuer || client_id) && self.secret.is_none() {
            return Err(Failure::new(
                "--secret is missing: the stored secret belongs to the issuer and the client id of today; give --secret -",
            ));
        }
        let claim = differs(&self.claim, &before.claim);
        self.names_namespace([issuer, claim], Some(&before.namespace))?;
        Ok(self.issuer.clone().unwrap_or_else(|| before.issuer.clone()))
    }

    /// Fails unless the namespace is named where issuer or claim differ from those of the provider of today, or of the one that
    /// was removed. None is known of a provider that could not be read.
    fn names_namespace(&self, [issuer, claim]: [bool; 2], namespace: Option<&str>) -> Outcome {
        if self.namespace.is_some() || !(issuer || claim) && namespace.is_some() {
            return Ok(());
        }
        Err(Failure::new(match namespace {
            Some(namespace) => format!(
                "--namespace is missing: another {} may give the ids that users have to other people, who would get these users' \
                 grants; repeat the namespace {namespace} if each user keeps the id, else name another",
                if issuer { "issuer" } else { "claim" },
            ),
            None => "--namespace is missing: the institution had a provider that could not be read, whose users may have grants; \
                     repeat its namespace if each user keeps the id, else name another"
                .to_owned(),
        }))
    }

    /// The namespace, and whether the provider does not have it yet. Fails if others have it.
    async fn namespace(
        &self,
        before: Option<&Stored<Provider>>,
        removed: Option<&Stored<RemovedProvider>>,
        store: &Store,
    ) -> Outcome<(String, bool)> {
        let id = &self.institution.id;
        let kept = removed.and_then(|removed| removed.namespace.clone());
        let named = match (&self.namespace, before) {
            (Some(named), _) if named == registration::ANY_NAMESPACE => {
                return Err(Failure::new("--namespace: it must be one namespace, and * is every one"));
            }
            (Some(named), Some(before)) if *named == before.namespace => return Ok((named.clone(), false)),
            (None, Some(before)) => return Ok((before.namespace.clone(), false)),
            (Some(named), _) => named.clone(),
            (None, None) => kept.unwrap_or_else(|| namespace_of_provider(id)),
        };
        let known = Namespaces::read(store).await?;
        known.check_new(store, id, &named).await?;
        let left = removed.and_then(|removed| removed.namespace.as_deref());
        if left != Some(&named) && known.former(id).contains(&named.as_str()) {
            eprintln!(
                "latchkey: warning: a provider of this institution had the namespace {named} before: a user with the id of one of its \
                 users gets this user's grants"
            );
        }
        Ok((named, true))
    }

    /// The secret, sealed; the stored one if none is given.
    fn sealed(&self, keys: Option<&Service>, before: Option<&Stored<Provider>>) -> Outcome<Sealed> {
        match (&self.secret, keys, before) {
            (Some(secret), Some(service), _) => {
                let secret = ClientSecret::new(secret.clone());
                let sealed = service.keyring(KeySet::Pages).seal(&sealed_for(&self.institution.id), &secret, random()?);
                sealed.map_err(|error| Failure::new(error.to_string()))
            }
            (_, _, Some(before)) => Ok(before.auth.sealed().clone()),
            _ => Err(Failure::new("--secret is missing")),
        }
    }
}

/// Writes the first provider of an institution.
async fn new(store: &Store, provider: Provider) -> Outcome<Option<Stored<Provider>>> {
    let mut usage = Usage::default();
    let changed = store.put_provider(provider, None, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)
}

/// Looks once more who has a new namespace: while the provider answered, another command may have given it to others.
async fn still_alone(store: &Store, provider: &Provider) -> Outcome {
    let id = &provider.institution_id;
    let checked = Namespaces::read(store).await?.check_new(store, id, &provider.namespace).await;
    checked.map_err(|Failure(reason)| {
        Failure(format!(
            "the provider is stored, and its namespace is no longer its own: {reason}; end it now: latchkey institution idp remove \
             {id}, or latchkey institution idp set {id} --namespace with another one"
        ))
    })
}
