//! How the service behaves: one test binary; a file a URL, or a behaviour across all of them; tests named as sentences.
//! What the command line does is tested in `tests/cli`.
//!
//! Behaviour is tested over HTTP, against the local server and a real DynamoDB engine. With
//! `LATCHKEY_TEST_DYNAMODB_URL` set, the same tests run against the engine at that address instead of the embedded one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use proptest::test_runner::{FailurePersistence, FileFailurePersistence};

mod answers;
/// `GET` and `POST /oauth2/authorizeCode`, and the pages beside it.
mod authorize {
    mod applications;
    pub mod attempts;
    mod device;
    mod forms;
    mod guesses;
    mod help;
    mod institutions;
    mod known_browsers;
    mod languages;
    mod log_ids;
    mod pages;
    mod passwords;
    mod prompts;
    /// Sign-in by an institution's own provider.
    mod provider {
        mod counted;
        mod faults;
        mod journeys;
        mod lies;
        mod mix_up;
        mod sessions;
        mod visits;
    }
    mod redirects;
    mod requests;
    mod second_factor;
    mod sessions;
    mod sign_in;
    mod states;
}
mod authorizer;
mod bad_day;
mod benchmarks;
mod configuration;
mod cors;
mod cost;
mod damage;
mod deletions;
mod events;
mod faults;
mod first_attempts;
mod functions;
mod guard;
mod holders;
mod infrastructure;
mod introspect;
mod keys;
mod kms;
mod laws;
mod leaks;
mod metadata;
mod methods;
mod model;
mod outbound;
mod par;
mod permissions;
mod properties;
mod providers;
mod proxy;
mod races;
mod release;
mod revoke;
mod sam_local;
mod sealing;
mod stages;
mod stored;
mod third_party;
mod token_client;
/// `POST /oauth2/accessToken` and `/oauth2/refreshToken`, and the signature on every request.
mod token {
    mod aliases;
    mod assertions;
    mod caller;
    mod canonical;
    mod device;
    mod header;
    mod institutions;
    mod issue;
    mod methods;
    mod principals;
    mod redeem;
    mod refresh;
    mod stock;
    mod told;
    mod vectors;
}
mod trail;
mod writes;

/// Where proptest keeps the inputs that a property did not hold for, and looks for them first.
fn regressions(file: &'static str) -> Option<Box<dyn FailurePersistence>> {
    Some(Box::new(FileFailurePersistence::Direct(file)))
}
