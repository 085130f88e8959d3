//! What a `request_uri` holds, and until when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{NOW, REDIRECT_URI, institutions_of, scope};
use crate::grants::authorization_code::prompt::Prompt;
use crate::grants::authorization_code::request::ResponseType;

fn keyring(name: &str, byte: u8) -> Keyring {
    Keyring::parse(&Keyring::line(name, &[byte; 32])).unwrap()
}

fn asked() -> Request {
    Request {
        client_id: "WSKEY".into(),
        redirect_uri: REDIRECT_URI.into(),
        response_type: ResponseType::Code,
        scope: scope("A"),
        institutions: None,
        picked: false,
        state: Some("xyz".into()),
        challenge: None,
        prompt: Prompt::default(),
        ui_locales: Some("de".into()),
        device: None,
        pushed: false,
    }
}

#[test]
fn a_reference_opens_for_its_client_and_key_until_it_ends() {
    let ours = keyring("v1", 1);
    for (pushed, seconds, is_begun) in [
        (PushedRequest::new(asked(), NOW), PUSHED_SECONDS, false),
        (PushedRequest::begun(asked(), NOW), FORM_SECONDS, true),
    ] {
        assert_eq!((pushed.ends_at(), pushed.is_begun()), (NOW + seconds, is_begun));
        let uri = pushed.seal(&ours, [7; NONCE_BYTES]).unwrap();
        let open = |client: &str, keyring: &Keyring, now| PushedRequest::open(&uri, client, keyring, now);
        let opened = open("WSKEY", &ours, NOW + seconds - 1).unwrap();
        assert_eq!(opened, pushed);
        assert_eq!(opened.request(), &Request { pushed: true, ..asked() });
        let refused = |error| Err(Denial::Push(error));
        assert_eq!(open("WSKEY", &ours, NOW + seconds), refused(PushError::UriExpired));
        assert_eq!(open("OTHER", &ours, NOW), refused(PushError::UriForeign));
        assert_eq!(open("OTHER", &ours, NOW + seconds), refused(PushError::UriForeign));
        for stranger in [keyring("v1", 2), keyring("v2", 1)] {
            assert_eq!(open("WSKEY", &stranger, NOW), refused(PushError::UriUnknown));
        }
        assert_eq!(PushedRequest::ui_locales(&uri, &ours).as_deref(), Some("de"));
        assert_eq!(PushedRequest::ui_locales("de", &ours), None);
    }
}

#[test]
fn a_pick_counts_only_where_the_client_named_no_institution() {
    let open = PushedRequest::begun(asked(), NOW);
    assert_eq!(open.picked(None).unwrap().institutions, None);
    let picked = open.picked(Some("128807")).unwrap();
    assert_eq!((picked.institutions, picked.picked), (Some(institutions_of("128807", "128807")), true));
    assert!(matches!(open.picked(Some("a/b")), Err(Denial::ParameterInvalid("institution", _))));
    let named = Request { institutions: Some(institutions_of("1", "2")), ..asked() };
    let kept = PushedRequest::begun(named, NOW).picked(Some("128807")).unwrap();
    assert_eq!((kept.institutions, kept.picked), (Some(institutions_of("1", "2")), false));
}

#[test]
fn an_address_is_too_long_beyond_its_last_byte() {
    let pushed = PushedRequest::new(asked(), NOW);
    let fits = MAX_ADDRESS - BEFORE_QUERY;
    assert_eq!(pushed.check_address(&"a".repeat(fits)), Ok(()));
    let refused = Err(Denial::Push(PushError::AddressTooLong(MAX_ADDRESS, "redirect_uri")));
    assert_eq!(pushed.check_address(&"a".repeat(fits + 1)), refused);
}
