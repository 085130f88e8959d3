//! The header `Authorization: Basic`: what is read does not depend on which of its two readings a client chose.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::is_client_id;
use latchkey_oauth::client_auth::ClientAuth;
use latchkey_oauth::client_auth::basic::MAX_HEADER;
use latchkey_oauth::error::Denial;
use latchkey_oauth::form::encode;

fn shown(value: &[u8]) -> Option<Result<String, Denial>> {
    let request = Request::post("/").header(AUTHORIZATION, value).body(Bytes::new()).ok()?;
    Some(match ClientAuth::in_header(&request) {
        Ok(Some(auth)) => {
            assert_eq!(auth.method(), AuthMethod::Basic);
            Ok(auth.client_id().to_owned())
        }
        Ok(None) => panic!("there is a header"),
        Err(failure) => Err(failure.into()),
    })
}

pub fn basic(data: &[u8]) {
    // As the whole value of a header, and as what base64 makes of the credentials.
    let values = [[b"Basic ", data].concat(), format!("bAsIc {}", STANDARD.encode(data)).into_bytes()];
    for value in values {
        match shown(&value) {
            // No header can have it.
            None => {}
            Some(Ok(id)) => assert!(is_client_id(&id) && value.len() <= MAX_HEADER),
            Some(Err(denial)) => {
                let wire = denial.wire();
                assert_eq!((denial.name(), wire.status), ("basic_malformed", 401));
                // RFC 6749 section 5.2
                let allowed = |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
                assert!(wire.description.bytes().all(allowed) && wire.details.is_ascii());
            }
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (id, secret) = text.split_once(':').unwrap_or((text, ""));
    if is_client_id(id) {
        let written = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))));
        if written.len() <= MAX_HEADER {
            assert!(matches!(shown(written.as_bytes()), Some(Ok(read)) if read == id), "{id}");
        }
    }
}
