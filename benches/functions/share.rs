//! One contestant's CPU as a share of another's, in several runs.

use std::fmt;

/// What the runs say together.
pub struct Share {
    runs: Vec<f64>,
    pub median: f64,
    /// Their standard deviation.
    pub spread: f64,
}

impl Share {
    /// Of one share a run, two runs or more.
    pub fn of(runs: Vec<f64>) -> Self {
        let mut sorted = runs.clone();
        sorted.sort_by(f64::total_cmp);
        let mean = runs.iter().sum::<f64>() / runs.len() as f64;
        let squares: f64 = runs.iter().map(|share| (share - mean).powi(2)).sum();
        Self { median: sorted[sorted.len() / 2], spread: (squares / (runs.len() - 1) as f64).sqrt(), runs }
    }

    /// The largest median that is taken for the recorded one.
    pub fn limit(&self, recorded: f64) -> f64 {
        recorded + 3.0 * self.spread
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs: Vec<_> = self.runs.iter().map(|share| format!("{share:.3}")).collect();
        write!(f, "{:.3} (runs: {}; spread {:.3})", self.median, runs.join(", "), self.spread)
    }
}
