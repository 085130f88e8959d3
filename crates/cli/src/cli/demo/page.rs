//! The application's pages. They run no script, and look as the local server's own page does.

mod told;

use std::sync::LazyLock;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::ask::Asked;
use super::back::Back;
use super::exchange::Exchange;
use super::walk::{Progress, Step, Walk};
use super::{App, words};
use crate::local::{DEMO_INSTITUTION, DEMO_PASSWORD, DEMO_USER, Refusal, STYLE, document};
use latchkey_oauth::service::APPLICATIONS;
use told::Told;

static STYLES: LazyLock<String> = LazyLock::new(|| format!("{STYLE}{}", include_str!("pages/demo.css")));

/// What surrounds each page.
struct Frame<'a> {
    title: &'a str,
    steps: Vec<StepLine>,
    service: &'a str,
    style: &'static str,
}

/// A step in the list of all.
struct StepLine {
    title: &'static str,
    /// Where it is shown, if it has been reached and is not shown here.
    place: Option<String>,
    is_current: bool,
}

impl<'a> Frame<'a> {
    fn new(app: &'a App, title: &'a str) -> Self {
        Self { title, steps: Vec::new(), service: &app.service, style: &STYLES }
    }

    fn of_step(app: &'a App, walk: &Walk, progress: &Progress, current: Step) -> Self {
        let line = |step: Step| StepLine {
            title: step.title(),
            place: (step != current && progress.has_reached(step)).then(|| walk.place(step)),
            is_current: step == current,
        };
        Self { steps: Step::ALL.into_iter().map(line).collect(), ..Self::new(app, current.title()) }
    }
}

#[derive(Template)]
#[template(path = "begin.html")]
struct Begin<'a> {
    frame: Frame<'a>,
    can_sign: bool,
    user: bool,
    username: &'static str,
    password: &'static str,
    institution: &'static str,
    titles: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage<'a> {
    frame: Frame<'a>,
    asked: &'a Asked,
    answered: bool,
    next: String,
    user: bool,
    username: &'static str,
    password: &'static str,
}

#[derive(Template)]
#[template(path = "back.html")]
struct BackPage<'a> {
    frame: Frame<'a>,
    own: &'a str,
    back: &'a Back,
    redeemed: bool,
    next: String,
}

#[derive(Template)]
#[template(path = "exchange.html")]
struct ExchangePage<'a> {
    frame: Frame<'a>,
    exchange: &'a Exchange,
    told: Told,
}

#[derive(Template)]
#[template(path = "end.html")]
struct EndPage<'a> {
    frame: Frame<'a>,
    applications: String,
    next: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    frame: Frame<'a>,
    what: &'a str,
    advice: &'a str,
}

fn respond(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        // With no-referrer, a browser would not name its own site where it sends a form, and the form would be refused.
        Ok(text) => document(status, text, &STYLES, ("'self'", "same-origin")),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The first page.
pub(super) fn begin(app: &App) -> Response {
    let page = Begin {
        frame: Frame::new(app, "A sign-in and its tokens, step by step"),
        can_sign: app.key.is_some(),
        user: app.user,
        username: DEMO_USER,
        password: DEMO_PASSWORD,
        institution: DEMO_INSTITUTION,
        titles: Step::ALL.into_iter().map(Step::title).collect(),
    };
    respond(StatusCode::OK, &page)
}

/// A step that has been reached.
pub(super) fn step(app: &App, walk: &Walk, progress: &Progress, step: Step) -> Response {
    let frame = Frame::of_step(app, walk, progress, step);
    match (step, &progress.back, progress.exchange(step)) {
        (Step::Back, Some(back), _) => {
            let redeemed = progress.access.is_some();
            let page = BackPage { frame, own: &app.own, back, redeemed, next: walk.place(Step::Tokens) };
            respond(StatusCode::OK, &page)
        }
        (Step::End, ..) => {
            let applications = format!("{}{APPLICATIONS}?institution={DEMO_INSTITUTION}", app.service);
            respond(StatusCode::OK, &EndPage { frame, applications, next: walk.place(Step::After) })
        }
        (_, _, Some(exchange)) => {
            let told = Told::of(walk, progress, step, exchange);
            respond(StatusCode::OK, &ExchangePage { frame, exchange, told })
        }
        (_, answered, None) => {
            let page = AskPage {
                frame,
                asked: &walk.asked,
                answered: answered.is_some(),
                next: walk.place(Step::Back),
                user: app.user,
                username: DEMO_USER,
                password: DEMO_PASSWORD,
            };
            respond(StatusCode::OK, &page)
        }
    }
}

fn message(app: &App, status: StatusCode, title: &str, what: &str, advice: &str) -> Response {
    respond(status, &Message { frame: Frame::new(app, title), what, advice })
}

/// Another path.
pub(super) fn nothing_here(app: &App) -> Response {
    let what = "The demo application has no such page, or takes no such request there.";
    message(app, StatusCode::NOT_FOUND, "There is nothing here", what, "Begin again, or go back to the first page.")
}

/// A walk of another browser, or one that is not kept any more.
pub(super) fn unknown_walk(app: &App) -> Response {
    let what = "This browser is on no such walk. The server was started again since, many walks have begun since, or the browser \
                keeps no cookies.";
    message(
        app,
        StatusCode::NOT_FOUND,
        "This walk is over",
        what,
        "Begin again. What you allowed before is still allowed.",
    )
}

/// An answer to no request of this browser.
pub(super) fn foreign_answer(app: &App) -> Response {
    let what = "The answer belongs to no request of this browser: its state is missing or another one. The server was started \
                again since, the sign-in began in another browser, or another site sent you here. The application redeems nothing.";
    message(app, StatusCode::BAD_REQUEST, "This answer is not expected", what, "Begin again in this browser.")
}

/// The service gives no answer.
pub(super) fn not_reached(app: &App, reason: &str) -> Response {
    let what = format!("The local server gives no answer: {}.", told::reason(reason));
    let advice =
        "Look at the terminal where it runs. Start it again if it has ended: latchkey serve. Then begin again.";
    message(app, StatusCode::BAD_GATEWAY, "The service does not answer", &what, advice)
}

/// A request that the port does not take.
pub(super) fn refused(app: &App, refusal: &Refusal) -> Response {
    let (what, advice) = match refusal.name {
        "origin_not_allowed" => (
            "A page of another site sent this request. The demo application takes forms from its own pages only.",
            format!("Open {}/ yourself, and press the button there.", app.own),
        ),
        _ => (refusal.message.as_str(), format!("Open {}/.", app.own)),
    };
    message(app, refusal.status, "The request is refused", what, &advice)
}
