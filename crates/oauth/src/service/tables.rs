//! The tables in DynamoDB: keys, and the attribute that ends an item's life.

/// A table. All key attributes are texts.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// What it holds.
    pub name: &'static str,
    /// Partition key, then sort key.
    pub keys: &'static [&'static str],
    /// DynamoDB deletes an item some time after this attribute's second. It collects garbage; every read checks for itself.
    pub ttl: Option<&'static str>,
    /// Its index, where it has one.
    pub index: Option<Index>,
}

/// A global secondary index, of keys only. It has only those items of its table that have both attributes.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// Its name in DynamoDB.
    pub name: &'static str,
    /// Its partition key: bytes.
    pub partition: &'static str,
    /// Its sort key: a number.
    pub sort: &'static str,
}

/// The attribute that DynamoDB deletes by, where a table has one.
pub const TTL_ATTRIBUTE: &str = "expires_at";

/// Clients, with their sealed secrets.
pub const CLIENTS: Table = Table { name: "clients", keys: &["client_id"], ttl: None, index: None };
/// Grants and their tokens.
pub const TOKENS: Table =
    Table { name: "tokens", keys: &["grant_id", "part"], ttl: Some(TTL_ATTRIBUTE), index: Some(HOLDERS) };
/// Users, the directory, and counted attempts to sign in. Only attempts have the attribute.
pub const USERS: Table =
    Table { name: "users", keys: &["institution_id", "username"], ttl: Some(TTL_ATTRIBUTE), index: None };

/// Records of the operators' changes. No function may read or write it, and no operator needs to change or delete there.
pub const AUDIT: Table = Table { name: "audit", keys: &["day", "moment"], ttl: Some(TTL_ATTRIBUTE), index: None };

/// The grants that a user consented to, oldest first. Grants by client credentials are not in it, so they cost no more.
pub const HOLDERS: Index = Index { name: "holder", partition: "holder", sort: "created_at" };

/// Each that the functions use.
pub const ALL: [Table; 3] = [CLIENTS, TOKENS, USERS];
