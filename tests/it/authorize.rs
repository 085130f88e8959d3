//! `GET` and `POST /oauth2/authorizeCode`: what is shown, what the application is told, and what is never minted.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::settings::Settings;

use crate::visitor::{AUTHORIZE, PASSWORD, request};
use crate::world::{Choices, REDIRECT, World, redemption};

async fn world() -> World {
    let world = World::new().await;
    world.with_people().await;
    world
}

#[tokio::test]
async fn a_sign_in_and_a_yes_give_a_code_with_state_and_issuer_that_redeems() {
    let world = world().await;
    let client = world.client().await;
    let given = world.visitor().allow(&request(&client, &[("state", "a b&c=d\"é")])).await;
    assert_eq!(given.status, 303);
    assert_eq!(given.given("state").as_deref(), Some("a b&c=d\"é"));
    assert_eq!(given.given("iss").as_deref(), Some(world.url.as_str()));
    assert!(given.given("authenticating_institution_id").is_none(), "the application knows it");
    assert_eq!(world.last_log()["outcome"], "granted");
    let tokens = world.redeem(&client, &given.given("code").unwrap()).await;
    assert_eq!((tokens.member("principalID"), tokens.member("principalIDNS")), ("alice-id", "urn:test"));
    for _ in 0..3 {
        assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
    }
}

#[tokio::test]
async fn a_page_names_application_institution_services_and_time() {
    let world = world().await;
    let client = world.client_with(|client| client.refresh_token_seconds = Some(7 * 86_400)).await;
    let page = world.visitor().sign_in(&request(&client, &[("scope", "WMS_NCIP WMS_ACQ refresh_token")])).await;
    let text = page.text.replace(['\u{2068}', '\u{2069}'], "");
    for part in ["A test&#39;s client", "First Library", "Circulation", "WMS_ACQ", "7 days", "signed in as alice"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let page = world.visitor().sign_in(&request(&client, &[("scope", "WMS_NCIP")])).await;
    assert!(page.text.replace(['\u{2068}', '\u{2069}'], "").contains("20 minutes"));
}

#[tokio::test]
async fn every_page_carries_its_guards_and_is_small() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let wayf = [("authenticatingInstitutionId", ""), ("contextInstitutionId", "")];
    let pages = [
        visitor.ask(&request(&client, &wayf)).await,
        visitor.ask(&request(&client, &[("client_id", "nobody")])).await,
        visitor.sign_in_as(&request(&client, &[]), "alice", "wrong").await,
        visitor.sign_in(&request(&client, &[])).await,
        visitor.get("/oauth2/signOut").await,
    ];
    let style = visitor.get("/oauth2/style.css").await;
    assert_eq!(
        (style.status.as_u16(), style.headers["content-type"].to_str().unwrap()),
        (200, "text/css;charset=UTF-8")
    );
    for page in pages {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; img-src 'none'; form-action 'self'"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"));
        assert!(!policy.contains("unsafe"));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.headers[name], value);
        }
        assert!(page.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
        assert!(!page.text.contains("<script") && !page.text.contains(" style="));
        assert!(page.text.len() + style.text.len() < 20_000, "{}", page.text.len());
    }
}

#[tokio::test]
async fn a_form_may_lead_to_where_its_answer_goes() {
    let world = world().await;
    for (uri, lead) in [(REDIRECT, "'self' https:;"), ("com.example.app:/callback", "'self' com.example.app:;")] {
        let client = world.client_with(|client| client.redirect_uris = vec![uri.into()]).await;
        let page = world.visitor().sign_in(&request(&client, &[("redirect_uri", uri)])).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("form-action {lead}")), "{policy}");
    }
}

#[tokio::test]
async fn a_redirect_with_a_code_is_kept_nowhere_and_told_to_nobody() {
    let world = world().await;
    let given = world.visitor().allow(&request(&world.client().await, &[])).await;
    assert!(given.given("code").is_some());
    for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
        assert_eq!(given.headers[name], value);
    }
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites_and_over_https_from_other_hosts() {
    let world = world().await;
    let client = world.client().await;
    let page = world.visitor().ask(&request(&client, &[])).await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("latchkey=local."), "{cookie}");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=3600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "loopback has no https");
    let settings = Settings { issuer: Some("https://auth.example".into()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    let page = world.visitor().ask(&request(&client, &[])).await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-latchkey=") && cookie.contains("; Secure") && !cookie.contains("Domain"));
    let given = world.visitor().allow(&request(&client, &[])).await;
    assert_eq!(given.given("iss").as_deref(), Some("https://auth.example"));
}

#[tokio::test]
async fn an_application_that_cannot_be_trusted_is_shown_and_never_redirected_to() {
    let world = world().await;
    let client = world.client().await;
    let disabled = world.client_with(|client| client.disabled = true).await;
    let visitor = world.visitor();
    for query in [
        request(&client, &[("client_id", "")]),
        request(&client, &[("client_id", "nobody")]),
        request(&client, &[("client_id", "a b")]),
        request(&client, &[("client_id", &"x".repeat(2000))]),
        request(&disabled, &[]),
        request(&client, &[("redirect_uri", "")]),
        format!("{}&client_id=other", request(&client, &[])),
        format!("{}&redirect_uri=https%3A%2F%2Fevil.example", request(&client, &[])),
        format!("{}&x=%FF", request(&client, &[])),
        format!("{}&x={}", request(&client, &[]), "y".repeat(9000)),
    ] {
        visitor.ask(&query).await.shows(400);
    }
    let names: Vec<_> = world.log().iter().map(|line| line["denial"].as_str().unwrap_or_default().to_owned()).collect();
    for name in
        ["client_unregistered", "parameter_missing", "parameter_repeated", "parameters_not_text", "query_too_long"]
    {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
}

#[tokio::test]
async fn a_redirect_uri_is_the_registered_one_to_the_letter() {
    let world = world().await;
    let client = world.client().await;
    for uri in [
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example/Callback",
        "https://app.example/x/../callback",
        "https://app.example/%63allback",
        "https://app.example%2Fcallback",
        "https://app.example:443/callback",
        "https://APP.example/callback",
        "https://user@app.example/callback",
        "https://app.example\\callback",
        "https://app.example\\@evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://арр.example/callback",
        "http://app.example/callback",
        "//app.example/callback",
        "/callback",
        "javascript:alert(1)//https://app.example/callback",
        "data:text/html,x",
        "https://app.example/callback\r\nx: y",
        " https://app.example/callback",
        "http://127.0.0.1:8080/callback",
    ] {
        world.visitor().ask(&request(&client, &[("redirect_uri", uri)])).await.shows(400);
        assert_eq!(world.last_log()["denial"], "redirect_uri_unregistered", "{uri}");
    }
}

#[tokio::test]
async fn at_a_loopback_address_any_port_will_do_and_nothing_else() {
    let world = world().await;
    let register = |client: &mut latchkey_oauth::client::Client| {
        client.redirect_uris = ["http://127.0.0.1/callback", "http://[::1]:7777/callback", "http://localhost/callback"]
            .map(str::to_owned)
            .into();
    };
    let client = world.client_with(register).await;
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:51004/callback",
        "http://[::1]/callback",
        "http://[::1]:80/callback",
        "http://localhost/callback",
    ] {
        let given = world.visitor().allow(&request(&client, &[("redirect_uri", uri)])).await;
        assert!(given.location().starts_with(&format!("{uri}?code=")), "{}", given.location());
        // What is redeemed is the very URI that was asked for, port included.
        let code = given.given("code").unwrap();
        let theirs = |uri: &str| redemption(&code).replace("https%3A%2F%2Fapp.example%2Fcallback", uri);
        world
            .ask(&client, "/oauth2/accessToken", &theirs("http://127.0.0.1:1/callback"))
            .await
            .refuses(400, "invalid_grant");
        assert_eq!(world.ask(&client, "/oauth2/accessToken", &theirs(uri)).await.status, 200, "{uri}");
    }
    for uri in [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.2/callback",
        "http://localhost:51004/callback",
        "https://127.0.0.1/callback",
        "http://[::1]evil.example/callback",
    ] {
        world.visitor().ask(&request(&client, &[("redirect_uri", uri)])).await.shows(400);
    }
}

#[tokio::test]
async fn what_else_is_wrong_with_a_request_is_told_to_the_application() {
    let world = world().await;
    let client = world.client().await;
    let far = "x".repeat(2100);
    for (change, error, denial) in [
        ([("response_type", "")], "invalid_request", "parameter_missing"),
        ([("response_type", "id_token")], "unsupported_response_type", "response_type_unsupported"),
        ([("response_type", "code token")], "unsupported_response_type", "response_type_unsupported"),
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
}

#[tokio::test]
async fn a_request_that_would_not_fit_into_an_address_once_encoded_is_refused_before_anybody_signs_in() {
    let world = world().await;
    let long = format!("https://app.example/{}", "x".repeat(2000));
    let client = world.client_with(|client| client.redirect_uris = vec![long.clone()]).await;
    // Slashes may stand in a query as they are; encoded they are three times as long.
    let query = format!("{}&state={}", request(&client, &[("redirect_uri", &long), ("state", "")]), "/".repeat(2000));
    let reply = world.visitor().ask(&query).await;
    assert_eq!((reply.status.as_u16(), reply.given("error").as_deref()), (303, Some("invalid_request")));
}

#[tokio::test]
async fn an_institution_where_nobody_can_sign_in_is_told_to_the_application() {
    let world = world().await;
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
    let world = world().await;
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
async fn tokens_in_a_fragment_are_for_clients_registered_for_them() {
    let world = world().await;
    let client = world.client().await;
    let change = [("response_type", "token")];
    let refused = world.visitor().ask(&request(&client, &change)).await;
    assert!(refused.tells("unauthorized_client").location().starts_with(&format!("{REDIRECT}#error=")));
    world.change(&client, |client| client.grant_types.push(GrantType::Implicit)).await;
    let given = world.visitor().allow(&request(&client, &change)).await;
    let fragment = given.location().strip_prefix(&format!("{REDIRECT}#")).unwrap();
    let names: Vec<_> = fragment.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
    assert_eq!(
        names.join(" "),
        "access_token principalID principalIDNS context_institution_id authenticating_institution_id token_type \
         expires_in state expires_at refresh_token refresh_token_expires_in refresh_token_expires_at"
    );
    assert!(fragment.ends_with('Z') && !fragment.contains('+'), "{fragment}");
    assert_eq!(world.refresh(&client, &given.given("refresh_token").unwrap()).await.status, 200);
    let grant = world.grant_of(&given.given("access_token").unwrap()).await.unwrap();
    assert_eq!((grant.grant_type, grant.expires_at), (GrantType::Implicit, world.now() + 86_400 + 1200));
    // The token endpoint knows no such grant type.
    world.ask(&client, "/oauth2/accessToken", "grant_type=implicit").await.refuses(400, "unsupported_grant_type");
}

#[tokio::test]
async fn where_no_institution_is_named_the_user_picks_one_and_the_application_is_told() {
    let world = world().await;
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
    let world = world().await;
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
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap());
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

#[tokio::test]
async fn nothing_that_is_shown_can_become_markup() {
    let world = world().await;
    let nasty = "<script>alert(1)</script>\"'&";
    let client = world.client_with(|client| client.name = nasty.into()).await;
    let visitor = world.visitor();
    let replies = [
        visitor
            .ask(&request(
                &client,
                &[("authenticatingInstitutionId", ""), ("contextInstitutionId", ""), ("state", nasty), ("find", nasty)],
            ))
            .await,
        visitor.sign_in_as(&request(&client, &[("state", nasty)]), nasty, nasty).await,
        visitor.sign_in(&request(&client, &[("state", nasty)])).await,
        visitor.ask(&request(&client, &[("client_id", nasty)])).await,
        visitor.ask(&request(&client, &[("redirect_uri", nasty)])).await,
        visitor.post(AUTHORIZE, &[("form", nasty), ("action", nasty)]).await,
    ];
    for reply in replies {
        assert!(!reply.text.contains("<script") && !reply.text.contains("\"'&"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_no_and_a_cancel_tell_the_application_and_store_nothing() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "cancel")]).await.tells("access_denied");
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let reply = visitor.post(AUTHORIZE, &[("form", &form), ("action", "deny")]).await;
    assert_eq!(reply.tells("access_denied").given("state").as_deref(), Some("xyz"));
    assert_eq!(world.last_log()["denial"], "consent_refused");
    let everything = latchkey_dynamodb::store::registry::GrantFilter::default();
    assert!(
        world
            .service
            .store
            .grants(&everything, &mut latchkey_dynamodb::store::Usage::default())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_form_counts_once_in_its_session_in_time_and_unchanged() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    // Another browser, and none.
    let stranger = world.visitor();
    stranger.post(AUTHORIZE, &fields).await.shows(400);
    stranger.sign_in(&request(&client, &[])).await;
    stranger.post(AUTHORIZE, &fields).await.shows(400);
    assert_eq!(world.last_log()["denial"], "form_stale");
    // Another site.
    for site in ["cross-site", "same-site", "none"] {
        visitor.post_from(AUTHORIZE, &fields, site).await.shows(403);
        assert_eq!(world.last_log()["denial"], "form_forged");
    }
    // Changed, cut, empty, a cookie's value, or of another kind.
    let cookie = visitor.cookie.lock().unwrap().clone().unwrap();
    let mut changed = form.clone();
    changed.replace_range(40..41, if form.as_bytes()[40] == b'A' { "B" } else { "A" });
    for wrong in
        [changed.as_str(), &form[..form.len() - 8], "", ".", "local.", ".AAAA", cookie.split_once('=').unwrap().1]
    {
        visitor.post(AUTHORIZE, &[("form", wrong), ("action", "allow")]).await.shows(403);
    }
    // Sealed by a key that is gone, or that this instance does not know yet.
    visitor.post(AUTHORIZE, &[("form", &form.replacen("local.", "gone.", 1)), ("action", "allow")]).await.shows(400);
    for action in ["sign_in", "cancel", "", "ALLOW"] {
        visitor.post(AUTHORIZE, &[("form", &form), ("action", action)]).await.shows(403);
    }
    visitor.post(AUTHORIZE, &[("form", &form), ("form", &form), ("action", "allow")]).await.shows(400);
    let body = Bytes::from(format!("form={form}&action=allow"));
    visitor.send(Method::POST, AUTHORIZE, &[("content-type", "text/plain")], body).await.shows(403);
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow"), ("x", &"y".repeat(20_000))]).await.shows(400);
    // Twice: the same code, as long as nobody redeemed it.
    let code = visitor.post(AUTHORIZE, &fields).await.given("code").unwrap();
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.given("code").unwrap(), code);
    assert_eq!(world.redeem(&client, &code).await.status, 200);
    visitor.post(AUTHORIZE, &fields).await.shows(409);
    assert_eq!(world.last_log()["denial"], "form_answered");
    assert!(world.grant_of(&code).await.unwrap().revoked_at.is_none(), "a form sent again signs nobody out");
    // Too late.
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(599);
    assert_eq!(visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.status, 303);
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(600);
    let page = visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    assert!(page.shows(400).text.contains("href=\"authorizeCode?client_id="), "the way back is offered");
}

#[tokio::test]
async fn a_form_answers_its_own_question_and_no_other() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let consent = visitor.sign_in(&request(&client, &[])).await.form();
    // Asked to sign in at another institution, in the session of a user of this one.
    let sign_in = visitor.ask(&request(&client, &[("authenticatingInstitutionId", "91475")])).await.form();
    let sign_out = visitor.get("/oauth2/signOut").await.form();
    for (form, action) in [
        (&sign_in, "allow"),
        (&sign_in, "deny"),
        (&sign_out, "allow"),
        (&sign_out, "sign_in"),
        (&consent, "sign_in"),
        (&consent, "cancel"),
        (&sign_in, "sign_out"),
    ] {
        visitor.post(AUTHORIZE, &[("form", form), ("action", action)]).await.shows(403);
    }
}

#[tokio::test]
async fn a_session_ends_in_time_and_with_the_account_and_the_password() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let query = request(&client, &[]);
    visitor.sign_in(&query).await;
    assert!(visitor.ask(&query).await.text.contains("value=\"allow\""));
    // A session of another institution's user answers nothing for this one.
    assert!(visitor.ask(&request(&client, &[("authenticatingInstitutionId", "91475")])).await.text.contains("sign_in"));
    world.advance(3601);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
    let form = visitor.sign_in(&query).await.form();
    world.change_user("alice", |_| {}).await;
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.shows(400);
    assert!(visitor.ask(&query).await.text.contains("value=\"sign_in\""));
    let form = visitor.sign_in(&query).await.form();
    world.change_user("alice", |user| user.disabled = true).await;
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.shows(400);
    assert_eq!(visitor.sign_in_as(&query, "alice", PASSWORD).await.status, 403);
}

#[tokio::test]
async fn a_registration_that_shrank_since_the_question_was_put_counts() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    world.change(&client, |client| client.scopes = vec!["WMS_ACQ".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.tells("invalid_scope");
    world.change(&client, |client| client.redirect_uris = vec!["https://other.example/".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.shows(400);
    world.change(&client, |client| client.disabled = true).await;
    for action in ["allow", "deny"] {
        visitor.post(AUTHORIZE, &[("form", &form), ("action", action)]).await.shows(400);
    }
    // Of tokens in a fragment nothing is looked at later.
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let form = visitor.ask(&request(&client, &[("response_type", "token")])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    world.change(&client, |client| client.institutions = vec!["91475".into()]).await;
    visitor.post(AUTHORIZE, &fields).await.tells("unauthorized_client");
    world.change(&client, |client| client.institutions = vec!["128807".into()]).await;
    world.change(&client, |client| client.grant_types.retain(|known| *known != GrantType::Implicit)).await;
    visitor.post(AUTHORIZE, &fields).await.tells("unauthorized_client");
}

#[tokio::test]
async fn a_broken_or_foreign_cookie_is_no_session() {
    let world = world().await;
    let client = world.client().await;
    let theirs = world.visitor();
    theirs.sign_in(&request(&client, &[])).await;
    let cookie = theirs.cookie.lock().unwrap().clone().unwrap();
    let elsewhere = World::new().await;
    elsewhere.with_people().await;
    for cookie in [
        "latchkey=",
        "latchkey=x",
        "latchkey=local.x",
        "latchkey",
        "=",
        ";;;",
        "other=1; latchkey=\u{e9}",
        &cookie[..cookie.len() - 2],
        &cookie.replace("latchkey=", "__Host-latchkey="),
        &format!("{cookie}x"),
    ] {
        let visitor = world.visitor();
        *visitor.cookie.lock().unwrap() = Some(cookie.to_owned());
        let page = visitor.ask(&request(&client, &[])).await;
        assert!(page.shows(200).text.contains("value=\"sign_in\""), "{cookie}");
    }
    let client = elsewhere.client().await;
    let visitor = elsewhere.visitor();
    *visitor.cookie.lock().unwrap() = Some(cookie);
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"sign_in\""), "sealed under another key");
}

#[tokio::test]
async fn a_neighbours_cookie_does_not_hide_ours() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    visitor.sign_in(&request(&client, &[])).await;
    let ours = visitor.cookie.lock().unwrap().clone().unwrap();
    for beside in ["other=é; OURS", "latchkey=foreign; OURS; a=b", "latchkey=; OURS", "x;;=;OURS"] {
        *visitor.cookie.lock().unwrap() = Some(beside.replace("OURS", &ours));
        let headers = [("cookie", beside.replace("OURS", &ours))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page =
            world.send(Method::GET, &format!("{AUTHORIZE}?{}", request(&client, &[])), &headers, Bytes::new()).await;
        assert!(page.text.contains("value=\"allow\""), "{beside}");
    }
}

#[tokio::test]
async fn a_form_that_is_shown_late_in_a_session_lasts_as_long_as_any() {
    let settings = Settings { session_seconds: 600, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    let visitor = world.visitor();
    visitor.ask(&request(&client, &[])).await;
    world.advance(590);
    let form = visitor.ask(&request(&client, &[])).await.form();
    world.advance(590);
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.status, 303);
}

#[tokio::test]
async fn a_sign_in_that_is_sent_twice_leads_on() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    for _ in 0..2 {
        let reply = visitor.post(AUTHORIZE, &fields).await;
        assert_eq!(reply.status, 303);
        assert!(reply.location().starts_with("authorizeCode?client_id="));
    }
}

#[tokio::test]
async fn tokens_in_a_fragment_are_given_once() {
    let world = world().await;
    let client = world.client_with(|client| client.grant_types.push(GrantType::Implicit)).await;
    let visitor = world.visitor();
    let form = visitor.sign_in(&request(&client, &[("response_type", "token")])).await.form();
    let fields = [("form", form.as_str()), ("action", "allow")];
    assert_eq!(visitor.post(AUTHORIZE, &fields).await.status, 303);
    visitor.post(AUTHORIZE, &fields).await.shows(409);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_needs_a_form_of_ours() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    assert!(visitor.get("/oauth2/signOut").await.shows(200).text.contains("not signed in"));
    visitor.sign_in(&request(&client, &[])).await;
    visitor.post("/oauth2/signOut", &[("form", "x"), ("action", "sign_out")]).await.shows(403);
    let other = visitor.ask(&request(&client, &[])).await.form();
    visitor.post("/oauth2/signOut", &[("form", &other), ("action", "sign_out")]).await.shows(403);
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"allow\""), "still signed in");
    let theirs = world.visitor();
    theirs.sign_in(&request(&client, &[])).await;
    let foreign = theirs.get("/oauth2/signOut").await.form();
    visitor.post("/oauth2/signOut", &[("form", &foreign), ("action", "sign_out")]).await.shows(400);
    let old = visitor.get("/oauth2/signOut").await.form();
    visitor.post_from("/oauth2/signOut", &[("form", &old), ("action", "sign_out")], "cross-site").await.shows(403);
    world.advance(600);
    visitor.post("/oauth2/signOut", &[("form", &old), ("action", "sign_out")]).await.shows(400);
    let form = visitor.get("/oauth2/signOut").await.form();
    visitor.post("/oauth2/signOut", &[("form", &form), ("action", "sign_out")]).await.shows(200);
    assert_eq!(world.last_log()["outcome"], "signed_out");
    assert!(visitor.ask(&request(&client, &[])).await.text.contains("value=\"sign_in\""));
}

#[tokio::test]
async fn a_step_costs_one_read_and_at_most_one_write() {
    let world = world().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let costs = |round_trips: u64, reads: f64, writes: f64| {
        let line = world.last_log();
        let figures = (line["round_trips"].as_u64(), line["read_units"].as_f64(), line["write_units"].as_f64());
        assert_eq!(figures, (Some(round_trips), Some(reads), Some(writes)), "{line}");
    };
    let query = request(&client, &[]);
    visitor.ask(&request(&client, &[("authenticatingInstitutionId", ""), ("contextInstitutionId", "")])).await;
    costs(1, 2.0, 0.0);
    let form = visitor.ask(&query).await.form();
    costs(1, 2.0, 0.0);
    visitor.sign_in_as(&query, "alice", "wrong").await;
    // A transaction costs twice, and counts for user and network, user, and address; a right password costs the same.
    costs(2, 6.0, 6.0);
    visitor
        .post(AUTHORIZE, &[("form", &form), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")])
        .await;
    costs(2, 6.0, 6.0);
    let form = visitor.ask(&query).await.form();
    costs(1, 3.0, 0.0);
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    costs(2, 3.0, 1.0);
    visitor.get("/oauth2/style.css").await;
    costs(0, 0.0, 0.0);
}
