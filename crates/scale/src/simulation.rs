//! The busiest second of a month, request by request.
//!
//! Each request is drawn: its kind, its client, whose grant it uses, from which network. What it reads and writes is added up for
//! each item and each table. A resource's load is that of its own busiest second.

use std::collections::{BTreeMap, HashMap};

use crate::draw::{Draw, Ranks};
use crate::growth::directory_units;
use crate::limits;
use crate::load::{ALL_SHARES, Kind, Load, MIX, OF_PROGRAMS, REFRESH};
use crate::units::Item;

/// At most so many requests are drawn.
const REQUESTS: f64 = 400_000.0;
/// In at most so many seconds.
const SECONDS: f64 = 600.0;

/// How long a transaction holds its items: assumed, not measured.
pub const TRANSACTION_SECONDS: f64 = 0.01;
/// How often an attempt to sign in tries its transaction: the SDK three times, and the service twice.
pub const TRIES: u32 = 3 * 2;
/// Attempts a second from one network that this simulation takes for the limit.
pub const ATTEMPTS: u32 = 20;

/// Of so many attempts a second from one network, how many meet another one the first time they try, and how many each time. A
/// try meets what began up to one transaction before it or begins up to one after.
pub fn met(attempts: u32) -> (f64, f64) {
    let once = (2.0 * f64::from(attempts) * TRANSACTION_SECONDS).min(1.0);
    (once, (0..TRIES).map(|_| once).product())
}

/// Something that there is so much of in a second.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What.
    pub name: &'static str,
    /// How much there is.
    pub limit: u32,
    /// How much is asked for.
    pub load: u32,
}

impl Resource {
    /// What is asked for, of what there is.
    pub fn share(&self) -> f64 {
        f64::from(self.load) / f64::from(self.limit)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    /// A grant of a client's program.
    Program(u32),
    /// A grant of a user.
    User(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Client(u32),
    /// A grant's item.
    Grant(Whose),
    /// A grant's item and its refreshed tokens: one partition key.
    Tokens(Whose),
    Directory,
    Network(u32),
}

#[derive(Clone, Copy, Default)]
struct Units {
    reads: u32,
    writes: u32,
}

impl Units {
    fn add(&mut self, other: Self) {
        self.reads += other.reads;
        self.writes += other.writes;
    }
}

fn reads(units: &Units) -> u32 {
    units.reads
}

fn writes(units: &Units) -> u32 {
    units.writes
}

#[derive(Default)]
struct Second {
    gateway: u32,
    invocations: u32,
    milliseconds: u32,
    refreshes: u32,
    clients: Units,
    tokens: Units,
    users: Units,
    items: HashMap<Key, Units>,
}

impl Second {
    fn add(&mut self, kind: &Kind, (client, whose, network): (u32, Whose, u32), directory: u32) {
        self.invocations += 1;
        self.milliseconds += kind.milliseconds;
        self.gateway += u32::from(kind.route.is_some());
        self.refreshes += u32::from(kind.route == REFRESH.route);
        for touch in kind.cost.touches {
            let times = if touch.item == Item::Directory { directory } else { 1 };
            let units = Units { reads: touch.reads * times, writes: touch.writes };
            let (table, keys): (_, &[Key]) = match touch.item {
                Item::Client => (Some(&mut self.clients), &[Key::Client(client)]),
                Item::Grant => (Some(&mut self.tokens), &[Key::Grant(whose), Key::Tokens(whose)]),
                Item::RefreshedToken => (Some(&mut self.tokens), &[Key::Tokens(whose)]),
                // Of one request only.
                Item::NewGrant => (Some(&mut self.tokens), &[]),
                // It has limits of its own.
                Item::Index => (None, &[]),
                Item::Directory => (Some(&mut self.users), &[Key::Directory]),
                Item::SharedNetwork => (Some(&mut self.users), &[Key::Network(network)]),
                Item::Provider | Item::User | Item::Network => (Some(&mut self.users), &[]),
            };
            if let Some(sum) = table {
                sum.add(units);
            }
            for key in keys {
                self.items.entry(*key).or_default().add(units);
            }
        }
    }

    /// What is asked for the most of each kind of item.
    fn hottest(&self, is: fn(&Key) -> bool, units: fn(&Units) -> u32) -> u32 {
        self.items.iter().filter(|(key, _)| is(key)).map(|(_, sum)| units(sum)).max().unwrap_or_default()
    }

    fn resources(&self) -> [(&'static str, u32, u32); 14] {
        let refreshes = REFRESH.function.deployed().throttle.map_or(0, |throttle| throttle.rate);
        let client = self.hottest(|key| matches!(key, Key::Client(_)), reads);
        let grant = self.hottest(|key| matches!(key, Key::Grant(_)), reads);
        let refreshed = self.hottest(|key| matches!(key, Key::Tokens(_)), writes);
        let directory = self.hottest(|key| matches!(key, Key::Directory), reads);
        // Two write units an attempt.
        let network = self.hottest(|key| matches!(key, Key::Network(_)), writes) / 2;
        [
            ("the deployment's own limit of `POST /oauth2/refreshToken`", refreshes, self.refreshes),
            ("requests to the gateway", limits::GATEWAY.value, self.gateway),
            ("requests to functions", limits::INVOCATIONS.value, self.invocations),
            ("executions at once", limits::CONCURRENCY.value, self.milliseconds.div_ceil(1_000)),
            ("writes to the table of tokens, if it is new", limits::FIRST_WRITES.value, self.tokens.writes),
            ("writes to the table of tokens", limits::TABLE_WRITES.value, self.tokens.writes),
            ("reads of the table of tokens", limits::TABLE_READS.value, self.tokens.reads),
            ("reads of the table of clients", limits::TABLE_READS.value, self.clients.reads),
            ("reads of the table of users", limits::TABLE_READS.value, self.users.reads),
            ("reads of one client's item", limits::PARTITION_READS.value, client),
            ("writes with one refresh token, before DynamoDB splits", limits::PARTITION_WRITES.value, refreshed),
            ("reads of one grant's item", limits::PARTITION_READS.value, grant),
            ("reads of the directory", limits::PARTITION_READS.value, directory),
            ("attempts to sign in from one network (assumed)", ATTEMPTS, network),
        ]
    }
}

/// What a month's busiest second asks for.
pub fn peak(load: &Load) -> Vec<Resource> {
    let rate = load.rate();
    let seconds = (REQUESTS / rate).clamp(1.0, SECONDS) as u32;
    let mut draw = Draw::new(20_261_127);
    let mut requests = BTreeMap::<u32, u32>::new();
    for _ in 0..(rate * f64::from(seconds)).round() as u32 {
        *requests.entry(draw.below(seconds)).or_default() += 1;
    }
    let (clients, institutions) = (Ranks::of(load.clients), Ranks::of(load.institutions));
    let directory = directory_units(load.institutions);
    let mut found: Vec<Resource> = Vec::new();
    for count in requests.into_values() {
        let mut second = Second::default();
        for _ in 0..count {
            let kind = one(draw.below(ALL_SHARES));
            let client = draw.by_rank(&clients);
            let whose = match draw.below(OF_PROGRAMS) {
                0 => Whose::Program(client),
                _ => Whose::User(draw.by_root(load.users)),
            };
            second.add(kind, (client, whose, draw.by_rank(&institutions)), directory);
        }
        for (at, (name, limit, load)) in second.resources().into_iter().enumerate() {
            match found.get_mut(at) {
                Some(worst) => worst.load = worst.load.max(load),
                None => found.push(Resource { name, limit, load }),
            }
        }
    }
    found
}

/// The kind at a place among [`ALL_SHARES`].
fn one(place: u32) -> &'static Kind {
    static KINDS: [(Kind, u32); 11] = MIX;
    let mut end = 0;
    let kind = KINDS.iter().find(|(_, share)| {
        end += share;
        place < end
    });
    &kind.unwrap_or(&KINDS[0]).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::LOADS;

    #[test]
    fn the_shares_of_a_thousand_requests_are_a_thousand() {
        assert_eq!(MIX.iter().map(|(_, share)| share).sum::<u32>(), ALL_SHARES);
    }

    #[test]
    fn a_simulation_is_the_same_each_time_and_has_the_load_of_the_mix() {
        let load = &LOADS[1];
        let (once, again) = (peak(load), peak(load));
        for (one, other) in once.iter().zip(&again) {
            assert_eq!((one.name, one.load), (other.name, other.load));
        }
        // The busiest second of about a hundred has somewhat more than the mean.
        let rate = load.rate();
        let of = |name: &str| once.iter().find(|resource| resource.name == name).map(|resource| resource.load);
        for (name, of_a_thousand) in [
            ("requests to functions", 1_000),
            ("requests to the gateway", 710),
            ("reads of the table of clients", 440 + 100 + 100 + 10 + 10 + 4 * 10),
            ("writes to the table of tokens", 440 + 100 + 10 + 10 + 10),
        ] {
            let (mean, drawn) = (rate * f64::from(of_a_thousand) / 1_000.0, f64::from(of(name).unwrap_or_default()));
            assert!(drawn > mean && drawn < mean * 1.15, "{name}: {drawn}, {mean}");
        }
    }

    #[test]
    fn the_first_of_many_is_drawn_as_often_as_its_rank_says() {
        let mut draw = Draw::new(1);
        let ranks = Ranks::of(3);
        let mut drawn = [0_u32; 3];
        for _ in 0..11_000 {
            drawn[draw.by_rank(&ranks) as usize] += 1;
        }
        for (drawn, expected) in drawn.into_iter().zip([6_000_u32, 3_000, 2_000]) {
            assert!(drawn.abs_diff(expected) < 200, "{drawn}, {expected}");
        }
        let mut highest = 0;
        for _ in 0..10_000 {
            highest = highest.max(draw.by_root(100));
        }
        assert_eq!(highest, 99);
    }
}
