//! The command line: the local server, the operator's commands, and a client for trials.

/// Prints a line to standard error. If the program that reads it has ended, the command goes on; `std`'s macro panics.
macro_rules! eprintln {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod actor;
mod apply;
mod audit;
mod client;
mod code;
mod consent;
mod database;
mod declared;
mod demo;
mod directory;
mod examples;
mod explain;
mod export;
mod failure;
mod generated;
mod grant;
mod http;
mod input;
mod login;
mod output;
mod progress;
mod revoking;
mod scans;
mod sealing;
mod secrets_manager;
mod serve;
mod sheet;
mod shell;
mod show;
mod sign;
mod signing;
mod token;
mod user;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use failure::{Failure, Outcome};
use latchkey_dynamodb::environment::first_argument;
use latchkey_oauth::client::without_secrets;

/// Latchkey: a serverless OAuth 2.0 token service.
///
/// Without a command, Latchkey serves locally over an embedded DynamoDB engine. Commands for clients, grants, users,
/// institutions and scopes use the DynamoDB that the AWS settings name. With --local, they use the local server's engine.
#[derive(Parser)]
#[command(name = "latchkey", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Serve every endpoint on a loopback port, over an embedded DynamoDB engine. This is the default command.
    Serve(serve::Serve),
    /// Register, list, change and delete clients, and rotate their secrets.
    #[command(subcommand)]
    Client(client::Command),
    /// List, show and revoke grants.
    #[command(subcommand)]
    Grant(grant::Command),
    /// Add, import, list, change and delete users.
    #[command(subcommand)]
    User(user::Command),
    /// Add, import, list and remove the institutions where users sign in, and their OpenID providers.
    #[command(subcommand)]
    Institution(directory::InstitutionCommand),
    /// Describe scopes for the consent page, and publish them in the metadata document.
    #[command(subcommand)]
    Scope(directory::ScopeCommand),
    /// Make clients, institutions, scopes and users what a file declares. What the file does not name stays as it is.
    Apply(Box<apply::Apply>),
    /// Write clients, institutions, scopes and users as a file that `latchkey apply` reads. It holds no secret.
    Export(export::Export),
    /// Create authorization codes for tests.
    #[command(subcommand)]
    Code(code::Command),
    /// List the records of the operators' changes: who changed what, and when.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Sign a request and print its Authorization header.
    Sign(sign::Sign),
    /// Get, refresh, introspect, revoke and show tokens, as a client does.
    #[command(subcommand)]
    Token(token::Command),
    /// Explain line by line why a signature does not match.
    Explain(explain::Explain),
    /// Print a script with which a shell completes commands and options.
    Completions(generated::Completions),
    /// Print the manual page, or write one for each command.
    Man(generated::Man),
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(error),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return report(Err(error.into())),
    };
    let outcome = runtime.block_on(run(cli));
    // A request that the server does not answer holds a thread of the runtime, and nothing waits for it any more.
    runtime.shutdown_background();
    report(outcome)
}

async fn run(cli: Cli) -> Outcome<ExitCode> {
    let done = match cli.command {
        None => cli.serve.run().await,
        Some(Command::Serve(serve)) => serve.run().await,
        Some(Command::Client(command)) => command.run().await,
        Some(Command::Grant(command)) => command.run().await,
        Some(Command::User(command)) => command.run().await,
        Some(Command::Institution(command)) => command.run().await,
        Some(Command::Scope(command)) => command.run().await,
        Some(Command::Apply(apply)) => return apply.run().await,
        Some(Command::Export(export)) => export.run().await,
        Some(Command::Code(command)) => command.run().await,
        Some(Command::Audit(command)) => command.run().await,
        Some(Command::Sign(sign)) => sign.run(),
        Some(Command::Token(command)) => command.run().await,
        Some(Command::Explain(explain)) => explain.run().await,
        Some(Command::Completions(completions)) => completions.run(command()),
        Some(Command::Man(man)) => man.run(command()),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Prints help, or what is wrong with the arguments. After `apply`, 2 says only that something differs.
fn usage(mut error: clap::Error) -> ExitCode {
    withhold(&mut error);
    let (said, clean) = (error.render().to_string(), without_secrets(&error.render().to_string()));
    if error.use_stderr() && said != clean {
        eprintln!("{}", clean.trim_end());
    } else {
        // The reader may have ended.
        let _ = error.print();
    }
    let is_apply = first_argument().is_some_and(|command| command == "apply");
    let code = u8::try_from(error.exit_code()).unwrap_or(1);
    ExitCode::from(if is_apply { code.min(1) } else { code })
}

/// Takes out of an error what stands where no command expects anything, and the text of a file: it may be a token, a secret, a
/// password or a private key.
fn withhold(error: &mut clap::Error) {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    let Some(ContextValue::String(text)) = error.get(kind) else { return };
    let length = text.chars().count();
    let is_shown = match kind {
        // An option that does not exist is one word. PEM begins with hyphens too.
        ContextKind::InvalidArg => text.starts_with('-') && !text.contains(char::is_whitespace),
        // No name of a command is longer.
        ContextKind::InvalidSubcommand => length <= 20 || text.starts_with('-'),
        _ => !input::is_content(text),
    };
    if is_shown {
        return;
    }
    error.insert(kind, ContextValue::String(format!("(withheld: {length} characters)")));
    for suggestion in [ContextKind::Suggested, ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand] {
        error.insert(suggestion, ContextValue::None);
    }
}

/// The commands, with their examples.
fn command() -> clap::Command {
    examples::shown(Cli::command())
}

fn report(outcome: Outcome<ExitCode>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        // As a shell reports a program that the signal SIGPIPE ends.
        Err(Failure(reason)) if reason.is_empty() => ExitCode::from(141),
        Err(Failure(reason)) => {
            eprintln!("latchkey: {}", output::shown(&without_secrets(&reason)));
            ExitCode::FAILURE
        }
    }
}
