//! Where clients, tokens and users are kept, and the names of the keys that seal. Their keys in KMS are in [`key_sets`].
//!
//! [`key_sets`]: crate::service::key_sets

use super::*;

/// The tables, in the order of deployments and documents.
pub(super) const TABLES: &[Setting] = &[CLIENTS_TABLE, TOKENS_TABLE, USERS_TABLE];

/// What is chosen of all sealing keys, likewise.
pub(super) const KEYS: &[Setting] = &[SEALING_KEY_NAMES, SEALING_KEY_FILE, OLD_KEYS];

/// The clients table.
pub const CLIENTS_TABLE: Setting = Setting {
    name: "LATCHKEY_CLIENTS_TABLE",
    default: Default::Required,
    kind: Kind::Text,
    words: "Name of the table of clients",
    more: "partition key `client_id` (S). The authorizer and the guard need it only if `LATCHKEY_CHECK_TOKEN_CLIENT` is `true`",
    readers: &Function::ALL,
    deployed: value(
        "!If [MakesClientsTable, !Ref ClientsTable, !Ref ExistingClientsTable]",
        "local.tables.clients.name",
    ),
};

/// The tokens table.
pub const TOKENS_TABLE: Setting = Setting {
    name: "LATCHKEY_TOKENS_TABLE",
    default: Default::Required,
    kind: Kind::Text,
    words: "Name of the table of grants and tokens",
    more: "partition key `grant_id` (S), sort key `part` (S), TTL attribute `expires_at`",
    readers: &Function::ALL,
    deployed: value("!If [MakesTokensTable, !Ref TokensTable, !Ref ExistingTokensTable]", "local.tables.tokens.name"),
};

/// The users table.
pub const USERS_TABLE: Setting = Setting {
    name: "LATCHKEY_USERS_TABLE",
    default: Default::Required,
    kind: Kind::Text,
    words: "Name of the table of users, and of counted attempts to sign in",
    more: "partition key `institution_id` (S), sort key `username` (S), TTL attribute `expires_at`",
    readers: SERVICE,
    deployed: value("!If [MakesUsersTable, !Ref UsersTable, !Ref ExistingUsersTable]", "local.tables.users.name"),
};

/// Names of the keys that are derived in KMS.
pub const SEALING_KEY_NAMES: Setting = Setting {
    name: "LATCHKEY_SEALING_KEY_NAMES",
    default: Default::Text("v1"),
    kind: Kind::KeyNames,
    words: "Names of the sealing keys, separated by commas; each set of functions has its own key of each name. The first key \
            seals, and every key opens. To rotate, append a new name, then move it to the front in a second deployment",
    more: "Only with KMS.",
    readers: SERVICE,
    deployed: by(Parameter {
        sam: "SealingKeyNames",
        terraform: "sealing_key_names",
        group: SIGNATURES,
        pattern: "^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64})*$",
        most: Some(32),
        constraint: "names of letters, digits, - and _, with commas and no blanks between them, of at most 32 characters in all",
        elsewhere: Some(Elsewhere::ByHand),
        ..PARAMETER
    }),
};

/// The file of sealing keys.
pub const SEALING_KEY_FILE: Setting = Setting {
    name: "LATCHKEY_SEALING_KEY_FILE",
    default: Default::Unset("this or `LATCHKEY_SEALING_KMS_KEY`"),
    kind: Kind::Text,
    words: "Path of a file with the keys that the sealing keys are derived from: lines of `name:base64(32 bytes)`",
    more: "The first key seals, and every key opens.",
    readers: SERVICE,
    // A file would have to be shipped with the code.
    deployed: None,
};

/// What the old keys still do.
pub const OLD_KEYS: Setting = Setting {
    name: "LATCHKEY_OLD_KEYS",
    default: Default::Unset("`open`"),
    kind: Kind::OldKeys,
    words: "What the old keys still do, which earlier versions derived for all functions before each set of functions had keys \
            of its own. Set none in a new deployment; in an older one seal for the update, then open, then none",
    more: "With `seal`, the pages seal under the old keys. With `open`, the old keys only open what they sealed. With `none`, no \
           function derives them. With KMS, `authorize` also needs `LATCHKEY_SEALING_KMS_KEY`, unless the value is `none`. \
           The deployments have no default. [The guide](../infra/README.md#a-key-for-each-set-of-functions) has the steps for \
           an older one.",
    readers: SERVICE,
    deployed: by(Parameter {
        sam: "OldKeys",
        terraform: "old_keys",
        group: SIGNATURES,
        pattern: "^(none|open|seal)?$",
        constraint: "none in a new deployment; in an older one seal for the update, then open, then none",
        elsewhere: Some(Elsewhere::Checked {
            more: "",
            pattern: "^(none|open|seal)$",
            most: None,
            constraint: "set: \"none\" in a new deployment; in an older one \"seal\" for the update, then \"open\", then \"none\"",
        }),
        ..PARAMETER
    }),
};
