//! What runs in the benchmark, and how it is measured.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::process;
use crate::runtime_api::Function;
use crate::tls::{Counts, Tls};

/// A program that serves the Runtime API, and what it is asked.
pub struct Contestant {
    pub name: String,
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub event: Box<dyn Fn() -> Value>,
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
    /// What it is asked each time; a freshly signed refresh where there is none.
    pub event: Option<Value>,
}

/// All figures of one contestant. Times in microseconds, each list sorted.
#[derive(Default)]
pub struct Measured {
    pub start: Vec<f64>,
    pub start_cpu: Vec<f64>,
    pub first: Vec<f64>,
    pub first_cpu: Vec<f64>,
    pub warm: Vec<f64>,
    /// CPU of one warm invocation.
    pub warm_cpu: f64,
    pub counts: Counts,
    /// Megabytes, as are the next two.
    pub resident: f64,
    pub binary: f64,
    pub zip: f64,
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
    async fn spawn(&self) -> Function {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).envs(self.environment.clone()).stdout(Stdio::null());
        Function::spawned(&mut command).await
    }

    /// One process's life until after its first invocation.
    pub async fn start(&self, measured: &mut Measured) {
        let began = Instant::now();
        let function = self.spawn().await;
        measured.start.push(micros(began.elapsed()));
        let cpu = micros(process::cpu(function.child.id()));
        measured.start_cpu.push(cpu);
        let event = (self.event)();
        let began = Instant::now();
        succeeds(&function.invoke_raw(&event).await);
        measured.first.push(micros(began.elapsed()));
        measured.first_cpu.push(micros(process::cpu(function.child.id())) - cpu);
    }

    /// One process, warm.
    pub async fn warm(&self, invocations: usize, tls: &Tls, measured: &mut Measured) {
        let function = self.spawn().await;
        for _ in 0..invocations / 5 {
            succeeds(&function.invoke_raw(&(self.event)()).await);
        }
        tls.take();
        let before = micros(process::cpu(function.child.id()));
        for _ in 0..invocations {
            let event = (self.event)();
            let began = Instant::now();
            let answer = function.invoke_raw(&event).await;
            measured.warm.push(micros(began.elapsed()));
            succeeds(&answer);
        }
        measured.warm_cpu = (micros(process::cpu(function.child.id())) - before) / invocations as f64;
        let Counts { calls, read_units, write_units } = tls.take();
        let each = |total: f64| total / invocations as f64;
        measured.counts = Counts { calls: each(calls), read_units: each(read_units), write_units: each(write_units) };
        measured.resident = process::resident(function.child.id());
        let binary = std::fs::read(&self.command[0]).unwrap_or_default();
        let mut zipped = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        zipped.write_all(&binary).unwrap();
        measured.binary = binary.len() as f64 / MB;
        measured.zip = zipped.finish().unwrap().len() as f64 / MB;
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

    /// `invocations` of one process: what is resident after every tenth of them, MB.
    pub async fn soak(&self, invocations: usize) -> Vec<f64> {
        let function = self.spawn().await;
        let mut resident = Vec::new();
        for _ in 0..10 {
            for _ in 0..invocations / 10 {
                succeeds(&function.invoke_raw(&(self.event)()).await);
            }
            resident.push(process::resident(function.child.id()));
        }
        resident
    }
}

fn succeeds(answer: &Value) {
    assert!(answer["statusCode"] == 200 || answer["isAuthorized"] == true, "{answer}");
}
