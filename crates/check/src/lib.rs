//! The function `check`: asks a new version of a function before it gets traffic, and the service from outside.
//!
//! | here | what is there |
//! |---|---|
//! | `event` | what invokes the function: CodeDeploy, or a schedule |
//! | `app_spec` | which version a deployment is about |
//! | `question` | what each function is asked, and which answer is right |
//! | `client` | the client that signs: one of its own, or one that no operator registered |
//! | `cloud` | the calls of AWS |
//! | `before_traffic` | one deployment's check |
//! | `outside` | the service's check from outside, over HTTPS |
//! | `line` | the one line of each check in the log |
//! | `failure` | why a check failed, by name |

pub mod app_spec;
pub mod before_traffic;
pub mod client;
pub mod cloud;
pub mod event;
pub mod failure;
pub mod line;
pub mod outside;
pub mod question;

use std::process::ExitCode;
use std::time::Instant;

use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use latchkey::config::settings_from_env;
use latchkey_dynamodb::aws::of_lambda;
use latchkey_dynamodb::environment::{ConfigError, Environment, variable};
use latchkey_oauth::service::settings::CHECK_SECRET;
use latchkey_oauth::settings::Authority;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use cloud::Cloud;
use event::Event;
use failure::Failure;
use line::Line;

/// Its name: of the binary, in the log, in the names of what is deployed.
pub const NAME: &str = "check";

/// What the environment says, and the clients of AWS.
struct Check {
    cloud: Cloud,
    authority: Authority,
    /// Name of the secret that holds the credentials of a client of its own.
    secret: Option<String>,
}

impl Check {
    fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            cloud: Cloud::new(&of_lambda()?),
            authority: settings_from_env()?.authority,
            secret: Environment(variable).set(&CHECK_SECRET),
        })
    }
}

/// The function's whole life.
pub fn main() -> ExitCode {
    latchkey::lambda::run(NAME, async { Check::from_env() }, |check| async move {
        let check = &check;
        let handler = service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
            answer(check, event.payload.get()).await.map_err(lambda_runtime::Error::from)
        });
        lambda_runtime::run(handler).await
    })
}

/// One event. An error is for a check from outside that failed, and for a deployment that was told nothing: the alarm on
/// this function's errors tells of both.
async fn answer(check: &Check, event: &str) -> Result<Value, &'static str> {
    let began = Instant::now();
    let mut line = Line::default();
    let result = match Event::parse(event) {
        Ok(Event::BeforeTraffic(hook)) => before_traffic::run(check, &hook, &mut line).await,
        Ok(Event::Outside(url)) => outside::run(check, &url, &mut line).await.inspect_err(|failure| line.fail(failure)),
        Err(failure) => {
            line.fail(&failure);
            Err(failure)
        }
    };
    line.close(began.elapsed());
    result.map(|()| json!({ "outcome": line.outcome() })).map_err(|failure| failure.words())
}

/// What stands in the log for a word that is none of those that are known. A version that is broken may put a token there.
const OTHER: &str = "other";

/// A word that a version chose, as the log has it.
fn known(word: &str, words: &[&'static str]) -> &'static str {
    words.iter().find(|known| **known == word).copied().unwrap_or(OTHER)
}

impl From<latchkey_oauth::error::Unavailable> for Failure {
    fn from(_: latchkey_oauth::error::Unavailable) -> Self {
        Self::NoRandomness
    }
}
