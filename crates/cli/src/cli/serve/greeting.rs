//! What the local server says of the demo client when it starts: a line to paste, and two signed requests.

use std::path::Path;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::cli::shell;
use crate::cli::sign;
use crate::cli::sign::{AuthorityArgs, KeyArgs};
use crate::local::{DEMO_PASSWORD, DEMO_USER, Demo, Server};
use latchkey_dynamodb::environment::folder_off_the_path;
use latchkey_oauth::service::{REFRESH, TOKEN, settings};

/// Query with which the demo client asks for tokens.
pub(super) const ASK: &str = "grant_type=client_credentials&scope=WMS_NCIP%20refresh_token\
                   &authenticatingInstitutionId=128807&contextInstitutionId=128807";

/// Where the engine listens, and what it asks for.
pub(super) struct Engine {
    pub(super) url: String,
    pub(super) access_key: String,
}

impl Engine {
    pub(super) fn of(server: &Server) -> Self {
        let keyed = server.dynamodb_url.as_deref().and_then(|url| url.rsplit_once('/'));
        let (url, access_key) = keyed.unwrap_or_default();
        Self { url: url.to_owned(), access_key: access_key.to_owned() }
    }
}

/// The variables with which every command of another shell reaches this server, from any folder.
pub(super) fn export(server: &Server, engine: &Engine, state: &Path) -> String {
    let state = std::path::absolute(state).unwrap_or_else(|_| state.to_owned());
    let port = engine.url.rsplit(':').next().unwrap_or_default();
    let path = match folder_off_the_path() {
        Some(folder) => format!(" PATH={}:\"$PATH\"", shell::path(&folder)),
        None => String::new(),
    };
    format!(
        "{}={} {}=true {}={} {}={port}{path}",
        settings::URL.name,
        server.url,
        settings::LOCAL.name,
        settings::STATE.name,
        shell::path(&state),
        settings::DYNAMODB_PORT.name,
    )
}

/// Prints two requests to paste. A signature covers the refresh token, so the second request needs one: the server first
/// asks itself for tokens.
pub(super) async fn greet(server: &Server, demo: Demo, export: &str) -> Outcome {
    let secret = demo.secret.expose().to_owned();
    let key = KeyArgs { client_id: demo.client_id, secret, lines: AuthorityArgs::default() };
    let ask = format!("{}{TOKEN}?{ASK}", server.url);
    let answer = post(ask.clone(), key.sign("POST", ASK)?.authorization).await?;
    let export =
        format!("{}={} {}={} {export}", settings::CLIENT_ID.name, key.client_id, settings::SECRET.name, key.secret);
    let Some(refresh_token) = answer["refresh_token"].as_str() else {
        return output::line(&format!(
            "The demo client gets no tokens: {}\n\n  export {export}\n  latchkey client show demo\n",
            output::shown_in_line(answer["error_description"].as_str().unwrap_or_default()),
        ));
    };
    let query = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    let user = match demo.user {
        true => format!(
            "\nSign in with a browser, as user {DEMO_USER} with password {DEMO_PASSWORD}:\n\n  \
             latchkey token login --scope 'WMS_NCIP refresh_token'\n"
        ),
        false => String::new(),
    };
    let refresh = format!("{}{REFRESH}?{query}", server.url);
    output::line(&format!(
        "Paste this line into another shell. It has the key of the demo client, which exists only on this machine:\n\n  \
         export {export}\n\n\
         Then these commands work, as often as you like:\n\n  \
         latchkey token get --scope 'WMS_NCIP refresh_token' --institution 128807\n  \
         latchkey token refresh rt_...\n  \
         latchkey client list\n{user}\n\
         Two signed requests. Each works once, within five minutes.\n\n\
         Get tokens:\n\n{}\n\n\
         Refresh the access token:\n\n{}\n",
        sign::curl("POST", &ask, &key.sign("POST", ASK)?, None),
        sign::curl("POST", &refresh, &key.sign("POST", &query)?, None),
    ))
}

async fn post(url: String, authorization: String) -> Outcome<serde_json::Value> {
    let sent = tokio::task::spawn_blocking(move || crate::cli::http::post(&url, Some(&authorization), None)).await;
    let (_, answer) = sent.map_err(|error| Failure::new(error.to_string()))??;
    Ok(answer)
}
