//! New values for attributes of a client, wherever they come from: options or a declared file.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, ClientKey, registration};
use latchkey_oauth::grant_type::GrantType;

/// New values. An attribute without one keeps its own.
pub(in crate::cli) struct Replacement {
    pub(in crate::cli) name: Option<String>,
    /// `Some(None)` is no one in particular.
    pub(in crate::cli) publisher: Option<Option<String>>,
    /// `Some(None)` is no address.
    pub(in crate::cli) help_url: Option<Option<String>>,
    pub(in crate::cli) disabled: Option<bool>,
    pub(in crate::cli) auth_methods: Option<Vec<AuthMethod>>,
    pub(in crate::cli) keys: Option<Vec<ClientKey>>,
    pub(in crate::cli) grant_types: Option<Vec<GrantType>>,
    pub(in crate::cli) scopes: Option<Vec<String>>,
    pub(in crate::cli) institutions: Option<Vec<String>>,
    pub(in crate::cli) redirect_uris: Option<Vec<String>>,
    pub(in crate::cli) origins: Option<Vec<String>>,
    pub(in crate::cli) introspects: Option<Vec<String>>,
    pub(in crate::cli) pkce_required: Option<bool>,
    pub(in crate::cli) require_pushed_requests: Option<bool>,
    pub(in crate::cli) names_principal: Option<bool>,
    /// `*` is every namespace.
    pub(in crate::cli) namespaces: Option<Vec<String>>,
    pub(in crate::cli) signed_principal_required: Option<bool>,
    pub(in crate::cli) numbers_as_strings: Option<bool>,
    pub(in crate::cli) principal_on_refresh: Option<bool>,
    /// `Some(None)` is the deployment's.
    pub(in crate::cli) refresh_token_seconds: Option<Option<u64>>,
    /// `Some(None)` is five minutes.
    pub(in crate::cli) assertion_seconds: Option<Option<u64>>,
    pub(in crate::cli) single_use_assertions: Option<bool>,
}

impl Replacement {
    /// Gives a new client its values, and what follows from them.
    pub(in crate::cli) fn register(self, client: &mut Client) {
        let by_default = self.namespaces.is_none();
        self.apply(client);
        if by_default {
            client.namespaces = Some(registration::namespaces_of(&client.institutions));
        }
    }

    /// Puts the new values in the place of the old ones. A list with the same values in another order stays as it is: the
    /// order means nothing.
    pub(in crate::cli) fn apply(self, client: &mut Client) {
        fn list<T: PartialEq>(old: &mut Vec<T>, new: Option<Vec<T>>) {
            let Some(new) = new else { return };
            let is_same = new.iter().all(|value| old.contains(value)) && old.iter().all(|value| new.contains(value));
            if !is_same {
                old.clear();
                extend(old, new);
            }
        }
        fn one<T>(old: &mut T, new: Option<T>) {
            if let Some(new) = new {
                *old = new;
            }
        }
        let Self {
            name,
            publisher,
            help_url,
            disabled,
            auth_methods,
            keys,
            grant_types,
            scopes,
            institutions,
            redirect_uris,
            origins,
            introspects,
            pkce_required,
            require_pushed_requests,
            names_principal,
            namespaces,
            signed_principal_required,
            numbers_as_strings,
            principal_on_refresh,
            refresh_token_seconds,
            assertion_seconds,
            single_use_assertions,
        } = self;
        one(&mut client.name, name);
        one(&mut client.publisher, publisher);
        one(&mut client.help_url, help_url);
        one(&mut client.disabled, disabled);
        list(&mut client.auth_methods, auth_methods);
        list(&mut client.keys, keys);
        list(&mut client.grant_types, grant_types);
        list(&mut client.scopes, scopes);
        list(&mut client.institutions, institutions);
        list(&mut client.redirect_uris, redirect_uris);
        list(&mut client.origins, origins);
        list(&mut client.introspects, introspects);
        one(&mut client.pkce_required, pkce_required);
        one(&mut client.require_pushed_requests, require_pushed_requests);
        let named_none = !client.names_principal;
        one(&mut client.names_principal, names_principal);
        if let Some(namespaces) = namespaces {
            let mut values = client.namespaces.clone().unwrap_or_else(|| vec![registration::ANY_NAMESPACE.to_owned()]);
            list(&mut values, Some(namespaces));
            client.namespaces = registration::namespaces(values);
        } else if named_none && client.names_principal && client.namespaces.as_ref().is_none_or(Vec::is_empty) {
            // It had no use of a list before.
            client.namespaces = Some(registration::namespaces_of(&client.institutions));
        }
        one(&mut client.signed_principal_required, signed_principal_required);
        one(&mut client.numbers_as_strings, numbers_as_strings);
        one(&mut client.principal_on_refresh, principal_on_refresh);
        one(&mut client.refresh_token_seconds, refresh_token_seconds);
        one(&mut client.assertion_seconds, assertion_seconds);
        one(&mut client.single_use_assertions, single_use_assertions);
    }
}

/// Adds values that are not there yet.
pub(super) fn extend<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for value in more {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}
