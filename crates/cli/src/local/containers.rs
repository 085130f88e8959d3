//! Functions in containers, as `sam local` runs them: where they reach the engine, and the file with their environment.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use crate::local::engine::tables;
use crate::local::error::EngineError;
use crate::local::kms::{Kms, key_id};
use crate::local::state::{ENVIRONMENT_FILE, private, unusable};
use latchkey_oauth::service::{KeySet, settings};
use latchkey_oauth::settings::Settings;

/// The name of this machine in a container. Docker Desktop knows it; elsewhere `samconfig.toml` has Docker add it.
pub const CONTAINERS_HOST: &str = "host.docker.internal";

/// Docker's bridge on Linux. `host-gateway` is its address.
const BRIDGE: &str = "docker0";

/// Where `sam local start-api` serves, unless it is told another port.
const GATEWAY: &str = "http://127.0.0.1:3000";

/// Listens for containers that call this host, besides loopback. `None` where Docker leads the name to loopback, as Docker
/// Desktop does.
pub(super) async fn listen(host: &str, port: u16) -> Result<Option<(TcpListener, SocketAddr)>, EngineError> {
    let Some(address) = address(host) else { return Ok(None) };
    let address = SocketAddr::new(address, port);
    let listener = TcpListener::bind(address).await;
    listener.map(|listener| Some((listener, address))).map_err(|error| EngineError::BindContainers { address, error })
}

fn address(host: &str) -> Option<IpAddr> {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address = if host.eq_ignore_ascii_case("localhost") { None } else { address.or_else(bridge) };
    // There it listens anyway.
    address.filter(|address| *address != Ipv4Addr::LOCALHOST)
}

fn bridge() -> Option<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().ok()?;
    interfaces
        .into_iter()
        .find(|interface| interface.name == BRIDGE && interface.ip().is_ipv4())
        .map(|found| found.ip())
}

/// The environment of the functions, in a file that only its owner can read. The file goes when this is dropped, unless
/// another server has written its own.
pub(super) struct EnvironmentFile {
    pub(super) path: PathBuf,
    text: String,
}

impl EnvironmentFile {
    /// Writes the file into the state folder, whole or not at all. A link of its name is replaced, never followed.
    pub(super) fn write(folder: &Path, engine: &str, kms: &Kms, own: &Settings) -> Result<Self, EngineError> {
        let path = folder.join(ENVIRONMENT_FILE);
        let tables = tables();
        let mut variables = json!({
            settings::CLIENTS_TABLE.name: tables.clients,
            settings::TOKENS_TABLE.name: tables.tokens,
            settings::USERS_TABLE.name: tables.users,
            settings::SEALING_KEY_NAMES.name: kms.names().join(","),
            // SAM's gateway calls itself localhost, without a port.
            settings::ISSUER.name: own.issuer.as_deref().unwrap_or(GATEWAY),
            // The template has no value for it.
            settings::SUBJECT.name: own.subjects.as_str(),
            "AWS_ENDPOINT_URL_DYNAMODB": engine,
            "AWS_ENDPOINT_URL_KMS": engine,
        });
        for set in KeySet::ALL {
            variables[set.row().kms_key.name] = key_id(*set).into();
        }
        let text = format!("{:#}\n", json!({ "Parameters": variables }));
        let written = || {
            let mut file = NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path).map_err(|failed| failed.error)
        };
        private::folder(folder)?;
        written().map_err(|error| unusable(&path, error))?;
        Ok(Self { path, text })
    }
}

impl Drop for EnvironmentFile {
    fn drop(&mut self) {
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
