//! What must hold before a user is asked anything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::auth_method::AuthMethod;
use crate::error::Sent;
use crate::example::{CHALLENGE, REDIRECT_URI, client, client_with, institutions_of, scope};
use crate::user::Institution;

type Parameters = AuthorizationParameters<'static>;
type Edit = fn(&mut Parameters);

/// Two institutions are known: 128807, and 2, which the client may not act for.
fn directory() -> Directory {
    let known = |id: &str| Institution { id: id.into(), name: "Library".into() };
    Directory { institutions: vec![known("128807"), known("2")], ..Directory::default() }
}

fn asked(edit: impl FnOnce(&mut Parameters)) -> Parameters {
    let mut asked = Parameters {
        response_type: Some("code"),
        scope: Some("A"),
        authenticating: Some("128807"),
        context: Some("91475"),
        ..Parameters::default()
    };
    edit(&mut asked);
    asked
}

fn told(client: &Client, edit: impl FnOnce(&mut Parameters)) -> Result<Request, Denial> {
    let request = check(client, REDIRECT_URI, &asked(edit))?;
    check_directory(&request, &directory()).map(|()| request)
}

#[test]
fn nobody_is_sent_to_an_application_that_cannot_be_trusted() {
    let disabled = client_with(|client| client.disabled = true);
    for (what, client, uri, denial) in [
        ("no client", None, REDIRECT_URI, Some(Denial::ClientUnregistered)),
        ("a disabled one", Some(&disabled), REDIRECT_URI, Some(Denial::ClientUnregistered)),
        ("another URI", Some(&client()), "https://evil.example/", Some(Denial::RedirectUriUnregistered)),
        ("no URI", Some(&client()), "", Some(Denial::RedirectUriUnregistered)),
        ("the right ones", Some(&client()), REDIRECT_URI, None),
    ] {
        let trusted = trust(client, REDIRECT_URI).map(|client| client.id.clone()).ok();
        assert_eq!(trust(client, uri).err(), denial, "{what}");
        assert_eq!(trusted.as_deref(), client.filter(|client| !client.disabled).map(|_| "WSKEY"), "{what}");
    }
}

#[test]
fn a_wrong_request_is_refused_for_what_is_wrong_with_it() {
    use Denial::{ParameterInvalid, ParameterMissing};
    let cases: &[(Edit, Denial)] = &[
        (|asked| asked.response_type = None, ParameterMissing("response_type")),
        (|asked| asked.response_type = Some("id_token"), Denial::ResponseTypeUnsupported(Sent::of("id_token"))),
        (|asked| asked.response_type = Some("code token"), Denial::ResponseTypeUnsupported(Sent::of("code token"))),
        (|asked| asked.response_type = Some("Code"), Denial::ResponseTypeUnsupported(Sent::of("Code"))),
        (|asked| asked.response_mode = Some("form_post"), Denial::ResponseModeUnsupported { served: "query" }),
        (|asked| asked.response_mode = Some("fragment"), Denial::ResponseModeUnsupported { served: "query" }),
        (|asked| asked.state = Some("a\nb"), ParameterInvalid("state", Sent::value("state", ""))),
        (|asked| asked.state = Some("\0"), ParameterInvalid("state", Sent::value("state", ""))),
        (|asked| asked.prompt = Some("select_account"), ParameterInvalid("prompt", Sent::of("select_account"))),
        (|asked| asked.max_age = Some("-1"), ParameterInvalid("max_age", Sent::of("-1"))),
        (|asked| asked.scope = None, ParameterMissing("scope")),
        (|asked| asked.scope = Some("A\""), Denial::ScopeMalformed(Sent::of("A\""))),
        (|asked| asked.scope = Some("refresh_token"), Denial::ScopeWithoutService),
        (|asked| asked.scope = Some("A C"), Denial::ScopeNotAllowed(Sent::of("C"))),
        (|asked| asked.context = None, ParameterMissing("contextInstitutionId")),
        (|asked| asked.authenticating = None, ParameterMissing("authenticatingInstitutionId")),
        (|asked| asked.authenticating = Some("1 2"), ParameterInvalid("authenticatingInstitutionId", Sent::of("1 2"))),
        (|asked| asked.context = Some("1 2"), ParameterInvalid("contextInstitutionId", Sent::of("1 2"))),
        (
            |asked| asked.authenticating = Some("2"),
            Denial::InstitutionNotAllowed("authenticatingInstitutionId", Sent::of("2")),
        ),
        (|asked| asked.context = Some("2"), Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("2"))),
        // The client may act for it, and it has no sign-in.
        (|asked| asked.authenticating = Some("91475"), Denial::InstitutionUnknown(Some(Sent::of("91475")))),
    ];
    for (edit, denial) in cases {
        assert_eq!(told(&client(), edit).as_ref(), Err(denial));
    }
}

#[test]
fn a_response_type_needs_its_grant_type() {
    for (response_type, grant_type) in [("code", GrantType::AuthorizationCode), ("token", GrantType::Implicit)] {
        let ask = |client: &Client| told(client, |asked| asked.response_type = Some(response_type));
        assert_eq!(ask(&client()).unwrap().response_type.grant_type(), grant_type);
        let lost = client_with(|client| client.grant_types.retain(|known| *known != grant_type));
        assert_eq!(ask(&lost), Err(Denial::GrantTypeNotAllowed(grant_type)));
    }
}

#[test]
fn a_challenge_is_of_s256_or_refused() {
    let missing = || Denial::ParameterMissing("code_challenge");
    let invalid = || Denial::ParameterInvalid("code_challenge", Sent::value("code_challenge", ""));
    let unsupported = |method| Denial::ChallengeMethodUnsupported(Sent::maybe(method));
    for (challenge, method, told_optional, told_required) in [
        (None, None, Ok(None), Err(missing())),
        (None, Some("S256"), Err(missing()), Err(missing())),
        (Some(CHALLENGE), Some("S256"), Ok(Some(CHALLENGE)), Ok(Some(CHALLENGE))),
        (Some(CHALLENGE), None, Err(unsupported(None)), Err(unsupported(None))),
        (Some(CHALLENGE), Some("plain"), Err(unsupported(Some("plain"))), Err(unsupported(Some("plain")))),
        (Some(CHALLENGE), Some("s256"), Err(unsupported(Some("s256"))), Err(unsupported(Some("s256")))),
        (Some("x"), Some("plain"), Err(unsupported(Some("plain"))), Err(unsupported(Some("plain")))),
        (Some("x"), Some("S256"), Err(invalid()), Err(invalid())),
    ] {
        for (required, expected) in [(false, told_optional), (true, told_required)] {
            let client = client_with(|client| client.pkce_required = required);
            let told = told(&client, |asked| (asked.challenge, asked.challenge_method) = (challenge, method));
            let expected = expected.map(|challenge| challenge.map(str::to_owned));
            assert_eq!(told.map(|request| request.challenge), expected, "{challenge:?} {method:?} {required}");
        }
    }
}

#[test]
fn tokens_in_a_fragment_need_no_challenge_and_a_wrong_one_is_refused_there_too() {
    let client = client_with(|client| client.pkce_required = true);
    let ask = |challenge, method| {
        told(&client, |asked| {
            asked.response_type = Some("token");
            (asked.challenge, asked.challenge_method) = (challenge, method);
        })
        .map(|request| request.challenge)
    };
    assert_eq!(ask(None, None), Ok(None));
    assert_eq!(ask(None, Some("S256")), Err(Denial::ParameterMissing("code_challenge")));
    assert_eq!(ask(Some(CHALLENGE), Some("plain")), Err(Denial::ChallengeMethodUnsupported(Sent::of("plain"))));
}

#[test]
fn a_challenge_is_the_base64url_of_32_bytes() {
    let of = |length: usize| URL_SAFE_NO_PAD.encode(vec![0xFB; length]);
    for (text, fits) in [
        (CHALLENGE.to_owned(), true),
        (of(32), true),
        (of(31), false),
        (of(33), false),
        (of(0), false),
        (of(64), false),
        (format!("{CHALLENGE}="), false),
        // Bits beyond the last byte: no verifier's hash is written so.
        (CHALLENGE.replace("-cM", "-cN"), false),
        (of(32).replace('-', "+"), false),
        (of(32).replace('_', "/"), false),
        (format!("{} ", of(31)), false),
    ] {
        assert_eq!(is_challenge(&text), fits, "{text}");
    }
}

#[test]
fn a_request_keeps_what_was_asked_for() {
    let request = told(&client(), |asked| {
        asked.scope = Some("B A refresh_token B");
        asked.state = Some("a b&c=é\u{202E}");
        (asked.prompt, asked.max_age) = (Some("login consent"), Some("300"));
        asked.ui_locales = Some("de en");
        (asked.challenge, asked.challenge_method) = (Some(CHALLENGE), Some("S256"));
    });
    let expected = Request {
        client_id: "WSKEY".into(),
        redirect_uri: REDIRECT_URI.into(),
        response_type: ResponseType::Code,
        scope: scope("B A refresh_token"),
        institutions: Some(institutions_of("128807", "91475")),
        picked: false,
        state: Some("a b&c=é\u{202E}".into()),
        challenge: Some(CHALLENGE.into()),
        prompt: Prompt { login: true, none: false, max_age: Some(300) },
        ui_locales: Some("de en".into()),
        device: None,
        pushed: false,
    };
    assert_eq!(request, Ok(expected));
}

#[test]
fn a_scope_may_name_the_institution_of_a_client_that_does_not_only_sign() {
    let sends = client_with(|client| client.auth_methods = vec![AuthMethod::Basic, AuthMethod::WsKey]);
    let both = |authenticating, context| Ok((Some(institutions_of(authenticating, context)), false));
    let not_allowed = Err(Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("2")));
    for (scope_sent, authenticating, context, expected) in [
        ("A context:128807", None, None, both("128807", "128807")),
        ("context:128807 A", None, None, both("128807", "128807")),
        ("A context:91475", Some("128807"), None, both("128807", "91475")),
        ("A context:91475 context:91475", Some("128807"), Some("91475"), both("128807", "91475")),
        ("A", Some("128807"), None, both("128807", "128807")),
        ("A", None, Some("128807"), both("128807", "128807")),
        ("A", None, None, Ok((None, false))),
        ("A context:91475", Some("128807"), Some("128807"), Err(Denial::InstitutionsContradict)),
        ("A context:91475 context:128807", None, None, Err(Denial::InstitutionsContradict)),
        ("A context:2", None, None, not_allowed.clone()),
        ("A", None, Some("2"), not_allowed),
        ("A context:", None, None, Err(Denial::ContextMalformed)),
        ("A context:a/b", None, None, Err(Denial::ContextMalformed)),
        ("context:128807", None, None, Err(Denial::ScopeMalformed(Sent::of("context:128807")))),
        // The client may act for it, and it has no sign-in.
        ("A context:91475", None, None, Err(Denial::InstitutionUnknown(Some(Sent::of("91475"))))),
    ] {
        let told = told(&sends, |asked| {
            (asked.scope, asked.authenticating, asked.context) = (Some(scope_sent), authenticating, context);
        });
        if let Ok(request) = &told {
            assert_eq!(request.scope, scope("A"), "{scope_sent}");
        }
        let said = told.map(|request| (request.institutions, request.picked));
        assert_eq!(said, expected, "{scope_sent} {authenticating:?} {context:?}");
    }
    // A pick does not count beside it, and a scope of the registration stays one.
    let request = told(&sends, |asked| {
        (asked.scope, asked.authenticating, asked.context) = (Some("A context:128807"), None, None);
        asked.picked = Some("2");
    });
    assert!(!request.unwrap().picked);
    let named = client_with(|client| {
        client.auth_methods = vec![AuthMethod::Basic];
        client.scopes.push("context:128807".into());
    });
    let request = told(&named, |asked| asked.scope = Some("A context:128807")).unwrap();
    assert_eq!(request.scope, scope("A context:128807"));
    let signs = told(&client(), |asked| asked.scope = Some("A context:128807"));
    assert_eq!(signs, Err(Denial::ScopeNotAllowed(Sent::of("context:128807"))), "as it ever was");
}

#[test]
fn where_no_institution_is_named_the_users_pick_stands_for_both() {
    let invalid = |id| Denial::ParameterInvalid("institution", Sent::of(id));
    for (picked, told_of_it) in [
        (None, Ok((None, false))),
        (Some("128807"), Ok((Some(institutions_of("128807", "128807")), true))),
        (Some("1 2"), Err(invalid("1 2"))),
        (Some(""), Err(invalid(""))),
        (Some("2"), Err(Denial::InstitutionNotAllowed("authenticatingInstitutionId", Sent::of("2")))),
        (Some("91475"), Err(Denial::InstitutionUnknown(Some(Sent::of("91475"))))),
    ] {
        let told = told(&client(), |asked| {
            (asked.authenticating, asked.context, asked.picked) = (None, None, picked);
        });
        assert_eq!(told.map(|request| (request.institutions, request.picked)), told_of_it, "{picked:?}");
    }
    let request = told(&client(), |asked| asked.picked = Some("2")).unwrap();
    let expected = (Some(institutions_of("128807", "91475")), false);
    assert_eq!((request.institutions, request.picked), expected, "what the application names counts alone");
}

#[test]
fn a_redirect_uri_may_be_left_out_only_where_there_is_one_and_the_client_does_not_only_sign() {
    let sends = |client: &mut Client| client.auth_methods = vec![AuthMethod::Basic];
    let one = client_with(sends);
    let disabled = client_with(|client| (client.auth_methods, client.disabled) = (vec![AuthMethod::Basic], true));
    let two = client_with(|client| {
        sends(client);
        client.redirect_uris.push("https://app.example/too".into());
    });
    let missing = || Err(Denial::ParameterMissing("redirect_uri"));
    for (what, client, told) in [
        ("no client", None, missing()),
        ("only signs", Some(&client()), missing()),
        ("disabled", Some(&disabled), missing()),
        ("two", Some(&two), missing()),
        ("one", Some(&one), Ok(REDIRECT_URI)),
    ] {
        assert_eq!(redirect_uri(client, None), told, "{what}");
        assert_eq!(redirect_uri(client, Some("https://sent.example/")), Ok("https://sent.example/"), "{what}");
    }
}

#[test]
fn a_device_has_no_redirect_uri_to_trust() {
    let disabled = client_with(|client| client.disabled = true);
    let device = Request {
        device: UserCode::parse("WDJB-MJHT"),
        redirect_uri: String::new(),
        ..told(&client(), |_| {}).unwrap()
    };
    for (client, trusted) in [(None, false), (Some(&disabled), false), (Some(&client()), true)] {
        let refused = (!trusted).then_some(Denial::ClientUnregistered);
        assert_eq!(device.trusted(client).err(), refused);
    }
}

#[test]
fn what_was_pushed_is_checked_against_the_registration_of_now() {
    let asked = told(&client(), |_| {}).unwrap();
    let in_fragment = told(&client(), |asked| asked.response_type = Some("token")).unwrap();
    let challenged = Request { challenge: Some(CHALLENGE.into()), ..asked.clone() };
    type Change = fn(&mut Client);
    let cases: [(Change, &Request, Result<(), Denial>); 7] = [
        (|_| {}, &asked, Ok(())),
        (
            |client| client.grant_types = vec![GrantType::Implicit],
            &asked,
            Err(Denial::GrantTypeNotAllowed(GrantType::AuthorizationCode)),
        ),
        (|client| client.pkce_required = true, &asked, Err(Denial::ParameterMissing("code_challenge"))),
        (|client| client.pkce_required = true, &challenged, Ok(())),
        (|client| client.pkce_required = true, &in_fragment, Ok(())),
        (|client| client.scopes.clear(), &asked, Err(Denial::ScopeNotAllowed(Sent::of("A")))),
        (
            |client| client.institutions = vec!["128807".into()],
            &asked,
            Err(Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("91475"))),
        ),
    ];
    for (change, request, expected) in cases {
        assert_eq!(check_again(&client_with(change), request), expected);
    }
}

#[test]
fn a_client_that_must_push_is_taken_in_no_other_way() {
    for (must_push, pushed, taken) in
        [(false, false, true), (false, true, true), (true, true, true), (true, false, false)]
    {
        let client = client_with(|client| client.require_pushed_requests = must_push);
        let request = Request { pushed, ..told(&client, |_| {}).unwrap() };
        let expected = if taken { Ok(()) } else { Err(Denial::Push(PushError::Required)) };
        assert_eq!(check_pushed(&client, &request), expected, "{must_push} {pushed}");
    }
}

#[test]
fn languages_that_no_tag_can_be_are_left_out() {
    for (sent, kept) in [("de en-GB x_y 419", true), ("de\u{7}", false), ("d\u{e9}", false), ("de;en", false)] {
        let request = told(&client(), |asked| asked.ui_locales = Some(sent)).unwrap();
        assert_eq!(request.ui_locales.as_deref(), kept.then_some(sent));
    }
}
