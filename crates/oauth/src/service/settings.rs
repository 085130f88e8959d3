//! The settings: each environment variable, what it may be, who reads it, and how a deployment sets it. A file a group.

mod authorizer;
mod check;
mod commands;
mod metadata;
mod pages;
mod storage;
mod tokens;

use crate::service::setting::value;
use crate::service::{Function, key_sets};

pub use authorizer::*;
pub use check::*;
pub use commands::*;
pub use metadata::*;
pub use pages::*;
pub use storage::*;
pub use tokens::*;

pub use crate::service::key_sets::{PAGES_KMS_KEY, SEALING_KMS_KEY};
pub use crate::service::setting::{Default, Deployed, Elsewhere, Kind, Parameter, Setting};

/// A form of the pages can be sent for so long, seconds, and a session is not shorter.
pub const FORM_SECONDS: u64 = 600;

/// What `clock_skew_seconds` may be, seconds.
pub const MAX_CLOCK_SKEW: u64 = 3600;

const GROUPS: [&[Setting]; 9] = [
    storage::TABLES,
    key_sets::KMS_KEYS,
    storage::KEYS,
    tokens::ALL,
    pages::ALL,
    metadata::ALL,
    authorizer::ALL,
    check::ALL,
    commands::ALL,
];

/// What the operator's commands need to know of a deployment's settings: the output for them has these.
pub const OF_OPERATORS: [Setting; 6] =
    [SEALING_KEY_NAMES, OLD_KEYS, CHECK_TOKEN_CLIENT, ACCESS_TOKEN_SECONDS, TOKEN_CACHE_SECONDS, ISSUER];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
};

/// Each of them, in the order of deployments and documents.
pub const ALL: [Setting; COUNT] = {
    let mut all = [CLIENTS_TABLE; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut member = 0;
        while member < GROUPS[group].len() {
            all[at] = GROUPS[group][member];
            (at, member) = (at + 1, member + 1);
        }
        group += 1;
    }
    all
};

use Function::{Authorize, Authorizer, Introspect, Issue, Refresh, Revoke};

const DAY: u64 = 24 * 60 * 60;
const YEAR: u64 = 366 * DAY;

/// All that make tokens or codes.
const MAKING: &[Function] = &[Issue, Refresh, Authorize];
/// Every function except the authorizer, which has no key and reads no users.
const SERVICE: &[Function] = &[Issue, Refresh, Authorize, Introspect, Revoke];

const TOKENS: &str = "Tokens";
const PAGES: &str = "Sign-in pages";
const METADATA: &str = "Metadata document";
const SIGNATURES: &str = "Signatures";
const AUTHORIZER: &str = "Authorizer";
const CHECKS: &str = "Checks";

const PARAMETER: Parameter =
    Parameter { sam: "", terraform: "", group: "", more: "", pattern: "", most: None, constraint: "", elsewhere: None };

const fn by(parameter: Parameter) -> Option<Deployed> {
    Some(Deployed { parameter: Some(parameter), sam: "", terraform: "", noted: "", comment: "" })
}

const fn by_number(group: &'static str, sam: &'static str, terraform: &'static str) -> Option<Deployed> {
    by(Parameter { sam, terraform, group, ..PARAMETER })
}
