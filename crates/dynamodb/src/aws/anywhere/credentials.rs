//! Credentials that are loaded ahead of the requests that need them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_dynamodb::config::Credentials;
use tokio::time::Instant;

use crate::clock::now;

/// How long a source may take: a process may ask its user for a code.
pub(super) const LIMIT: Duration = Duration::from_secs(60);
/// Credentials with an end are loaded again so long before it, seconds.
const EARLY: u64 = 300;
/// Credentials without an end are loaded again after so long, seconds: their owner may have replaced them.
const LIFE: u64 = 900;
/// A source that failed is not asked again for so long while the credentials that it gave are still good.
const PAUSE: Duration = Duration::from_secs(30);

/// A source of credentials, and what it gave. It is asked in a task of its own: a request that gives up does not end the task,
/// and the next request waits for the same one. So a process starts once, however many requests wait for it.
#[derive(Clone, Debug)]
pub(super) struct Ahead(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: SharedCredentialsProvider,
    held: Mutex<Held>,
    /// One task asks at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    credentials: Option<Credentials>,
    /// POSIX seconds.
    loaded_at: u64,
    failed_at: Option<Instant>,
}

/// Why a source gave no credentials.
#[derive(Debug)]
pub(super) enum LoadError {
    /// It failed.
    Source(CredentialsError),
    /// It did not answer within the limit.
    Late,
    /// It failed a moment ago, for another request.
    Again,
}

impl Held {
    /// Returns the credentials if they are good, and whether it is time to load others.
    fn good(&self, now: u64) -> Option<(Credentials, bool)> {
        let credentials = self.credentials.clone()?;
        let end = credentials.expiry().map(|end| end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
        let due = end.map_or(self.loaded_at.saturating_add(LIFE), |end| end.saturating_sub(EARLY));
        // A source may give credentials that end soon; it is not asked at every request for that.
        let due = due.max(self.loaded_at.saturating_add(PAUSE.as_secs()));
        end.is_none_or(|end| now < end).then_some((credentials, due <= now))
    }
}

impl Ahead {
    pub(super) fn of(source: SharedCredentialsProvider) -> Self {
        Self(Arc::new(Inner { source, held: Mutex::default(), turn: tokio::sync::Mutex::default() }))
    }

    /// Loads credentials, or waits for the task that does.
    pub(super) async fn load(&self) -> Result<Credentials, LoadError> {
        let (inner, asked_at) = (self.0.clone(), Instant::now());
        let task = tokio::spawn(async move { inner.load(asked_at).await });
        task.await.unwrap_or(Err(LoadError::Again))
    }

    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let good = self.0.held(|held| {
            let paused = held.failed_at.is_some_and(|at| at.elapsed() < PAUSE);
            held.good(now()).map(|(credentials, due)| (credentials, due && !paused))
        });
        let Some((credentials, due)) = good else {
            return self.load().await.map_err(|error| match error {
                LoadError::Source(error) => error,
                LoadError::Late => CredentialsError::provider_timed_out(LIMIT),
                LoadError::Again => {
                    CredentialsError::provider_error("the source of the credentials failed a moment ago")
                }
            });
        };
        if due && self.0.turn.try_lock().is_ok() {
            let inner = self.0.clone();
            // A failure is told once the credentials end.
            tokio::spawn(async move { inner.load(Instant::now()).await.map(drop) });
        }
        Ok(credentials)
    }
}

impl Inner {
    fn held<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the source, unless another task has asked it since `asked_at`.
    async fn load(&self, asked_at: Instant) -> Result<Credentials, LoadError> {
        let _turn = self.turn.lock().await;
        if let Some((credentials, false)) = self.held(|held| held.good(now())) {
            return Ok(credentials);
        }
        if self.held(|held| held.failed_at).is_some_and(|at| asked_at <= at) {
            return Err(LoadError::Again);
        }
        let loaded = tokio::time::timeout(LIMIT, self.source.provide_credentials()).await;
        let loaded = loaded.map_err(|_| LoadError::Late).and_then(|loaded| loaded.map_err(LoadError::Source));
        self.held(|held| match &loaded {
            Ok(credentials) => {
                *held = Held { credentials: Some(credentials.clone()), loaded_at: now(), failed_at: None };
            }
            Err(_) => held.failed_at = Some(Instant::now()),
        });
        loaded
    }
}

impl ProvideCredentials for Ahead {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}
