//! A keyring for each set of functions, and where its keys come from.

use crate::secret::{Keyring, NamedKey, SealError, derived, keys};
use crate::service::KeySet;
use crate::settings::OldKeys;

/// The keyrings that a function or a command has.
pub struct Keyrings {
    rings: Vec<(KeySet, Keyring)>,
    empty: Keyring,
}

impl Keyrings {
    /// Of these sets.
    pub fn new(rings: Vec<(KeySet, Keyring)>) -> Self {
        Self { rings, empty: Keyring::empty() }
    }

    /// Of these sets, derived from the keys of a file (see [`keys`]). The keys of the file are the old keys.
    pub fn of_file(text: &str, sets: impl Iterator<Item = KeySet>, old: OldKeys) -> Result<Self, SealError> {
        let file = keys(text)?;
        let ring = |set: KeySet| {
            let own = file.iter().map(|(name, key)| {
                let name = set.key_name(name);
                let derived = derived(key, &name)?;
                Some((name, derived))
            });
            let own = own.collect::<Option<Vec<_>>>().ok_or(SealError::KeyMalformed)?;
            Ok((set, ring(set, own, file.clone(), old)?))
        };
        Ok(Self::new(sets.map(ring).collect::<Result<_, _>>()?))
    }

    /// Of every set, derived from the keys of a file.
    pub fn of_all(text: &str, old: OldKeys) -> Result<Self, SealError> {
        Self::of_file(text, KeySet::ALL.iter().copied(), old)
    }

    /// That of a set; one without keys, if the set is another function's.
    pub fn of(&self, set: KeySet) -> &Keyring {
        self.rings.iter().find(|(known, _)| *known == set).map_or(&self.empty, |(_, ring)| ring)
    }
}

/// A keyring of a set's own keys and of the old keys, as far as these still do something.
pub fn ring(set: KeySet, own: Vec<NamedKey>, old_keys: Vec<NamedKey>, old: OldKeys) -> Result<Keyring, SealError> {
    Keyring::new(match old {
        _ if !set.row().is_old => own,
        OldKeys::None => own,
        // A function seals for the pages only. Commands seal client secrets when every function has the new keys.
        OldKeys::Seal if set == KeySet::Pages => [old_keys, own].concat(),
        OldKeys::Open | OldKeys::Seal => [own, old_keys].concat(),
    })
}

#[cfg(test)]
mod tests;
