//! Public keys of a client, from a file or from a text of a declared file.

use std::path::PathBuf;

use clap::builder::TypedValueParser;

use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::signing::is_on_curve;
use latchkey_oauth::client::ClientKey;
use latchkey_oauth::jose::{PublicKey, key_set};

/// The keys of a file.
#[derive(Clone)]
pub(in crate::cli) struct KeyFile(pub(in crate::cli) Vec<ClientKey>);

/// Reads the file that `--jwks` names, with a JWK or a JWK set.
pub(in crate::cli) fn key_file() -> impl TypedValueParser<Value = KeyFile> {
    input::path().try_map(keys_of)
}

fn keys_of(path: PathBuf) -> Result<KeyFile, String> {
    let text = input::text(&path).map_err(|Failure(reason)| reason)?;
    let keys = key_set::parse(&text).map_err(|fault| fault.to_string())?;
    let keys = keys.iter().zip(1..).map(|(key, place)| checked(key).map_err(|reason| format!("key {place}: {reason}")));
    keys.collect::<Result<_, _>>().map(KeyFile)
}

/// Reads a JWK of a declared file.
pub(in crate::cli) fn key(text: &str) -> Result<ClientKey, String> {
    checked(&PublicKey::parse(text).map_err(|fault| fault.to_string())?)
}

/// The rules read the numbers; whether they are a point, only arithmetic tells.
fn checked(key: &PublicKey) -> Result<ClientKey, String> {
    match key.p256_point() {
        Some(point) if !is_on_curve(point) => Err("its x and y are no point of the curve P-256".to_owned()),
        _ => Ok(key.into()),
    }
}
