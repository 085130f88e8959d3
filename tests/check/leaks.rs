//! All that the function prints and answers, searched for secrets.

use latchkey_testkit::hunt::Hunt;
use serde_json::json;

use crate::cloud::{Checking, Cloud, HOOK, LEAKED, SECRET, Version};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_no_token_and_no_message_of_aws_is_printed_or_answered() {
    let cloud = Cloud::new().await;
    let own = cloud.with_own_client().await;
    let mut hunt = Hunt::default();
    hunt.add("the client's secret", own.secret.as_bytes());
    let wrong = hunt.fresh("a secret in the wrong place");
    let check = Checking::of(&cloud, SECRET).await;
    let mut answers = Vec::new();
    for function in ["issue", "refresh", "authorize", "introspect", "revoke", "authorizer"] {
        for version in [
            Version::Good,
            Version::DoesNotStart,
            Version::WithoutTables,
            Version::SaysYes,
            Version::Leaks,
            Version::EndsLeaking,
            Version::Mumbles,
            Version::Forbidden,
            Version::Stopped,
        ] {
            cloud.deploys(function, version);
            answers.push(check.invoke(HOOK).await.to_string());
        }
    }
    for url in [cloud.world.url.as_str(), "http://127.0.0.1:9"] {
        answers.push(check.invoke(&json!({ "outside": url }).to_string()).await.to_string());
    }
    for secret in [
        wrong.clone(),
        json!({ "client_id": wrong, "secret": wrong }).to_string(),
        json!({ "secret": wrong }).to_string(),
    ] {
        cloud.choose(|chosen| chosen.secret = Some(secret));
        answers.push(check.invoke(HOOK).await.to_string());
        answers.push(check.invoke(&json!({ "outside": cloud.world.url }).to_string()).await.to_string());
    }
    for event in [wrong.clone(), json!({ "outside": wrong }).to_string(), json!({ "DeploymentId": wrong }).to_string()]
    {
        answers.push(check.invoke(&event).await.to_string());
    }
    let hook = json!({ "DeploymentId": LEAKED, "LifecycleEventHookExecutionId": LEAKED }).to_string();
    answers.push(check.invoke(&hook).await.to_string());
    let printed = check.printed();
    assert!(printed.contains(r#""error":"other""#), "{printed}");
    assert!(printed.lines().count() > 40, "{printed}");
    for text in answers.iter().chain([&printed]) {
        assert_eq!(hunt.find(text.as_bytes()), None, "{text}");
        for word in ["tk_", "rt_", "signature", "s3cr3t", "Authorization"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
