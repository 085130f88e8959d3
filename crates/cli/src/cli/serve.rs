//! `latchkey serve`: the local server and its greeting.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use clap::Args;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::cli::sign;
use crate::cli::sign::{AuthorityArgs, KeyArgs};
use crate::local::{DEMO_PASSWORD, DEMO_USER, DYNAMODB_PORT, Demo, Options, PORT, STATE, Server};
use latchkey::config::settings_from_env;
use latchkey::log::keep_panics_quiet;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::service::{REFRESH, TOKEN, settings};

#[derive(Args)]
pub(super) struct Serve {
    /// Port of the service on loopback.
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Port of the DynamoDB engine on loopback.
    #[arg(long, default_value_t = DYNAMODB_PORT)]
    dynamodb_port: u16,
    /// Folder of the state file and the sealing key.
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// Keep the state in memory. It is lost when the server stops.
    #[arg(long)]
    memory: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Outcome {
        keep_panics_quiet();
        let ends = Ends::listen()?;
        // Otherwise the server's own first request would print a log line above the greeting.
        let greeted = Arc::new(AtomicBool::new(false));
        let log = greeted.clone();
        let greeting = Greeting { state: self.state.clone(), dynamodb_port: self.dynamodb_port };
        let options = Options {
            settings: settings_from_env()?,
            port: self.port,
            dynamodb_port: self.dynamodb_port,
            state: Some(self.state),
            memory: self.memory,
            log: Arc::new(move |log_line| {
                if log.load(Relaxed) {
                    log_line.log();
                }
            }),
            ..Options::default()
        };
        let server = Server::start(options).await?;
        let demo = server.demo(now()).await?;
        let dynamodb_url = server.dynamodb_url.as_deref().unwrap_or_default();
        output::line(&format!("Latchkey  {}\nDynamoDB  {dynamodb_url}\n", server.url))?;
        if let Some(demo) = demo {
            greeting.greet(&server, demo).await?;
        }
        output::line("Ctrl-C ends it. Each request adds a line below.\n")?;
        greeted.store(true, Relaxed);
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
    async fn wait(mut self) -> Outcome {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }

    #[cfg(not(unix))]
    async fn wait(self) -> Outcome {
        Ok(tokio::signal::ctrl_c().await?)
    }
}

const ASK: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token\
                   &authenticatingInstitutionId=128807&contextInstitutionId=128807";

/// The options that the greeting depends on.
struct Greeting {
    state: PathBuf,
    dynamodb_port: u16,
}

impl Greeting {
    /// Prints two requests to paste. A signature covers the refresh token, so the second request needs one: the server
    /// first asks itself for tokens.
    async fn greet(&self, server: &Server, demo: Demo) -> Outcome {
        let secret = demo.secret.expose().to_owned();
        let key = KeyArgs { client_id: demo.client_id, secret, lines: AuthorityArgs::default() };
        let ask = format!("{}{TOKEN}?{ASK}", server.url);
        let answer = post(ask.clone(), key.sign("POST", ASK, None)?.authorization).await?;
        let Some(refresh_token) = answer["refresh_token"].as_str() else {
            return output::line(&format!(
                "The demo client gets no tokens: {}\nlatchkey client show demo --local\n",
                answer["error_description"].as_str().unwrap_or_default(),
            ));
        };
        let query = format!("grant_type=refresh_token&refresh_token={refresh_token}");
        let user = match demo.user {
            true => format!(
                "\nSign in with a browser, as user {DEMO_USER} with password {DEMO_PASSWORD} (after the export above):\n\n  \
                 cargo run -q -- token login --scope 'WMS_NCIP refresh_token'\n"
            ),
            false => String::new(),
        };
        let refresh = format!("{}{REFRESH}?{query}", server.url);
        output::line(&format!(
            "The demo client, only for this machine:\n\n  \
             export {}={} {}={} {}={}\n\n\
             Two signed requests. Each works once, within five minutes.\n\n\
             Get tokens:\n\n{}\n\n\
             Refresh the access token:\n\n{}\n\n\
             These commands work as often as you like (after the export above):\n\n  \
             cargo run -q -- token get --scope 'WMS_NCIP refresh_token' --institution 128807\n  \
             cargo run -q -- token refresh rt_...\n  \
             cargo run -q -- client list --local{}\n{}",
            settings::CLIENT_ID.name,
            key.client_id,
            settings::SECRET.name,
            key.secret,
            settings::URL.name,
            server.url,
            sign::curl("POST", &ask, &key.sign("POST", ASK, None)?, None),
            sign::curl("POST", &refresh, &key.sign("POST", &query, None)?, None),
            self.options(server),
            user,
        ))
    }

    /// Returns the options that an operator's command needs for this server, unless they are the defaults.
    fn options(&self, server: &Server) -> String {
        let mut options = String::new();
        if self.state != Path::new(STATE) {
            options.push_str(&format!(" --state '{}'", self.state.display()));
        }
        if self.dynamodb_port != DYNAMODB_PORT {
            let url = server.dynamodb_url.as_deref().unwrap_or_default();
            options.push_str(&format!(" --dynamodb-port {}", url.rsplit(':').next().unwrap_or_default()));
        }
        options
    }
}

async fn post(url: String, authorization: String) -> Outcome<serde_json::Value> {
    let sent = tokio::task::spawn_blocking(move || crate::cli::http::post(&url, &authorization)).await;
    let (_, answer) = sent.map_err(|error| Failure::new(error.to_string()))??;
    Ok(answer)
}
