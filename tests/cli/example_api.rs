//! `examples/protected_api.rs`: an API behind the guard, over the local server's tokens.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http::Method;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::root;
use latchkey_testkit::world::World;

use crate::running::Running;

/// The built example. `cargo test` builds no example of another package.
fn built() -> PathBuf {
    // Of the whole workspace, so that the dependencies are those at hand.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["build", "--quiet", "--locked", "--workspace", "--example", "protected_api"]);
    // Cargo tells a test of its package in these; ring's build script would take that for a change, and all that is built
    // on ring would be compiled again.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars().filter(|(name, _)| told(name)) {
        cargo.env_remove(name);
    }
    assert!(cargo.status().unwrap().success());
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/protected_api")
}

/// The running example, and its URL.
struct Api(Child, String);

impl Api {
    fn start(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut command = Command::new(built());
        command.env_clear().envs(environment).env("LATCHKEY_TOKENS_TABLE", "latchkey-tokens").env("PORT", "0");
        let mut api = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(api.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(api, line.trim().to_owned())
    }

    async fn get(&self, world: &World, path: &str, token: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        world.send_to(&self.1, Method::GET, path, &[("authorization", &authorization)], bytes::Bytes::new()).await
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_example_api_lets_a_token_pass_and_asks_for_its_scope() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let api = Api::start(server.exported().into_iter().filter(|(name, _)| name.starts_with("AWS_")));
    let world = World::new().await;
    let (url, authorization) = server.pasted("Two signed requests");
    let tokens = world.post_to("", &url, &authorization).await;
    let tokens = tokens.member("access_token").to_owned();
    let loans = api.get(&world, "/loans", &tokens).await;
    assert_eq!((loans.status.as_u16(), loans.member("institution"), loans.member("asked_by")), (200, "128807", "demo"));
    assert_eq!(loans.member("subject"), "demo", "an application that acts for itself");
    assert_eq!(api.get(&world, "/orders", &tokens).await.status, 403);
    assert_eq!(api.get(&world, "/loans", "tk_x").await.status, 401);
}

/// A request to DynamoDB may take a second, and a process longer: the first time, and when what it gave has expired.
#[cfg(unix)]
#[tokio::test]
async fn a_guards_credentials_may_take_longer_than_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let server = Running::start(folder.path(), &[]);
    // What it gives first ends after a second, what it gives then after a day.
    let script = format!(
        "life='1 day'; [ -e '{0}' ] || life='1 second'; echo >>'{0}'; sleep 1.5; \
         printf '{{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",\"Expiration\":\"%s\"}}' \
         \"$(date -u -d \"+$life\" +%Y-%m-%dT%H:%M:%SZ)\"",
        path("starts")
    );
    std::fs::write(path("script"), script).unwrap();
    std::fs::write(path("config"), format!("[default]\ncredential_process = sh {}\n", path("script"))).unwrap();
    let starts = || std::fs::read_to_string(path("starts")).unwrap().lines().count();
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", &path("config")),
        ("AWS_ENDPOINT_URL_DYNAMODB", &server.dynamodb_url),
    ];
    let api = Api::start(environment.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let world = World::new().await;
    let (url, authorization) = server.pasted("Two signed requests");
    let token = world.post_to("", &url, &authorization).await.member("access_token").to_owned();
    assert_eq!(starts(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (one, other) = tokio::join!(api.get(&world, "/loans", &token), api.get(&world, "/loans", &token));
    assert_eq!((one.status.as_u16(), other.status.as_u16(), starts()), (200, 200, 2));
    assert_eq!((api.get(&world, "/loans", &token).await.status.as_u16(), starts()), (200, 2));
}
