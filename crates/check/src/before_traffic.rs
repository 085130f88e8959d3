//! The check of a version before it gets traffic.

use std::time::Duration;

use latchkey_oauth::service::Function;

use crate::Check;
use crate::app_spec::Target;
use crate::client::Client;
use crate::cloud::Invoked;
use crate::event::Hook;
use crate::failure::Failure;
use crate::line::{Kind, Line, NoTokens, Revocation, Tokens};
use crate::question::{Given, Question};

/// All but the report and the revocation. With them, it is within the function's minute.
const LIMIT: Duration = Duration::from_secs(45);
/// Of the revocation, after the report.
const REVOCATION: Duration = Duration::from_secs(8);

/// What is to be revoked when all is done.
struct Issued {
    target: Target,
    client: Client,
    given: Given,
}

/// Checks, and tells CodeDeploy. Fails only where CodeDeploy cannot be told: a version that is not right is an answer.
pub(crate) async fn run(check: &Check, hook: &Hook, line: &mut Line) -> Result<(), Failure> {
    line.check = Some(Kind::BeforeTraffic);
    line.deployment_id = hook.named().map(str::to_owned);
    let mut issued = None;
    let asked = tokio::time::timeout(LIMIT, ask(check, hook, line, &mut issued)).await;
    let passed = asked.unwrap_or(Err(Failure::TimedOut));
    if let Err(failure) = &passed {
        line.fail(failure);
    }
    let told = check.cloud.report(hook, passed.is_ok()).await;
    // The deployment does not wait for it, and does not fail with it.
    if let Some(issued) = issued.filter(|issued| issued.given.good) {
        let revoked = tokio::time::timeout(REVOCATION, revoke(check, &issued)).await.unwrap_or(Err(Failure::TimedOut));
        line.revocation = Some(revoked.map_or_else(Revocation::Failed, |()| Revocation::Revoked));
    }
    told.inspect_err(|failure| line.fail(failure))
}

async fn ask(check: &Check, hook: &Hook, line: &mut Line, issued: &mut Option<Issued>) -> Result<(), Failure> {
    let target = check.cloud.target(hook).await?;
    line.checked = Some(target.function);
    line.version = Some(target.version.clone());
    let client = match &check.secret {
        Some(secret) => check.cloud.client(secret, check.authority.clone()).await?,
        None => Client::unregistered(check.authority.clone())?,
    };
    line.own_client = client.is_own;
    let given = given(check, &target, &client, line).await?;
    let question = Question::of(target.function, &client, &given)?;
    let Target { name, version, function } = &target;
    let (name, version, is_issue) = (name.clone(), version.clone(), *function == Function::Issue);
    // Kept before the question: what was issued is revoked whatever comes of it.
    let held = issued.insert(Issued { target, client, given });
    let answer = check.cloud.invoke(&name, &version, &question.event).await;
    if let (true, Ok(Invoked::Answered(answer))) = (is_issue && held.client.is_own, &answer)
        && let Some(given) = Given::of(answer)
    {
        held.given = given;
    }
    match answer? {
        Invoked::Answered(answer) => question.judge(&answer),
        Invoked::Stopped => {
            line.stopped();
            Ok(())
        }
    }
}

/// Tokens to ask with: of the version of `issue` that clients use now, or made up. A deployment that repairs `issue` must
/// not wait for `issue`, so that no token can be had is no failure. The line says so.
async fn given(check: &Check, target: &Target, client: &Client, line: &mut Line) -> Result<Given, Failure> {
    if matches!(target.function, Function::Issue | Function::Authorize) {
        return Given::made_up();
    }
    if client.is_own {
        match tokens(check, target, client).await {
            Ok(given) => {
                line.tokens = Some(Tokens::Issued);
                return Ok(given);
            }
            Err(reason) => line.no_tokens = Some(reason),
        }
    }
    line.tokens = Some(Tokens::MadeUp);
    Given::made_up()
}

/// Tokens of the version of `issue` that clients use now, or why there are none.
async fn tokens(check: &Check, target: &Target, client: &Client) -> Result<Given, NoTokens> {
    let failed = NoTokens::Failed;
    let question = Question::of(Function::Issue, client, &Given::made_up().map_err(failed)?).map_err(failed)?;
    match check.cloud.live(target, Function::Issue, &question.event).await.map_err(failed)? {
        Invoked::Answered(answer) => {
            Given::of(&answer).ok_or_else(|| failed(question.judge(&answer).err().unwrap_or(Failure::AnswerUnreadable)))
        }
        Invoked::Stopped => Err(NoTokens::Stopped),
    }
}

/// Revokes what was issued, with the version of `revoke` that clients use now; if that cannot, and the deployment is about
/// `revoke`, with the new one.
async fn revoke(check: &Check, Issued { target, client, given }: &Issued) -> Result<(), Failure> {
    let question = Question::of(Function::Revoke, client, given)?;
    let judge = |answer| match answer {
        Invoked::Answered(answer) => question.judge(&answer),
        Invoked::Stopped => Err(Failure::VersionNotInvoked("stopped".to_owned())),
    };
    let live = check.cloud.live(target, Function::Revoke, &question.event).await.and_then(judge);
    if live.is_ok() || target.function != Function::Revoke {
        return live;
    }
    check.cloud.invoke(&target.name, &target.version, &question.event).await.and_then(judge)
}
