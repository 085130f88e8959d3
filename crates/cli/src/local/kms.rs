//! `GenerateMac`, for the sealing keys of the local server. Functions derive each key by its name, as they do with KMS, each set
//! of functions by a key of its own. What they get comes from the keys of the state folder.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::local::state::Keys;
use latchkey_oauth::secret::{DERIVED_FROM, NamedKey, derived};
use latchkey_oauth::service::KeySet;

/// The id of a set's key, for the functions' setting.
pub(super) fn key_id(set: KeySet) -> String {
    format!("alias/latchkey-local-{}", set.row().name)
}

/// The service's name in `X-Amz-Target`.
pub(super) const TARGET: &str = "TrentService";
/// The type of KMS's documents.
pub(super) const JSON: &str = "application/x-amz-json-1.1";

const ALGORITHM: &str = "HMAC_SHA_256";
const OTHERS: [&str; 3] = ["HMAC_SHA_224", "HMAC_SHA_384", "HMAC_SHA_512"];
/// KMS's limit of a message, bytes.
const MAX_MESSAGE: usize = 4096;

/// The keys that it gives out, by name.
pub(super) struct Kms(pub(super) Keys);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    key_id: Option<String>,
    message: Option<String>,
    mac_algorithm: Option<String>,
    #[serde(default)]
    dry_run: bool,
}

impl Kms {
    /// The names of the keys, the one that seals first.
    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What a set's key makes of a message: a key of this set, or an old key, which is one of the folder itself.
    fn key(&self, set: KeySet, message: &[u8]) -> Option<NamedKey> {
        let name = std::str::from_utf8(message.strip_prefix(DERIVED_FROM.as_bytes())?).ok()?;
        self.0.iter().find_map(|(known, key)| match () {
            () if set == KeySet::Clients && name == known => Some((name.to_owned(), key.clone())),
            () if name == set.key_name(known) => Some((name.to_owned(), derived(key, name)?)),
            () => None,
        })
    }

    /// Answers `GenerateMac`: the answer's document, or the code and the text of an error.
    pub(super) fn generate_mac(&self, body: &[u8]) -> Result<Value, (&'static str, String)> {
        let asked: Asked = serde_json::from_slice(body)
            .map_err(|_| ("SerializationException", "The body is no document of GenerateMac.".to_owned()))?;
        let (key_id, message, algorithm) = match (asked.key_id, asked.message, asked.mac_algorithm) {
            (None, ..) => return Err(invalid("Value null at 'keyId'", "Member must not be null")),
            (_, None, _) => return Err(invalid("Value null at 'message'", "Member must not be null")),
            (.., None) => return Err(invalid("Value null at 'macAlgorithm'", "Member must not be null")),
            (Some(key_id), Some(message), Some(algorithm)) => (key_id, message, algorithm),
        };
        let message = STANDARD
            .decode(message)
            .map_err(|_| ("SerializationException", "The member Message is not base64.".to_owned()))?;
        if message.is_empty() {
            return Err(invalid("Value at 'message'", "Member must have length greater than or equal to 1"));
        }
        if message.len() > MAX_MESSAGE {
            return Err(invalid("Value at 'message'", "Member must have length less than or equal to 4096"));
        }
        if algorithm != ALGORITHM && !OTHERS.contains(&algorithm.as_str()) {
            let all = [&OTHERS[..], &[ALGORITHM]].concat().join(", ");
            return Err(invalid("Value at 'macAlgorithm'", &format!("Member must satisfy enum value set: [{all}]")));
        }
        let Some(set) = KeySet::ALL.iter().copied().find(|set| self::key_id(*set) == key_id) else {
            let ids: Vec<_> = KeySet::ALL.iter().map(|set| self::key_id(*set)).collect();
            return Err(("NotFoundException", format!("The local server has only the keys {}.", ids.join(", "))));
        };
        if algorithm != ALGORITHM {
            return Err(("InvalidKeyUsageException", format!("The key {key_id} is for {ALGORITHM}.")));
        }
        let Some(key) = self.key(set, &message) else {
            let names = self.names().join(",");
            let what = format!(
                "The message names no sealing key that the local server derives from {key_id}. Set LATCHKEY_SEALING_KEY_NAMES \
                 to {names}, and the keys of the sets, as the file sam-local.json of the state folder has them."
            );
            return Err(("ValidationException", what));
        };
        if asked.dry_run {
            let what = "The request would have succeeded, but the DryRun option is set.";
            return Err(("DryRunOperationException", what.to_owned()));
        }
        Ok(json!({ "KeyId": key_id, "Mac": STANDARD.encode(&key.1[..]), "MacAlgorithm": ALGORITHM }))
    }
}

/// As KMS words a member that breaks its shape.
fn invalid(what: &str, constraint: &str) -> (&'static str, String) {
    ("ValidationException", format!("1 validation error detected: {what} failed to satisfy constraint: {constraint}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn kms() -> Kms {
        Kms(vec![("local-1".to_owned(), Zeroizing::new([7; 32])), ("old".to_owned(), Zeroizing::new([8; 32]))])
    }

    /// A question that is answered, with one member changed.
    fn asked(member: &str, value: Value) -> Result<Value, (&'static str, String)> {
        let mut asked = json!({
            "KeyId": "alias/latchkey-local-clients",
            "Message": STANDARD.encode("latchkey sealing key old"),
            "MacAlgorithm": "HMAC_SHA_256",
        });
        asked[member] = value;
        kms().generate_mac(asked.to_string().as_bytes())
    }

    #[test]
    fn a_message_that_names_a_sealing_key_gets_that_key() {
        let old = asked("DryRun", json!(false)).unwrap();
        assert_eq!(old["Mac"], STANDARD.encode([8; 32]));
        assert_eq!(old["KeyId"], "alias/latchkey-local-clients");
        assert_eq!(old["MacAlgorithm"], "HMAC_SHA_256");
        let first = asked("Message", json!(STANDARD.encode("latchkey sealing key local-1"))).unwrap();
        assert_eq!(first["Mac"], STANDARD.encode([7; 32]));
        assert_eq!(kms().names(), ["local-1", "old"]);
        // As `printf 'latchkey sealing key clients/old' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0808…08` has it.
        let own = asked("Message", json!(STANDARD.encode("latchkey sealing key clients/old"))).unwrap();
        assert_eq!(own["Mac"], "WJVqAcuzXqzLGAwzj+yDtVKgeUUssaqz18EK5MI+3wY=");
    }

    #[test]
    fn what_kms_refuses_is_refused_with_its_code() {
        let message = |text: &str| json!(STANDARD.encode(text));
        for (member, value, code, says) in [
            ("KeyId", json!("alias/other"), "NotFoundException", "alias/latchkey-local"),
            ("KeyId", json!(null), "ValidationException", "keyId"),
            ("MacAlgorithm", json!("HMAC_SHA_512"), "InvalidKeyUsageException", "HMAC_SHA_256"),
            ("MacAlgorithm", json!("MD5"), "ValidationException", "enum value set"),
            ("MacAlgorithm", json!(null), "ValidationException", "macAlgorithm"),
            ("Message", json!(null), "ValidationException", "message"),
            ("Message", json!(""), "ValidationException", "greater than or equal to 1"),
            ("Message", message(&"x".repeat(4097)), "ValidationException", "less than or equal to 4096"),
            ("Message", message(&"x".repeat(4096)), "ValidationException", "LATCHKEY_SEALING_KEY_NAMES to local-1,old"),
            ("Message", message("latchkey sealing key v1"), "ValidationException", "names no sealing key"),
            ("Message", message("old"), "ValidationException", "names no sealing key"),
            // Of another set, and of the old keys, which the key of the client secrets' set gives.
            ("Message", message("latchkey sealing key pages/old"), "ValidationException", "names no sealing key"),
            ("KeyId", json!("alias/latchkey-local-pages"), "ValidationException", "names no sealing key"),
            ("Message", json!("*"), "SerializationException", "base64"),
            ("Message", json!(5), "SerializationException", "no document"),
            ("DryRun", json!(true), "DryRunOperationException", "DryRun"),
        ] {
            let (found, text) = asked(member, value.clone()).unwrap_err();
            assert!(found == code && text.contains(says), "{member} {value}: {found} {text}");
        }
        for body in ["", "[]", "null", "{", "\u{0}"] {
            assert_eq!(kms().generate_mac(body.as_bytes()).unwrap_err().0, "SerializationException", "{body}");
        }
        assert_eq!(kms().generate_mac(b"{}").unwrap_err().0, "ValidationException");
    }
}
