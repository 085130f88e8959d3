//! `GenerateMac`, for the sealing keys of the local server. Functions derive each key by its name, as they do with KMS, and get
//! the key of that name in the state folder.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::local::state::Keys;
use latchkey::config::MAC_CONTEXT;

/// The id of the key, for the functions' setting.
pub(super) const KEY_ID: &str = "alias/latchkey-local";
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
        if key_id != KEY_ID {
            return Err(("NotFoundException", format!("The local server has only the key {KEY_ID}.")));
        }
        if algorithm != ALGORITHM {
            return Err(("InvalidKeyUsageException", format!("The key {KEY_ID} is for {ALGORITHM}.")));
        }
        let name = message.strip_prefix(MAC_CONTEXT.as_bytes());
        let Some((_, key)) = self.0.iter().find(|(known, _)| Some(known.as_bytes()) == name) else {
            let names = self.names().join(",");
            let what = format!(
                "The message names no sealing key of the local server. Set LATCHKEY_SEALING_KEY_NAMES to {names}, as the \
                 file sam-local.json of the state folder has it."
            );
            return Err(("ValidationException", what));
        };
        if asked.dry_run {
            let what = "The request would have succeeded, but the DryRun option is set.";
            return Err(("DryRunOperationException", what.to_owned()));
        }
        Ok(json!({ "KeyId": KEY_ID, "Mac": STANDARD.encode(&key[..]), "MacAlgorithm": ALGORITHM }))
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
            "KeyId": "alias/latchkey-local",
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
        assert_eq!((old["KeyId"].as_str(), old["MacAlgorithm"].as_str()), (Some(KEY_ID), Some("HMAC_SHA_256")));
        let first = asked("Message", json!(STANDARD.encode("latchkey sealing key local-1"))).unwrap();
        assert_eq!(first["Mac"], STANDARD.encode([7; 32]));
        assert_eq!(kms().names(), ["local-1", "old"]);
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
