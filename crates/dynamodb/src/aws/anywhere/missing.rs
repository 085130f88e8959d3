//! Why there are no AWS credentials, and what to do, in one line.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::{EnvConfigSections, Profile};
use aws_runtime::env_config::source;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ErrorMetadata};
use aws_types::os_shim_internal::{Env, Fs};

use super::credentials::{LIMIT, LoadError};
use crate::advice::on_credentials;
use crate::environment::{ConfigError, variable};

const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";

/// What in a profile leads to credentials.
const SOURCES: [&str; 8] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "role_arn",
    "credential_process",
    "sso_session",
    "sso_account_id",
    "login_session",
    "web_identity_token_file",
];

/// What gives credentials beside profiles, by its variable: its name, and what the operator looks at.
const VARIABLES: [(&str, &str, &str); 3] = [
    (WEB_IDENTITY, "the role", "check the token, AWS_ROLE_ARN, the role's trust policy, and the network"),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "the container",
        "check that address, AWS_CONTAINER_AUTHORIZATION_TOKEN, and the network",
    ),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the container", "check the role of the container, and the network"),
];

/// Why there are no AWS credentials. No text has what a process printed or an AWS service said: it may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum NoCredentials {
    /// No place that is looked at has credentials.
    #[error(
        "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws configure` makes a profile"
    )]
    Nowhere,
    /// One half of a key is set.
    #[error("no AWS credentials: {0} is set and {1} is not; set both")]
    Half(&'static str, &'static str),
    /// A profile is named that does not exist.
    #[error(
        "no AWS credentials: the AWS profile {0} does not exist; `aws configure list-profiles` lists the profiles, and \
         AWS_PROFILE names one of them"
    )]
    NoProfile(String),
    /// A profile holds nothing to get credentials with.
    #[error("no AWS credentials: the AWS profile {0} has none; add them with `aws configure --profile {0}`")]
    EmptyProfile(String),
    /// A profile gets its credentials in a way that is not built in.
    #[error(
        "no AWS credentials: the AWS profile {0} signs in with `aws login`, which only AWS's own tools read; run \
         eval \"$(aws configure export-credentials --profile {0} --format env)\" first"
    )]
    Login(String),
    /// The files of profiles cannot be read, or a profile contradicts itself.
    #[error(
        "no AWS credentials: {0}; correct the file that AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE names, or ~/.aws/config"
    )]
    Unreadable(String),
    /// The session of a single sign-on has expired, or no user has begun one.
    #[error(
        "no AWS credentials: the SSO session of the AWS profile {0} has expired or was never begun; run \
         `aws sso login --profile {0}`"
    )]
    Sso(String),
    /// The process of a profile failed.
    #[error(
        "no AWS credentials: the credential_process of the AWS profile {0} failed ({1}); run its command by hand to see why"
    )]
    Process(String, String),
    /// AWS refused to hand out credentials, or could not be reached.
    #[error("no AWS credentials: {said} when asked for those of {place}; {advice}")]
    Service {
        /// What has them.
        place: String,
        /// What AWS did.
        said: String,
        /// What the operator does.
        advice: &'static str,
    },
    /// The source did not answer in time.
    #[error("no AWS credentials: {place} gave none within {} seconds; try its command or sign-in by hand", LIMIT.as_secs())]
    Late {
        /// What was asked.
        place: String,
    },
    /// Any other reason.
    #[error("no AWS credentials: {0} failed; `aws sts get-caller-identity` shows more")]
    Other(String),
}

impl From<NoCredentials> for ConfigError {
    fn from(missing: NoCredentials) -> Self {
        Self::Credentials(missing.to_string())
    }
}

/// The profiles that AWS tools read.
pub(super) struct Profiles(EnvConfigSections);

impl Profiles {
    pub(super) async fn read() -> Result<Self, ConfigError> {
        let loaded = source::load(&Env::real(), &Fs::real(), &EnvConfigFiles::default()).await;
        let loaded = loaded.map_err(|error| NoCredentials::Unreadable(error.to_string()))?;
        // The text has the file, the line and the rule, and nothing of the line.
        let parsed = EnvConfigSections::parse(loaded);
        Ok(Self(parsed.map_err(|error| NoCredentials::Unreadable(one_line(&error.to_string())))?))
    }

    /// Returns the reason if the environment names a profile that does not exist.
    pub(super) fn missing(&self) -> Option<NoCredentials> {
        let selected = self.0.selected_profile();
        // No default profile is not a fault: credentials may come from elsewhere.
        let is_named = selected != "default";
        (is_named && self.0.get_profile(selected).is_none()).then(|| NoCredentials::NoProfile(selected.to_owned()))
    }

    /// Says why a source gave no credentials.
    pub(super) fn why(&self, error: &LoadError) -> NoCredentials {
        let name = self.0.selected_profile().to_owned();
        let error = match error {
            LoadError::Source(error) => error,
            LoadError::Late | LoadError::Again => return NoCredentials::Late { place: self.place(&name) },
        };
        // Only looked at, never printed.
        let text = DisplayErrorContext(error).to_string();
        if text.contains("external process") {
            return NoCredentials::Process(name, process(&text));
        }
        if let Some(lost) =
            self.sources().find(|name| self.0.get_profile(name).is_none()).filter(|name| *name != "default")
        {
            return NoCredentials::NoProfile(lost.to_owned());
        }
        if self.has("login_session") {
            return NoCredentials::Login(name);
        }
        if self.has("sso_account_id") && (text.contains("SSO token") || text.contains("UnauthorizedException")) {
            return NoCredentials::Sso(name);
        }
        match error {
            CredentialsError::CredentialsNotLoaded(_) => self.nowhere(name),
            CredentialsError::InvalidConfiguration(_) if self.is_source(&name) => {
                // It names profiles and keys of the file, and no value of a secret.
                let text = error.source().map(ToString::to_string).unwrap_or_default();
                NoCredentials::Unreadable(text.split_once(": ").map_or(text.as_str(), |(_, reason)| reason).to_owned())
            }
            _ => match code(error) {
                Some(code) => {
                    // The credentials that a role begins with may have expired.
                    let advice = on_credentials(&code).unwrap_or(self.advice(&name));
                    NoCredentials::Service { place: self.place(&name), said: format!("AWS answered {code}"), advice }
                }
                None if text.contains("dispatch failure") => {
                    let (said, advice) = ("AWS could not be reached".to_owned(), self.advice(&name));
                    NoCredentials::Service { place: self.place(&name), said, advice }
                }
                None => NoCredentials::Other(self.place(&name)),
            },
        }
    }

    fn nowhere(&self, name: String) -> NoCredentials {
        match ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") {
            (id, secret) if variable(id).is_some() && variable(secret).is_none() => NoCredentials::Half(id, secret),
            (id, secret) if variable(id).is_none() && variable(secret).is_some() => NoCredentials::Half(secret, id),
            _ if variable(WEB_IDENTITY).is_some() && variable(ROLE).is_none() => {
                NoCredentials::Half(WEB_IDENTITY, ROLE)
            }
            _ if self.0.get_profile(&name).is_some() => NoCredentials::EmptyProfile(name),
            _ => NoCredentials::Nowhere,
        }
    }

    /// The selected profile, and those that it takes its credentials from.
    fn sources(&self) -> impl Iterator<Item = &str> {
        let next = |name: &&str| {
            let source = self.0.get_profile(name).and_then(|profile| profile.get("source_profile"));
            source.filter(|source| source != name)
        };
        // A loop of profiles is a fault of its own.
        std::iter::successors(Some(self.0.selected_profile()), next).take(16)
    }

    fn has(&self, key: &str) -> bool {
        let profiles = self.sources().filter_map(|name| self.0.get_profile(name));
        profiles.filter_map(|profile: &Profile| profile.get(key)).next().is_some()
    }

    /// Whether the profile says where its credentials are.
    fn is_source(&self, name: &str) -> bool {
        self.0.get_profile(name).is_some_and(|profile| SOURCES.iter().any(|key| profile.get(key).is_some()))
    }

    /// The variable that leads to credentials, if the profile does not.
    fn beside(&self, name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
        VARIABLES.iter().find(|(known, ..)| !self.is_source(name) && variable(known).is_some())
    }

    fn place(&self, name: &str) -> String {
        match self.beside(name) {
            Some((variable, what, _)) => format!("{what} of {variable}"),
            None if self.0.get_profile(name).is_some() => format!("the AWS profile {name}"),
            None => "the instance".to_owned(),
        }
    }

    fn advice(&self, name: &str) -> &'static str {
        self.beside(name).map_or("check its role or SSO settings, and the network", |(.., advice)| advice)
    }
}

/// How a process ended, without what it printed.
fn process(text: &str) -> String {
    match text.split_once("exited with code ").and_then(|(_, rest)| rest.split_once(". Stderr")) {
        Some((status, _)) => status.to_owned(),
        None => "what it printed is not credentials in JSON".to_owned(),
    }
}

/// The code with which an AWS service refused.
fn code(error: &CredentialsError) -> Option<String> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut code = None;
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<ErrorMetadata>().and_then(ErrorMetadata::code) {
            code = Some(found.to_owned());
        }
        let text = error.to_string();
        let word = text.split([':', ' ']).next().unwrap_or_default();
        if code.is_none() && word.ends_with("Exception") && word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            code = Some(word.to_owned());
        }
        next = error.source();
    }
    code
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
