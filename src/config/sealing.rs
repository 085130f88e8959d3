//! Where the keys that seal client secrets come from.

use std::path::PathBuf;

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use latchkey_dynamodb::aws::SdkConfig;
use zeroize::Zeroizing;

use latchkey_dynamodb::environment::{ConfigError, Environment};
use latchkey_oauth::secret::{KEY_BYTES, Keyring, is_key_name};
use latchkey_oauth::service::settings::{SEALING_KEY_FILE, SEALING_KEY_NAMES, SEALING_KMS_KEY};

/// Where the keys that seal client secrets come from.
#[derive(Clone, Debug)]
pub enum Sealing {
    /// An HMAC_256 key in KMS. A sealing key is the MAC that it gives to the key's name, so nothing has to be stored, and
    /// deploying is one step. The first name seals.
    Kms {
        /// The key in KMS.
        key_id: String,
        /// The names.
        names: Vec<String>,
    },
    /// Lines of `name:base64(32 bytes)`, the one that seals first. For a machine of one's own: in Lambda the file would
    /// have to be shipped with the code.
    File(PathBuf),
}

/// What the MAC of a sealing key is made of, before the key's name. It keeps the key apart from any other use of the
/// same key in KMS.
pub const MAC_CONTEXT: &str = "latchkey sealing key ";

impl Sealing {
    pub(super) fn read<V: Fn(&str) -> Option<String>>(environment: &Environment<V>) -> Result<Self, ConfigError> {
        match (environment.set(&SEALING_KMS_KEY), environment.set(&SEALING_KEY_FILE)) {
            (Some(key_id), None) => Ok(Self::Kms { key_id, names: environment.read(&SEALING_KEY_NAMES, key_names)? }),
            (None, Some(path)) => Ok(Self::File(path.into())),
            _ => Err(ConfigError::OneOf(SEALING_KMS_KEY.name, SEALING_KEY_FILE.name)),
        }
    }

    pub(super) async fn keyring(&self, sdk: &SdkConfig) -> Result<Keyring, ConfigError> {
        match self {
            Self::File(path) => {
                let failed = |reason: String| ConfigError::SealingKey { path: path.clone(), reason };
                let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                Keyring::parse(&Zeroizing::new(text)).map_err(|error| failed(error.to_string()))
            }
            Self::Kms { key_id, names } => {
                let kms = aws_sdk_kms::Client::new(sdk);
                let mut lines = Zeroizing::new(String::new());
                for name in names {
                    lines.push_str(&derive(&kms, key_id, name).await?);
                }
                Keyring::parse(&lines).map_err(|error| ConfigError::Kms(error.to_string()))
            }
        }
    }
}

/// Names with commas between them.
fn key_names(text: &str) -> Option<Vec<String>> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.map(|name| is_key_name(&name).then_some(name)).collect()
}

/// The keyring's line of one key: 32 bytes of HMAC-SHA-256 are a key for AES-256 (NIST SP 800-108 derives keys so).
async fn derive(kms: &aws_sdk_kms::Client, key_id: &str, name: &str) -> Result<Zeroizing<String>, ConfigError> {
    let asked = kms
        .generate_mac()
        .key_id(key_id)
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .message(Blob::new(format!("{MAC_CONTEXT}{name}")))
        .send()
        .await;
    // Only the code: a message may quote what was sent.
    let asked = asked.map_err(|error| ConfigError::Kms(error.code().unwrap_or("no answer").to_owned()))?;
    let mac = asked.mac().and_then(|mac| <[u8; KEY_BYTES]>::try_from(mac.as_ref()).ok());
    mac.map(|mac| Keyring::line(name, &mac)).ok_or_else(|| ConfigError::Kms("a MAC of another length".to_owned()))
}
