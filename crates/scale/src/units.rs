//! What each kind of request reads and writes, item by item.
//!
//! `cargo test --workspace cost` holds the sums to the database's own figures. The items are those that `docs/storage.md` names
//! for the request. A directory within 4 KB and items of usual length are assumed.

/// What is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The client that asks.
    Client,
    /// A grant that is there.
    Grant,
    /// A grant that the request makes.
    NewGrant,
    /// A refreshed access token, below its grant's partition key.
    RefreshedToken,
    /// The index of users' grants.
    Index,
    /// Institutions and descriptions of scopes.
    Directory,
    /// The provider of an institution: it is looked for where there is none, too.
    Provider,
    /// A user, and what is counted of the user.
    User,
    /// Counts of a network that few users share.
    Network,
    /// Counts of the widest network that an attempt counts for: an IPv4 address, or the first 48 bits of an IPv6 address.
    SharedNetwork,
}

/// An item that a request touches, and the units of it.
#[derive(Clone, Copy, Debug)]
pub struct Touch {
    /// Which.
    pub item: Item,
    /// Read units.
    pub reads: u32,
    /// Write units.
    pub writes: u32,
}

/// What one request costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Calls to DynamoDB, one after the other.
    pub round_trips: u32,
    /// Each item.
    pub touches: &'static [Touch],
}

impl Cost {
    /// All read units.
    pub fn reads(&self) -> u32 {
        self.touches.iter().map(|touch| touch.reads).sum()
    }

    /// All write units.
    pub fn writes(&self) -> u32 {
        self.touches.iter().map(|touch| touch.writes).sum()
    }
}

const fn read(item: Item) -> Touch {
    Touch { item, reads: 1, writes: 0 }
}

const fn written(item: Item) -> Touch {
    Touch { item, reads: 0, writes: 1 }
}

/// Read, and written in a transaction, which costs twice.
const fn counted(item: Item, items: u32) -> Touch {
    Touch { item, reads: items, writes: 2 * items }
}

const fn cost(round_trips: u32, touches: &'static [Touch]) -> Cost {
    Cost { round_trips, touches }
}

/// A token by client credentials.
pub const CLIENT_CREDENTIALS: Cost = cost(2, &[read(Item::Client), written(Item::NewGrant)]);
/// A code, redeemed.
pub const REDEMPTION: Cost = cost(2, &[read(Item::Client), read(Item::NewGrant), written(Item::NewGrant)]);
/// A refresh.
pub const REFRESH: Cost = cost(2, &[read(Item::Client), read(Item::Grant), written(Item::RefreshedToken)]);
/// An introspection of a token that was issued with its grant.
pub const INTROSPECTION: Cost = cost(1, &[read(Item::Client), read(Item::Grant)]);
/// An introspection of a refreshed token.
pub const INTROSPECTION_OF_REFRESHED: Cost =
    cost(1, &[read(Item::Client), read(Item::Grant), read(Item::RefreshedToken)]);
/// A revocation.
pub const REVOCATION: Cost = cost(2, &[read(Item::Client), read(Item::Grant), written(Item::Grant)]);
/// A question to the authorizer about a token that was issued with its grant.
pub const CHECK: Cost = cost(1, &[read(Item::Grant)]);
/// A question to the authorizer about a refreshed token.
pub const CHECK_OF_REFRESHED: Cost = cost(1, &[read(Item::Grant), read(Item::RefreshedToken)]);
/// The page where a user signs in.
pub const PAGE: Cost = cost(1, &[read(Item::Directory), read(Item::Provider), read(Item::Client)]);
/// The pages' stylesheet.
pub const STYLE: Cost = cost(0, &[]);
/// An attempt to sign in, from IPv4 and an unknown browser.
pub const ATTEMPT_FROM_IPV4: Cost = cost(
    2,
    &[
        read(Item::Directory),
        read(Item::Provider),
        read(Item::Client),
        // The user and the codes; then the user from here, the account, and the user of late.
        Touch { item: Item::User, reads: 2, writes: 0 },
        counted(Item::User, 3),
        counted(Item::SharedNetwork, 1),
    ],
);
/// The same from IPv6, which counts for two networks more.
pub const ATTEMPT_FROM_IPV6: Cost = cost(
    2,
    &[
        read(Item::Directory),
        read(Item::Provider),
        read(Item::Client),
        Touch { item: Item::User, reads: 2, writes: 0 },
        counted(Item::User, 3),
        counted(Item::Network, 2),
        counted(Item::SharedNetwork, 1),
    ],
);
/// The page that asks for consent.
pub const QUESTION: Cost =
    cost(1, &[read(Item::Directory), read(Item::Provider), read(Item::Client), read(Item::User)]);
/// A consent.
pub const CONSENT: Cost = cost(
    2,
    &[
        read(Item::Directory),
        read(Item::Provider),
        read(Item::Client),
        read(Item::User),
        written(Item::NewGrant),
        written(Item::Index),
    ],
);
