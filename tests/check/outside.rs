//! The service is checked from outside, on a schedule.

use serde_json::{Value, json};

use crate::cloud::{Checking, Cloud, SECRET};

fn event(url: &str) -> String {
    json!({ "outside": url }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_issues_refreshes_introspects_and_revokes_passes() {
    let cloud = Cloud::new().await;
    let own = cloud.with_own_client().await;
    let check = Checking::of(&cloud, SECRET).await;
    let before = cloud.world.log().len();
    assert_eq!(check.invoke(&event(&cloud.world.url)).await, json!({ "outcome": "passed" }));
    let line = check.last_line();
    assert_eq!(
        (line["check"].as_str(), line["outcome"].as_str(), &line["step"]),
        (Some("outside"), Some("passed"), &Value::Null)
    );
    let log = cloud.world.log();
    let seen: Vec<_> = log[before..].iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(seen, ["granted", "granted", "active", "revoked", "inactive"]);
    assert!(log[before..].iter().all(|line| line["client_id"] == own.id.as_str()));
    // With a slash at the end too.
    assert_eq!(check.invoke(&event(&format!("{}/", cloud.world.url))).await, json!({ "outcome": "passed" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_an_error_that_names_its_step_and_nothing_else() {
    let cloud = Cloud::new().await;
    let own = cloud.with_own_client().await;
    let check = Checking::of(&cloud, SECRET).await;
    let failed = async |url: &str| {
        let answer = check.invoke(&event(url)).await;
        assert_eq!(answer["errorMessage"], "the check failed: see reason and step in the log", "{answer}");
        let line = check.last_line();
        (
            line["step"].as_str().unwrap().to_owned(),
            line["reason"].as_str().unwrap().to_owned(),
            line["status"].as_u64(),
        )
    };
    assert_eq!(failed("http://127.0.0.1:9").await, ("token".into(), "unreachable".into(), None));
    // A service whose client may not refresh: what was issued is revoked all the same.
    cloud.world.change(&own, |client| client.introspects = vec!["other".into()]).await;
    assert_eq!(failed(&cloud.world.url).await, ("introspect".into(), "answer_unexpected".into(), Some(200)));
    assert_eq!(cloud.world.last_log()["outcome"], "revoked");
    cloud.world.change(&own, |client| client.scopes = vec!["other".into()]).await;
    assert_eq!(failed(&cloud.world.url).await, ("token".into(), "answer_unexpected".into(), Some(400)));
    cloud.choose(|chosen| chosen.secret = None);
    assert_eq!(failed(&cloud.world.url).await, ("secret".into(), "secret_unreadable".into(), None));
    let without = Checking::of(&cloud, "").await;
    without.invoke(&event(&cloud.world.url)).await;
    assert_eq!(without.last_line()["reason"], "secret_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_requests_go_to_https_alone_and_a_strange_event_is_refused_by_name() {
    let cloud = Cloud::new().await;
    cloud.with_own_client().await;
    let check = Checking::of(&cloud, SECRET).await;
    for text in [
        "{}".to_owned(),
        "[]".to_owned(),
        r#"{"DeploymentId":"d-1"}"#.to_owned(),
        r#"{"DeploymentId":"","LifecycleEventHookExecutionId":"e"}"#.to_owned(),
        r#"{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"e","outside":"https://auth.example"}"#.to_owned(),
        r#"{"DeploymentId":"d-1","LifecycleEventHookExecutionId":""}"#.to_owned(),
        r#"{"DeploymentId":"d-1","outside":"https://auth.example"}"#.to_owned(),
        r#"{"LifecycleEventHookExecutionId":"e","outside":"https://auth.example"}"#.to_owned(),
        event("https://auth.example:8443"),
        event("https://auth.example/other"),
        event("https://auth.example//"),
        event("https://169.254.169.254"),
        event("https://[::1]"),
        event("https://auth..example"),
        event("http://127.0.0.1:9/other"),
        event(""),
        event("https://"),
        event("http://auth.example"),
        event("http://127.0.0.1.auth.example"),
        event("ftp://auth.example"),
        event("https://user@auth.example"),
        event("https://auth.example?a=s3cr3t"),
        event("https://auth.example\n"),
    ] {
        let answer = check.invoke(&text).await;
        assert!(
            answer["errorMessage"].as_str().unwrap().starts_with("the event must be CodeDeploy's"),
            "{text}: {answer}"
        );
        let line = check.last_line();
        assert_eq!((line["outcome"].as_str(), line["reason"].as_str()), (Some("failed"), Some("event_malformed")));
    }
    assert_eq!(cloud.world.log().len(), 0);
    assert!(!check.printed().contains("s3cr3t"));
}
