//! What the pages show, and what guards them.

use bytes::Bytes;
use http::Method;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{REDIRECT, World};

#[tokio::test]
async fn a_sign_in_and_a_yes_give_a_code_with_state_and_issuer_that_redeems() {
    let world = World::peopled().await;
    let client = world.client().await;
    let given = world.visitor().allow(&request(&client, &[("state", "a b&c=d\"é")])).await;
    assert_eq!(given.status, 200);
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
    let world = World::peopled().await;
    let client = world.client_with(|client| client.refresh_token_seconds = Some(7 * 86_400)).await;
    let page = world.visitor().sign_in(&request(&client, &[("scope", "WMS_NCIP WMS_ACQ refresh_token")])).await;
    let text = page.text.replace(['\u{2068}', '\u{2069}'], "");
    for part in ["A test&#39;s client", "First Library", "Circulation", "WMS_ACQ", "7 days", "signed in as alice"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let page = world.visitor().sign_in(&request(&client, &[("scope", "WMS_NCIP")])).await;
    assert!(page.text.replace(['\u{2068}', '\u{2069}'], "").contains("20 minutes"));
}

/// The words of what the consent page says of an application, with the address that they link to.
fn facts(page: &str) -> Vec<String> {
    let page = page.replace(['\u{2068}', '\u{2069}'], "");
    let list = page.split("<dl class=\"facts\">").nth(1).unwrap_or_default().split("</dl>").next().unwrap_or_default();
    let plain = |row: &str| {
        let link = row.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).map(|link| format!(" {link}"));
        let words = row.split('>').map(|part| part.split('<').next().unwrap_or_default());
        format!("{}{}", words.collect::<Vec<_>>().join(" ").trim(), link.unwrap_or_default())
    };
    list.split("<dt>")
        .skip(1)
        .map(|row| plain(&format!("<dt>{row}")).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[tokio::test]
async fn the_consent_page_says_where_the_user_is_sent_who_registered_it_and_where_help_is() {
    let world = World::peopled().await;
    let known = world
        .client_with(|client| {
            client.publisher = Some("A <b>Consortium</b>".into());
            client.help_url = Some("https://help.example/a?b=1&c=2".into());
        })
        .await;
    let page = world.visitor().sign_in(&request(&known, &[])).await;
    let expected = [
        "Sends you to app.example",
        "Registered by A &#60;b&#62;Consortium&#60;/b&#62;",
        "Help with it help.example https://help.example/a?b=1&#38;c=2",
    ];
    assert_eq!(facts(&page.text), expected, "{}", page.text);
    assert!(page.text.contains("target=\"_blank\" rel=\"noopener noreferrer\">help.example<"), "{}", page.text);
    // A registration from before there was either has nothing in their place.
    for (uri, words) in [
        (REDIRECT, "app.example"),
        ("https://app.example:8443/c?x=@evil.example", "app.example:8443"),
        ("http://127.0.0.1:5000/callback", "Your device (127.0.0.1:5000)"),
        ("com.example.app:/callback", "An app on your device (com.example.app)"),
    ] {
        let client = world.client_with(|client| client.redirect_uris = vec![uri.into()]).await;
        let page = world.visitor().sign_in(&request(&client, &[("redirect_uri", uri)])).await;
        assert_eq!(facts(&page.text), [format!("Sends you to {words}")], "{}", page.text);
    }
    // An answer to a device leads nowhere.
    let begun = world.device(&world.client().await).await;
    let page = world.visitor().sign_in_for_device(begun.member("user_code")).await;
    assert!(page.text.contains("value=\"allow\"") && !page.text.contains("<dl"), "{}", page.text);
}

#[tokio::test]
async fn allow_and_deny_look_alike_and_a_mark_is_the_initial_of_the_name() {
    let world = World::peopled().await;
    for (name, mark) in [("\u{AB}\u{E9}tag\u{E8}res\u{BB}", "\u{C9}"), ("7 days", "7"), ("\u{2605}", ""), ("<x>", "X")]
    {
        let client = world.client_with(|client| client.name = name.into()).await;
        let page = world.visitor().sign_in(&request(&client, &[])).await;
        let mark = format!("<span class=\"mark\" aria-hidden=\"true\">{mark}</span>");
        assert!(page.text.contains(&mark), "{name}: {}", page.text);
        let buttons = ["allow", "deny"].map(|value| format!("<button name=\"action\" value=\"{value}\">"));
        assert!(buttons.iter().all(|button| page.text.contains(button)), "{}", page.text);
    }
}

#[tokio::test]
async fn every_page_carries_its_guards_and_is_small() {
    let world = World::peopled().await;
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
            policy
                == "default-src 'none'; style-src 'self'; img-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "{policy}"
        );
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
async fn a_forms_answer_is_a_page_that_leads_to_the_application_whatever_its_address() {
    let world = World::peopled().await;
    for uri in
        [REDIRECT, "com.example.app:/callback", "https://app.example/callback?x='1'&y=2", "http://127.0.0.1/callback"]
    {
        let client = world.client_with(|client| client.redirect_uris = vec![uri.into()]).await;
        let query = request(&client, &[("redirect_uri", uri)]);
        let visitor = world.visitor();
        let page = visitor.sign_in(&query).await;
        let denied = visitor.post(AUTHORIZE, &[("form", &page.form()), ("action", "deny")]).await;
        for (given, name) in [(world.visitor().allow(&query).await, "code"), (denied, "error")] {
            assert_eq!(given.status, 200);
            let location = given.location();
            assert!(location.starts_with(uri) && given.given(name).is_some(), "{location}");
            // For a browser that does not go on by itself: the same, by a link.
            let link = given.text.split("class=\"button\" href=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(given.text.contains(&format!("content=\"0;url={link}\"")), "{}", given.text);
            assert!(given.text.contains("href=\"signOut\""), "the user is signed in, and may sign out");
        }
        let form = world.visitor().ask(&query).await;
        assert!(!form.text.contains("http-equiv"));
    }
}

#[tokio::test]
async fn an_error_that_a_form_leads_to_is_such_a_page_too_and_any_other_is_a_redirect() {
    let world = World::peopled().await;
    let client = world.client().await;
    let wrong = format!("{AUTHORIZE}?{}", request(&client, &[("scope", "WMS_OTHER")]));
    for (site, status) in [
        (None, 303),
        (Some("none"), 303),
        (Some("cross-site"), 303),
        (Some("same-site"), 303),
        (Some("same-origin"), 200),
    ] {
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let reply = world.send(Method::GET, &wrong, &headers, Bytes::new()).await;
        assert_eq!(reply.status, status, "{site:?}");
        reply.tells("invalid_scope");
    }
}

#[tokio::test]
async fn the_address_that_a_form_is_sent_to_is_that_of_its_request() {
    let world = World::peopled().await;
    let client = world.client().await;
    let visitor = world.visitor();
    let query = request(&client, &[("state", "a b&c=d\"é")]);
    for page in
        [visitor.ask(&query).await, visitor.sign_in_as(&query, "alice", "wrong").await, visitor.sign_in(&query).await]
    {
        let action = page.text.split("<form method=\"post\" action=\"").nth(1).unwrap().split('"').next().unwrap();
        let again = visitor.get(&format!("/oauth2/{}", action.replace("&#38;", "&"))).await;
        assert!(again.shows(200).text.contains("name=\"form\""));
        let given = visitor.post(AUTHORIZE, &[("form", &again.form()), ("action", "cancel")]).await;
        if given.status == 200 {
            assert_eq!(given.tells("access_denied").given("state").as_deref(), Some("a b&c=d\"é"));
        }
    }
    // What has lost its query says what to do, and blames no application.
    let page = visitor.get(AUTHORIZE).await;
    assert!(page.shows(400).text.contains("Start in an application") && !page.text.contains("mistake"));
    assert_eq!(world.last_log()["denial"], "parameter_missing");
    assert!(visitor.ask("scope=WMS_NCIP").await.shows(400).text.contains("mistake"));
}

#[tokio::test]
async fn a_redirect_with_a_code_is_kept_nowhere_and_told_to_nobody() {
    let world = World::peopled().await;
    let given = world.visitor().allow(&request(&world.client().await, &[])).await;
    assert!(given.given("code").is_some());
    for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
        assert_eq!(given.headers[name], value);
    }
}

#[tokio::test]
async fn nothing_that_is_shown_can_become_markup() {
    let world = World::peopled().await;
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
async fn a_step_costs_one_read_and_at_most_one_write() {
    let world = World::peopled().await;
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
    // The institution's provider is one unit more, where there is none, too.
    let form = visitor.ask(&query).await.form();
    costs(1, 3.0, 0.0);
    visitor.sign_in_as(&query, "alice", "wrong").await;
    // A transaction costs twice. It counts for user and network, account, user of late, and network of late; a right password
    // costs the same.
    costs(2, 9.0, 8.0);
    visitor
        .post(AUTHORIZE, &[("form", &form), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")])
        .await;
    costs(2, 9.0, 8.0);
    let form = visitor.ask(&query).await.form();
    costs(1, 4.0, 0.0);
    visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await;
    costs(2, 4.0, 2.0);
    visitor.get("/oauth2/style.css").await;
    costs(0, 0.0, 0.0);
}
