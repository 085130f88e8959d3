//! The one line that each request leaves in the log: JSON, and nothing secret.
//!
//! The members are named one by one: numbers, words of ours, names from the database, the gateway's request id, and
//! AWS's error codes. No other code of the project writes logs, and no subscriber listens to what the SDK traces, so
//! nothing else can reach one.

use std::io::Write;

use serde::{Serialize, Serializer};

use latchkey_dynamodb::store::Usage;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, claimed_id, unknown_id};
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::grant_type::GrantType;
pub use latchkey_oauth::outcome::Outcome;
use latchkey_oauth::secret::{Keyring, Logged};
use latchkey_oauth::service::Function;
use latchkey_oauth::session::SignedIn;
use latchkey_oauth::token::GrantId;

/// What is known about a request once it is answered.
#[derive(Default, Serialize)]
pub struct LogLine {
    /// When it was written, where the place of the log does not note that down itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The function; none outside of one, as in a test of an endpoint.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "function")]
    pub function: Option<Function>,
    /// API Gateway's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client, where the database knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What the request calls its client, where nothing says that the database knows such a client: bounded, and never
    /// what looks like a secret. Where the database was asked and knows none, only the first characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_client_id: Option<String>,
    /// The method by which the request authenticates.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "auth_method")]
    pub authenticates_by: Option<AuthMethod>,
    /// The methods that the client is registered for, where that of the request is none of them.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "auth_methods")]
    pub registered_methods: Option<Vec<AuthMethod>>,
    /// Name of the secret that signed or was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `grant_type`, where it is one that exists.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "grant_type")]
    pub grant_type: Option<GrantType>,
    /// A keyed pseudonym of the user who signs in or allows, whether there is such a user or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_log_id: Option<String>,
    /// A keyed pseudonym of the network that an attempt to sign in or a consent comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_log_id: Option<String>,
    /// The grant that tokens were minted with, or that was revoked.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "grant_id")]
    pub grant_id: Option<GrantId>,
    /// How it ended.
    pub outcome: Outcome,
    /// Name of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denial: Option<&'static str>,
    /// Where the errors page explains the refusal. The log has its name.
    #[serde(skip)]
    pub anchor: Option<&'static str>,
    /// HTTP status of the answer.
    pub status: u16,
    /// From the event to the answer, milliseconds.
    pub duration_ms: f64,
    /// Calls to DynamoDB.
    pub round_trips: u32,
    /// Read capacity units, as DynamoDB counts them.
    pub read_units: f64,
    /// Write capacity units, as DynamoDB reports them. It reports none for a refused condition, but charges.
    pub write_units: f64,
    /// AWS's code of a call that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_error: Option<String>,
    /// The items that could not be read, each by its table and key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged_items: Vec<String>,
}

impl LogLine {
    /// A line of a function.
    pub fn of(function: Function) -> Self {
        Self { function: Some(function), ..Self::default() }
    }

    /// Enters which client the request calls its own, and how it authenticates.
    pub fn shows(&mut self, method: AuthMethod, client_id: &str) {
        self.authenticates_by = Some(method);
        self.claimed_client_id = claimed_id(client_id);
    }

    /// Enters what the database knows of the client: then it is no claim any more. Of a claim that it does not know only the
    /// beginning stays, for it may be a secret in the place of an id.
    pub fn knows(&mut self, client: Option<&Client>) {
        match client {
            Some(client) => {
                self.client_id = Some(client.id.clone());
                self.claimed_client_id = None;
            }
            None => self.claimed_client_id = self.claimed_client_id.as_deref().map(unknown_id),
        }
    }

    /// Enters whom a sign-in or a consent is about, and where it comes from, as attempts are counted.
    pub fn scope(&mut self, keyring: &Keyring, (institution_id, username): (&str, &str), network: &str) {
        self.user_log_id = keyring.log_id(Logged::User(institution_id, username));
        self.network_log_id = keyring.log_id(Logged::Network(network));
    }

    /// Enters who is signed in. A user whom an institution's provider names is another one than a user of that name whom the
    /// service keeps.
    pub fn signed_in(&mut self, keyring: &Keyring, user: &SignedIn, network: &str) {
        let logged = match &user.principal {
            Some(Principal { id, idns }) => Logged::Principal(idns, id),
            None => Logged::User(&user.institution_id, &user.username),
        };
        self.user_log_id = keyring.log_id(logged);
        self.network_log_id = keyring.log_id(Logged::Network(network));
    }

    /// Enters that the request is refused, however its answer looks: a page and a redirect tell of a refusal too.
    pub fn refuse(&mut self, denial: &Denial) {
        self.outcome = if matches!(denial, Denial::Unavailable(_)) { Outcome::Unavailable } else { Outcome::Denied };
        self.denial = Some(denial.name());
        self.anchor = Some(denial.anchor());
    }

    /// Enters what the request came to cost.
    pub fn close(&mut self, status: u16, usage: Usage, duration_ms: f64) {
        self.status = status;
        self.duration_ms = (duration_ms * 1000.0).round() / 1000.0;
        self.round_trips = usage.round_trips;
        self.read_units = usage.read_units;
        self.write_units = usage.write_units;
        self.database_error = usage.error;
        self.damaged_items = usage.damaged;
    }
}

impl LogLine {
    /// Writes the line to standard output, where Lambda takes it from. A closed output is not an error.
    pub fn log(&self) {
        let _ = writeln!(std::io::stdout(), "{self}");
    }
}

impl std::fmt::Display for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

/// Of a panic, from now on, the place is told and not the message: it may quote what was sent.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let _ = writeln!(std::io::stderr(), "{}", serde_json::json!({ "outcome": Outcome::Panicked, "place": place }));
    }));
}

fn function<S: Serializer>(value: &Option<Function>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(Function::as_str).serialize(serializer)
}

fn auth_method<S: Serializer>(value: &Option<AuthMethod>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(AuthMethod::as_str).serialize(serializer)
}

fn auth_methods<S: Serializer>(value: &Option<Vec<AuthMethod>>, serializer: S) -> Result<S::Ok, S::Error> {
    let names = |methods: &Vec<AuthMethod>| methods.iter().map(|method| method.as_str()).collect::<Vec<_>>();
    value.as_ref().map(names).serialize(serializer)
}

fn grant_type<S: Serializer>(value: &Option<GrantType>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(GrantType::as_str).serialize(serializer)
}

fn grant_id<S: Serializer>(value: &Option<GrantId>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(|id| id.to_string()).serialize(serializer)
}
