//! What an application asks for, and what is wrong with it.

use latchkey_testkit::visitor::{AUTHORIZE, request};
use latchkey_testkit::world::{World, redemption};

#[tokio::test]
async fn what_else_is_wrong_with_a_request_is_told_to_the_application() {
    let world = World::peopled().await;
    let client = world.client().await;
    let far = "x".repeat(2100);
    for (change, error, denial) in [
        ([("response_type", "")], "invalid_request", "parameter_missing"),
        ([("response_type", "id_token")], "unsupported_response_type", "response_type_unsupported"),
        ([("response_type", "code token")], "unsupported_response_type", "response_type_unsupported"),
        ([("response_mode", "form_post")], "invalid_request", "response_mode_unsupported"),
        ([("response_mode", "fragment")], "invalid_request", "response_mode_unsupported"),
        ([("response_mode", "Query")], "invalid_request", "response_mode_unsupported"),
        ([("scope", "")], "invalid_scope", "parameter_missing"),
        ([("scope", "a\"b")], "invalid_scope", "scope_malformed"),
        ([("scope", "refresh_token")], "invalid_scope", "scope_without_service"),
        ([("scope", "WMS_OTHER")], "invalid_scope", "scope_not_allowed"),
        ([("contextInstitutionId", "")], "invalid_request", "parameter_missing"),
        ([("authenticatingInstitutionId", "")], "invalid_request", "parameter_missing"),
        ([("authenticatingInstitutionId", "<b>")], "invalid_request", "parameter_invalid"),
        ([("authenticatingInstitutionId", "4711")], "unauthorized_client", "institution_not_allowed"),
        (
            [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")],
            "invalid_request",
            "challenge_method_unsupported",
        ),
        ([("code_challenge_method", "S256")], "invalid_request", "parameter_missing"),
    ] {
        let reply = world.visitor().ask(&request(&client, &change)).await;
        assert_eq!(reply.tells(error).given("state").as_deref(), Some("xyz"), "{change:?}");
        assert_eq!(world.last_log()["denial"], denial, "{change:?}");
        assert_eq!(world.last_log()["client_id"], client.id.as_str());
    }
    for pair in [
        "state=two",
        "scope=WMS_NCIP",
        "response_type=code",
        "contextInstitutionId=1",
        "response_mode=query&response_mode=query",
        "ui_locales=de&ui_locales=en",
        "code_challenge=a&code_challenge=b",
    ] {
        world.visitor().ask(&format!("{}&{pair}", request(&client, &[]))).await.tells("invalid_request");
    }
    for (method, challenge) in
        [("plain", "x"), ("s256", "x"), ("S512", "x"), ("S256", "short"), ("S256", &"é".repeat(43))]
    {
        let change = [("code_challenge_method", method), ("code_challenge", challenge)];
        world.visitor().ask(&request(&client, &change)).await.tells("invalid_request");
    }
    world.visitor().ask(&request(&client, &[("state", "a\u{1}b")])).await.tells("invalid_request");
    let reply = world.visitor().ask(&request(&client, &[("state", &far)])).await;
    assert_eq!(reply.tells("invalid_request").given("state"), None, "what is too long to be a state is not given back");
    let reply = world.visitor().ask(&request(&client, &[("response_type", &far), ("state", &far)])).await;
    assert_eq!(reply.tells("invalid_request").given("state"), None, "neither where something else is too long");
}

#[tokio::test]
async fn a_request_that_would_not_fit_into_an_address_once_encoded_is_refused_before_anybody_signs_in() {
    let world = World::peopled().await;
    let long = format!("https://app.example/{}", "x".repeat(2000));
    let client = world.client_with(|client| client.redirect_uris = vec![long.clone()]).await;
    // Slashes may stand in a query as they are; encoded they are three times as long.
    let query = format!("{}&state={}", request(&client, &[("redirect_uri", &long), ("state", "")]), "/".repeat(2000));
    let reply = world.visitor().ask(&query).await;
    assert_eq!((reply.status.as_u16(), reply.given("error").as_deref()), (303, Some("invalid_request")));
}

#[tokio::test]
async fn an_institution_where_nobody_can_sign_in_is_told_to_the_application() {
    let world = World::peopled().await;
    let client = world.client_with(|client| client.institutions = vec!["*".into()]).await;
    world.visitor().ask(&request(&client, &[("authenticatingInstitutionId", "4711")])).await.tells("invalid_request");
    assert_eq!(world.last_log()["denial"], "institution_unknown");
    // Whose data are used need not be known here.
    assert_eq!(world.visitor().ask(&request(&client, &[("contextInstitutionId", "4711")])).await.status, 200);
    let stranger = world.client_with(|client| client.institutions = vec!["4711".into()]).await;
    let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    world.visitor().ask(&request(&stranger, &neither)).await.tells("invalid_request");
}

#[tokio::test]
async fn a_client_registered_so_must_send_a_challenge() {
    let world = World::peopled().await;
    let client = world.client_with(|client| client.pkce_required = true).await;
    world.visitor().ask(&request(&client, &[])).await.tells("invalid_request");
    let asked_before = world.client().await;
    let visitor = world.visitor();
    visitor.sign_in(&request(&asked_before, &[])).await;
    let form = visitor.ask(&request(&asked_before, &[])).await.form();
    world.change(&asked_before, |client| client.pkce_required = true).await;
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.tells("invalid_request");
    // RFC 7636, appendix B
    let challenge =
        [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];
    let code = world.visitor().allow(&request(&client, &challenge)).await.given("code").unwrap();
    world.redeem(&client, &code).await.refuses(400, "invalid_grant");
    let verifier = "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(
        world.ask(&client, "/oauth2/accessToken", &format!("{}{verifier}", redemption(&code))).await.status,
        200
    );
}

#[tokio::test]
async fn where_no_institution_is_named_the_user_picks_one_and_the_application_is_told() {
    let world = World::peopled().await;
    let client = world.client().await;
    let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let page = world.visitor().ask(&request(&client, &neither)).await;
    assert!(page.text.contains("value=\"128807\"") && page.text.contains("Second Library"));
    let challenged = [
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("state", "a state"),
    ];
    let asked = world.visitor().ask(&request(&client, &[&neither[..], &challenged].concat())).await;
    for (name, value) in challenged {
        assert!(asked.text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {}", asked.text);
    }
    for name in ["authenticatingInstitutionId", "institution", "find", "code_challenge_method"] {
        let twice = format!("{}&{name}=1&{name}=1", request(&client, &neither));
        world.visitor().ask(&twice).await.tells("invalid_request");
    }
    let picked = [neither[0], neither[1], ("institution", "128807")];
    let given = world.visitor().allow(&request(&client, &picked)).await;
    assert_eq!(given.given("authenticating_institution_id").as_deref(), Some("128807"));
    assert_eq!(given.given("context_institution_id").as_deref(), Some("128807"));
    assert_eq!(world.redeem(&client, &given.given("code").unwrap()).await.status, 200);
    let elsewhere = [neither[0], neither[1], ("institution", "4711")];
    world.visitor().ask(&request(&client, &elsewhere)).await.tells("unauthorized_client");
}

#[tokio::test]
async fn only_institutions_that_the_application_may_work_for_are_offered_and_a_long_list_is_searched() {
    let world = World::peopled().await;
    let client = world.client_with(|client| client.institutions = vec!["91475".into()]).await;
    let neither = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let page = world.visitor().ask(&request(&client, &neither)).await;
    assert!(page.text.contains("Second Library") && !page.text.contains("First Library"));
    let mut usage = latchkey_dynamodb::store::Usage::default();
    let mut directory = world.service.store.directory(&mut usage).await.unwrap();
    for number in 0..3000 {
        let name = if number % 2 == 0 { "Libräry" } else { "Libra\u{308}ry" };
        let (id, name) = (format!("i{number}"), format!("{name} <{number}>"));
        directory.institutions.push(latchkey_oauth::user::Institution { id, name });
    }
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
    world.change(&client, |client| client.institutions = vec!["*".into()]).await;
    let page = world.visitor().ask(&request(&client, &neither)).await;
    assert!(page.text.len() < 15_000 && page.text.contains("name=\"find\""), "{}", page.text.len());
    // In whatever composition the one was entered and the other is typed.
    for (typed, name) in
        [("RÄRY <2999>", "Libra\u{308}ry &#60;2999&#62;"), ("RA\u{308}RY <2998>", "Libräry &#60;2998&#62;")]
    {
        let page = world.visitor().ask(&request(&client, &[neither[0], neither[1], ("find", typed)])).await;
        assert!(page.text.contains("One institution") && page.text.contains(name), "{}", page.text);
    }
}

/// The response mode that each response type has anyway may be asked for by name.
#[tokio::test]
async fn the_response_mode_of_a_response_type_is_taken_and_no_other() {
    let world = World::peopled().await;
    let client =
        world.client_with(|client| client.grant_types.push(latchkey_oauth::grant_type::GrantType::Implicit)).await;
    let given = world.visitor().allow(&request(&client, &[("response_mode", "query")])).await;
    assert!(given.given("code").is_some());
    let token = [("response_type", "token"), ("response_mode", "fragment")];
    assert!(world.visitor().allow(&request(&client, &token)).await.given("access_token").is_some());
    let query = [("response_type", "token"), ("response_mode", "query")];
    let refused = world.visitor().ask(&request(&client, &query)).await;
    assert!(refused.tells("invalid_request").location().contains("#error="), "told where the answer would be");
    assert!(refused.given("error_description").unwrap().contains("fragment"));
    assert_eq!(world.last_log()["denial"], "response_mode_unsupported");
}
