//! What runs in the benchmark, and how it is measured.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use latchkey_testkit::bench::process;
use latchkey_testkit::runtime_api::Function;
use latchkey_testkit::tls::{Counts, Tls};
use serde::Deserialize;
use serde_json::Value;

/// A program that serves the Runtime API, and what it is asked.
pub struct Contestant {
    pub name: String,
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub event: Box<dyn Fn() -> Value>,
    /// What would be deployed.
    pub files: Vec<PathBuf>,
}

/// Another program than ours, as a file describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Beside what every contestant gets.
    #[serde(default)]
    pub environment: std::collections::BTreeMap<String, String>,
    /// What would be deployed, and is weighed; the program where there is none.
    #[serde(default)]
    pub files: Vec<PathBuf>,
    /// What it is asked each time; a freshly signed refresh where there is none.
    pub event: Option<Value>,
}

/// All figures of one contestant. Times in microseconds, each list sorted in the end.
#[derive(Default)]
pub struct Measured {
    pub start: Vec<f64>,
    pub start_cpu: Vec<f64>,
    pub first: Vec<f64>,
    pub first_cpu: Vec<f64>,
    pub warm: Vec<f64>,
    /// CPU of one warm invocation.
    pub warm_cpu: f64,
    /// Of one warm invocation; until the end, of all.
    pub counts: Counts,
    /// Megabytes, as are the next two.
    pub resident: f64,
    /// Unknown where no file is named, or the command is an interpreter that is looked for in the path.
    pub binary: Option<f64>,
    pub zip: Option<f64>,
}

/// A process whose first invocations are behind it.
pub struct Warm {
    function: Function,
    /// CPU time of these.
    before: Duration,
}

impl Warm {
    /// What it has taken since its first invocations.
    pub fn cpu(&self) -> Duration {
        process::cpu(self.function.child.id()).saturating_sub(self.before)
    }
}

impl Foreign {
    pub fn read(path: &Path) -> Result<Self, String> {
        let failed = |error: String| format!("error: --contestant {}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let foreign: Self = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if foreign.command.is_empty() { Err(failed("the command is empty".to_owned())) } else { Ok(foreign) }
    }
}

const MB: f64 = 1024.0 * 1024.0;

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The `percent`th of a hundred of a sorted list.
pub fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

impl Contestant {
    pub async fn spawn(&self) -> Function {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).envs(self.environment.clone()).stdout(Stdio::null());
        Function::spawned(&mut command).await
    }

    /// One process's life until after its first invocation.
    pub async fn start(&self, measured: &mut Measured) {
        let began = Instant::now();
        let function = self.spawn().await;
        measured.start.push(micros(began.elapsed()));
        let cpu = process::cpu(function.child.id());
        measured.start_cpu.push(micros(cpu));
        let event = (self.event)();
        let began = Instant::now();
        succeeds(&function.invoke_raw(&event).await);
        measured.first.push(micros(began.elapsed()));
        measured.first_cpu.push(micros(process::cpu(function.child.id()).saturating_sub(cpu)));
    }

    /// One process, after `invocations` that nobody measures.
    pub async fn warm_up(&self, invocations: usize) -> Warm {
        let function = self.spawn().await;
        for _ in 0..invocations {
            succeeds(&function.invoke_raw(&(self.event)()).await);
        }
        let before = process::cpu(function.child.id());
        Warm { function, before }
    }

    /// Some invocations of it: between them others have theirs, so that a busy moment of the machine touches all.
    pub async fn invoke(&self, warm: &Warm, invocations: usize, tls: &Tls, measured: &mut Measured) {
        tls.take();
        for _ in 0..invocations {
            let event = (self.event)();
            let began = Instant::now();
            let answer = warm.function.invoke_raw(&event).await;
            measured.warm.push(micros(began.elapsed()));
            succeeds(&answer);
        }
        measured.counts += tls.take();
    }

    /// What is known once all is measured.
    pub fn finish(&self, warm: Warm, measured: &mut Measured) {
        let invocations = measured.warm.len() as f64;
        let id = warm.function.child.id();
        measured.warm_cpu = micros(warm.cpu()) / invocations;
        measured.counts = measured.counts.each(invocations);
        measured.resident = process::resident(id);
        let files: Option<Vec<_>> = self.files.iter().map(|file| std::fs::read(file).ok()).collect();
        let files = files.filter(|files| !files.is_empty());
        measured.binary = files.as_ref().map(|files| files.iter().map(Vec::len).sum::<usize>() as f64 / MB);
        measured.zip = files.map(|files| files.iter().map(|file| zipped(file)).sum::<usize>() as f64 / MB);
        for list in [
            &mut measured.start,
            &mut measured.start_cpu,
            &mut measured.first,
            &mut measured.first_cpu,
            &mut measured.warm,
        ] {
            list.sort_by(f64::total_cmp);
        }
    }

    /// `invocations` of one process: tells what is resident, MB, after the first 1,000 and after every tenth of all.
    pub async fn soak(&self, invocations: usize, tell: impl Fn(usize, f64)) {
        let function = self.spawn().await;
        for number in 1..=invocations {
            succeeds(&function.invoke_raw(&(self.event)()).await);
            if number == 1000 || number % (invocations / 10).max(1) == 0 {
                tell(number, process::resident(function.child.id()));
            }
        }
    }
}

fn zipped(file: &[u8]) -> usize {
    let mut zipped = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    zipped.write_all(file).unwrap();
    zipped.finish().unwrap().len()
}

fn succeeds(answer: &Value) {
    assert!(answer["statusCode"] == 200 || answer["isAuthorized"] == true, "{answer}");
}
