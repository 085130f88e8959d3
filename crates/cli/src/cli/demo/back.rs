//! The authorization response: what the service sends the browser back with (RFC 6749 section 4.1.2).

use super::ask::Asked;
use latchkey_oauth::form::Pairs;

/// A response as it came. Only its `state` says that it is one.
pub(super) struct Sent {
    pub(super) state: String,
    query: String,
    pairs: Vec<(String, String)>,
}

/// What the application makes of a response.
pub(super) enum Back {
    /// It has a code, and passed each check.
    Code(Code),
    /// It has none, or is not taken. The text says why.
    Refused(String),
}

/// A code, and the response that it came in.
pub(super) struct Code {
    pub(super) code: String,
    pub(super) query: String,
    pub(super) pairs: Vec<(String, String)>,
}

impl Sent {
    /// Reads a query; `None` where it has no `state`.
    pub(super) fn of(query: &str) -> Option<Self> {
        let pairs = Pairs::parse(query.as_bytes()).ok()?;
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let state = pairs.iter().find(|(name, _)| name == "state").map(|(_, value)| value.clone())?;
        Some(Self { state, query: query.to_owned(), pairs })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Back {
    /// Checks a response to `asked`. Its `state` is the right one.
    pub(super) fn of(sent: Sent, asked: &Asked) -> Self {
        // Of another service, or of none that names itself (RFC 9207 section 2.4).
        match sent.get("iss") {
            Some(issuer) if issuer == asked.issuer => {}
            Some(issuer) => {
                return Self::Refused(format!(
                    "The answer names {issuer} as its issuer (iss). The application asked {}, so it redeems nothing.",
                    asked.issuer
                ));
            }
            None => {
                return Self::Refused(format!(
                    "The answer does not name its issuer (iss), and {} always does. The application redeems nothing.",
                    asked.issuer
                ));
            }
        }
        if let Some(error) = sent.get("error") {
            return Self::Refused(match (error, sent.get("error_description")) {
                ("access_denied", _) => {
                    "You chose Deny. The service told the application so (access_denied), and gave it no \
                                         code: it gets no tokens."
                        .to_owned()
                }
                (error, Some(description)) => format!("The service answered {error}: {description}"),
                (error, None) => format!("The service answered {error}."),
            });
        }
        match sent.get("code").map(str::to_owned) {
            Some(code) => Self::Code(Code { code, query: sent.query, pairs: sent.pairs }),
            None => Self::Refused("The answer has neither a code nor an error.".to_owned()),
        }
    }
}
