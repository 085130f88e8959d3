//! Where a user is sent, and what comes back.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::example::NOW;
use crate::provider::example::{ISSUER, provider, provider_with, request};
use crate::provider::visit::Destination;

const SERVICE: &str = "https://auth.example";

#[test]
fn a_user_is_sent_with_all_that_the_answer_is_held_to() {
    let tab = TabSecret::new([3; 32]);
    let provider = provider();
    let visit = |to, another| Visit::begin(&provider, &tab, to, another, NOW);
    let sent = |visit: &Visit| url(&provider, visit, &tab, &redirect_uri(SERVICE, "128807"), "key.sealed");
    let plain = format!(
        "{ISSUER}/authorize?response_type=code&client_id=latchkey&redirect_uri=https%3A%2F%2Fauth.example%2Foauth2%2Fcallback\
         %3Finstitution%3D128807&scope=openid%20profile&state=key.sealed&nonce={}&code_challenge={}&code_challenge_method=S256",
        tab.nonce(),
        tab.challenge()
    );
    assert_eq!(sent(&visit(Destination::Applications, false)), plain);
    assert_eq!(sent(&visit(Destination::Applications, true)), format!("{plain}&prompt=select_account"));
    let mut asked = request();
    (asked.prompt.login, asked.prompt.max_age) = (true, Some(60));
    assert_eq!(sent(&visit(Destination::Request(asked.clone()), true)), format!("{plain}&prompt=login&max_age=60"));
    // Who asks for a new sign-in has to be told when it took place: only max_age makes a provider say that.
    asked.prompt.max_age = None;
    assert_eq!(sent(&visit(Destination::Request(asked), false)), format!("{plain}&prompt=login&max_age=0"));
    let older = provider_with(|provider| provider.selects_account = false);
    let visit = Visit::begin(&older, &tab, Destination::Applications, true, NOW);
    assert!(url(&older, &visit, &tab, SERVICE, "s").ends_with("&prompt=login"));
    let odd = provider_with(|provider| provider.authorization_endpoint = format!("{ISSUER}/a?policy=b"));
    assert!(
        url(&odd, &visit, &tab, SERVICE, "s").starts_with("https://login.demo.example/a?policy=b&response_type=code&")
    );
}

fn brought(query: &str) -> Result<String, ProviderError> {
    let pairs = Pairs::parse(query.as_bytes()).unwrap();
    let callback = Callback::read(&pairs)?;
    assert_eq!(callback.state, "s");
    callback.code(&provider()).map(str::to_owned)
}

#[test]
fn a_browser_brings_a_code_of_the_provider_or_its_error() {
    let iss = "institution=128807&iss=https%3A%2F%2Flogin.demo.example";
    let other = "institution=128807&iss=https%3A%2F%2Flogin.other.example";
    for (query, told) in [
        (format!("state=s&code=a%2Bb&{iss}&session_state=x&x=1&x=2"), Ok("a+b".to_owned())),
        (format!("state=s&code=a&error=&{iss}"), Ok("a".to_owned())),
        (format!("code=a&{iss}"), Err(ProviderError::VisitUnknown)),
        (format!("state=&code=a&{iss}"), Err(ProviderError::VisitUnknown)),
        (String::new(), Err(ProviderError::VisitUnknown)),
        (format!("state=s&{iss}"), Err(ProviderError::ResponseMalformed)),
        (format!("state=s&code=&{iss}"), Err(ProviderError::ResponseMalformed)),
        (format!("state=s&code=a&error=access_denied&{iss}"), Err(ProviderError::ResponseMalformed)),
        (format!("state=s&code=a&code=b&{iss}"), Err(ProviderError::ResponseMalformed)),
        (format!("state=s&state=s&code=a&{iss}"), Err(ProviderError::ResponseMalformed)),
        (format!("state=s&code=a&{iss}&{iss}"), Err(ProviderError::ResponseMalformed)),
        // RFC 9207, for errors too.
        (format!("state=s&code=a&{other}"), Err(ProviderError::IssuerDiffers)),
        (format!("state=s&error=access_denied&{other}"), Err(ProviderError::IssuerDiffers)),
        ("institution=128807&state=s&code=a".into(), Err(ProviderError::IssuerMissing)),
        ("institution=128807&state=s&code=a&iss=".into(), Err(ProviderError::IssuerMissing)),
        ("institution=128807&state=s&error=access_denied".into(), Err(ProviderError::IssuerMissing)),
        (format!("state=s&error=access_denied&{iss}"), Err(ProviderError::Cancelled)),
        (format!("state=s&error=unauthorized_client&{iss}"), Err(ProviderError::ClientRefused)),
        (format!("state=s&error=temporarily_unavailable&{iss}"), Err(ProviderError::Unreachable)),
        (format!("state=s&error=server_error&{iss}"), Err(ProviderError::Refused)),
        (format!("state=s&error=%3Cscript%3E&error_description=x&{iss}"), Err(ProviderError::Refused)),
    ] {
        assert_eq!(brought(&query), told, "{query}");
    }
}

#[test]
fn an_answer_comes_by_the_redirect_uri_of_its_institution() {
    let own = redirect_uri(SERVICE, "128807");
    assert_eq!(own, "https://auth.example/oauth2/callback?institution=128807");
    let silent = provider_with(|provider| provider.sends_iss = false);
    for (provider, rest) in [(&silent, ""), (&provider(), "&iss=https%3A%2F%2Flogin.demo.example")] {
        for (named, told) in [
            ("institution=128807", Ok("a")),
            ("institution=%3128807", Ok("a")),
            ("", Err(ProviderError::InstitutionDiffers)),
            ("institution", Err(ProviderError::InstitutionDiffers)),
            ("institution=", Err(ProviderError::InstitutionDiffers)),
            ("institution=91475", Err(ProviderError::InstitutionDiffers)),
            ("institution=128807%20", Err(ProviderError::InstitutionDiffers)),
            ("Institution=128807", Err(ProviderError::InstitutionDiffers)),
            ("institution=128807&institution=128807", Err(ProviderError::ResponseMalformed)),
            ("institution=128807&institution=91475", Err(ProviderError::ResponseMalformed)),
            ("institution=91475&institution=128807", Err(ProviderError::ResponseMalformed)),
        ] {
            for answer in ["code=a", "error=access_denied"] {
                let query = format!("{named}&{answer}&state=s{rest}");
                let pairs = Pairs::parse(query.as_bytes()).unwrap();
                let told = if answer == "code=a" { told } else { told.and(Err(ProviderError::Cancelled)) };
                assert_eq!(Callback::read(&pairs).and_then(|callback| callback.code(provider)), told, "{query}");
            }
        }
    }
}

#[test]
fn an_issuer_counts_where_it_is_sent_and_is_needed_where_it_is_announced() {
    let (announced, silent) = (provider(), provider_with(|provider| provider.sends_iss = false));
    for (iss, by_announced, by_silent) in [
        (Some(ISSUER), Ok(()), Ok(())),
        (None, Err(ProviderError::IssuerMissing), Ok(())),
        (Some("https://login.demo.example/"), Err(ProviderError::IssuerDiffers), Err(ProviderError::IssuerDiffers)),
        (Some("https://login.other.example"), Err(ProviderError::IssuerDiffers), Err(ProviderError::IssuerDiffers)),
    ] {
        assert_eq!((check_iss(&announced, iss), check_iss(&silent, iss)), (by_announced, by_silent), "{iss:?}");
    }
}
