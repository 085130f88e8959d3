//! `latchkey token check`: takes a token through its whole life, to see whether a deployment works.

use std::time::Instant;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{InstitutionArgs, ServerArgs, query};
use crate::cli::output;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{INTROSPECT, REFRESH, REVOKE, TOKEN};

/// What to ask for.
#[derive(Args)]
pub(in crate::cli) struct Check {
    /// Scopes, separated by blanks. With refresh_token among them, refreshes are checked too.
    #[arg(long)]
    scope: String,
    #[command(flatten)]
    institutions: InstitutionArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Serialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Failed,
    LeftOut,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    verdict: Verdict,
    /// Of the response, if there was one.
    status: Option<u16>,
    milliseconds: Option<u128>,
    detail: String,
}

/// The steps so far. Unless JSON is asked for, each is printed when it is done.
struct Steps<'a> {
    server: &'a ServerArgs,
    done: Vec<Step>,
}

impl Check {
    pub(super) async fn run(self) -> Outcome {
        self.server.no_public_client(super::NO_OWN_TOKEN)?;
        self.server.check()?;
        let institutions = self.institutions.asked(&self.server)?;
        let form = query(&[
            ("grant_type", Some(GrantType::ClientCredentials.as_str())),
            ("scope", Some(&self.scope)),
            ("authenticatingInstitutionId", institutions.as_ref().map(|both| both.authenticating.as_str())),
            ("contextInstitutionId", institutions.as_ref().map(|both| both.context.as_str())),
        ]);
        let mut steps = Steps { server: &self.server, done: Vec::new() };
        let tokens = steps.ask("get a token", TOKEN, form, minted).await?;
        if let Some(access) = tokens["access_token"].as_str() {
            steps.life(access, tokens["refresh_token"].as_str()).await?;
        }
        steps.end()
    }
}

impl Steps<'_> {
    /// Everything after the first token. A step that fails does not stop the others, so the tokens are revoked in any case.
    async fn life(&mut self, access: &str, refresh: Option<&str>) -> Outcome {
        let refreshing =
            |token| query(&[("grant_type", Some(GrantType::RefreshToken.as_str())), ("refresh_token", Some(token))]);
        let of = |token| query(&[("token", Some(token))]);
        let active = |expected: bool| {
            move |status, answer: &Value| match (status, answer["error"].as_str()) {
                (200, _) if answer["active"] == expected => (Verdict::Ok, format!("active: {expected}")),
                (400, Some("unauthorized_client")) => {
                    (Verdict::LeftOut, "the client is not registered to introspect (--introspects)".into())
                }
                _ => failed(answer),
            }
        };
        match refresh {
            Some(token) => drop(self.ask("refresh it", REFRESH, refreshing(token), minted).await?),
            None => self.left_out("refresh it", "there is no refresh token; name refresh_token in --scope")?,
        }
        self.ask("introspect it", INTROSPECT, of(access), active(true)).await?;
        let revoked =
            |status, answer: &Value| if status == 200 { (Verdict::Ok, String::new()) } else { failed(answer) };
        self.ask("revoke it", REVOKE, of(refresh.unwrap_or(access)), revoked).await?;
        if let Some(token) = refresh {
            let refused = |_, answer: &Value| match answer["error"].as_str() {
                Some("invalid_grant") => (Verdict::Ok, "refused, because it is revoked".into()),
                _ => failed(answer),
            };
            self.ask("refresh it once more", REFRESH, refreshing(token), refused).await?;
        }
        self.ask("introspect it once more", INTROSPECT, of(access), active(false)).await.map(drop)
    }

    /// Signs and posts a form, and returns the response's JSON. `judge` says what is right or wrong about it.
    async fn ask(
        &mut self,
        step: &'static str,
        path: &str,
        form: String,
        judge: impl FnOnce(u16, &Value) -> (Verdict, String),
    ) -> Outcome<Value> {
        let before = Instant::now();
        let answered = self.server.answer(path, form).await;
        let milliseconds = Some(before.elapsed().as_millis());
        let (status, answer, (verdict, detail)) = match answered {
            Ok((status, answer)) => {
                let judged = judge(status, &answer);
                (Some(status), answer, judged)
            }
            Err(Failure(reason)) => (None, Value::Null, (Verdict::Failed, reason)),
        };
        self.add(Step { step, verdict, status, milliseconds, detail })?;
        Ok(answer)
    }

    fn left_out(&mut self, step: &'static str, why: &str) -> Outcome {
        self.add(Step { step, verdict: Verdict::LeftOut, status: None, milliseconds: None, detail: why.to_owned() })
    }

    fn add(&mut self, step: Step) -> Outcome {
        if !self.server.prints_json() {
            let verdict = match step.verdict {
                Verdict::Ok => "ok",
                Verdict::Failed => "FAILED",
                Verdict::LeftOut => "left out",
            };
            let time = step.milliseconds.map(|milliseconds| format!("{milliseconds} ms")).unwrap_or_default();
            output::line(
                format!("{verdict:<8}  {:<23}  {time:>8}  {}", step.step, output::shown_in_line(&step.detail))
                    .trim_end(),
            )?;
        }
        self.done.push(step);
        Ok(())
    }

    fn end(self) -> Outcome {
        if self.server.prints_json() {
            self.server.print_list(&self.done)?;
        }
        let failed = self.done.iter().filter(|step| step.verdict == Verdict::Failed).count();
        match failed {
            0 => Ok(()),
            _ => Err(Failure::new(format!("{failed} of {} steps failed", self.done.len()))),
        }
    }
}

fn minted(status: u16, answer: &Value) -> (Verdict, String) {
    match (status, answer["access_token"].is_string()) {
        (200, true) => (Verdict::Ok, format!("expires_in: {}", answer["expires_in"])),
        _ => failed(answer),
    }
}

/// What the service says of its refusal.
fn failed(answer: &Value) -> (Verdict, String) {
    let said = ["error", "error_description"].map(|name| answer[name].as_str().unwrap_or("(none)"));
    (Verdict::Failed, said.join(": "))
}
