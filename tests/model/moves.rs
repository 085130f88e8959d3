//! What can happen next: a step of a client, of an operator or of time, and how its request is sent.

use latchkey_testkit::faults::Fault;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{CLIENTS, NAMESPACES};

#[derive(Clone, Debug)]
pub enum Step {
    Issue {
        by: usize,
    },
    /// A client asks in the name of a user of one of the namespaces.
    Name {
        by: usize,
        namespace: usize,
        /// In the header, and not in the parameters.
        header: bool,
    },
    Consent {
        to: usize,
    },
    /// The form of an earlier consent is sent again.
    Again {
        form: Index,
    },
    /// A device begins.
    Begin {
        by: usize,
    },
    /// A user answers a device.
    Say {
        device: Index,
        yes: bool,
    },
    /// A code, or a device code.
    Redeem {
        code: Index,
        by: usize,
    },
    Refresh {
        token: Index,
        narrow: bool,
        by: usize,
    },
    Revoke {
        token: Index,
        by: usize,
    },
    /// An earlier request, byte for byte.
    Replay {
        request: Index,
    },
    Disable {
        client: usize,
        disabled: bool,
    },
    /// Takes the scope WMS_NCIP from a client, or gives it back.
    Shrink {
        client: usize,
        shrunk: bool,
    },
    /// Leaves a client the first namespace only, or opens every one.
    Close {
        client: usize,
        closed: bool,
    },
    /// Has a client name users in parameters only, or in the header too.
    Sign {
        client: usize,
        required: bool,
    },
    Rotate {
        client: usize,
        overlap: u64,
    },
    /// Ends what a client was granted until so many seconds ago, or takes that back.
    RevokeAll {
        client: usize,
        ago: Option<u64>,
    },
    /// Deploys a time that ends what everyone was granted until so many seconds ago, or none.
    Deploy {
        ago: Option<u64>,
    },
    /// A newer version writes an attribute of its own into a client.
    Newer {
        client: usize,
    },
    /// Two operators at once: one disables or enables a client, the other comes between two of its calls.
    Both {
        client: usize,
        disabled: bool,
        calls: usize,
    },
    Wait {
        seconds: u64,
    },
    /// What the table's TTL may delete is gone.
    Sweep,
}

/// A step, and how a request of it is sent.
#[derive(Clone, Debug)]
pub struct Move {
    pub step: Step,
    /// Which of the client's secrets signs: the newest, or one of those before it.
    pub key: usize,
    /// So many seconds the client's clock is fast.
    pub fast: i64,
    pub faults: Vec<Fault>,
    /// Does not ask again after a 503.
    pub gives_up: bool,
}

pub fn moves() -> impl Strategy<Value = Move> {
    let (by, index, yes) = (|| 0..CLIENTS, any::<Index>, any::<bool>);
    let step = prop_oneof![
        3 => by().prop_map(|by| Step::Issue { by }),
        3 => (by(), 0..NAMESPACES.len(), yes())
            .prop_map(|(by, namespace, header)| Step::Name { by, namespace, header }),
        3 => by().prop_map(|to| Step::Consent { to }),
        3 => index().prop_map(|form| Step::Again { form }),
        3 => by().prop_map(|by| Step::Begin { by }),
        4 => (index(), any::<u8>()).prop_map(|(device, no)| Step::Say { device, yes: no % 4 != 0 }),
        6 => (index(), by()).prop_map(|(code, by)| Step::Redeem { code, by }),
        4 => (index(), yes(), by()).prop_map(|(token, narrow, by)| Step::Refresh { token, narrow, by }),
        3 => (index(), by()).prop_map(|(token, by)| Step::Revoke { token, by }),
        4 => index().prop_map(|request| Step::Replay { request }),
        1 => (by(), yes()).prop_map(|(client, disabled)| Step::Disable { client, disabled }),
        1 => (by(), yes()).prop_map(|(client, shrunk)| Step::Shrink { client, shrunk }),
        1 => (by(), yes()).prop_map(|(client, closed)| Step::Close { client, closed }),
        1 => (by(), yes()).prop_map(|(client, required)| Step::Sign { client, required }),
        1 => (by(), select(&[0, 1, 400, 100_000][..])).prop_map(|(client, overlap)| Step::Rotate { client, overlap }),
        2 => (by(), ago()).prop_map(|(client, ago)| Step::RevokeAll { client, ago }),
        1 => ago().prop_map(|ago| Step::Deploy { ago }),
        1 => by().prop_map(|client| Step::Newer { client }),
        1 => (by(), yes(), 1_usize..5).prop_map(|(client, disabled, calls)| Step::Both { client, disabled, calls }),
        2 => select(&[1, 59, 60, 299, 301, 599, 1199, 1200, 86_000, 86_400][..]).prop_map(|seconds| Step::Wait { seconds }),
        2 => Just(Step::Sweep),
    ];
    let key = prop_oneof![6 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
    let fast = prop_oneof![2 => Just(0), 1 => select(&[-301, -300, 300, 301][..])];
    (step, key, fast, faults(), yes()).prop_map(|(step, key, fast, faults, gives_up)| Move {
        step,
        key,
        fast,
        faults,
        gives_up,
    })
}

/// What happens to the calls of one request.
pub fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = select(
        &[
            Fault::Pass,
            Fault::Reset,
            Fault::LostReply,
            Fault::Silence,
            Fault::Mute,
            Fault::Truncated,
            Fault::BrokenBody,
            Fault::Error(500, "InternalServerError"),
            Fault::Error(400, "ThrottlingException"),
            Fault::Unprocessed,
            Fault::Conflict,
        ][..],
    );
    prop_oneof![2 => Just(vec![]), 1 => vec(fault, 1..8)]
}

/// How many seconds before the present one a time is from which on things are good; none takes the time away.
pub fn ago() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![1 => Just(None), 3 => select(&[0, 1, 60, 1200][..]).prop_map(Some)]
}
