//! What a change of a registration took away.

use crate::cli::output::shown;
use latchkey_oauth::client::registration;
use latchkey_oauth::client::{Client, NamedSecret};

/// Says what a change took away.
pub(super) fn say_what_went(before: &Client, after: &Client) {
    fn went<T: PartialEq>(what: &str, before: &[T], after: &[T], text: impl Fn(&T) -> String) {
        for value in before.iter().filter(|value| !after.contains(value)) {
            eprintln!("latchkey: removed {what} {}", shown(&text(value)));
        }
    }
    // A value of an attribute that is not named here goes unsaid: a switch, or what no option changes.
    let Client {
        auth_methods,
        grant_types,
        scopes,
        institutions,
        redirect_uris,
        origins,
        introspects,
        refresh_token_seconds,
        keys,
        assertion_seconds,
        secrets,
        publisher,
        help_url,
        id: _,
        name: _,
        disabled: _,
        pkce_required: _,
        require_pushed_requests: _,
        names_principal: _,
        namespaces,
        signed_principal_required: _,
        numbers_as_strings: _,
        principal_on_refresh: _,
        single_use_assertions: _,
        not_before: _,
        created_at: _,
        revision: _,
    } = before;
    went("authentication method", auth_methods, &after.auth_methods, |method| method.as_str().to_owned());
    went("grant type", grant_types, &after.grant_types, |grant_type| grant_type.as_str().to_owned());
    went("scope", scopes, &after.scopes, String::clone);
    went("institution", institutions, &after.institutions, String::clone);
    went("redirect URI", redirect_uris, &after.redirect_uris, String::clone);
    went("origin", origins, &after.origins, String::clone);
    let every = || vec![registration::ANY_NAMESPACE.to_owned()];
    let (had, has) = (namespaces.clone().unwrap_or_else(every), after.namespaces.clone().unwrap_or_else(every));
    if after.namespaces.is_some() {
        went("namespace", &had, &has, String::clone);
    }
    went("scope to introspect", introspects, &after.introspects, String::clone);
    went("key", keys, &after.keys, |key| key.kid.clone());
    let names = |secrets: &[NamedSecret]| secrets.iter().map(|secret| secret.name.clone()).collect::<Vec<_>>();
    went("secret", &names(secrets), &names(&after.secrets), String::clone);
    went("publisher", publisher.as_slice(), after.publisher.as_slice(), String::clone);
    went("help address", help_url.as_slice(), after.help_url.as_slice(), String::clone);
    let (had, has) = (refresh_token_seconds.as_slice(), after.refresh_token_seconds.as_slice());
    went("life of refresh tokens", had, has, u64::to_string);
    let (had, has) = (assertion_seconds.as_slice(), after.assertion_seconds.as_slice());
    went("life of assertions", had, has, u64::to_string);
}
