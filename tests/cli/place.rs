//! A local server, and the commands against it as an operator and a client developer run them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::running::{LATCHKEY, Running};

/// A local server and the commands against it.
pub struct Place {
    pub server: Running,
    pub folder: tempfile::TempDir,
}

pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(Output { status, stdout, stderr }: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}", self.out))
    }

    #[track_caller]
    pub fn fails(&self, text: &str) {
        assert!(self.code != 0 && self.err.contains(text), "{}: {}{}", self.code, self.out, self.err);
        assert!(!self.err.contains("panicked"));
    }
}

pub fn command(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(LATCHKEY);
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command
}

pub fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Done {
    Done::of(command(folder, environment, arguments).output().unwrap())
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { server: Running::start(folder.path(), &[]), folder }
    }

    /// An operator's command against the server's engine.
    pub fn admin(&self, arguments: &[&str]) -> Done {
        Done::of(self.command(arguments).output().unwrap())
    }

    /// A client as the commands show it.
    pub fn shown(&self, id: &str) -> Value {
        self.admin(&["client", "show", id, "--json"]).json()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let place = ["--local", "--dynamodb-port", &self.server.dynamodb_port];
        command(self.folder.path(), &[], &[arguments, &place].concat())
    }

    /// A client's command, with the key in the environment.
    pub fn client(&self, key: &Value, arguments: &[&str]) -> Done {
        Done::of(self.client_command(key, arguments).output().unwrap())
    }

    pub fn client_command(&self, key: &Value, arguments: &[&str]) -> Command {
        let environment = [
            ("LATCHKEY_URL", self.server.url.as_str()),
            ("LATCHKEY_CLIENT_ID", key["client_id"].as_str().unwrap()),
            ("LATCHKEY_SECRET", key["secret"].as_str().unwrap()),
        ];
        command(self.folder.path(), &environment, arguments)
    }

    pub fn create(&self) -> Value {
        self.admin(&[
            "client",
            "create",
            "--json",
            "--name",
            "App",
            "--grant-type",
            "client_credentials",
            "--grant-type",
            "refresh_token",
            "--grant-type",
            "authorization_code",
            "--scope",
            "WMS_NCIP",
            "--institution",
            "128807",
            "--redirect-uri",
            "https://app.example/callback",
        ])
        .json()
    }
}

pub const GET: [&str; 7] = ["token", "get", "--json", "--scope", "WMS_NCIP refresh_token", "--institution", "128807"];
