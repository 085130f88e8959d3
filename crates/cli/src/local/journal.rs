//! The last requests, for the log and for the page of the local server.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::local::{Clock, Log};
use latchkey::log::LogLine;
use latchkey_oauth::time::instant;

/// How many requests the page shows.
const KEPT: usize = 100;

/// A request that was answered. Of its address it has what the service knows: no query, and no path that is not a route.
#[derive(Clone)]
pub(super) struct Entry {
    /// When, in UTC.
    pub(super) time: String,
    /// Method and path of the route, or what the request reached in its place.
    pub(super) what: String,
    pub(super) status: u16,
    pub(super) outcome: &'static str,
    /// Name of the refusal, and where the errors page explains it.
    pub(super) denial: Option<(&'static str, &'static str)>,
    pub(super) client_id: Option<String>,
    pub(super) claimed_client_id: Option<String>,
    pub(super) grant_type: Option<&'static str>,
    pub(super) request_id: Option<String>,
}

/// Takes each request's line, gives it the time, and passes it on.
pub(super) struct Journal {
    clock: Clock,
    log: Log,
    last: Mutex<VecDeque<Entry>>,
}

impl Journal {
    pub(super) fn new(clock: Clock, log: Log) -> Self {
        Self { clock, log, last: Mutex::default() }
    }

    /// Enters a request for the page and for the log.
    pub(super) fn enter(&self, what: &str, mut line: LogLine) {
        let time = instant((self.clock)().seconds());
        line.time = Some(time.clone());
        self.keep(Entry {
            time,
            what: what.to_owned(),
            status: line.status,
            outcome: line.outcome.as_str(),
            denial: line.denial.zip(line.anchor),
            client_id: line.client_id.clone(),
            claimed_client_id: line.claimed_client_id.clone(),
            grant_type: line.grant_type.map(|grant_type| grant_type.as_str()),
            request_id: line.request_id.clone(),
        });
        (self.log)(line);
    }

    /// Enters a request that reached no function, for the page alone: the gateway's log in the cloud has no line either.
    pub(super) fn enter_unrouted(&self, what: &str, status: u16, request_id: &str) {
        self.keep(Entry {
            time: instant((self.clock)().seconds()),
            what: what.to_owned(),
            status,
            outcome: "denied",
            denial: None,
            client_id: None,
            claimed_client_id: None,
            grant_type: None,
            request_id: Some(request_id.to_owned()),
        });
    }

    fn keep(&self, entry: Entry) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_front(entry);
        last.truncate(KEPT);
    }

    /// The last requests, the newest first.
    pub(super) fn last(&self) -> Vec<Entry> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
