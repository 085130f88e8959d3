//! What became of a plan, as JSON: one document, whose items are printed when they are made. The secret of a new client is told
//! once, and a run that is killed has told each that it made.

use serde::Serialize;

use super::show::{Done, DoneItem};
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::bytes;

/// A document that is printed part by part.
#[derive(Default)]
pub(super) struct Document {
    items: usize,
}

impl Document {
    /// Prints an item.
    pub(super) fn item(&mut self, item: &DoneItem) -> Outcome {
        let before = if self.items == 0 { "{\n  \"items\": [\n" } else { ",\n" };
        self.items += 1;
        let text = pretty(item)?.replace('\n', "\n    ");
        bytes(format!("{before}    {text}").as_bytes())
    }

    /// Prints the items that were not come to, and the end.
    pub(super) fn end(mut self, done: &Done) -> Outcome {
        for item in done.items.iter().skip(self.items) {
            self.item(item)?;
        }
        bytes(format!("\n  ],\n  \"unchanged\": {}\n}}\n", done.unchanged).as_bytes())
    }
}

fn pretty(item: &impl Serialize) -> Outcome<String> {
    serde_json::to_string_pretty(item).map_err(|error| Failure::new(error.to_string()))
}
