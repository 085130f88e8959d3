//! Servers of others that refresh a token over DynamoDB: the sources in `benches/peers`, fetched below `target/tools/peers`.

use std::ffi::OsStr;
use std::path::Path;

use crate::bench::tools::{Missing, Tools, text};

/// A server that answers `grant_type=refresh_token`. Its first line tells its port and its client.
#[derive(Clone)]
pub struct Peer {
    pub name: &'static str,
    /// What it runs in, with its version.
    pub runtime: String,
    pub command: Vec<String>,
    /// Beside the database's endpoint, key and table.
    pub environment: Vec<(String, String)>,
}

/// Both of them. `path` is where their tools are looked for.
pub fn all(path: &OsStr) -> [Result<Peer, Missing>; 2] {
    [oidc_provider(path), authlib(path)]
}

fn oidc_provider(path: &OsStr) -> Result<Peer, Missing> {
    let tools = Tools { name: "oidc-provider", path };
    let runtime = tools.node()?;
    let folder = tools.copied(&["package.json", "package-lock.json", "server.mjs"]);
    tools.npm(&folder)?;
    let command = vec!["node".to_owned(), text(&folder.join("server.mjs")).to_owned()];
    // The SDK warns at each start of what a later version will ask for.
    let environment = [("NODE_NO_WARNINGS", "1"), ("NODE_ENV", "production")];
    Ok(Peer { name: tools.name, runtime, command, environment: owned(environment) })
}

fn authlib(path: &OsStr) -> Result<Peer, Missing> {
    let tools = Tools { name: "authlib", path };
    let runtime = tools.run("python3", &["--version"], Path::new("."))?;
    let folder = tools.copied(&["requirements.txt", "server.py"]);
    let interpreter = tools.pip(&folder)?;
    let command = [&interpreter, &folder.join("server.py")].map(|path| text(path).to_owned()).to_vec();
    Ok(Peer { name: tools.name, runtime, command, environment: Vec::new() })
}

fn owned<const N: usize>(variables: [(&str, &str); N]) -> Vec<(String, String)> {
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
