//! The accounts that a browser has signed in to: by them it is known, for a year after each sign-in. Guesses from elsewhere do
//! not keep such a browser out of the account.

use sha2::{Digest, Sha256};

#[cfg(test)]
mod tests;

use super::DEVICES;
use crate::secret::sealed_text::{open_bytes, seal_bytes};
use crate::secret::{Keyring, NONCE_BYTES, SealError, Sealed};
use crate::sign_in::SignIn;
use crate::sign_in::attempts::YEAR;
use crate::user::User;

/// Of a browser's name at an account, bytes. The names of one account's browsers must differ.
pub const DEVICE_BYTES: usize = 8;
/// What a browser is known by at one account.
pub type DeviceId = [u8; DEVICE_BYTES];
/// Of the mark of what a user signs in with, bytes.
const MARK_BYTES: usize = 8;
/// What a user signs in with, by its hash: a browser is known for as long as it is the same.
pub type DeviceMark = [u8; MARK_BYTES];

/// A browser that has signed in to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is known by.
    pub id: DeviceId,
    /// What its user signed in with.
    pub mark: DeviceMark,
}

/// The mark of what a user signs in with: the password, and the second factor as it is sealed. Who had an earlier password made
/// known browsers with it, so none of them is known by a new one.
pub fn mark(user: Option<&User>) -> DeviceMark {
    let mut hash = Sha256::new_with_prefix("latchkey known browser\n");
    hash.update(user.and_then(|user| user.sign_in.as_ref()).map_or("", SignIn::stored));
    if let Some(Sealed { key, bytes }) = user.and_then(|user| user.second_factor.as_ref()) {
        hash.update(format!("\n{key}\n"));
        hash.update(bytes);
    }
    let hash = hash.finalize();
    std::array::from_fn(|at| hash[at])
}

/// The accounts that are kept. The browser of a reading room forgets those that signed in longest ago; the cookie stays small.
const MOST: usize = 16;
/// Of the hash of an account, bytes.
const ACCOUNT_BYTES: usize = 16;
const END_BYTES: usize = 4;
const ENTRY_BYTES: usize = ACCOUNT_BYTES + DEVICE_BYTES + MARK_BYTES + END_BYTES;
/// What the content begins with, so that a version can tell its own. The entries of 1 had no mark: their browsers are unknown.
const VERSION: u8 = 2;

type AccountHash = [u8; ACCOUNT_BYTES];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    account: AccountHash,
    device: Device,
    /// POSIX seconds, a year after the sign-in. Until the year 2106 they have four bytes.
    ends_at: u32,
}

/// What the cookie holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices(Vec<Entry>);

/// Institution and username are hashed: both may be long.
fn account((institution_id, username): (&str, &str)) -> AccountHash {
    // Neither has a line feed.
    let hash = Sha256::digest(format!("{institution_id}\n{username}"));
    std::array::from_fn(|at| hash[at])
}

impl Devices {
    /// What the browser is known by at the account of this institution and username; none where it is unknown.
    pub fn at(&self, user: (&str, &str)) -> Option<Device> {
        let account = account(user);
        self.0.iter().find(|entry| entry.account == account).map(|entry| entry.device)
    }

    /// The same, once the user has signed in, with a fresh random id.
    pub fn signed_in(&self, user: (&str, &str), device: Device, now: u64) -> Self {
        let account = account(user);
        let ends_at = u32::try_from(now.saturating_add(YEAR)).unwrap_or(u32::MAX);
        let others = self.0.iter().filter(|entry| entry.account != account).take(MOST - 1).cloned();
        Self([Entry { account, device, ends_at }].into_iter().chain(others).collect())
    }

    /// The cookie's value.
    pub fn seal(&self, keyring: &Keyring, nonce: [u8; NONCE_BYTES]) -> Result<String, SealError> {
        let mut bytes = vec![VERSION];
        for Entry { account, device: Device { id, mark }, ends_at } in &self.0 {
            bytes.extend(account);
            bytes.extend(id);
            bytes.extend(mark);
            bytes.extend(ends_at.to_be_bytes());
        }
        seal_bytes(&bytes, DEVICES, keyring, nonce)
    }

    /// Reads a cookie's value, without what has ended, by itself or because the user signed in before the deployment's time
    /// `not_before`; `None` where it is not ours.
    pub fn open(text: &str, keyring: &Keyring, not_before: u64, now: u64) -> Option<Self> {
        let bytes = open_bytes(text, DEVICES, keyring)?;
        let (entries, rest) = bytes.strip_prefix(&[VERSION])?.as_chunks::<ENTRY_BYTES>();
        let entry = |bytes: &[u8; ENTRY_BYTES]| {
            let (account, rest) = bytes.split_first_chunk()?;
            let (id, rest) = rest.split_first_chunk()?;
            let (mark, end) = rest.split_first_chunk()?;
            let device = Device { id: *id, mark: *mark };
            Some(Entry { account: *account, device, ends_at: u32::from_be_bytes(end.try_into().ok()?) })
        };
        let is_good = |entry: &Entry| {
            let end = u64::from(entry.ends_at);
            now < end && end.saturating_sub(YEAR) >= not_before
        };
        let entries: Vec<_> = entries.iter().filter_map(entry).filter(is_good).collect();
        rest.is_empty().then_some(Self(entries))
    }
}
