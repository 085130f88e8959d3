//! What the commands read, besides what the functions do.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] =
    &[AUDIT_TABLE, AUDIT_DAYS, PASSWORD_LENGTH, CLIENT_ID, SECRET, URL, LOCAL, STATE, DYNAMODB_PORT];

/// Of commands: the table of records.
pub const AUDIT_TABLE: Setting = Setting {
    name: "LATCHKEY_AUDIT_TABLE",
    default: Default::Unset("no record is kept, and each change says so"),
    kind: Kind::Text,
    words: "Name of the table of records: who changed what by the operator's commands",
    more: "partition key `day` (S), sort key `moment` (S), TTL attribute `expires_at`",
    readers: &[],
    deployed: None,
};

/// Of commands: how long a record stays.
pub const AUDIT_DAYS: Setting = Setting {
    name: "LATCHKEY_AUDIT_DAYS",
    // Seven years.
    default: Default::Number(2557),
    kind: Kind::Count("days", 365, 36_525),
    words: "Days after which DynamoDB may delete a record",
    more: "The days count from the change. A record keeps the end that it was written with. The operator who makes a change sets \
           this, so it cannot be less than a year.",
    readers: &[],
    deployed: None,
};

/// Of commands: how long a new password must be.
pub const PASSWORD_LENGTH: Setting = Setting {
    name: "LATCHKEY_PASSWORD_LENGTH",
    default: Default::Number(15),
    kind: Kind::Count("characters", 8, 64),
    words: "The least number of characters of a new password",
    more: "NIST SP 800-63B-4 section 3.1.1.2 asks for 15 where a password is the only factor. The commands warn if it is less.",
    readers: &[],
    deployed: None,
};

/// Of commands: who signs.
pub const CLIENT_ID: Setting = Setting {
    name: "LATCHKEY_CLIENT_ID",
    default: Default::Unset("`--client-id`"),
    kind: Kind::Text,
    words: "The client id (WSKey) that `latchkey sign` and `latchkey token` sign with",
    more: "",
    readers: &[],
    deployed: None,
};

/// Of commands: its secret.
pub const SECRET: Setting = Setting {
    name: "LATCHKEY_SECRET",
    default: Default::Unset("`--secret`"),
    kind: Kind::Text,
    words: "The client's secret, for every command with `--secret`",
    more: "Prefer it to the option: other users of the machine can see an option.",
    readers: &[],
    deployed: None,
};

/// Of commands: which service.
pub const URL: Setting = Setting {
    name: "LATCHKEY_URL",
    default: Default::Unset("the local server"),
    kind: Kind::Text,
    words: "Base URL of the service that `latchkey token` asks",
    more: "",
    readers: &[],
    deployed: None,
};

/// Of commands: whether an operator's command uses the local server.
pub const LOCAL: Setting = Setting {
    name: "LATCHKEY_LOCAL",
    default: Default::Unset("`--local`"),
    kind: Kind::Flag,
    words: "Whether the operator's commands use the tables of the local server",
    more: "The local server prints it at its start.",
    readers: &[],
    deployed: None,
};

/// Of commands: the state folder.
pub const STATE: Setting = Setting {
    name: "LATCHKEY_STATE",
    default: Default::Text(".latchkey"),
    kind: Kind::Text,
    words: "Folder of the local server's state, for the server and for the commands that use its tables",
    more: "",
    readers: &[],
    deployed: None,
};

/// Of commands: where the engine listens.
pub const DYNAMODB_PORT: Setting = Setting {
    name: "LATCHKEY_DYNAMODB_PORT",
    default: Default::Number(8000),
    kind: Kind::Port,
    words: "Port of the local server's DynamoDB engine, for the server and for the commands that use its tables",
    more: "",
    readers: &[],
    deployed: None,
};
