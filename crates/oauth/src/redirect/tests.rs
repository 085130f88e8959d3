//! Where a browser is sent, to the letter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{
    CHALLENGE, NOW, REDIRECT_URI, entropy, grant, grant_id, institutions, institutions_of, principal, scope,
};
use crate::grants::Expiring;
use crate::token::{Kind, Minted};

type Edit = fn(&mut Request);

const ISSUER: &str = "https://id.example";

fn request(edit: impl FnOnce(&mut Request)) -> Request {
    let mut request = Request {
        client_id: "WSKEY".into(),
        redirect_uri: REDIRECT_URI.into(),
        response_type: ResponseType::Code,
        scope: scope("A refresh_token"),
        institutions: Some(institutions()),
        picked: false,
        state: None,
        challenge: None,
        prompt: Prompt::default(),
        ui_locales: None,
        device: None,
        pushed: false,
    };
    edit(&mut request);
    request
}

fn minted(kind: Kind) -> Minted {
    Minted::new(kind, grant_id(), None, &entropy().access)
}

fn expiring(kind: Kind, expires_at: u64) -> Expiring {
    Expiring { token: minted(kind), expires_at }
}

#[test]
fn an_application_gets_its_code_with_state_and_issuer() {
    let code = minted(Kind::Code);
    let text = code.text.to_string();
    let handed = AuthorizationResponse::Code(code);
    let iss = "iss=https%3A%2F%2Fid.example";
    let picked = "authenticating_institution_id=128807&context_institution_id=91475";
    let cases: [(Edit, String); 5] = [
        (|_| {}, format!("{REDIRECT_URI}?code={text}&{iss}")),
        (
            |request| request.state = Some("a b&c=d+é".into()),
            format!("{REDIRECT_URI}?code={text}&state=a%20b%26c%3Dd%2B%C3%A9&{iss}"),
        ),
        (|request| request.redirect_uri = "app:/done?x=1".into(), format!("app:/done?x=1&code={text}&{iss}")),
        // Where the user picked the institution, the application is told which.
        (|request| request.picked = true, format!("{REDIRECT_URI}?code={text}&{picked}&{iss}")),
        (
            |request| (request.picked, request.state) = (true, Some("s".into())),
            format!("{REDIRECT_URI}?code={text}&state=s&{picked}&{iss}"),
        ),
    ];
    for (edit, location) in cases {
        assert_eq!(granted(&request(edit), &grant(), &handed, ISSUER, NOW), location);
    }
}

#[test]
fn tokens_are_in_the_fragment_in_the_one_order_that_clients_slice_up_to_the_z() {
    let answer = |refresh: bool, named: bool| TokenResponse {
        access: expiring(Kind::Access, NOW + 1200),
        refresh: refresh.then(|| expiring(Kind::Refresh, NOW + 86_400)),
        scope: scope("A"),
        institutions: institutions(),
        principal: named.then(principal),
    };
    let (access, refresh) = (minted(Kind::Access).text, minted(Kind::Refresh).text);
    let user = "principalID=8eaa9f92&principalIDNS=urn%3Aoclc%3Aplatform%3A128807";
    let middle = "context_institution_id=91475&authenticating_institution_id=128807&token_type=bearer&expires_in=1199";
    let ends = "expires_at=2023-11-14%2022%3A33%3A20Z";
    let last = format!(
        "refresh_token={}&refresh_token_expires_in=86399&refresh_token_expires_at=2023-11-15%2022%3A13%3A20Z",
        *refresh
    );
    for (refresh, named, state, fragment) in [
        (false, true, None, format!("{user}&{middle}&{ends}")),
        (false, false, None, format!("principalID=&principalIDNS=&{middle}&{ends}")),
        (true, true, None, format!("{user}&{middle}&{ends}&{last}")),
        (true, true, Some("s"), format!("{user}&{middle}&state=s&{ends}&{last}")),
    ] {
        let request = request(|request| {
            request.response_type = ResponseType::Token;
            request.state = state.map(str::to_owned);
            request.redirect_uri = "https://app.example/done?x=1".into();
        });
        let handed = AuthorizationResponse::Tokens(answer(refresh, named));
        let location = granted(&request, &grant(), &handed, ISSUER, NOW);
        let expected = format!("https://app.example/done?x=1#access_token={}&{fragment}", *access);
        assert_eq!(location, expected);
        assert!(location.ends_with('Z'));
    }
}

#[test]
fn a_life_in_a_fragment_is_a_second_less_and_never_below_none() {
    for (left, told) in [(0, "=0&"), (1, "=0&"), (2, "=1&"), (1200, "=1199&")] {
        let answer = TokenResponse {
            access: expiring(Kind::Access, NOW + left),
            refresh: None,
            scope: scope("A"),
            institutions: institutions(),
            principal: None,
        };
        let request = request(|request| request.response_type = ResponseType::Token);
        let location = granted(&request, &grant(), &AuthorizationResponse::Tokens(answer), ISSUER, NOW);
        assert!(location.contains(&format!("expires_in{told}")), "{location}");
    }
}

#[test]
fn a_refusal_tells_code_text_status_state_and_issuer_in_query_or_fragment() {
    let denial = Denial::ConsentRefused;
    let text = encode(&denial.wire().description).into_owned();
    assert!(!text.contains(['+', ' ']) && text.contains("%20"), "{text}");
    let told = format!("error=access_denied&error_description={text}&http_code=403");
    let iss = "iss=https%3A%2F%2Fid.example";
    for (uri, in_fragment, state, location) in [
        (REDIRECT_URI, false, None, format!("{REDIRECT_URI}?{told}&{iss}")),
        (REDIRECT_URI, false, Some("a b"), format!("{REDIRECT_URI}?{told}&state=a%20b&{iss}")),
        (REDIRECT_URI, true, None, format!("{REDIRECT_URI}#{told}&{iss}")),
        ("app:/?x=1", false, None, format!("app:/?x=1&{told}&{iss}")),
        ("app:/?x=1", true, Some("s"), format!("app:/?x=1#{told}&state=s&{iss}")),
    ] {
        assert_eq!(refused(uri, in_fragment, &denial, state, ISSUER, None), location);
    }
}

#[test]
fn a_request_begins_anew_with_all_that_it_asked_for() {
    let begin = "authorizeCode?client_id=WSKEY&redirect_uri=https%3A%2F%2Fapp.example%2Fdone";
    let scope = "scope=A%20refresh_token";
    let both = "authenticatingInstitutionId=128807&contextInstitutionId=91475";
    let cases: [(Edit, String); 9] = [
        (|request| request.prompt.login = true, format!("{begin}&response_type=code&{scope}&{both}&prompt=login")),
        (|request| request.prompt.none = true, format!("{begin}&response_type=code&{scope}&{both}&prompt=none")),
        (
            |request| request.prompt.max_age = Some(300),
            format!("{begin}&response_type=code&{scope}&{both}&max_age=300"),
        ),
        (|_| {}, format!("{begin}&response_type=code&{scope}&{both}")),
        (|request| request.response_type = ResponseType::Token, format!("{begin}&response_type=token&{scope}&{both}")),
        (|request| request.institutions = None, format!("{begin}&response_type=code&{scope}")),
        (
            |request| {
                request.institutions = Some(institutions_of("128807", "128807"));
                request.picked = true;
            },
            format!("{begin}&response_type=code&{scope}&institution=128807"),
        ),
        (
            |request| request.state = Some("a&b".into()),
            format!("{begin}&response_type=code&{scope}&{both}&state=a%26b"),
        ),
        (
            |request| request.challenge = Some(CHALLENGE.into()),
            format!("{begin}&response_type=code&{scope}&{both}&code_challenge={CHALLENGE}&code_challenge_method=S256"),
        ),
    ];
    for (edit, location) in cases {
        assert_eq!(to_begin(&request(edit)), location);
    }
}

/// A redirect URI that has one of them already is not registered.
#[test]
fn registration_knows_every_parameter_that_is_added_to_a_query() {
    let whole = request(|request| (request.picked, request.state) = (true, Some("s".into())));
    let given = granted(&whole, &grant(), &AuthorizationResponse::Code(minted(Kind::Code)), ISSUER, NOW);
    let told = refused(REDIRECT_URI, false, &Denial::ConsentRefused, Some("s"), ISSUER, Some("https://help.example/"));
    let mut names = std::collections::BTreeSet::new();
    for location in [given, told] {
        let (_, query) = location.split_once('?').unwrap();
        names.extend(query.split('&').map(|pair| pair.split('=').next().unwrap().to_owned()));
    }
    assert_eq!(names, crate::client::registration::ADDED.map(str::to_owned).into());
}

#[test]
fn a_pushed_request_is_named_by_client_and_reference_as_forms_encode_them() {
    assert_eq!(
        to_pushed("a b&c", "urn:ietf:params:oauth:request_uri:pages/v1.A-_b"),
        "authorizeCode?client_id=a%20b%26c&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Apages%2Fv1.A-_b"
    );
}

#[test]
fn a_destination_is_a_host_the_users_own_device_or_an_app_of_it() {
    for (uri, expected) in [
        ("https://app.example/done?x=https://other.example", Some(Destination::Site("app.example"))),
        ("https://app.example", Some(Destination::Site("app.example"))),
        ("https://app.example:8443?x=y#z", Some(Destination::Site("app.example:8443"))),
        ("HTTPS://app.example/", Some(Destination::Site("app.example"))),
        ("https://app.example@evil.example/", Some(Destination::Site("evil.example"))),
        ("https://127.0.0.1.evil.example/", Some(Destination::Site("127.0.0.1.evil.example"))),
        ("http://127.0.0.1:8080/done", Some(Destination::Here("127.0.0.1:8080"))),
        ("http://[::1]:8080/done", Some(Destination::Here("[::1]:8080"))),
        ("http://[::1]/done", Some(Destination::Here("[::1]"))),
        ("http://localhost/done", Some(Destination::Here("localhost"))),
        ("com.example.app:/done", Some(Destination::App("com.example.app"))),
        ("com.example.app:///done", Some(Destination::App("com.example.app"))),
        ("myapp://known.example/done", Some(Destination::App("myapp"))),
        ("https:app.example", None),
        ("https:///done", None),
        (":known.example", None),
        ("", None),
    ] {
        assert_eq!(Destination::of(uri), expected, "{uri}");
    }
}
