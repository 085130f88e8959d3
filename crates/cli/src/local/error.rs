//! Why the local server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use latchkey_oauth::error::Unavailable;
use latchkey_oauth::secret::SealError;

/// Why the local server does not start, and what to do, in one line.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The server cannot listen on the port.
    #[error("cannot listen on {address} ({error}); choose another port with {option}")]
    Bind {
        /// The option that chooses the port.
        option: &'static str,
        /// The address and the port.
        address: SocketAddr,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The engine cannot listen where containers call it.
    #[error(
        "cannot listen on {address} for containers ({error}); choose another port with --dynamodb-port, or name the address \
         by which containers reach this machine: --containers=ADDRESS"
    )]
    BindContainers {
        /// The address and the port.
        address: SocketAddr,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The state folder or a file in it cannot be used.
    #[error("{path}: {reason}; repair or remove it, or choose another folder with --state")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another start in the same state folder does not come to its end.
    #[error(
        "another start of the local server holds {path}; wait for it, end it, or choose another folder with --state"
    )]
    Held {
        /// The lock.
        path: PathBuf,
    },
    /// An item of the demo client or of the demo user cannot be read.
    #[error("the item {0} cannot be read; restore or delete it")]
    Damaged(String),
    /// The engine fails.
    #[error("the embedded DynamoDB engine failed: {0}")]
    Engine(String),
}

impl From<Unavailable> for EngineError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Engine(format!("{unavailable:?}"))
    }
}

impl From<SealError> for EngineError {
    fn from(error: SealError) -> Self {
        Self::Engine(error.to_string())
    }
}
