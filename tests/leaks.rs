//! Nothing secret reaches a log line, an error text or the table.

mod functions;
mod provider;
mod watch;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::Method;
use latchkey_cli::local::{Options, Server, tables};
use latchkey_dynamodb::store::Store;
use latchkey_guard::bearer::Checker;
use latchkey_guard::layer::Guard;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::scope::Scope;
use latchkey_testkit::assertion::{Key, parameters};
use latchkey_testkit::device::{DEVICE, DEVICE_AUTHORIZATION, polling};
use latchkey_testkit::hunt::Hunt;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{ASK, Choices, ISSUE, REFRESH, World, redemption, refreshing};

#[tokio::test]
async fn no_secret_token_code_query_or_header_reaches_a_log_line() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    let redeemed = world.redeem(&client, &code).await;
    world.redeem(&client, &code).await;
    let canary = "cAnArY-5d1c-7f3a-e8b2";
    for query in [
        format!("{ASK}&x={canary}"),
        format!("{ASK}&principalID={canary}&principalIDNS={canary}"),
        format!("grant_type={canary}"),
        redemption(canary),
        refreshing(canary),
        format!("token={canary}"),
        format!("token={}", tokens.member("access_token")),
        format!("token={}", tokens.member("refresh_token")),
        canary.into(),
    ] {
        for path in [ISSUE, REFRESH, "/oauth2/introspect", "/oauth2/revoke"] {
            world.ask(&client, path, &query).await;
            world.post(path, &query, &client.sign("other=1", world.now())).await;
        }
    }
    let authorization = client.sign(ASK, world.now());
    for header in [canary, &format!("{authorization}, principalID=\"{canary}\"")] {
        world.post(ISSUE, ASK, header).await;
    }
    let namer = world.client_with(|client| (client.names_principal, client.namespaces) = (true, Some(vec![]))).await;
    let (user, query) = ((canary, canary), format!("{ASK}&principalID={canary}&principalIDNS={canary}"));
    for asked in [&query, ASK] {
        world.post(ISSUE, asked, &namer.sign_as(asked, world.now(), Some(user), &[])).await;
        assert_eq!(world.last_log()["denial"], "namespace_not_allowed");
        world.change(&namer, |client| (client.namespaces, client.signed_principal_required) = (None, true)).await;
        world.post(ISSUE, asked, &namer.sign_as(asked, world.now(), Some(user), &[])).await;
        world.post(ISSUE, asked, &namer.sign_as(asked, world.now(), Some((canary, "other")), &[])).await;
        world.change(&namer, |client| client.namespaces = Some(vec![])).await;
    }
    world.send(Method::POST, ISSUE, &[("authorization", &authorization)], Bytes::from(canary)).await;
    let mut hunt = Hunt::default();
    hunt.add("a canary", canary.as_bytes());
    hunt.add("the secret", client.secret.expose().as_bytes());
    let tokens = [tokens.member("access_token"), tokens.member("refresh_token"), refreshed.member("access_token")];
    for token in [&tokens[..], &[redeemed.member("access_token"), &code]].concat() {
        hunt.add_token("a token", token);
    }
    let log = world.log();
    assert!(log.len() > 25);
    for line in log {
        let line = line.to_string();
        hunt.finds_nothing("a log line", line.as_bytes());
        assert!(!["grant_type=", "signature=", "hmac/v1"].iter().any(|part| line.contains(part)), "{line}");
    }
}

#[tokio::test]
async fn no_assertion_and_nothing_of_one_reaches_a_log_line_an_answer_or_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let world = World::with(Choices { store: Some(server.service.store.clone()), ..Default::default() }).await;
    let client = world
        .client_with(|client| {
            client.auth_methods = vec![AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt];
            client.keys = vec![Key::EdDsa.registered()];
            client.single_use_assertions = true;
            client.introspects = vec!["*".into()];
        })
        .await;
    let mut hunt = Hunt::default();
    hunt.add("the secret", client.secret.expose().as_bytes());
    let (mut replies, jti) = (Vec::new(), hunt.fresh("a jti"));
    for key in [client.shared_key(), Key::EdDsa, Key::Secret("wrong".to_owned()), Key::Seed(9)] {
        let mut claims = world.claims(&client.id);
        claims["jti"] = format!("{jti}-{}", replies.len()).into();
        let good = key.assert(&claims);
        claims["aud"] = hunt.fresh("another audience").into();
        let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, hunt.fresh("an unknown key's name"));
        for assertion in
            [&good, &good, &key.assert(&claims), &key.jwt(&header, &claims.to_string()), &format!("{good}x")]
        {
            hunt.add("a signature", assertion.rsplit('.').next().unwrap().as_bytes());
            hunt.add("claims", assertion.split('.').nth(1).unwrap().as_bytes());
            let form = format!("{}&x=y", parameters(assertion));
            for (path, more) in [(ISSUE, ASK), (REFRESH, &refreshing("rt_x")), ("/oauth2/introspect", "token=x")] {
                replies.push(world.post_form(path, &[], &format!("{form}&{more}")).await);
                replies.push(world.post_form(&format!("{path}?{form}"), &[], more).await);
            }
        }
    }
    assert!(replies.iter().any(|reply| reply.status == 200) && world.log().len() > 100);
    for reply in replies {
        hunt.finds_nothing("an answer", format!("{:?}{}", reply.headers, reply.text).as_bytes());
    }
    for line in world.log() {
        hunt.finds_nothing("a log line", line.to_string().as_bytes());
    }
    server.stop().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        hunt.finds_nothing("the state file", &std::fs::read(file.unwrap().path()).unwrap());
    }
}

#[tokio::test]
async fn neither_code_of_a_device_reaches_a_log_line_nor_what_it_could_be_tried_out_by() {
    let world = World::peopled().await;
    let client = world.client().await;
    let [begun, other] = [world.device(&client).await, world.device(&client).await];
    let (user_code, device_code) = (begun.member("user_code"), begun.member("device_code"));
    let visitor = world.visitor();
    for query in [polling(device_code), polling(user_code), format!("{}&x={device_code}", polling("x"))] {
        world.ask(&client, ISSUE, &query).await;
        world.post(ISSUE, &query, &client.sign("other=1", world.now())).await;
        world.ask(&client, DEVICE_AUTHORIZATION, &format!("{query}&scope={user_code}")).await;
    }
    for odd in [user_code, device_code, "ABCD-EFGH"] {
        visitor.get(&format!("{DEVICE}?user_code={odd}")).await;
        visitor.get(&format!("{DEVICE}?ticket={odd}")).await;
        visitor.type_code(&format!("{odd}x")).await;
        visitor.post(DEVICE, &[("user_code", odd)]).await;
    }
    let ticket = visitor.type_code(other.member("user_code")).await.location();
    world.visitor().get(&format!("/oauth2/{ticket}")).await;
    let form = visitor.sign_in_for_device(user_code).await.form();
    let before = world.log();
    // Until then a user could be found to allow it, by whoever reads the log.
    let id = world.grant_of(device_code).await.unwrap().id.to_string();
    assert!(before.len() > 20 && before.iter().all(|line| !line.to_string().contains(&id)));
    visitor.post(DEVICE, &[("form", &form), ("action", "allow")]).await.shows(200);
    assert_eq!(world.poll(&client, device_code).await.status, 200);
    visitor.type_code(user_code).await.shows(400);
    let mut hunt = Hunt::default();
    hunt.add_token("a device code", device_code);
    hunt.add("a ticket", ticket.split_once('.').unwrap().1.as_bytes());
    for line in world.log() {
        let line = line.to_string();
        hunt.finds_nothing("a log line", line.as_bytes());
        let plain = line.to_uppercase().replace(['-', ' '], "");
        for code in [user_code, other.member("user_code")] {
            assert!(!plain.contains(&code.replace('-', "")), "{line}");
        }
    }
}

#[tokio::test]
async fn a_client_id_that_the_database_does_not_know_is_logged_only_as_a_claim_and_never_where_it_looks_secret() {
    let world = World::new().await;
    let client = world.client().await;
    let secret = client.secret.expose();
    let withheld = |text: &str| format!("(withheld: {} characters)", text.len());
    // A secret of another service, which was imported, can look like any id.
    let imported = "3f8c1b2a9d4e5f60718293a4b5c6d7e8f9a0b1c2";
    for (claimed, told) in [
        ("a-stranger", "a-st... (10 characters)".to_owned()),
        (imported, "3f8c... (40 characters)".to_owned()),
        ("stranger", withheld("stranger")),
        (secret, withheld(secret)),
        ("tk_abc", withheld("tk_abc")),
        ("<script>", withheld("<script>")),
        (&"a".repeat(120), withheld(&"a".repeat(120))),
    ] {
        let authorization = client.sign(ASK, world.now()).replace(&client.id, claimed);
        for path in [ISSUE, REFRESH, "/oauth2/introspect", "/oauth2/revoke"] {
            world.post(path, ASK, &authorization).await.refuses(401, "invalid_client");
            let log = world.last_log();
            assert_eq!((log.get("client_id"), log["claimed_client_id"].as_str()), (None, Some(told.as_str())));
        }
        // Id and secret in each other's place.
        for (path, method) in [(ISSUE, "basic"), (ISSUE, "post"), ("/oauth2/introspect", "basic")] {
            let basic = format!("Basic {}", STANDARD.encode(format!("{claimed}:demo")));
            let encoded = latchkey_oauth::form::encode(claimed);
            let (headers, form) = match method {
                "basic" => (vec![("authorization", basic.as_str())], ASK.to_owned()),
                _ => (vec![], format!("{ASK}&client_id={encoded}&client_secret=demo")),
            };
            world.post_form(path, &headers, &form).await.refuses(401, "invalid_client");
            let log = world.last_log();
            assert_eq!(log["claimed_client_id"].as_str(), Some(told.as_str()), "{path} {method}: {log}");
        }
        let claimed = latchkey_oauth::form::encode(claimed);
        let page = format!("{AUTHORIZE}?client_id={claimed}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback");
        world.send(Method::GET, &page, &[], Bytes::new()).await;
        let log = world.last_log();
        assert_eq!((log.get("client_id"), log["claimed_client_id"].as_str()), (None, Some(told.as_str())), "{page}");
    }
}

#[tokio::test]
async fn a_request_that_is_refused_before_its_client_is_read_is_logged_with_the_claimed_client() {
    let world = World::new().await;
    let client = world.client().await;
    let skewed = client.sign(ASK, world.now() - 400);
    world.post(ISSUE, ASK, &skewed).await.refuses(401, "invalid_client");
    let log = world.last_log();
    assert_eq!((log.get("client_id"), log["claimed_client_id"].as_str()), (None, Some(client.id.as_str())), "{log}");
    assert_eq!(log["round_trips"], 0);
    // Whom the database knows is no claim, whatever is wrong with the request.
    world.post(ISSUE, ASK, &client.sign("other=1", world.now())).await.refuses(401, "invalid_client");
    let log = world.last_log();
    assert_eq!((log["client_id"].as_str(), log.get("claimed_client_id")), (Some(client.id.as_str()), None), "{log}");
    let page = format!("{AUTHORIZE}?client_id={}&redirect_uri=https%3A%2F%2Fother.example%2F", client.id);
    world.send(Method::GET, &page, &[], Bytes::new()).await;
    let log = world.last_log();
    assert_eq!(log["denial"], "redirect_uri_unregistered");
    assert_eq!((log["client_id"].as_str(), log.get("claimed_client_id")), (Some(client.id.as_str()), None), "{log}");
}

#[tokio::test]
async fn no_token_code_or_secret_stands_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let world = World::with(Choices { store: Some(server.service.store.clone()), ..Default::default() }).await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let code = world.code(&client, "WMS_NCIP").await;
    let refreshed = world.refresh(&client, tokens.member("refresh_token")).await;
    server.stop().await;
    let mut dump = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        dump.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |text: &str| dump.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&client.id), "the dump is one of the right tables");
    let mut hunt = Hunt::default();
    hunt.add("the secret", client.secret.expose().as_bytes());
    let tokens =
        [tokens.member("access_token"), tokens.member("refresh_token"), refreshed.member("access_token"), &code];
    for token in tokens {
        hunt.add_token("a token", token);
    }
    hunt.finds_nothing("the state file", &dump);
}

#[tokio::test]
async fn what_is_too_late_is_refused_without_a_word_of_it() {
    let world = World::new().await;
    world.with_people().await;
    let client = world.owner(&["*"]).await;
    let (tokens, code) = (world.tokens(&client).await, world.code(&client, "WMS_NCIP").await);
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let visitor = world.visitor();
    let form = visitor.ask(&request(&client, &[])).await.form();
    let early = client.sign(&refreshing(refresh), world.now());
    let mut hunt = Hunt::default();
    for token in [access, refresh, &code] {
        hunt.add_token("a token", token);
    }
    hunt.add("the password", PASSWORD.as_bytes());
    hunt.add_sealed("a form", &form);
    world.advance(700);
    let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    let mut replies = vec![world.redeem(&client, &code).await, visitor.post(AUTHORIZE, &fields).await];
    world.advance(86_400);
    replies.push(world.refresh(&client, refresh).await);
    replies.push(world.post(REFRESH, &refreshing(refresh), &early).await);
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        replies.push(world.ask(&client, path, &format!("token={access}")).await);
    }
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses, [400, 400, 400, 401, 200, 200]);
    for reply in replies {
        hunt.finds_nothing("an answer", format!("{:?}{}", reply.headers, reply.text).as_bytes());
    }
    for line in world.log() {
        hunt.finds_nothing("a log line", line.to_string().as_bytes());
    }
}

#[tokio::test]
async fn the_guard_refuses_without_a_word_of_what_was_sent() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let mut hunt = Hunt::default();
    hunt.add_token("a token", access);
    hunt.add_token("a token", refresh);
    let config = latchkey_dynamodb::aws::dynamodb_at("http://127.0.0.1:9").config().to_builder();
    let away = Store::of_function(config, tables());
    let guard = |store: &Store| Guard::new(Checker::new(store.clone(), 0), Scope::parse("WMS_ACQ").unwrap());
    let api = axum::Router::new()
        .route("/near", axum::routing::get("in").layer(guard(&world.service.store)))
        .route("/away", axum::routing::get("in").layer(guard(&away)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
    for (path, sent, status) in [
        ("/near", format!("Bearer {access}"), 403),
        ("/near", format!("Bearer {refresh}"), 401),
        ("/near", format!("Bearer {access}x"), 401),
        ("/near", format!("Basic {access}"), 401),
        ("/near", access.to_owned(), 401),
        ("/away", format!("Bearer {access}"), 503),
    ] {
        let reply = world.send_to(&base, Method::GET, path, &[("authorization", &sent)], Bytes::new()).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        hunt.finds_nothing("the guard's answer", format!("{:?}{}", reply.headers, reply.text).as_bytes());
    }
}

#[test]
fn what_is_hidden_is_found_in_any_dress_and_in_part() {
    let secret = "s3cr3t/of+the=Client <&\"\u{e9}>";
    let mut hunt = Hunt::default();
    hunt.add("a secret", secret.as_bytes());
    for before in ["", "x", "xy", "xyz"] {
        let place = format!("{before}{secret}{before}");
        for hidden in [
            place.clone(),
            STANDARD.encode(&place),
            URL_SAFE.encode(&place),
            format!("{:?}", place.as_bytes()),
            format!("{place:?}"),
            serde_json::json!({ "event": serde_json::json!({ "x": place }).to_string() }).to_string(),
            place.bytes().map(|byte| format!("{byte:02x}")).collect(),
            latchkey_oauth::form::encode(&place).into_owned(),
            place[..before.len() + 13].to_owned(),
            STANDARD.encode(&place[..before.len() + 18]),
        ] {
            assert!(hunt.find(hidden.as_bytes()).is_some(), "{hidden}");
        }
    }
    assert_eq!(hunt.find(b"s3cr3t of another client, and SGVsbG8gd29ybGQ="), None);
}
