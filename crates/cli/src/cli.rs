//! The command line: the local server, the operator's commands, and a client to try things with.

mod admin;
mod client;
mod code;
mod directory;
mod explain;
mod grant;
mod login;
mod serve;
mod show;
mod sign;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::local::EngineError;
use latchkey_dynamodb::environment::ConfigError;
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::{Denial, Unavailable};

/// Latchkey: a serverless OAuth 2.0 token service.
///
/// Without a command it serves locally, over an embedded DynamoDB engine. Commands that read or change clients and
/// grants talk to the DynamoDB that the standard AWS settings name, or with --local to the local server's.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serve every endpoint on a loopback port, over an embedded DynamoDB engine (the default)
    Serve(serve::Serve),
    /// Register clients, change them, rotate their secrets
    #[command(subcommand)]
    Client(client::Command),
    /// List, show and revoke grants
    #[command(subcommand)]
    Grant(grant::Command),
    /// Add users, change their passwords, disable them
    #[command(subcommand)]
    User(user::Command),
    /// Add and list the institutions that users sign in at
    #[command(subcommand)]
    Institution(directory::InstitutionCommand),
    /// Say in plain words what scopes are for
    #[command(subcommand)]
    Scope(directory::ScopeCommand),
    /// Make authorization codes, for tests
    #[command(subcommand)]
    Code(code::Command),
    /// Sign a request and print its Authorization header
    Sign(sign::Sign),
    /// Get, refresh and show tokens as a client does
    #[command(subcommand)]
    Token(token::Command),
    /// Say line by line what a request signed, and what differs
    Explain(explain::Explain),
}

/// How to print.
#[derive(Args, Clone, Copy)]
struct OutputArgs {
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

/// Where clients and grants are.
#[derive(Args, Clone)]
struct DatabaseArgs {
    /// Use the local server's DynamoDB engine and sealing key
    #[arg(long)]
    local: bool,
    /// Folder of the local server's sealing key
    #[arg(long, value_name = "DIR", default_value = serve::STATE, requires = "local")]
    state: PathBuf,
    /// Port of the local server's DynamoDB engine
    #[arg(long, value_name = "PORT", default_value_t = serve::DYNAMODB_PORT, requires = "local")]
    dynamodb_port: u16,
    #[command(flatten)]
    output: OutputArgs,
}

/// What went wrong, in one line.
#[derive(Debug)]
struct Failure(String);

type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    fn database(unavailable: Unavailable, usage: &Usage) -> Self {
        let code = usage.error.as_deref().unwrap_or("no error code");
        Self(match unavailable {
            Unavailable::DatabaseRefuses => {
                format!("DynamoDB refuses: {code} (table name, region, credentials, permission?)")
            }
            Unavailable::DatabaseUnreachable => {
                format!("DynamoDB does not answer: {code} (endpoint, region, network?)")
            }
            Unavailable::DatabaseThrottling => format!("DynamoDB throttles: {code}; try again"),
            Unavailable::ItemDamaged => "an item of the table cannot be read: something else wrote it".to_owned(),
            Unavailable::SecretUnopened => "a sealed secret does not open under this sealing key".to_owned(),
            Unavailable::NoRandomness => "the operating system gives no randomness".to_owned(),
        })
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        Self::database(unavailable, &Usage::default())
    }
}

impl From<Denial> for Failure {
    fn from(denial: Denial) -> Self {
        Self(denial.wire().description.into_owned())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(Err(error.into())),
    };
    report(runtime.block_on(async {
        match cli.command {
            None => cli.serve.run().await,
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::Client(command)) => command.run().await,
            Some(Command::Grant(command)) => command.run().await,
            Some(Command::User(command)) => command.run().await,
            Some(Command::Institution(command)) => command.run().await,
            Some(Command::Scope(command)) => command.run().await,
            Some(Command::Code(command)) => command.run().await,
            Some(Command::Sign(sign)) => sign.run(),
            Some(Command::Token(command)) => command.run().await,
            Some(Command::Explain(explain)) => explain.run(),
        }
    }))
}

fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(reason)) => {
            eprintln!("latchkey: {reason}");
            ExitCode::FAILURE
        }
    }
}
