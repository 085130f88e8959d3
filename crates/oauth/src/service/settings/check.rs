//! What the function `check` reads, besides the three lines of the signed text.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[CHECK_SECRET];

/// The check's own client.
pub const CHECK_SECRET: Setting = Setting {
    name: "LATCHKEY_CHECK_SECRET",
    default: Default::Unset("a client that no operator registered signs, and nothing is checked from outside"),
    kind: Kind::Text,
    words: "Name of the secret in Secrets Manager that holds the credentials of the check's own client",
    more: "The secret is a JSON object with `client_id` and `secret`, as `latchkey client create --secret-to` writes it.",
    readers: &[],
    deployed: by(Parameter {
        sam: "CheckClientSecret",
        terraform: "check_client_secret",
        group: CHECKS,
        more: "; empty for none, and for no check from outside",
        pattern: "^$|^[A-Za-z0-9/_+=.@-]{1,512}$",
        most: Some(512),
        constraint: "the name of a secret in Secrets Manager, not its ARN, or empty",
        ..PARAMETER
    }),
};
