//! `latchkey serve`: runs the local server.

mod containers;
mod greeting;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use clap::Args;

use crate::cli::database;
use crate::cli::demo;
use crate::cli::failure::Outcome;
use crate::cli::output;
use crate::local::{CONTAINERS_HOST, DEMO_PORT, EngineError, Options, PORT, Server};
use latchkey::config::settings_from_env;
use latchkey::log::keep_panics_quiet;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::variable;
use latchkey_oauth::service::settings;
use latchkey_oauth::settings::Subjects;

#[derive(Args)]
pub(super) struct Serve {
    /// Port of the service on loopback.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Port of the DynamoDB engine on loopback [env: LATCHKEY_DYNAMODB_PORT] [default: 8000].
    #[arg(long)]
    dynamodb_port: Option<u16>,
    #[arg(long, help = demo_port())]
    demo_port: Option<u16>,
    /// Folder of the state file, the sealing key and the engine's access key [env: LATCHKEY_STATE] [default: .latchkey].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Keep the state in memory. It is lost when the server stops.
    #[arg(long)]
    memory: bool,
    /// Answer to this name or address of this machine too. The ports answer only to localhost and loopback addresses.
    #[arg(long, value_name = "HOST", value_parser = host)]
    allow_host: Vec<String>,
    /// Serve the functions that `sam local` runs in containers, too.
    ///
    /// The DynamoDB engine listens on Docker's bridge as well, answers to the name by which containers call it, and gives the
    /// functions their sealing keys, as KMS does. The file sam-local.json in the state folder has their environment until the
    /// server ends. HOST is the name or the address by which containers reach this machine.
    #[arg(long, value_name = "HOST", value_parser = reachable, num_args = 0..=1, require_equals = true,
        default_missing_value = CONTAINERS_HOST)]
    containers: Option<String>,
}

/// Returns the help of `--demo-port`.
fn demo_port() -> String {
    format!(
        "Port of the demo application on loopback [default: {DEMO_PORT}, or any free port where that is taken or --port is 0]"
    )
}

/// Reads a host that a container can call.
fn reachable(text: &str) -> Result<String, &'static str> {
    let text = host(text)?;
    match text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) if address.to_canonical().is_unspecified() => {
            Err("it must be an address of this machine, not every address")
        }
        _ => Ok(text),
    }
}

/// Reads a host as requests name it.
fn host(text: &str) -> Result<String, &'static str> {
    // What ends in a number and is no address, such as 127.1 or 0, is another address at each program.
    let ends_in_a_number =
        text.rsplit('.').next().is_some_and(|last| last.starts_with(|digit: char| digit.is_ascii_digit()));
    let is_name = !text.is_empty() && !ends_in_a_number && {
        let fits = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
        text.chars().all(fits)
    };
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let is_address = in_brackets.map_or(text.parse::<Ipv4Addr>().is_ok(), |text| text.parse::<Ipv6Addr>().is_ok());
    (is_name || is_address)
        .then(|| text.to_owned())
        .ok_or("it must be a host name or an IP address (IPv6 in brackets), without a port")
}

impl Serve {
    pub(super) async fn run(self) -> Outcome {
        keep_panics_quiet();
        let mut ends = Ends::listen()?;
        // Otherwise the server's own first request would print a log line above the greeting.
        let greeted = Arc::new(AtomicBool::new(false));
        let log = greeted.clone();
        let state = database::state(self.state);
        let mut settings = settings_from_env()?;
        if variable(settings::SUBJECT.name).is_none() {
            // No API of before needs the older form here.
            settings.subjects = Subjects::V2;
        }
        let options = Options {
            settings,
            port: self.port,
            dynamodb_port: database::dynamodb_port(self.dynamodb_port)?,
            state: Some(state.clone()),
            memory: self.memory,
            allowed_hosts: self.allow_host,
            containers: self.containers,
            log: Arc::new(move |log_line| {
                if log.load(Relaxed) {
                    log_line.log();
                }
            }),
            ..Options::default()
        };
        // A start may wait for another one.
        let mut server = tokio::select! {
            server = Server::start(options) => server?,
            ended = ends.wait() => return ended,
        };
        let demo = match server.demo(now()).await {
            Err(EngineError::Damaged(item)) => {
                eprintln!(
                    "latchkey: warning: the item {item} cannot be read, so there is no demo; restore or delete it"
                );
                None
            }
            demo => demo?,
        };
        let demo_port = self.demo_port.or((self.port == 0).then_some(0));
        let walk_through = demo::serve(&mut server, demo_port, demo.as_ref()).await?;
        let engine = greeting::Engine::of(&server);
        output::line(&format!("Latchkey  {}\nDynamoDB  {}\nDemo      {walk_through}\n", server.url, engine.url))?;
        if let Some(demo) = demo {
            greeting::greet(&server, demo, &greeting::export(&server, &engine, &state)).await?;
        }
        output::line(&format!(
            "AWS tools read and write the tables with these settings:\n\n  \
             export AWS_ENDPOINT_URL_DYNAMODB={} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1\n",
            engine.url, engine.access_key
        ))?;
        containers::greet(&server)?;
        output::line(&format!(
            "Open {walk_through} to walk through a sign-in and its tokens: you see each request, signed line by line.\n\
             Open {} to see the last requests with their reasons, the clients and the grants.\n",
            server.url
        ))?;
        // Before the last line: a program that waits for it may send a request at once.
        greeted.store(true, Relaxed);
        output::line("Ctrl-C ends it. Each request adds a line below.\n")?;
        ends.wait().await?;
        server.stop().await;
        Ok(())
    }
}

/// The signals that end the server: Ctrl-C, and the one with which a service manager ends a process.
struct Ends {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Ends {
    /// Listens from now on. A signal that came before would end the process without closing the state file; a process that
    /// a shell put into the background would miss it.
    #[cfg(unix)]
    fn listen() -> Outcome<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn listen() -> Outcome<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) -> Outcome {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) -> Outcome {
        Ok(tokio::signal::ctrl_c().await?)
    }
}
