//! Which method a request uses, and how a refusal looks in the log, to the client and in the challenge.

#![allow(clippy::unwrap_used)]

mod every;

use super::*;
use crate::client_auth::wskey::{Error, HeaderError, SCHEME};
use crate::error::PrincipalError;
use crate::response;

fn request(authorization: &[&str]) -> Request<Bytes> {
    let mut request = Request::post("/oauth2/accessToken");
    for value in authorization {
        request = request.header("authorization", *value);
    }
    request.body(Bytes::new()).unwrap()
}

fn refused(authorization: &[&str]) -> Failure {
    ClientAuth::in_header(&request(authorization)).err().unwrap()
}

/// What a request shows in header, query and form, or the name of the refusal.
fn shown(authorization: &[&str], query: &str, form: &str) -> Result<(AuthMethod, String), &'static str> {
    let (query, form) = (Pairs::parse(query.as_bytes()).unwrap(), Pairs::parse(form.as_bytes()).unwrap());
    let request = request(authorization);
    let in_header = ClientAuth::in_header(&request).map_err(|failure| failure.name())?;
    let auth = ClientAuth::of(in_header, &query, &form).map_err(|denial| denial.name())?;
    Ok((auth.method(), auth.client_id().to_owned()))
}

#[test]
fn a_request_without_the_header_shows_no_credentials() {
    assert_eq!(shown(&[], "", ""), Err("credentials_missing"));
}

#[test]
fn a_header_of_another_scheme_is_a_malformed_one() {
    for (value, scheme) in [
        ("", None),
        ("tk_1", None),
        ("Bearer tk_1", Some("Bearer")),
        ("Digest username=\"key\"", Some("Digest")),
        // What a challenge calls it is no scheme of a request.
        ("WSKeyV2 clientId=\"key\"", Some("WSKeyV2")),
    ] {
        assert_eq!(refused(&[value]), Error::Header(HeaderError::OtherScheme(scheme)).into(), "{value}");
    }
    assert_eq!(refused(&[SCHEME]), Error::Header(HeaderError::Missing("clientId")).into());
}

#[test]
fn a_request_shows_one_method_and_no_secret_in_its_query() {
    let signed = wskey::tests::authorization("", b"");
    let (signed, basic) = ([signed.as_str()], ["Basic a2V5OnNlY3JldA=="]);
    let (secret, id) = ("client_id=key&client_secret=s", "client_id=key");
    for (authorization, query, form, told) in [
        (&signed[..], "", "", Ok((AuthMethod::WsKey, "WSKEY"))),
        (&basic, "", "", Ok((AuthMethod::Basic, "key"))),
        (&basic, id, "", Ok((AuthMethod::Basic, "key"))),
        (&basic, "", "client_secret=", Ok((AuthMethod::Basic, "key"))),
        (&[], "", secret, Ok((AuthMethod::Post, "key"))),
        (&[], id, "client_secret=s", Ok((AuthMethod::Post, "key"))),
        (&[], "", id, Ok((AuthMethod::None, "key"))),
        (&[], id, "client_secret=", Ok((AuthMethod::None, "key"))),
        (&signed, "", secret, Err("methods_mixed")),
        (&basic, "", secret, Err("methods_mixed")),
        // A header names the client, so the form need not.
        (&signed, "", "client_secret=s", Err("methods_mixed")),
        (&basic, "", "client_secret=s", Err("methods_mixed")),
        (&basic, "", "client_secret=s&client_secret=s", Err("methods_mixed")),
        (&signed, "", "client_secret=&client_secret=", Ok((AuthMethod::WsKey, "WSKEY"))),
        (&[], secret, "", Err("secret_in_url")),
        (&basic, "client_secret=s", "", Err("secret_in_url")),
        (&signed, "client_secret=s", secret, Err("secret_in_url")),
        (&[], "client_assertion=a", "", Err("assertion_in_url")),
        (&basic, "client_assertion=a", "", Err("assertion_in_url")),
        (&basic, "client_assertion=", "client_assertion=", Ok((AuthMethod::Basic, "key"))),
        (&basic, "", "client_assertion=a", Err("methods_mixed")),
        (&[], "", "client_secret=s&client_assertion=a", Err("methods_mixed")),
        (&["Basic a"], "", secret, Err("basic_malformed")),
        (&[basic[0], basic[0]], "", "", Err("credentials_malformed")),
    ] {
        let told = told.map(|(method, id)| (method, id.to_owned()));
        assert_eq!(shown(authorization, query, form), told, "{authorization:?} {query} {form}");
    }
}

#[test]
fn of_two_headers_none_is_believed() {
    let good = wskey::tests::authorization("", b"");
    for values in [[good.as_str(), good.as_str()], [&good, "Basic"], ["Basic", &good]] {
        assert_eq!(refused(&values), Error::Header(HeaderError::Malformed).into());
    }
}

#[test]
fn a_signed_request_says_who_it_is_and_what_marks_it() {
    let (request, settings) = (request(&[&wskey::tests::authorization("", b"")]), Settings::default());
    let auth = ClientAuth::in_header(&request).ok().flatten().unwrap();
    let replay = auth.replay(&settings, 1_361_408_273).unwrap();
    assert_eq!((auth.client_id(), auth.method()), ("WSKEY", AuthMethod::WsKey));
    assert_eq!(replay.mark(), Some(wskey::replay_key("WSKEY", "1361408273", "981333")));
    // Twice the largest window that an operator may set, and one second.
    assert_eq!(replay.until, 1_361_408_273 + 2 * 3600 + 1);
}

#[test]
fn only_the_right_secret_makes_a_verified_client() {
    let (request, settings) = (request(&[&wskey::tests::authorization("scope=A", b"")]), Settings::default());
    let auth = ClientAuth::in_header(&request).ok().flatten().unwrap();
    let verify = |client, query: &str| {
        let query = Pairs::parse(query.as_bytes()).unwrap();
        let verified = auth.verify(client, &query, &wskey::tests::keyring(), &settings, wskey::tests::NOW);
        verified.map(|verified| (verified.client.id, verified.secret)).map_err(|denial| denial.name())
    };
    let client = wskey::tests::client();
    assert_eq!(verify(Some(client.clone()), "scope=A"), Ok(("WSKEY".into(), Some("first".into()))));
    assert_eq!(verify(Some(client), "scope=B"), Err("signature_mismatch"));
    assert_eq!(verify(None, "scope=A"), Err("client_unknown"));
}

#[test]
fn what_needs_no_record_is_checked_by_the_method() {
    let request = request(&[&format!(r#"{}, principalID="alice""#, wskey::tests::authorization("", b""))]);
    let (auth, settings, now) =
        (ClientAuth::in_header(&request).ok().flatten().unwrap(), Settings::default(), wskey::tests::NOW);
    assert_eq!(auth.check(&settings, now + 300), Ok(()));
    assert_eq!(auth.check(&settings, now + 301).map_err(|failure| failure.name()), Err("timestamp_skewed"));
    assert_eq!(auth.principal(), Err(PrincipalError::Incomplete.into()));
}

#[test]
fn a_challenge_is_never_basic_to_a_script() {
    for (origin, challenge) in
        [(None, "Basic realm"), (Some("https://app.example"), "WSKeyV2 error"), (Some("null"), "WSKeyV2 error")]
    {
        for value in ["Basic a", "Basic a2V5OnNlY3JldA=="] {
            let mut request = Request::post("/token").header("authorization", value);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let request = request.body(Bytes::new()).unwrap();
            let denial = match ClientAuth::in_header(&request) {
                Err(failure) => failure.into(),
                Ok(auth) => {
                    let verified = auth.unwrap().verify(
                        None,
                        &Pairs::default(),
                        &wskey::tests::keyring(),
                        &Settings::default(),
                        wskey::tests::NOW,
                    );
                    verified.err().unwrap()
                }
            };
            let response = response::denial(&denial, None);
            let told = response.headers()["www-authenticate"].to_str().unwrap();
            assert!(told.starts_with(challenge), "{value} {origin:?}: {told}");
        }
    }
}

#[test]
fn a_secret_that_is_sent_proves_a_client_that_is_registered_for_it_and_no_other() {
    let (auth, settings, now) = (["Basic V1NLRVk6c2VjcmV0"], Settings::default(), wskey::tests::NOW);
    let request = request(&auth);
    let auth = ClientAuth::in_header(&request).ok().flatten().unwrap();
    let keyring = wskey::tests::keyring();
    assert!(auth.replay(&settings, now).is_none() && auth.principal() == Ok(None));
    let sealed = keyring.seal("WSKEY", &crate::secret::ClientSecret::new("secret".into()), [1; 12]).unwrap();
    let by = |methods: &[AuthMethod]| {
        let mut client = wskey::tests::client();
        client.secrets[0].sealed = sealed.clone();
        client.auth_methods = methods.to_vec();
        let verified = auth.verify(Some(client), &Pairs::default(), &keyring, &settings, now);
        verified.map(|verified| verified.secret.unwrap()).map_err(|denial| denial.name())
    };
    assert_eq!(by(&[AuthMethod::Basic]), Ok("first".into()));
    assert_eq!(by(&[AuthMethod::WsKey, AuthMethod::Basic]), Ok("first".into()));
    for other in [AuthMethod::WsKey, AuthMethod::Post, AuthMethod::None] {
        assert_eq!(by(&[other]), Err("method_not_registered"));
    }
}

/// Each failure: its name in the log, its status, its code.
const LOOKS: [(&str, u16, &str); 11] = [
    ("credentials_missing", 401, "invalid_client"),
    ("replayed", 401, "invalid_client"),
    ("credentials_malformed", 401, "invalid_client"),
    ("credentials_malformed", 401, "invalid_client"),
    ("timestamp_skewed", 401, "invalid_client"),
    ("body_hash_mismatch", 401, "invalid_client"),
    ("body_unsigned", 400, "invalid_request"),
    ("client_unknown", 401, "invalid_client"),
    ("client_disabled", 401, "invalid_client"),
    ("signature_mismatch", 401, "invalid_client"),
    ("method_not_registered", 401, "invalid_client"),
];

fn failures() -> [Failure; 11] {
    let mismatch = |cause| Error::SignatureMismatch { signed_text: "a\nb".into(), hints: vec!["c".into()], cause };
    [
        Failure::Missing,
        Failure::Replayed(AuthMethod::WsKey),
        Error::Header(HeaderError::OtherScheme(None)).into(),
        Error::TimestampMalformed { form: wskey::timestamp::Form::Fraction, now: 302 }.into(),
        Error::TimestampSkewed { timestamp: 1, now: 302, window: 300 }.into(),
        Error::BodyHashMismatch.into(),
        Error::BodyUnsigned.into(),
        mismatch(Mismatch::UnknownClient).into(),
        mismatch(Mismatch::DisabledClient).into(),
        mismatch(Mismatch::WrongCredentials).into(),
        mismatch(Mismatch::MethodNotRegistered).into(),
    ]
}

#[test]
fn names_statuses_and_codes_are_those_that_alarms_and_clients_know() {
    for (failure, look) in failures().into_iter().zip(LOOKS) {
        let denial = Denial::from(failure);
        let wire = denial.wire();
        assert_eq!((denial.name(), wire.status, wire.error), look);
    }
}

#[test]
fn a_401_challenges_by_the_scheme_that_the_client_used_and_a_400_does_not() {
    for failure in failures() {
        assert_eq!(failure.challenge(), Challenge::WsKey);
        let denial = Denial::from(failure);
        let (wire, response) = (denial.wire(), response::denial(&denial, None));
        let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        let expected = format!("WSKeyV2 error=\"invalid_client\", error_description=\"{}\"", wire.description);
        assert_eq!(challenge, (wire.status == 401).then_some(expected));
        assert_eq!(response.status(), wire.status);
    }
}

#[test]
fn a_client_is_told_the_facts() {
    let told = failures().map(|failure| failure.wire()).map(|wire| (wire.description.into_owned(), wire.details));
    let told = told.each_ref().map(|(description, details)| (description.as_str(), details.as_str()));
    assert!(
        told[0].1.starts_with(
            "The service authenticates clients by wskey_hmac_sha256, client_secret_basic, client_secret_post, client_secret_jwt, \
             private_key_jwt or none: "
        ),
        "{}",
        told[0].1
    );
    assert_eq!(told[0].1, told[2].1, "which methods there are");
    assert_eq!(told[1].0, "The service accepted this signed request before.");
    assert_eq!(
        told[2].0,
        format!("The credentials are malformed: the Authorization header does not begin with {SCHEME}.")
    );
    let fraction =
        "The timestamp has a fraction of a second; it must be whole POSIX seconds, and the server's time is 302.";
    assert_eq!(told[3].0, fraction);
    let skew = "The timestamp is 301 seconds behind the server's time, 302; the service accepts at most 300 seconds.";
    assert_eq!(told[4].0, skew);
    let details = "The server signed these lines, each followed by a line feed:\n 1: a\n 2: b\n- c\n";
    assert!(told[7].1 == details && told[7] == told[8] && told[8] == told[9] && told[9] == told[10]);
}

#[test]
fn what_has_one_answer_has_one_place_on_the_errors_page() {
    let told = failures().map(|failure| (failure.name(), failure.anchor()));
    let shared = ["client_unknown", "client_disabled", "method_not_registered"];
    for (name, anchor) in told {
        assert_eq!(anchor, if shared.contains(&name) { "signature_mismatch" } else { name });
    }
    for cause in
        [Mismatch::UnknownClient, Mismatch::DisabledClient, Mismatch::MethodNotRegistered, Mismatch::WrongCredentials]
    {
        let places = [
            Failure::Secret { challenge: Challenge::Basic, cause }.anchor(),
            Failure::from(assertion::Error::Wrong(cause)).anchor(),
            Failure::Public(cause).anchor(),
        ];
        assert_eq!(places, ["secret_wrong", "assertion_wrong", "credentials_missing"]);
    }
}
