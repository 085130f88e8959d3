//! Others' tools: looked for in a path, and what they fetch and build lies below `target/tools/peers`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;

/// What one peer could not be built for, in a line.
pub type Missing = String;

/// What AWS SDK v3 asks for.
const NODE: u32 = 20;

/// The tools of one peer, whose sources lie in a folder of its name in `benches/peers`.
pub(super) struct Tools<'a> {
    pub(super) name: &'static str,
    /// Where its tools are looked for.
    pub(super) path: &'a OsStr,
}

impl Tools<'_> {
    /// The version of Node, if it is one that the SDK takes and npm is here too.
    pub(super) fn node(&self) -> Result<String, Missing> {
        let version = self.run("node", &["--version"], Path::new("."))?;
        let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
        if major < Some(NODE) {
            return Err(format!("left out: {}: Node {version} is here, and the SDK needs {NODE}", self.name));
        }
        self.run("npm", &["--version"], Path::new("."))?;
        Ok(format!("Node {version}"))
    }

    /// Fetches what `package-lock.json` pins.
    pub(super) fn npm(&self, folder: &Path) -> Result<(), Missing> {
        self.once(folder, "package-lock.json", || {
            self.run("npm", &["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        })
    }

    /// Fetches what `requirements.txt` pins. Returns the interpreter that has it.
    pub(super) fn pip(&self, folder: &Path) -> Result<PathBuf, Missing> {
        let interpreter = folder.join("bin/python");
        self.once(folder, "requirements.txt", || {
            self.run("python3", &["-m", "venv", "."], folder)?;
            let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
            self.run(text(&interpreter), &[&install[..], &["-r", "requirements.txt"]].concat(), folder)
        })?;
        Ok(interpreter)
    }

    /// What the program printed. It is looked for where all tools are.
    pub(super) fn run(&self, program: &str, arguments: &[&str], folder: &Path) -> Result<String, Missing> {
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
    pub(super) fn copied(&self, files: &[&str]) -> PathBuf {
        let folder = root().join("target/tools/peers").join(self.name);
        fs::create_dir_all(&folder).unwrap();
        for file in files {
            fs::copy(root().join("benches/peers").join(self.name).join(file), folder.join(file)).unwrap();
        }
        folder
    }

    /// Fetches, unless that was done for the same pins.
    pub(super) fn once(
        &self,
        folder: &Path,
        pins: &str,
        fetch: impl FnOnce() -> Result<String, Missing>,
    ) -> Result<(), Missing> {
        let (wanted, noted) = (fs::read(folder.join(pins)).unwrap(), folder.join("fetched"));
        if fs::read(&noted).ok().as_ref() != Some(&wanted) {
            println!("{}: fetches its packages, once", self.name);
            fetch()?;
            fs::write(noted, wanted).unwrap();
        }
        Ok(())
    }
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
