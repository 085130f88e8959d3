//! A new version is asked before it gets traffic.

use latchkey_oauth::proxy::ProxySecrets;
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::service::Function;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::world::Choices;
use serde_json::{Value, json};

use crate::cloud::{Checking, Cloud, SECRET, Version, app_spec};

/// Every function.
fn functions() -> [&'static str; 6] {
    Function::ALL.map(Function::as_str)
}

/// What CodeDeploy was told last.
fn told(cloud: &Cloud) -> String {
    let told = std::mem::take(&mut cloud.chosen.lock().unwrap().told);
    let [(deployment, execution, status)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((deployment.as_str(), execution.as_str()), ("d-ABCDEF123", "eyJlbmNyeXB0ZWREYXRhIjoiZg"));
    status.clone()
}

fn reason(line: &Value) -> (&str, Option<&str>, Option<&str>) {
    (line["outcome"].as_str().unwrap(), line["reason"].as_str(), line["error"].as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_version_of_each_function_gets_traffic_whoever_signs() {
    let cloud = Cloud::new().await;
    let own = cloud.with_own_client().await;
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        for function in functions() {
            cloud.deploys(function, Version::Good);
            let line = check.before_traffic().await;
            assert_eq!((told(&cloud).as_str(), reason(&line)), ("Succeeded", ("passed", None, None)), "{line}");
            assert_eq!((line["checked"].as_str(), line["version"].as_str()), (Some(function), Some("2")));
            assert_eq!(
                (line["deployment_id"].as_str(), line["own_client"].as_bool()),
                (Some("d-ABCDEF123"), Some(!secret.is_empty()))
            );
            let invoked = std::mem::take(&mut cloud.chosen.lock().unwrap().invoked);
            let own = !secret.is_empty();
            let (asks, gets) = (own && !["issue", "authorize"].contains(&function), own && function != "authorize");
            let at = |name: &str, qualifier: &str| (format!("latchkey-{name}"), qualifier.to_owned());
            let mut expected = vec![at(function, "2")];
            if asks {
                expected.insert(0, at("issue", "live"));
            }
            if gets {
                expected.push(at("revoke", "live"));
            }
            assert_eq!(invoked, expected);
            assert_eq!(line["revocation"].as_str(), gets.then_some("revoked"), "{line}");
            let tokens = if asks { Some("issued") } else { Some("made_up") };
            let tokens = tokens.filter(|_| !["issue", "authorize"].contains(&function));
            assert_eq!((line["tokens"].as_str(), line["no_tokens"].as_str()), (tokens, None), "{line}");
        }
    }
    assert!(cloud.world.service.store.client(&own.id, &mut Default::default()).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_behind_a_cdn_is_asked_without_its_secret() {
    let proxy_secrets = ProxySecrets::parse("0123456789abcdef0123456789abcdef");
    let settings = Settings { proxy_secrets, trusted_proxies: 1, ..Settings::default() };
    let cloud = Cloud::with(Choices { settings, ..Choices::default() }).await;
    cloud.with_own_client().await;
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        for function in functions() {
            cloud.deploys(function, Version::Good);
            let line = check.before_traffic().await;
            assert_eq!((told(&cloud).as_str(), reason(&line)), ("Succeeded", ("passed", None, None)), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_not_right_gets_no_traffic() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        for function in functions() {
            for (version, expected, error) in [
                (Version::DoesNotStart, "version_ended", Some("Runtime.ExitError")),
                (Version::Mumbles, "answer_unreadable", None),
                (Version::Forbidden, "version_not_invoked", Some("AccessDeniedException")),
            ] {
                cloud.deploys(function, version);
                let line = check.before_traffic().await;
                assert_eq!(
                    (told(&cloud).as_str(), reason(&line)),
                    ("Failed", ("failed", Some(expected), error)),
                    "{line}"
                );
            }
            // Revocation answers 200 to whatever token. With a client of its own, only its signature shows the read.
            if (function, secret) != ("revoke", SECRET) {
                cloud.deploys(function, Version::SaysYes);
                let line = check.before_traffic().await;
                assert_eq!(told(&cloud), "Failed", "{line}");
                assert!(["answer_unexpected", "answer_unreadable"].contains(&reason(&line).1.unwrap()), "{line}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_reaches_no_table_gets_no_traffic() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        for function in functions() {
            cloud.deploys(function, Version::WithoutTables);
            let line = check.before_traffic().await;
            assert_eq!((told(&cloud).as_str(), line["outcome"].as_str()), ("Failed", Some("failed")), "{line}");
            match function {
                // To a gateway it is an error, not a no. Its type is none of Lambda's.
                "authorizer" => assert_eq!(reason(&line), ("failed", Some("version_ended"), Some("other")), "{line}"),
                "authorize" => {
                    assert_eq!((reason(&line).1, line["status"].as_u64()), (Some("answer_unexpected"), Some(503)))
                }
                _ => assert_eq!(
                    (reason(&line), line["status"].as_u64()),
                    (("failed", Some("answer_unexpected"), Some("temporarily_unavailable")), Some(503)),
                    "{line}"
                ),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_an_operator_stopped_is_not_asked_and_a_busy_one_is() {
    let cloud = Cloud::new().await;
    let check = Checking::of(&cloud, "").await;
    cloud.deploys("issue", Version::Stopped);
    let line = check.before_traffic().await;
    assert_eq!((told(&cloud).as_str(), reason(&line)), ("Succeeded", ("stopped", None, None)));
    cloud.deploys("issue", Version::Busy);
    let line = check.before_traffic().await;
    let throttled = ("failed", Some("version_not_invoked"), Some("TooManyRequestsException"));
    assert_eq!((told(&cloud).as_str(), reason(&line)), ("Failed", throttled));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_of_issue_does_not_wait_for_issue_and_nor_do_others() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    let check = Checking::of(&cloud, SECRET).await;
    for function in functions() {
        cloud.deploys(function, Version::Good);
        cloud.choose(|chosen| {
            chosen.versions.insert(("latchkey-issue".to_owned(), "live".to_owned()), Version::DoesNotStart);
        });
        let line = check.before_traffic().await;
        assert_eq!((told(&cloud).as_str(), reason(&line).0), ("Succeeded", "passed"), "{function}: {line}");
        let fell_back = !["issue", "authorize"].contains(&function);
        let seen = (line["tokens"].as_str(), line["no_tokens"].as_str());
        assert_eq!(seen, (fell_back.then_some("made_up"), fell_back.then_some("version_ended")), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_issued_is_revoked_though_the_version_is_bad_and_a_failed_revocation_fails_no_deployment() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    let check = Checking::of(&cloud, SECRET).await;
    for version in [Version::SaysYes, Version::DoesNotStart, Version::Leaks] {
        cloud.deploys("introspect", version);
        let line = check.before_traffic().await;
        assert_eq!((told(&cloud).as_str(), line["revocation"].as_str()), ("Failed", Some("revoked")), "{line}");
    }
    let away = |chosen: &mut crate::cloud::Chosen| {
        chosen.versions.insert(("latchkey-revoke".to_owned(), "live".to_owned()), Version::DoesNotStart);
    };
    // A repair of `revoke` revokes with the new version.
    for (function, expected) in [("issue", "version_ended"), ("refresh", "version_ended"), ("revoke", "revoked")] {
        cloud.deploys(function, Version::Good);
        cloud.choose(away);
        let line = check.before_traffic().await;
        assert_eq!(told(&cloud), "Succeeded", "{function}: {line}");
        assert_eq!((reason(&line).0, line["revocation"].as_str()), ("passed", Some(expected)), "{function}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_needs_no_read_gets_authorize_no_traffic() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        cloud.deploys("authorize", Version::ReadsNothing);
        let line = check.before_traffic().await;
        assert_eq!((told(&cloud).as_str(), reason(&line).1), ("Failed", Some("answer_unexpected")), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorizer_with_scopes_for_other_routes_alone_passes() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    cloud.choose(|chosen| chosen.route_scopes = RouteScopes::parse(r#"{"GET /loans/{id}":"WMS_NCIP"}"#));
    for secret in ["", SECRET] {
        let check = Checking::of(&cloud, secret).await;
        cloud.deploys("authorizer", Version::Good);
        let line = check.before_traffic().await;
        assert_eq!((told(&cloud).as_str(), reason(&line).0), ("Succeeded", "passed"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_spec_is_found_wherever_codedeploy_keeps_it_and_a_strange_one_gets_no_traffic() {
    let cloud = Cloud::new().await;
    let check = Checking::of(&cloud, "").await;
    for kept in ["string", "appSpecContent", "application"] {
        cloud.deploys("refresh", Version::Good);
        cloud.choose(|chosen| chosen.kept = kept);
        check.before_traffic().await;
        assert_eq!(told(&cloud), "Succeeded", "{kept}");
    }
    cloud.choose(|chosen| chosen.app_spec = None);
    let line = check.before_traffic().await;
    let unknown = ("failed", Some("deployment_unknown"), Some("DeploymentDoesNotExistException"));
    assert_eq!((told(&cloud).as_str(), reason(&line)), ("Failed", unknown));
    let good = app_spec("latchkey-issue");
    let with = |pointer: &str, value: Value| {
        let mut spec = good.clone();
        *spec.pointer_mut(pointer).unwrap() = value;
        spec.to_string()
    };
    let resource = good["Resources"][0].clone();
    for (spec, expected) in [
        ("version: 0.0".to_owned(), "deployment_unreadable"),
        (with("/Resources", json!([])), "deployment_unreadable"),
        (with("/Resources", json!([resource, resource])), "deployment_unreadable"),
        (with("/Resources/0/IssueFunctionAliaslive/Type", json!("AWS::ECS::Service")), "deployment_unreadable"),
        (
            with("/Resources/0/IssueFunctionAliaslive/Properties/TargetVersion", json!("$LATEST")),
            "deployment_unreadable",
        ),
        (with("/Resources/0/IssueFunctionAliaslive/Properties/TargetVersion", json!("")), "deployment_unreadable"),
        (with("/Resources/0/IssueFunctionAliaslive/Properties/Name", json!("other-function")), "function_unknown"),
        (with("/Resources/0/IssueFunctionAliaslive/Properties/Name", json!("reissue")), "function_unknown"),
    ] {
        cloud.choose(|chosen| chosen.app_spec = Some(spec.clone()));
        let line = check.before_traffic().await;
        assert_eq!((told(&cloud).as_str(), reason(&line).1), ("Failed", Some(expected)), "{spec}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there_or_is_no_client_gives_no_traffic() {
    let cloud = Cloud::new().await;
    let check = Checking::of(&cloud, SECRET).await;
    cloud.deploys("issue", Version::Good);
    let line = check.before_traffic().await;
    let missing = ("failed", Some("secret_unreadable"), Some("ResourceNotFoundException"));
    assert_eq!((told(&cloud).as_str(), reason(&line)), ("Failed", missing));
    for text in [
        "",
        "s3cr3t",
        "{}",
        r#"{"client_id":"a"}"#,
        r#"{"client_id":"a b","secret":"x"}"#,
        r#"{"client_id":"a","secret":""}"#,
    ] {
        cloud.choose(|chosen| chosen.secret = Some(text.to_owned()));
        let line = check.before_traffic().await;
        assert_eq!(
            (told(&cloud).as_str(), reason(&line)),
            ("Failed", ("failed", Some("secret_malformed"), None)),
            "{text}"
        );
    }
    // A client that is disabled, or whose secret was rotated away, is refused: the version may be good, and it was not shown.
    cloud.choose(|chosen| chosen.secret = Some(json!({ "client_id": "nobody", "secret": "x" }).to_string()));
    let line = check.before_traffic().await;
    assert_eq!(
        (told(&cloud).as_str(), line["status"].as_u64(), reason(&line).2),
        ("Failed", Some(401), Some("invalid_client"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_codedeploy_does_not_take_is_an_error() {
    let cloud = Cloud::new().await;
    let check = Checking::of(&cloud, "").await;
    cloud.deploys("issue", Version::Good);
    cloud.choose(|chosen| chosen.refuses_reports = true);
    let answer = check.invoke(crate::cloud::HOOK).await;
    assert!(answer["errorMessage"].as_str().unwrap().contains("CodeDeploy did not take the result"), "{answer}");
    let refused = ("failed", Some("not_reported"), Some("AccessDeniedException"));
    assert_eq!(reason(&check.last_line()), refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_never_answers_is_given_up_and_gets_no_traffic() {
    let cloud = Cloud::new().await;
    let check = Checking::of(&cloud, "").await;
    cloud.deploys("issue", Version::Hangs);
    let began = std::time::Instant::now();
    let line = check.before_traffic().await;
    assert_eq!(told(&cloud), "Failed", "{line}");
    assert_eq!(reason(&line), ("failed", Some("version_not_invoked"), Some("no_answer")));
    assert!(began.elapsed().as_secs() < 60, "the function has a minute");
}
