//! How commands print a client and a grant.

mod client;
mod grant;

pub(super) use client::{ClientRow, ClientView, lacks_secret};
pub(super) use grant::{GrantRow, GrantView};
