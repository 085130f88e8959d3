//! What a refused client is told: what it sent, what is expected, what to do.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::{ASK, Choices, ISSUE, REFRESH, World};

const PATHS: [&str; 4] = [ISSUE, REFRESH, "/oauth2/introspect", "/oauth2/revoke"];

async fn signed_with(world: &World, signature: &str) -> Reply {
    let right = world.client().await.sign(ASK, world.now());
    let (before, after) = right.split_once("signature=\"").unwrap();
    let after = after.split_once('"').unwrap().1;
    world.post(ISSUE, ASK, &format!("{before}signature=\"{signature}\"{after}")).await
}

#[tokio::test]
async fn a_timestamp_that_is_not_whole_seconds_is_called_by_its_unit_and_the_servers_time_is_told() {
    let world = World::new().await;
    let client = world.client().await;
    let now = world.now();
    for (timestamp, what) in [
        (format!("{now}000"), "counts milliseconds"),
        (format!("{now}000000"), "counts microseconds"),
        (format!("{now}.25"), "has a fraction of a second"),
        ("2026-11-26T04:42:48Z".to_owned(), "is a date of ISO 8601"),
        ("soon".to_owned(), "is not a number"),
    ] {
        let header =
            client.sign(ASK, now).replace(&format!("timestamp=\"{now}\""), &format!("timestamp=\"{timestamp}\""));
        for path in PATHS {
            let reply = world.post(path, ASK, &header).await;
            reply.refuses(401, "invalid_client");
            let description = reply.member("error_description");
            for part in [what, "whole POSIX seconds", &format!("the server's time is {now}")] {
                assert!(description.contains(part), "{part} is not in {description}");
            }
            assert_eq!(world.last_log()["denial"], "credentials_malformed");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_whole_hours_off_is_told_about_time_zones() {
    let world = World::new().await;
    let client = world.client().await;
    for (off, zone) in [(3600, true), (5 * 3600 + 1800, true), (7200 + 30, true), (2000, false), (86_400, false)] {
        let reply = world.post(ISSUE, ASK, &client.sign(ASK, world.now() - off)).await;
        reply.refuses(401, "invalid_client");
        assert_eq!(reply.member("details").contains("time zone"), zone, "{off}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_signature_in_another_encoding_is_called_by_it() {
    let world = World::new().await;
    for (signature, what) in [
        ("e4ee92462839f30aa6ea0a84bb7a1238356d7ba0256e89fd082bcdad91c2a32b", "is hexadecimal"),
        ("_-6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys=", "is base64url"),
        ("5O6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys", "lacks the = at its end"),
        ("5O6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys%3D", "is percent-encoded"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "HMAC-SHA1"),
    ] {
        let reply = signed_with(&world, signature).await;
        reply.refuses(401, "invalid_client");
        let description = reply.member("error_description");
        assert!(
            description.contains(what) && description.contains("base64 of an HMAC-SHA256"),
            "{what}: {description}"
        );
        assert!(!reply.text.contains(signature));
    }
}

#[tokio::test]
async fn a_client_that_does_not_sign_is_told_the_methods_there_are_whatever_its_id() {
    let settings = Settings { error_pages: Some("https://docs.example/errors".to_owned()), ..Settings::default() };
    let world = World::with(Choices { settings, ..Default::default() }).await;
    let client = world.client().await;
    let disabled = world.client_with(|client| client.disabled = true).await;
    let basic = |id: &str| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        ("authorization", format!("Basic {}", STANDARD.encode(format!("{id}:secret"))))
    };
    let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
    let bearer = ("authorization", "Bearer tk_1".to_owned());
    for path in PATHS {
        let mut told = Vec::new();
        for id in [client.id.as_str(), &disabled.id, "unknown"] {
            let body = format!("{ASK}&client_id={id}&client_secret=secret");
            let mismatch = match id {
                "unknown" => "client_unknown",
                id if id == disabled.id => "client_disabled",
                _ => "method_not_registered",
            };
            // Introspection takes no client that proves nothing, so it looks for none.
            let unproven = if path.ends_with("introspect") { "credentials_missing" } else { mismatch };
            for (header, body, name, anchor) in [
                (basic(id), ASK, mismatch, "secret_wrong"),
                (form.clone(), &body, mismatch, "secret_wrong"),
                (form.clone(), &body.replace("&client_secret=secret", ""), unproven, "credentials_missing"),
                (bearer.clone(), "", "credentials_malformed", "credentials_malformed"),
                (("accept", "*/*".to_owned()), "", "credentials_missing", "credentials_missing"),
            ] {
                let mut headers = vec![(form.0, form.1.as_str())];
                if header.0 != form.0 {
                    headers.push((header.0, &header.1));
                }
                let reply = world.send(Method::POST, path, &headers, Bytes::from(body.to_owned())).await;
                reply.refuses(401, "invalid_client");
                let details = reply.member("details").to_owned();
                for part in
                    ["wskey_hmac_sha256", "Basic", "Bearer", "client_secret", "/.well-known/oauth-authorization-server"]
                {
                    assert!(details.contains(part), "{part}: {details}");
                }
                assert_eq!(world.last_log()["denial"], name);
                assert_eq!(reply.member("error_uri"), format!("https://docs.example/errors#{anchor}"));
                told.push((anchor, header.0, reply.text.clone()));
            }
        }
        // The same answers for each client id.
        let (first, others) = told.split_at(5);
        for others in others.chunks(5) {
            assert_eq!(first, others, "{path}");
        }
    }
}

#[tokio::test]
async fn a_user_whose_name_lost_bytes_on_the_way_is_refused_and_not_taken_for_another() {
    let world = World::new().await;
    let client = world.client_with(|client| client.names_principal = true).await;
    for (id, idns, name) in [
        ("j\u{fffd}rg", "urn:x", "principalID"),
        ("alice", "urn:\u{fffd}", "principalIDNS"),
        ("\u{fffd}", "\u{fffd}", "principalID"),
    ] {
        let header = client.sign_as(ASK, world.now(), Some((id, idns)), b"");
        let reply = world.post(ISSUE, ASK, &header).await;
        reply.refuses(400, "invalid_request");
        assert!(reply.member("error_description").contains(&format!("attribute {name} has the character U+FFFD")));
        assert_eq!(world.last_log()["denial"], "principal_not_text");
    }
    let header = client.sign_as(ASK, world.now(), Some(("j\u{f6}rg", "urn:x")), b"");
    assert_eq!(world.post(ISSUE, ASK, &header).await.member("principalID"), "j\u{f6}rg");
}

#[tokio::test]
async fn a_refusal_names_what_came_and_what_is_expected() {
    let world = World::new().await;
    let client = world.client().await;
    let long = "x".repeat(200);
    for (query, name, parts) in [
        (ASK.replace("WMS_NCIP", "WMS_NCIP%20NO_SUCH"), "scope_not_allowed", &["scope 'NO_SUCH'"][..]),
        (ASK.replace("WMS_NCIP", &long), "scope_not_allowed", &["xxx...'"]),
        (
            ASK.replace("WMS_NCIP", "A%22%C3%A9"),
            "scope_malformed",
            &["'A?? refresh_token'", "scope tokens", "512 bytes"],
        ),
        (
            ASK.replace("contextInstitutionId=128807", "contextInstitutionId=1"),
            "institution_not_allowed",
            &["'1'", "contextInstitutionId"],
        ),
        (
            ASK.replace("authenticatingInstitutionId=128807", "authenticatingInstitutionId=1%202"),
            "parameter_invalid",
            &["'1 2'", "authenticatingInstitutionId", "letters, digits"],
        ),
        (ASK.replace("client_credentials", "password"), "grant_type_unsupported", &["'password'", "refresh_token"]),
    ] {
        let reply = world.ask(&client, ISSUE, &query).await;
        let description = reply.member("error_description");
        assert_eq!(world.last_log()["denial"], name, "{description}");
        assert!(parts.iter().all(|part| description.contains(part)), "{parts:?}: {description}");
        assert!(description.len() < 300 && reply.member("message") == description);
    }
    // Who mixes up the parameters does not get a token back.
    let tokens = world.tokens(&client).await;
    let token = tokens.member("refresh_token");
    let mixed = world.ask(&client, ISSUE, &ASK.replace("WMS_NCIP", token)).await;
    assert!(mixed.member("error_description").contains("(withheld: ") && !mixed.text.contains(token), "{}", mixed.text);
    let wider =
        world.ask(&client, REFRESH, &format!("grant_type=refresh_token&refresh_token={token}&scope=MORE")).await;
    assert!(wider.member("error_description").contains("the scope 'MORE'"), "{}", wider.text);
}

#[tokio::test]
async fn a_refusal_by_redirect_names_what_came() {
    let world = World::new().await;
    let client = world.client().await;
    let base = format!("client_id={}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&state=s3cr3t%0A", client.id);
    for (rest, part) in [
        ("&response_type=id_token", "The response_type is 'id_token'; it must be code or token."),
        ("&response_type=code&scope=WMS_NCIP", "The value of the parameter state is invalid"),
        (
            "&response_type=code&code_challenge=x&code_challenge_method=plain",
            "The code_challenge_method is 'plain'; it must be S256.",
        ),
    ] {
        let reply = world.send(Method::GET, &format!("/oauth2/authorizeCode?{base}{rest}"), &[], Bytes::new()).await;
        let location = reply.headers["location"].to_str().unwrap();
        let pairs = latchkey_oauth::form::Pairs::parse(location.split_once('?').unwrap().1.as_bytes()).unwrap();
        let description = pairs.iter().find(|(name, _)| *name == "error_description").unwrap().1.to_owned();
        assert!(description.contains(part) && !description.contains("s3cr3t"), "{description}");
    }
}
