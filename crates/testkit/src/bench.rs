//! What only benchmarks use.

pub mod built;
pub mod peers;
pub mod process;
pub mod signed;
