//! Institutions, scopes and users of a declared file.

use super::fields::{Faults, Fields};
use super::node::Node;
use crate::cli::failure::Failure;
use crate::cli::user::named_principal;
use latchkey_oauth::client::registration;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::user::{self, DescribedScope, Institution};

/// A user who shall be there.
pub(in crate::cli) struct DeclaredUser {
    pub(in crate::cli) institution_id: String,
    pub(in crate::cli) username: String,
    /// A new user without one gets a random one.
    pub(in crate::cli) principal: Option<Principal>,
    pub(in crate::cli) disabled: Option<bool>,
}

pub(super) fn institution(path: &str, node: &Node, faults: &Faults) -> Option<Institution> {
    let fields = Fields::of(path, node, &["institution_id", "name"], faults)?;
    let id = fields.required("institution_id", registration::institution_id);
    let name = fields.required("name", name);
    Some(Institution { id: id?, name: name? })
}

pub(super) fn scope(path: &str, node: &Node, faults: &Faults) -> Option<DescribedScope> {
    let fields = Fields::of(path, node, &["scope", "name"], faults)?;
    let scope = fields.required("scope", registration::described_scope);
    let name = fields.required("name", name);
    Some(DescribedScope { scope: scope?, name: name? })
}

pub(super) fn user(path: &str, node: &Node, faults: &Faults) -> Option<DeclaredUser> {
    let known = ["institution_id", "username", "principal_id", "principal_idns", "disabled"];
    let fields = Fields::of(path, node, &known, faults)?;
    let institution_id = fields.required("institution_id", registration::institution_id);
    let username =
        fields.required("username", |text| user::username(text).ok_or("it must be one line of 1 to 128 bytes"));
    let text = |text: &str| Ok::<_, &str>(text.to_owned());
    let (id, idns) = (fields.text("principal_id", text), fields.text("principal_idns", text));
    let principal = named_principal(id.as_deref(), idns.as_deref()).unwrap_or_else(|Failure(reason)| {
        fields.refuse("principal_id", reason);
        None
    });
    let disabled = fields.flag("disabled");
    Some(DeclaredUser { institution_id: institution_id?, username: username?, principal, disabled })
}

/// Reads a name that users see.
pub(super) fn name(text: &str) -> Result<String, String> {
    registration::name(text).map_err(|reason| format!("it {reason}"))
}
