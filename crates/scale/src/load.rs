//! What is assumed of a month: how many requests, of which kinds, by whom.

use latchkey_oauth::service::functions::Function;

use crate::units;
use crate::units::Cost;

/// Seconds of thirty days.
pub const MONTH: f64 = 30.0 * 24.0 * 60.0 * 60.0;

/// A kind of request.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What the documents call it.
    pub name: &'static str,
    /// What it costs.
    pub cost: Cost,
    /// Who answers.
    pub function: Function,
    /// The route, if the gateway of the service has one for it.
    pub route: Option<&'static str>,
    /// How long the function runs: assumed as in `docs/costs.md`.
    pub milliseconds: u32,
    /// The function's memory by default.
    pub megabytes: u32,
}

const fn kind(
    name: &'static str,
    cost: Cost,
    function: Function,
    route: Option<&'static str>,
    (milliseconds, megabytes): (u32, u32),
) -> Kind {
    Kind { name, cost, function, route, milliseconds, megabytes }
}

const PAGES: u32 = 512;
const TOKENS: u32 = 256;
const ASK: Option<&str> = Some("GET /oauth2/authorizeCode");
const ANSWER: Option<&str> = Some("POST /oauth2/authorizeCode");
const ISSUE: Option<&str> = Some("POST /oauth2/accessToken");
const INTROSPECT: Option<&str> = Some("POST /oauth2/introspect");

/// A token by client credentials.
pub const CLIENT_CREDENTIALS: Kind =
    kind("client credentials", units::CLIENT_CREDENTIALS, Function::Issue, ISSUE, (10, TOKENS));
/// A redemption of a code.
pub const REDEMPTION: Kind = kind("redemption of a code", units::REDEMPTION, Function::Issue, ISSUE, (10, TOKENS));
/// A refresh.
pub const REFRESH: Kind =
    kind("refresh", units::REFRESH, Function::Refresh, Some("POST /oauth2/refreshToken"), (10, TOKENS));
/// An introspection of a token that was issued with its grant.
pub const INTROSPECTION: Kind =
    kind("introspection", units::INTROSPECTION, Function::Introspect, INTROSPECT, (7, TOKENS));
/// An introspection of a refreshed token.
pub const INTROSPECTION_OF_REFRESHED: Kind =
    Kind { name: "introspection of a refreshed token", cost: units::INTROSPECTION_OF_REFRESHED, ..INTROSPECTION };
/// A revocation.
pub const REVOCATION: Kind =
    kind("revocation", units::REVOCATION, Function::Revoke, Some("POST /oauth2/revoke"), (10, TOKENS));
/// A question to the authorizer. The gateway of the guarded API is that API's own.
pub const CHECK: Kind = kind("question to the authorizer", units::CHECK, Function::Authorizer, None, (7, TOKENS));
/// The same about a refreshed token.
pub const CHECK_OF_REFRESHED: Kind =
    Kind { name: "question to the authorizer about a refreshed token", cost: units::CHECK_OF_REFRESHED, ..CHECK };

/// A sign-in with consent: five requests, 150 ms together.
pub const SIGN_IN: [Kind; 5] = [
    kind("sign-in page", units::PAGE, Function::Authorize, ASK, (10, PAGES)),
    kind("stylesheet", units::STYLE, Function::Authorize, Some("GET /oauth2/style.css"), (5, PAGES)),
    kind("attempt to sign in", units::ATTEMPT_FROM_IPV6, Function::Authorize, ANSWER, (110, PAGES)),
    kind("consent page", units::QUESTION, Function::Authorize, ASK, (10, PAGES)),
    kind("consent", units::CONSENT, Function::Authorize, ANSWER, (15, PAGES)),
];

/// What the shares of [`MIX`] add up to.
pub const ALL_SHARES: u32 = 1_000;

/// How many of a thousand requests are of each kind: each of ten sign-ins brings five requests and a redemption.
pub const MIX: [(Kind, u32); 11] = [
    (REFRESH, 440),
    (CHECK_OF_REFRESHED, 290),
    (CLIENT_CREDENTIALS, 100),
    (INTROSPECTION_OF_REFRESHED, 100),
    (REVOCATION, 10),
    (REDEMPTION, 10),
    (SIGN_IN[0], 10),
    (SIGN_IN[1], 10),
    (SIGN_IN[2], 10),
    (SIGN_IN[3], 10),
    (SIGN_IN[4], 10),
];

/// One in so many refreshes and checks is of a program. All machines of a client's program share one refresh token.
pub const OF_PROGRAMS: u32 = 10;

/// A month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Requests, with the questions to the authorizer.
    pub requests: f64,
    /// Clients, as popular as Zipf's law says.
    pub clients: u32,
    /// Users, as popular as the square root of Zipf's law says.
    pub users: u32,
    /// Institutions, as popular as Zipf's law says. The users of each sign in from one network.
    pub institutions: u32,
    /// How many times as many requests the busiest minutes have as the mean.
    pub peak: f64,
}

impl Load {
    /// Requests a second, in the busiest minutes.
    pub fn rate(&self) -> f64 {
        self.requests / MONTH * self.peak
    }
}

/// The months of `docs/scale.md`.
pub const LOADS: [Load; 3] = [
    Load { requests: 1e6, clients: 20, users: 2_000, institutions: 10, peak: 10.0 },
    Load { requests: 1e9, clients: 1_000, users: 1_000_000, institutions: 1_000, peak: 10.0 },
    Load { requests: 1e11, clients: 10_000, users: 50_000_000, institutions: 5_000, peak: 10.0 },
];
