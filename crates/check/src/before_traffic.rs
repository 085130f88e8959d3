//! The check of a version before it gets traffic.

use std::time::Duration;

use latchkey_oauth::service::Function;

use crate::Check;
use crate::app_spec::Target;
use crate::client::Client;
use crate::cloud::Invoked;
use crate::event::Hook;
use crate::failure::Failure;
use crate::line::Line;
use crate::question::{Given, Question};

/// All but the report. With it, it is within the function's minute.
const LIMIT: Duration = Duration::from_secs(45);

/// Checks, and tells CodeDeploy. Fails only where CodeDeploy cannot be told: a version that is not right is an answer.
pub(crate) async fn run(check: &Check, hook: &Hook, line: &mut Line) -> Result<(), Failure> {
    line.check = Some("before_traffic");
    line.deployment_id = Some(hook.deployment_id.clone()).filter(|id| crate::is_word(id));
    let passed = tokio::time::timeout(LIMIT, ask(check, hook, line)).await.unwrap_or(Err(Failure::TimedOut));
    if let Err(failure) = &passed {
        line.fail(failure);
    }
    let told = check.cloud.report(hook, passed.is_ok()).await;
    told.inspect_err(|failure| line.fail(failure))
}

async fn ask(check: &Check, hook: &Hook, line: &mut Line) -> Result<(), Failure> {
    let target = check.cloud.target(hook).await?;
    line.checked = Some(target.function.as_str());
    line.version = Some(target.version.clone());
    let client = match &check.secret {
        Some(secret) => check.cloud.client(secret, check.authority.clone()).await?,
        None => Client::unregistered(check.authority.clone())?,
    };
    line.own_client = client.is_own;
    let given = given(check, &target, &client).await?;
    let question = Question::of(target.function, &client, &given)?;
    match check.cloud.invoke(&target.name, &target.version, &question.event).await? {
        Invoked::Answered(answer) => question.judge(&answer),
        Invoked::Stopped => {
            line.stopped();
            Ok(())
        }
    }
}

/// Tokens to ask with: of the version of `issue` that clients use now, or made up. A deployment that repairs `issue` must
/// not wait for `issue`, so that no token can be had is no failure.
async fn given(check: &Check, target: &Target, client: &Client) -> Result<Given, Failure> {
    if client.is_own && !matches!(target.function, Function::Issue | Function::Authorize) {
        let question = Question::of(Function::Issue, client, &Given::made_up()?)?;
        if let Ok(Invoked::Answered(answer)) = check.cloud.live(target, &question.event).await
            && let Some(given) = Given::of(&answer)
        {
            return Ok(given);
        }
    }
    Given::made_up()
}
