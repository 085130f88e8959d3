//! Randomness: the one place that draws it.

use latchkey_oauth::error::Unavailable;

/// Fresh random bytes from the operating system: the one place where randomness is drawn.
pub fn random<const N: usize>() -> Result<[u8; N], Unavailable> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Unavailable::NoRandomness)?;
    Ok(bytes)
}
