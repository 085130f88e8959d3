//! The Authorization header: what is read, written again, reads the same.

use latchkey_oauth::client_auth::wskey::header::{Credentials, HeaderError, MAX_HEADER};
use latchkey_oauth::client_auth::wskey::{self, SCHEME};
use latchkey_oauth::error::Denial;

const NAMES: [&str; 7] = ["CLIENTID", "TIMESTAMP", "NONCE", "SIGNATURE", "BODYHASH", "principalid", "PrincipalIdns"];

pub fn header(data: &[u8]) {
    match Credentials::parse(data) {
        Ok(credentials) => taken(data, &credentials),
        Err(error) => {
            assert_eq!(matches!(error, HeaderError::TooLong(_)), data.len() > MAX_HEADER);
            let wire = Denial::from(wskey::Error::Header(error)).wire();
            // RFC 6749 section 5.2
            let allowed = |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
            assert!(wire.status == 401 && wire.description.bytes().all(allowed) && wire.details.is_ascii());
        }
    }
}

fn taken(data: &[u8], credentials: &Credentials<'_>) {
    assert!(data.len() <= MAX_HEADER);
    let known = members(credentials);
    for value in known.iter().flatten() {
        assert!(!value.is_empty() && !value.contains('"') && !value.contains(char::is_control), "{value:?}");
    }
    let written = credentials.to_string();
    // As another client may write it: folded, in another order and case.
    let named = NAMES.iter().zip(known).rev().filter_map(|(name, value)| Some(format!("{name} =\t\"{}\"", value?)));
    let folded = format!("{}\n {},", SCHEME.to_uppercase(), named.collect::<Vec<_>>().join(" ,\r\n\t"));
    for again in [written.clone(), folded, format!(" {written}, realm=\"\", ")] {
        assert_eq!(members(&Credentials::parse(again.as_bytes()).unwrap()), known, "{again}");
    }
    // A name that stands twice cannot be believed, whichever of the two an intermediary would take.
    for (name, value) in NAMES.iter().zip(known) {
        if let Some(value) = value {
            let twice = format!("{written}, {name}=\"{value}\"");
            assert!(matches!(Credentials::parse(twice.as_bytes()), Err(HeaderError::Repeated(_))), "{twice}");
        }
    }
}

fn members<'a>(credentials: &Credentials<'a>) -> [Option<&'a str>; 7] {
    let Credentials { client_id, timestamp, nonce, signature, body_hash, principal_id, principal_idns } = *credentials;
    [Some(client_id), Some(timestamp), Some(nonce), Some(signature), body_hash, principal_id, principal_idns]
}
