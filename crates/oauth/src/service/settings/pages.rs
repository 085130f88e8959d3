//! What users and callers see: addresses, sessions, how the pages look.

use super::*;

/// Each of them, in the order of deployments and documents.
pub(super) const ALL: &[Setting] = &[
    ISSUER,
    ERROR_PAGES,
    SESSION_SECONDS,
    DEVICE_SESSION_SECONDS,
    DIRECTORY_CACHE_SECONDS,
    TRUSTED_PROXIES,
    PROXY_SECRETS,
    PAGE_NAME,
    PAGE_LOGO_URL,
    PAGE_COLOR,
    PAGE_HELP_URL,
];

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
        }),
        sam: r#"!If [HasIssuer, !Ref IssuerUrl, !If [HasDomain, !Sub "https://${DomainName}", ""]]"#,
        terraform: r#"var.issuer_url != "" || local.own_name == null ? var.issuer_url : "https://${local.own_name}""#,
        noted: "",
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
        ..PARAMETER
    }),
};

/// The idle end of a session.
pub const SESSION_SECONDS: Setting = Setting {
    name: "LATCHKEY_SESSION_SECONDS",
    default: Default::Number(60 * 60),
    kind: Kind::Seconds(FORM_SECONDS, DAY),
    words: "How long a user stays signed in on the pages without answering one, in seconds",
    more: "The user stays signed in until the browser is closed, and for a day at most.",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "SessionSeconds",
        terraform: "session_seconds",
        group: PAGES,
        constraint: "a whole number of seconds, from 600 (as long as a form can be sent) to 86400 (a day)",
        ..PARAMETER
    }),
};

/// The bound of a session on a device that is the user's own.
pub const DEVICE_SESSION_SECONDS: Setting = Setting {
    name: "LATCHKEY_DEVICE_SESSION_SECONDS",
    default: Default::Number(30 * DAY),
    kind: Kind::Seconds(FORM_SECONDS, 400 * DAY),
    words: "How long a user stays signed in who ticks the box \"Stay signed in on this device\", in seconds",
    more: "Browsers keep no cookie for longer than 400 days.",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "DeviceSessionSeconds",
        terraform: "device_session_seconds",
        group: PAGES,
        constraint: "a whole number of seconds, from 600 (as long as a form can be sent) to 34560000 (400 days)",
        ..PARAMETER
    }),
};

/// How long the pages remember the directory.
pub const DIRECTORY_CACHE_SECONDS: Setting = Setting {
    name: "LATCHKEY_DIRECTORY_CACHE_SECONDS",
    default: Default::Number(0),
    kind: Kind::Seconds(0, 5 * 60),
    words: "How long the pages cache the institutions and the descriptions of scopes, in seconds. A change of them, also the \
            removal of an institution, may take as long to reach the pages. 0 caches nothing",
    more: "Each running copy of the function has a cache of its own. Clients, users and tokens are never cached by it.",
    readers: &[Authorize],
    deployed: by_number(PAGES, "DirectoryCacheSeconds", "directory_cache_seconds"),
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
        noted: "",
        comment: "The visitor's address is then the one that called the CDN.",
    }),
};

/// What shows that a request came through the proxy.
pub const PROXY_SECRETS: Setting = Setting {
    name: "LATCHKEY_PROXY_SECRETS",
    default: Default::Unset("every request is answered"),
    kind: Kind::ProxySecrets,
    words: "Secrets of which the proxy in front of the gateway sends one, in the header X-Latchkey-Proxy. A request of the \
            gateway without one is refused",
    more: "An invocation that no gateway made needs none, and no `X-Forwarded-For` of it counts.",
    readers: SERVICE,
    deployed: Some(Deployed {
        parameter: None,
        sam: r#"!If [DemandsProxySecret, !If [HasCdnSecretKeyToo, !Sub "{{resolve:secretsmanager:${CdnSecret}:SecretString:${CdnSecretKey}}} {{resolve:secretsmanager:${CdnSecret}:SecretString:${CdnSecretKeyToo}}} ", !Sub "{{resolve:secretsmanager:${CdnSecret}:SecretString:${CdnSecretKey}}} "], ""]"#,
        terraform: "local.proxy_secrets",
        noted: r#"!If [DemandsProxySecret, !Sub "${CdnSecret} ${CdnSecretKey} ${CdnSecretKeyToo}", ""]"#,
        comment: "Secrets Manager has the values. No parameter and no output does. A blank follows, so that the functions do not start \
                  with an empty value.",
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

/// Where users get help.
pub const PAGE_HELP_URL: Setting = Setting {
    name: "LATCHKEY_PAGE_HELP_URL",
    default: Default::Unset("no link"),
    kind: Kind::Help,
    words: "Where users get help, for example with a lost password: a page or an e-mail address that every page links to",
    more: "A user who lost a password finds it on the sign-in page. Each error page shows the request id, which \
           [the log](operators.md#the-log) has too.",
    readers: &[Authorize],
    deployed: by(Parameter {
        sam: "PageHelpUrl",
        terraform: "page_help_url",
        group: PAGES,
        more: "; empty for none",
        pattern: "^$|^https://[A-Za-z0-9.:-]+(/[!#-&(-+.-:=?-~-]*)?$|^mailto:[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$",
        most: Some(200),
        constraint: "an https URL or mailto: and an e-mail address, of at most 200 characters without quotes, blanks, commas, \
                     semicolons, < and >, or empty",
        ..PARAMETER
    }),
};
