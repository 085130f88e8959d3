//! What the index of users' grants lacks: the function of the pages looks for that when it starts, and a list says it.

use crate::store::holders::Wanted;
use crate::store::{Store, Usage};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::outcome::Outcome;

/// What is lacking until an operator acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The table has no index, or DynamoDB is still building it.
    Index,
    /// Nothing says that the index has the grants from before it.
    Grants,
}

impl Lack {
    /// Its name in the log.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Index => Outcome::IndexMissing,
            Self::Grants => Outcome::IndexUnfilled,
        }
    }

    /// What is so, and what the operator does.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Index => {
                "the table of tokens has no index of users' grants yet, or DynamoDB is still building it: update the \
                 deployment, or add the index (infra/README.md), wait until it is ACTIVE, and run latchkey grant index"
            }
            Self::Grants => {
                "the index of users' grants may lack grants of earlier versions, so users may not see all applications that \
                 they allowed: run latchkey grant index"
            }
        }
    }
}

impl Store {
    /// Looks for the index and for its mark, both at once. A page reads two things at once too, and both connections are open
    /// then. `None` if nothing lacks, or if that cannot be known now.
    pub async fn look_at_index(&self) -> Option<Lack> {
        let (mut asking, mut reading) = (Usage::default(), Usage::default());
        // No user has this principal.
        let nobody = Principal::new("", "");
        let asked = self.consented(&nobody, Wanted::Newest, &mut asking);
        match tokio::join!(asked, self.is_index_filled(&mut reading)) {
            (Ok(None), _) => Some(Lack::Index),
            (_, Ok(false)) => Some(Lack::Grants),
            _ => None,
        }
    }

    /// Whether the index is known to have the grants from before it. Once it is, the table is not asked again.
    pub(in crate::store) async fn knows_index_filled(&self, usage: &mut Usage) -> bool {
        self.remembers_filled() || self.is_index_filled(usage).await == Ok(true)
    }
}
