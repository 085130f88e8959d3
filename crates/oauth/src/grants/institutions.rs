//! The institutions that a request names, and those that follow where it names none.

use crate::client::{ANY_INSTITUTION, Client};
use crate::error::{Denial, Sent};
use crate::grant::{Institutions, is_institution_id};
use crate::scope::CONTEXT;

#[cfg(test)]
mod tests;

/// The institutions that a request names: in its parameters, or by `context:ID` in its scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedInstitutions {
    /// `authenticatingInstitutionId`.
    pub authenticating: Option<String>,
    /// `contextInstitutionId`, or what the scope names.
    pub context: Option<String>,
}

impl NamedInstitutions {
    /// Takes what names an institution out of a scope, as OCLC's clients write it: `WorldCatMetadataAPI context:128807`. Returns
    /// the rest. A scope that the client is registered for to the letter stays one.
    pub fn take_from(&mut self, scope: &str, client: &Client) -> Result<String, Denial> {
        let mut rest: Vec<&str> = Vec::new();
        for token in scope.split(' ') {
            match token.strip_prefix(CONTEXT).filter(|_| !client.may_ask_for(token)) {
                None => rest.push(token),
                Some(id) if !is_institution_id(id) => return Err(Denial::ContextMalformed),
                Some(id) if self.context.as_ref().is_some_and(|known| known != id) => {
                    return Err(Denial::InstitutionsContradict);
                }
                Some(id) => self.context = Some(id.to_owned()),
            }
        }
        Ok(rest.join(" "))
    }

    /// Adds those of the same request that are named elsewhere.
    pub fn join(&mut self, other: &Self) -> Result<(), Denial> {
        for (known, other) in [(&mut self.authenticating, &other.authenticating), (&mut self.context, &other.context)] {
            match (&known, other) {
                (Some(known), Some(other)) if known != other => return Err(Denial::InstitutionsContradict),
                (None, Some(other)) => *known = Some(other.clone()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Those of a request of the client's own. The one of two that is not named is the other one. Where none is named, both are
    /// the one that the client is registered for.
    pub fn of_own(self, client: &Client) -> Result<Institutions, Denial> {
        let registered = match &client.institutions[..] {
            [only] if only != ANY_INSTITUTION => Some(only.clone()),
            _ => None,
        };
        let Self { authenticating, context } = self;
        let context = context.or_else(|| authenticating.clone()).or(registered);
        let context = context.ok_or(Denial::ParameterMissing("contextInstitutionId"))?;
        // The other one follows from it, and the refusal names what was sent.
        if authenticating.is_none() && !client.may_act_for_one(&context) {
            return Err(Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of(&context)));
        }
        Ok(Institutions { authenticating: authenticating.unwrap_or_else(|| context.clone()), context })
    }

    /// Those of a request for a user: as of a client's own, except that the user chooses where nothing names any.
    pub fn of_user(self, client: &Client) -> Result<Option<Institutions>, Denial> {
        match self.of_own(client) {
            // One that is named stands for the other, so none is.
            Err(Denial::ParameterMissing(_)) => Ok(None),
            institutions => institutions.map(Some),
        }
    }

    /// Whether they are those of a grant, as far as they are named.
    pub fn fit(&self, granted: &Institutions) -> bool {
        let fits = |named: &Option<String>, granted: &str| named.as_deref().is_none_or(|named| named == granted);
        fits(&self.authenticating, &granted.authenticating) && fits(&self.context, &granted.context)
    }
}

impl From<Institutions> for NamedInstitutions {
    fn from(Institutions { authenticating, context }: Institutions) -> Self {
        Self { authenticating: Some(authenticating), context: Some(context) }
    }
}
