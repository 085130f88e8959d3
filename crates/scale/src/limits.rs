//! The limits that AWS publishes, as copies of its pages gave them on 27 November 2026.

/// One limit.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Of what.
    pub what: &'static str,
    /// How many.
    pub value: u32,
    /// Of which unit.
    pub unit: &'static str,
    /// Whether AWS raises it.
    pub is_raised: bool,
    /// What the page is called.
    pub page: &'static str,
    /// Its address.
    pub address: &'static str,
}

const PARTITION: (&str, &str) = (
    "DynamoDB, partition keys",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
);
const ON_DEMAND: (&str, &str) = (
    "DynamoDB, on-demand mode",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
);
const TABLES: (&str, &str) =
    ("DynamoDB, quotas", "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html");
const GATEWAYS: (&str, &str) =
    ("API Gateway, quotas", "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html");
const SCALING: (&str, &str) =
    ("Lambda, concurrency", "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html");
const SPEED: (&str, &str) = ("Lambda, scaling", "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html");

const fn limit(
    what: &'static str,
    value: u32,
    unit: &'static str,
    is_raised: bool,
    (page, address): (&'static str, &'static str),
) -> Limit {
    Limit { what, value, unit, is_raised, page, address }
}

/// Reads of one partition, and so of one item.
pub const PARTITION_READS: Limit =
    limit("reads of one partition, and so of one item", 3_000, "units a second", false, PARTITION);
/// Writes to one partition.
pub const PARTITION_WRITES: Limit =
    limit("writes to one partition, and so to one item", 1_000, "units a second", false, PARTITION);
/// Reads of a table that is new.
pub const FIRST_READS: Limit = limit("reads of a new table", 12_000, "units a second", false, ON_DEMAND);
/// Writes to a table that is new.
pub const FIRST_WRITES: Limit = limit("writes to a new table", 4_000, "units a second", false, ON_DEMAND);
/// How much more than its peak so far a table takes within half an hour.
pub const GROWTH: Limit = limit("what a table takes within half an hour", 2, "times its peak so far", false, ON_DEMAND);
/// Reads of any table.
pub const TABLE_READS: Limit = limit("reads of a table", 40_000, "units a second", true, TABLES);
/// Writes to any table.
pub const TABLE_WRITES: Limit = limit("writes to a table", 40_000, "units a second", true, TABLES);
/// Requests to all APIs.
pub const GATEWAY: Limit = limit("requests to all APIs of an account", 10_000, "a second", true, GATEWAYS);
/// Executions at once.
pub const CONCURRENCY: Limit = limit("executions of all functions", 1_000, "at once", true, SCALING);
/// Requests to all functions: ten times the concurrency.
pub const INVOCATIONS: Limit =
    limit("requests to all functions, ten times the executions", 10 * CONCURRENCY.value, "a second", true, SCALING);
/// New instances of one function.
pub const INSTANCES: Limit = limit("new instances of a function", 1_000, "in ten seconds", false, SPEED);

/// Each of them.
pub const ALL: [Limit; 11] = [
    PARTITION_READS,
    PARTITION_WRITES,
    FIRST_READS,
    FIRST_WRITES,
    GROWTH,
    TABLE_READS,
    TABLE_WRITES,
    GATEWAY,
    CONCURRENCY,
    INVOCATIONS,
    INSTANCES,
];
