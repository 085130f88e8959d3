//! A client that others wrote: the npm package `oclc-wskey`, against the local server.

use std::path::Path;
use std::process::Command;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_npm_package_oclc_wskey_gets_and_refreshes_tokens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node");
    if !folder.join("node_modules/oclc-wskey").exists() {
        assert!(std::env::var_os("CI").is_none(), "CI runs this always: tests/run installs the package");
        eprintln!("skipped: tests/node/node_modules is missing (tests/run installs it where Node is)");
        return;
    }
    let world = World::new().await;
    let client = world.client_with(|client| client.names_principal = true).await;
    let mut command = Command::new("node");
    command.current_dir(folder).arg("client.mjs").args([&world.url, &client.id, client.secret.expose()]);
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && out.contains("tokens, refresh, principal: ok"), "{out}{err}");
}
