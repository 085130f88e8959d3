//! The guard: the authorizer's check as a tower layer, for axum APIs that have no gateway in front.
//!
//! ```no_run
//! # async fn serve(store: latchkey_dynamodb::store::Store) {
//! use latchkey_guard::{Bearer, Checker};
//! use latchkey_guard::Guard;
//! use latchkey_oauth::scope::Scope;
//!
//! let Some(scope) = Scope::parse("WMS_NCIP") else { return };
//! let guard = Guard::new(Checker::new(store, 0), scope);
//! let api: axum::Router = axum::Router::new()
//!     .route("/loans", axum::routing::get(|axum::Extension(bearer): axum::Extension<Bearer>| async move {
//!         bearer.client_id
//!     }))
//!     .layer(guard);
//! # }
//! ```

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::bearer::{Bearer, Checker};
use latchkey_dynamodb::store::Usage;
use latchkey_oauth::error::Denial;
use latchkey_oauth::response;
use latchkey_oauth::scope::Scope;

/// Lets requests with a good access token pass, with a [`Bearer`] in their extensions, and answers all others as RFC 6750
/// says.
#[derive(Clone)]
pub struct Guard {
    checker: Arc<Checker>,
    required: Option<Arc<Scope>>,
    clock: fn() -> u64,
}

impl Guard {
    /// Asks for every token of `required`.
    pub fn new(checker: Checker, required: Scope) -> Self {
        Self::any(checker).requiring(required)
    }

    /// Lets any good access token pass.
    pub fn any(checker: Checker) -> Self {
        Self { checker: Arc::new(checker), required: None, clock: latchkey_dynamodb::clock::now }
    }

    /// The same guard, asking for another scope: for another route.
    pub fn requiring(&self, required: Scope) -> Self {
        Self { required: Some(Arc::new(required)), ..self.clone() }
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { guard: self.clone(), inner }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S, Body, Answer> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Answer>> + Clone + Send + 'static,
    S::Future: Send,
    Body: Send + 'static,
    Answer: From<Bytes>,
{
    type Response = Response<Answer>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let guard = self.guard.clone();
        // The service that was polled is the one to call.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            let headers = request.headers().get_all(AUTHORIZATION).iter().collect::<Vec<_>>();
            let checked: Result<Bearer, Denial> = match headers.as_slice() {
                [] | [_] => {
                    let header = headers.first().map(|value| value.as_bytes());
                    let mut usage = Usage::default();
                    guard.checker.check(header, guard.required.as_deref(), (guard.clock)(), &mut usage).await
                }
                _ => Err(Denial::TokenInactive),
            };
            match checked {
                Ok(bearer) => {
                    request.extensions_mut().insert(bearer);
                    inner.call(request).await
                }
                Err(denial) => Ok(response::bearer_denial(&denial, guard.required.as_deref()).map(Answer::from)),
            }
        })
    }
}
