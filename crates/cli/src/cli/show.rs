//! What commands print: JSON for machines, tables for people.

use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::Value;

use crate::cli::{Failure, Outcome, OutputArgs};
use latchkey_oauth::client::Client;
use latchkey_oauth::grant::{Grant, StoredToken};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::time::instant;

/// A client without its secrets.
#[derive(Serialize)]
pub(super) struct ClientView {
    client_id: String,
    name: String,
    disabled: bool,
    grant_types: Vec<&'static str>,
    scopes: Vec<String>,
    institutions: Vec<String>,
    redirect_uris: Vec<String>,
    introspects: Vec<String>,
    pkce_required: bool,
    names_principal: bool,
    numbers_as_strings: bool,
    principal_on_refresh: bool,
    refresh_token_seconds: Option<u64>,
    secrets: Vec<String>,
    created_at: String,
}

impl ClientView {
    pub(super) fn new(client: &Client) -> Self {
        let secret = |named: &latchkey_oauth::client::NamedSecret| match named.expires_at {
            Some(end) => format!("{} (ends {})", named.name, instant(end)),
            None => named.name.clone(),
        };
        Self {
            client_id: client.id.clone(),
            name: client.name.clone(),
            disabled: client.disabled,
            grant_types: client.grant_types.iter().copied().map(GrantType::as_str).collect(),
            scopes: client.scopes.clone(),
            institutions: client.institutions.clone(),
            redirect_uris: client.redirect_uris.clone(),
            introspects: client.introspects.clone(),
            pkce_required: client.pkce_required,
            names_principal: client.names_principal,
            numbers_as_strings: client.numbers_as_strings,
            principal_on_refresh: client.principal_on_refresh,
            refresh_token_seconds: client.refresh_token_seconds,
            secrets: client.secrets.iter().map(secret).collect(),
            created_at: instant(client.created_at),
        }
    }
}

/// A grant without its hashes.
#[derive(Serialize)]
pub(super) struct GrantView {
    grant_id: String,
    state: &'static str,
    client_id: String,
    grant_type: &'static str,
    authenticating_institution_id: String,
    context_institution_id: String,
    principal_id: Option<String>,
    principal_idns: Option<String>,
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

impl GrantView {
    pub(super) fn new(grant: &Grant, refreshed: Option<usize>, now: u64) -> Self {
        Self {
            grant_id: grant.id.to_string(),
            state: state(grant, now),
            client_id: grant.client_id.clone(),
            grant_type: grant.grant_type.as_str(),
            authenticating_institution_id: grant.institutions.authenticating.clone(),
            context_institution_id: grant.institutions.context.clone(),
            principal_id: grant.principal.as_ref().map(|principal| principal.id.clone()),
            principal_idns: grant.principal.as_ref().map(|principal| principal.idns.clone()),
            scope: grant.scope.to_string(),
            created_at: instant(grant.created_at),
            code_expires_at: grant.code.as_ref().map(|code| instant(code.expires_at)),
            redeemed_at: grant.code.as_ref().and_then(|code| Some(instant(code.redeemed?.at))),
            access_expires_at: grant.access.map(|live| instant(live.expires_at)),
            refresh_expires_at: grant.refresh.map(|live| instant(live.expires_at)),
            revoked_at: grant.revoked_at.map(instant),
            refreshed_access_tokens: refreshed,
        }
    }
}

/// What a grant is good for. Of refreshed access tokens its item does not know.
fn state(grant: &Grant, now: u64) -> &'static str {
    let lives = |live: Option<StoredToken>| live.is_some_and(|live| now < live.expires_at);
    match &grant.code {
        _ if grant.revoked_at.is_some() => "revoked",
        Some(code) if code.redeemed.is_none() && now < code.expires_at => "code not redeemed",
        _ if lives(grant.refresh) => "good",
        _ if lives(grant.access) && grant.access_revoked_at.is_none() => "access token only",
        _ if grant.refresh.is_some() && now < grant.expires_at => "refreshed tokens at most",
        _ => "expired",
    }
}

impl OutputArgs {
    /// One thing: its members, a line each.
    pub(super) fn one(self, thing: &impl Serialize) -> Outcome {
        let value = to_value(thing)?;
        if self.json {
            return print_json(&value);
        }
        let mut table = new_table();
        for (name, value) in value.as_object().into_iter().flatten() {
            table.add_row([name.clone(), plain(value)]);
        }
        print(&table)
    }

    /// A list of things: the columns named, a row each. JSON has every member.
    pub(super) fn many(self, things: &[impl Serialize], columns: &[&str]) -> Outcome {
        let values = to_value(things)?;
        if self.json {
            return print_json(&values);
        }
        let mut table = new_table();
        table.set_header(columns);
        for value in values.as_array().into_iter().flatten() {
            table.add_row(columns.iter().map(|column| plain(&value[*column])));
        }
        print(&table)
    }
}

fn to_value(thing: &(impl Serialize + ?Sized)) -> Outcome<Value> {
    serde_json::to_value(thing).map_err(|error| Failure::new(error.to_string()))
}

fn print_json(value: &Value) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    line(&text)
}

fn print(table: &Table) -> Outcome {
    line(&table.trim_fmt())
}

/// Prints to standard output; a pipe that was closed early is no panic.
pub(super) fn line(text: &str) -> Outcome {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

/// A member as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use latchkey_oauth::grant::{Code, Institutions, Redeemed};
    use latchkey_oauth::scope::Scope;
    use latchkey_oauth::token::{Fingerprint, GrantId, Kind, Minted};

    #[test]
    fn a_grant_is_called_what_its_tokens_are_good_for() {
        let id = GrantId::random([7; 16]);
        let hash = Minted::new(Kind::Code, id, None, &[7; 20]).hash;
        let live = |expires_at| Some(StoredToken { hash, expires_at });
        let (scope, by) = (Scope::parse("A").unwrap(), Fingerprint::of("a", "1", "n"));
        let code = |redeemed: bool| {
            let redeemed = redeemed.then_some(Redeemed { at: 1, by });
            Some(Code { hash, expires_at: 10, redirect_uri: String::new(), challenge: None, redeemed })
        };
        let grant = Grant {
            id,
            client_id: "a".into(),
            grant_type: GrantType::AuthorizationCode,
            institutions: Institutions { authenticating: "1".into(), context: "1".into() },
            principal: None,
            scope,
            created_at: 0,
            code: code(true),
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
