//! `cargo bench --bench memory_size`: what memory a function should have. Lambda gives a function the share of a processor
//! that its memory is of 1,769 MB (AWS's Lambda guide, "Configure Lambda function memory"); here the kernel's CPU quota
//! gives it that share, in periods of 20 ms, and each call to DynamoDB takes 3 ms more than its engine needs.
//!
//! Linux, as root, with the `cpu` cgroup controller; elsewhere it says so and measures nothing.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use latchkey_cli::local::{Options, Server};
use latchkey_scale::prices::GB_SECOND;
use latchkey_testkit::bench::built::Shipped;
use latchkey_testkit::bench::signed;
use latchkey_testkit::runtime_api::{Function, environment};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const INVOCATIONS: u32 = 300;
const DATABASE: Duration = Duration::from_millis(3);
const PERIOD_MICROS: u32 = 20_000;

#[tokio::main]
async fn main() {
    let Some(group) = Group::new() else {
        println!("no CPU quota can be set here (Linux, root, cgroup controller cpu): nothing measured");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let demo = server.demo(latchkey_dynamodb::clock::now()).await.unwrap().unwrap();
    let slow = slowed(server.dynamodb_url.clone().unwrap()).await;
    let environment = environment(&slow, folder.path());
    let shipped = Shipped::build();
    let binary = |name: &str| shipped.program(name);
    let issue = Function::under_our_own(&binary("issue"), environment.clone()).await;
    let tokens = issue.invoke(&signed::event(&demo, signed::ASK)).await;
    let tokens: Value = serde_json::from_str(tokens["body"].as_str().unwrap()).unwrap();
    let query = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());

    let binary = group.enters(folder.path(), &binary("refresh"));
    println!("a refresh; ms    first   one every 50 ms       one after the other      $ a million");
    println!("memory, MB                  p50      p99          p50      p99      (one after the other)");
    for memory in [128, 192, 256, 384, 512, 1024, 1769] {
        // A start is not under the quota in Lambda.
        group.quota(1769);
        let function = Function::under_our_own(&binary, environment.clone()).await;
        group.quota(memory);
        let mut first = Vec::new();
        let mut runs = [Vec::new(), Vec::new()];
        for (run, apart) in runs.iter_mut().zip([Duration::from_millis(50), Duration::ZERO]) {
            for _ in 0..INVOCATIONS {
                let event = signed::event(&demo, &query);
                tokio::time::sleep(apart).await;
                let began = Instant::now();
                assert_eq!(function.invoke(&event).await["statusCode"], 200);
                let took = began.elapsed().as_secs_f64() * 1e3;
                if first.is_empty() { first.push(took) } else { run.push(took) }
            }
        }
        // Lambda bills whole milliseconds.
        let billed = runs[1].iter().map(|took| took.ceil()).sum::<f64>() / runs[1].len() as f64;
        let price = billed / 1e3 * f64::from(memory) / 1024.0 * GB_SECOND * 1e6;
        runs.iter_mut().for_each(|run| run.sort_by(f64::total_cmp));
        let at = |run: &[f64], percent: usize| run[run.len() * percent / 100];
        println!(
            "{memory:>10}{:>13.1}{:>9.1}{:>9.1}{:>13.1}{:>9.1}{price:>17.3}",
            first[0],
            at(&runs[0], 50),
            at(&runs[0], 99),
            at(&runs[1], 50),
            at(&runs[1], 99)
        );
    }
}

/// A control group of this run; its processes are gone when it is dropped.
struct Group(PathBuf);

impl Group {
    fn new() -> Option<Self> {
        let name = format!("latchkey-{}", std::process::id());
        // The first version of control groups, then the second.
        let group = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(|root| Path::new(root).join(&name));
        group
            .into_iter()
            .find(|folder| {
                fs::create_dir(folder).is_ok()
                    && (folder.join("cpu.cfs_quota_us").exists() || folder.join("cpu.max").exists())
            })
            .map(Self)
    }

    fn quota(&self, memory: u32) {
        let micros = PERIOD_MICROS * memory / 1769;
        if self.0.join("cpu.max").exists() {
            fs::write(self.0.join("cpu.max"), format!("{micros} {PERIOD_MICROS}")).unwrap();
        } else {
            fs::write(self.0.join("cpu.cfs_period_us"), PERIOD_MICROS.to_string()).unwrap();
            fs::write(self.0.join("cpu.cfs_quota_us"), micros.to_string()).unwrap();
        }
    }

    /// A program that runs `binary` within the group.
    fn enters(&self, folder: &Path, binary: &str) -> String {
        let script = folder.join("enters");
        let text = format!("#!/bin/sh\necho $$ >{}/cgroup.procs && exec {binary}\n", self.0.display());
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        script.to_str().unwrap().to_owned()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Where DynamoDB answers [`DATABASE`] later.
async fn slowed(url: String) -> String {
    let (target, access_key) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (target, access_key) = (target.to_owned(), access_key.to_owned());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (Ok(engine), Ok(())) = (TcpStream::connect(&target).await, client.set_nodelay(true)) else { continue };
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_engine, mut to_engine) = engine.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_engine).await });
            tokio::spawn(async move {
                let mut chunk = vec![0; 1 << 16];
                while let Ok(length @ 1..) = from_engine.read(&mut chunk).await {
                    tokio::time::sleep(DATABASE).await;
                    to_client.write_all(&chunk[..length]).await?;
                }
                std::io::Result::Ok(())
            });
        }
    });
    format!("http://{address}/{access_key}")
}
