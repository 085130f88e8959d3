//! The functions: what Lambda runs, each a binary of its own.

/// A function. No function's code is named here, so that none links all of them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Issues tokens for a client's own request and for a code.
    Issue,
    /// Refreshes access tokens.
    Refresh,
    /// Shows the pages where users sign in, allow and sign out.
    Authorize,
    /// Says whether a token is good, and serves the metadata document.
    Introspect,
    /// Revokes tokens.
    Revoke,
    /// Checks access tokens for the gateways of other APIs.
    Authorizer,
}

/// The most that the gateway lets through to each route of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Requests a second, in the long run.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
    /// Which routes they are, for the parameters' descriptions.
    pub of: &'static str,
}

/// How a function is deployed.
#[derive(Clone, Copy, Debug)]
pub struct Deployed {
    /// What Lambda's console shows, after the service's name.
    pub words: &'static str,
    /// Parameter of its memory.
    pub memory: &'static str,
    /// Limits of its routes; none where it has no route.
    pub throttle: Option<Throttle>,
}

const fn fifty(of: &'static str) -> Option<Throttle> {
    Some(Throttle { rate: 50, burst: 100, of })
}

/// A route with two aliases: with what these let through, it is as much as a route without.
const fn forty(of: &'static str) -> Option<Throttle> {
    Some(Throttle { rate: 40, burst: 80, of })
}

/// The limits of each alias of a route.
pub const OF_ALIASES: Throttle = Throttle {
    rate: 5,
    burst: 10,
    of: "each other path of a route (/token, /authorize, /introspect, /revoke, and below /oauth2)",
};

impl Function {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Issue, Self::Refresh, Self::Authorize, Self::Introspect, Self::Revoke, Self::Authorizer];
    /// Those whose requests authenticate a client.
    pub const SIGNED: [Self; 4] = [Self::Issue, Self::Refresh, Self::Introspect, Self::Revoke];

    /// Its name: of the binary, in the log, in the names of what is deployed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Refresh => "refresh",
            Self::Authorize => "authorize",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
            Self::Authorizer => "authorizer",
        }
    }

    /// How it is deployed.
    pub const fn deployed(self) -> Deployed {
        match self {
            Self::Issue => Deployed {
                words: "POST /oauth2/accessToken, /oauth2/par and /oauth2/device_authorization",
                memory: "MemorySize",
                throttle: forty("each of POST /oauth2/accessToken, /oauth2/par and /oauth2/device_authorization"),
            },
            Self::Refresh => Deployed {
                words: "POST /oauth2/refreshToken",
                memory: "MemorySize",
                throttle: fifty("POST /oauth2/refreshToken"),
            },
            Self::Authorize => Deployed {
                words: "the pages where users sign in, type a device's code, allow and sign out",
                memory: "AuthorizeMemorySize",
                throttle: forty("each route of the sign-in pages"),
            },
            Self::Introspect => Deployed {
                words: "POST /oauth2/introspect and the metadata document",
                memory: "MemorySize",
                throttle: forty("each route of introspection and of the metadata document"),
            },
            Self::Revoke => Deployed {
                words: "POST and PUT /oauth2/revoke",
                memory: "MemorySize",
                throttle: forty("each route of revocation"),
            },
            Self::Authorizer => {
                Deployed { words: "the authorizer of other APIs", memory: "MemorySize", throttle: None }
            }
        }
    }
}
