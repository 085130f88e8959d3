//! A provider of one institution does not get the code of another institution's provider (RFC 9700 section 4.4.2).

use latchkey_oauth::form::encode;
use latchkey_testkit::provider::{Idp, asked};
use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::World;

use super::visits::{BACK, refused, start_again};

/// A URL with another value of a parameter.
fn with(url: &str, name: &str, value: &str) -> String {
    let before = format!("&{name}={}", encode(&asked(url)[name]));
    assert!(url.contains(&before), "{name}: {url}");
    url.replace(&before, &format!("&{name}={}", encode(value)))
}

/// The attacker runs the provider of the second institution. A user of the first one begins there, and is led on to the own
/// provider with nonce and challenge of a visit that the attacker has begun, and with the own `state`. The code that comes back
/// would sign the attacker in as the user, if the service gave it to the attacker's provider.
#[tokio::test]
async fn a_provider_that_mixes_up_two_institutions_gets_no_code_of_the_other_one() {
    let world = World::peopled().await;
    let client = world.client().await;
    let honest = Idp::at(&world, "128807", |provider| provider.sends_iss = false).await;
    let hostile = Idp::at(&world, "91475", |provider| provider.sends_iss = false).await;
    let second = [("authenticatingInstitutionId", "91475"), ("contextInstitutionId", "91475")];

    let attacker = world.visitor();
    let page = attacker.ask(&request(&client, &[])).await;
    let begun = attacker.leave(&page, AUTHORIZE).await;

    let user = world.visitor();
    let page = user.ask(&request(&client, &second)).await;
    let to_hostile = user.leave(&page, AUTHORIZE).await;
    assert!(to_hostile.starts_with(&hostile.issuer), "{to_hostile}");
    let mixed = with(&begun, "state", &asked(&to_hostile)["state"]);
    let back = honest.sign_in(&world, &mixed, "reader-1");
    assert!(!back.contains("iss="), "{back}");

    let reply = user.get(&back).await;
    refused(&user, &reply, 403, "provider_institution_differs").await;
    assert!(reply.text.contains("could not accept"), "{}", reply.text);
    assert!(start_again(&reply).contains("authenticatingInstitutionId=91475"), "{}", reply.text);
    assert_eq!((hostile.calls(), honest.calls()), ((0, 0), (0, 0)), "the code is sent nowhere");
    // It was worth something: with the state that it belongs to, it signs the attacker in.
    let stolen = with(&back, "state", &asked(&begun)["state"]);
    assert_eq!(attacker.get(&stolen).await.status, 303);
}

#[tokio::test]
async fn an_answer_that_names_no_institution_another_one_or_two_is_refused_whether_or_not_the_provider_names_itself() {
    for sends_iss in [false, true] {
        let world = World::peopled().await;
        let client = world.client().await;
        let idp = Idp::of(&world, |provider| provider.sends_iss = sends_iss).await;
        let differs = (403, "provider_institution_differs");
        let twice = (400, "provider_response_malformed");
        for (query, (status, denial)) in [
            ("?", differs),
            ("?institution", differs),
            ("?institution=", differs),
            ("?institution=91475", differs),
            ("?institution=128807%20", differs),
            ("?Institution=128807", differs),
            ("?institution=128807&institution=128807", twice),
            ("?institution=128807&institution=91475", twice),
            ("?institution=91475&institution=128807", twice),
        ] {
            let visitor = world.visitor();
            let back = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
            let elsewhere = back.replace(BACK, &format!("/oauth2/callback{query}"));
            refused(&visitor, &visitor.get(&elsewhere).await, status, denial).await;
            assert_eq!(idp.calls(), (0, 0), "{query}: the code is sent nowhere");
            if status == 403 {
                refused(&visitor, &visitor.get(&back).await, 400, "visit_foreign").await;
            }
        }
    }
}
