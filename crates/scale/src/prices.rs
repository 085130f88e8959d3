//! List prices of us-east-1 in US dollars, and the tables of `docs/costs.md`. That page says where they come from.
//!
//! Each is the price of the first requests of a month. AWS takes less for what comes after some hundreds of millions, so a sum
//! for a large month is an upper bound.

use crate::load::{CHECK, CLIENT_CREDENTIALS, INTROSPECTION, Kind, REFRESH, REVOCATION, SIGN_IN};

/// A million requests to an HTTP API.
pub const GATEWAY: f64 = 1.0;
/// A million requests to functions.
pub const LAMBDA_REQUESTS: f64 = 0.2;
/// A gigabyte-second of a function, arm64.
pub const GB_SECOND: f64 = 0.000_013_333_4;
/// A million read units.
pub const READS: f64 = 0.125;
/// A million write units.
pub const WRITES: f64 = 0.625;
/// A gigabyte of logs: what a million requests write.
pub const LOGS: f64 = 0.5;
/// A million traces.
pub const TRACES: f64 = 5.0;
/// A gigabyte and month of a table, with point-in-time recovery.
pub const STORAGE: f64 = 0.25 + 0.2;

/// What a million requests of a kind cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Price {
    /// The gateway.
    pub gateway: f64,
    /// Lambda's requests.
    pub requests: f64,
    /// Lambda's duration.
    pub duration: f64,
    /// Reads.
    pub reads: f64,
    /// Writes.
    pub writes: f64,
    /// Logs.
    pub logs: f64,
}

impl Price {
    /// Of one kind. Each page reads so many units of the directory.
    pub fn of(kind: &Kind) -> Self {
        Self {
            gateway: if kind.route.is_some() { GATEWAY } else { 0.0 },
            requests: LAMBDA_REQUESTS,
            // A million requests, a thousandth of a second each.
            duration: f64::from(kind.milliseconds) * f64::from(kind.megabytes) / 1024.0 * 1e3 * GB_SECOND,
            reads: f64::from(kind.cost.reads()) * READS,
            writes: f64::from(kind.cost.writes()) * WRITES,
            logs: LOGS,
        }
    }

    /// Of several together.
    pub fn of_all(kinds: &[Kind]) -> Self {
        kinds.iter().map(Self::of).fold(Self::default(), |sum, one| sum.plus(&one, 1.0))
    }

    /// The sum with so many times another.
    pub fn plus(&self, other: &Self, times: f64) -> Self {
        Self {
            gateway: self.gateway + other.gateway * times,
            requests: self.requests + other.requests * times,
            duration: self.duration + other.duration * times,
            reads: self.reads + other.reads * times,
            writes: self.writes + other.writes * times,
            logs: self.logs + other.logs * times,
        }
    }

    fn parts(&self) -> [f64; 6] {
        [self.gateway, self.requests, self.duration, self.reads, self.writes, self.logs]
    }
}

/// Whole cents, half of one rounded up.
fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round()
}

fn row(name: &str, prices: &[Price], part: usize) -> String {
    let cell = |price: &Price| match cents(price.parts()[part]) {
        0.0 => " |".to_owned(),
        cents => format!(" {:.2} |", cents / 100.0),
    };
    format!("| {name} |{}\n", prices.iter().map(cell).collect::<String>())
}

fn together(prices: &[Price]) -> String {
    let sum = |price: &Price| price.parts().into_iter().map(cents).sum::<f64>() / 100.0;
    let cells: String = prices.iter().map(|price| format!(" **{:.2}** |", sum(price))).collect();
    format!("| **together** |{cells}\n")
}

/// What a million requests cost that get tokens.
pub fn of_requests() -> String {
    let prices = [Price::of(&CLIENT_CREDENTIALS), Price::of(&REFRESH), Price::of_all(&SIGN_IN)];
    let (milliseconds, sign_in) = (REFRESH.milliseconds, SIGN_IN.iter().map(|kind| kind.milliseconds).sum::<u32>());
    let names = [
        format!("HTTP API, ${GATEWAY:.2} a million"),
        format!("Lambda requests, ${LAMBDA_REQUESTS:.2} a million"),
        format!(
            "Lambda duration, {milliseconds} ms at {} MB (a sign-in {sign_in} ms at {} MB), ${GB_SECOND} a GB-second",
            REFRESH.megabytes, SIGN_IN[0].megabytes
        ),
        format!("DynamoDB reads, ${READS} a million"),
        format!("DynamoDB writes, ${WRITES} a million"),
        format!("logs, some 1 KB a request, ${LOGS:.2} a GB"),
    ];
    let head = "| for a million | client credentials | refresh | sign-ins |\n|---|---|---|---|\n";
    let rows: String = names.iter().enumerate().map(|(part, name)| row(name, &prices, part)).collect();
    format!("{head}{rows}{}", together(&prices))
}

/// What a million requests cost that show tokens.
pub fn of_tokens() -> String {
    let prices = [Price::of(&INTROSPECTION), Price::of(&REVOCATION), Price::of(&CHECK)];
    let names = [
        "HTTP API".to_owned(),
        "Lambda requests".to_owned(),
        format!(
            "Lambda duration, {} ms (a revocation {} ms) at {} MB",
            INTROSPECTION.milliseconds, REVOCATION.milliseconds, REVOCATION.megabytes
        ),
        "DynamoDB reads".to_owned(),
        "DynamoDB writes".to_owned(),
        "logs".to_owned(),
    ];
    let head = "| for a million | introspections | revocations | questions to the authorizer |\n|---|---|---|---|\n";
    let rows: String = names.iter().enumerate().map(|(part, name)| row(name, &prices, part)).collect();
    format!("{head}{rows}{}", together(&prices))
}
