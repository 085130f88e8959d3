//! `latchkey token login`: the authorization code flow of an application on the user's machine (RFC 8252). The user signs
//! in with a browser, the service redirects the code to a loopback port, and the command redeems it with its PKCE verifier.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use http::{StatusCode, Uri};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::http::{InstitutionArgs, ServerArgs, metadata, query};
use latchkey_dynamodb::environment::variable;
use latchkey_dynamodb::random;
use latchkey_oauth::form::Pairs;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::{AUTHORIZE, PUSH, TOKEN};

/// How long the user may take to sign in.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Args)]
pub(super) struct Login {
    /// Scopes, separated by blanks. With refresh_token among them, the client gets a refresh token too.
    #[arg(long)]
    scope: String,
    #[command(flatten)]
    institutions: InstitutionArgs,
    /// Loopback port that the browser returns to; 0 for any free port.
    #[arg(long, default_value_t = 0)]
    callback_port: u16,
    /// Path of the client's redirect URI, which begins with http://127.0.0.1.
    #[arg(long, default_value = "/callback")]
    callback_path: String,
    /// Push the request before the browser opens (RFC 9126), so that the address has nothing of it to read or to change.
    #[arg(long)]
    par: bool,
    /// Print the address of the sign-in page, and open no browser.
    #[arg(long)]
    no_browser: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// Whether a browser can open here. Where there is no desktop, a browser of the terminal would take the command's place.
fn has_browser() -> bool {
    let desktop = ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| variable(name).is_some());
    cfg!(any(windows, target_os = "macos")) || desktop
}

impl Login {
    /// Pushes a request. Returns what the address has in its place (RFC 9126 section 4).
    async fn pushed(&self, asked: String) -> Outcome<String> {
        let (status, answer) = self.server.answer(PUSH, asked).await?;
        let Some(request_uri) = answer["request_uri"].as_str().filter(|_| status == 201) else {
            let said = answer["error_description"].as_str().unwrap_or("the answer has no request_uri");
            return Err(Failure::new(format!("the server refuses the pushed request: {status}: {said}")));
        };
        Ok(query(&[("request_uri", Some(request_uri))]))
    }

    pub(super) async fn run(self) -> Outcome {
        // Without an option, the user chooses the institution.
        let institutions = self.institutions.given()?;
        if !self.callback_path.starts_with('/') || self.callback_path.contains(['?', '#']) {
            return Err(Failure::new("--callback-path must begin with a slash and have no ? or #"));
        }
        // Not after the user has signed in.
        self.server.check()?;
        let base = self.server.base()?;
        let issuer = metadata(base.to_owned()).await?["issuer"].as_str().unwrap_or_default().to_owned();
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, self.callback_port)).await;
        let listener = bound.map_err(|error| {
            Failure::new(format!(
                "--callback-port {}: {error}; name another port, or leave the option out for any free one",
                self.callback_port
            ))
        })?;
        let redirect_uri = format!("http://{}{}", listener.local_addr()?, self.callback_path);
        let text = |bytes: [u8; 32]| URL_SAFE_NO_PAD.encode(bytes);
        let (state, verifier) = (text(random()?), text(random()?));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let asked = query(&[
            ("redirect_uri", Some(&redirect_uri)),
            ("response_type", Some("code")),
            ("scope", Some(&self.scope)),
            ("authenticatingInstitutionId", institutions.as_ref().map(|both| both.authenticating.as_str())),
            ("contextInstitutionId", institutions.as_ref().map(|both| both.context.as_str())),
            ("state", Some(&state)),
            ("code_challenge", Some(&challenge)),
            ("code_challenge_method", Some("S256")),
        ]);
        let asked = if self.par { self.pushed(asked).await? } else { asked };
        let client_id = query(&[("client_id", Some(self.server.client_id()))]);
        let url = format!("{base}{AUTHORIZE}?{client_id}&{asked}");
        if !self.no_browser && has_browser() {
            eprintln!("Sign in with the browser that opens. If none opens, open this URL:\n\n  {url}\n");
            // The user has the address if this fails.
            let named = variable("BROWSER").is_some_and(|browser| open::with_detached(&url, browser).is_ok());
            if !named {
                let _ = open::that_detached(&url);
            }
        } else {
            eprintln!("Open this URL in a browser of this machine:\n\n  {url}\n");
        }
        let answer = answered(listener, Expected { path: self.callback_path.clone(), state }).await?;
        let get = |name| answer.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        check_issuer(&issuer, get("iss").as_deref())?;
        if let Some(error) = get("error") {
            let why = get("error_description").unwrap_or_default();
            return Err(Failure::new(format!("{error}: {why}")));
        }
        let picked = |name, given: Option<&String>| given.cloned().or_else(|| get(name));
        let code = get("code").ok_or_else(|| Failure::new("the browser came back without a code; try again"))?;
        let authenticating = institutions.as_ref().map(|both| &both.authenticating);
        let redemption = query(&[
            ("grant_type", Some(GrantType::AuthorizationCode.as_str())),
            ("code", Some(&code)),
            ("authenticatingInstitutionId", picked("authenticating_institution_id", authenticating).as_deref()),
            (
                "contextInstitutionId",
                picked("context_institution_id", institutions.as_ref().map(|both| &both.context)).as_deref(),
            ),
            ("redirect_uri", Some(&redirect_uri)),
            ("code_verifier", Some(&verifier)),
        ]);
        self.server.ask_form(TOKEN, redemption).await
    }
}

/// Refuses an answer of another service than the one that the user was sent to (RFC 9207 section 2.4): its code is not sent
/// anywhere.
fn check_issuer(expected: &str, sent: Option<&str>) -> Outcome {
    match sent {
        Some(sent) if sent == expected => Ok(()),
        Some(sent) => Err(Failure::new(format!(
            "the browser came back with an answer of {sent:?}, and the login asked {expected}; nothing is redeemed: try again"
        ))),
        None => Err(Failure::new(format!(
            "the browser came back with an answer that does not name its issuer (iss), and {expected} always does; nothing is \
             redeemed: try again"
        ))),
    }
}

/// The redirect that the command waits for.
struct Expected {
    path: String,
    state: String,
}

type Answer = Vec<(String, String)>;

/// Waits for the redirect and returns its parameters. A redirect with another `state` is ignored: it answers another request
/// or was forged (RFC 6749 section 10.12).
async fn answered(listener: TcpListener, expected: Expected) -> Outcome<Answer> {
    let (sender, mut receiver) = mpsc::channel::<Answer>(1);
    let router = Router::new().fallback(arrive).with_state(Arc::new((expected, sender)));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let answer = tokio::time::timeout(PATIENCE, receiver.recv()).await;
    // The response to the browser is still on its way.
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.abort();
    answer.ok().flatten().ok_or_else(|| Failure::new("the browser did not come back within ten minutes; try again"))
}

async fn arrive(State(state): State<Arc<(Expected, mpsc::Sender<Answer>)>>, uri: Uri) -> (StatusCode, &'static str) {
    let (expected, sender) = &*state;
    let pairs = Pairs::parse(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let answer: Answer = pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let ours = answer.iter().any(|(name, value)| name == "state" && *value == expected.state);
    if uri.path() != expected.path || !ours {
        return (StatusCode::NOT_FOUND, "This redirect does not belong to the running login.\n");
    }
    let has = |wanted: &str| answer.iter().any(|(name, _)| name == wanted);
    let said = match has("code") && !has("error") {
        true => "Done. You can close this page and go back to the terminal.\n",
        false => "The sign-in brought no code, and the terminal says why. You can close this page.\n",
    };
    let _ = sender.try_send(answer);
    (StatusCode::OK, said)
}
