//! Refusals of pushed authorization requests (RFC 9126).

use crate::error::Wire;

/// Why a request is not taken that is pushed, or that refers to a pushed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushError {
    /// What is pushed has a `request_uri` itself (RFC 9126 section 2.1).
    UriPushed,
    /// What is pushed has a `request` object (RFC 9101), which this service does not read.
    ObjectUnsupported,
    /// The body or the query is longer than this, bytes.
    TooLong(usize),
    /// The address that the request makes is longer than this, bytes. The parameter is its longest.
    AddressTooLong(usize, &'static str),
    /// The client must push its requests, and this one came in an address.
    Required,
    /// The `request_uri` is not one of this service, or was changed.
    UriUnknown,
    /// It was given to another client.
    UriForeign,
    /// It is older than its life.
    UriExpired,
}

const PUSH_AGAIN: &str = "Push the request again, and send the user with the new request_uri at once.";

impl PushError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UriPushed => "request_uri_pushed",
            Self::ObjectUnsupported => "request_object_unsupported",
            Self::TooLong(_) => "push_too_long",
            Self::AddressTooLong(..) => "push_address_too_long",
            Self::Required => "push_required",
            Self::UriUnknown => "request_uri_unknown",
            Self::UriForeign => "request_uri_foreign",
            Self::UriExpired => "request_uri_expired",
        }
    }

    pub(super) fn wire(self) -> Wire {
        // RFC 9101 section 7.
        let invalid_uri = |description: &'static str| Wire {
            error: "invalid_request_uri",
            ..Wire::invalid_request(description, PUSH_AGAIN)
        };
        // RFC 9126 section 2.3.
        let too_long = |description: String, details: &'static str| Wire {
            status: 413,
            ..Wire::invalid_request(description, details)
        };
        match self {
            Self::UriPushed => Wire::invalid_request(
                "A pushed request has no request_uri.",
                "Push the parameters of the request itself (RFC 9126 section 2.1).",
            ),
            Self::ObjectUnsupported => Wire {
                error: "request_not_supported",
                ..Wire::invalid_request(
                    "The service reads no request objects (the parameter request).",
                    "Push the parameters themselves. The client's authentication protects them.",
                )
            },
            Self::TooLong(limit) => {
                too_long(format!("The pushed request is longer than {limit} bytes."), "Push a shorter request.")
            }
            Self::AddressTooLong(limit, longest) => too_long(
                format!(
                    "The request makes an address of more than {limit} bytes. The longest of its parameters is {longest}."
                ),
                "Shorten it.",
            ),
            Self::Required => Wire::invalid_request(
                "The client is registered to push its authorization requests.",
                "Push the request to the pushed_authorization_request_endpoint, and send the user with client_id and the \
                 request_uri (RFC 9126).",
            ),
            Self::UriUnknown => invalid_uri("The request_uri is not one that this service gave out."),
            Self::UriForeign => invalid_uri("The request_uri was given to another client."),
            Self::UriExpired => invalid_uri("The request_uri has expired."),
        }
    }
}
