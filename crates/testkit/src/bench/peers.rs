//! Refreshes that others' tools run: the sources in `benches/peers`, fetched and built below `target/tools/peers`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::bench::tools::{Missing, Tools, text};

/// A program that serves the Runtime API and does the work of `refresh`.
pub struct Peer {
    pub name: &'static str,
    /// What it runs in, with its version.
    pub runtime: String,
    pub command: Vec<String>,
    /// The variable that names the certificates that it trusts.
    pub trust: &'static str,
    /// Beside what every function gets.
    pub environment: Vec<(String, String)>,
    /// What would be deployed, as far as it is a file of this project's making.
    pub files: Vec<PathBuf>,
}

/// Both of them. `path` is where their tools are looked for.
pub fn all(path: &OsStr) -> [Result<Peer, Missing>; 2] {
    [node(path), python(path)]
}

/// AWS SDK v3, in one file that esbuild makes.
fn node(path: &OsStr) -> Result<Peer, Missing> {
    let tools = Tools { name: "node", path };
    let runtime = tools.node()?;
    let folder = tools.copied(&["package.json", "package-lock.json", "refresh.mjs", "runtime.mjs"]);
    let bundle = folder.join("bundle.mjs");
    tools.npm(&folder)?;
    let esbuild = folder.join("node_modules/.bin/esbuild");
    let options = ["refresh.mjs", "--bundle", "--minify", "--platform=node", "--target=node20", "--format=esm"];
    // Some packages of the SDK are CommonJS, and ask for modules of Node's by `require`.
    let require = "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
    let options = [&options[..], &[require, "--outfile=bundle.mjs", "--log-level=error"]].concat();
    tools.run(text(&esbuild), &options, &folder)?;
    let command = vec!["node".to_owned(), text(&bundle).to_owned()];
    Ok(Peer {
        name: "node",
        runtime,
        command,
        trust: "NODE_EXTRA_CA_CERTS",
        // The SDK warns at each start of what a later version will ask for.
        environment: vec![("NODE_NO_WARNINGS".to_owned(), "1".to_owned())],
        files: vec![bundle],
    })
}

/// boto3, under AWS's own runtime client.
fn python(path: &OsStr) -> Result<Peer, Missing> {
    let tools = Tools { name: "python", path };
    let runtime = tools.run("python3", &["--version"], Path::new("."))?;
    let folder = tools.copied(&["requirements.txt", "refresh.py"]);
    let interpreter = tools.pip(&folder)?;
    let command = [text(&interpreter), "-m", "awslambdaric", "refresh.handler"].map(str::to_owned).to_vec();
    // boto3 reads no other variable for the region; Lambda sets both.
    let region = ("AWS_DEFAULT_REGION", "us-east-1");
    let environment = [("PYTHONPATH", text(&folder)), ("LAMBDA_TASK_ROOT", text(&folder)), region];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Ok(Peer { name: "python", runtime, command, trust: "AWS_CA_BUNDLE", environment, files: Vec::new() })
}
