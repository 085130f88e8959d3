//! A visit to a provider: what `state` and cookie were sealed with opens as it was, in its browser, once and in time, and nothing
//! else opens.

use arbitrary::{Arbitrary, Unstructured};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::{Denial, ProviderError};
use latchkey_oauth::form::{Pairs, PairsError};
use latchkey_oauth::grants::authorization_code::prompt::Prompt;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType};
use latchkey_oauth::jose::Algorithm;
use latchkey_oauth::provider::authentication::{Callback, url};
use latchkey_oauth::provider::visit::{Destination, MAX_STATE, MAX_TABS, TabSecret, Tabs, VISIT_SECONDS, Visit};
use latchkey_oauth::provider::{Method, Provider};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::secret::{Keyring, Sealed};
use latchkey_oauth::session::{Form, Session};

/// What to seal, and how to change it.
#[derive(Arbitrary, Debug)]
struct Case<'a> {
    secret: [u8; 32],
    others: [u8; 3],
    now: u32,
    later: u32,
    issuer: &'a str,
    redirect_uri: &'a str,
    state: Option<&'a str>,
    max_age: Option<u64>,
    login: bool,
    another: bool,
    to_applications: bool,
    nonce: [u8; 12],
    at: usize,
    other: char,
    raw: &'a str,
}

pub fn visit(data: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let key = |byte| Keyring::parse(&Keyring::line("v1", &[byte; 32])).unwrap();
    let (keyring, stranger) = (key(7), key(8));
    let opens = |text: &str| Visit::peek(text, &keyring).is_some() || Tabs::open(text, &keyring, 0).is_some();
    assert!(!opens(case.raw));
    callback(case.raw, case.issuer);

    let provider = provider(&case);
    // The cookie's times have four bytes, so the year 2106 is its last.
    let now = u64::from(case.now).min(u64::from(u32::MAX) - VISIT_SECONDS);
    let later = now + u64::from(case.later % 1200);
    let tab = TabSecret::new(case.secret);
    let tabs = case.others.iter().fold(Tabs::default(), |tabs, byte| tabs.with(TabSecret::new([*byte; 32]), now));
    let tabs = tabs.with(tab.clone(), now);
    let to = if case.to_applications { Destination::Applications } else { Destination::Request(request(&case)) };
    let begun = Visit::begin(&provider, &tab, to.clone(), case.another, now);
    assert!(begun.check(Some(&provider)).is_ok() && begun.check(None).is_err());
    let mut client = Client::without_secret("app".into(), String::new(), 0);
    client.redirect_uris = vec![case.redirect_uri.into()];
    let state = match begun.seal(Some(&client), &keyring, case.nonce) {
        Ok(state) => state,
        Err(denial) => return assert_eq!(denial, Denial::Provider(ProviderError::RequestTooLong)),
    };
    assert!(state.len() <= MAX_STATE);
    let sent = url(&provider, &begun, &tab, case.redirect_uri, &state);
    assert!(sent.is_ascii() || !provider.authorization_endpoint.is_ascii());

    let cookie = tabs.seal(&keyring, case.nonce).unwrap();
    let left = Tabs::open(&cookie, &keyring, later).unwrap();
    let opened = Visit::open(&state, &keyring, &left, later);
    if later < now + VISIT_SECONDS {
        let (opened, found) = opened.unwrap();
        assert!(found == tab);
        assert_eq!(opened.destination(Some(&client)), Ok(to));
        let again = Visit::open(&state, &keyring, &left.without(&tab), later);
        assert_eq!(again.err(), Some(ProviderError::VisitForeign), "it counts once");
        let expected = opened.expected(&provider, &found, &Default::default(), later);
        assert_eq!((expected.nonce, expected.since), (tab.nonce(), now));
    } else {
        assert_eq!(opened.err(), Some(ProviderError::VisitExpired));
        assert!(left.is_empty());
    }
    let foreign = Visit::open(&state, &keyring, &Tabs::default(), now);
    assert_eq!(foreign.err(), Some(ProviderError::VisitForeign));
    assert!(Visit::peek(&state, &stranger).is_none() && Tabs::open(&cookie, &stranger, now).is_none());
    // Neither is the other, a form or a session.
    assert!(Visit::peek(&cookie, &keyring).is_none() && Tabs::open(&state, &keyring, now).is_none());
    for text in [&state, &cookie] {
        assert!(Form::open(text, &keyring).is_err() && Session::open(text, &keyring, 0, 0).is_none());
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let mut changed: Vec<_> = text.chars().collect();
        let at = case.at % changed.len();
        let before = std::mem::replace(&mut changed[at], case.other);
        assert!(before == case.other || !opens(&changed.into_iter().collect::<String>()));
        assert!(!opens(&text[..at]) && !opens(&format!("{text}{}", case.other)));
    }
    let crowd = (0..MAX_TABS).fold(tabs, |tabs, at| tabs.with(TabSecret::new([at as u8; 32]), now));
    let kept = (0..MAX_TABS).all(|at| case.secret != [at as u8; 32]);
    assert!(!kept || Visit::open(&state, &keyring, &crowd, now).is_err(), "the one that left first is forgotten");
}

/// What a browser brings gives a code of the provider or a refusal.
fn callback(raw: &str, issuer: &str) {
    let pairs = match Pairs::parse(raw.as_bytes()) {
        Ok(pairs) => pairs,
        Err(PairsError::NotText | PairsError::TooMany) => return,
    };
    if let Ok(callback) = Callback::read(&pairs) {
        let provider = Provider { issuer: issuer.into(), sends_iss: true, ..empty() };
        assert!(!callback.state.is_empty());
        if let Ok(code) = callback.code(&provider) {
            assert!(
                !code.is_empty()
                    && [("iss", issuer), ("institution", "128807")]
                        .iter()
                        .all(|sent| pairs.iter().any(|pair| pair == *sent))
            );
        }
    }
}

fn empty() -> Provider {
    Provider {
        institution_id: "128807".into(),
        issuer: String::new(),
        client_id: "latchkey".into(),
        auth: Method::Post.with(Sealed { key: "k".into(), bytes: Vec::new() }),
        authorization_endpoint: "https://login.demo.example/a".into(),
        token_endpoint: String::new(),
        jwks_uri: String::new(),
        end_session_endpoint: None,
        algorithm: Algorithm::EdDsa,
        sends_iss: true,
        selects_account: false,
        claim: "sub".into(),
        scope: "openid".into(),
        namespace: String::new(),
        refresh_seconds: None,
        only: false,
        keys: Vec::new(),
        keys_read_at: 0,
        created_at: 0,
        sessions_from: 0,
        revision: 1,
    }
}

fn provider(case: &Case<'_>) -> Provider {
    Provider { issuer: case.issuer.into(), sessions_from: case.now.into(), selects_account: case.login, ..empty() }
}

fn request(case: &Case<'_>) -> Request {
    Request {
        client_id: "app".into(),
        redirect_uri: case.redirect_uri.into(),
        response_type: ResponseType::Code,
        scope: Scope::parse("WMS_NCIP").unwrap(),
        institutions: None,
        picked: false,
        state: case.state.map(str::to_owned),
        challenge: None,
        prompt: Prompt { login: case.login, none: false, max_age: case.max_age },
        ui_locales: None,
        device: None,
        pushed: false,
    }
}
