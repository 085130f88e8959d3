//! What requests and scans cost, what AWS lets through, and what gives way first when there is more of both.
//!
//! Nothing here is measured. The units of a request are those that the tests assert by the database's own figures: the tests read
//! them from `units`. So the tables of `docs/scale.md` and `docs/costs.md` cannot differ from them.
//!
//! | here | what is there |
//! |---|---|
//! | `units` | what each kind of request reads and writes, item by item |
//! | `limits` | the limits that AWS publishes, each with its page |
//! | `prices` | list prices, and the tables of `docs/costs.md` |
//! | `load` | what is assumed of a month: how many requests, of which kinds, by whom |
//! | `draw` | random numbers, the same on every machine |
//! | `simulation` | the busiest second of a month, request by request |
//! | `growth` | what a command that reads a whole table costs |
//! | `report` | the tables of `docs/scale.md` |

pub mod draw;
pub mod growth;
pub mod limits;
pub mod load;
pub mod prices;
pub mod report;
pub mod simulation;
pub mod units;
