//! A record of an operator's change: when, who, by which command, on whom, and what changed.

use latchkey_oauth::grant::Grant;
use latchkey_oauth::user::User;

/// Who makes changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// Who it is, as AWS or the operating system says.
    pub known: Option<String>,
    /// Who it is, as the command was told. Anyone can say anything.
    pub said: Option<String>,
}

/// Whom a change concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The client.
    pub client_id: Option<String>,
    /// The institution, or the user's.
    pub institution_id: Option<String>,
    /// The user's name.
    pub username: Option<String>,
    /// `principalID` of the user whose grants are concerned.
    pub principal_id: Option<String>,
    /// `principalIDNS` of that user.
    pub principal_idns: Option<String>,
    /// The scope that is described.
    pub scope: Option<String>,
    /// The grants.
    pub grant_ids: Vec<String>,
}

impl Subject {
    /// One grant: whose it is.
    pub fn of(grant: &Grant) -> Self {
        Self {
            client_id: Some(grant.client_id.clone()),
            institution_id: Some(grant.institutions.authenticating.clone()),
            principal_id: grant.principal.as_ref().map(|principal| principal.id.clone()),
            principal_idns: grant.principal.as_ref().map(|principal| principal.idns.clone()),
            grant_ids: vec![grant.id.to_string()],
            ..Self::default()
        }
    }

    /// One user.
    pub fn of_user(user: &User) -> Self {
        Self {
            institution_id: Some(user.institution_id.clone()),
            username: Some(user.username.clone()),
            ..Self::default()
        }
    }
}

/// Where a command over many items is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It begins. Of a command that was cut off, this is not followed by the other.
    Begun,
    /// It has ended.
    Done,
}

impl Step {
    pub(super) const ALL: [Self; 2] = [Self::Begun, Self::Done];

    /// As the item has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Done => "done",
        }
    }
}

/// One record.
#[derive(Clone, Debug)]
pub struct Record {
    /// POSIX seconds.
    pub at: u64,
    /// Who.
    pub actor: Actor,
    /// By which command.
    pub command: String,
    /// Which run of it: the same in all of the run's records.
    pub run: String,
    /// Whether a command over many items begins or ends.
    pub step: Option<Step>,
    /// So many items of such a command.
    pub items: Option<u64>,
    /// On whom.
    pub subject: Subject,
    /// What changed.
    pub changes: Vec<Changed>,
}

/// What became of one attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Its name. Of an attribute that is not known to be harmless, this is all.
    pub attribute: String,
    /// Its value before, where it had one.
    pub old: Option<String>,
    /// Its value now, where it has one.
    pub new: Option<String>,
    /// What a list has no more.
    pub removed: Vec<String>,
    /// What a list has now and had not before.
    pub added: Vec<String>,
    /// So many more of the two, for which the record has no room.
    pub more: u64,
}
