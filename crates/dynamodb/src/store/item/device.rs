//! What a grant's item holds of a redemption, and of the device that began it. The hash and the end of the device code have the
//! names of a code's.

use super::{DAMAGED, Read, Reading, Writing, binary, number};
use latchkey_oauth::grant::device::{Answer, Device, Poll};
use latchkey_oauth::grant::{Redeemed, StoredToken};
use latchkey_oauth::replay::ReplayKey;

/// When the user said yes.
pub(in crate::store) const ALLOWED_AT: &str = "allowed_at";
/// When the user said no.
pub(in crate::store) const DENIED_AT: &str = "denied_at";
/// When the last poll that was noted came.
pub(in crate::store) const POLLED_AT: &str = "polled_at";
/// How long the device must wait between two polls, seconds.
pub(in crate::store) const POLL_INTERVAL: &str = "poll_interval";

impl Writing {
    pub(super) fn redeemed(&mut self, redeemed: Option<&Redeemed>) {
        if let Some(Redeemed { at, by }) = redeemed {
            self.put("redeemed_at", number(*at));
            self.maybe("redeemed_by", by.as_ref().map(|by| binary(by.as_slice())));
        }
    }

    pub(super) fn device(&mut self, device: &Device) {
        let Device { hash, expires_at, answer, poll, redeemed } = device;
        self.live("code", Some(&StoredToken { hash: *hash, expires_at: *expires_at }));
        match answer {
            Some(Answer::Allowed(at)) => self.put(ALLOWED_AT, number(*at)),
            Some(Answer::Denied(at)) => self.put(DENIED_AT, number(*at)),
            None => {}
        }
        if let Some(Poll { at, interval }) = poll {
            self.put(POLLED_AT, number(*at));
            self.put(POLL_INTERVAL, number(*interval));
        }
        self.redeemed(redeemed.as_ref());
    }
}

impl Reading<'_> {
    pub(super) fn redeemed(self) -> Read<Option<Redeemed>> {
        let Some(at) = self.maybe_number("redeemed_at")? else { return Ok(None) };
        Ok(Some(Redeemed { at, by: self.maybe_bytes("redeemed_by", ReplayKey::from_slice)? }))
    }

    pub(super) fn device(self) -> Read<Device> {
        let live = self.live("code")?.ok_or(DAMAGED)?;
        let answer = match (self.maybe_number(ALLOWED_AT)?, self.maybe_number(DENIED_AT)?) {
            (Some(at), None) => Some(Answer::Allowed(at)),
            (None, Some(at)) => Some(Answer::Denied(at)),
            (None, None) => None,
            (Some(_), Some(_)) => return Err(DAMAGED),
        };
        // Tokens that no user allowed, or that are nobody's.
        let is_allowed = matches!(answer, Some(Answer::Allowed(_)));
        if is_allowed != self.maybe_text("principal_id")?.is_some() {
            return Err(DAMAGED);
        }
        let poll = match self.maybe_number(POLLED_AT)? {
            Some(at) => Some(Poll { at, interval: self.number(POLL_INTERVAL)? }),
            None => None,
        };
        let redeemed = self.redeemed()?;
        if redeemed.is_some() && !is_allowed {
            return Err(DAMAGED);
        }
        Ok(Device { hash: live.hash, expires_at: live.expires_at, answer, poll, redeemed })
    }
}
