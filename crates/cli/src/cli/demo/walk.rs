//! The walks: one for each press of the button that begins. Each tab of a browser may be on one of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::ask::Asked;
use super::back::Back;
use super::exchange::Exchange;
use latchkey_dynamodb::random;
use latchkey_oauth::error::Unavailable;

/// How many walks are kept. The oldest gives way.
const KEPT: usize = 100;

/// A step of a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The authorization request.
    Ask,
    /// The authorization response.
    Back,
    /// The redemption of the code.
    Tokens,
    /// A refresh.
    Refresh,
    /// An introspection.
    Introspect,
    /// The user ends the access, at the service.
    End,
    /// A refresh after that.
    After,
}

impl Step {
    /// Each, in their order.
    pub(super) const ALL: [Self; 7] =
        [Self::Ask, Self::Back, Self::Tokens, Self::Refresh, Self::Introspect, Self::End, Self::After];

    /// Its name in an address.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Back => "code",
            Self::Tokens => "tokens",
            Self::Refresh => "refresh",
            Self::Introspect => "introspect",
            Self::End => "end",
            Self::After => "after",
        }
    }

    /// Its name for a reader.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Ask => "Sign in and allow",
            Self::Back => "The browser comes back with a code",
            Self::Tokens => "Redeem the code",
            Self::Refresh => "Refresh the access token",
            Self::Introspect => "Introspect the access token",
            Self::End => "End the access",
            Self::After => "Refresh again",
        }
    }
}

/// A walk of a browser.
pub(super) struct Walk {
    pub(super) number: u64,
    /// The cookie of the browser that it belongs to.
    pub(super) browser: String,
    pub(super) asked: Asked,
    /// It is held while a request is under way.
    pub(super) progress: tokio::sync::Mutex<Progress>,
}

impl Walk {
    /// Where a step is shown.
    pub(super) fn place(&self, step: Step) -> String {
        format!("/walk/{}/{}", self.number, step.slug())
    }
}

/// How far a walk has come.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) back: Option<Back>,
    /// The access token that came last.
    pub(super) access: Option<String>,
    /// The refresh token.
    pub(super) refresh: Option<String>,
    /// The last exchange of each step.
    exchanges: Vec<(Step, Exchange)>,
}

impl Progress {
    /// The last exchange of a step.
    pub(super) fn exchange(&self, step: Step) -> Option<&Exchange> {
        self.exchanges.iter().find(|(known, _)| *known == step).map(|(_, exchange)| exchange)
    }

    /// Keeps an exchange and the tokens that it brought.
    pub(super) fn keep(&mut self, step: Step, exchange: Exchange) {
        let token = |name| exchange.member(name).map(str::to_owned);
        if let Some(access) = token("access_token") {
            self.access = Some(access);
        }
        if let Some(refresh) = token("refresh_token") {
            self.refresh = Some(refresh);
        }
        self.exchanges.retain(|(known, _)| *known != step);
        self.exchanges.push((step, exchange));
    }

    /// Whether a step has anything to show.
    pub(super) fn has_reached(&self, step: Step) -> bool {
        match step {
            Step::Ask => true,
            Step::Back => self.back.is_some(),
            Step::End => self.refresh.is_some(),
            Step::Tokens | Step::Refresh | Step::Introspect | Step::After => self.exchange(step).is_some(),
        }
    }

    /// The last step that has, and that the reader did not only have to read.
    pub(super) fn furthest(&self) -> Step {
        let mut steps = Step::ALL.into_iter().rev().filter(|step| *step != Step::End);
        steps.find(|step| self.has_reached(*step)).unwrap_or(Step::Ask)
    }
}

/// The walks of every browser, the newest first.
#[derive(Default)]
pub(super) struct Walks(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    begun: u64,
    walks: VecDeque<Arc<Walk>>,
}

impl Walks {
    /// Begins a walk. A browser keeps its cookie, if a walk is known by it: nothing that another server or page has set counts.
    pub(super) fn begin(&self, browser: &str, asked: Asked) -> Result<Arc<Walk>, Unavailable> {
        let fresh = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.walks.iter().any(|walk| walk.browser == browser);
        let browser = if known { browser.to_owned() } else { fresh };
        kept.begun += 1;
        let walk = Arc::new(Walk { number: kept.begun, browser, asked, progress: Default::default() });
        kept.walks.push_front(walk.clone());
        kept.walks.truncate(KEPT);
        Ok(walk)
    }

    /// The walks of a browser.
    pub(super) fn of(&self, browser: &str) -> Vec<Arc<Walk>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.walks.iter().filter(|walk| walk.browser == browser).cloned().collect()
    }
}
