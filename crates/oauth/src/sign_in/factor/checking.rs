//! How codes by time are computed and compared.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{Code, Codes, DIGITS, SECRET_BYTES, STEP, Used};

/// Holds a code against a secret and what was taken before. Without a secret no code is right, after the same work.
pub fn check(secret: Option<&[u8]>, code: Option<&Code>, codes: &Codes, now: u64) -> Option<Used> {
    let typed = match code {
        Some(Code::Time(digits)) => *digits,
        _ => [0; DIGITS],
    };
    let present = now / STEP;
    let mut fitting = None;
    // One step either way (RFC 6238 section 5.2): clocks differ, and typing takes time.
    for step in [present.saturating_sub(1), present, present.saturating_add(1)] {
        let fits = bool::from(time_code(secret.unwrap_or(&[0; SECRET_BYTES]), step).ct_eq(&typed));
        let is_new = codes.last_step.is_none_or(|last| last < step);
        if fits && is_new && fitting.is_none() {
            fitting = Some(step);
        }
    }
    secret?;
    match code? {
        Code::Time(_) => fitting.map(Used::Time),
        Code::Recovery(hash) => codes.recovery.contains(hash).then_some(Used::Recovery(*hash)),
        Code::Other => None,
    }
}

/// The code of a step, in digits (RFC 4226 section 5.3).
pub(super) fn time_code(secret: &[u8], step: u64) -> [u8; DIGITS] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return [0; DIGITS] };
    mac.update(&step.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let offset = usize::from(mac[19] & 0xf);
    let number = mac[offset..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let mut left = number & 0x7fff_ffff;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add((left % 10) as u8);
        left /= 10;
    }
    digits
}
