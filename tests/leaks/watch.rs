//! Functions that are watched: what they are sent is looked for in what they print, answer and store.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use latchkey_oauth::service;
use latchkey_testkit::events::event;
use latchkey_testkit::hunt::{Hunt, dump};
use latchkey_testkit::runtime_api::Function;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::PASSWORD;
use serde_json::Value;

use crate::functions::{Cloud, binary};

/// Every function.
pub fn functions() -> [&'static str; 6] {
    service::Function::ALL.map(service::Function::as_str)
}

/// Functions that are watched, and what they have answered.
pub struct Watch {
    pub cloud: Cloud,
    functions: Vec<(&'static str, Function)>,
    /// What each has printed.
    pub printed: Vec<(&'static str, PathBuf)>,
    answers: usize,
    /// What stands nowhere but in the answer that hands it out.
    pub secrets: Hunt,
    /// What is neither printed nor stored. An answer may hold what its own request held of it.
    pub sent: Hunt,
    /// How many answers said that the service cannot answer.
    pub unavailable: usize,
}

impl Watch {
    pub async fn new() -> Self {
        let cloud = Cloud::new().await;
        cloud.world.with_people().await;
        let mut watch = Self {
            cloud,
            functions: Vec::new(),
            printed: Vec::new(),
            answers: 0,
            secrets: Hunt::default(),
            sent: Hunt::default(),
            unavailable: 0,
        };
        watch.secrets.add("the user's password", PASSWORD.as_bytes());
        let sealing_key = std::fs::read_to_string(watch.cloud.folder.path().join("sealing.key")).unwrap();
        let sealing_key = sealing_key.trim().split_once(':').unwrap().1;
        watch.secrets.add("the sealing key", sealing_key.as_bytes());
        watch.secrets.add("the sealing key's bytes", &STANDARD.decode(sealing_key).unwrap());
        watch
    }

    /// Starts functions in the place of those that run.
    pub async fn start(&mut self, more: &[(&'static str, &str)]) {
        self.functions.clear();
        for function in functions() {
            let mut environment = self.cloud.environment(function);
            for name in ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"] {
                environment.push((name, "trace".into()));
            }
            environment.extend([("AWS_LAMBDA_LOG_FORMAT", "JSON".into()), ("RUST_BACKTRACE", "full".into())]);
            for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
                environment.push((name, self.secrets.fresh("a credential of AWS")));
            }
            environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
            let printed = self.cloud.folder.path().join(format!("printed-{}", self.printed.len()));
            self.functions.push((function, Function::watched(binary(function), environment, &printed).await));
            self.printed.push((function, printed));
        }
    }

    pub async fn tell(&mut self, function: &str, event: String) -> Value {
        let (_, running) = self.functions.iter().find(|(name, _)| *name == function).unwrap();
        let answer = running.invoke_text(event.clone()).await;
        self.answers += 1;
        let cookies = answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for value in cookies.filter_map(|set| set.split(['=', ';']).nth(1)).filter(|value| !value.is_empty()) {
            match value.contains('.') {
                true => self.sent.add_sealed("a session", value),
                false => self.sent.add("a browser's id", value.as_bytes()),
            }
        }
        let text = answer.to_string();
        // What it hands out itself is looked for from now on: `given`.
        self.secrets.finds_nothing(&format!("the answer to {event}"), text.as_bytes());
        let unavailable = [r#""statusCode":503"#, "the service cannot answer now"];
        self.unavailable += usize::from(unavailable.iter().any(|part| text.contains(part)));
        answer
    }

    /// A signed request.
    pub async fn ask(&mut self, function: &str, client: &Signer, query: &str) -> Value {
        let authorization = client.sign(query, latchkey_dynamodb::clock::now());
        let signature = authorization.split_once("signature=\"").unwrap().1.split('"').next().unwrap();
        self.sent.add("a signature", signature.as_bytes());
        self.tell(function, event("api-gateway", query, &authorization).to_string()).await
    }

    /// A token or code of an answer, from now on looked for.
    pub fn given(&mut self, answer: &Value, name: &str) -> String {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        let token = body[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned();
        self.secrets.add_token(name, &token);
        token
    }

    /// Nothing was seen, where all was looked at: at least so many lines of the functions' own among it.
    pub async fn ends(self, least: usize) {
        let Self { cloud, functions, printed, answers, secrets, sent, .. } = self;
        drop(functions);
        let mut lines = 0;
        for (_, file) in printed {
            let text = std::fs::read(file).unwrap();
            secrets.finds_nothing("what a function prints", &text);
            sent.finds_nothing("what a function prints", &text);
            lines += text.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"function\":")).count();
        }
        // Events that are no JSON, and panics, have no line.
        assert!(lines >= least && lines <= answers, "{lines} lines of {answers} answers");
        let dump = dump(cloud.engine.dynamodb_url.as_deref().unwrap()).await;
        assert!(dump.windows(10).any(|window| window == b"grant_type"), "the dump has the items");
        secrets.finds_nothing("the tables", &dump);
        sent.finds_nothing("the tables", &dump);
    }
}

pub fn form(page: &Value) -> String {
    let body = page["body"].as_str().unwrap();
    let rest = body.split("name=\"form\" value=\"").nth(1).unwrap_or_else(|| panic!("no form in {body}"));
    rest.split('"').next().unwrap().to_owned()
}

pub fn cookie(answer: &Value) -> String {
    let set = answer["cookies"][0].as_str().unwrap_or_else(|| panic!("no cookie in {answer}"));
    set.split(';').next().unwrap().to_owned()
}
