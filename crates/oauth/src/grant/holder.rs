//! The holder: a short name of a user, by which the table of tokens finds the grants that the user consented to.
//!
//! It hides nothing: a grant has both names in clear beside it.

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

use crate::grant::Principal;

/// Of a holder, bytes.
pub const HOLDER_BYTES: usize = 16;

impl Principal {
    /// The first 16 bytes of SHA-256 over namespace and id, each after its length in bytes as eight bytes, most significant
    /// first. So no two users write the same text. A grant of an early version holds the names as they came, and they are
    /// composed here.
    pub fn holder(&self) -> [u8; HOLDER_BYTES] {
        let Self { id, idns } = Self::new(&self.id, &self.idns);
        let hash = [idns, id].iter().fold(Sha256::new(), |hash, text| {
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
            hash.chain_update(length.to_be_bytes()).chain_update(text)
        });
        let hash = hash.finalize();
        std::array::from_fn(|at| hash[at])
    }
}
