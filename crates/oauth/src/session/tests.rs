//! What a browser gives back, and what of it counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;

use super::*;
use crate::example::NOW;

fn keyring(names: &[(&str, u8)]) -> Keyring {
    let lines: String = names.iter().map(|(name, byte)| Keyring::line(name, &[*byte; 32]).to_string()).collect();
    Keyring::parse(&lines).unwrap()
}

fn ours() -> Keyring {
    keyring(&[("one", 1)])
}

fn user() -> SignedIn {
    SignedIn { institution_id: "128807".into(), username: "zoë".into(), stamp: u64::MAX, principal: None }
}

fn session() -> Session {
    Session { user: user(), signed_in_at: NOW, authenticated_at: None, ends_at: NOW + 3600, stays: false }
}

fn form() -> Form {
    Form {
        step: Step::SignOut,
        browser: [1; 16],
        user: Some(user()),
        made_at: NOW * 1000,
        ends_at: NOW + 600,
        request: None,
        grant: [2; 16],
        secret: [3; 20],
    }
}

fn cookie() -> String {
    session().seal(&ours(), [9; NONCE_BYTES]).unwrap()
}

fn field() -> String {
    form().seal(&ours(), [9; NONCE_BYTES]).unwrap()
}

#[test]
fn a_session_counts_until_it_ends_and_not_beyond() {
    for (now, counts) in [(0, true), (NOW + 3599, true), (NOW + 3600, false), (NOW + 3601, false)] {
        assert_eq!(Session::open(&cookie(), &ours(), 0, now), counts.then(session), "{now}");
    }
}

/// As the institution's provider says who it is.
fn of_provider() -> SignedIn {
    let principal = Principal { id: "248289761001".into(), idns: "https://login.demo.example".into() };
    SignedIn { principal: Some(principal), ..user() }
}

#[test]
fn a_session_keeps_who_the_user_of_a_provider_is_and_when_the_user_authenticated() {
    let settings = Settings { session_seconds: 3600, ..Settings::default() };
    for (authenticated_at, proved_at) in [(None, 0), (Some(NOW - 86_400), NOW - 86_400), (Some(NOW + 9), NOW)] {
        let begun = Session::begin_by_provider(of_provider(), authenticated_at, &settings, NOW);
        assert_eq!((begun.proved_at(), begun.signed_in_at, begun.ends_at), (proved_at, NOW, NOW + 3600));
        assert!(!begun.stays);
        let cookie = begun.seal(&ours(), [9; NONCE_BYTES]).unwrap();
        // That the user authenticated before the deployment's time does not matter: the sign-in here counts.
        assert_eq!(Session::open(&cookie, &ours(), NOW, NOW), Some(begun.clone()));
        assert_eq!(Session::open(&cookie, &ours(), NOW + 1, NOW), None);
        assert_eq!(begun.answered(&settings, NOW + 60).ends_at, NOW + 3660, "the idle end moves on");
    }
    assert_eq!(session().proved_at(), NOW);
}

#[test]
fn a_user_of_a_provider_is_no_other_of_the_same_name() {
    let shown = Form { step: Step::Consent, user: Some(of_provider()), ..form() };
    let told = |user: &SignedIn| shown.check(&Sender { site: Site::Own, browser: None, user: Some(user) }, NOW).err();
    assert_eq!(told(&of_provider()), None);
    assert_eq!(told(&user()), Some(Denial::Form(FormError::Stale)));
    let another = Principal { id: "1".into(), ..of_provider().principal.unwrap() };
    assert_eq!(told(&SignedIn { principal: Some(another), ..user() }), Some(Denial::Form(FormError::Stale)));
}

#[test]
fn a_cookie_is_the_keys_name_and_letters_that_no_cookie_must_quote() {
    let (key, rest) = cookie().split_once('.').map(|(key, rest)| (key.to_owned(), rest.to_owned())).unwrap();
    assert_eq!(key, "one");
    assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{rest}");
    assert!(!cookie().contains("128807"));
}

#[test]
fn a_foreign_changed_or_broken_cookie_is_no_session() {
    let mut texts = vec![String::new(), ".".into(), "one".into(), "one.".into(), "one.AAAA".into(), field()];
    texts.push(cookie().replacen("one.", "two.", 1));
    texts.push(cookie().replacen("one.", ".", 1));
    texts.push(cookie().replacen("one.", "one", 1));
    texts.push(format!("{}=", cookie()));
    texts.push(cookie()[..cookie().len() - 1].to_owned());
    for at in 4..cookie().len() {
        let mut changed = cookie().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(changed).unwrap());
    }
    for text in texts {
        assert_eq!(Session::open(&text, &ours(), 0, NOW), None, "{text}");
    }
    // Sealed under another key of the same name.
    assert_eq!(Session::open(&cookie(), &keyring(&[("one", 2)]), 0, NOW), None);
    assert_eq!(Session::open(&cookie(), &keyring(&[("two", 2), ("one", 1)]), 0, NOW), Some(session()));
}

#[test]
fn a_form_gives_back_what_it_held() {
    let read = Form::open(&field(), &ours()).ok().unwrap();
    assert_eq!((read.step, read.browser, read.ends_at), (Step::SignOut, [1; 16], NOW + 600));
    assert_eq!((read.user, read.made_at), (Some(user()), NOW * 1000));
    assert_eq!((read.request, read.grant, read.secret), (None, [2; 16], [3; 20]));
}

#[test]
fn a_form_that_a_key_sealed_which_is_not_known_here_is_out_of_date_and_any_other_is_forged() {
    let body = field().split_once('.').unwrap().1.to_owned();
    for (text, denial) in [
        (String::new(), Denial::Form(FormError::Forged)),
        ("one".into(), Denial::Form(FormError::Forged)),
        ("two".into(), Denial::Form(FormError::Forged)),
        ("one.".into(), Denial::Form(FormError::Forged)),
        ("one.AAAA".into(), Denial::Form(FormError::Forged)),
        (".".into(), Denial::Form(FormError::Forged)),
        (format!(".{body}"), Denial::Form(FormError::Forged)),
        (format!("o e.{body}"), Denial::Form(FormError::Forged)),
        (format!("{}.{body}", "k".repeat(65)), Denial::Form(FormError::Forged)),
        (cookie(), Denial::Form(FormError::Forged)),
        (format!("{}A", field()), Denial::Form(FormError::Forged)),
        (format!("two.{body}"), Denial::Form(FormError::Stale)),
        ("two.".into(), Denial::Form(FormError::Stale)),
        (format!("{}.{body}", "k".repeat(64)), Denial::Form(FormError::Stale)),
    ] {
        assert_eq!(Form::open(&text, &ours()).err(), Some(denial), "{text}");
    }
    assert_eq!(Form::open(&field(), &keyring(&[("two", 2)])).err(), Some(Denial::Form(FormError::Stale)));
    assert_eq!(Form::open(&field(), &keyring(&[("one", 2)])).err(), Some(Denial::Form(FormError::Forged)));
}

/// As an older version sealed it.
fn older<T: DeserializeOwned>(what_for: &str, text: &str) -> Option<T> {
    let sealed = ours().seal_bytes(what_for, text.as_bytes(), [9; NONCE_BYTES]).unwrap();
    open(&format!("{}.{}", sealed.key, URL_SAFE_NO_PAD.encode(sealed.bytes)), what_for, &ours())
}

#[test]
fn a_session_and_a_form_of_an_older_version_are_read() {
    let zoe = r#"{"institution_id":"128807","username":"zoë","stamp":18446744073709551615}"#;
    let id = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";
    let read: Session = older(COOKIE, &format!(r#"{{"id":{id},"ends_at":{},"user":{zoe}}}"#, NOW + 3600)).unwrap();
    assert_eq!(read, Session { signed_in_at: 0, ..session() });
    assert!(older::<Session>(COOKIE, &format!(r#"{{"id":{id},"ends_at":{},"user":null}}"#, NOW + 3600)).is_none());
    let secret = "[3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3]";
    let text = format!(
        r#"{{"step":"SignIn","session":{id},"ends_at":{},"request":null,"grant":{id},"secret":{secret}}}"#,
        NOW + 600
    );
    let read: Form = older(FORM, &text).unwrap();
    assert!(!read.is_hasty(NOW * 1000));
    assert_eq!((read.step, read.browser, read.user, read.made_at), (Step::SignIn, [1; 16], None, 0));
}

#[test]
fn a_session_ends_a_while_after_the_last_answer_and_a_day_after_the_sign_in_unless_it_stays() {
    let settings = Settings::default();
    let begun = Session::begin(user(), false, &settings, NOW);
    assert_eq!(begun, session());
    for (after, ends_after) in [(0, 3600), (1800, 5400), (3599, 7199), (85_000, 86_400), (86_000, 86_400)] {
        let begun = Session { ends_at: NOW + after + 1, ..begun.clone() };
        let answered = begun.answered(&settings, NOW + after);
        assert_eq!(answered.ends_at, NOW + ends_after.max(after + 1), "{after}");
        assert_eq!((answered.user, answered.signed_in_at, answered.stays), (user(), NOW, false));
    }
    let stays = Session::begin(user(), true, &settings, NOW);
    assert_eq!((stays.ends_at, stays.stays), (NOW + 30 * 86_400, true));
    assert_eq!(stays.answered(&settings, NOW + 29 * 86_400), stays);
    // A session of an older version does not hold the time of its sign-in.
    let older = Session { signed_in_at: 0, ..session() };
    assert_eq!(older.answered(&settings, NOW), older);
}

#[test]
fn a_form_counts_for_the_browser_and_the_user_that_it_was_shown_to_and_never_from_another_site() {
    use FormError::{CookieMissing, Forged, Stale};
    let other = SignedIn { username: "bob".into(), ..user() };
    let changed = SignedIn { stamp: 1, ..user() };
    let (zoe, bob, changed) = (Some(user()), Some(other), Some(changed));
    let (mine, foreign) = (Some([1; 16]), Some([2; 16]));
    for (step, shown_to, site, browser, signed_in, refused) in [
        (Step::SignIn, &None, Site::Own, mine, &None, None),
        (Step::SignIn, &None, Site::Own, foreign, &None, None),
        (Step::SignIn, &None, Site::Own, None, &zoe, None),
        (Step::SignIn, &zoe, Site::Own, mine, &bob, None),
        (Step::SignIn, &None, Site::Own, None, &None, Some(CookieMissing)),
        (Step::SignIn, &None, Site::Unsaid, mine, &None, None),
        (Step::SignIn, &None, Site::Unsaid, foreign, &None, Some(Stale)),
        (Step::SignIn, &None, Site::Unsaid, None, &zoe, Some(Stale)),
        (Step::SignIn, &None, Site::Unsaid, None, &None, Some(CookieMissing)),
        (Step::SignIn, &None, Site::Other, mine, &None, Some(Forged)),
        (Step::Consent, &zoe, Site::Own, foreign, &zoe, None),
        (Step::Consent, &zoe, Site::Unsaid, None, &zoe, None),
        (Step::Consent, &zoe, Site::Own, mine, &bob, Some(Stale)),
        (Step::Consent, &zoe, Site::Own, mine, &changed, Some(Stale)),
        (Step::Consent, &zoe, Site::Own, mine, &None, Some(Stale)),
        (Step::Consent, &None, Site::Own, mine, &None, Some(Stale)),
        (Step::Consent, &None, Site::Own, mine, &zoe, Some(Stale)),
        (Step::Consent, &zoe, Site::Other, mine, &zoe, Some(Forged)),
        (Step::Device, &None, Site::Own, mine, &None, None),
        (Step::Device, &None, Site::Unsaid, mine, &None, None),
        (Step::Device, &zoe, Site::Own, foreign, &zoe, Some(Stale)),
        (Step::Device, &zoe, Site::Own, None, &zoe, Some(Stale)),
        (Step::Device, &None, Site::Other, mine, &None, Some(Forged)),
        (Step::SignOut, &zoe, Site::Own, None, &zoe, None),
        (Step::SignOut, &zoe, Site::Own, mine, &bob, Some(Stale)),
        (Step::SignOut, &zoe, Site::Other, mine, &zoe, Some(Forged)),
    ] {
        let form = Form { step, user: shown_to.clone(), ..form() };
        let sender = Sender { site, browser, user: signed_in.as_ref() };
        assert_eq!(
            form.check(&sender, NOW + 599).err(),
            refused.map(Denial::Form),
            "{step:?} {shown_to:?} {site:?} {browser:?}"
        );
        assert!(form.check(&sender, NOW + 600).is_err(), "ten minutes");
    }
}

#[test]
fn an_answer_within_a_second_is_hasty() {
    for (after, hasty) in [(0, true), (109, true), (999, true), (1000, false), (600_000, false)] {
        assert_eq!(form().is_hasty(NOW * 1000 + after), hasty, "{after}");
    }
    assert!(form().is_hasty(0), "a clock that is behind");
}
