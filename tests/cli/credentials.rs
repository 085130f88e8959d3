//! Where operators' credentials come from, how long that may take, and what a command says if there are none.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::place::{Done, Place, run};

/// A home folder with a configuration, and a DynamoDB.
struct Home {
    place: Place,
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { place: Place::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a script. Each start adds a line to the file `starts`.
    fn script(&self, body: &str) -> PathBuf {
        let path = self.path().join(format!("credentials-{}.sh", body.len()));
        let starts = self.path().join("starts");
        std::fs::write(&path, format!("#!/bin/sh\necho >> '{}'\n{body}\n", starts.display())).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn starts(&self) -> usize {
        std::fs::read_to_string(self.path().join("starts")).map_or(0, |text| text.lines().count())
    }

    /// Lists the clients with this configuration and these variables.
    fn list(&self, config: &str, more: &[(&str, &str)]) -> Done {
        self.run(config, more, &["client", "list", "--json"])
    }

    fn run(&self, config: &str, more: &[(&str, &str)], arguments: &[&str]) -> Done {
        let file = self.path().join("config");
        std::fs::write(&file, config).unwrap();
        let (home, file) = (self.path().to_str().unwrap(), file.to_str().unwrap());
        let environment = [
            ("PATH", "/usr/bin:/bin"),
            ("HOME", home),
            ("AWS_CONFIG_FILE", file),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.place.server.dynamodb_url.as_str()),
            ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
            ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
            ("LATCHKEY_USERS_TABLE", "latchkey-users"),
        ];
        run(self.path(), &[&environment, more].concat(), arguments)
    }
}

const KEY: &str = r#"echo '{"Version":1,"AccessKeyId":"local","SecretAccessKey":"s3cr3t"}'"#;

#[test]
fn a_process_that_takes_longer_than_a_request_may_starts_once() {
    let home = Home::new();
    let script = home.script(&format!("sleep 2.5\n{KEY}"));
    let config = format!("[default]\nregion = us-east-1\ncredential_process = {}\n", script.display());
    assert_eq!(home.list(&config, &[]).json()[0]["client_id"], "demo");
    assert_eq!(home.starts(), 1);
}

#[test]
fn credentials_that_are_missing_are_one_line_that_says_why_and_what_to_do() {
    let home = Home::new();
    let region = ("AWS_REGION", "us-east-1");
    let process = |body: &str| {
        let script = home.script(body);
        format!("[profile a]\nregion = us-east-1\ncredential_process = {}\n", script.display())
    };
    let sso = "[profile a]\nregion = us-east-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n\
               [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://sso.example/start\n";
    let role = "[profile a]\nregion = us-east-1\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = b\n";
    let key = "aws_access_key_id = a\naws_secret_access_key = s3cr3t\n";
    let a = ("AWS_PROFILE", "a");
    for (config, more, reason) in [
        (String::new(), &[region][..], "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (
            String::new(),
            &[region, ("AWS_ACCESS_KEY_ID", "a")],
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (String::new(), &[region, ("AWS_SECRET_ACCESS_KEY", "s3cr3t")], "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS"),
        (String::new(), &[a], "the AWS profile a does not exist; `aws configure list-profiles`"),
        (String::new(), &[region, a], "the AWS profile a does not exist"),
        (format!("[profile a]\n{key}"), &[a], "set AWS_REGION to the region of the tables"),
        ("[profile a]\nregion = us-east-1\n".to_owned(), &[a], "`aws configure --profile a`"),
        ("[profile a\n".to_owned(), &[a], "line 1"),
        (role.to_owned(), &[a], "the AWS profile b does not exist"),
        (format!("{role}[profile b]\nregion = us-east-1\n"), &[a], "could not load source profile"),
        (sso.to_owned(), &[a], "`aws sso login --profile a`"),
        (
            "[profile a]\nregion = us-east-1\nlogin_session = x\n".to_owned(),
            &[a],
            "aws configure export-credentials --profile a",
        ),
        (
            process("echo s3cr3t >&2; exit 3"),
            &[a],
            "the credential_process of the AWS profile a failed (exit status: 3)",
        ),
        (process("echo s3cr3t"), &[a], "is not credentials in JSON"),
        (process("kill -9 $$"), &[a], "failed (exit status: 137)"),
    ] {
        let done = home.list(&config, more);
        done.fails(reason);
        assert_eq!(done.err.lines().count(), 1, "{}", done.err);
        assert!(!done.err.contains("s3cr3t"), "{}", done.err);
    }
}

/// AWS's own tools keep the session so: the file's name is the SHA-1 of the session's name.
#[test]
fn an_expired_sso_session_is_to_be_begun_again() {
    let home = Home::new();
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let session = r#"{"accessToken":"s3cr3t","expiresAt":"2024-01-01T00:00:00Z","region":"us-east-1","startUrl":"https://sso.example/start"}"#;
    std::fs::write(cache.join("a0f1490a20d0211c997b44bc357e1972deab8ae3.json"), session).unwrap();
    let config = "[profile a]\nregion = us-east-1\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n\
                  [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://sso.example/start\n";
    let done = home.list(config, &[("AWS_PROFILE", "a")]);
    done.fails("the SSO session of the AWS profile a has expired or was never begun; run `aws sso login --profile a`");
    assert!(!done.err.contains("s3cr3t"));
}

/// A small STS: it waits, and answers.
fn sts(wait: f64, status: u16, body: &'static str) -> String {
    use std::io::Write;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            std::thread::spawn(move || {
                crate::wire::message(&mut std::io::BufReader::new(stream.try_clone().unwrap()));
                std::thread::sleep(std::time::Duration::from_secs_f64(wait));
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\r\n{body}"
                );
            });
        }
    });
    url
}

const ROLE: &str = "[profile a]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\n\
                    [profile b]\naws_access_key_id = a\naws_secret_access_key = b\n";

const ASSUMED: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
                   <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><AssumedRoleId>x:s</AssumedRoleId>\
                   </AssumedRoleUser><Credentials><AccessKeyId>local</AccessKeyId><SecretAccessKey>c</SecretAccessKey>\
                   <SessionToken>d</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
                   </AssumeRoleResult></AssumeRoleResponse>";

#[test]
fn a_role_may_take_longer_than_a_request() {
    let home = Home::new();
    let url = sts(1.8, 200, ASSUMED);
    let list = home.list(ROLE, &[("AWS_PROFILE", "a"), ("AWS_ENDPOINT_URL_STS", &url)]);
    assert_eq!(list.json()[0]["client_id"], "demo");
}

#[test]
fn a_role_that_is_refused_is_told_by_aws_error_code() {
    let home = Home::new();
    let refused = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                   <Code>AccessDenied</Code><Message>s3cr3t</Message></Error></ErrorResponse>";
    let expired = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                   <Code>ExpiredToken</Code><Message>s3cr3t</Message></Error></ErrorResponse>";
    for (body, reason) in [
        (
            refused,
            "AWS answered AccessDenied when asked for those of the AWS profile a; check its role or SSO settings",
        ),
        (
            expired,
            "AWS answered ExpiredToken when asked for those of the AWS profile a; the AWS credentials have expired",
        ),
    ] {
        let done = home.list(ROLE, &[("AWS_PROFILE", "a"), ("AWS_ENDPOINT_URL_STS", &sts(0.0, 403, body))]);
        done.fails(reason);
        assert!(!done.err.contains("s3cr3t"), "{}", done.err);
    }
    let began = Instant::now();
    let away = home.list(ROLE, &[("AWS_PROFILE", "a"), ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")]);
    away.fails("AWS could not be reached when asked for those of the AWS profile a");
    assert!(began.elapsed().as_secs() < 60, "a source has a minute");
}

/// A token that a cluster writes, and a container's own address: what is asked where no profile says more.
#[test]
fn credentials_of_a_container_or_by_a_token_are_found_and_else_told_by_their_variable() {
    let home = Home::new();
    let token = home.path().join("token");
    std::fs::write(&token, "s3cr3t").unwrap();
    let (token, none) = (token.to_str().unwrap(), home.path().join("none"));
    let none = none.to_str().unwrap();
    let [full, file, role] = ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"];
    let (arn, away) = ((role, "arn:aws:iam::123456789012:role/r"), "http://127.0.0.1:9");
    let region = ("AWS_REGION", "us-east-1");
    let refused = sts(0.0, 403, r#"{"code":"AccessDenied","message":"s3cr3t"}"#);
    let no_token = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                    <Code>InvalidIdentityToken</Code><Message>s3cr3t</Message></Error></ErrorResponse>";
    let no_token = sts(0.0, 400, no_token);
    let [of_container, of_token] = [full, file].map(|name| {
        let what = if name == full { "container" } else { "role" };
        move |text: &str| format!("no AWS credentials: {}", text.replace("IT", &format!("the {what} of {name}")))
    });
    let unread = "IT failed; `aws sts get-caller-identity` shows more";
    let unreached = "AWS could not be reached when asked for those of IT; check that address";
    for (settings, reason) in [
        (&[(full, away)][..], of_container(unreached)),
        (&[(full, &refused)], of_container(unread)),
        (&[(full, &sts(0.0, 200, "<html>s3cr3t"))], of_container(unread)),
        // Only an address of this machine, or one over TLS, may be asked.
        (&[(full, "http://credentials.example/x")], of_container(unread)),
        (&[(file, token)], "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not; set both".to_owned()),
        (&[(file, none), arn], of_token(unread)),
        (
            &[(file, token), arn, ("AWS_ENDPOINT_URL_STS", away)],
            of_token("AWS could not be reached when asked for those of IT; check the token, AWS_ROLE_ARN"),
        ),
        (
            &[(file, token), arn, ("AWS_ENDPOINT_URL_STS", &no_token)],
            of_token("AWS answered InvalidIdentityTokenException when asked for those of IT; check the token"),
        ),
    ] {
        // A profile that has a region and no credentials leads no further.
        for config in ["", "[default]\nregion = us-east-1\n"] {
            let done = home.list(config, &[&[region][..], settings].concat());
            done.fails(&reason);
            assert_eq!(done.err.lines().count(), 1, "{}", done.err);
            assert!(!done.err.contains("s3cr3t"), "{}", done.err);
        }
    }
    let key = r#"{"AccessKeyId":"local","SecretAccessKey":"s3cr3t","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    let found = home.list("", &[region, (full, &sts(0.0, 200, key))]);
    assert_eq!(found.json()[0]["client_id"], "demo");
    let assumed = ASSUMED.replace("AssumeRole", "AssumeRoleWithWebIdentity").leak();
    let found = home.list("", &[region, (file, token), arn, ("AWS_ENDPOINT_URL_STS", &sts(0.0, 200, assumed))]);
    assert_eq!(found.json()[0]["client_id"], "demo");
}

const KEY_OF_ENVIRONMENT: [(&str, &str); 3] =
    [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];

/// DynamoDB's own refusals, by their codes.
#[test]
fn a_refusal_of_dynamodb_says_what_to_do_about_its_code() {
    let home = Home::new();
    for (body, advice) in [
        (
            r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"s3cr3t"}"#,
            "have expired; sign in again",
        ),
        (r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException"}"#, "AWS does not accept the credentials"),
        (r#"{"__type":"com.amazon.coral.service#InvalidSignatureException"}"#, "the machine's clock"),
        (
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#,
            "lack the permission dynamodb:Scan on the table latchkey-clients",
        ),
        (r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#, "the region has no such table"),
    ] {
        let url = sts(0.0, 400, body);
        let done = home.list("", &[&KEY_OF_ENVIRONMENT[..], &[("AWS_ENDPOINT_URL_DYNAMODB", &url)]].concat());
        done.fails(advice);
        assert!(!done.err.contains("s3cr3t"), "{}", done.err);
    }
}

/// Those of KMS, which gives the sealing keys: the permission, the key and what to do.
#[test]
fn a_refusal_of_kms_names_permission_and_key_and_says_what_to_do_about_its_code() {
    let home = Home::new();
    let keys = [
        ("LATCHKEY_SEALING_KMS_KEY", "alias/clients"),
        ("LATCHKEY_PAGES_KMS_KEY", "alias/pages"),
        ("LATCHKEY_REQUESTS_KMS_KEY", "alias/requests"),
        ("LATCHKEY_OLD_KEYS", "none"),
    ];
    let away = "http://127.0.0.1:9".to_owned();
    let refusing = |code: &'static str| {
        let body = format!(r#"{{"__type":"{code}","message":"s3cr3t"}}"#);
        (sts(0.0, 400, body.leak()), code)
    };
    let lists = "infra/README.md lists what each command needs";
    for ((url, code), advice) in [
        (refusing("AccessDeniedException"), "lack that permission, in their policy or in the key's"),
        (refusing("AccessDeniedException"), lists),
        (refusing("NotFoundException"), "the account and region have no such key; check the key and AWS_REGION"),
        (refusing("DisabledException"), "the key is disabled; enable it (aws kms enable-key)"),
        (refusing("KMSInvalidStateException"), "aws kms cancel-key-deletion"),
        (refusing("InvalidKeyUsageException"), "it must be an HMAC_256 key"),
        (refusing("ExpiredTokenException"), "have expired; sign in again"),
        (refusing("UnrecognizedClientException"), "AWS does not accept the credentials"),
        (refusing("LimitExceededException"), "aws kms describe-key"),
        ((away, "no answer"), "check region, endpoint, network and proxy"),
    ] {
        let settings = [&KEY_OF_ENVIRONMENT[..], &keys, &[("AWS_ENDPOINT_URL_KMS", &url)]].concat();
        for (command, variable, key) in [
            (&["client", "reseal"][..], "LATCHKEY_SEALING_KMS_KEY", "alias/clients"),
            (&["user", "totp", "reseal"], "LATCHKEY_PAGES_KMS_KEY", "alias/pages"),
        ] {
            let done = home.run("", &settings, command);
            done.fails(&format!("{variable}: KMS does not do kms:GenerateMac with the key {key}: {code}; "));
            done.fails(advice);
            assert_eq!(done.err.contains(lists), code == "AccessDeniedException", "{}", done.err);
            assert!(
                !done.err.contains("s3cr3t")
                    && done.err.lines().filter(|line| line.starts_with("latchkey: LATCHKEY")).count() == 1,
                "{}",
                done.err
            );
        }
    }
}
