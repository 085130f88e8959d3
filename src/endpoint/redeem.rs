//! The redemption of a code: a part of `POST /oauth2/accessToken`.

use bytes::Bytes;
use http::Response;

use super::caller::{Unverified, fields};
use super::{Latchkey, Visit, entropy};
use crate::denial::Denial;
use crate::flow::redeem::{Asked, Refusal, redeem, second_use};
use crate::grant::Grant;
use crate::reply;
use crate::store::Write;
use crate::token::{self, Fingerprint, GrantId};

/// Verifies, redeems, replies.
pub(super) async fn converse(
    latchkey: &Latchkey,
    unverified: Unverified<'_>,
    visit: &mut Visit,
) -> Result<Response<Bytes>, Denial> {
    let code = unverified.parameters.get("code").and_then(token::Unverified::parse);
    let (caller, kept) = unverified.verify(latchkey, code.as_slice(), &fields::TOKEN, visit).await?;
    let grant = code.and_then(|code| kept.grant(&code.grant_id));
    caller.parameters.require("code")?;
    let asked = Asked {
        code,
        redirect_uri: caller.parameters.require("redirect_uri")?,
        institutions: caller.parameters.institutions()?,
        verifier: caller.parameters.get("code_verifier"),
    };
    let decided = redeem(&caller.client, grant, &asked, caller.fingerprint, &latchkey.settings, &entropy()?, visit.now);
    let (redemption, answer) = match decided {
        Ok(decided) => decided,
        Err(refusal) => return Err(refuse(latchkey, grant.map(|grant| grant.id), refusal, visit).await?),
    };
    match latchkey.store.redeem(&redemption, &mut visit.meter).await? {
        Write::Done => {
            visit.record.grant_id = Some(redemption.id);
            Ok(reply::tokens(&caller.client, &answer, visit.now))
        }
        Write::Refused(found) => {
            let refusal = lost_race(found.as_deref(), caller.fingerprint);
            Err(refuse(latchkey, Some(redemption.id), refusal, visit).await?)
        }
    }
}

/// Another request came between the read and the write.
fn lost_race(found: Option<&Grant>, fingerprint: Fingerprint) -> Refusal {
    match found.and_then(|grant| Some((grant, grant.code.as_ref()?.redeemed.as_ref()?))) {
        Some((grant, redeemed)) => second_use(grant, redeemed, fingerprint),
        None if found.is_some() => Denial::GrantRevoked.into(),
        None => Denial::CodeUnknown.into(),
    }
}

/// Revokes where the rule says so, before the refusal is told.
async fn refuse(
    latchkey: &Latchkey,
    grant_id: Option<GrantId>,
    refusal: Refusal,
    visit: &mut Visit,
) -> Result<Denial, Denial> {
    if let (true, Some(grant_id)) = (refusal.revoke, grant_id) {
        visit.record.grant_id = Some(grant_id);
        latchkey.store.revoke_grant(&grant_id, visit.now, &mut visit.meter).await?;
    }
    Ok(refusal.denial)
}
