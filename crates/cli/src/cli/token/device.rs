//! `latchkey token device`: the device grant (RFC 8628). The user allows the command with a browser on any machine, and the
//! command polls.

use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{InstitutionArgs, ServerArgs, query};
use crate::cli::output::shown_in_line;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::device_code::INTERVAL;
use latchkey_oauth::service::{DEVICE_AUTHORIZATION, TOKEN};

/// What a `slow_down` adds to the interval (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The longest pause that failures lead to: a service that works again is asked soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

const NO_PUBLIC_CLIENT: &str = "cannot begin on a device: an attacker could begin in its name";

#[derive(Args)]
pub(in crate::cli) struct Device {
    /// Scopes, separated by blanks. With refresh_token among them, the client gets a refresh token too.
    #[arg(long)]
    scope: String,
    #[command(flatten)]
    institutions: InstitutionArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// What the service answered to the device authorization request.
struct Begun {
    device_code: String,
    user_code: String,
    uri: String,
    complete: Option<String>,
    expires_in: u64,
    interval: u64,
}

impl Begun {
    fn of(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Some(Self {
            device_code: text("device_code")?,
            user_code: text("user_code")?,
            uri: text("verification_uri")?,
            complete: text("verification_uri_complete"),
            expires_in: answer["expires_in"].as_u64()?,
            // RFC 8628 gives no meaning to 0, and asking without a pause would load the server.
            interval: answer["interval"].as_u64().unwrap_or(INTERVAL).max(1),
        })
    }
}

impl Device {
    pub(in crate::cli) async fn run(self) -> Outcome {
        self.server.check()?;
        self.server.no_public_client(NO_PUBLIC_CLIENT)?;
        // Without an option, the user chooses the institution.
        let institutions = self.institutions.given()?;
        let asked = query(&[
            ("scope", Some(&self.scope)),
            ("authenticatingInstitutionId", institutions.as_ref().map(|both| both.authenticating.as_str())),
            ("contextInstitutionId", institutions.as_ref().map(|both| both.context.as_str())),
        ]);
        let (status, answer) = self.server.answer(DEVICE_AUTHORIZATION, asked).await?;
        if status != 200 {
            return self.server.print(status, &answer);
        }
        let begun = Begun::of(&answer).ok_or_else(|| Failure::new("the server's answer has no device code"))?;
        eprintln!(
            "Open this URL in a browser of any machine, and type the code:\n\n  {}\n\n  {}\n",
            shown_in_line(&begun.uri),
            shown_in_line(&begun.user_code)
        );
        if let Some(complete) = &begun.complete {
            eprintln!("Or open this URL, and compare the code:\n\n  {}\n", shown_in_line(complete));
        }
        tokio::select! {
            polled = self.poll(&begun) => polled,
            stopped = tokio::signal::ctrl_c() => {
                stopped?;
                Err(Failure::new("stopped: the code is not asked about any more; begin again for another one"))
            }
        }
    }

    /// Asks until the user has answered, or the codes have expired.
    async fn poll(&self, begun: &Begun) -> Outcome {
        let form =
            query(&[("grant_type", Some(GrantType::DeviceCode.as_str())), ("device_code", Some(&begun.device_code))]);
        let (began, life) = (Instant::now(), Duration::from_secs(begun.expires_in));
        let mut interval = Duration::from_secs(begun.interval);
        while began.elapsed().saturating_add(interval) < life {
            sleep(interval).await;
            let (status, answer) = match self.server.answer(TOKEN, form.clone()).await {
                Ok((200, answer)) => return self.server.print(200, &answer),
                Ok(answered) => answered,
                Err(failure) => {
                    eprintln!("latchkey: {}; asking again", shown_in_line(&failure.0));
                    (503, Value::Null)
                }
            };
            match pause_after(status, answer["error"].as_str().unwrap_or_default(), interval) {
                Some(pause) => interval = pause,
                None => return self.server.print(status, &answer),
            }
        }
        Err(Failure::new("no tokens came before the code expired; begin again"))
    }
}

/// The pause that follows an answer and the pause before it. None if the answer is the last one.
fn pause_after(status: u16, error: &str, pause: Duration) -> Option<Duration> {
    match (status, error) {
        (_, "authorization_pending") => Some(pause),
        (_, "slow_down") => Some(pause.saturating_add(SLOWER)),
        // A gateway turns requests away by 429, and answers for a function that fails. A device that gets no answer asks less
        // often (RFC 8628 section 3.5).
        (429 | 500.., _) => Some(pause.saturating_mul(2).min(LONGEST_PAUSE.max(pause))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_doubled_up_to_a_minute_and_never_shortened() {
        for (status, error) in [(503, "temporarily_unavailable"), (500, ""), (502, ""), (429, "")] {
            for (pause, next) in [(1, 2), (5, 10), (30, 60), (31, 60), (60, 60), (61, 61), (900, 900)] {
                let next = Some(Duration::from_secs(next));
                assert_eq!(pause_after(status, error, Duration::from_secs(pause)), next, "{status}");
            }
            assert_eq!(pause_after(status, error, Duration::MAX), Some(Duration::MAX));
        }
    }

    #[test]
    fn a_pause_stays_while_the_user_decides_and_grows_where_it_is_told() {
        let second = Duration::from_secs(1);
        assert_eq!(pause_after(400, "authorization_pending", second), Some(second));
        assert_eq!(pause_after(400, "slow_down", second), Some(Duration::from_secs(6)));
        for (status, error) in [(400, "access_denied"), (400, "expired_token"), (404, ""), (401, "invalid_client")] {
            assert_eq!(pause_after(status, error, second), None, "{error}");
        }
    }
}
