//! How long tokens live, and what clients sign.

use super::*;
use crate::service::setting::{HOST, PATH};

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[
    ACCESS_TOKEN_SECONDS,
    REFRESH_TOKEN_SECONDS,
    CODE_SECONDS,
    SUBJECT,
    NOT_BEFORE,
    CHECK_TOKEN_CLIENT,
    CLOCK_SKEW_SECONDS,
    SIGNATURE_HOST,
    SIGNATURE_PORT,
    SIGNATURE_PATH,
];

/// Life of an access token.
pub const ACCESS_TOKEN_SECONDS: Setting = Setting {
    name: "LATCHKEY_ACCESS_TOKEN_SECONDS",
    default: Default::Number(20 * 60),
    kind: Kind::Seconds(1, YEAR),
    words: "Life of an access token, in seconds",
    more: "",
    readers: MAKING,
    deployed: by_number(TOKENS, "AccessTokenSeconds", "access_token_seconds"),
};

/// Life of a refresh token.
pub const REFRESH_TOKEN_SECONDS: Setting = Setting {
    name: "LATCHKEY_REFRESH_TOKEN_SECONDS",
    default: Default::Number(DAY),
    kind: Kind::Seconds(1, YEAR),
    words: "Life of a refresh token, in seconds, unless the client's registration sets it",
    more: "",
    readers: MAKING,
    deployed: by_number(TOKENS, "RefreshTokenSeconds", "refresh_token_seconds"),
};

/// Life of a code.
pub const CODE_SECONDS: Setting = Setting {
    name: "LATCHKEY_CODE_SECONDS",
    default: Default::Number(10 * 60),
    kind: Kind::Seconds(1, 10 * 60),
    words: "Life of an authorization code, in seconds; at most ten minutes (RFC 6749 section 4.1.2)",
    more: "",
    readers: MAKING,
    deployed: by_number(TOKENS, "CodeSeconds", "code_seconds"),
};

/// What introspection and REST gateways call a user.
pub const SUBJECT: Setting = Setting {
    name: "LATCHKEY_SUBJECT",
    default: Default::Unset("`legacy`; the local server: `v2`"),
    kind: Kind::Subject,
    words: "What introspection (sub) and REST gateways (principalId) call a user: v2 is one text for one user, and no client's; \
            legacy is the form of version 0.1.0, in which two users can share a sub",
    more: "The deployments ask for it: `v2` if the deployment is new, `legacy` until the APIs of an older one know the new form. \
           The guard has the new form, whatever is set.",
    readers: &[Introspect, Authorizer],
    deployed: by(Parameter {
        sam: "Subject",
        terraform: "subject",
        group: TOKENS,
        more: ". A new deployment: v2",
        pattern: "^(v2|legacy)?$",
        constraint: "v2, or legacy in a deployment whose APIs know the older form",
        elsewhere: Some(Elsewhere::Checked {
            more: ". A new deployment: v2",
            pattern: "^(v2|legacy)$",
            most: None,
            constraint: "set: \"v2\" in a new deployment, \"legacy\" in one whose APIs know the older form",
        }),
        ..PARAMETER
    }),
};

/// What ends everything that was issued earlier.
pub const NOT_BEFORE: Setting = Setting {
    name: "LATCHKEY_NOT_BEFORE",
    default: Default::Number(0),
    kind: Kind::Time,
    words: "Time in POSIX seconds. It ends everything that was issued before: grants with their codes and tokens, and sessions \
            on the pages. 0 ends nothing",
    more: "It [revokes everything](../infra/README.md#revoke-everything). The guard reads it too. The time may be at most 300 \
           seconds in the future, because clocks differ. With a later time, no function starts. Until a future time has come, \
           everything that is issued is ended at once.",
    readers: &Function::ALL,
    deployed: by_number(TOKENS, "NotBefore", "not_before"),
};

/// Whether APIs learn that a token's client has ended.
pub const CHECK_TOKEN_CLIENT: Setting = Setting {
    name: "LATCHKEY_CHECK_TOKEN_CLIENT",
    default: Default::Text("false"),
    kind: Kind::Flag,
    words: "Whether introspection and the authorizer read the client of a good token too: then a token of a disabled or deleted \
            client, or from before the client's revoke-all, is not good",
    more: "One more read unit and round trip for each token that would be good otherwise ([costs.md](costs.md)). The guard reads it \
           too. With `false`, such a token is good to its end.",
    readers: &[Introspect, Authorizer],
    deployed: Some(Deployed {
        parameter: Some(Parameter {
            sam: "CheckTokenClient",
            terraform: "check_token_client",
            group: TOKENS,
            pattern: "^(true|false)$",
            constraint: "true or false",
            elsewhere: Some(Elsewhere::ByHand),
            ..PARAMETER
        }),
        sam: "",
        terraform: "tostring(var.check_token_client)",
        noted: "",
        comment: "",
    }),
};

/// How far clocks may differ.
pub const CLOCK_SKEW_SECONDS: Setting = Setting {
    name: "LATCHKEY_CLOCK_SKEW_SECONDS",
    default: Default::Number(300),
    kind: Kind::Seconds(1, MAX_CLOCK_SKEW),
    words: "How far a request's timestamp, or the clock of an institution's provider, may be from the server's clock, in seconds",
    more: "",
    readers: SERVICE,
    deployed: by_number(SIGNATURES, "ClockSkewSeconds", "clock_skew_seconds"),
};

/// Line 6 of the signed text.
pub const SIGNATURE_HOST: Setting = Setting {
    name: "LATCHKEY_SIGNATURE_HOST",
    default: Default::Text("www.oclc.org"),
    kind: Kind::SignatureHost,
    words: "Line 6 of the text that clients sign; a literal, not the host that they call",
    more: "",
    readers: &Function::SIGNED,
    deployed: by(Parameter {
        sam: "SignatureHost",
        terraform: "signature_host",
        group: SIGNATURES,
        pattern: HOST.0,
        constraint: HOST.1,
        ..PARAMETER
    }),
};

/// Line 7 of the signed text.
pub const SIGNATURE_PORT: Setting = Setting {
    name: "LATCHKEY_SIGNATURE_PORT",
    default: Default::Number(443),
    kind: Kind::Port,
    words: "Line 7 of the text that clients sign",
    more: "",
    readers: &Function::SIGNED,
    deployed: by_number(SIGNATURES, "SignaturePort", "signature_port"),
};

/// Line 8 of the signed text.
pub const SIGNATURE_PATH: Setting = Setting {
    name: "LATCHKEY_SIGNATURE_PATH",
    default: Default::Text("/wskey"),
    kind: Kind::SignaturePath,
    words: "Line 8 of the text that clients sign",
    more: "",
    readers: &Function::SIGNED,
    deployed: by(Parameter {
        sam: "SignaturePath",
        terraform: "signature_path",
        group: SIGNATURES,
        pattern: PATH.0,
        constraint: PATH.1,
        ..PARAMETER
    }),
};
