//! The check of the service from outside: as a client, over HTTPS, with a client of the check's own.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use latchkey_dynamodb::aws::connector;
use latchkey_oauth::form::encode;
use serde_json::Value;

use crate::Check;
use crate::client::Client;
use crate::failure::Failure;
use crate::line::{Kind, Line, Step};
use crate::question::{Expected, Given, asking, refreshing, revoking};

/// Of one request: the service answers within nine seconds by itself.
const LIMIT: Duration = Duration::from_secs(10);

/// Gets tokens, refreshes, introspects, and revokes what it got.
pub(crate) async fn run(check: &Check, url: &str, line: &mut Line) -> Result<(), Failure> {
    line.check = Some(Kind::Outside);
    line.step = Some(Step::Secret);
    let secret = check.secret.as_deref().ok_or(Failure::SecretMissing)?;
    let client = check.cloud.client(secret, check.authority.clone()).await?;
    line.own_client = true;
    let visitor = Visitor { client, url, http: connector() };

    line.step = Some(Step::Token);
    let issued = visitor.post("accessToken", asking(), &Expected::Tokens).await?;
    let given = Given::of_body(&issued).ok_or(Failure::AnswerUnreadable)?;
    // Whatever comes of the rest: what was issued is revoked.
    let used = visitor.use_them(&given, line).await;
    let failed_at = line.step;
    line.step = Some(Step::Revoke);
    let revoked = visitor.post("revoke", revoking(&given.refresh), &Expected::Done).await;
    if used.is_err() {
        line.step = failed_at;
    }
    used.and(revoked)?;

    line.step = Some(Step::IntrospectRevoked);
    visitor.post("introspect", format!("token={}", encode(&given.access)), &Expected::Active(false)).await?;
    line.step = None;
    Ok(())
}

struct Visitor<'a> {
    client: Client,
    url: &'a str,
    http: SharedHttpConnector,
}

impl Visitor<'_> {
    async fn use_them(&self, given: &Given, line: &mut Line) -> Result<(), Failure> {
        line.step = Some(Step::Refresh);
        let refreshed = self.post("refreshToken", refreshing(&given.refresh), &Expected::AccessToken).await?;
        let access = refreshed["access_token"].as_str().unwrap_or_default();
        line.step = Some(Step::Introspect);
        self.post("introspect", format!("token={}", encode(access)), &Expected::Active(true)).await.map(|_| ())
    }

    /// Posts a form: a token in a URL would stand in logs.
    async fn post(&self, path: &str, form: String, expected: &Expected) -> Result<Value, Failure> {
        let (status, body) =
            tokio::time::timeout(LIMIT, self.send(path, form)).await.map_err(|_| Failure::TimedOut)??;
        expected.judge(status, None, &body).map(|()| body)
    }

    async fn send(&self, path: &str, form: String) -> Result<(u64, Value), Failure> {
        let request = http::Request::post(format!("{}/oauth2/{path}", self.url))
            .header(AUTHORIZATION, self.client.sign("", &form)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("latchkey-check/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::from(form));
        let request = HttpRequest::try_from(request.map_err(|_| Failure::EventMalformed)?);
        let sent = self.http.call(request.map_err(|_| Failure::EventMalformed)?).await;
        let response = sent.map_err(|_| Failure::Unreachable)?;
        let status = u64::from(response.status().as_u16());
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|_| Failure::Unreachable)?;
        Ok((status, serde_json::from_slice(&body.into_bytes()).unwrap_or_default()))
    }
}
