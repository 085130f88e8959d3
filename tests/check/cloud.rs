//! CodeDeploy, Lambda and Secrets Manager, as far as the check calls them, with the functions' own code behind Lambda.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use latchkey::context::Service;
use latchkey::endpoint;
use latchkey::lambda::authorizer::authorize;
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_check::question::{INSTITUTION, SCOPE};
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_guard::bearer::Checker;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::secret::Keyring;
use latchkey_oauth::service::Function;
use latchkey_oauth::settings::OldKeys;
use latchkey_oauth::settings::Subjects;
use latchkey_testkit::runtime_api::Function as Running;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{Choices, World};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const SECRET: &str = "latchkey/check";

/// What a broken version lets out.
pub const LEAKED: &str = "tk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a version does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Version {
    /// What it should.
    #[default]
    Good,
    /// It does not start.
    DoesNotStart,
    /// It starts and reaches no table.
    WithoutTables,
    /// It answers 200 to everything, without a read.
    SaysYes,
    /// It answers with a token in the place of an error's name.
    Leaks,
    /// It ends with a token in the place of its error's type.
    EndsLeaking,
    /// It says that a parameter is missing, on a page, without a read.
    ReadsNothing,
    /// Its answer is no answer.
    Mumbles,
    /// It never answers.
    Hangs,
    /// Lambda does not let the check invoke it.
    Forbidden,
    /// Its function is stopped.
    Stopped,
    /// Its function is busy.
    Busy,
}

/// What the test chose, and what was told.
#[derive(Default)]
pub struct Chosen {
    /// By the function's name and the qualifier; good where it is not named.
    pub versions: HashMap<(String, String), Version>,
    /// The AppSpec of a deployment, as CodeDeploy has it; none says that it is unknown.
    pub app_spec: Option<String>,
    /// Where CodeDeploy keeps it: in `string`, in `appSpecContent`, or with the application.
    pub kept: &'static str,
    /// The secret; none says that it is not there.
    pub secret: Option<String>,
    pub refuses_reports: bool,
    /// Which scopes the authorizer asks for.
    pub route_scopes: Option<RouteScopes>,
    /// What CodeDeploy was told: deployment, execution, status.
    pub told: Vec<(String, String, String)>,
    /// Which versions were invoked.
    pub invoked: Vec<(String, String)>,
}

/// A cloud with a service in it.
#[derive(Clone)]
pub struct Cloud {
    pub world: Arc<World>,
    away: Arc<Service>,
    pub chosen: Arc<Mutex<Chosen>>,
    pub url: String,
}

impl Cloud {
    pub async fn new() -> Self {
        Self::with(Choices::default()).await
    }

    /// Of a service with these settings.
    pub async fn with(choices: Choices) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tables = Tables { clients: "c".into(), tokens: "t".into(), users: "u".into() };
        let away = Service {
            store: Store::new(dynamodb_at("http://127.0.0.1:9"), tables),
            keyrings: Keyrings::of_all(&Keyring::line("v1", &[7; 32]), OldKeys::None).unwrap(),
            settings: Default::default(),
        };
        let world = Arc::new(World::with(choices).await);
        let chosen = Chosen { kept: "string", ..Chosen::default() };
        let cloud = Self { world, away: Arc::new(away), chosen: Arc::new(Mutex::new(chosen)), url };
        let router = Router::new()
            .route("/", post(json_api))
            .route("/2015-03-31/functions/{name}/invocations", post(invocation))
            .route("/2019-09-30/functions/{name}/concurrency", get(concurrency))
            .with_state(cloud.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        cloud
    }

    pub fn choose(&self, choose: impl FnOnce(&mut Chosen)) {
        choose(&mut self.chosen.lock().unwrap());
    }

    /// A deployment of this function's version 2.
    pub fn deploys(&self, function: &str, version: Version) {
        let name = format!("latchkey-{function}");
        self.choose(|chosen| {
            chosen.app_spec = Some(app_spec(&name).to_string());
            chosen.versions = HashMap::from([((name, "2".to_owned()), version)]);
        });
    }

    /// Registers the check's own client, and puts its credentials into the secret.
    pub async fn with_own_client(&self) -> Signer {
        let signer = self
            .world
            .client_with(|client| {
                client.grant_types = vec![GrantType::ClientCredentials, GrantType::RefreshToken];
                client.scopes = vec![SCOPE.into()];
                client.institutions = vec![INSTITUTION.into()];
                client.introspects = vec![SCOPE.into()];
                client.redirect_uris = Vec::new();
            })
            .await;
        let secret = json!({ "client_id": signer.id, "secret": signer.secret.expose() }).to_string();
        self.choose(|chosen| chosen.secret = Some(secret));
        signer
    }

    /// What the function finds in its environment.
    pub fn environment(&self, secret: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("AWS_LAMBDA_FUNCTION_NAME", "latchkey-check".into()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
            ("LATCHKEY_CHECK_SECRET", secret.into()),
        ]
    }
}

/// As CloudFormation writes it.
pub fn app_spec(name: &str) -> Value {
    json!({
        "version": "0.0",
        "Resources": [{ "IssueFunctionAliaslive": {
            "Type": "AWS::Lambda::Function",
            "Properties": { "Name": name, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2" },
        } }],
        "Hooks": [{ "BeforeAllowTraffic": "latchkey-check" }],
    })
}

/// The function, and what it printed.
pub struct Checking {
    running: Running,
    printed: PathBuf,
    _folder: tempfile::TempDir,
}

impl Checking {
    pub async fn start(environment: Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let printed = folder.path().join("printed");
        let running = Running::watched(env!("CARGO_BIN_EXE_check"), environment, &printed).await;
        Self { running, printed, _folder: folder }
    }

    /// Of a cloud, with the check's own client or without.
    pub async fn of(cloud: &Cloud, secret: &str) -> Self {
        Self::start(cloud.environment(secret)).await
    }

    pub async fn invoke(&self, event: &str) -> Value {
        self.running.invoke_text(event.to_owned()).await
    }

    /// A deployment's question, and the line that it left.
    pub async fn before_traffic(&self) -> Value {
        self.invoke(HOOK).await;
        self.last_line()
    }

    pub fn printed(&self) -> String {
        std::fs::read_to_string(&self.printed).unwrap()
    }

    pub fn last_line(&self) -> Value {
        serde_json::from_str(self.printed().lines().last().unwrap()).unwrap()
    }
}

/// As CodeDeploy sends it.
pub const HOOK: &str = r#"{"DeploymentId":"d-ABCDEF123","LifecycleEventHookExecutionId":"eyJlbmNyeXB0ZWREYXRhIjoiZg"}"#;

fn refused(status: u16, code: &str) -> Response {
    let headers = [("x-amzn-errortype", code.to_owned()), ("content-type", "application/x-amz-json-1.1".to_owned())];
    let body = json!({ "__type": code, "message": "quotes what was sent: s3cr3t" }).to_string();
    (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
}

/// CodeDeploy and Secrets Manager: the operation is in a header.
async fn json_api(State(cloud): State<Cloud>, headers: HeaderMap, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let mut chosen = cloud.chosen.lock().unwrap();
    let revision = |kept: &str, content: Option<&str>| match kept {
        "appSpecContent" => {
            json!({ "revisionType": "AppSpecContent", "appSpecContent": { "content": content, "sha256": "0" } })
        }
        _ => json!({ "revisionType": "String", "string": { "content": content, "sha256": "0" } }),
    };
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let answer = match operation.as_str() {
        "GetDeployment" => {
            let Some(spec) = &chosen.app_spec else { return refused(400, "DeploymentDoesNotExistException") };
            let content = (chosen.kept != "application").then_some(spec.as_str());
            json!({ "deploymentInfo": {
                "applicationName": "latchkey-app", "deploymentId": asked["deploymentId"],
                "revision": revision(chosen.kept, content),
            } })
        }
        "GetApplicationRevision" => {
            assert_eq!(asked["applicationName"], "latchkey-app");
            json!({ "applicationName": "latchkey-app", "revision": revision("string", chosen.app_spec.as_deref()) })
        }
        "PutLifecycleEventHookExecutionStatus" => {
            if chosen.refuses_reports {
                return refused(400, "AccessDeniedException");
            }
            let text = |name: &str| asked[name].as_str().unwrap().to_owned();
            chosen.told.push((text("deploymentId"), text("lifecycleEventHookExecutionId"), text("status")));
            json!({ "lifecycleEventHookExecutionId": asked["lifecycleEventHookExecutionId"] })
        }
        "GetSecretValue" => match &chosen.secret {
            Some(secret) if asked["SecretId"] == SECRET => json!({ "Name": SECRET, "SecretString": secret }),
            _ => return refused(400, "ResourceNotFoundException"),
        },
        other => panic!("{other}"),
    };
    ([("content-type", "application/x-amz-json-1.1")], answer.to_string()).into_response()
}

async fn concurrency(State(cloud): State<Cloud>, Path(name): Path<String>) -> Response {
    let stopped = cloud.chosen.lock().unwrap().versions.get(&(name, "2".to_owned())) == Some(&Version::Stopped);
    let reserved = if stopped { json!({ "ReservedConcurrentExecutions": 0 }) } else { json!({}) };
    ([("content-type", "application/json")], reserved.to_string()).into_response()
}

async fn invocation(
    State(cloud): State<Cloud>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    event: String,
) -> Response {
    let at = (name.clone(), query["Qualifier"].clone());
    let (version, route_scopes) = {
        let mut chosen = cloud.chosen.lock().unwrap();
        chosen.invoked.push(at.clone());
        (
            chosen.versions.get(&at).copied().unwrap_or_default(),
            chosen.route_scopes.clone().unwrap_or_else(RouteScopes::any),
        )
    };
    let answered = |answer: Value| ([("content-type", "application/json")], answer.to_string()).into_response();
    let ended = |kind: &str| {
        let error = json!({ "errorType": kind, "errorMessage": "RequestId: 1 Error: quotes what was sent: s3cr3t" });
        ([("x-amz-function-error", "Unhandled")], error.to_string()).into_response()
    };
    match version {
        Version::Good => answered(cloud.function(&name, &cloud.world.service, &event, &route_scopes).await),
        Version::WithoutTables => match cloud.function(&name, &cloud.away, &event, &route_scopes).await {
            Value::Null => ended("&'static str"),
            answer => answered(answer),
        },
        Version::DoesNotStart => ended("Runtime.ExitError"),
        Version::SaysYes => answered(json!({ "statusCode": 200, "body": "{}", "isAuthorized": true })),
        Version::Leaks => answered(json!({ "statusCode": 400, "body": json!({ "error": LEAKED }).to_string() })),
        Version::EndsLeaking => ended(LEAKED),
        Version::ReadsNothing => answered(json!({
            "statusCode": 400, "headers": { "content-type": "text/html; charset=utf-8" },
            "body": "<!DOCTYPE html><code>The request lacks the parameter client_id.</code>",
        })),
        Version::Mumbles => ([("content-type", "application/json")], "no JSON").into_response(),
        Version::Hangs => {
            tokio::time::sleep(Duration::from_secs(100)).await;
            answered(Value::Null)
        }
        Version::Forbidden => refused(403, "AccessDeniedException"),
        Version::Stopped | Version::Busy => refused(429, "TooManyRequestsException"),
    }
}

impl Cloud {
    /// A function's own code. Null where it ends with an error.
    async fn function(&self, name: &str, service: &Service, event: &str, scopes: &RouteScopes) -> Value {
        let function = Function::ALL.into_iter().find(|function| name.ends_with(&format!("-{}", function.as_str())));
        let endpoint = match function.unwrap() {
            Function::Issue => endpoint::issue::ENDPOINT,
            Function::Refresh => endpoint::refresh::ENDPOINT,
            Function::Authorize => endpoint::authorize::ENDPOINT,
            Function::Introspect => endpoint::introspect::ENDPOINT,
            Function::Revoke => endpoint::revoke::ENDPOINT,
            Function::Authorizer => {
                let (answer, _) =
                    authorize(&Checker::new(service.store.clone(), 0), scopes, Subjects::V2, event, now()).await;
                return answer.map_or(Value::Null, |answer| serde_json::to_value(answer).unwrap());
            }
        };
        let (answer, _) = invoke(service, endpoint, event, LogLine::default(), now()).await;
        serde_json::to_value(answer).unwrap()
    }
}
