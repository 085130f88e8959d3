//! What is measured, as it is shipped.

use std::path::PathBuf;
use std::process::Command;

use latchkey_oauth::service::Function;

use crate::root;

/// Programs that serve the Runtime API, and where they lie.
pub struct Shipped {
    /// cargo-lambda gives each a folder of its own.
    by_cargo_lambda: bool,
}

impl Shipped {
    /// The functions, and what they are compared with. As stages/size builds them, so that nothing is compiled twice: by the
    /// cargo-lambda that it installs, or by cargo where that is missing.
    pub fn build() -> Self {
        let tools = root().join("target/tools/infra/bin");
        let by_cargo_lambda = tools.join("cargo-lambda").exists();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path))).unwrap();
        let verb: &[_] = if by_cargo_lambda { &["lambda", "build"] } else { &["build"] };
        let functions: Vec<_> = Function::ALL.iter().map(|function| format!("--bin={}", function.as_str())).collect();
        let functions = functions.iter().map(String::as_str);
        let functions: Vec<_> =
            ["--package=latchkey", "--package=latchkey-check"].into_iter().chain(functions).collect();
        // Apart: what the contestants turn on in a dependency would find its way into the functions.
        let contestants = vec!["--package=latchkey-contestants", "--bin=nothing", "--bin=bare_sdk"];
        for programs in [functions, contestants] {
            let mut command = Command::new(env!("CARGO"));
            command.current_dir(root()).env("PATH", &path).args(verb).args(["--quiet", "--locked", "--release"]);
            run(command.args(programs));
        }
        Self { by_cargo_lambda }
    }

    /// The program of this name.
    pub fn program(&self, name: &str) -> String {
        let place = if self.by_cargo_lambda { format!("lambda/{name}/bootstrap") } else { format!("release/{name}") };
        root().join("target").join(place).to_str().unwrap().to_owned()
    }
}

/// The command line, with the local server.
pub fn latchkey() -> PathBuf {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["build", "--quiet", "--locked", "--release"]);
    run(command.args(["--package", "latchkey-cli", "--bin", "latchkey"]));
    root().join("target/release/latchkey")
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "it does not build");
}
