//! Clients that others wrote, against the local server. Those in Python are run by `tests/run`.

use std::path::Path;
use std::process::Command;

use crate::world::World;

/// Runs a script of `tests/node` against a server, as a client that may do everything.
async fn run(script: &'static str, says: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    if !folder.join("node_modules/oclc-wskey").exists() {
        assert!(std::env::var_os("CI").is_none(), "CI runs this always: tests/run installs the packages");
        eprintln!("skipped: tests/node/node_modules is missing (tests/run installs it where Node is)");
        return;
    }
    let world = World::new().await;
    let registration = |client: &mut latchkey_oauth::client::Client| {
        client.names_principal = true;
        client.introspects = vec!["*".into()];
    };
    let client = world.client_with(registration).await;
    let mut command = Command::new("node");
    command.current_dir(folder).arg(script).args([&world.url, &client.id, client.secret.expose()]);
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains(says), "{out}{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_package_oclc_wskey_gets_and_refreshes_tokens() {
    run("client.mjs", "tokens, refresh, principal: ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_package_oauth4webapi_finds_the_endpoints_and_introspects_and_revokes() {
    run("oauth.mjs", "discovery, tokens, refresh, introspection, revocation: ok").await;
}
