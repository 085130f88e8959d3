//! The tables of `docs/scale.md`.

use crate::growth::{SCANS, Scan, dollars, grouped, time};
use crate::limits::{ALL, FIRST_WRITES, GROWTH, Limit, PARTITION_READS};
use crate::load::{ALL_SHARES, Load, MIX};
use crate::prices::{Price, READS, STORAGE, TRACES, WRITES};
use crate::simulation::{ATTEMPTS, Resource, met, peak};
use crate::units::Item;
use crate::{growth, load};

/// How many of what gives way are named for each month.
const NAMED: usize = 5;

/// Each table, by its name.
pub fn sections(loads: &[Load]) -> Vec<(&'static str, String)> {
    let peaks: Vec<_> = loads.iter().map(|load| (load, peak(load))).collect();
    vec![
        ("limits", limits()),
        ("months", months(loads)),
        ("requests", requests()),
        ("peak", peak_table(&peaks)),
        ("order", order(&peaks)),
        ("cost", cost(loads)),
        ("directory", directory()),
        ("network", network()),
        ("growth", growth_table()),
        ("parts", parts()),
    ]
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().fold("|".to_owned(), |row, cell| format!("{row} {cell} |")) + "\n"
}

fn head(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<_> = names.into_iter().collect();
    let lines = names.iter().enumerate().map(|(at, _)| if at == 0 { "---|" } else { "---:|" }).collect::<String>();
    format!("{}|{lines}\n", row(names))
}

fn month(load: &Load) -> String {
    format!("{} a month", power(load.requests))
}

/// Two digits and a power of ten: 2.3 × 10⁹. A power by itself: 10⁹.
fn power(number: f64) -> String {
    let text = format!("{number:.1e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let raised: String =
        exponent.chars().map(|digit| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize - 48).unwrap_or('⁻')).collect();
    match digits {
        "1.0" => format!("10{raised}"),
        _ => format!("{digits} × 10{raised}"),
    }
}

fn limits() -> String {
    let head = "| limit | by default | AWS raises it | page |\n|---|---:|---|---|\n";
    let line = |limit: &Limit| {
        let Limit { what, value, unit, is_raised, page, address } = limit;
        let raised = if *is_raised { "on request" } else { "no" };
        format!("| {what} | {} {unit} | {raised} | [{page}]({address}) |\n", grouped((*value).into()))
    };
    ALL.iter().map(line).fold(head.to_owned(), |text, line| text + &line)
}

fn months(loads: &[Load]) -> String {
    let names = ["requests a month", "a second, mean", "a second, busiest", "clients", "users", "institutions"];
    let line = |load: &Load| {
        let rate = |rate: f64| if rate < 10.0 { format!("{rate:.1}") } else { grouped(rate.round() as u64) };
        let (mean, busiest) = (rate(load.requests / load::MONTH), rate(load.rate()));
        let counts = [load.clients, load.users, load.institutions].map(|count| grouped(count.into()));
        row([power(load.requests), mean, busiest].into_iter().chain(counts))
    };
    head(names.map(str::to_owned)) + &loads.iter().map(line).collect::<String>()
}

fn requests() -> String {
    let names = ["kind", "of a thousand", "round trips to DynamoDB", "read units", "write units"];
    let line = |(kind, share): &(load::Kind, u32)| {
        let figures = [*share, kind.cost.round_trips, kind.cost.reads(), kind.cost.writes()];
        row([kind.name.to_owned()].into_iter().chain(figures.map(|figure| figure.to_string())))
    };
    head(names.map(str::to_owned)) + &MIX.iter().map(line).collect::<String>()
}

fn peak_table(peaks: &[(&Load, Vec<Resource>)]) -> String {
    let names = ["what", "limit"].map(str::to_owned).into_iter().chain(peaks.iter().map(|(load, _)| month(load)));
    let mut text = head(names);
    let first = peaks.first().map(|(_, resources)| resources.as_slice()).unwrap_or_default();
    for (at, resource) in first.iter().enumerate() {
        let loads = peaks.iter().filter_map(|(_, resources)| resources.get(at)).map(|resource| {
            let share = format!("{} ({})", grouped(resource.load.into()), percent(resource.share()));
            if resource.share() > 1.0 { format!("**{share}**") } else { share }
        });
        text += &row([resource.name.to_owned(), grouped(resource.limit.into())].into_iter().chain(loads));
    }
    let doubled = peaks.iter().map(|(_, resources)| {
        let writes = resources.iter().find(|resource| resource.limit == FIRST_WRITES.value);
        half_hours(writes.map_or(0, |writes| writes.load)).to_string()
    });
    let name = "half hours until a new table of tokens takes its writes";
    text + &row([name.to_owned(), String::new()].into_iter().chain(doubled))
}

/// How often a table that takes what a new one does must double to take so many writes.
fn half_hours(writes: u32) -> u32 {
    let (mut taken, mut doubled) = (FIRST_WRITES.value, 0);
    while taken < writes {
        (taken, doubled) = (taken * GROWTH.value, doubled + 1);
    }
    doubled
}

fn percent(share: f64) -> String {
    match share {
        0.0..0.01 => "below 1 %".to_owned(),
        0.01..=1.0 => format!("{:.0} %", share * 100.0),
        1.0..10.0 => format!("{share:.1} times"),
        _ => format!("{} times", grouped(share.round() as u64)),
    }
}

/// What gives way first, and at how many requests a month. Clients, users and institutions stay those of the month.
fn order(peaks: &[(&Load, Vec<Resource>)]) -> String {
    let mut text =
        head(["sized for", "gives way", "at requests a month"].map(str::to_owned)).replace("---:|---:", "---|---:");
    for (load, resources) in peaks {
        let mut resources: Vec<_> = resources.iter().filter(|resource| resource.load > 0).collect();
        resources.sort_by(|one, other| other.share().total_cmp(&one.share()));
        for resource in resources.into_iter().take(NAMED) {
            let at = power(load.requests / resource.share());
            let at = if resource.share() > 1.0 { format!("**{at}**") } else { at };
            text += &row([month(load), resource.name.to_owned(), at]);
        }
    }
    text
}

/// Bytes that a table has for an item beside those that count for its units.
const BESIDE: u32 = 100;
/// How long an item of a refreshed token stays, and how long TTL may take.
const KEPT: f64 = 7_201.0 + 2.0 * 24.0 * 60.0 * 60.0;
/// The share of requests that is traced, beside the first of each second.
const TRACED: f64 = 0.05;

fn cost(loads: &[Load]) -> String {
    let names = ["$ a month"].map(str::to_owned).into_iter().chain(loads.iter().map(month));
    let costs: Vec<_> = loads.iter().map(costs).collect();
    let first = costs.first().map(|costs| costs.as_slice()).unwrap_or_default();
    let mut text = head(names);
    for (at, (name, _)) in first.iter().enumerate() {
        let cells = costs.iter().filter_map(|costs| costs.get(at)).map(|(_, cost)| dollars(*cost));
        text += &row([(*name).to_owned()].into_iter().chain(cells));
    }
    let together = costs.iter().map(|costs| costs.iter().map(|(_, cost)| cost).sum::<f64>());
    text + &row(["**together**".to_owned()].into_iter().chain(together.map(|sum| format!("**{}**", dollars(sum)))))
}

fn costs(load: &Load) -> Vec<(&'static str, f64)> {
    let shares = MIX.iter().map(|(kind, share)| (kind, f64::from(*share) / f64::from(ALL_SHARES)));
    let mean = shares.clone().fold(Price::default(), |sum, (kind, share)| sum.plus(&Price::of(kind), share));
    let of_item = |is: fn(Item) -> bool, units: fn(&crate::units::Touch) -> u32| {
        let of = |kind: &load::Kind| {
            let touches = kind.cost.touches.iter().filter(|touch| is(touch.item));
            touches.map(|touch| f64::from(units(touch))).sum::<f64>()
        };
        shares.clone().map(|(kind, share)| of(kind) * share).sum::<f64>()
    };
    let directory = of_item(|item| item == Item::Directory, |touch| touch.reads);
    let longer = directory * f64::from(growth::directory_units(load.institutions) - 1) * READS;
    let made = of_item(|item| matches!(item, Item::NewGrant | Item::RefreshedToken), |touch| touch.writes);
    let bytes = f64::from(growth::Table::Tokens.bytes() + BESIDE);
    let stored = load.requests / load::MONTH * made * KEPT * bytes / 1e9;
    let millions = load.requests / 1e6;
    vec![
        ("HTTP API", mean.gateway * millions),
        ("Lambda requests", mean.requests * millions),
        ("Lambda duration", mean.duration * millions),
        ("DynamoDB reads", (mean.reads + longer) * millions),
        ("DynamoDB writes", mean.writes * millions),
        ("logs", mean.logs * millions),
        ("traces, 5 %", TRACED * TRACES * millions),
        ("the table of tokens", stored * STORAGE),
    ]
}

fn directory() -> String {
    const CACHED: u32 = 60;
    let with = format!("running copies of `authorize`, with a cache of {CACHED} seconds");
    let names = ["institutions", "read units of each page", "pages a second", &with];
    let line = |institutions: u32| {
        let units = growth::directory_units(institutions);
        let pages = PARTITION_READS.value / units;
        row([institutions, units, pages, PARTITION_READS.value * CACHED / units].map(|figure| grouped(figure.into())))
    };
    head(names.map(str::to_owned)) + &[50, 1_000, 5_000].map(line).concat()
}

fn network() -> String {
    let names = ["attempts a second", "meet another one once", "meet one each time"];
    let line = |attempts: u32| {
        let (once, always) = met(attempts);
        row([attempts.to_string(), percent(once), format!("one in {}", grouped((1.0 / always).round() as u64))])
    };
    head(names.map(str::to_owned)) + &[5, 10, ATTEMPTS, 40].map(line).concat()
}

/// What commands read that read a part of a table.
fn parts() -> String {
    const RECORD_BYTES: u64 = 512;
    const PROVIDERS: u64 = 500;
    const PROVIDER_BYTES: u64 = 3_072;
    const NEW_USERS: u64 = 10_000;
    const MANY: u64 = 100_000;
    let units = |bytes: u64, unit: u64, price: f64, name: &str| {
        let units = bytes.div_ceil(unit);
        (format!("{} {name} units", grouped(units)), units as f64 / 1e6 * price)
    };
    let many = |bytes: u64, what: &str| {
        let (units, cost) = units(MANY * bytes, growth::UNIT, READS, "read");
        format!("{} {what}: {units}, {}", grouped(MANY), dollars(cost))
    };
    let (read, to_read) = units(growth::DIRECTORY_BYTES, growth::UNIT, READS, "read");
    // In a transaction with its record each kilobyte costs twice.
    let (written, to_write) = units(2 * growth::DIRECTORY_BYTES, 1_024, WRITES, "write");
    let users = many(growth::Table::Users.bytes().into(), "users");
    // Before the write and after it.
    let (looked, to_look) = units(2 * NEW_USERS * PROVIDERS * PROVIDER_BYTES, growth::UNIT, READS, "read");
    let lines = [
        ["`user list`, `institution remove`", "the users of one institution", &users],
        [
            "`user totp enrol`, `institution idp set --secret`",
            "the users of one institution, up to the first whose second factor proves the sealing key; none if a provider's secret \
             proves it",
            &users,
        ],
        [
            "`user add`, `user import`, `apply`",
            "the providers of all institutions, twice for each user that is added",
            &format!("{} users, {PROVIDERS} providers of 3 KB: {looked}, {}", grouped(NEW_USERS), dollars(to_look)),
        ],
        [
            "`user disable`, `grant list --user`",
            "the grants that one user consented to, by the index",
            &many(growth::Table::Tokens.bytes().into(), "grants"),
        ],
        [
            "`audit list`",
            "the records of each day that is asked for, by default of thirty days",
            &many(RECORD_BYTES, "records of 0.5 KB"),
        ],
        [
            "`institution` and `scope`, each change",
            "the directory, which it writes as a whole",
            &format!("{} bytes: {read}, {written}, {}", grouped(growth::DIRECTORY_BYTES), dollars(to_read + to_write)),
        ],
    ];
    let text = "| command | reads | costs |\n|---|---|---|\n".to_owned();
    lines.iter().fold(text, |text, line| text + &row(line.map(str::to_owned)))
}

fn growth_table() -> String {
    const ITEMS: [u32; 3] = [10, 100_000, 1_000_000];
    let names = ["commands", "table"].map(str::to_owned);
    let mut text = head(names.into_iter().chain(ITEMS.map(|items| format!("{} items", grouped(items.into())))));
    text = text.replacen("---:|", "---|", 1);
    for scans in SCANS.chunk_by(|one, other| (one.table, one.times) == (other.table, other.times)) {
        let Some(scan) = scans.first() else { continue };
        let cell = |items: u32| {
            let units = scan.units(items);
            let name = if units == 1 { "unit" } else { "units" };
            format!("{} {name}, {}, {}", grouped(units), dollars(scan.dollars(items)), time(scan.seconds(items)))
        };
        let commands = scans.iter().map(|scan| format!("`{}`", scan.command)).collect::<Vec<_>>().join(", ");
        text += &row([commands, table(scan)].into_iter().chain(ITEMS.map(cell)));
    }
    text
}

fn table(scan: &Scan) -> String {
    format!("{}{}", scan.table.name(), scan.so_often())
}
