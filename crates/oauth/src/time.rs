//! Time as people and clients read it. All in POSIX seconds.

use time::OffsetDateTime;
use time::macros::format_description;

/// UTC with a blank and a final `Z`: the only form that three libraries parse.
pub fn instant(seconds: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|instant| instant.format(format).ok())
        .unwrap_or_default()
}

/// How far a request's timestamp lies from the server's clock, as a part of a sentence. All in POSIX seconds.
pub fn skew(timestamp: u64, now: u64) -> String {
    let side = if timestamp > now { "ahead of" } else { "behind" };
    format!("{} seconds {side} the server's time, {now}", now.abs_diff(timestamp))
}
