//! A grant, without its hashes.

use serde::Serialize;

use latchkey_oauth::grant::device::Answer;
use latchkey_oauth::grant::{Grant, Institutions, Principal, StoredToken};
use latchkey_oauth::time::instant;

/// A grant without its hashes.
#[derive(Serialize)]
pub(in crate::cli) struct GrantView {
    grant_id: String,
    state: &'static str,
    client_id: String,
    grant_type: &'static str,
    authenticating_institution_id: String,
    context_institution_id: String,
    principal_id: Option<String>,
    principal_idns: Option<String>,
    subject: String,
    scope: String,
    created_at: String,
    code_expires_at: Option<String>,
    redeemed_at: Option<String>,
    access_expires_at: Option<String>,
    refresh_expires_at: Option<String>,
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refreshed_access_tokens: Option<usize>,
}

/// A grant in a list, short enough for a line.
#[derive(Serialize)]
pub(in crate::cli) struct GrantRow<'a> {
    created_at: &'a str,
    client_id: String,
    principal_id: Option<String>,
    state: &'static str,
    grant_id: &'a str,
}

impl<'a> GrantRow<'a> {
    pub(in crate::cli) fn new(grant: &'a GrantView) -> Self {
        let GrantView { created_at, client_id, principal_id, state, grant_id, .. } = grant;
        let principal_id = principal_id.as_deref().map(begun);
        Self { created_at, client_id: begun(client_id), principal_id, state, grant_id }
    }
}

/// The beginning of a long id.
fn begun(id: &str) -> String {
    if id.chars().count() <= BEGINNING {
        id.to_owned()
    } else {
        id.chars().take(BEGINNING - 1).chain(['…']).collect()
    }
}

/// What a list shows of a long id, in characters. JSON and `latchkey grant show` have all of it.
const BEGINNING: usize = 11;

impl GrantView {
    pub(in crate::cli) fn new(grant: &Grant, refreshed: Option<usize>, now: u64) -> Self {
        // By name: an attribute that is forgotten here does not compile.
        let Grant {
            id,
            client_id,
            grant_type,
            institutions: Institutions { authenticating, context },
            principal,
            scope,
            // `refresh_expires_at` tells it.
            refresh_seconds: _,
            created_at,
            code,
            device,
            access,
            // `state` tells it.
            access_revoked_at: _,
            refresh,
            revoked_at,
            // An operator does not need the time at which DynamoDB may delete the item.
            expires_at: _,
        } = grant;
        let code_ends = code.as_ref().map(|code| code.expires_at).or(device.as_ref().map(|device| device.expires_at));
        Self {
            grant_id: id.to_string(),
            state: state(grant, now),
            client_id: client_id.clone(),
            grant_type: grant_type.as_str(),
            authenticating_institution_id: authenticating.clone(),
            context_institution_id: context.clone(),
            principal_id: principal.as_ref().map(|principal| principal.id.clone()),
            principal_idns: principal.as_ref().map(|principal| principal.idns.clone()),
            subject: principal.as_ref().map_or_else(|| client_id.clone(), Principal::subject),
            scope: scope.to_string(),
            created_at: instant(*created_at),
            code_expires_at: code_ends.map(instant),
            redeemed_at: grant.redeemed().map(|redeemed| instant(redeemed.at)),
            access_expires_at: access.map(|live| instant(live.expires_at)),
            refresh_expires_at: refresh.map(|live| instant(live.expires_at)),
            revoked_at: revoked_at.map(instant),
            refreshed_access_tokens: refreshed,
        }
    }
}

/// Returns the state of a grant. Its item does not list refreshed access tokens.
fn state(grant: &Grant, now: u64) -> &'static str {
    let lives = |live: Option<StoredToken>| live.is_some_and(|live| now < live.expires_at);
    if let Some(device) = grant.device.as_ref().filter(|device| device.redeemed.is_none() && grant.revoked_at.is_none())
    {
        return match device.answer {
            Some(Answer::Denied(_)) => "denied",
            _ if now >= device.expires_at => "expired",
            Some(Answer::Allowed(_)) => "device code not redeemed",
            None => "waits for a user",
        };
    }
    match &grant.code {
        _ if grant.revoked_at.is_some() => "revoked",
        Some(code) if code.redeemed.is_none() && now < code.expires_at => "code not redeemed",
        _ if lives(grant.refresh) => "good",
        _ if lives(grant.access) && grant.access_revoked_at.is_none() => "access token only",
        _ if grant.refresh.is_some() && now < grant.expires_at => "refreshed tokens at most",
        _ => "expired",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use latchkey_oauth::client_auth::wskey::replay_key;
    use latchkey_oauth::grant::{Code, Redeemed};
    use latchkey_oauth::grant_type::GrantType;
    use latchkey_oauth::scope::Scope;
    use latchkey_oauth::token::{GrantId, Kind, Minted};

    #[test]
    fn a_grant_is_called_what_its_tokens_are_good_for() {
        let id = GrantId::random([7; 16]);
        let hash = Minted::new(Kind::Code, id, None, &[7; 20]).hash;
        let live = |expires_at| Some(StoredToken { hash, expires_at });
        let (scope, by) = (Scope::parse("A").unwrap(), replay_key("a", "1", "n"));
        let code = |redeemed: bool| {
            let redeemed = redeemed.then_some(Redeemed { at: 1, by: Some(by) });
            Some(Code { hash, expires_at: 10, redirect_uri: String::new(), challenge: None, redeemed })
        };
        let grant = Grant {
            id,
            client_id: "a".into(),
            grant_type: GrantType::AuthorizationCode,
            institutions: Institutions { authenticating: "1".into(), context: "1".into() },
            principal: None,
            scope,
            refresh_seconds: None,
            created_at: 0,
            code: code(true),
            device: None,
            access: live(20),
            access_revoked_at: None,
            refresh: live(100),
            revoked_at: None,
            expires_at: 120,
        };
        let fresh = Grant { code: code(false), access: None, refresh: None, ..grant.clone() };
        let alone = Grant { refresh: None, ..grant.clone() };
        for (grant, now, expected) in [
            (&fresh, 9, "code not redeemed"),
            (&fresh, 10, "expired"),
            (&grant, 99, "good"),
            (&grant, 100, "refreshed tokens at most"),
            (&grant, 120, "expired"),
            (&alone, 19, "access token only"),
            (&alone, 20, "expired"),
            (&Grant { access_revoked_at: Some(5), ..alone.clone() }, 19, "expired"),
            (&Grant { revoked_at: Some(5), ..grant.clone() }, 9, "revoked"),
        ] {
            assert_eq!(state(grant, now), expected, "{now}");
        }
    }
}
