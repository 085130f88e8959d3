//! The local server as a process: its greeting, where it listens, how it ends.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const LATCHKEY: &str = env!("CARGO_BIN_EXE_latchkey");

/// A running server, its greeting, and where it listens.
pub struct Running {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    pub greeting: Vec<String>,
    pub url: String,
    pub dynamodb_port: String,
    /// Base URL of the demo application.
    pub demo: String,
    /// Endpoint URL of the engine, with the access key in its path.
    pub dynamodb_url: String,
}

impl Running {
    /// Starts on free ports and reads the greeting to its end.
    pub fn start(folder: &Path, more: &[&str]) -> Self {
        Self::start_with(folder, more, &[])
    }

    /// The same, with variables in its environment.
    pub fn start_with(folder: &Path, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(folder);
        command.envs(environment.iter().copied()).args(["--port", "0", "--dynamodb-port", "0"]).args(more);
        Self::of(command)
    }

    /// The same, of a command that ends in a server.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        for line in lines.by_ref().map(Result::unwrap) {
            let end = line.starts_with("Ctrl-C");
            greeting.push(line);
            if end {
                break;
            }
        }
        assert!(greeting.last().is_some_and(|line| line.starts_with("Ctrl-C")), "{greeting:?}");
        let after = |word: &str| {
            let line = greeting.iter().find(|line| line.starts_with(word)).unwrap_or_else(|| panic!("{greeting:?}"));
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        let (url, dynamodb, demo) = (after("Latchkey"), after("DynamoDB"), after("Demo"));
        let dynamodb_port = dynamodb.rsplit(':').next().unwrap().to_owned();
        let key = greeting.iter().find_map(|line| line.split("AWS_ACCESS_KEY_ID=").nth(1)?.split(' ').next());
        let dynamodb_url = format!("{dynamodb}/{}", key.unwrap());
        // A test that reads no further must not stop the server from writing.
        let log = Arc::<Mutex<Vec<String>>>::default();
        let written = log.clone();
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .filter(|line| !line.is_empty())
                .for_each(|line| written.lock().unwrap().push(line))
        });
        Self { child, greeting, url, dynamodb_port, demo, dynamodb_url, log }
    }

    /// Ends it as Ctrl-C does, or with another signal, and says how it ended.
    pub fn end(mut self, signal: &str) -> std::process::ExitStatus {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    /// The lines below the greeting, once there are as many.
    pub fn log(&self, lines: usize) -> Vec<String> {
        for _ in 0..6000 {
            let log = self.log.lock().unwrap().clone();
            if log.len() >= lines {
                return log;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{:?}", self.log.lock().unwrap());
    }

    /// What the greeting exports, by name.
    pub fn exported(&self) -> HashMap<String, String> {
        let exports = self.greeting.iter().filter_map(|line| line.trim().strip_prefix("export "));
        let pairs = exports.flat_map(|line| line.split(' ')).filter_map(|word| word.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The pasted request after the line that begins so: its URL and its Authorization header.
    pub fn pasted(&self, title: &str) -> (String, String) {
        let text = self.greeting.join("\n");
        let after = text.split_once(&format!("\n\n{title}")).unwrap().1;
        let quoted: Vec<_> = after.split('\'').collect();
        (quoted[1].to_owned(), quoted[3].strip_prefix("Authorization: ").unwrap().to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(LATCHKEY);
    command.current_dir(folder).env_clear();
    command
}
