//! Who is calling: signatures, clocks, sizes, bodies.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::client_auth::wskey::body_hash;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, Choices, ISSUE, REFRESH, World};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn no_credentials_are_asked_for_with_the_scheme_to_use() {
    let world = World::new().await;
    let reply = world.send(Method::POST, &format!("{ISSUE}?{ASK}"), &[], Bytes::new()).await;
    reply.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "credentials_missing");
    let challenge = reply.headers["www-authenticate"].to_str().unwrap();
    // A token (RFC 9110 section 11.1); the scheme of a request is a URL.
    assert!(challenge.starts_with("WSKeyV2 error=\"invalid_client\", error_description=\""), "{challenge}");
}

#[tokio::test]
async fn credentials_that_do_not_parse_are_refused_with_what_is_wrong() {
    let world = World::new().await;
    for header in ["Bearer tk_1", "Digest username=\"key\"", "http://www.worldcat.org/wskey/v2/hmac/v1 clientId"] {
        world.post(ISSUE, ASK, header).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "credentials_malformed");
    }
    let client = world.client().await;
    let one = client.sign(ASK, world.now());
    let twice = [("authorization", one.as_str()), ("authorization", one.as_str())];
    world.send(Method::POST, &format!("{ISSUE}?{ASK}"), &twice, Bytes::new()).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn an_unknown_client_a_disabled_one_and_a_wrong_secret_get_the_same_answer() {
    let world = World::new().await;
    let known = world.client().await;
    let disabled = world.client_with(|client| client.disabled = true).await;
    let unknown = Signer { id: "x".repeat(80), secret: latchkey_oauth::client::new_secret([0; 24]) };
    let wrong = Signer { id: known.id.clone(), secret: latchkey_oauth::client::new_secret([1; 24]) };
    let mut answers = Vec::new();
    for (signer, denial) in
        [(&unknown, "client_unknown"), (&disabled, "client_disabled"), (&wrong, "signature_mismatch")]
    {
        let authorization = signer.sign(ASK, world.now());
        let nonce = authorization.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
        let reply = world.post(ISSUE, ASK, &authorization).await;
        reply.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], denial, "the log alone knows which");
        assert_eq!(world.last_log()["round_trips"], 1);
        answers.push(reply.text.replace(&signer.id, "ID").replace(nonce, "NONCE"));
    }
    assert!(answers[0] == answers[1] && answers[1] == answers[2], "{answers:#?}");
}

#[tokio::test]
async fn a_mismatch_shows_the_text_that_was_signed_and_never_a_signature_or_a_secret() {
    let world = World::new().await;
    let client = world.client().await;
    let query = format!("grant_type=refresh_token&refresh_token=rt_{}", "s3cr3t".repeat(8));
    let authorization = client.sign("another=query", world.now());
    let reply = world.post(REFRESH, &query, &authorization).await;
    reply.refuses(401, "invalid_client");
    let details = reply.member("details");
    for line in [
        &format!(" 1: {}\n", client.id),
        " 4: \n",
        " 5: POST\n",
        " 6: www.oclc.org\n",
        " 7: 443\n",
        " 8: /wskey\n",
        " 9: grant_type=refresh_token\n",
        "10: refresh_token=<blanked>\n",
    ] {
        assert!(details.contains(line), "{line:?} is not in {details}");
    }
    let right = client.sign(&query, world.now());
    for secret in ["s3cr3t", client.secret.expose(), signature_of(&right), signature_of(&authorization)] {
        assert!(!reply.text.contains(secret));
    }
    assert!(details.contains("0 seconds behind the server's time"));
}

fn signature_of(authorization: &str) -> &str {
    authorization.split("signature=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn a_mismatch_names_what_client_libraries_disagree_about() {
    let world = World::new().await;
    let client = world.client().await;
    for (query, hint) in [
        ("scope=a&scope=b", "pair 2 repeats an earlier name"),
        ("grant_type=&scope=a", "pair 1 has an empty value"),
        ("redirect_uri=https%3A%2F%2Fa%2F%3Fb%3Dc", "pair 1 has an encoded = or & in its value"),
        (
            "redirect_uri=https:/a",
            "Pair 1 came as `redirect_uri=https:/a`; the server signs `redirect_uri=https%3A%2Fa`.",
        ),
        ("state=a~b", "makes `a%7Eb` of its value"),
        ("x=a:s3cr3t", "Pair 1 did not come as the server signs it. Its value may be secret"),
        ("a[]=1", "pair 1 has a name with characters to encode"),
    ] {
        let reply = world.post(ISSUE, query, &client.sign("other=1", world.now())).await;
        reply.refuses(401, "invalid_client");
        assert!(reply.member("details").contains(hint), "{}", reply.member("details"));
        assert!(!reply.text.contains("s3cr3t"));
    }
    let plain = world.post(ISSUE, "scope=a", &client.sign("other=1", world.now())).await;
    let details = plain.member("details");
    assert!(!details.to_lowercase().contains("pair "), "{details}");
    assert!(details.contains("Check the secret for a line feed") && details.contains("latchkey explain"), "{details}");
}

#[tokio::test]
async fn a_timestamp_counts_within_300_seconds_either_way() {
    let world = World::new().await;
    let client = world.client().await;
    for timestamp in [world.now() - 300, world.now() + 300] {
        assert_eq!(world.post(ISSUE, ASK, &client.sign(ASK, timestamp)).await.status, 200);
    }
    for (timestamp, text) in
        [(world.now() - 301, "301 seconds behind"), (world.now() + 301, "301 seconds ahead of"), (0, "seconds behind")]
    {
        let reply = world.post(ISSUE, ASK, &client.sign(ASK, timestamp)).await;
        reply.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "timestamp_skewed");
        assert!(reply.member("error_description").contains(text), "{}", reply.text);
        assert!(reply.member("error_description").contains(&world.now().to_string()), "the server's time is told");
    }
}

#[tokio::test]
async fn the_window_is_a_setting() {
    let settings = latchkey_oauth::settings::Settings { clock_skew_seconds: 10, ..Default::default() };
    let world = World::with(Choices { settings, ..Default::default() }).await;
    let client = world.client().await;
    assert_eq!(world.post(ISSUE, ASK, &client.sign(ASK, world.now() - 10)).await.status, 200);
    world.post(ISSUE, ASK, &client.sign(ASK, world.now() - 11)).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_parameter_changed_on_the_way_breaks_the_signature() {
    let world = World::new().await;
    let client = world.client().await;
    let authorization = client.sign(ASK, world.now());
    for changed in [ASK.replace("WMS_NCIP", "WMS_ACQ"), format!("{ASK}&x=1"), ASK.replace("128807", "91475")] {
        world.post(ISSUE, &changed, &authorization).await.refuses(401, "invalid_client");
    }
    assert_eq!(world.post(ISSUE, ASK, &authorization).await.status, 200, "none of them spent its nonce");
}

#[tokio::test]
async fn two_secrets_are_good_during_a_rotation_and_the_log_says_which_signed() {
    let world = World::new().await;
    let old = world.client().await;
    let new = Signer { id: old.id.clone(), secret: latchkey_oauth::client::new_secret([7; 24]) };
    let mut second = world.seal(&old.id, &new.secret, "second");
    second.created_at = world.now();
    let end = world.now() + 100;
    world
        .change(&old, |client| {
            client.secrets[0].expires_at = Some(end);
            client.secrets.push(second);
        })
        .await;
    world.tokens(&old).await;
    assert_eq!(world.last_log()["secret"], "first");
    world.tokens(&new).await;
    assert_eq!(world.last_log()["secret"], "second");
    world.advance(100);
    world.ask(&old, ISSUE, ASK).await.refuses(401, "invalid_client");
    world.tokens(&new).await;
}

#[tokio::test]
async fn disabling_a_client_holds_at_once() {
    let world = World::new().await;
    let client = world.client().await;
    let tokens = world.tokens(&client).await;
    world.change(&client, |client| client.disabled = true).await;
    world.ask(&client, ISSUE, ASK).await.refuses(401, "invalid_client");
    world.refresh(&client, tokens.member("refresh_token")).await.refuses(401, "invalid_client");
    world.change(&client, |client| client.disabled = false).await;
    assert_eq!(world.refresh(&client, tokens.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn sizes_are_limited_before_any_other_work() {
    let world = World::new().await;
    let client = world.client().await;
    let query = format!("{ASK}&x={}", "a".repeat(8 * 1024));
    world.ask(&client, ISSUE, &query).await.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "query_too_long");
    let header = format!("{}, x=\"{}\"", client.sign(ASK, world.now()), "a".repeat(4096));
    world.post(ISSUE, ASK, &header).await.refuses(401, "invalid_client");
    let body = Bytes::from(vec![b'a'; 8 * 1024 + 1]);
    world.send(Method::POST, ISSUE, &[FORM], body).await.refuses(400, "invalid_request");
    assert_eq!((&world.last_log()["denial"], &world.last_log()["round_trips"]), (&"body_too_long".into(), &0.into()));
}

#[tokio::test]
async fn too_many_parameters_are_refused_and_a_refusal_stays_short() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.post(ISSUE, &["a=1"; 65].join("&"), &client.sign("", world.now())).await;
    reply.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameters_too_many");
    let odd = world.post(ISSUE, &["+"; 64].join("&"), &client.sign("", world.now())).await;
    odd.refuses(401, "invalid_client");
    assert!(odd.text.len() < 4096, "{}", odd.text.len());
}

#[tokio::test]
async fn a_parameter_that_is_no_text_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = world.post(ISSUE, &format!("{ASK}&x=%ff"), &client.sign(ASK, world.now())).await;
    reply.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameters_not_text");
}

async fn post_form(world: &World, authorization: &str, target: &str, content_type: Option<&str>, body: &str) -> Reply {
    let mut headers = vec![("authorization", authorization)];
    headers.extend(content_type.map(|value| ("content-type", value)));
    world.send(Method::POST, target, &headers, Bytes::from(body.to_owned())).await
}

#[tokio::test]
async fn a_form_body_is_taken_under_its_body_hash() {
    let world = World::new().await;
    let client = world.client().await;
    for content_type in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLencoded; charset=UTF-8"] {
        let authorization = client.sign_as("", world.now(), None, ASK.as_bytes());
        let reply = post_form(&world, &authorization, ISSUE, Some(content_type), ASK).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[tokio::test]
async fn a_body_that_no_hash_covers_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = post_form(&world, &client.sign(ASK, world.now()), &format!("{ISSUE}?{ASK}"), Some(FORM.1), "x=1").await;
    reply.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "body_unsigned");
}

#[tokio::test]
async fn a_body_hash_of_another_body_is_refused_and_that_of_no_body_is_taken() {
    let world = World::new().await;
    let client = world.client().await;
    let authorization = client.sign_as("", world.now(), None, ASK.as_bytes());
    for body in ["", "x=1"] {
        post_form(&world, &authorization, ISSUE, Some(FORM.1), body).await.refuses(401, "invalid_client");
        assert_eq!(world.last_log()["denial"], "body_hash_mismatch");
    }
    // Added by somebody on the way: line 4 is signed, so it does not help.
    let added = format!("{}, bodyhash=\"{}\"", client.sign(ASK, world.now()), body_hash(b"x=1"));
    post_form(&world, &added, &format!("{ISSUE}?{ASK}"), Some(FORM.1), "x=1").await.refuses(401, "invalid_client");
    assert_eq!(world.last_log()["denial"], "signature_mismatch");
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    for content_type in [
        None,
        Some("application/json"),
        Some("application/json, application/x-www-form-urlencoded"),
        Some(";"),
        Some(""),
    ] {
        let authorization = client.sign_as("", world.now(), None, ASK.as_bytes());
        post_form(&world, &authorization, ISSUE, content_type, ASK).await.refuses(400, "invalid_request");
        assert_eq!(world.last_log()["denial"], "body_not_form");
    }
}

#[tokio::test]
async fn a_content_type_without_a_body_means_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let authorization = client.sign(ASK, world.now());
    let reply = post_form(&world, &authorization, &format!("{ISSUE}?{ASK}"), Some("application/json; =;"), "").await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_parameter_in_query_and_body_is_given_twice() {
    let world = World::new().await;
    let client = world.client().await;
    let body = "scope=WMS_NCIP";
    let authorization = client.sign_as(ASK, world.now(), None, body.as_bytes());
    let reply = post_form(&world, &authorization, &format!("{ISSUE}?{ASK}"), Some(FORM.1), body).await;
    reply.refuses(400, "invalid_request");
    assert_eq!(world.last_log()["denial"], "parameter_repeated");
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let body = [b'a', b'=', 0xff];
    let authorization = client.sign_as("", world.now(), None, &body);
    let headers = [("authorization", authorization.as_str()), FORM];
    let reply = world.send(Method::POST, ISSUE, &headers, Bytes::from(body.to_vec())).await;
    reply.refuses(400, "invalid_request");
}

/// The scheme covers no host that is called. So the host that is signed tells services apart, or nothing does.
#[tokio::test]
async fn a_header_is_good_at_another_service_with_the_same_secret_unless_it_signs_for_a_host_of_its_own() {
    let (first, second) = (World::new().await, World::new().await);
    let mut settings = latchkey_oauth::settings::Settings::default();
    settings.authority.host = "id.example.org".into();
    let own = World::with(Choices { settings, ..Choices::default() }).await;
    let client = first.client().await;
    for other in [&second, &own] {
        let secret = other.seal(&client.id, &client.secret, "imported");
        other.client_with(|imported| (imported.id, imported.secrets) = (client.id.clone(), vec![secret])).await;
    }
    let authorization = client.sign(ASK, first.now());
    for world in [&first, &second] {
        assert_eq!(world.post(ISSUE, ASK, &authorization).await.status, 200);
    }
    own.post(ISSUE, ASK, &authorization).await.refuses(401, "invalid_client");
    assert_eq!(own.last_log()["denial"], "signature_mismatch");
}
