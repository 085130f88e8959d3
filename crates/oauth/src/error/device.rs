//! The refusals of the device grant (RFC 8628 section 3.5), and of the page where users type a device's code.

use super::Wire;

/// Why a device gets no tokens yet, or never, or why a user's code does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceError {
    /// The user has not answered yet.
    Pending,
    /// The same, and the device asks too often.
    TooOften {
        /// How long the device must wait between two polls, seconds.
        interval: u64,
    },
    /// The user said no.
    Denied,
    /// The codes are older than their life.
    Expired,
    /// The user code was never made, is used, or is older than its life: one answer for the three.
    UserCodeUnknown,
}

impl DeviceError {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "authorization_pending",
            Self::TooOften { .. } => "slow_down",
            Self::Denied => "device_denied",
            Self::Expired => "device_code_expired",
            Self::UserCodeUnknown => "user_code_unknown",
        }
    }

    pub(super) fn wire(self) -> Wire {
        let wire = |error, description: &'static str, details: &'static str| Wire {
            error,
            ..Wire::invalid_request(description, details)
        };
        match self {
            Self::Pending => wire(
                "authorization_pending",
                "The user has not answered yet.",
                "Wait the interval of the device authorization response, then ask again (RFC 8628 section 3.5).",
            ),
            Self::TooOften { interval } => Wire {
                error: "slow_down",
                ..Wire::invalid_request(
                    format!("The user has not answered yet, and the device asks too often; wait {interval} seconds."),
                    "Add five seconds to the interval, for this and every later request (RFC 8628 section 3.5).",
                )
            },
            Self::Denied => wire(
                "access_denied",
                "The user denied the request of the device.",
                "Stop asking. Start a new device authorization request if the user wants one.",
            ),
            Self::Expired => wire(
                "expired_token",
                "The device code has expired.",
                "Start a new device authorization request, and show the user its new code.",
            ),
            Self::UserCodeUnknown => wire(
                "invalid_request",
                "The user code is unknown, used or expired.",
                "The user has to check the code on the device, or to start again there.",
            ),
        }
    }
}
