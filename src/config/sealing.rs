//! Where the keys that seal come from.

use std::path::PathBuf;

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use latchkey_dynamodb::aws::SdkConfig;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use latchkey_dynamodb::advice::is_denied;
use latchkey_dynamodb::environment::{ConfigError, Environment};
use latchkey_oauth::keyrings::{Keyrings, ring as ring_of};
use latchkey_oauth::secret::{DERIVED_FROM, KEY_BYTES, NamedKey, is_key_name};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::settings::{OLD_KEYS, SEALING_KEY_FILE, SEALING_KEY_NAMES, SEALING_KMS_KEY};
use latchkey_oauth::settings::OldKeys;

/// Where the keys that seal come from.
#[derive(Clone, Debug)]
pub enum Sealing {
    /// An HMAC_256 key in KMS for each set of functions. A sealing key is the MAC that it gives to the sealing key's name, so
    /// nothing has to be stored, and deploying is one step. The first name seals.
    Kms {
        /// The keys in KMS that are set.
        key_ids: Vec<(KeySet, String)>,
        /// The names.
        names: Vec<String>,
        /// What the old keys still do.
        old: OldKeys,
    },
    /// Lines of `name:base64(32 bytes)`, the one that seals first. For a machine of one's own: in Lambda the file would
    /// have to be shipped with the code.
    File {
        /// The file.
        path: PathBuf,
        /// What the old keys still do: the keys of the file themselves, as versions before there were sets used them.
        old: OldKeys,
    },
}

/// The sealing keys of a start, and what an operator must know of them.
pub struct Derived {
    /// The keys.
    pub keyrings: Keyrings,
    /// Why the old keys are not among them, though they were asked for.
    pub without_old: Option<ConfigError>,
}

/// A key to derive: whose, by which key in KMS, and its name.
struct Asked {
    set: KeySet,
    variable: &'static str,
    key_id: String,
    name: String,
    is_old: bool,
}

impl Sealing {
    pub(super) fn read<V: Fn(&str) -> Option<String>>(environment: &Environment<V>) -> Result<Self, ConfigError> {
        let in_kms = |set: &KeySet| Some((*set, environment.set(&set.row().kms_key)?));
        let key_ids: Vec<_> = KeySet::ALL.iter().filter_map(in_kms).collect();
        let old = environment.maybe(&OLD_KEYS, OldKeys::parse)?.unwrap_or_default();
        match environment.set(&SEALING_KEY_FILE) {
            None if !key_ids.is_empty() => {
                Ok(Self::Kms { key_ids, names: environment.read(&SEALING_KEY_NAMES, key_names)?, old })
            }
            Some(path) if key_ids.is_empty() => Ok(Self::File { path: path.into(), old }),
            _ => Err(ConfigError::OneOf(SEALING_KMS_KEY.name, SEALING_KEY_FILE.name)),
        }
    }

    /// Fails unless each of the sets has a key in KMS, or all have a file. A deployment whose keys are half moved lacks some.
    pub fn has(&self, mut sets: impl Iterator<Item = KeySet>) -> Result<(), ConfigError> {
        sets.try_for_each(|set| match self {
            Self::File { .. } => Ok(()),
            Self::Kms { .. } => self.key_id(set).map(|_| ()),
        })
    }

    fn key_id(&self, set: KeySet) -> Result<&str, ConfigError> {
        let Self::Kms { key_ids, .. } = self else { return Err(ConfigError::Missing(set.row().kms_key.name)) };
        let found = key_ids.iter().find(|(known, _)| *known == set);
        found.map(|(_, id)| id.as_str()).ok_or(ConfigError::NoKey(set.row().kms_key.name, set.row().name))
    }

    /// Gets the keys of these sets.
    pub(super) async fn keyrings(&self, sets: &[KeySet], sdk: &SdkConfig) -> Result<Derived, ConfigError> {
        self.has(sets.iter().copied())?;
        match self {
            Self::File { path, old } => {
                let failed = |reason: String| ConfigError::SealingKey { path: path.clone(), reason };
                let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                let keyrings = Keyrings::of_file(&Zeroizing::new(text), sets.iter().copied(), *old);
                Ok(Derived { keyrings: keyrings.map_err(|error| failed(error.to_string()))?, without_old: None })
            }
            Self::Kms { names, old, .. } => derive(self.asked(sets, names, *old)?, sets, *old, sdk).await,
        }
    }

    fn asked(&self, sets: &[KeySet], names: &[String], old: OldKeys) -> Result<Vec<Asked>, ConfigError> {
        let mut asked = Vec::new();
        for set in sets.iter().copied() {
            for name in names {
                let (variable, key_id) = (set.row().kms_key.name, self.key_id(set)?.to_owned());
                asked.push(Asked { set, variable, key_id, name: set.key_name(name), is_old: false });
                if old != OldKeys::None && set.row().is_old {
                    // One key in KMS gave old keys to all.
                    let (variable, key_id) = (SEALING_KMS_KEY.name, self.key_id(KeySet::Clients)?.to_owned());
                    asked.push(Asked { set, variable, key_id, name: name.clone(), is_old: true });
                }
            }
        }
        Ok(asked)
    }
}

/// Names with commas between them.
fn key_names(text: &str) -> Option<Vec<String>> {
    let names = text.split(',').map(|name| name.trim().to_owned());
    names.map(|name| is_key_name(&name).then_some(name)).collect()
}

/// Asks for all keys at once, so that many take no longer than one.
async fn derive(asked: Vec<Asked>, sets: &[KeySet], old: OldKeys, sdk: &SdkConfig) -> Result<Derived, ConfigError> {
    let kms = aws_sdk_kms::Client::new(sdk);
    let mut asking = JoinSet::new();
    for (at, Asked { key_id, name, .. }) in asked.iter().enumerate() {
        let (kms, key_id, name) = (kms.clone(), key_id.clone(), name.clone());
        asking.spawn(async move { (at, mac(&kms, key_id, &name).await) });
    }
    let mut macs = asking.join_all().await;
    macs.sort_by_key(|(at, _)| *at);
    let (mut found, mut without_old) = (Vec::new(), None);
    for (asked, (_, mac)) in asked.into_iter().zip(macs) {
        let Asked { set, variable, key_id: key, name, is_old } = asked;
        match mac {
            Ok(mac) => found.push((set, is_old, (name, mac))),
            // The role of a function whose move has ended may use the key of old keys no more.
            Err(code) if is_old && set != KeySet::Clients && is_denied(&code) => {
                without_old = Some(ConfigError::Kms { variable, key, code });
            }
            Err(code) => return Err(ConfigError::Kms { variable, key, code }),
        }
    }
    let ring = |set: &KeySet| {
        let keys = |is_old: bool| -> Vec<NamedKey> {
            let of = found.iter().filter(|(of, old, _)| of == set && *old == is_old);
            of.map(|(_, _, key)| key.clone()).collect()
        };
        let ring = ring_of(*set, keys(false), keys(true), old);
        // Only without a name there is no key.
        let nameless = ConfigError::Invalid { name: SEALING_KEY_NAMES.name, expected: SEALING_KEY_NAMES.kind };
        Ok((*set, ring.map_err(|_| nameless)?))
    };
    let rings = sets.iter().map(ring).collect::<Result<_, ConfigError>>()?;
    Ok(Derived { keyrings: Keyrings::new(rings), without_old })
}

/// The key of this name: 32 bytes of HMAC-SHA-256 are a key for AES-256 (NIST SP 800-108 derives keys so).
async fn mac(kms: &aws_sdk_kms::Client, key_id: String, name: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, String> {
    let asked = kms
        .generate_mac()
        .key_id(key_id)
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .message(Blob::new(format!("{DERIVED_FROM}{name}")))
        .send()
        .await;
    // Only the code: a message may quote what was sent.
    let asked = asked.map_err(|error| error.code().unwrap_or("no answer").to_owned())?;
    let mac = asked.mac().and_then(|mac| <[u8; KEY_BYTES]>::try_from(mac.as_ref()).ok());
    mac.map(Zeroizing::new).ok_or_else(|| "a MAC of another length".to_owned())
}
