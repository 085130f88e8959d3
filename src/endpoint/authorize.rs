//! A user's consent, put down: the grant and the code that redeems it.

use super::{Latchkey, random};
use crate::client::Client;
use crate::denial::{Denial, Trouble};
use crate::flow::authorize::{Consent, authorize};
use crate::grant::Grant;
use crate::store::{Meter, Write};
use crate::token::{GrantId, Minted};

/// Decides, stores, and hands out the code.
pub async fn consent(
    latchkey: &Latchkey,
    client: &Client,
    consent: Consent,
    now: u64,
    meter: &mut Meter,
) -> Result<(Grant, Minted), Denial> {
    let (grant, code) = authorize(client, consent, GrantId::random(random()?), &random()?, &latchkey.settings, now)?;
    match latchkey.store.begin_grant(&grant, meter).await? {
        Write::Done => Ok((grant, code)),
        // Two equal ids of 122 random bits.
        Write::Refused(_) => Err(Trouble::NoRandomness.into()),
    }
}
