//! `prompt` and `max_age`: what the application wants the user to be asked.

use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::World;

use super::states::{State, session, state};

const NEITHER: [(&str, &str); 2] = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];

#[tokio::test]
async fn a_request_without_a_question_is_told_which_one_is_left() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let silent = |more: &[(&'static str, &'static str)]| request(&client, &[&[("prompt", "none")], more].concat());
    let tells = async |more: &[(&'static str, &'static str)], error: &str| {
        let before = state(&visitor);
        let reply = visitor.ask(&silent(more)).await;
        assert_eq!(reply.tells(error).given("state").as_deref(), Some("xyz"), "{more:?}");
        assert_eq!((reply.status.as_u16(), world.last_log()["denial"].as_str()), (303, Some(error)));
        assert_eq!(state(&visitor), before, "it moves nothing");
    };
    for more in [&[][..], &NEITHER] {
        tells(more, "login_required").await;
    }
    visitor.sign_in(&request(&client, &[])).await;
    tells(&[], "consent_required").await;
    tells(&NEITHER, "interaction_required").await;
    tells(&[("authenticatingInstitutionId", "91475")], "login_required").await;
    tells(&[("max_age", "300")], "consent_required").await;
    world.advance(301);
    tells(&[("max_age", "300")], "login_required").await;
    tells(&[], "consent_required").await;
    world.change_user("alice", |_| {}).await;
    tells(&[], "login_required").await;
    // A request that is wrong in another way is told so.
    visitor.ask(&silent(&[("scope", "WMS_OTHER")])).await.tells("invalid_scope");
}

#[tokio::test]
async fn a_user_types_the_password_where_the_application_asks_for_it_once() {
    let world = World::peopled().await;
    world.add_user("bob").await;
    let client = world.client().await;
    let query = |more: &[(&str, &str)]| request(&client, more);
    for more in [[("prompt", "login")], [("prompt", "login consent")], [("max_age", "0")], [("max_age", "300")]] {
        let visitor = world.visitor();
        visitor.sign_in(&query(&[])).await;
        world.advance(301);
        let page = visitor.ask(&query(&more)).await;
        assert!(page.text.contains("value=\"sign_in\""), "{more:?}");
        let wrong = [("form", page.form()), ("username", "alice".into()), ("password", "wrong".into())];
        let wrong: Vec<_> = wrong.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.post(AUTHORIZE, &wrong).await.shows(403);
        let began = session(&visitor).unwrap().signed_in_at;
        assert_eq!(began + 301, world.now(), "a wrong password changes nothing");
        let right = [("form", page.form()), ("username", "alice".into()), ("password", PASSWORD.into())];
        let right: Vec<_> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let signed_in = visitor.post(AUTHORIZE, &right).await;
        assert_eq!(session(&visitor).unwrap().signed_in_at, world.now());
        world.advance(5);
        let next = format!("/oauth2/{}", signed_in.location());
        let consent = visitor.get(&next).await;
        assert!(consent.text.contains("value=\"allow\""), "{more:?}: {}", consent.text);
        let given = visitor.post(AUTHORIZE, &[("form", &consent.form()), ("action", "allow")]).await;
        assert!(given.given("code").is_some());
        // The address counts as long as a form does, and then asks anew.
        world.advance(595);
        assert!(visitor.get(&next).await.text.contains("value=\"sign_in\""), "{more:?}");
    }
    let visitor = world.visitor();
    visitor.sign_in(&query(&[])).await;
    world.advance(300);
    for more in [[("max_age", "300")], [("prompt", "consent")]] {
        assert!(visitor.ask(&query(&more)).await.text.contains("value=\"allow\""), "{more:?}");
    }
}

#[tokio::test]
async fn a_prompt_that_is_not_served_is_refused_and_one_that_is_outlives_the_choice_of_an_institution() {
    let world = World::peopled().await;
    let client = world.client().await;
    for (name, value) in [
        ("prompt", "select_account"),
        ("prompt", "create"),
        ("prompt", "none login"),
        ("prompt", "LOGIN"),
        ("max_age", "-1"),
        ("max_age", "soon"),
        ("max_age", "99999999999999999999"),
    ] {
        let reply = world.visitor().ask(&request(&client, &[(name, value)])).await;
        assert!(reply.tells("invalid_request").given("error_description").unwrap().contains(name), "{value}");
        assert_eq!(world.last_log()["denial"], "parameter_invalid");
    }
    for name in ["prompt", "max_age"] {
        let twice = format!("{}&{name}=1&{name}=1", request(&client, &[]));
        world.visitor().ask(&twice).await.tells("invalid_request");
        assert_eq!(world.last_log()["denial"], "parameter_repeated");
    }
    let visitor = world.visitor();
    visitor.sign_in(&request(&client, &[])).await;
    let asked = [NEITHER[0], NEITHER[1], ("prompt", "login"), ("max_age", "60")];
    let choice = visitor.ask(&request(&client, &asked)).await;
    assert!(
        choice.text.contains("name=\"prompt\" value=\"login\"")
            && choice.text.contains("name=\"max_age\" value=\"60\"")
    );
    let picked = [&asked[..], &[("institution", "128807")]].concat();
    assert!(visitor.ask(&request(&client, &picked)).await.text.contains("value=\"sign_in\""));
    assert_eq!(state(&visitor), State::SignedIn);
    let metadata = world.visitor().get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata.body["prompt_values_supported"], serde_json::json!(["none", "login", "consent"]));
}
