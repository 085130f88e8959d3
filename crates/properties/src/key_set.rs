//! Public keys of a client: what is taken is written in one spelling, which is read as it was, and nothing private is in it.

use latchkey_oauth::client::ClientKey;
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::jose::key::is_kid;
use latchkey_oauth::jose::key_set::{MAX_KEYS, parse};

use crate::text;

pub fn key_set(data: &[u8]) {
    let sent = text(data);
    match parse(sent) {
        Ok(keys) => {
            assert!((1..=MAX_KEYS).contains(&keys.len()));
            for key in &keys {
                let written = key.written();
                let again = PublicKey::parse(&written).unwrap();
                assert_eq!((again.thumbprint(), again.written()), (key.thumbprint(), written.clone()));
                assert_eq!((again.algorithm, again.name()), (key.algorithm, key.name()));
                assert!(is_kid(&key.name()) && key.thumbprint().len() == 43);
                for private in ["\"d\":", "\"p\":", "\"q\":", "\"dp\":", "\"dq\":", "\"qi\":", "\"oth\":", "\"k\":"] {
                    assert!(!written.contains(private), "{private}");
                }
                assert_eq!(ClientKey::from(key), ClientKey { kid: key.name(), jwk: written });
            }
            let written: Vec<_> = keys.iter().map(PublicKey::written).collect();
            assert_eq!(parse(&format!("{{\"keys\":[{}]}}", written.join(","))).unwrap().len(), keys.len());
        }
        // It says why, and is one line.
        Err(fault) => assert!(!fault.to_string().is_empty() && !fault.to_string().contains('\n')),
    }
}
