//! What only benchmarks use.

pub mod built;
pub mod process;
pub mod signed;
