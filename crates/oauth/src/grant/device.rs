//! What a device without a browser asked for (RFC 8628): the state of its grant until it has its tokens.

use crate::grant::{Grant, Institutions, Principal, Redeemed};
use crate::token::{GrantId, TokenHash};

/// What a grant knows of the device that began it.
#[derive(Clone)]
pub struct Device {
    /// Hash of the device code's secret part.
    pub hash: TokenHash,
    /// When neither code counts any more.
    pub expires_at: u64,
    /// What the user said.
    pub answer: Option<Answer>,
    /// The last poll that was noted.
    pub poll: Option<Poll>,
    /// When and by which request the device code was redeemed.
    pub redeemed: Option<Redeemed>,
}

/// What the user said, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Allowed(u64),
    /// No.
    Denied(u64),
}

/// A poll that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poll {
    /// When, POSIX seconds.
    pub at: u64,
    /// How long the device must wait between two polls, seconds.
    pub interval: u64,
}

/// A user's yes, as the store writes it: under the condition that none answered before, and that the codes still count.
pub struct Permission {
    /// The grant.
    pub id: GrantId,
    /// The institutions: those of the request, or the user's choice.
    pub institutions: Institutions,
    /// The user.
    pub principal: Principal,
    /// The longest life of a refresh token, seconds, where the user's institution has one.
    pub refresh_seconds: Option<u64>,
    /// When.
    pub at: u64,
}

impl Grant {
    /// Whether a user may still answer: the user code counts.
    pub fn waits_for_user(&self, not_before: u64, now: u64) -> bool {
        let waits = |device: &Device| device.answer.is_none() && now < device.expires_at.min(self.expires_at);
        self.device.as_ref().is_some_and(waits) && self.revoked_at.is_none() && !self.is_before(not_before)
    }
}
