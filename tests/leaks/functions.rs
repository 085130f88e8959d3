//! The function binaries at their most talkative: all that they print, all that they answer, all that they store.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::tables;
use latchkey_oauth::form::encode;
use latchkey_oauth::token::Unverified;
use latchkey_testkit::events::{authorizer_event, browser_event, event};
use latchkey_testkit::reply::leads;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::{ASK, redemption, refreshing};
use serde_json::json;

use super::watch::{Watch, cookie, form, functions};

/// Tokens and codes, wrong ones and right ones, everywhere where they are sent.
async fn tokens(watch: &mut Watch, client: &Signer, other: &Signer) {
    let tokens = watch.ask("issue", client, ASK).await;
    let (access, refresh) = (watch.given(&tokens, "access_token"), watch.given(&tokens, "refresh_token"));
    for function in ["issue", "refresh"] {
        let refreshed = watch.ask(function, client, &refreshing(&refresh)).await;
        let refreshed = watch.given(&refreshed, "access_token");
        watch.ask("introspect", client, &format!("token={refreshed}")).await;
        watch.ask("refresh", other, &refreshing(&refresh)).await;
    }
    let code = watch.cloud.world.code(client, "WMS_NCIP refresh_token").await;
    watch.secrets.add_token("a code", &code);
    watch.ask("issue", other, &redemption(&code)).await;
    let verifier = watch.secrets.fresh("a PKCE verifier");
    watch.ask("issue", client, &format!("{}&code_verifier={verifier}", redemption(&code))).await;
    let redeemed = watch.ask("issue", client, &redemption(&code)).await;
    let redeemed = watch.given(&redeemed, "access_token");
    watch.ask("issue", client, &redemption(&code)).await;
    for token in [&access, &refresh, &redeemed, &code] {
        let authorization = format!("Bearer {token}");
        for shape in ["authorizer-http-api", "authorizer-rest-token", "authorizer-rest-request"] {
            let asked = authorizer_event(shape, Some(&authorization));
            watch.tell("authorizer", asked.clone()).await;
            watch.tell("authorizer", asked.replace("loans", "orders")).await;
        }
        for function in ["introspect", "revoke"] {
            watch.ask(function, other, &format!("token={token}")).await;
        }
    }
    watch.ask("revoke", client, &format!("token={refresh}")).await;
    watch.ask("refresh", client, &refreshing(&refresh)).await;
}

/// What no client should send, with a secret in each place that there is.
async fn mistakes(watch: &mut Watch, client: &Signer) {
    let secret = watch.secrets.fresh("what stands in the wrong place");
    let stranger = Signer { id: client.id.clone(), secret: latchkey_oauth::secret::ClientSecret::new(secret.clone()) };
    for function in ["issue", "refresh", "introspect", "revoke"] {
        for query in [
            format!("{ASK}&x={secret}"),
            format!("{ASK}&{secret}"),
            format!("{ASK}&{secret}={secret}&client_secret={secret}"),
            redemption(&secret),
            refreshing(&secret),
            format!("token={secret}&token={secret}"),
            format!("refresh_token={secret}&access_token={secret}&code={}", "x".repeat(3000)),
            format!("{secret}={}", "x".repeat(9000)),
        ] {
            watch.ask(function, client, &query).await;
            watch.ask(function, &stranger, &query).await;
        }
        let good = client.sign(ASK, latchkey_dynamodb::clock::now());
        for query in [format!("token={secret}%ff"), format!("password={secret}{}", "&a=b".repeat(70))] {
            watch.tell(function, event("api-gateway", &query, &good).to_string()).await;
        }
        for authorization in [
            format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &secret)),
            format!("Bearer {secret}"),
            secret.clone(),
            format!("{good}, secret=\"{secret}"),
            format!("{good}, principalID=\"{secret}\""),
            format!("{good}, principalID=\"{secret}\", principalIDNS=\"{secret}\""),
            good.replace("signature=\"", &format!("signature=\"{secret}")),
            format!("{good}, bodyhash=\"{secret}\""),
            format!("{good}, {good}, x=\"{secret}\""),
        ] {
            let mut event = event("api-gateway", ASK, &authorization);
            for name in ["cookie", "x-api-key", "x-amzn-trace-id", "user-agent", "x-forwarded-for", "referer"] {
                event["headers"][name] = secret.as_str().into();
            }
            event["cookies"] = json!([format!("session={secret}")]);
            watch.tell(function, event.to_string()).await;
            event["body"] = format!("client_secret={secret}").into();
            watch.tell(function, event.to_string()).await;
            event["isBase64Encoded"] = true.into();
            watch.tell(function, event.to_string()).await;
        }
    }
    // The signed text of a refusal shows these, and nothing else does.
    let (id, grant_type) = (watch.sent.fresh("an unknown client id"), watch.sent.fresh("an unknown grant type"));
    let authorization = client.sign(ASK, latchkey_dynamodb::clock::now()).replace(&client.id, &id);
    watch.tell("issue", event("api-gateway", ASK, &authorization).to_string()).await;
    watch.ask("issue", &stranger, &format!("grant_type={grant_type}")).await;
    no_events(watch, &secret).await;
}

/// What is no event of a gateway, or no JSON at all.
async fn no_events(watch: &mut Watch, secret: &str) {
    for function in functions() {
        for event in [
            format!("{{\"headers\":{{\"authorization\":\"{secret}\""),
            secret.to_owned(),
            json!(secret).to_string(),
            json!([secret]).to_string(),
            json!({ secret: secret }).to_string(),
            json!({ "headers": { "authorization": { "x": secret } } }).to_string(),
            json!({ "headers": { "authorization": secret, secret: 1 }, "type": "TOKEN" }).to_string(),
            json!({ "version": "2.0", "headers": secret, "rawQueryString": secret }).to_string(),
            json!({ "headers": { "x": format!("{secret}\n\u{0}") }, "cookies": [secret] }).to_string(),
            json!({ "requestContext": { "http": { "method": format!("{secret} \"") }, "authorizer": secret } })
                .to_string(),
            json!({ "requestContext": secret, "body": secret, "isBase64Encoded": true }).to_string(),
            json!({ "type": "TOKEN", "authorizationToken": [secret], "methodArn": secret }).to_string(),
        ] {
            watch.tell(function, event).await;
        }
    }
}

/// The pages: sign-in, consent and sign-out, taken and refused.
async fn pages(watch: &mut Watch, client: &Signer) {
    let state = watch.sent.fresh("a state");
    let query = request(client, &[("state", &state)]);
    let get = |last: &str, query: &str, cookie: Option<&str>| browser_event("GET", last, query, cookie, "").to_string();
    let post = |cookie: &str, body: String| browser_event("POST", "authorizeCode", "", Some(cookie), &body).to_string();
    let page = watch.tell("authorize", get("authorizeCode", &query, None)).await;
    let (form_field, session) = (form(&page), cookie(&page));
    watch.sent.add_sealed("a form", &form_field);
    let right = PASSWORD.replace(' ', "+");
    for _ in 0..7 {
        let wrong = watch.secrets.fresh("a wrong password");
        for user in ["alice", "nobody"] {
            let fields = format!("form={form_field}&username={user}&password={wrong}&action=sign_in");
            watch.tell("authorize", post(&session, fields)).await;
        }
    }
    // Typed into the wrong field: the page shows it again, and nothing else does.
    let name = watch.sent.fresh("a password in the place of a name");
    watch
        .tell("authorize", post(&session, format!("form={form_field}&username={name}&password=x&action=sign_in")))
        .await;
    watch.cloud.world.add_user("bob").await;
    let fields = format!("form={form_field}&username=bob&password={right}&action=sign_in");
    let mut elsewhere = browser_event("POST", "authorizeCode", "", Some(&session), &fields);
    elsewhere["requestContext"]["http"]["sourceIp"] = "198.51.100.7".into();
    let signed_in = watch.tell("authorize", elsewhere.to_string()).await;
    let signed_in = cookie(&signed_in);
    let secret = watch.secrets.fresh("what stands in a form");
    for fields in [
        format!("form={secret}&action=allow"),
        format!("form=v1.{secret}&action=allow&password={secret}"),
        format!("form={form_field}{secret}&action=allow&password={secret}"),
        format!("password={secret}&password={secret}&form={form_field}"),
        secret.clone(),
    ] {
        watch.tell("authorize", post(&signed_in, fields.clone())).await;
        watch.tell("authorize", post(&format!("__Host-latchkey={secret}"), fields)).await;
    }
    let uri = encode(&format!("https://{secret}.example/{secret}")).into_owned();
    for wrong in [
        query.replace("client_id=", &format!("client_id={secret}&client_id=")),
        query.replace(&client.id, &secret),
        request(client, &[("redirect_uri", &uri)]),
        request(client, &[("code_challenge", &secret), ("code_challenge_method", "plain")]),
        request(client, &[("scope", &secret), ("state", "s")]),
        request(client, &[("authenticatingInstitutionId", &secret), ("state", "s")]),
        format!("{query}&password={secret}"),
        format!("{query}&{secret}%ff"),
    ] {
        watch.tell("authorize", get("authorizeCode", &wrong, Some(&format!("other={secret}")))).await;
    }
    let consent = watch.tell("authorize", get("authorizeCode", &query, Some(&signed_in))).await;
    let consent = form(&consent);
    watch.sent.add_sealed("a form", &consent);
    watch.tell("authorize", post(&signed_in, format!("form={consent}&action=allow"))).await;
    // So long it takes to read.
    tokio::time::sleep(std::time::Duration::from_millis(1001)).await;
    let given = watch.tell("authorize", post(&signed_in, format!("form={consent}&action=allow"))).await;
    let location = leads(given["body"].as_str().unwrap()).unwrap();
    let code = location.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    // A form sent twice gives the same code,
    watch.tell("authorize", post(&signed_in, format!("form={consent}&action=allow"))).await;
    watch.secrets.add_token("the user's code", &code);
    let redeemed = watch.ask("issue", client, &redemption(&code)).await;
    watch.given(&redeemed, "access_token");
    // until it is redeemed.
    watch.tell("authorize", post(&signed_in, format!("form={consent}&action=allow"))).await;
    let list = form(&watch.tell("authorize", get("applications", "", Some(&signed_in))).await);
    watch.sent.add_sealed("a form", &list);
    for fields in [
        format!("form={secret}&end={secret}"),
        format!("form={list}&end={secret}"),
        format!("form={list}&end={}", client.id),
    ] {
        let event = browser_event("POST", "applications", "", Some(&signed_in), &fields);
        watch.tell("authorize", event.to_string()).await;
    }
    watch.tell("authorize", get("signOut", "", Some(&signed_in))).await;
    watch
        .tell(
            "authorize",
            browser_event("POST", "signOut", "", Some(&signed_in), &format!("form={secret}")).to_string(),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_prints_stores_and_refuses_with_nothing_that_was_secret() {
    let mut watch = Watch::new().await;
    watch.start(&[]).await;
    let client = watch.cloud.world.owner(&["*"]).await;
    let other = watch.cloud.world.client().await;
    for client in [&client, &other] {
        watch.secrets.add("a client's secret", client.secret.expose().as_bytes());
    }
    tokens(&mut watch, &client, &other).await;
    mistakes(&mut watch, &client).await;
    pages(&mut watch, &client).await;
    watch.ends(300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_whose_database_is_away_or_damaged_tells_nothing_of_what_it_was_asked() {
    let mut watch = Watch::new().await;
    let (client, damaged) = (watch.cloud.world.client().await, watch.cloud.world.client().await);
    let tokens = watch.cloud.world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    for token in [access, refresh] {
        watch.secrets.add_token("a token", token);
    }
    let page = request(&damaged, &[]);
    let engine = watch.cloud.engine.dynamodb_url.clone().unwrap();
    for place in ["http://127.0.0.1:9", &engine] {
        watch.start(&[("AWS_ENDPOINT_URL_DYNAMODB", place)]).await;
        if place == engine {
            let secret = watch.secrets.fresh("what something else wrote");
            damage(&engine, &damaged.id, access, &secret).await;
        }
        for signer in [&client, &damaged] {
            let secret = watch.secrets.fresh("a parameter");
            watch.ask("issue", signer, &format!("{ASK}&x={secret}")).await;
            watch.ask("refresh", signer, &refreshing(refresh)).await;
            watch.ask("introspect", signer, &format!("token={access}&x={secret}")).await;
            watch.ask("revoke", signer, &format!("token={access}&x={secret}")).await;
            let asked = format!("{page}&x={secret}");
            watch.tell("authorize", browser_event("GET", "authorizeCode", &asked, None, "").to_string()).await;
            let bearer = format!("Bearer {access}");
            watch.tell("authorizer", authorizer_event("authorizer-rest-token", Some(&bearer))).await;
        }
    }
    assert_eq!(watch.unavailable, 22, "all but two that need nothing damaged");
    heal(&engine, &damaged.id, access).await;
    watch.ends(24).await;
}

/// As if something else wrote into the tables: a secret where none belongs.
async fn damage(engine: &str, client_id: &str, access: &str, secret: &str) {
    let database = latchkey_dynamodb::aws::dynamodb_at(engine);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let grant = Unverified::parse(access).unwrap().grant_id.to_string();
    let update = database.update_item().update_expression("SET secrets = :secret, scopes = :secret, note = :secret");
    let update = update.table_name(tables().clients).key("client_id", text(client_id));
    update.expression_attribute_values(":secret", text(secret)).send().await.unwrap();
    let update = database.update_item().update_expression("SET access_hash = :secret, note = :secret");
    let update = update.table_name(tables().tokens).key("grant_id", text(&grant)).key("part", text("grant"));
    update.expression_attribute_values(":secret", text(secret)).send().await.unwrap();
}

/// Takes away what was damaged.
async fn heal(engine: &str, client_id: &str, access: &str) {
    let database = latchkey_dynamodb::aws::dynamodb_at(engine);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let grant = Unverified::parse(access).unwrap().grant_id.to_string();
    database.delete_item().table_name(tables().clients).key("client_id", text(client_id)).send().await.unwrap();
    let delete = database.delete_item().table_name(tables().tokens);
    delete.key("grant_id", text(&grant)).key("part", text("grant")).send().await.unwrap();
}

/// With a stack that the system cannot give, no second thread starts, and tokio panics where a password is hashed: as
/// near to a secret as a panic can come.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_beside_a_password_tells_nothing_of_it() {
    let mut watch = Watch::new().await;
    watch.start(&[("RUST_MIN_STACK", "70368744177664")]).await;
    let client = watch.cloud.world.client().await;
    let page = watch
        .tell("authorize", browser_event("GET", "authorizeCode", &request(&client, &[]), None, "").to_string())
        .await;
    let password = watch.secrets.fresh("a password");
    let fields = format!("form={}&username=alice&password={password}&action=sign_in", form(&page));
    let answer = watch
        .tell("authorize", browser_event("POST", "authorizeCode", "", Some(&cookie(&page)), &fields).to_string())
        .await;
    let (_, printed) = watch.printed.iter().find(|(function, _)| *function == "authorize").unwrap();
    let printed = std::fs::read_to_string(printed).unwrap();
    watch.sent.add_sealed("a form", &form(&page));
    watch.ends(1).await;
    assert!(answer["errorMessage"].as_str().is_some_and(|message| message.contains("panicked")), "{answer}");
    assert!(printed.contains(r#""outcome":"panicked","place":""#), "{printed}");
    assert!(!printed.contains("OS can't spawn worker thread"), "a message may quote what was sent: {printed}");
}
