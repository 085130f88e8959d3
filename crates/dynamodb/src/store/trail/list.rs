//! Reads the trail: day by day, newest first.

use crate::store::item;
use crate::store::trail::{Record, day};
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::service::tables::AUDIT;

/// Which records: from a second to another, both included.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first second.
    pub since: u64,
    /// The last second.
    pub until: u64,
}

const DAY: u64 = 24 * 60 * 60;

impl Store {
    /// The records of a span that `keep` takes, newest first. It asks for each day by its key and reads nothing else. `usage`
    /// names the records that cannot be read.
    pub async fn records(
        &self,
        table: &str,
        Span { since, until }: Span,
        mut keep: impl FnMut(&Record) -> bool,
        usage: &mut Usage,
    ) -> Result<Vec<Record>, Unavailable> {
        let mut kept = Vec::new();
        let mut at = Some(until).filter(|until| since <= *until);
        while let Some(now) = at {
            let mut pages = self
                .db
                .query()
                .table_name(table)
                .key_condition_expression("#day = :day AND moment BETWEEN :since AND :until")
                .expression_attribute_names("#day", "day")
                .expression_attribute_values(":day", item::text(day(now)))
                .expression_attribute_values(":since", item::text(format!("{since:010}")))
                // A colon comes after every digit.
                .expression_attribute_values(":until", item::text(format!("{until:010}:")))
                .scan_index_forward(false)
                .consistent_read(true)
                .into_paginator()
                .items()
                .send();
            while let Some(found) = pages.next().await {
                let item = found.map_err(|error| usage.failed(&error))?;
                if let Ok(record) = usage.known((table, &AUDIT), &item, item::to_record)
                    && keep(&record)
                {
                    kept.push(record);
                }
            }
            // The last second of the day before.
            at = now.saturating_sub(now % DAY).checked_sub(1).filter(|end| since <= *end);
        }
        Ok(kept)
    }
}
