//! The timestamp of a signed request: whole POSIX seconds, and what clients send in their place.

use std::fmt;

#[cfg(test)]
mod tests;

/// The most digits: they count seconds for the next 29,000 years.
const MAX_DIGITS: usize = 12;

/// Reads whole POSIX seconds.
pub fn seconds(text: &str) -> Option<u64> {
    let fits = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// What a timestamp is that is not whole POSIX seconds. Printed, it completes "The timestamp …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Milliseconds, as JavaScript and Java count them.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
    /// Seconds with a fraction, as Python counts them.
    Fraction,
    /// A date and a time, as ISO 8601 and RFC 3339 write them.
    Iso8601,
    /// Anything else.
    Other,
}

impl Form {
    /// Recognizes a text that [`seconds`] does not read.
    pub fn of(text: &str) -> Self {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits(text) {
            return match text.len() {
                13 => Self::Milliseconds,
                16 => Self::Microseconds,
                19 => Self::Nanoseconds,
                _ => Self::Other,
            };
        }
        let has_fraction = text.split_once(['.', ',']).is_some_and(|(whole, part)| digits(whole) && digits(part));
        let mut day = text.split(['T', 't', ' ']).next().unwrap_or_default().split('-');
        let is_day =
            [4, 2, 2].into_iter().all(|length| day.next().is_some_and(|part| part.len() == length && digits(part)));
        match () {
            () if has_fraction => Self::Fraction,
            () if is_day && day.next().is_none() => Self::Iso8601,
            () => Self::Other,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Milliseconds => f.write_str("counts milliseconds"),
            Self::Microseconds => f.write_str("counts microseconds"),
            Self::Nanoseconds => f.write_str("counts nanoseconds"),
            Self::Fraction => f.write_str("has a fraction of a second"),
            Self::Iso8601 => f.write_str("is a date of ISO 8601"),
            Self::Other => write!(f, "is not a number of at most {MAX_DIGITS} digits"),
        }
    }
}

/// What is wrong with a timestamp that [`seconds`] does not read, as a sentence without its full stop.
pub fn sentence(form: Form, now: u64) -> String {
    format!("The timestamp {form}; it must be whole POSIX seconds, and the server's time is {now}")
}
