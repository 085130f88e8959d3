//! Codes of devices that users type, and those that browsers bring back from providers: each is a guess, and counted by network
//! as wrong passwords are.

use super::count::counts;
use super::{Source, Users, network_keys};
use crate::store::item;
use crate::store::key::token_key;
use crate::store::read::consistent;
use crate::store::{Store, Usage};
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::sign_in::attempts::{Counted, NETWORK_FAILURES};
use latchkey_oauth::token::GrantId;

/// What was found of a guess.
pub struct Guessed {
    /// The grant that the code leads to, in whatever state.
    pub grant: Option<Grant>,
    /// Failures from the same networks.
    pub counted: Counted,
}

impl Store {
    /// Reads what a code leads to, and the counters, in one call.
    pub async fn guessed(&self, id: &GrantId, source: &Source, usage: &mut Usage) -> Result<Guessed, Unavailable> {
        let keys = network_keys(source);
        let asked = [
            (self.tables.users.clone(), consistent(keys.clone())?),
            (self.tables.tokens.clone(), consistent(vec![token_key(id, item::GRANT)])?),
        ];
        let found = self.batch(asked.into(), usage).await?;
        let grant = found.get(&self.tables.tokens).and_then(|items| items.first());
        let grant = grant.map(|item| self.to_grant(item, usage)).transpose()?;
        let users = Users { found: found.get(&self.tables.users).map_or(&[], Vec::as_slice), store: self };
        let networks = users.recent(&keys, usage)?;
        Ok(Guessed { grant, counted: Counted { networks, ..Counted::default() } })
    }

    /// Counts a guess, right or wrong, in one transaction, as [`Store::count_attempt`] counts a password. `false` if others came
    /// in between: then the guesser learns nothing.
    pub async fn count_guess(
        &self,
        source: &Source,
        counted: &Counted,
        is_right: bool,
        usage: &mut Usage,
    ) -> Result<bool, Unavailable> {
        let networks = network_keys(source).into_iter().zip(counted.networks.iter().zip(NETWORK_FAILURES));
        let update = |(key, (recent, most))| self.update(key, counts(recent, most, is_right, source.now));
        self.count_together(networks.map(update).collect(), usage).await
    }
}
