//! The page where users type the code that a device shows, and what follows it.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use latchkey_oauth::token::UserCode;
use latchkey_testkit::device::{DEVICE, DEVICE_AUTHORIZATION};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::World;
use tokio::task::JoinSet;

/// The page without what differs from one to the next, and without what was typed.
fn normal(page: &Reply, typed: &str) -> String {
    page.text.replace(&page.form(), "FORM").replace(typed, "TYPED")
}

fn costs(world: &World) -> (u64, f64, f64) {
    let line = world.last_log();
    let figure = |name: &str| line[name].as_f64().unwrap();
    (line["round_trips"].as_u64().unwrap(), figure("read_units"), figure("write_units"))
}

#[tokio::test]
async fn a_user_types_the_code_signs_in_allows_and_goes_back_to_the_device() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let user_code = begun.member("user_code");
    let visitor = world.visitor();
    let page = visitor.get(DEVICE).await;
    assert!(page.shows(200).text.contains("name=\"user_code\" value=\"\""), "{}", page.text);
    // There is no code to compare with.
    assert!(
        page.text.contains("Type the code that your device shows.") && !page.text.contains("Compare"),
        "{}",
        page.text
    );
    assert_eq!(costs(&world), (0, 0.0, 0.0), "a page for a code reads and writes nothing");
    let typed = user_code.to_lowercase().replace('-', " ");
    let reply = visitor.type_code(&typed).await;
    assert_eq!(world.last_log()["outcome"], "shown");
    let sign_in = visitor.follow(&reply).await;
    assert!(
        sign_in.text.contains("A test's client") || sign_in.text.contains("A test&#39;s client"),
        "{}",
        sign_in.text
    );
    let form = sign_in.form();
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let consent = visitor.follow(&visitor.post(DEVICE, &fields).await).await;
    for part in [user_code, "A device asks for this", "Circulation", "First Library", "value=\"deny\""] {
        assert!(consent.shows(200).text.contains(part), "{part}: {}", consent.text);
    }
    assert!(world.grant_of(begun.member("device_code")).await.unwrap().device.unwrap().answer.is_none());
    let form = consent.form();
    let done = visitor.post(DEVICE, &[("form", &form), ("action", "allow")]).await;
    let text = done.shows(200).text.replace(['\u{2068}', '\u{2069}'], "");
    assert!(text.contains("Go back to your device") && text.contains("close this page"), "{text}");
    assert!(text.contains("href=\"signOut\"") && !text.contains("http-equiv"), "it leads nowhere: {text}");
    assert_eq!(world.poll(&client, begun.member("device_code")).await.status, 200);
}

#[tokio::test]
async fn a_link_with_the_code_only_shows_it_and_is_answered_as_if_it_was_typed() {
    let world = World::peopled().await;
    let begun = world.device(&world.client().await).await;
    let user_code = begun.member("user_code");
    let link = begun.member("verification_uri_complete").strip_prefix(&world.url).unwrap().to_owned();
    let visitor = world.visitor();
    visitor.sign_in(&request(&world.client().await, &[])).await;
    let page = visitor.get(&link).await;
    assert!(page.shows(200).text.contains(&format!("value=\"{user_code}\"")), "{}", page.text);
    assert!(page.text.contains("Compare the code below with the one that your device shows."), "{}", page.text);
    assert!(!page.text.contains("Type the code"), "{}", page.text);
    assert!(!page.text.contains("value=\"allow\""), "RFC 8628 section 3.3.1: the user confirms the code first");
    assert_eq!(costs(&world), (0, 0.0, 0.0));
    let form = page.form();
    let consent = visitor.follow(&visitor.post(DEVICE, &[("form", &form), ("user_code", user_code)]).await).await;
    assert!(consent.shows(200).text.contains("value=\"allow\""), "who is signed in need not do so again");
    // What can be no code is not repeated.
    for odd in ["%22%3E%3Cscript%3E", "WDJB-MJH", &"B".repeat(5000)] {
        let page = visitor.get(&format!("{DEVICE}?user_code={odd}")).await;
        assert!(page.shows(200).text.contains("name=\"user_code\" value=\"\""), "{}", page.text);
    }
    visitor.get(&format!("{DEVICE}?user_code=a&user_code=b")).await.shows(400);
    visitor.get(&format!("{DEVICE}?user_code={}", "B".repeat(9000))).await.shows(400);
}

#[tokio::test]
async fn unknown_used_denied_and_expired_codes_get_the_same_answer_at_the_same_cost() {
    let world = World::peopled().await;
    let client = world.client().await;
    let [late, denied, allowed] =
        [world.device(&client).await, world.device(&client).await, world.device(&client).await];
    let visitor = world.visitor();
    visitor.allow_device(allowed.member("user_code")).await.shows(200);
    assert_eq!(world.poll(&client, allowed.member("device_code")).await.status, 200);
    let form = visitor.sign_in_for_device(denied.member("user_code")).await.form();
    visitor.post(DEVICE, &[("form", &form), ("action", "deny")]).await.shows(200);
    world.advance(900);
    let unknown = UserCode::random([9; 16]).text();
    let mut pages = Vec::new();
    for code in [&unknown, late.member("user_code"), denied.member("user_code"), allowed.member("user_code")] {
        let page = world.visitor().type_code(code).await;
        let line = world.last_log();
        assert_eq!((line["denial"].as_str(), line.get("grant_id")), (Some("user_code_unknown"), None), "{line}");
        assert!(line["network_log_id"].is_string() && line.get("user_log_id").is_none(), "{line}");
        // Of a code that leads to an item, DynamoDB reads that too.
        assert_eq!((costs(&world).0, costs(&world).2), (2, 2.0), "{line}");
        pages.push(normal(page.shows(400), code));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:#?}");
    // What can be no code is no guess.
    for odd in ["", "WDJB", "WDJBMJHA", "1234-5678"] {
        let page = world.visitor().type_code(odd).await;
        assert!(page.shows(400).text.contains("This code is not valid"), "{}", page.text);
        assert_eq!((world.last_log()["denial"].as_str(), costs(&world)), (Some("user_code_unknown"), (0, 0.0, 0.0)));
    }
}

#[tokio::test]
async fn guesses_at_codes_end_with_the_hundredth_of_a_network_and_count_with_its_wrong_passwords() {
    let world = World::peopled().await;
    let client = world.client().await;
    let user_code = world.device(&client).await.member("user_code").to_owned();
    let guess = async |number: u128| {
        let reply = world.visitor().type_code(&UserCode::random(number.to_be_bytes()).text()).await;
        reply.status.as_u16()
    };
    for number in 0..100 {
        assert_eq!(guess(number).await, 400, "{number}");
    }
    let slowed = world.visitor().type_code(&user_code).await;
    assert!(slowed.shows(429).text.contains("too many attempts"), "{}", slowed.text);
    assert!(slowed.headers.contains_key("retry-after"), "a right one is not looked at either");
    assert_eq!((world.last_log()["denial"].as_str(), costs(&world).2), (Some("sign_in_slowed"), 0.0));
    world.visitor().sign_in_as(&request(&client, &[]), "alice", "wrong").await.shows(429);
    world.advance(660);
    let reply = world.visitor().type_code(&user_code).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert_eq!((costs(&world).0, costs(&world).2), (2, 2.0), "a right one costs what a wrong one does");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_are_guessed_at_once_are_worth_no_more_than_one_after_the_other() {
    let world = Arc::new(World::peopled().await);
    let mut running = JoinSet::new();
    for number in 0..150_u128 {
        let world = world.clone();
        running.spawn(async move {
            let visitor = world.visitor();
            visitor.type_code(&UserCode::random(number.to_be_bytes()).text()).await.status.as_u16()
        });
    }
    let statuses = running.join_all().await;
    assert!(statuses.iter().filter(|status| **status == 400).count() <= 100, "{statuses:?}");
    assert!(statuses.iter().all(|status| [400, 429].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_ticket_is_good_for_its_browser_and_ten_minutes_only() {
    let world = World::peopled().await;
    let user_code = world.device(&world.client().await).await.member("user_code").to_owned();
    let visitor = world.visitor();
    let reply = visitor.type_code(&user_code).await;
    let address = format!("/oauth2/{}", reply.location());
    // An attacker's link would lead past the page that asks for the code.
    let victim = world.visitor();
    victim.sign_in(&request(&world.client().await, &[])).await;
    for browser in [&victim, &world.visitor()] {
        let page = browser.get(&address).await;
        assert!(page.shows(400).text.contains("name=\"user_code\" value=\"\""), "{}", page.text);
        assert_eq!((world.last_log()["denial"].as_str(), costs(&world)), (Some("form_stale"), (0, 0.0, 0.0)));
    }
    visitor.get(&address).await.shows(200);
    for ticket in ["x", "", "a.b", &visitor.get(DEVICE).await.form()] {
        let page = visitor.get(&format!("{DEVICE}?ticket={ticket}")).await;
        // Of a sealing key that is gone, it is out of date.
        let expected = match ticket {
            "" => 200,
            "a.b" => 400,
            _ => 403,
        };
        assert_eq!(page.status.as_u16(), expected, "{ticket}: {}", page.text);
    }
    // A form of such a key leads back to the page that asks for the code.
    for target in [DEVICE, &format!("{DEVICE}?ticket=x")] {
        let page = visitor.post(target, &[("form", "a.b"), ("user_code", &user_code)]).await;
        let text = &page.shows(400).text;
        assert!(text.contains("href=\"device\"") && !text.contains("authorizeCode"), "{target}: {text}");
        assert_eq!((world.last_log()["denial"].as_str(), costs(&world)), (Some("form_stale"), (0, 0.0, 0.0)));
    }
    world.advance(600);
    visitor.get(&address).await.shows(400);
}

#[tokio::test]
async fn the_forms_of_a_device_answer_their_own_question_from_our_pages_only() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let user_code = begun.member("user_code");
    let visitor = world.visitor();
    let form = visitor.get(DEVICE).await.form();
    let fields = [("form", form.as_str()), ("user_code", user_code)];
    for site in ["cross-site", "same-site"] {
        visitor.post_from(DEVICE, &fields, site).await.shows(403);
        assert_eq!((world.last_log()["denial"].as_str(), costs(&world)), (Some("form_forged"), (0, 0.0, 0.0)));
    }
    let stranger = world.visitor();
    stranger.post_from(DEVICE, &fields, "none").await.shows(400);
    assert_eq!(world.last_log()["denial"], "cookie_missing");
    stranger.get(DEVICE).await;
    stranger.post_from(DEVICE, &fields, "none").await.shows(400);
    assert_eq!(world.last_log()["denial"], "form_stale");
    // No form of one question answers another.
    let consent = visitor.sign_in_for_device(user_code).await.form();
    let sign_out = visitor.get("/oauth2/signOut").await.form();
    for (form, action) in [(&form, "allow"), (&sign_out, "allow"), (&consent, "sign_in"), (&consent, "ALLOW")] {
        visitor.post(AUTHORIZE, &[("form", form), ("action", action)]).await.shows(403);
    }
    visitor.post(DEVICE, &[("form", &sign_out), ("action", "allow")]).await.shows(403);
    visitor.post(DEVICE, &[("form", &form), ("user_code", user_code), ("user_code", user_code)]).await.shows(400);
    visitor.post(DEVICE, &[("user_code", user_code)]).await.shows(403);
    // An Allow within a second spends nothing; one that is sent twice says yes once.
    let hasty = visitor
        .post_from(
            DEVICE,
            &[("form", &visitor.sign_in_for_device(user_code).await.form()), ("action", "allow")],
            "same-origin",
        )
        .await;
    assert!(hasty.shows(400).text.contains(user_code), "{}", hasty.text);
    assert_eq!(world.last_log()["denial"], "form_hasty");
    for _ in 0..2 {
        visitor.post(DEVICE, &[("form", &consent), ("action", "allow")]).await.shows(200);
    }
    assert_eq!(world.poll(&client, begun.member("device_code")).await.status, 200);
    visitor.post(DEVICE, &[("form", &consent), ("action", "deny")]).await.shows(400);
    assert_eq!(world.last_log()["denial"], "user_code_unknown");
}

#[tokio::test]
async fn the_first_answer_counts_whichever_user_gives_it() {
    let world = World::peopled().await;
    world.add_user("bob").await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let (alice, cancels) = (world.visitor(), world.visitor());
    let consent = alice.sign_in_for_device(begun.member("user_code")).await.form();
    // Cancel on the page that asks who the user is says no, too.
    let sign_in = cancels.follow(&cancels.type_code(begun.member("user_code")).await).await.form();
    let page = cancels.post(DEVICE, &[("form", &sign_in), ("action", "cancel")]).await;
    assert!(page.shows(200).text.contains("You have denied access") && !page.text.contains("signOut"), "{}", page.text);
    let line = world.last_log();
    assert_eq!((line["outcome"].as_str(), line["denial"].as_str()), (Some("denied"), Some("consent_refused")));
    let page = alice.post(DEVICE, &[("form", &consent), ("action", "allow")]).await;
    assert!(page.shows(400).text.contains("This code is not valid"), "{}", page.text);
    assert_eq!(world.last_log()["denial"], "user_code_unknown");
    world.poll(&client, begun.member("device_code")).await.refuses(400, "access_denied");
    // Another user's yes does not take the place of the first one's.
    let begun = world.device(&client).await;
    let bob = world.visitor();
    bob.sign_in_as(&request(&client, &[]), "bob", PASSWORD).await;
    let [first, second] = [
        alice.sign_in_for_device(begun.member("user_code")).await.form(),
        bob.sign_in_for_device(begun.member("user_code")).await.form(),
    ];
    alice.post(DEVICE, &[("form", &first), ("action", "allow")]).await.shows(200);
    bob.post(DEVICE, &[("form", &second), ("action", "allow")]).await.shows(400);
    assert_eq!(world.poll(&client, begun.member("device_code")).await.member("principalID"), "alice-id");
}

#[tokio::test]
async fn the_user_picks_the_institution_where_the_device_named_none() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.ask(&client, DEVICE_AUTHORIZATION, "scope=WMS_NCIP").await;
    let visitor = world.visitor();
    let reply = visitor.type_code(begun.member("user_code")).await;
    let page = visitor.follow(&reply).await;
    assert!(page.shows(200).text.contains("action=\"device\"") && page.text.contains("First Library"), "{}", page.text);
    let address = format!("/oauth2/{}", reply.location());
    for (odd, status) in [("1", 400), ("a%2Fb", 400)] {
        visitor.get(&format!("{address}&institution={odd}")).await.shows(status);
    }
    let sign_in = visitor.get(&format!("{address}&institution=128807")).await.form();
    let fields = [("form", sign_in.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let consent = visitor.follow(&visitor.post(DEVICE, &fields).await).await.form();
    visitor.post(DEVICE, &[("form", &consent), ("action", "allow")]).await.shows(200);
    let tokens = world.poll(&client, begun.member("device_code")).await;
    assert_eq!(tokens.member("authenticating_institution_id"), "128807", "{}", tokens.text);
    assert_eq!(tokens.member("context_institution_id"), "128807");
    // One that the directory does not know has no users.
    world.change(&client, |client| client.institutions.push("99".into())).await;
    let begun = world.ask(&client, DEVICE_AUTHORIZATION, "scope=WMS_NCIP&contextInstitutionId=99").await;
    visitor.follow(&visitor.type_code(begun.member("user_code")).await).await.shows(400);
    assert_eq!(world.last_log()["denial"], "institution_unknown");
}

#[tokio::test]
async fn what_became_of_the_client_since_the_device_asked_counts() {
    let world = World::peopled().await;
    let client = world.client().await;
    let begun = world.device(&client).await;
    let visitor = world.visitor();
    let form = visitor.sign_in_for_device(begun.member("user_code")).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    world.change(&client, |client| client.scopes = vec!["WMS_ACQ".into()]).await;
    visitor.post(DEVICE, &fields).await.shows(400);
    assert_eq!(world.last_log()["denial"], "scope_not_allowed");
    world.change(&client, |client| client.disabled = true).await;
    for action in ["allow", "deny"] {
        visitor.post(DEVICE, &[("form", &form), ("action", action)]).await.shows(400);
        assert_eq!(world.last_log()["denial"], "client_unregistered");
    }
    visitor.follow(&visitor.type_code(begun.member("user_code")).await).await.shows(400);
    assert!(world.grant_of(begun.member("device_code")).await.unwrap().device.unwrap().answer.is_none());
}

#[tokio::test]
async fn the_pages_of_a_device_speak_the_users_language() {
    let world = World::peopled().await;
    let german = [("accept-language", "de")];
    // A device asks for no language, and its link for none.
    for target in [DEVICE, &format!("{DEVICE}?ui_locales=en")] {
        let page = world.visitor().send(Method::GET, target, &german, Bytes::new()).await;
        let text = &page.shows(200).text;
        assert!(text.contains("Ein Gerät verbinden") && text.contains("Code auf Ihrem Gerät"), "{target}: {text}");
    }
}
