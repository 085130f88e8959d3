//! Refreshes that others' tools run: the sources in `benches/peers`, fetched and built below `target/tools/peers`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;

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

/// What one peer could not be built for, in a line.
pub type Missing = String;

/// Both of them. `path` is where their tools are looked for.
pub fn all(path: &OsStr) -> [Result<Peer, Missing>; 2] {
    [node(path), python(path)]
}

/// What AWS SDK v3 asks for.
const NODE: u32 = 20;

/// AWS SDK v3, in one file that esbuild makes.
fn node(path: &OsStr) -> Result<Peer, Missing> {
    let tools = Tools { name: "node", path };
    let version = tools.run("node", &["--version"], Path::new("."))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major < Some(NODE) {
        return Err(format!("left out: node: {version} is here, and the SDK needs {NODE}"));
    }
    tools.run("npm", &["--version"], Path::new("."))?;
    let folder = tools.copied(&["package.json", "package-lock.json", "refresh.mjs", "runtime.mjs"]);
    let bundle = folder.join("bundle.mjs");
    tools.once(&folder, "package-lock.json", || {
        tools.run("npm", &["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], &folder)
    })?;
    let esbuild = folder.join("node_modules/.bin/esbuild");
    let options = ["refresh.mjs", "--bundle", "--minify", "--platform=node", "--target=node20", "--format=esm"];
    // Some packages of the SDK are CommonJS, and ask for modules of Node's by `require`.
    let require = "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);";
    let options = [&options[..], &[require, "--outfile=bundle.mjs", "--log-level=error"]].concat();
    tools.run(text(&esbuild), &options, &folder)?;
    let command = vec!["node".to_owned(), text(&bundle).to_owned()];
    let runtime = format!("Node {version}");
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
    let interpreter = folder.join("bin/python");
    tools.once(&folder, "requirements.txt", || {
        tools.run("python3", &["-m", "venv", "."], &folder)?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
        tools.run(text(&interpreter), &[&install[..], &["-r", "requirements.txt"]].concat(), &folder)
    })?;
    let command = [text(&interpreter), "-m", "awslambdaric", "refresh.handler"].map(str::to_owned).to_vec();
    // boto3 reads no other variable for the region; Lambda sets both.
    let region = ("AWS_DEFAULT_REGION", "us-east-1");
    let environment = [("PYTHONPATH", text(&folder)), ("LAMBDA_TASK_ROOT", text(&folder)), region];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Ok(Peer { name: "python", runtime, command, trust: "AWS_CA_BUNDLE", environment, files: Vec::new() })
}

struct Tools<'a> {
    name: &'static str,
    path: &'a OsStr,
}

impl Tools<'_> {
    /// What the program printed. It is looked for where all tools are.
    fn run(&self, program: &str, arguments: &[&str], folder: &Path) -> Result<String, Missing> {
        let found = match program.contains('/') {
            true => Some(PathBuf::from(program)),
            false => std::env::split_paths(self.path).map(|place| place.join(program)).find(|place| place.is_file()),
        };
        let found = found.ok_or_else(|| format!("left out: {}: no {program} here", self.name))?;
        let run = Command::new(found).args(arguments).current_dir(folder).env("PATH", self.path).output();
        let run = run.map_err(|error| format!("left out: {}: {program}: {error}", self.name))?;
        if run.status.success() {
            return Ok(String::from_utf8_lossy(&run.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&run.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it failed and says nothing");
        Err(format!("left out: {}: {program} {}: {said}", self.name, arguments.join(" ")))
    }

    /// Its folder below `target/tools`, with these of its sources.
    fn copied(&self, files: &[&str]) -> PathBuf {
        let folder = root().join("target/tools/peers").join(self.name);
        fs::create_dir_all(&folder).unwrap();
        for file in files {
            fs::copy(root().join("benches/peers").join(self.name).join(file), folder.join(file)).unwrap();
        }
        folder
    }

    /// Fetches, unless that was done for the same pins.
    fn once(&self, folder: &Path, pins: &str, fetch: impl FnOnce() -> Result<String, Missing>) -> Result<(), Missing> {
        let (wanted, noted) = (fs::read(folder.join(pins)).unwrap(), folder.join("fetched"));
        if fs::read(&noted).ok().as_ref() != Some(&wanted) {
            println!("{}: fetches its packages, once", self.name);
            fetch()?;
            fs::write(noted, wanted).unwrap();
        }
        Ok(())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
