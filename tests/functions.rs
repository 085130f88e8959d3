//! The function binaries, spawned and fed with events as Lambda does it, under AWS's Runtime Interface Emulator where
//! `LATCHKEY_RIE` names it.

use std::path::Path;
use std::process::{Command, Output};

use latchkey_cli::local::{Options, Server, tables};
use latchkey_testkit::events::{SHAPES, authorizer_event, browser_event, event};
use latchkey_testkit::faults::{without_index, without_mark};
use latchkey_testkit::reply::leads;
use latchkey_testkit::runtime_api::{Function, environment};
use latchkey_testkit::visitor::{PASSWORD, request};
use latchkey_testkit::world::{ASK, Choices, World, refreshing};
use serde_json::Value;

pub fn binary(function: &str) -> &'static str {
    match function {
        "authorize" => env!("CARGO_BIN_EXE_authorize"),
        "authorizer" => env!("CARGO_BIN_EXE_authorizer"),
        "introspect" => env!("CARGO_BIN_EXE_introspect"),
        "revoke" => env!("CARGO_BIN_EXE_revoke"),
        "issue" => env!("CARGO_BIN_EXE_issue"),
        "refresh" => env!("CARGO_BIN_EXE_refresh"),
        other => panic!("there is no function {other}"),
    }
}

/// An engine and a sealing key for functions to use.
pub struct Cloud {
    pub world: World,
    pub engine: Server,
    pub folder: tempfile::TempDir,
}

impl Cloud {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
        let engine = Server::start(options).await.unwrap();
        let choices = Choices { store: Some(engine.service.store.clone()), ..Default::default() };
        Self { world: World::sharing(choices, folder.path()).await, engine, folder }
    }

    /// What a function finds in its environment.
    pub fn environment(&self, function: &str) -> Vec<(&'static str, String)> {
        let mut environment = environment(self.engine.dynamodb_url.as_deref().unwrap(), self.folder.path());
        if function == "authorizer" {
            // It gets along with the one table.
            let needless = |name: &str| name.starts_with("LATCHKEY_") && name != "LATCHKEY_TOKENS_TABLE";
            environment.retain(|(name, _)| !needless(name));
            environment.push(("LATCHKEY_ROUTE_SCOPES", r#"{"GET /loans/{id}":"WMS_NCIP"}"#.into()));
        }
        environment
    }

    async fn start(&self, function: &str) -> Function {
        let environment = self.environment(function);
        match std::env::var_os("LATCHKEY_RIE") {
            Some(emulator) => Function::under_the_emulator(Path::new(&emulator), binary(function), environment).await,
            None => Function::under_our_own(binary(function), environment).await,
        }
    }
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_issued_and_refreshed_by_the_functions_as_lambda_runs_them() {
    let emulated = std::env::var_os("LATCHKEY_RIE").is_some();
    eprintln!("under {}", if emulated { "AWS's Runtime Interface Emulator" } else { "the tests' own Runtime API" });
    let cloud = Cloud::new().await;
    let client = cloud.world.client().await;
    let (issue, refresh) = (cloud.start("issue").await, cloud.start("refresh").await);
    for shape in SHAPES {
        let event_of = |query: &str| event(shape, query, &client.sign(query, latchkey_dynamodb::clock::now()));
        let answer = issue.invoke(&event_of(ASK)).await;
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["cache-control"]),
            (&200.into(), &"no-store".into()),
            "{answer}"
        );
        let query = refreshing(body(&answer)["refresh_token"].as_str().unwrap());
        for function in [&refresh, &issue] {
            let answer = function.invoke(&event_of(&query)).await;
            assert_eq!(answer["statusCode"], 200, "{answer}");
            assert!(body(&answer)["access_token"].is_string());
        }
        let refused = refresh.invoke(&event(shape, ASK, "Basic x")).await;
        assert_eq!((&refused["statusCode"], body(&refused)["error"].as_str()), (&401.into(), Some("invalid_client")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorize_signs_a_user_in_behind_the_gateway() {
    let cloud = Cloud::new().await;
    cloud.world.with_people().await;
    let client = cloud.world.client().await;
    let authorize = cloud.start("authorize").await;
    let style = authorize.invoke(&browser_event("GET", "style.css", "", None, "")).await;
    assert_eq!(style["headers"]["content-type"], "text/css;charset=UTF-8");
    let query = request(&client, &[]);
    let form = |answer: &Value| {
        let body = answer["body"].as_str().unwrap().to_owned();
        body.split("name=\"form\" value=\"")
            .nth(1)
            .unwrap_or_else(|| panic!("{body}"))
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let cookie = |answer: &Value| {
        let set = answer["cookies"][0].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        assert!(
            set.starts_with("__Host-latchkey") && set.contains("; Secure") && answer["headers"]["set-cookie"].is_null()
        );
        set.split(';').next().unwrap().to_owned()
    };
    let page = authorize.invoke(&browser_event("GET", "authorizeCode", &query, None, "")).await;
    let fields = format!("form={}&username=alice&password={}&action=sign_in", form(&page), PASSWORD.replace(' ', "+"));
    let signed_in = authorize.invoke(&browser_event("POST", "authorizeCode", "", Some(&cookie(&page)), &fields)).await;
    let cookie = cookie(&signed_in);
    let back = signed_in["headers"]["location"].as_str().unwrap().strip_prefix("authorizeCode?").unwrap();
    let consent = authorize.invoke(&browser_event("GET", "authorizeCode", back, Some(&cookie), "")).await;
    let fields = format!("form={}&action=allow", form(&consent));
    // So long it takes to read.
    tokio::time::sleep(std::time::Duration::from_millis(1001)).await;
    let given = authorize.invoke(&browser_event("POST", "authorizeCode", "", Some(&cookie), &fields)).await;
    assert_eq!(given["statusCode"], 200);
    let location = leads(given["body"].as_str().unwrap()).unwrap();
    assert!(location.contains("?code=auth_") && location.ends_with("&iss=https%3A%2F%2Fauth.example"), "{location}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_passes_the_authorizer_and_introspection_until_it_is_revoked() {
    let cloud = Cloud::new().await;
    let client = cloud.world.owner(&["*"]).await;
    let tokens = cloud.world.tokens(&client).await;
    let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
    let (authorizer, introspect, revoke) =
        (cloud.start("authorizer").await, cloud.start("introspect").await, cloud.start("revoke").await);
    let bearer = format!("Bearer {access}");
    let question = |shape| serde_json::from_str::<Value>(&authorizer_event(shape, Some(&bearer))).unwrap();
    let query = format!("token={access}");
    let ask = || event("api-gateway", &query, &client.sign(&query, latchkey_dynamodb::clock::now()));
    assert_eq!(authorizer.invoke_raw(&question("authorizer-http-api")).await["isAuthorized"], true);
    let policy = authorizer.invoke_raw(&question("authorizer-rest-token")).await;
    assert_eq!(policy["policyDocument"]["Statement"][0]["Effect"], "Allow");
    assert_eq!(body(&introspect.invoke(&ask()).await)["active"], true);
    let ending = format!("token={refresh}");
    let ended =
        revoke.invoke(&event("api-gateway", &ending, &client.sign(&ending, latchkey_dynamodb::clock::now()))).await;
    assert_eq!(ended["statusCode"], 200);
    assert_eq!(authorizer.invoke_raw(&question("authorizer-http-api")).await["isAuthorized"], false);
    // Of this text a REST API makes 401.
    assert_eq!(authorizer.invoke_raw(&question("authorizer-rest-request")).await["errorMessage"], "Unauthorized");
    assert_eq!(body(&introspect.invoke(&ask()).await)["active"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_survives_what_is_no_event() {
    let cloud = Cloud::new().await;
    let client = cloud.world.client().await;
    let issue = cloud.start("issue").await;
    for event in [serde_json::json!({}), serde_json::json!([1]), serde_json::json!("text")] {
        assert_eq!(issue.invoke(&event).await["statusCode"], 400);
    }
    let good = event("api-gateway", ASK, &client.sign(ASK, latchkey_dynamodb::clock::now()));
    assert_eq!(issue.invoke(&good).await["statusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn authorize_says_at_its_start_what_users_lists_lack_and_starts_whatever_it_finds() {
    let cloud = Cloud::new().await;
    let engine = cloud.engine.dynamodb_url.clone().unwrap();
    let printed = cloud.folder.path().join("printed");
    let says = async |function: &str, database: &str| {
        let mut environment = cloud.environment(function);
        environment.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_DYNAMODB");
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", database.to_owned()));
        let started = Function::watched(binary(function), environment, &printed).await;
        let said = std::fs::read_to_string(&printed).unwrap();
        if function == "authorize" {
            let style = started.invoke(&browser_event("GET", "style.css", "", None, "")).await;
            assert_eq!(style["statusCode"], 200);
        }
        said
    };
    let one = |printed: String, outcome: &str, reason: &str| {
        assert_eq!(printed.lines().count(), 1, "{printed}");
        let line: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&line["function"], &line["outcome"]), (&"authorize".into(), &outcome.into()), "{printed}");
        let told = line["reason"].as_str().unwrap();
        assert!(told.starts_with(reason) && told.ends_with("run latchkey grant index"), "{told}");
    };
    assert_eq!(says("authorize", &engine).await, "");
    without_mark(&engine, &tables().tokens).await;
    one(says("authorize", &engine).await, "index_unfilled", "the index of users' grants may lack grants");
    without_index(&engine, &tables().tokens).await;
    one(says("authorize", &engine).await, "index_missing", "the table of tokens has no index of users' grants yet");
    for function in ["issue", "refresh", "introspect", "revoke", "authorizer"] {
        assert_eq!(says(function, &engine).await, "", "{function}");
    }
    assert_eq!(says("authorize", "http://127.0.0.1:9").await, "", "what cannot be known is not said");
}

fn start_alone(function: &str, environment: &[(&str, &str)]) -> String {
    let Output { status, stderr, .. } =
        Command::new(binary(function)).env_clear().envs(environment.iter().copied()).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
    let line: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((line["function"].as_str(), line["outcome"].as_str()), (Some(function), Some("not_started")));
    line["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_function_that_cannot_start_says_why_in_one_line() {
    for function in ["authorize", "introspect", "issue", "refresh", "revoke"] {
        assert!(start_alone(function, &[]).contains("AWS_LAMBDA_RUNTIME_API"));
        let runtime = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
        assert_eq!(start_alone(function, &[runtime]), "LATCHKEY_CLIENTS_TABLE is not set");
        let tables =
            [runtime, ("LATCHKEY_CLIENTS_TABLE", "c"), ("LATCHKEY_TOKENS_TABLE", "t"), ("LATCHKEY_USERS_TABLE", "u")];
        assert!(start_alone(function, &tables).starts_with("exactly one of LATCHKEY_SEALING_KMS_KEY"));
        let aws = [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
        let away =
            [("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")];
        let start = |sealing| start_alone(function, &[&tables[..], &aws, &away, &[sealing]].concat());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealing.key");
        let file = file.to_str().unwrap();
        assert!(start(("LATCHKEY_SEALING_KEY_FILE", file)).starts_with("LATCHKEY_SEALING_KEY_FILE: "));
        std::fs::write(file, "s3cr3t").unwrap();
        let malformed = start(("LATCHKEY_SEALING_KEY_FILE", file));
        assert!(malformed.contains("name:base64") && !malformed.contains("s3cr3t"), "{malformed}");
        let own = if function == "authorize" { "LATCHKEY_PAGES_KMS_KEY" } else { "LATCHKEY_SEALING_KMS_KEY" };
        let other = if function == "authorize" { "LATCHKEY_SEALING_KMS_KEY" } else { "LATCHKEY_PAGES_KMS_KEY" };
        let none = ("LATCHKEY_OLD_KEYS", "none");
        let keys = |keys: &[_]| start_alone(function, &[&tables[..], &aws, &away, keys].concat());
        let requests = ("LATCHKEY_REQUESTS_KMS_KEY", "alias/z");
        let refused = keys(&[(own, "alias/x"), requests, none]);
        let either =
            [own, requests.0].map(|name| format!("{name}: KMS does not do kms:GenerateMac with the key alias/"));
        assert!(either.iter().any(|text| refused.starts_with(text)), "{refused}");
        assert!(refused.ends_with(": no answer; check region, endpoint, network and proxy (HTTPS_PROXY, NO_PROXY)"));
        // A deployment whose keys are half moved.
        assert!(
            keys(&[(other, "alias/x"), none]).starts_with(&format!("{own} is not set; it must name the key in KMS"))
        );
        let fips = |value, more: &[_]| {
            let sealing = ("LATCHKEY_SEALING_KEY_FILE", file);
            start_alone(function, &[&tables[..], &aws, &[sealing, ("AWS_USE_FIPS_ENDPOINT", value)], more].concat())
        };
        assert_eq!(fips("1", &[]), "AWS_USE_FIPS_ENDPOINT must be true or false");
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"] {
            let both = format!("AWS_USE_FIPS_ENDPOINT and {name} must not both be set");
            assert_eq!(fips("true", &[(name, "http://127.0.0.1:9")]), both);
        }
        assert_eq!(
            fips("true", &[("AWS_USE_DUALSTACK_ENDPOINT", "x")]),
            "AWS_USE_DUALSTACK_ENDPOINT must be true or false"
        );
        for missing in 0..aws.len() {
            let less = aws.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, pair)| *pair);
            let sealing = ("LATCHKEY_SEALING_KEY_FILE", file);
            let less: Vec<_> = tables.into_iter().chain(less).chain([sealing]).collect();
            assert_eq!(start_alone(function, &less), format!("{} is not set", aws[missing].0));
        }
        let ignoring = [&away[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]].concat();
        assert!(fips("true", &ignoring).starts_with("LATCHKEY_SEALING_KEY_FILE: "));
    }
}

#[test]
fn an_authorizer_that_cannot_start_says_why_in_one_line() {
    let runtime = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9");
    let table = ("LATCHKEY_TOKENS_TABLE", "t");
    let start = |environment: &[_]| start_alone("authorizer", environment);
    assert!(start(&[]).contains("AWS_LAMBDA_RUNTIME_API"));
    assert_eq!(start(&[runtime]), "LATCHKEY_TOKENS_TABLE is not set");
    assert_eq!(start(&[runtime, table]), "AWS_REGION is not set");
    for scopes in ["[]", r#"{"GET /loans/":"WMS_NCIP"}"#, r#"{"*":""},"#, "s3cr3t"] {
        let refused = start(&[runtime, table, ("LATCHKEY_ROUTE_SCOPES", scopes)]);
        assert!(refused.starts_with("LATCHKEY_ROUTE_SCOPES must be ") && !refused.contains("s3cr3t"), "{refused}");
    }
}
