//! What a command that reads a whole table costs, and how large items are.
//!
//! `cargo test --workspace sizes` holds the sizes to items that the service and its commands have made.

use crate::limits::PARTITION_READS;
use crate::prices::READS;

/// Bytes of a read unit.
pub const UNIT: u64 = 4_096;

/// Bytes of the longest directory that the commands write. A DynamoDB item holds 400 KB; this leaves room for its other
/// attributes.
pub const DIRECTORY_BYTES: u64 = 350_000;

/// An institution in the directory, with a name of some fifty letters.
pub const INSTITUTION_BYTES: u32 = 70;

/// Read units of the directory.
pub fn directory_units(institutions: u32) -> u32 {
    (institutions * INSTITUTION_BYTES).div_ceil(UNIT as u32).max(1)
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Of clients.
    Clients,
    /// Of tokens: grants and refreshed access tokens.
    Tokens,
    /// Of users, with what is counted of attempts to sign in.
    Users,
}

impl Table {
    /// Bytes of one item: a client with a secret, a grant with a refresh token, a user with a password. A refreshed token and a
    /// count have less.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Clients => 700,
            Self::Tokens => 700,
            Self::Users => 300,
        }
    }

    /// What the help of a command reckons with.
    const fn many(self) -> u32 {
        match self {
            Self::Clients | Self::Users => 100_000,
            Self::Tokens => 1_000_000,
        }
    }

    /// What it is a table of.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Tokens => "tokens",
            Self::Users => "users",
        }
    }

    const fn items(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Tokens => "grants",
            Self::Users => "users",
        }
    }
}

/// A command that reads a whole table.
#[derive(Clone, Copy, Debug)]
pub struct Scan {
    /// The words of the command.
    pub command: &'static str,
    /// The table.
    pub table: Table,
    /// How many times.
    pub times: u32,
    /// When, if not always. It begins with a comma or a blank.
    pub when: &'static str,
}

const fn scan(command: &'static str, table: Table, times: u32, when: &'static str) -> Scan {
    Scan { command, table, times, when }
}

const PROOF: &str = ", whose secrets prove the sealing keys";

/// Each of them, those of one table and number of times together.
pub const SCANS: [Scan; 15] = [
    scan("client create", Table::Clients, 1, PROOF),
    scan("client import", Table::Clients, 1, PROOF),
    scan("client rotate-secret", Table::Clients, 1, PROOF),
    scan("client reseal", Table::Clients, 1, ""),
    scan("client list", Table::Clients, 1, ""),
    scan("apply", Table::Clients, 1, " if it registers a client with a secret"),
    scan("export", Table::Clients, 1, ""),
    scan("export", Table::Users, 1, " with --users"),
    scan("user totp reseal", Table::Users, 1, ""),
    scan(
        "institution idp set",
        Table::Users,
        2,
        " if the provider gets a namespace that it does not have and that does not begin with urn:latchkey:",
    ),
    scan("grant list", Table::Tokens, 1, ", unless it finds a user's grants by the index"),
    scan("grant revoke", Table::Tokens, 1, ", unless it revokes a single grant"),
    scan("client delete", Table::Tokens, 2, ""),
    scan("user delete", Table::Tokens, 2, ""),
    scan("grant index", Table::Tokens, 3, ", or more often if grants come in meanwhile"),
];

impl Scan {
    /// Read units for a table of so many items.
    pub fn units(&self, items: u32) -> u64 {
        u64::from(self.times) * (u64::from(items) * u64::from(self.table.bytes())).div_ceil(UNIT)
    }

    /// What they cost.
    pub fn dollars(&self, items: u32) -> f64 {
        self.units(items) as f64 / 1e6 * READS
    }

    /// The seconds that it takes at least: it reads one partition after the other.
    pub fn seconds(&self, items: u32) -> u64 {
        self.units(items).div_ceil(PARTITION_READS.value.into())
    }

    /// How many times, if more than once.
    pub const fn so_often(&self) -> &'static str {
        match self.times {
            1 => "",
            2 => " twice",
            _ => " three times",
        }
    }

    /// What the command's help says of it.
    pub fn sentence(&self) -> String {
        let Self { table, when, .. } = self;
        let many = table.many();
        let (items, units) = (grouped(many.into()), grouped(rounded(self.units(many))));
        format!(
            "The command reads the whole table of {}{}{when}. For {items} {} that is some {units} read units, {}, and takes at \
             least {}.",
            table.name(),
            self.so_often(),
            table.items(),
            dollars(self.dollars(many)),
            time(self.seconds(many)),
        )
    }
}

/// Two digits that count.
fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    (number + unit / 2) / unit * unit
}

/// 1000000 as 1,000,000.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Dollars: whole ones from a hundred on, otherwise at least two digits that count.
pub fn dollars(dollars: f64) -> String {
    if dollars < 0.000_1 {
        return "below $0.0001".to_owned();
    }
    if dollars >= 100.0 {
        return format!("${}", grouped(dollars.round() as u64));
    }
    let (mut decimals, mut scaled) = (2, dollars * 10.0);
    while scaled < 1.0 {
        (decimals, scaled) = (decimals + 1, scaled * 10.0);
    }
    format!("${dollars:.decimals$}")
}

/// Seconds or minutes.
pub fn time(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
