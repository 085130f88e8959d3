//! The members of a JSON object, each once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An object: names, and values as they are written.
#[derive(Debug)]
pub struct Members<'a>(Vec<(String, &'a RawValue)>);

/// Why a text is no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not JSON, or not an object.
    NotAnObject,
    /// It has a member twice. Two readers could read two different ones (RFC 7515 section 4, RFC 7519 section 4).
    Repeated(String),
}

/// A value is of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherType;

impl<'a> Members<'a> {
    /// Reads an object in UTF-8.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, Fault> {
        Self::parse(std::str::from_utf8(bytes).map_err(|_| Fault::NotAnObject)?)
    }

    /// Reads an object.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        let Pairs(mut pairs) = serde_json::from_str(text).map_err(|_| Fault::NotAnObject)?;
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let repeated = pairs.windows(2).find_map(|pair| match pair {
            [(one, _), (other, _)] if one == other => Some(one.clone()),
            _ => None,
        });
        repeated.map_or(Ok(Self(pairs)), |name| Err(Fault::Repeated(name)))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// Whether it has the member.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A member that is a text.
    pub fn text(&self, name: &str) -> Result<Option<String>, OtherType> {
        self.get(name).map(|raw| serde_json::from_str(raw).map_err(|_| OtherType)).transpose()
    }

    /// A member that is true or false.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, OtherType> {
        self.get(name).map(|raw| serde_json::from_str(raw).map_err(|_| OtherType)).transpose()
    }

    /// A member that is a list of texts.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, OtherType> {
        self.get(name).map(|raw| serde_json::from_str(raw).map_err(|_| OtherType)).transpose()
    }

    /// A member that is a list, each entry as it is written.
    pub fn list(&self, name: &str) -> Result<Option<Vec<&'a RawValue>>, OtherType> {
        self.get(name).map(|raw| serde_json::from_str(raw).map_err(|_| OtherType)).transpose()
    }

    /// A member that is a time: seconds since 1970, whose fraction does not count (RFC 7519 section 2).
    pub fn seconds(&self, name: &str) -> Result<Option<u64>, OtherType> {
        let Some(raw) = self.get(name) else { return Ok(None) };
        if let Ok(whole) = serde_json::from_str(raw) {
            return Ok(Some(whole));
        }
        let fraction: f64 = serde_json::from_str(raw).map_err(|_| OtherType)?;
        // A float beyond the integers becomes the nearest of them.
        if fraction >= 0.0 { Ok(Some(fraction as u64)) } else { Err(OtherType) }
    }
}

/// The pairs of an object in the order they came.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
