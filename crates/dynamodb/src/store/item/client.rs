//! Clients to items and back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::store::item::{DAMAGED, Item, REVISION, Read, Reading, Writing, binary, entry, list, number, text};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, ClientKey, NamedSecret};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::secret::Sealed;
use latchkey_oauth::service::actions::OF_TOKEN_CLIENTS;
use latchkey_oauth::tokens::token_client::TokenClient;

/// Makes a list of names from a pattern that names every field: one that is forgotten does not compile.
#[cfg(feature = "users")]
macro_rules! without_secrets {
    (@checked $every:pat) => { const _: fn(&Client) = |$every| (); };
    (@names Client { id: _, secrets: _, $($field:ident: _,)* }) => { &["client_id", $(stringify!($field)),*] };
    ($($every:tt)*) => {
        without_secrets!(@checked $($every)*);
        /// What the sign-in pages need of a client: each attribute that `to_client` reads, without the secrets.
        pub(in crate::store) const WITHOUT_SECRETS: &[&str] = without_secrets!(@names $($every)*);
    };
}

#[cfg(feature = "users")]
without_secrets! {
    Client {
        id: _,
        secrets: _,
        name: _,
        publisher: _,
        help_url: _,
        disabled: _,
        keys: _,
        auth_methods: _,
        grant_types: _,
        scopes: _,
        institutions: _,
        redirect_uris: _,
        origins: _,
        introspects: _,
        pkce_required: _,
        require_pushed_requests: _,
        names_principal: _,
        namespaces: _,
        signed_principal_required: _,
        numbers_as_strings: _,
        principal_on_refresh: _,
        refresh_token_seconds: _,
        assertion_seconds: _,
        single_use_assertions: _,
        not_before: _,
        created_at: _,
        revision: _,
    }
}

/// The item of a client that was read from `read`, which is empty for a new one.
pub(in crate::store) fn from_client(client: &Client, read: &Item) -> Item {
    // By name: an attribute that is forgotten here does not compile. It would stay as it was at the next write.
    let Client {
        id,
        name,
        publisher,
        help_url,
        disabled,
        secrets,
        keys,
        auth_methods,
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
        not_before,
        created_at,
        revision,
    } = client;
    let mut item = Writing(read.clone());
    item.put("client_id", text(id));
    item.put("name", text(name));
    item.maybe("publisher", publisher.as_deref().map(text));
    item.maybe("help_url", help_url.as_deref().map(text));
    item.put("disabled", AttributeValue::Bool(*disabled));
    item.put("secrets", AttributeValue::L(secrets.iter().map(|secret| from_secret(secret, read)).collect()));
    // A client without them is as it was before there were any.
    item.maybe(
        "keys",
        (!keys.is_empty()).then(|| AttributeValue::L(keys.iter().map(|key| from_key(key, read)).collect())),
    );
    let auth_methods = auth_methods.iter().map(|method| text(method.as_str())).collect();
    item.put("auth_methods", AttributeValue::L(auth_methods));
    let grant_types = grant_types.iter().map(|grant_type| text(grant_type.as_str())).collect();
    item.put("grant_types", AttributeValue::L(grant_types));
    item.put("scopes", list(scopes));
    item.put("institutions", list(institutions));
    item.put("redirect_uris", list(redirect_uris));
    item.put("origins", list(origins));
    item.put("introspects", list(introspects));
    item.put("pkce_required", AttributeValue::Bool(*pkce_required));
    item.put("require_pushed_requests", AttributeValue::Bool(*require_pushed_requests));
    item.put("names_principal", AttributeValue::Bool(*names_principal));
    item.maybe("namespaces", namespaces.as_deref().map(list));
    item.put("signed_principal_required", AttributeValue::Bool(*signed_principal_required));
    item.put("numbers_as_strings", AttributeValue::Bool(*numbers_as_strings));
    item.put("principal_on_refresh", AttributeValue::Bool(*principal_on_refresh));
    item.maybe("refresh_token_seconds", refresh_token_seconds.map(number));
    item.maybe("assertion_seconds", assertion_seconds.map(number));
    item.maybe("single_use_assertions", single_use_assertions.then_some(AttributeValue::Bool(true)));
    item.maybe("not_before", not_before.map(number));
    item.put("created_at", number(*created_at));
    item.put(REVISION, number(*revision));
    item.0
}

pub(in crate::store) fn to_client(item: &Item) -> Read<Client> {
    let read = Reading(item);
    let parse_type = |value: &AttributeValue| value.as_s().ok().and_then(|name| GrantType::parse(name)).ok_or(DAMAGED);
    Ok(Client {
        id: read.text("client_id")?.to_owned(),
        name: read.text("name")?.to_owned(),
        publisher: read.maybe_text("publisher")?.map(str::to_owned),
        help_url: read.maybe_text("help_url")?.map(str::to_owned),
        disabled: read.flag("disabled")?,
        secrets: read.items("secrets")?.iter().map(to_secret).collect::<Read<_>>()?,
        keys: read.items("keys")?.iter().map(to_key).collect::<Read<_>>()?,
        auth_methods: match read.maybe_texts("auth_methods")? {
            // Registrations from before there was a choice.
            None => vec![AuthMethod::default()],
            Some(names) => names.iter().map(|name| AuthMethod::parse(name).ok_or(DAMAGED)).collect::<Read<_>>()?,
        },
        grant_types: read.items("grant_types")?.iter().map(parse_type).collect::<Read<_>>()?,
        scopes: read.texts("scopes")?,
        institutions: read.texts("institutions")?,
        redirect_uris: read.texts("redirect_uris")?,
        origins: read.texts("origins")?,
        introspects: read.texts("introspects")?,
        pkce_required: read.flag("pkce_required")?,
        require_pushed_requests: read.flag("require_pushed_requests")?,
        names_principal: read.flag("names_principal")?,
        namespaces: read.maybe_texts("namespaces")?,
        signed_principal_required: read.flag("signed_principal_required")?,
        numbers_as_strings: read.flag("numbers_as_strings")?,
        principal_on_refresh: read.flag("principal_on_refresh")?,
        refresh_token_seconds: read.maybe_number("refresh_token_seconds")?,
        assertion_seconds: read.maybe_number("assertion_seconds")?,
        single_use_assertions: read.flag("single_use_assertions")?,
        not_before: read.maybe_number("not_before")?,
        created_at: read.number("created_at")?,
        revision: read.number(REVISION)?,
    })
}

/// Of a token's client, what [`OF_TOKEN_CLIENTS`] names.
pub(in crate::store) fn to_token_client(item: &Item) -> Read<TokenClient> {
    let (read, [_, disabled, not_before]) = (Reading(item), OF_TOKEN_CLIENTS);
    Ok(TokenClient { disabled: read.flag(disabled)?, not_before: read.maybe_number(not_before)? })
}

fn from_secret(secret: &NamedSecret, read: &Item) -> AttributeValue {
    let NamedSecret { name, sealed: Sealed { key, bytes }, created_at, expires_at } = secret;
    let is_it = |map: Reading<'_>| map.text("name") == Ok(name) && map.number("created_at") == Ok(*created_at);
    let mut item = entry(read, "secrets", is_it);
    item.put("name", text(name));
    item.put("key", text(key));
    item.put("sealed", binary(bytes));
    item.put("created_at", number(*created_at));
    item.maybe("expires_at", expires_at.map(number));
    AttributeValue::M(item.0)
}

fn from_key(key: &ClientKey, read: &Item) -> AttributeValue {
    let ClientKey { kid, jwk } = key;
    let mut item = entry(read, "keys", |map| map.text("kid") == Ok(kid) && map.text("jwk") == Ok(jwk));
    item.put("kid", text(kid));
    item.put("jwk", text(jwk));
    AttributeValue::M(item.0)
}

fn to_key(value: &AttributeValue) -> Read<ClientKey> {
    let read = Reading(value.as_m().map_err(|_| DAMAGED)?);
    Ok(ClientKey { kid: read.text("kid")?.to_owned(), jwk: read.text("jwk")?.to_owned() })
}

fn to_secret(value: &AttributeValue) -> Read<NamedSecret> {
    let read = Reading(value.as_m().map_err(|_| DAMAGED)?);
    let bytes = read.maybe_bytes("sealed", |bytes| Some(bytes.to_vec()))?.ok_or(DAMAGED)?;
    Ok(NamedSecret {
        name: read.text("name")?.to_owned(),
        sealed: Sealed { key: read.text("key")?.to_owned(), bytes },
        created_at: read.number("created_at")?,
        expires_at: read.maybe_number("expires_at")?,
    })
}
