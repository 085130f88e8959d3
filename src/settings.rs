//! Settings of a deployment: the lives of what it hands out, and what its clients sign.

/// What a deployment may choose. Each comes from an environment variable, named in `app.rs`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Life of an access token, seconds.
    pub access_token_seconds: u64,
    /// Life of a refresh token, seconds, where a client's registration names none.
    pub refresh_token_seconds: u64,
    /// Life of an authorization code, seconds; at most ten minutes (RFC 6749 section 4.1.2).
    pub code_seconds: u64,
    /// How far a request's timestamp may lie from the server's clock, either way, seconds.
    pub clock_skew_seconds: u64,
    /// Lines 6 to 8 of the signed text.
    pub authority: Authority,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_seconds: 20 * 60,
            refresh_token_seconds: 24 * 60 * 60,
            code_seconds: 10 * 60,
            clock_skew_seconds: 300,
            authority: Authority::default(),
        }
    }
}

impl Settings {
    /// Until when an item must be kept so that the request that made it cannot make it again, whatever else becomes of
    /// it. A timestamp is taken from `now - skew` to `now + skew`, so a request accepted at `now` is acceptable until
    /// `now + 2 * skew` at the latest; after that its own timestamp refuses it.
    pub fn replay_guard(&self, now: u64) -> u64 {
        now + 2 * self.clock_skew_seconds + 1
    }
}

/// Lines 6 to 8. They are literals of a deployment, not the request's own host, port and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Line 6.
    pub host: String,
    /// Line 7.
    pub port: u16,
    /// Line 8.
    pub path: String,
}

impl Default for Authority {
    /// What every existing client signs.
    fn default() -> Self {
        Self { host: "www.oclc.org".into(), port: 443, path: "/wskey".into() }
    }
}
