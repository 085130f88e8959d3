//! The `request_uri`: what was sealed opens as it was, for its client and in its time, and nothing else opens.

use arbitrary::{Arbitrary, Unstructured};
use latchkey_oauth::error::{Denial, PushError};
use latchkey_oauth::grants::authorization_code::prompt::Prompt;
use latchkey_oauth::grants::authorization_code::pushed::{MAX_ADDRESS, PREFIX, PushedRequest};
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType};
use latchkey_oauth::redirect::to_pushed;
use latchkey_oauth::scope::Scope;
use latchkey_oauth::secret::{Keyring, NONCE_BYTES};
use latchkey_oauth::session::{Form, Session};

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    nonce: [u8; NONCE_BYTES],
    now: u64,
    later: u64,
    begun: bool,
    at: usize,
    other: char,
    client: &'a str,
    state: Option<&'a str>,
    picked: Option<&'a str>,
    /// Sealed by no key.
    raw: &'a str,
}

pub fn pushed(data: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let key = |name, byte| Keyring::parse(&Keyring::line(name, &[byte; 32])).unwrap();
    let (keyring, stranger) = (key("v1", 7), key("v1", 8));
    let refused = |error| Err(Denial::Push(error));
    for text in [case.raw.to_owned(), format!("{PREFIX}{}", case.raw), format!("{PREFIX}v1.{}", case.raw)] {
        assert_eq!(PushedRequest::open(&text, case.client, &keyring, 0), refused(PushError::UriUnknown));
        assert_eq!(PushedRequest::ui_locales(&text, &keyring), None);
    }
    let request = Request {
        client_id: case.client.into(),
        redirect_uri: case.raw.into(),
        response_type: if case.begun { ResponseType::Code } else { ResponseType::Token },
        scope: Scope::parse("WMS_NCIP").unwrap(),
        institutions: None,
        picked: false,
        state: case.state.map(str::to_owned),
        challenge: None,
        prompt: Prompt { login: case.begun, none: false, max_age: Some(case.later) },
        ui_locales: case.state.map(str::to_owned),
        device: None,
        pushed: true,
    };
    let made = if case.begun { PushedRequest::begun } else { PushedRequest::new };
    let pushed = made(request.clone(), case.now);
    let uri = pushed.seal(&keyring, case.nonce).unwrap();
    let open = |uri: &str, keyring: &Keyring, now| PushedRequest::open(uri, case.client, keyring, now);
    let ends_at = pushed.ends_at();
    let expected = if case.later < ends_at { Ok(pushed.clone()) } else { refused(PushError::UriExpired) };
    assert_eq!(open(&uri, &keyring, case.later), expected);
    assert_eq!(open(&uri, &keyring, ends_at), refused(PushError::UriExpired));
    assert_eq!(open(&uri, &stranger, case.now), refused(PushError::UriUnknown));
    let other = format!("{}x", case.client);
    assert_eq!(PushedRequest::open(&uri, &other, &keyring, case.now), refused(PushError::UriForeign));
    assert_eq!(PushedRequest::ui_locales(&uri, &keyring), request.ui_locales);
    // Neither a form nor a cookie, and they are no references.
    let sealed = uri.strip_prefix(PREFIX).unwrap();
    assert!(Form::open(sealed, &keyring).is_err() && Session::open(sealed, &keyring, 0, 0).is_none());
    assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    if let Ok(picked) = pushed.picked(case.picked) {
        assert_eq!(picked.institutions.map(|both| both.context).as_deref(), case.picked);
    }
    // Whatever is taken makes an address that the pages take.
    let address = to_pushed(case.client, &uri);
    assert_eq!(pushed.check_address(&address).is_ok(), address.len() + 128 <= MAX_ADDRESS);
    let mut changed: Vec<_> = uri.chars().collect();
    let at = case.at % changed.len();
    let before = std::mem::replace(&mut changed[at], case.other);
    let is_good = |text: &str| open(text, &keyring, 0).is_ok();
    assert!(before == case.other || !is_good(&changed.into_iter().collect::<String>()));
    assert!(!is_good(&uri[..at]) && !is_good(&format!("{uri}{uri}")));
}
