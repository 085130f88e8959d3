//! The session's cookie and the forms: what was sealed opens as it was, and nothing else opens.

use arbitrary::{Arbitrary, Unstructured};
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::grants::authorization_code::prompt::Prompt;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::session::{Device, Devices, Form, Session, SignedIn, Step};
use latchkey_oauth::sign_in::attempts::YEAR;

/// What to seal, and how to change it.
#[derive(Arbitrary, Debug)]
struct Case<'a> {
    id: [u8; 16],
    ends_at: u64,
    now: u64,
    stamp: Option<u64>,
    username: &'a str,
    state: Option<&'a str>,
    scope: &'a str,
    picked: bool,
    nonce: [u8; 12],
    at: usize,
    other: char,
    raw: &'a str,
}

pub fn session(data: &[u8]) {
    let Ok(case) = Case::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let key = |name, byte| Keyring::line(name, &[byte; 32]).to_string();
    let keyring = Keyring::parse(&key("v1", 7)).unwrap();
    let stranger = Keyring::parse(&key("v1", 8)).unwrap();
    let rotated = Keyring::parse(&(key("v2", 9) + &key("v1", 7))).unwrap();
    let opens = |text: &str| {
        let is_cookie = Session::open(text, &keyring, 0, 0).is_some() || Devices::open(text, &keyring, 0, 0).is_some();
        is_cookie || Form::open(text, &keyring).is_ok()
    };
    assert!(!opens(case.raw));

    let user =
        |stamp| SignedIn { institution_id: "128807".into(), username: case.username.into(), stamp, principal: None };
    let stamp = case.stamp.unwrap_or_default();
    let session = Session {
        user: user(stamp),
        signed_in_at: stamp,
        authenticated_at: case.stamp,
        ends_at: case.ends_at,
        stays: case.picked,
    };
    let cookie = session.seal(&keyring, case.nonce).unwrap();
    let open = |now| Session::open(&cookie, &keyring, 0, now);
    assert_eq!(open(case.now), (case.now < case.ends_at).then(|| session.clone()));
    assert_eq!(open(case.ends_at), None);
    assert_eq!(Session::open(&cookie, &rotated, 0, case.now), open(case.now));
    assert_eq!(Session::open(&cookie, &stranger, 0, 0), None);

    let form = Form {
        step: [Step::SignIn, Step::Consent, Step::SignOut, Step::Applications, Step::Code, Step::Device][case.at % 6],
        browser: case.id,
        user: case.stamp.map(user),
        made_at: stamp,
        ends_at: case.ends_at,
        request: Scope::parse(case.scope).map(|scope| request(&case, scope)),
        grant: case.id,
        secret: [3; 20],
    };
    let field = form.seal(&keyring, case.nonce).unwrap();
    let opened = Form::open(&field, &keyring).unwrap();
    assert_eq!(
        (opened.step, opened.browser, opened.ends_at, opened.request),
        (form.step, form.browser, form.ends_at, form.request)
    );
    assert_eq!((opened.user, opened.made_at), (form.user, form.made_at));
    assert_eq!((opened.grant, opened.secret), (form.grant, form.secret));
    assert_eq!(Form::open(&field, &stranger).err(), Some(Denial::Form(FormError::Forged)));
    // A cookie is no form, and the reverse.
    assert!(Form::open(&cookie, &keyring).is_err() && Session::open(&field, &keyring, 0, 0).is_none());

    let account = ("128807", case.username);
    let device = Device { id: std::array::from_fn(|at| case.id[at]), mark: std::array::from_fn(|at| case.nonce[at]) };
    // The end has four bytes.
    let now = case.now.min(u64::from(u32::MAX) - YEAR);
    let devices = Devices::default().signed_in(account, device, now);
    let known = devices.seal(&keyring, case.nonce).unwrap();
    assert_eq!(Devices::open(&known, &rotated, now, now).unwrap().at(account), Some(device));
    assert_eq!(Devices::open(&known, &keyring, 0, now + YEAR), Some(Devices::default()));
    assert_eq!(Devices::open(&known, &stranger, 0, now), None);
    assert!(Devices::open(&cookie, &keyring, 0, 0).is_none() && Devices::open(&field, &keyring, 0, 0).is_none());
    assert!(Session::open(&known, &keyring, 0, 0).is_none() && Form::open(&known, &keyring).is_err());

    for text in [&cookie, &field, &known] {
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let mut changed: Vec<_> = text.chars().collect();
        let at = case.at % changed.len();
        let before = std::mem::replace(&mut changed[at], case.other);
        assert!(before == case.other || !opens(&changed.into_iter().collect::<String>()));
        assert!(!opens(&text[..at]) && !opens(&format!("{text}{}", case.other)) && !opens(&format!("{text}{text}")));
    }
}

fn request(case: &Case<'_>, scope: Scope) -> Request {
    Request {
        client_id: case.username.into(),
        redirect_uri: case.raw.into(),
        response_type: if case.picked { ResponseType::Code } else { ResponseType::Token },
        scope,
        institutions: Some(Institutions { authenticating: "128807".into(), context: "91475".into() }),
        picked: case.picked,
        state: case.state.map(str::to_owned),
        challenge: None,
        prompt: Prompt { login: case.picked, none: !case.picked, max_age: case.stamp },
        ui_locales: None,
        device: None,
        pushed: false,
    }
}
