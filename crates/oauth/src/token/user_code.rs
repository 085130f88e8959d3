//! The code that a device shows and a user types (RFC 8628 section 6.1): short, in letters that are not mistaken for others, and
//! that make no words.

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// The letters of RFC 8628 section 6.1.
pub const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// The longest text that is looked at, bytes.
const MAX_TYPED: usize = 64;

/// A user code: eight letters, 34.5 random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserCode([u8; LENGTH]);

impl UserCode {
    /// Makes one of random bytes. Each code is as probable as any other to within 2^-93.
    pub fn random(bytes: [u8; 16]) -> Self {
        let mut number = u128::from_be_bytes(bytes);
        Self(std::array::from_fn(|_| {
            let letter = LETTERS[usize::try_from(number % 20).unwrap_or_default()];
            number /= 20;
            letter
        }))
    }

    /// Reads what a user typed, in either case, with whatever separates the letters; `None` where no code can be meant.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_TYPED {
            return None;
        }
        let mut letters = typed.chars().filter(|character| character.is_alphanumeric());
        let mut code = [0; LENGTH];
        for place in &mut code {
            let letter = u8::try_from(letters.next()?).ok()?.to_ascii_uppercase();
            *place = LETTERS.contains(&letter).then_some(letter)?;
        }
        letters.next().is_none().then_some(Self(code))
    }

    /// The code as it is shown: `WDJB-MJHT`.
    pub fn text(&self) -> String {
        let letters = |half: &[u8]| half.iter().map(|letter| char::from(*letter)).collect::<String>();
        let (first, second) = self.0.split_at(LENGTH / 2);
        format!("{}-{}", letters(first), letters(second))
    }

    pub(super) fn letters(&self) -> &[u8] {
        &self.0
    }
}

/// It says nothing of the letters: an error or a log must not.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

impl Serialize for UserCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for UserCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no user code"))
    }
}
