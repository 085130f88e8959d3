//! How the function starts.

use std::process::Command;

use serde_json::Value;

#[test]
fn a_check_that_cannot_start_says_why_in_one_line() {
    let start = |environment: &[(&str, &str)]| {
        let run =
            Command::new(env!("CARGO_BIN_EXE_check")).env_clear().envs(environment.iter().copied()).output().unwrap();
        assert_eq!(run.status.code(), Some(1));
        let line: Value = serde_json::from_slice(&run.stderr).unwrap();
        assert_eq!((line["function"].as_str(), line["outcome"].as_str()), (Some("check"), Some("not_started")));
        line["reason"].as_str().unwrap().to_owned()
    };
    let runtime = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    assert!(start(&[]).contains("AWS_LAMBDA_RUNTIME_API"));
    assert_eq!(start(&[runtime]), "AWS_REGION is not set");
    let aws = [runtime, ("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let port = [&aws[..], &[("LATCHKEY_SIGNATURE_PORT", "s3cr3t")]].concat();
    assert_eq!(start(&port), "LATCHKEY_SIGNATURE_PORT must be a port, 1 to 65535");
}
