//! Says on standard error how far a long command is: a bar on a terminal, elsewhere a line from time to time.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// After so many things, a command that writes to no terminal says how far it is.
const REPORTED: usize = 25;

/// How far a command is.
pub(super) struct Progress {
    things: &'static str,
    all: usize,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Of a command that does this many things.
    pub(super) fn new(things: &'static str, all: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} {msg}, {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.with_message(things)
        });
        Self { things, all, bar }
    }

    /// So many are done.
    pub(super) fn at(&self, done: usize) {
        match &self.bar {
            Some(bar) => bar.set_position(done as u64),
            None if done > 0 && done.is_multiple_of(REPORTED) => {
                eprintln!("latchkey: {done} of {} {} are done", self.all, self.things);
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
