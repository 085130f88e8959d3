//! The demo application of the local server: a client as any other one, at a port of its own. It walks a reader through a
//! sign-in and its tokens, and shows each request as it was sent. It asks the service by HTTP alone.

mod ask;
mod back;
mod exchange;
mod page;
#[cfg(test)]
mod tests;
mod walk;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{Method, StatusCode};

use crate::cli::failure::Outcome;
use crate::cli::sign::{AuthorityArgs, KeyArgs};
use crate::local::{Demo, Door, Server};
use back::Back;
use exchange::{Carried, Exchange};
use latchkey_oauth::service::{INTROSPECT, TOKEN};
use walk::{Progress, Step, Walk, Walks};

/// The application, as the handlers of its requests see it.
struct App {
    /// Base URL of the service.
    service: String,
    /// Base URL of the application itself.
    own: String,
    /// What signs its requests; none where the demo client cannot.
    key: Option<KeyArgs>,
    /// Whether the demo user has the password it was made with.
    user: bool,
    walks: Walks,
}

/// Serves the application beside the service. Returns its base URL.
pub(super) async fn serve(server: &mut Server, port: Option<u16>, demo: Option<&Demo>) -> Outcome<String> {
    let service = server.url.clone();
    let key = demo.map(|demo| KeyArgs {
        client_id: demo.client_id.clone(),
        secret: demo.secret.expose().to_owned(),
        lines: AuthorityArgs::default(),
    });
    let user = demo.is_some_and(|demo| demo.user);
    let application = |own: &str, door: Door| {
        let app = App { service, own: own.to_owned(), key, user, walks: Walks::default() };
        Router::new().fallback(handle).with_state((door, Arc::new(app)))
    };
    Ok(server.beside(port, application).await?)
}

async fn handle(State((door, app)): State<(Door, Arc<App>)>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match door.check(&parts) {
        Ok(()) => app.answer(&parts).await,
        Err(refusal) => page::refused(&app, &refusal),
    }
}

/// Leads a browser on, also after a form (RFC 9110 section 15.4.4).
fn lead(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

impl App {
    async fn answer(&self, parts: &Parts) -> Response {
        let path: Vec<_> = parts.uri.path().split('/').skip(1).collect();
        let browser = self.browser(parts);
        let browser = browser.as_deref().unwrap_or_default();
        if parts.method == Method::POST {
            return match path[..] {
                ["begin"] => self.begin(browser).await,
                ["walk", number, step] => match self.walk(browser, number, step) {
                    Some((walk, step)) => self.act(&walk, step).await,
                    None => page::unknown_walk(self),
                },
                _ => page::nothing_here(self),
            };
        }
        if ![Method::GET, Method::HEAD].contains(&parts.method) {
            let mut refused = page::nothing_here(self);
            *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            refused.headers_mut().insert(ALLOW, http::HeaderValue::from_static("GET, HEAD, POST"));
            return refused;
        }
        // The browser keeps the cookie of each host name apart, and the service leads back to this one.
        if !self.is_own_host(parts) {
            let rest = parts.uri.path_and_query().map_or("/", |rest| rest.as_str());
            return lead(&format!("{}{rest}", self.own));
        }
        match path[..] {
            [""] => page::begin(self),
            ["begin"] => lead("/"),
            ["callback"] => self.back(browser, parts.uri.query().unwrap_or_default()).await,
            ["walk", number] => match self.walk(browser, number, Step::Ask.slug()) {
                Some((walk, _)) => lead(&walk.place(walk.progress.lock().await.furthest())),
                None => page::unknown_walk(self),
            },
            ["walk", number, step] => match self.walk(browser, number, step) {
                Some((walk, step)) => self.show(&walk, step).await,
                None => page::unknown_walk(self),
            },
            _ => page::nothing_here(self),
        }
    }

    /// The cookie's name. Ports share their host's cookies, and two servers may run.
    fn cookie(&self) -> String {
        format!("latchkey-demo-{}", self.own.rsplit(':').next().unwrap_or_default())
    }

    /// What the browser is known by.
    fn browser(&self, parts: &Parts) -> Option<String> {
        let name = self.cookie();
        let sent = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = sent.flat_map(|value| value.split("; ")).filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    fn is_own_host(&self, parts: &Parts) -> bool {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        format!("http://{host}").eq_ignore_ascii_case(&self.own)
    }

    fn walk(&self, browser: &str, number: &str, step: &str) -> Option<(Arc<Walk>, Step)> {
        let walk = self.walks.of(browser).into_iter().find(|walk| walk.number.to_string() == number)?;
        Some((walk, Step::ALL.into_iter().find(|known| known.slug() == step)?))
    }

    /// Begins a walk, and keeps the browser apart from others by its cookie.
    async fn begin(&self, browser: &str) -> Response {
        let Some(key) = &self.key else { return lead("/") };
        let begun = ask::ask(self, &key.client_id).await.and_then(|asked| Ok(self.walks.begin(browser, asked)?));
        match begun {
            Ok(walk) => {
                let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", self.cookie(), walk.browser);
                let place = walk.place(Step::Ask);
                (StatusCode::SEE_OTHER, [(LOCATION, place), (SET_COOKIE, cookie)]).into_response()
            }
            Err(failure) => page::not_reached(self, &failure.0),
        }
    }

    /// Takes what the service sends the browser back with. Another site may send it here, too: it counts only where this browser
    /// asked for it, and once (RFC 6749 section 10.12).
    async fn back(&self, browser: &str, query: &str) -> Response {
        let Some(sent) = back::Sent::of(query) else { return page::foreign_answer(self) };
        let walk = self.walks.of(browser).into_iter().find(|walk| sent.state == walk.asked.state);
        let Some(walk) = walk else { return page::foreign_answer(self) };
        let mut progress = walk.progress.lock().await;
        progress.back.get_or_insert_with(|| Back::of(sent, &walk.asked));
        lead(&walk.place(Step::Back))
    }

    async fn show(&self, walk: &Walk, step: Step) -> Response {
        let progress = walk.progress.lock().await;
        match progress.has_reached(step) {
            true => page::step(self, walk, &progress, step),
            false => lead(&walk.place(progress.furthest())),
        }
    }

    /// Sends the request of a step, and leads to what came of it. A form that is sent twice waits for its first answer.
    async fn act(&self, walk: &Walk, step: Step) -> Response {
        let mut progress = walk.progress.lock().await;
        let Some((path, carried)) = asked_in(step, walk, &progress) else {
            return lead(&walk.place(progress.furthest()));
        };
        let Some(key) = &self.key else { return lead("/") };
        let exchange = Exchange::make(&self.service, path, carried, key).await;
        progress.keep(step, exchange);
        lead(&walk.place(step))
    }
}

/// The request of a step; none where it cannot be made yet, or was made and must not be made again.
fn asked_in(step: Step, walk: &Walk, progress: &Progress) -> Option<(&'static str, Carried)> {
    match step {
        Step::Tokens if progress.access.is_none() => {
            let Some(Back::Code(code)) = &progress.back else { return None };
            Some((TOKEN, Carried::Query(walk.asked.redeeming(&code.code))))
        }
        Step::Refresh | Step::After => {
            let token = Some(progress.refresh.as_deref()?);
            let asked = [("grant_type", Some("refresh_token")), ("refresh_token", token)];
            Some((TOKEN, Carried::Query(crate::cli::http::query(&asked))))
        }
        Step::Introspect => {
            let token = Some(progress.access.as_deref()?);
            Some((INTROSPECT, Carried::Form(crate::cli::http::query(&[("token", token)]))))
        }
        Step::Ask | Step::Back | Step::Tokens | Step::End => None,
    }
}
