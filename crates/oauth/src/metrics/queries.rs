//! Saved queries of CloudWatch Logs Insights: the questions that a running service raises.

/// Which lines a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Those of every function.
    Functions,
    /// The gateway's access log.
    Gateway,
}

/// One saved query.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// In words with hyphens between them. The deployment's name comes before it.
    pub name: &'static str,
    /// Which lines it reads.
    pub over: Over,
    /// Each command of the query.
    pub commands: &'static [&'static str],
}

/// Each of them.
pub const QUERIES: [Query; 8] = [
    Query {
        name: "why-unavailable",
        over: Over::Functions,
        commands: &[
            "filter outcome in [\"unavailable\", \"not_started\", \"panicked\"]",
            "stats count(*) as requests, max(@timestamp) as last by function, outcome, denial, database_error, reason",
            "sort requests desc",
        ],
    },
    Query {
        name: "who-is-refused",
        over: Over::Functions,
        commands: &[
            "filter ispresent(denial)",
            "stats count(*) as requests, max(@timestamp) as last by denial, client_id, claimed_client_id, function",
            "sort requests desc",
            "limit 100",
        ],
    },
    Query {
        name: "which-secrets-sign",
        over: Over::Functions,
        commands: &[
            "filter ispresent(secret)",
            "stats count(*) as requests, max(@timestamp) as last by client_id, secret",
            "sort client_id",
        ],
    },
    Query {
        name: "one-request",
        over: Over::Functions,
        commands: &["filter request_id = \"REQUEST_ID\" or @requestId = \"REQUEST_ID\"", "sort @timestamp"],
    },
    Query {
        name: "slowest-requests",
        over: Over::Functions,
        commands: &[
            "filter ispresent(duration_ms)",
            "fields @timestamp, function, duration_ms, round_trips, outcome, client_id, request_id",
            "sort duration_ms desc",
            "limit 50",
        ],
    },
    Query {
        name: "what-it-reads-and-writes",
        over: Over::Functions,
        commands: &[
            "filter ispresent(read_units)",
            "stats count(*) as requests, sum(read_units) as reads, sum(write_units) as writes by function, grant_type, client_id",
            "sort writes desc",
            "limit 100",
        ],
    },
    Query {
        name: "gateway-errors",
        over: Over::Gateway,
        commands: &[
            "filter status like /^5/",
            "stats count(*) as requests, max(@timestamp) as last by routeKey, status, integrationStatus, integrationError, error",
            "sort requests desc",
        ],
    },
    Query {
        name: "throttled-callers",
        over: Over::Gateway,
        commands: &[
            "filter status = \"429\"",
            "stats count(*) as requests by ip, routeKey",
            "sort requests desc",
            "limit 50",
        ],
    },
];
