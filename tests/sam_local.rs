//! `sam local` without options: what `samconfig.toml` names, and whether functions start with it. `infra/sam/local` does it with
//! containers; this is the part that needs no tool.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use latchkey_cli::local::{CONTAINERS_HOST, Options, STATE, Server};
use latchkey_oauth::secret::Keyring;
use latchkey_testkit::events::{authorizer_event, event};
use latchkey_testkit::root;
use latchkey_testkit::runtime_api::Function;
use latchkey_testkit::world::{ASK, Choices, World};
use serde_json::Value;

use crate::functions::binary;

/// The server of a developer who runs functions in containers. This machine takes the place of one.
async fn server(folder: &std::path::Path) -> Server {
    let options = Options {
        state: Some(folder.to_owned()),
        memory: true,
        containers: Some("127.0.0.1".to_owned()),
        ..Options::default()
    };
    Server::start(options).await.unwrap()
}

/// What a function is given beside what Lambda gives it.
fn environment(server: &Server) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(server.environment().unwrap()).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(read["Parameters"].clone()).unwrap()
}

/// A function as `sam local` starts it: with the credentials and the region of the developer's shell.
fn of(function: &str, environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(binary(function));
    command.env_clear().envs(environment);
    command.envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")]);
    command.env("AWS_SESSION_TOKEN", "y");
    let named = [("FUNCTION_NAME", "latchkey"), ("FUNCTION_MEMORY_SIZE", "128"), ("FUNCTION_VERSION", "$LATEST")];
    command.envs(named.map(|(name, value)| (format!("AWS_LAMBDA_{name}"), value)));
    command
}

async fn start(function: &str, environment: &BTreeMap<String, String>) -> Function {
    Function::spawned(of(function, environment).stdout(Stdio::null())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_start_with_the_environment_of_containers_and_open_what_the_local_server_sealed() {
    let (folder, earlier) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, new) = (Keyring::line("old", &[7; 32]), Keyring::line("new", &[8; 32]));
    std::fs::write(folder.path().join("sealing.key"), format!("# rotated\n{}{}", *new, *old)).unwrap();
    std::fs::write(earlier.path().join("sealing.key"), &*old).unwrap();
    let server = server(folder.path()).await;
    let environment = environment(&server);
    assert_eq!(environment["LATCHKEY_SEALING_KEY_NAMES"], "new,old");
    let mut open = environment.clone();
    open.insert("LATCHKEY_ROUTE_SCOPES".into(), r#"{"*":""}"#.into());
    let (issue, authorizer) = (start("issue", &environment).await, start("authorizer", &open).await);
    let closed = start("authorizer", &environment).await;
    for sealed_by in [&earlier, &folder] {
        let choices = Choices { store: Some(server.service.store.clone()), ..Default::default() };
        let client = World::sharing(choices, sealed_by.path()).await.client().await;
        let signed = client.sign(ASK, latchkey_dynamodb::clock::now());
        let answer = issue.invoke(&event("sam-local", ASK, &signed)).await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let asked = authorizer_event("authorizer-http-api", Some(&bearer));
        assert_eq!(closed.invoke_text(asked.clone()).await["isAuthorized"], false);
        assert_eq!(authorizer.invoke_text(asked).await["isAuthorized"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_does_not_start_with_a_key_or_a_name_that_the_local_server_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let environment = environment(&server);
    let engine = &environment["AWS_ENDPOINT_URL_KMS"];
    let other_key = format!("{}LATCHKEY0000000000000000", engine.trim_end_matches(|other| other != '/'));
    for (variable, value, code) in [
        ("LATCHKEY_SEALING_KMS_KEY", "alias/other", "NotFoundException"),
        ("LATCHKEY_SEALING_KEY_NAMES", "v1", "ValidationException"),
        ("AWS_ENDPOINT_URL_KMS", &other_key, "UnrecognizedClientException"),
        // Nothing listens there.
        ("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9", "no answer"),
    ] {
        let mut command = of("issue", &environment);
        let output = command.env(variable, value).env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9").output();
        let output = tokio::task::block_in_place(|| output).unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(code), "{variable}={value}: {told}");
        assert!(!told.contains(engine.rsplit('/').next().unwrap()), "it tells the access key");
    }
}

/// The sections of samconfig.toml that a command of `sam local` reads.
fn sections() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    let sections = text.split("\n[").skip(1).map(|section| section.split_once(']').unwrap());
    sections.map(|(name, lines)| (name.to_owned(), lines.to_owned())).collect()
}

#[test]
fn every_command_of_sam_local_takes_the_file_that_the_local_server_writes_into_its_default_folder() {
    let file = format!("\nenv_vars = \"{STATE}/sam-local.json\"\n");
    let host = format!("\nadd_host = [\"{CONTAINERS_HOST}:host-gateway\"]\n");
    let sections = sections();
    let of = |environment: &str, command: &str| {
        let name = format!("{environment}.{command}.parameters");
        sections.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}")).1.clone()
    };
    for command in ["local_start_api", "local_start_lambda", "local_invoke"] {
        for environment in ["default", "local"] {
            let lines = of(environment, command);
            assert!(lines.contains(&file) && lines.contains(&host), "{environment}.{command}: {lines}");
            // For another processor than the template's: what was built for it, and no other way to tell.
            let elsewhere = lines.contains("\ntemplate_file = \".aws-sam/local/template.yaml\"\n")
                && lines.contains("\nparameter_overrides = \"Architecture=x86_64\"\n");
            assert_eq!(elsewhere, environment == "local", "{command}: {lines}");
        }
    }
    assert!(of("local", "build").contains("\nbuild_dir = \".aws-sam/local\"\n"));
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == format!("/{STATE}")), "git would take the file");
}

/// SAM overrides a variable only where the template declares it.
#[tokio::test]
async fn the_template_declares_every_variable_that_the_local_server_sets() {
    let folder = tempfile::tempdir().unwrap();
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let declares = |text: &str, name: &str| text.contains(&format!("\n          {name}: "));
    let between = |after: &str| template.split(after).nth(1).unwrap().split("\n      LoggingConfig:").next().unwrap();
    let (service, authorizer) = (between("Environment: &environment"), between("Binary: authorizer\n"));
    for name in environment(&server(folder.path()).await).keys() {
        assert!(declares(service, name), "{name}");
    }
    for name in ["LATCHKEY_TOKENS_TABLE", "LATCHKEY_SUBJECT", "AWS_ENDPOINT_URL_DYNAMODB"] {
        assert!(declares(authorizer, name), "{name}");
    }
    assert!(!declares(authorizer, "AWS_ENDPOINT_URL_KMS"), "it holds no key");
}
