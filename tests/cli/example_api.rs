//! `examples/protected_api.rs`: an API behind the guard, over the local server's tokens.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use http::Method;
use latchkey_testkit::root;
use latchkey_testkit::world::World;

use crate::running::Running;

#[tokio::test]
async fn the_example_api_lets_a_token_pass_and_asks_for_its_scope() {
    // `cargo test` builds no example of another package. Of the whole workspace, so that the dependencies are those at hand.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["build", "--quiet", "--locked", "--workspace", "--example", "protected_api"]);
    // Cargo tells a test of its package in these; ring's build script would take that for a change, and all that is built
    // on ring would be compiled again.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars().filter(|(name, _)| told(name)) {
        cargo.env_remove(name);
    }
    assert!(cargo.status().unwrap().success());
    let binary = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/protected_api");
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let mut api = Command::new(binary)
        .envs(server.exported().into_iter().filter(|(name, _)| name.starts_with("AWS_")))
        .env("LATCHKEY_TOKENS_TABLE", "latchkey-tokens")
        .env("PORT", "0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(api.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let world = World::new().await;
    let get = async |path: &str, token: &str| {
        let authorization = format!("Bearer {token}");
        world.send_to(line.trim(), Method::GET, path, &[("authorization", &authorization)], bytes::Bytes::new()).await
    };
    let (url, authorization) = server.pasted("Two signed requests");
    let tokens = world.post_to("", &url, &authorization).await;
    let tokens = tokens.member("access_token").to_owned();
    let loans = get("/loans", &tokens).await;
    assert_eq!((loans.status.as_u16(), loans.member("institution"), loans.member("asked_by")), (200, "128807", "demo"));
    assert_eq!(get("/orders", &tokens).await.status, 403);
    assert_eq!(get("/loans", "tk_x").await.status, 401);
    api.kill().unwrap();
    api.wait().unwrap();
}
