//! What the client's commands read.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[CLIENT_ID, SECRET, URL];

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
