//! The settings: each environment variable, what it may be, who reads it, and how a deployment sets it.

use std::fmt;

use crate::service::Function;
use crate::settings::{FORM_SECONDS, MAX_CLOCK_SKEW};

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What holds where it is not set. An empty value counts as not set.
    pub default: Default,
    /// What it may be.
    pub kind: Kind,
    /// What it does, in one sentence without a full stop. Both deployments say it too.
    pub words: &'static str,
    /// What an operator must know besides, for the document.
    pub more: &'static str,
    /// The functions that act on it; none for one of the command line.
    pub readers: &'static [Function],
    /// How the deployments set it; none for one of the command line.
    pub deployed: Option<Deployed>,
}

/// What holds where a variable is not set.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Nothing: the program does not start.
    Required,
    /// Nothing: what happens then, for the document.
    Unset(&'static str),
    /// A number.
    Number(u64),
    /// A text.
    Text(&'static str),
}

/// What a variable may be. Printed, it is what an error says: `LATCHKEY_CODE_SECONDS must be a number of seconds, 1 to 600`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A span of time from the first to the second.
    Seconds(u64, u64),
    /// A number of what the text says, from the first to the second.
    Count(&'static str, u64, u64),
    /// A port.
    Port,
    /// `#rrggbb`.
    Color,
    /// What people read.
    Name,
    /// The service's own URL (RFC 8414 section 2).
    Issuer,
    /// A URL that is safe in a header and in a page.
    Url,
    /// The same, as the base of a fragment, of so many bytes at most.
    BaseUrl(usize),
    /// Names of sealing keys.
    KeyNames,
    /// Routes and their scopes.
    RouteScopes,
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
}

impl Kind {
    /// The least and the greatest, where it is a number.
    pub const fn bounds(self) -> Option<(u64, u64)> {
        match self {
            Self::Seconds(least, most) | Self::Count(_, least, most) => Some((least, most)),
            Self::Port => Some((1, 65535)),
            _ => None,
        }
    }

    /// Reads a number within its bounds.
    pub fn number(self, text: &str) -> Option<u64> {
        let (least, most) = self.bounds()?;
        text.parse().ok().filter(|number| (least..=most).contains(number))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(least, most) => write!(f, "a number of seconds, {least} to {most}"),
            Self::Count(of, least, most) => write!(f, "a number of {of}, {least} to {most}"),
            Self::Port => f.write_str("a port, 1 to 65535"),
            Self::Color => f.write_str("# and six hexadecimal digits"),
            Self::Name => f.write_str("a name on one line, of at most 200 bytes"),
            Self::Issuer => f.write_str("an https URL without a path and a final slash"),
            Self::Url => f.write_str("an https URL without quotes and blanks"),
            Self::BaseUrl(most) => {
                write!(f, "an https URL of at most {most} bytes, without query, fragment, quotes and blanks")
            }
            Self::KeyNames => f.write_str("names of 1 to 64 letters, digits, - and _, with commas between them"),
            Self::RouteScopes => f.write_str("a JSON object from routes to scopes"),
            Self::Flag => f.write_str("true or false"),
            Self::Text => f.write_str("a text"),
        }
    }
}

/// How the two deployments set a variable.
#[derive(Clone, Copy, Debug)]
pub struct Deployed {
    /// The parameter that chooses it, where there is one.
    pub parameter: Option<Parameter>,
    /// Its value in SAM's template; a reference to the parameter where this is empty.
    pub sam: &'static str,
    /// Its value in Terraform; the variable where this is empty.
    pub terraform: &'static str,
    /// The reason, for readers of the deployments.
    pub comment: &'static str,
}

/// A parameter of both deployments. Of a number, pattern and constraint come from its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// SAM's name.
    pub sam: &'static str,
    /// Terraform's name.
    pub terraform: &'static str,
    /// Under which heading SAM's console shows it.
    pub group: &'static str,
    /// What SAM's console adds to the setting's words.
    pub more: &'static str,
    /// What it must match.
    pub pattern: &'static str,
    /// The most characters that SAM takes. The description of a function's version has room for no more.
    pub most: Option<u32>,
    /// What SAM says that it must be.
    pub constraint: &'static str,
    /// Whether a change needs a new `Revision`: the description of a version has no room for it.
    pub revision: bool,
    /// Terraform's own pattern, constraint and greatest length, where they are not SAM's.
    pub elsewhere: Option<Elsewhere>,
}

/// What Terraform takes, which has room for longer values.
#[derive(Clone, Copy, Debug)]
pub enum Elsewhere {
    /// A variable like the others.
    Checked {
        /// What Terraform adds to the setting's words.
        more: &'static str,
        /// What it must match; SAM's where this is empty.
        pattern: &'static str,
        /// The most characters.
        most: Option<u32>,
        /// What Terraform says that it must be.
        constraint: &'static str,
    },
    /// A variable that is written by hand in `variables.tf`.
    ByHand,
}

impl Setting {
    /// Its default, where that is a number.
    pub const fn number(&self) -> u64 {
        match self.default {
            Default::Number(number) => number,
            _ => 0,
        }
    }

    /// Its default, where that is a text.
    pub const fn text(&self) -> &'static str {
        match self.default {
            Default::Text(text) => text,
            _ => "",
        }
    }

    /// Its default, as a deployment writes it.
    pub fn written(&self) -> String {
        match self.default {
            Default::Number(number) => number.to_string(),
            Default::Text(text) => text.to_owned(),
            Default::Required | Default::Unset(_) => String::new(),
        }
    }
}

use Function::{Authorize, Authorizer, Introspect, Issue, Refresh, Revoke};

const DAY: u64 = 24 * 60 * 60;
const YEAR: u64 = 366 * DAY;

/// All that check signatures.
const SIGNED: &[Function] = &[Issue, Refresh, Introspect, Revoke];
/// All that make tokens or codes.
const MAKING: &[Function] = &[Issue, Refresh, Authorize];
/// Every function except the authorizer, which has no key and reads no clients and users.
const SERVICE: &[Function] = &[Issue, Refresh, Authorize, Introspect, Revoke];

const TOKENS: &str = "Tokens";
const PAGES: &str = "Sign-in pages";
const SIGNATURES: &str = "Signatures";
const AUTHORIZER: &str = "Authorizer";

const PARAMETER: Parameter = Parameter {
    sam: "",
    terraform: "",
    group: "",
    more: "",
    pattern: "",
    most: None,
    constraint: "",
    revision: false,
    elsewhere: None,
};

const fn by(parameter: Parameter) -> Option<Deployed> {
    Some(Deployed { parameter: Some(parameter), sam: "", terraform: "", comment: "" })
}

const fn by_number(group: &'static str, sam: &'static str, terraform: &'static str) -> Option<Deployed> {
    by(Parameter { sam, terraform, group, ..PARAMETER })
}

const fn value(sam: &'static str, terraform: &'static str) -> Option<Deployed> {
    Some(Deployed { parameter: None, sam, terraform, comment: "" })
}

/// The clients table.
pub const CLIENTS_TABLE: Setting = Setting {
    name: "LATCHKEY_CLIENTS_TABLE",
    default: Default::Required,
    kind: Kind::Text,
    words: "Name of the table of clients",
    more: "partition key `client_id` (S)",
    readers: SERVICE,
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

/// The key in KMS.
pub const SEALING_KMS_KEY: Setting = Setting {
    name: "LATCHKEY_SEALING_KMS_KEY",
    default: Default::Unset("this or `LATCHKEY_SEALING_KEY_FILE`"),
    kind: Kind::Text,
    words: "Id or ARN of an HMAC_256 key in KMS, from which the keys that seal client secrets are derived",
    more: "Set exactly one of the two.",
    readers: SERVICE,
    deployed: value(
        "!If [MakesSealingKey, !GetAtt SealingKey.Arn, !Ref ExistingSealingKeyArn]",
        "local.sealing_key_arn",
    ),
};

/// Names of the keys that are derived in KMS.
pub const SEALING_KEY_NAMES: Setting = Setting {
    name: "LATCHKEY_SEALING_KEY_NAMES",
    default: Default::Text("v1"),
    kind: Kind::KeyNames,
    words: "Names of the keys that seal client secrets, separated by commas. The first key seals, and every key opens. To \
            rotate, append a new name, then move it to the front in a second deployment",
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
    words: "Path of a file with the keys that seal client secrets: lines of `name:base64(32 bytes)`",
    more: "The first key seals, and every key opens.",
    readers: SERVICE,
    deployed: Some(Deployed {
        parameter: None,
        sam: "\"\"",
        terraform: "\"\"",
        comment: "SAM local sets it, and empties the KMS key.",
    }),
};

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

/// How far clocks may differ.
pub const CLOCK_SKEW_SECONDS: Setting = Setting {
    name: "LATCHKEY_CLOCK_SKEW_SECONDS",
    default: Default::Number(300),
    kind: Kind::Seconds(1, MAX_CLOCK_SKEW),
    words: "How far a request's timestamp may be from the server's clock, in seconds",
    more: "",
    readers: SIGNED,
    deployed: by_number(SIGNATURES, "ClockSkewSeconds", "clock_skew_seconds"),
};

/// Line 6 of the signed text.
pub const SIGNATURE_HOST: Setting = Setting {
    name: "LATCHKEY_SIGNATURE_HOST",
    default: Default::Text("www.oclc.org"),
    kind: Kind::Text,
    words: "Line 6 of the text that clients sign; a literal, not the host that they call",
    more: "",
    readers: SIGNED,
    deployed: by(Parameter {
        sam: "SignatureHost",
        terraform: "signature_host",
        group: SIGNATURES,
        pattern: "^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$",
        constraint: "a host name of at most 64 characters, without scheme, port or path",
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
    readers: SIGNED,
    deployed: by_number(SIGNATURES, "SignaturePort", "signature_port"),
};

/// Line 8 of the signed text.
pub const SIGNATURE_PATH: Setting = Setting {
    name: "LATCHKEY_SIGNATURE_PATH",
    default: Default::Text("/wskey"),
    kind: Kind::Text,
    words: "Line 8 of the text that clients sign",
    more: "",
    readers: SIGNED,
    deployed: by(Parameter {
        sam: "SignaturePath",
        terraform: "signature_path",
        group: SIGNATURES,
        pattern: r##"^/[!"$->@-~]{0,63}$"##,
        constraint: "a path that begins with a slash, of at most 64 characters, without blanks, ? and #",
        ..PARAMETER
    }),
};

/// The service's own URL.
pub const ISSUER: Setting = Setting {
    name: "LATCHKEY_ISSUER",
    default: Default::Unset("the host that the client called"),
    kind: Kind::Issuer,
    words: "URL of the service, as clients know it",
    more: "`iss` in redirects and in the metadata document. It may begin with `http:` only on loopback; then the pages' \
           cookie is not `Secure`.",
    readers: &[Authorize, Introspect],
    deployed: Some(Deployed {
        parameter: Some(Parameter {
            sam: "IssuerUrl",
            terraform: "issuer_url",
            group: PAGES,
            more: "; if empty, the URL of DomainName, or else of the host that the client calls",
            pattern: "^$|^https://[A-Za-z0-9.:-]+$",
            most: Some(64),
            constraint: "an https URL of at most 64 characters without a path and a final slash, or empty",
            elsewhere: Some(Elsewhere::Checked {
                more: ". If it is empty: the first alias of the CDN, or the domain, or else the host that the client calls",
                pattern: "",
                most: None,
                constraint: "an https URL without a path and a final slash, or empty",
            }),
            ..PARAMETER
        }),
        sam: r#"!If [HasIssuer, !Ref IssuerUrl, !If [HasDomain, !Sub "https://${DomainName}", ""]]"#,
        terraform: r#"var.issuer_url != "" || local.own_name == null ? var.issuer_url : "https://${local.own_name}""#,
        comment: "",
    }),
};

/// The errors page.
pub const ERROR_PAGES: Setting = Setting {
    name: "LATCHKEY_ERROR_PAGES",
    default: Default::Unset("error responses have no link"),
    kind: Kind::BaseUrl(200),
    words: "URL of the page that explains errors. Each error response links to its entry there (error_uri)",
    more: "RFC 6749 sections 4.1.2.1 and 5.2. The fragment is the name of the refusal, as on the errors page of these documents.",
    readers: SERVICE,
    deployed: by(Parameter {
        sam: "ErrorPages",
        terraform: "error_pages",
        group: TOKENS,
        more: "; empty for none",
        pattern: r"^$|^https://[A-Za-z0-9.:-]+(/[!$-&(-+.-:=@-\[\]-~-]*)?$",
        most: Some(200),
        constraint: "an https URL of at most 200 characters without query, fragment, quotes, blanks, commas, semicolons, \
                     backslashes, < and >, or empty",
        revision: true,
        ..PARAMETER
    }),
};

/// How long a user stays signed in.
pub const SESSION_SECONDS: Setting = Setting {
    name: "LATCHKEY_SESSION_SECONDS",
    default: Default::Number(60 * 60),
    kind: Kind::Seconds(FORM_SECONDS, DAY),
    words: "How long a user stays signed in on the pages, in seconds",
    more: "",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "SessionSeconds",
        terraform: "session_seconds",
        group: PAGES,
        constraint: "a whole number of seconds, from 600 (as long as a form can be sent) to 86400 (a day)",
        ..PARAMETER
    }),
};

/// Proxies before the gateway.
pub const TRUSTED_PROXIES: Setting = Setting {
    name: "LATCHKEY_TRUSTED_PROXIES",
    default: Default::Number(0),
    kind: Kind::Count("proxies", 0, 8),
    words: "Number of proxies in front of the gateway; a CDN is one",
    more: "The service takes the visitor's address from the entry of `X-Forwarded-For` that the outermost of these \
           proxies wrote. With 0, it takes the address that called the gateway.",
    readers: &[Authorize],
    deployed: Some(Deployed {
        parameter: None,
        sam: r#"!If [HasCdn, "1", "0"]"#,
        terraform: r#"var.cdn == null ? "0" : "1""#,
        comment: "The visitor's address is then the one that called the CDN.",
    }),
};

/// What the pages call the service.
pub const PAGE_NAME: Setting = Setting {
    name: "LATCHKEY_PAGE_NAME",
    default: Default::Text("Latchkey"),
    kind: Kind::Name,
    words: "Name of the service on the sign-in pages",
    more: "",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "PageName",
        terraform: "page_name",
        group: PAGES,
        pattern: r"^\S(.{0,30}\S)?$",
        most: Some(32),
        constraint: "a name on one line, of at most 32 characters",
        elsewhere: Some(Elsewhere::Checked {
            more: "",
            pattern: r"^\S(.{0,48}\S)?$",
            most: None,
            constraint: "a name on one line, of at most 50 characters",
        }),
        ..PARAMETER
    }),
};

/// An image beside that name.
pub const PAGE_LOGO_URL: Setting = Setting {
    name: "LATCHKEY_PAGE_LOGO_URL",
    default: Default::Unset("no image"),
    kind: Kind::Url,
    words: "URL of an image beside that name; empty for none",
    more: "",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "PageLogoUrl",
        terraform: "page_logo_url",
        group: PAGES,
        pattern: "^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$",
        most: Some(70),
        constraint: "an https URL of at most 70 characters without quotes, blanks, commas, semicolons, < and >, or empty",
        elsewhere: Some(Elsewhere::Checked {
            more: "",
            pattern: "",
            most: None,
            constraint: "an https URL without quotes, blanks, commas, semicolons, < and >, or empty",
        }),
        ..PARAMETER
    }),
};

/// Colour of the pages.
pub const PAGE_COLOR: Setting = Setting {
    name: "LATCHKEY_PAGE_COLOR",
    default: Default::Text("#1f4e8c"),
    kind: Kind::Color,
    words: "Colour of the pages' buttons and lines",
    more: "The text on it is black or white, for the better contrast.",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "PageColor",
        terraform: "page_color",
        group: PAGES,
        pattern: "^#[0-9A-Fa-f]{6}$",
        constraint: "a hash and six hexadecimal digits",
        ..PARAMETER
    }),
};

/// Which scopes the authorizer asks for.
pub const ROUTE_SCOPES: Setting = Setting {
    name: "LATCHKEY_ROUTE_SCOPES",
    default: Default::Unset("any active access token passes everywhere"),
    kind: Kind::RouteScopes,
    words: "Which scopes the authorizer asks for, a JSON object from routes to scopes, like {\"GET \
            /loans/{id}\":\"WMS_NCIP\"}",
    more: "If you set it, the authorizer refuses every request to a route that it does not name, unless it has `*`.",
    readers: &[Authorizer],
    deployed: Some(Deployed {
        parameter: Some(Parameter {
            sam: "RouteScopes",
            terraform: "route_scopes",
            group: AUTHORIZER,
            more: "; empty lets any active access token pass everywhere",
            pattern: r#"^$|^\{ *".+\}$"#,
            most: Some(3000),
            constraint: "a JSON object on one line that names a route, of at most 3000 characters, or empty",
            revision: true,
            elsewhere: Some(Elsewhere::ByHand),
        }),
        sam: "",
        terraform: r#"length(var.route_scopes) == 0 ? "" : jsonencode(var.route_scopes)"#,
        comment: "",
    }),
};

/// How long the authorizer remembers a good token.
pub const TOKEN_CACHE_SECONDS: Setting = Setting {
    name: "LATCHKEY_TOKEN_CACHE_SECONDS",
    default: Default::Number(0),
    kind: Kind::Seconds(0, 60 * 60),
    words: "How long the authorizer caches an active access token, in seconds. A revoked token may pass for as long. 0 \
            caches nothing",
    more: "Only active tokens are cached.",
    readers: &[Authorizer],
    deployed: by_number(AUTHORIZER, "TokenCacheSeconds", "token_cache_seconds"),
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

/// Each of them, in the order of deployments and documents.
pub const ALL: [Setting; 25] = [
    CLIENTS_TABLE,
    TOKENS_TABLE,
    USERS_TABLE,
    SEALING_KMS_KEY,
    SEALING_KEY_NAMES,
    SEALING_KEY_FILE,
    ACCESS_TOKEN_SECONDS,
    REFRESH_TOKEN_SECONDS,
    CODE_SECONDS,
    CLOCK_SKEW_SECONDS,
    SIGNATURE_HOST,
    SIGNATURE_PORT,
    SIGNATURE_PATH,
    ISSUER,
    ERROR_PAGES,
    SESSION_SECONDS,
    TRUSTED_PROXIES,
    PAGE_NAME,
    PAGE_LOGO_URL,
    PAGE_COLOR,
    ROUTE_SCOPES,
    TOKEN_CACHE_SECONDS,
    CLIENT_ID,
    SECRET,
    URL,
];
