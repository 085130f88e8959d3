//! How the client of a command authenticates: its method, what it is given for that, and what a request then has.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::Args;
use clap::builder::TypedValueParser;
use serde_json::json;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::input;
use crate::cli::sign::{AuthorityArgs, KeyArgs};
use crate::cli::signing::{PrivateKey, Signing};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::variable;
use latchkey_dynamodb::random;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration;
use latchkey_oauth::client_auth::assertion::{CLIENT_ASSERTION, CLIENT_ASSERTION_TYPE, JWT_BEARER};
use latchkey_oauth::form::encode;
use latchkey_oauth::service::settings;

/// Returns the help of `--auth-method`.
fn methods() -> String {
    format!(
        "Method by which the client authenticates: {}. Its registration names it. Default with a secret: {}",
        AuthMethod::described(),
        AuthMethod::default().as_str()
    )
}

/// Reads the file that `--private-key` names.
fn private_key(path: PathBuf) -> Result<Arc<PrivateKey>, String> {
    let text = input::text(&path).map_err(|Failure(reason)| reason)?;
    PrivateKey::parse(&text).map(Arc::new)
}

/// How long an assertion is good, in seconds. It is sent at once.
const LIFE: u64 = 60;

/// A client, and what it authenticates by.
#[derive(Args)]
pub(super) struct CredentialArgs {
    /// Client id (WSKey).
    #[arg(long, env = settings::CLIENT_ID.name)]
    pub(super) client_id: String,
    /// Secret of the client; - reads it from standard input. Or set it in the environment: other users of the machine can see
    /// an option. A public client (--auth-method none) has none, nor has one with a private key (--auth-method
    /// private_key_jwt).
    #[arg(long, env = settings::SECRET.name, hide_env_values = true, allow_hyphen_values = true, value_parser = input::secret)]
    secret: Option<String>,
    #[command(flatten)]
    lines: AuthorityArgs,
    /// File with the private key of a client that authenticates by private_key_jwt: a JWK, or PEM.
    #[arg(long, value_name = "FILE", value_parser = input::path().try_map(private_key))]
    private_key: Option<Arc<PrivateKey>>,
    /// Whom an assertion is for (aud). Default: the base URL of the service, which is its issuer.
    #[arg(long, value_name = "ISSUER")]
    audience: Option<String>,
    #[arg(long, value_name = "METHOD", value_parser = registration::auth_method, help = methods())]
    auth_method: Option<AuthMethod>,
}

/// A request as it is sent.
pub(super) struct Authenticated {
    pub(super) authorization: Option<String>,
    pub(super) query: Option<String>,
    pub(super) form: Option<String>,
}

impl CredentialArgs {
    /// The method that the option names. A secret by itself is what a client signs with. What a response says changes nothing.
    fn method(&self) -> AuthMethod {
        self.auth_method.unwrap_or_default()
    }

    /// Whether the client signs its requests.
    pub(super) fn signs(&self) -> bool {
        self.method() == AuthMethod::WsKey
    }

    /// Fails if the client is a public one, which cannot do what `why` says.
    pub(super) fn no_public_client(&self, why: &str) -> Outcome {
        match self.method() {
            AuthMethod::None => Err(Failure::new(format!("--auth-method none: a public client {why}"))),
            _ => Ok(()),
        }
    }

    /// Signs parameters that are sent in the query.
    pub(super) fn query(&self, query: String) -> Outcome<Authenticated> {
        self.check()?;
        let authorization = Some(self.key()?.sign("POST", &query)?.authorization);
        Ok(Authenticated { authorization, query: Some(query), form: None })
    }

    /// Authenticates a form by the client's method, for the service with this base URL.
    pub(super) fn form(&self, form: String, base: &str) -> Outcome<Authenticated> {
        self.check()?;
        let id = encode(&self.client_id);
        let secret = || self.secret().map(encode);
        let (authorization, form) = match self.method() {
            AuthMethod::WsKey => (Some(self.key()?.sign_form(&form)?.authorization), form),
            AuthMethod::Basic => (Some(format!("Basic {}", STANDARD.encode(format!("{id}:{}", secret()?)))), form),
            AuthMethod::Post => (None, format!("{form}&client_id={id}&client_secret={}", secret()?)),
            AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt => {
                let (kind, assertion) = (encode(JWT_BEARER), self.assertion(base)?);
                (None, format!("{form}&{CLIENT_ASSERTION_TYPE}={kind}&{CLIENT_ASSERTION}={assertion}"))
            }
            AuthMethod::None => (None, format!("{form}&client_id={id}")),
        };
        Ok(Authenticated { authorization, query: None, form: Some(form) })
    }

    /// A new assertion, for one request.
    fn assertion(&self, base: &str) -> Outcome<String> {
        let signing = match &self.private_key {
            Some(key) => Signing::Private(key),
            None => Signing::Secret(self.secret()?),
        };
        let (now, jti) = (now(), URL_SAFE_NO_PAD.encode(random::<16>()?));
        let (id, audience) = (&self.client_id, self.audience.as_deref().unwrap_or(base));
        let claims = json!({ "iss": id, "sub": id, "aud": audience, "jti": jti, "iat": now, "exp": now + LIFE });
        signing.jwt(&claims).ok_or_else(|| Failure::new("--private-key: the key does not sign"))
    }

    /// Fails if what is given does not go together, or not with the method.
    pub(super) fn check(&self) -> Outcome {
        let method = self.method();
        if self.private_key.is_some() && method != AuthMethod::PrivateKeyJwt {
            let advice = match self.auth_method {
                None => "add that option".to_owned(),
                Some(method) => format!("--auth-method is {}: leave one of the two options out", method.as_str()),
            };
            return Err(Failure::new(format!("--private-key is for --auth-method private_key_jwt; {advice}")));
        }
        // One of the environment may be another client's.
        let secret = self.secret.clone().filter(|secret| !secret.is_empty());
        let gives_a_secret = secret.is_some() && secret != variable(settings::SECRET.name);
        match method {
            AuthMethod::None | AuthMethod::PrivateKeyJwt if gives_a_secret => {
                return Err(Failure::new(format!(
                    "--auth-method {} sends no secret, and --secret gives one: leave one of the two options out",
                    method.as_str()
                )));
            }
            AuthMethod::None => {}
            AuthMethod::PrivateKeyJwt if self.private_key.is_none() => {
                return Err(Failure::new(
                    "--auth-method private_key_jwt needs the client's private key: --private-key FILE",
                ));
            }
            AuthMethod::PrivateKeyJwt => {}
            AuthMethod::WsKey | AuthMethod::Basic | AuthMethod::Post | AuthMethod::SecretJwt => drop(self.secret()?),
        }
        if self.audience.is_some() && !matches!(method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt) {
            return Err(Failure::new("--audience is for --auth-method client_secret_jwt or private_key_jwt"));
        }
        match self.lines.given().filter(|_| method != AuthMethod::WsKey) {
            Some(option) => Err(Failure::new(format!(
                "{option} is for a client that signs, and --auth-method {} signs nothing: leave one of the two options out",
                method.as_str()
            ))),
            None => Ok(()),
        }
    }

    fn key(&self) -> Outcome<KeyArgs> {
        let secret = self.secret()?.to_owned();
        Ok(KeyArgs { client_id: self.client_id.clone(), secret, lines: self.lines.clone() })
    }

    /// The secret, for a method that needs one.
    fn secret(&self) -> Outcome<&str> {
        let name = settings::SECRET.name;
        self.secret.as_deref().ok_or_else(|| {
            Failure::new(match self.auth_method {
                Some(method) => format!(
                    "--auth-method {} needs the client's secret, and none is given: set {name}, or use --secret - and write it \
                     to standard input",
                    method.as_str()
                ),
                None => format!(
                    "the client's secret is missing: set {name}, or use --secret - and write it to standard input; for a public \
                     client, which has none, add --auth-method none"
                ),
            })
        })
    }
}
