//! What the metadata document says beside what the code serves.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[SCOPES_SUPPORTED, SERVICE_DOCUMENTATION];

/// The scopes that the metadata document names.
pub const SCOPES_SUPPORTED: Setting = Setting {
    name: "LATCHKEY_SCOPES_SUPPORTED",
    default: Default::Unset("the document names no scopes"),
    kind: Kind::Scopes(1500),
    words: "Scopes that the metadata document names (scopes_supported), with one blank between them. latchkey scope publish prints \
            the list",
    more: "So the document needs no read and no permission. [operators.md](operators.md#the-metadata-document) has the steps.",
    readers: &[Introspect],
    deployed: by(Parameter {
        sam: "ScopesSupported",
        terraform: "scopes_supported",
        group: METADATA,
        more: "; empty for none",
        pattern: r"^$|^[!#-\[\]-~]+( [!#-\[\]-~]+)*$",
        most: Some(1500),
        constraint: "scopes of printable ASCII without quotes and backslashes, with one blank between them, of at most 1500 \
                     characters in all, or empty",
        ..PARAMETER
    }),
};

/// Where developers of clients read about the service.
pub const SERVICE_DOCUMENTATION: Setting = Setting {
    name: "LATCHKEY_SERVICE_DOCUMENTATION",
    default: Default::Unset("the document names no page"),
    kind: Kind::Url,
    words: "URL of the page for developers of clients, which the metadata document names (service_documentation)",
    more: "RFC 8414 section 2.",
    readers: &[Introspect],
    deployed: by(Parameter {
        sam: "ServiceDocumentation",
        terraform: "service_documentation",
        group: METADATA,
        more: "; empty for none",
        pattern: "^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$",
        most: Some(200),
        constraint: "an https URL of at most 200 characters without quotes, blanks, commas, semicolons, < and >, or empty",
        ..PARAMETER
    }),
};
