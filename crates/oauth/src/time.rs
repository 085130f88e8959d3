//! Time as people and clients read it. All in POSIX seconds.

use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

#[cfg(test)]
mod tests;

/// UTC with a blank and a final `Z`: the only form that three libraries parse.
pub fn instant(seconds: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|instant| instant.format(format).ok())
        .unwrap_or_default()
}

/// The first and the last second of what an operator names in UTC: a day (`2026-11-26`), or a second of it as [`instant`] writes
/// it, with a blank or a `T`.
pub fn span(text: &str) -> Option<(u64, u64)> {
    const DAY: u64 = 24 * 60 * 60;
    let number = |text: &str, digits| {
        let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| is_number)
    };
    let small = |text: &str| u8::try_from(number(text, 2)?).ok();
    let (day, second) = text.split_once([' ', 'T']).map_or((text, None), |(day, second)| (day, Some(second)));
    let [year, month, day] = day.split('-').collect::<Vec<_>>().try_into().ok()?;
    let date = Date::from_calendar_date(number(year, 4)?.into(), small(month)?.try_into().ok()?, small(day)?).ok()?;
    let (time, lasts) = match second {
        None => (Time::MIDNIGHT, DAY),
        Some(second) => {
            let [hour, minute, second] = second.strip_suffix('Z')?.split(':').collect::<Vec<_>>().try_into().ok()?;
            (Time::from_hms(small(hour)?, small(minute)?, small(second)?).ok()?, 1)
        }
    };
    let first = u64::try_from(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()).ok()?;
    Some((first, first.saturating_add(lasts).saturating_sub(1)))
}

/// How far a request's timestamp lies from the server's clock, as a part of a sentence. All in POSIX seconds.
pub fn skew(timestamp: u64, now: u64) -> String {
    let side = if timestamp > now { "ahead of" } else { "behind" };
    format!("{} seconds {side} the server's time, {now}", now.abs_diff(timestamp))
}
