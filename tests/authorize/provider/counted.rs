//! Codes that a browser may have made up count with the wrong passwords of its network, and nothing else does.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::form::encode;
use latchkey_testkit::provider::{Idp, Says};
use latchkey_testkit::visitor::{PASSWORD, request};

use super::visits::{BACK, refused, start_again, state_of};
use crate::authorize::attempts::{place, try_from};

#[tokio::test]
async fn codes_that_do_not_count_end_for_a_network_before_the_provider_is_asked_for_ever() {
    let (world, client) = place().await;
    let idp = Idp::of(&world, |_| ()).await;
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let kept = visitor.cookie.lock().unwrap().clone();
    let (state, iss) = (state_of(&to), encode(&idp.issuer));
    let from = async |address: &str, target: &str| {
        *visitor.cookie.lock().unwrap() = kept.clone();
        visitor.send(Method::GET, target, &[("x-forwarded-for", &format!("{address}, 10.0.0.1"))], Bytes::new()).await
    };
    // A copy of the cookie serves any number of times, and each code is a call with this service's secret.
    for number in 0..100 {
        let guess = format!("{BACK}&code=guess-{number}&state={state}&iss={iss}");
        refused(&visitor, &from("192.0.2.1", &guess).await, 403, "provider_code_refused").await;
    }
    assert_eq!(idp.calls().0, 100);
    let slowed = from("192.0.2.1", &to).await;
    refused(&visitor, &slowed, 429, "sign_in_slowed").await;
    assert_eq!(slowed.headers["retry-after"], "660");
    assert!(slowed.text.contains("too many attempts") && start_again(&slowed).starts_with("authorizeCode?"));
    assert!(visitor.value("latchkey-visits").is_some(), "nothing was used up");
    assert_eq!(idp.calls().0, 100, "a right code is not sent either");
    // They count with the wrong passwords of the network, and no other network is slowed.
    let typed = try_from(&world, &client, "192.0.2.1", "alice", PASSWORD).await;
    assert_eq!(typed.status, 429);
    let back = from("192.0.2.2", &to).await;
    assert_eq!((back.status.as_u16(), idp.calls().0), (303, 101), "{}", back.text);
}

#[tokio::test]
async fn only_what_a_browser_may_have_made_up_counts_against_its_network() {
    let (world, client) = place().await;
    let idp = Idp::of(&world, |_| ()).await;
    let answer = |status, error: &str| {
        let body = serde_json::json!({ "error": error }).to_string();
        Says::Answer(status, "application/json", body)
    };
    for (says, denial, writes) in [
        (answer(400, "invalid_grant"), "provider_code_refused", 2.0),
        // The operator's fault, or the provider's: all users of the institution meet it.
        (answer(400, "invalid_request"), "provider_error", 0.0),
        (Says::Answer(400, "text/html", "<p>No.".to_owned()), "provider_error", 0.0),
        (answer(401, "invalid_client"), "provider_client_refused", 0.0),
        (answer(503, "temporarily_unavailable"), "provider_unreachable", 0.0),
        (answer(200, ""), "provider_answer_malformed", 0.0),
    ] {
        idp.behave(|behaviour| behaviour.token = says);
        let visitor = world.visitor();
        let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
        refused(&visitor, &visitor.get(&to).await, 403, denial).await;
        assert_eq!(world.last_log()["write_units"].as_f64(), Some(writes), "{denial}");
    }
    idp.behave(|behaviour| {
        behaviour.token = Says::Right;
        behaviour.edit = Box::new(|claims| claims["nonce"] = "another visit's".into());
    });
    let visitor = world.visitor();
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    refused(&visitor, &visitor.get(&to).await, 403, "id_token_nonce_wrong").await;
    let line = world.last_log();
    assert_eq!(line["write_units"].as_f64(), Some(2.0));
    assert!(line["network_log_id"].is_string(), "{line}");
    // Of any other token each user of the institution would be counted.
    idp.behave(|behaviour| behaviour.edit = Box::new(|claims| claims["sub"] = 1.into()));
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    refused(&visitor, &visitor.get(&to).await, 403, "id_token_claim_malformed").await;
    assert_eq!(world.last_log()["write_units"].as_f64(), Some(0.0));
    // An error that the browser brings costs the provider nothing.
    let to = visitor.visit(&idp, &request(&client, &[]), "reader-1").await;
    let (state, iss) = (state_of(&to), encode(&idp.issuer));
    visitor.get(&format!("{BACK}&error=x&state={state}&iss={iss}")).await.shows(403);
    assert_eq!(world.last_log()["write_units"].as_f64(), Some(0.0));
}
