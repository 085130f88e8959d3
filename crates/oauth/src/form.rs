//! `application/x-www-form-urlencoded`: a query or a form to pairs, and text as it is encoded in one.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

#[cfg(test)]
mod tests;

/// Every character except the unreserved ones of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The most pairs that are read: more than any request has a use for.
pub const MAX_PAIRS: usize = 64;

/// Why a query or form is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairsError {
    /// A pair is not UTF-8 text once it is decoded.
    NotText,
    /// There are more than [`MAX_PAIRS`].
    TooMany,
}

/// The pairs of an `application/x-www-form-urlencoded` text, decoded once, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Pairs<'a> {
    /// Splits at `&`, then at the first `=`; `+` is a blank; a pair without `=` has an empty value; empty pairs are
    /// none. A library that replaced bytes that are no UTF-8 would give two different queries one signature, so such a
    /// query is refused instead.
    pub fn parse(raw: &'a [u8]) -> Result<Self, PairsError> {
        let pairs = split(raw).map(|(name, value)| Ok((decode(name)?, decode(value)?)));
        let pairs: Vec<_> = pairs.take(MAX_PAIRS + 1).collect::<Result<_, _>>()?;
        if pairs.len() > MAX_PAIRS { Err(PairsError::TooMany) } else { Ok(Self(pairs)) }
    }

    /// The same of a query that another party made, and of which only these names are looked at. Other pairs may be no text: they
    /// are left out.
    pub fn parse_of(raw: &'a [u8], names: &[&str]) -> Result<Self, PairsError> {
        if split(raw).nth(MAX_PAIRS).is_some() {
            return Err(PairsError::TooMany);
        }
        let pairs = split(raw).filter_map(|(name, value)| match (decode(name).ok()?, decode(value)) {
            (name, Ok(value)) => Some(Ok((name, value))),
            (name, Err(fault)) => names.contains(&name.as_ref()).then_some(Err(fault)),
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }

    /// The decoded pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The pairs encoded again, in the order they came.
    pub fn encoded(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.iter().map(move |(name, value)| (encode(name), encode(value)))
    }
}

/// Encodes text for a query: the unreserved characters of RFC 3986 stay, and all others become `%XX`.
pub fn encode(text: &str) -> Cow<'_, str> {
    Cow::from(utf8_percent_encode(text, RESERVED))
}

/// The names and values, encoded.
fn split(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    })
}

fn decode(raw: &[u8]) -> Result<Cow<'_, str>, PairsError> {
    if raw.contains(&b'+') {
        let blank: Vec<u8> = raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let text = percent_decode(&blank).decode_utf8().map_err(|_| PairsError::NotText)?;
        return Ok(Cow::Owned(text.into_owned()));
    }
    percent_decode(raw).decode_utf8().map_err(|_| PairsError::NotText)
}
