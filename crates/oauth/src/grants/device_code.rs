//! The device grant (RFC 8628): a device without a browser asks, a user allows it with another machine's, and the device polls.

use crate::client::Client;
use crate::client_auth::replay::Replay;
use crate::error::{Denial, DeviceError, FormError, Sent};
use crate::grant::device::{Answer, Device, Permission, Poll};
use crate::grant::{Grant, Institutions, Principal, Redemption};
use crate::grant_type::GrantType;
use crate::grants::authorization_code::redeem::{Denied, check_unused, redemption};
use crate::grants::authorization_code::request::Request;
use crate::grants::{Entropy, TokenResponse, check_grant_type, check_institutions, check_scope};
use crate::scope::Scope;
use crate::settings::Settings;
use crate::token::{GrantId, Kind, Minted, SECRET_BYTES, Unverified, UserCode};

#[cfg(test)]
mod tests;

/// Life of both codes, seconds. A user walks to another machine and signs in there.
pub const DEVICE_CODE_SECONDS: u64 = 900;
/// How long a device must wait between two polls at first, seconds (RFC 8628 section 3.2).
pub const INTERVAL: u64 = 5;
/// What each poll that comes too early adds, seconds (RFC 8628 section 3.5).
const SLOWER: u64 = 5;
/// The interval grows no further. So it bounds how often a device that asks all the time has something written.
const LONGEST_INTERVAL: u64 = 60;
/// A poll is noted if the last one that was noted is so long ago, seconds, and not each one: a write for every poll would cost
/// more than the grant. A device that asks too often does so within any stretch of this length.
const NOTED: u64 = 30;
/// The item stays so long after both codes have ended, seconds: the device learns that they have, and nobody else gets the same
/// user code.
const KEPT: u64 = 900;

/// Begins a grant of a device: its item, and the device code. `institutions` are none where the user is to choose.
pub fn begin(
    client: &Client,
    scope: &str,
    institutions: Option<Institutions>,
    user_code: &UserCode,
    secret: &[u8; SECRET_BYTES],
    now: u64,
) -> Result<(Grant, Minted), Denial> {
    check_grant_type(client, GrantType::DeviceCode)?;
    let scope = Scope::parse(scope).ok_or_else(|| Denial::ScopeMalformed(Sent::of(scope)))?;
    check_scope(client, &scope)?;
    if let Some(institutions) = &institutions {
        check_institutions(client, institutions)?;
    }
    let id = GrantId::of_user_code(user_code);
    let code = Minted::new(Kind::Device, id, None, secret);
    let expires_at = now.saturating_add(DEVICE_CODE_SECONDS);
    let device = Device { hash: code.hash, expires_at, answer: None, poll: None, redeemed: None };
    let grant = Grant {
        id,
        client_id: client.id.clone(),
        grant_type: GrantType::DeviceCode,
        institutions: institutions.unwrap_or_default(),
        principal: None,
        scope,
        refresh_seconds: None,
        created_at: now,
        code: None,
        device: Some(device),
        access: None,
        access_revoked_at: None,
        refresh: None,
        revoked_at: None,
        expires_at: expires_at.saturating_add(KEPT),
    };
    Ok((grant, code))
}

/// A user's yes to what the pages asked. The registration may have shrunk since the device asked.
pub fn allow(
    client: &Client,
    request: &Request,
    principal: Principal,
    refresh_seconds: Option<u64>,
    now: u64,
) -> Result<Permission, Denial> {
    let code = request.device.ok_or(Denial::Form(FormError::Forged))?;
    let institutions = request.institutions.clone().ok_or(Denial::Form(FormError::Forged))?;
    check_grant_type(client, GrantType::DeviceCode)?;
    check_institutions(client, &institutions)?;
    check_scope(client, &request.scope)?;
    Ok(Permission { id: GrantId::of_user_code(&code), institutions, principal, refresh_seconds, at: now })
}

/// Why a poll gets no tokens.
pub enum NoTokens {
    /// The user has not answered. The poll is noted where it must be.
    Waits(Denial, Option<Poll>),
    /// It is refused.
    Denied(Denied),
}

impl From<Denied> for NoTokens {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Denial> for NoTokens {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial.into())
    }
}

/// Decides what a device is answered that asks for its tokens. Registration, institutions and scope are looked at once more.
pub fn poll(
    client: &Client,
    grant: Option<&Grant>,
    code: Option<Unverified>,
    replay: &Replay,
    settings: &Settings,
    entropy: &Entropy,
    now: u64,
) -> Result<(Redemption, TokenResponse), NoTokens> {
    check_grant_type(client, GrantType::DeviceCode)?;
    let (grant, device) = presented(client, grant, code).ok_or(Denial::CodeUnknown)?;
    check_unused(client, grant, replay, settings)?;
    if matches!(device.answer, Some(Answer::Denied(_))) {
        return Err(Denial::from(DeviceError::Denied).into());
    }
    if now >= device.expires_at.min(grant.expires_at) {
        return Err(Denial::from(DeviceError::Expired).into());
    }
    if device.answer.is_none() {
        let (error, noted) = wait(device.poll, now);
        return Err(NoTokens::Waits(error.into(), noted));
    }
    check_institutions(client, &grant.institutions)?;
    Ok(redemption(client, grant, replay, settings, entropy, now)?)
}

/// What a device is told while nobody has answered, and what is noted of its poll.
fn wait(last: Option<Poll>, now: u64) -> (DeviceError, Option<Poll>) {
    let since = last.map(|last| (last, now.saturating_sub(last.at)));
    match since {
        Some((last, since)) if since < last.interval => {
            let interval = last.interval.saturating_add(SLOWER).min(LONGEST_INTERVAL);
            let noted = (interval > last.interval).then_some(Poll { at: last.at, interval });
            (DeviceError::TooOften { interval }, noted)
        }
        Some((last, since)) if since < NOTED.max(last.interval) => (DeviceError::Pending, None),
        _ => {
            let interval = last.map_or(INTERVAL, |last| last.interval);
            (DeviceError::Pending, Some(Poll { at: now, interval }))
        }
    }
}

/// The grant, if the presented code is its device code and was made for this client.
fn presented<'a>(
    client: &Client,
    grant: Option<&'a Grant>,
    presented: Option<Unverified>,
) -> Option<(&'a Grant, &'a Device)> {
    let (grant, presented) = (grant?, presented?);
    let device = grant.device.as_ref()?;
    let theirs = presented.kind == Kind::Device && device.hash.matches(&presented.hash) && grant.client_id == client.id;
    theirs.then_some((grant, device))
}
