//! What only benchmarks use.

pub mod built;
pub mod page;
pub mod peers;
pub mod process;
pub mod servers;
pub mod signed;
mod tools;
