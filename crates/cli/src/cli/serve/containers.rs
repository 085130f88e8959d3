//! What the local server says to a developer who runs the functions in containers.

use std::path::Path;

use crate::cli::failure::Outcome;
use crate::cli::output;
use crate::cli::serve::greeting::ASK;
use crate::cli::shell;
use crate::local::Server;
use latchkey_oauth::service::TOKEN;

/// The template builds for arm64. `samconfig.toml` has another environment for other processors.
const CONFIG: &str = if cfg!(target_arch = "aarch64") { "" } else { " --config-env local" };

/// The file that `samconfig.toml` names, beside it.
const NAMED: [&str; 2] = ["samconfig.toml", ".latchkey/sam-local.json"];

/// Prints how to run the functions, if the server serves them.
pub(super) fn greet(server: &Server) -> Outcome {
    let Some(file) = server.environment() else { return Ok(()) };
    let reached = match server.bridge {
        Some(address) => format!("The engine listens on {address} too, for functions in containers."),
        None if cfg!(target_os = "linux") => {
            "There is no interface docker0 here, so functions in containers reach the engine only if Docker leads them to \
             loopback, as Docker Desktop does."
                .to_owned()
        }
        None => "Functions in containers reach the engine through Docker Desktop.".to_owned(),
    };
    let [config, named] = NAMED.map(Path::new);
    let is_named = file == named && config.exists();
    let file = shell::path(&std::path::absolute(file).unwrap_or_else(|_| file.to_owned()));
    let option = if is_named { String::new() } else { format!(" --env-vars {file}") };
    output::line(&format!(
        "{reached}\nTheir environment is in {file} until this server ends.\n\
         At the root of the repository, in another shell:\n\n  \
         sam build{CONFIG} && sam local start-api{CONFIG}{option}\n\n\
         Or one function, with a signed event:\n\n  \
         latchkey sign --event '{}{TOKEN}?{ASK}' > event.json\n  \
         sam local invoke IssueFunction --event event.json{CONFIG}{option}\n",
        server.url,
    ))
}
