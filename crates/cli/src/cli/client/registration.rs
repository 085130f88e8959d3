//! What a client may do, as options: for a new client, and for changes of one.

use clap::{Args, ValueEnum};

use super::keys::{KeyFile, key_file};
use super::replacement::{Replacement, extend};
use crate::cli::failure::{Failure, Outcome};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration;
use latchkey_oauth::client::registration::YEAR;
use latchkey_oauth::client::{Client, ClientKey};
use latchkey_oauth::client_auth::assertion::MAX_ASSERTION_SECONDS;
use latchkey_oauth::grant_type::GrantType;

/// Returns the help of `--grant-type`.
fn grant_types() -> String {
    format!("Grant type that the client may use: {}. May be repeated", GrantType::described())
}

/// Returns the help of `--auth-method`.
fn auth_methods() -> String {
    format!(
        "Method by which the client may authenticate: {}. May be repeated, except none. Default for a new client: {}",
        AuthMethod::described(),
        AuthMethod::default().as_str()
    )
}

/// What a client may do.
#[derive(Args)]
pub(in crate::cli) struct Registration {
    /// Who registers the application, such as a library or a company. The consent page shows it to users.
    #[arg(long, value_name = "NAME", value_parser = registration::publisher)]
    publisher: Option<String>,
    /// Where users of the application get help: an https URL, or mailto: and an e-mail address. The consent page links to it.
    #[arg(long, value_name = "URL", value_parser = registration::help_url)]
    help_url: Option<String>,
    #[arg(long = "auth-method", value_name = "METHOD", value_parser = registration::auth_method, help = auth_methods())]
    auth_methods: Vec<AuthMethod>,
    /// File with the public keys of a client that authenticates by private_key_jwt: a JWK, or a JWK set of at most four.
    #[arg(long, value_name = "FILE", value_parser = key_file())]
    jwks: Option<KeyFile>,
    /// How far away the end of the client's assertions may be, in seconds, for a library whose assertions live longer. Default:
    /// 300.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_ASSERTION_SECONDS))]
    assertion_seconds: Option<u64>,
    /// Whether an assertion of the client gets tokens once at all, and not once with each grant. Each request that gets tokens
    /// then costs four write units and not one.
    #[arg(long, value_name = "BOOL")]
    single_use_assertions: Option<bool>,
    #[arg(long = "grant-type", value_name = "TYPE", value_parser = registration::grant_type, help = grant_types())]
    grant_types: Vec<GrantType>,
    /// Scope that the client may request. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = registration::scope)]
    scopes: Vec<String>,
    /// Institution that the client may act for; `*` for every institution. May be repeated.
    #[arg(long = "institution", value_name = "ID", value_parser = registration::institution)]
    institutions: Vec<String>,
    /// Redirect URI of the client. May be repeated.
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = registration::redirect_uri)]
    redirect_uris: Vec<String>,
    /// Origin of a public client's pages in browsers, such as https://app.example: their scripts may read the service's answers.
    /// May be repeated.
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = registration::origin)]
    origins: Vec<String>,
    /// Scope whose tokens this client may introspect; `*` for every scope. May be repeated.
    #[arg(long = "introspects", value_name = "SCOPE", value_parser = registration::owned_scope)]
    introspects: Vec<String>,
    /// Whether an authorization request must have a PKCE challenge.
    #[arg(long, value_name = "BOOL")]
    pkce_required: Option<bool>,
    /// Whether an authorization request must be pushed (RFC 9126).
    #[arg(long, value_name = "BOOL")]
    require_pushed_requests: Option<bool>,
    /// Whether the client may name a user in a client_credentials request.
    #[arg(long, value_name = "BOOL")]
    names_principal: Option<bool>,
    /// Namespace (principalIDNS) of the users that the client may name; `*` for every namespace. May be repeated. Default for a
    /// client that may not name users yet: those of its institutions.
    #[arg(long = "namespace", value_name = "IDNS", value_parser = registration::namespace)]
    namespaces: Vec<String>,
    /// Whether the client must name a user in parameters, which the signature covers. With false, the attributes of the
    /// Authorization header count too. Default for a new client: true.
    #[arg(long, value_name = "BOOL")]
    signed_principal_required: Option<bool>,
    /// Whether expires_in is a string, as in the documentation of 2013.
    #[arg(long, value_name = "BOOL")]
    numbers_as_strings: Option<bool>,
    /// Whether a refresh response names the user. Old PHP and Python libraries fail on it.
    #[arg(long, value_name = "BOOL")]
    principal_on_refresh: Option<bool>,
    /// Life of the client's refresh tokens, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=YEAR))]
    refresh_token_seconds: Option<u64>,
}

/// A setting that has a default.
#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Clear {
    /// Who registered the application.
    Publisher,
    /// Where users of the application get help.
    HelpUrl,
    /// All redirect URIs.
    RedirectUri,
    /// All origins.
    Origin,
    /// All public keys.
    Jwks,
    /// How far away the end of the client's assertions may be.
    AssertionSeconds,
    /// The scopes that the client may introspect.
    Introspects,
    /// The life of the client's refresh tokens.
    RefreshTokenSeconds,
    /// The time that `client revoke-all` set: what was granted before it and has not expired is good again.
    NotBefore,
}

/// How a registration changes. Without `--add-` or `--remove-`, an option replaces the old values.
#[derive(Args)]
pub(in crate::cli) struct Changes {
    #[command(flatten)]
    registration: Registration,
    /// Method to add to those by which the client may authenticate. May be repeated.
    #[arg(long, value_name = "METHOD", value_parser = registration::auth_method, conflicts_with = "auth_methods")]
    add_auth_method: Vec<AuthMethod>,
    /// Method to remove from those by which the client may authenticate. May be repeated.
    #[arg(long, value_name = "METHOD", value_parser = registration::auth_method, conflicts_with = "auth_methods")]
    remove_auth_method: Vec<AuthMethod>,
    /// File with public keys to add: a JWK, or a JWK set. The keys before stay good until --remove-key removes them.
    #[arg(long, value_name = "FILE", value_parser = key_file(), conflicts_with = "jwks")]
    add_jwks: Option<KeyFile>,
    /// Public key to remove, by its kid: it ends at once. May be repeated.
    #[arg(long, value_name = "KID", conflicts_with = "jwks")]
    remove_key: Vec<String>,
    /// Grant type to add. May be repeated.
    #[arg(long, value_name = "TYPE", value_parser = registration::grant_type, conflicts_with = "grant_types")]
    add_grant_type: Vec<GrantType>,
    /// Grant type to remove. May be repeated.
    #[arg(long, value_name = "TYPE", value_parser = registration::grant_type, conflicts_with = "grant_types")]
    remove_grant_type: Vec<GrantType>,
    /// Scope to add. May be repeated.
    #[arg(long, value_name = "SCOPE", value_parser = registration::scope, conflicts_with = "scopes")]
    add_scope: Vec<String>,
    /// Scope to remove. May be repeated.
    #[arg(long, value_name = "SCOPE", conflicts_with = "scopes")]
    remove_scope: Vec<String>,
    /// Institution to add; `*` for every institution. May be repeated.
    #[arg(long, value_name = "ID", value_parser = registration::institution, conflicts_with = "institutions")]
    add_institution: Vec<String>,
    /// Institution to remove. May be repeated.
    #[arg(long, value_name = "ID", conflicts_with = "institutions")]
    remove_institution: Vec<String>,
    /// Redirect URI to add. May be repeated.
    #[arg(long, value_name = "URI", value_parser = registration::redirect_uri, conflicts_with = "redirect_uris")]
    add_redirect_uri: Vec<String>,
    /// Redirect URI to remove. May be repeated.
    #[arg(long, value_name = "URI", conflicts_with = "redirect_uris")]
    remove_redirect_uri: Vec<String>,
    /// Origin to add. May be repeated.
    #[arg(long, value_name = "ORIGIN", value_parser = registration::origin, conflicts_with = "origins")]
    add_origin: Vec<String>,
    /// Origin to remove. May be repeated.
    #[arg(long, value_name = "ORIGIN", conflicts_with = "origins")]
    remove_origin: Vec<String>,
    /// Scope to add to those whose tokens the client may introspect. May be repeated.
    #[arg(long, value_name = "SCOPE", value_parser = registration::owned_scope, conflicts_with = "introspects")]
    add_introspects: Vec<String>,
    /// Scope to remove from those whose tokens the client may introspect. May be repeated.
    #[arg(long, value_name = "SCOPE", conflicts_with = "introspects")]
    remove_introspects: Vec<String>,
    /// Namespace to add to those whose users the client may name. May be repeated.
    #[arg(long, value_name = "IDNS", value_parser = registration::namespace, conflicts_with = "namespaces")]
    add_namespace: Vec<String>,
    /// Namespace to remove from those whose users the client may name. May be repeated.
    #[arg(long, value_name = "IDNS", value_parser = registration::namespace, conflicts_with = "namespaces")]
    remove_namespace: Vec<String>,
    /// Setting to set back to its default. May be repeated.
    #[arg(long, value_name = "SETTING")]
    clear: Vec<Clear>,
}

impl Registration {
    /// The method of a client without a secret, if the options name no method that needs one.
    pub(super) fn without_secret(&self) -> Option<AuthMethod> {
        let is_public = self.auth_methods.contains(&AuthMethod::None);
        let needs_none = is_public || !self.auth_methods.iter().any(|method| method.needs_a_secret());
        self.auth_methods.first().copied().filter(|_| needs_none)
    }

    /// Whether the client uses its secret, and for nothing except to send it by these methods.
    pub(super) fn only_sends_by(&self, methods: &[AuthMethod]) -> bool {
        let mut by_secret = self.auth_methods.iter().filter(|method| method.needs_a_secret()).peekable();
        by_secret.peek().is_some() && by_secret.all(|method| methods.contains(method))
    }

    /// Gives a new client what the options name, and what follows from them.
    pub(super) fn register(self, client: &mut Client) {
        warn_of(&self.redirect_uris);
        self.replacement().register(client);
    }

    /// Replaces what the options name.
    pub(super) fn apply(self, client: &mut Client) {
        warn_of(&self.redirect_uris);
        self.replacement().apply(client);
    }

    fn replacement(self) -> Replacement {
        let named = |list: Vec<String>| (!list.is_empty()).then_some(list);
        Replacement {
            name: None,
            publisher: self.publisher.map(Some),
            help_url: self.help_url.map(Some),
            disabled: None,
            auth_methods: (!self.auth_methods.is_empty()).then_some(self.auth_methods),
            keys: self.jwks.map(|KeyFile(keys)| keys),
            grant_types: (!self.grant_types.is_empty()).then_some(self.grant_types),
            scopes: named(self.scopes),
            institutions: named(self.institutions),
            redirect_uris: named(self.redirect_uris),
            origins: named(self.origins),
            introspects: named(self.introspects),
            pkce_required: self.pkce_required,
            require_pushed_requests: self.require_pushed_requests,
            names_principal: self.names_principal,
            namespaces: named(self.namespaces),
            signed_principal_required: self.signed_principal_required,
            numbers_as_strings: self.numbers_as_strings,
            principal_on_refresh: self.principal_on_refresh,
            refresh_token_seconds: self.refresh_token_seconds.map(Some),
            assertion_seconds: self.assertion_seconds.map(Some),
            single_use_assertions: self.single_use_assertions,
        }
    }
}

impl Changes {
    /// Whether they name methods by which the client may authenticate.
    pub(super) fn are_of_methods(&self) -> bool {
        let named = [&self.registration.auth_methods, &self.add_auth_method, &self.remove_auth_method];
        named.into_iter().any(|methods| !methods.is_empty())
    }

    /// Changes the client. Fails if a value that is to be removed is not there.
    pub(super) fn apply(self, client: &mut Client) -> Outcome {
        for setting in self.clear {
            match setting {
                Clear::Publisher => client.publisher = None,
                Clear::HelpUrl => client.help_url = None,
                Clear::RedirectUri => client.redirect_uris.clear(),
                Clear::Origin => client.origins.clear(),
                Clear::Jwks => client.keys.clear(),
                Clear::AssertionSeconds => client.assertion_seconds = None,
                Clear::Introspects => client.introspects.clear(),
                Clear::RefreshTokenSeconds => client.refresh_token_seconds = None,
                Clear::NotBefore => client.not_before = None,
            }
        }
        self.registration.apply(client);
        warn_of(&self.add_redirect_uri);
        let method = |method: &AuthMethod| method.as_str().to_owned();
        edit("auth-method", &mut client.auth_methods, self.add_auth_method, &self.remove_auth_method, method)?;
        edit_keys(&mut client.keys, self.add_jwks, &self.remove_key)?;
        let grant_type = |grant_type: &GrantType| grant_type.as_str().to_owned();
        edit("grant-type", &mut client.grant_types, self.add_grant_type, &self.remove_grant_type, grant_type)?;
        let text = String::clone;
        edit("scope", &mut client.scopes, self.add_scope, &self.remove_scope, text)?;
        edit("institution", &mut client.institutions, self.add_institution, &self.remove_institution, text)?;
        edit("redirect-uri", &mut client.redirect_uris, self.add_redirect_uri, &self.remove_redirect_uri, text)?;
        edit("origin", &mut client.origins, self.add_origin, &self.remove_origin, text)?;
        edit("introspects", &mut client.introspects, self.add_introspects, &self.remove_introspects, text)?;
        edit_namespaces(&mut client.namespaces, self.add_namespace, &self.remove_namespace)
    }
}

/// Removes and adds values of a list. A value that is to be added may be there already.
fn edit<T: PartialEq>(
    option: &str,
    list: &mut Vec<T>,
    add: Vec<T>,
    remove: &[T],
    text: impl Fn(&T) -> String,
) -> Outcome {
    if let Some(missing) = remove.iter().find(|value| !list.contains(value)) {
        let has = list.iter().map(&text).collect::<Vec<_>>().join(" ");
        let has = if has.is_empty() { "none".to_owned() } else { has };
        return Err(Failure::new(format!(
            "--remove-{option}: the client does not have {}; it has {has}",
            text(missing)
        )));
    }
    list.retain(|value| !remove.contains(value));
    extend(list, add);
    Ok(())
}

/// The same for keys, which are removed by their names.
fn edit_keys(list: &mut Vec<ClientKey>, add: Option<KeyFile>, remove: &[String]) -> Outcome {
    let mut names: Vec<_> = list.iter().map(|key| key.kid.clone()).collect();
    edit("key", &mut names, Vec::new(), remove, String::clone)?;
    list.retain(|key| names.contains(&key.kid));
    extend(list, add.map_or_else(Vec::new, |KeyFile(keys)| keys));
    Ok(())
}

/// The same for namespaces. To add one to every namespace would take all others away unseen.
fn edit_namespaces(list: &mut Option<Vec<String>>, add: Vec<String>, remove: &[String]) -> Outcome {
    if add.iter().chain(remove).any(|namespace| namespace == registration::ANY_NAMESPACE) {
        return Err(Failure::new(
            "every namespace is --namespace '*'; --add-namespace and --remove-namespace name one",
        ));
    }
    match list {
        Some(list) => edit("namespace", list, add, remove, String::clone),
        None if add.is_empty() && remove.is_empty() => Ok(()),
        None => Err(Failure::new(
            "the client may name users of every namespace; --namespace names those that it keeps, and may be repeated",
        )),
    }
}

/// Warns of what is odd about redirect URIs.
fn warn_of(redirect_uris: &[String]) {
    for warning in redirect_uris.iter().flat_map(|uri| registration::redirect_uri_warnings(uri)) {
        eprintln!("latchkey: warning: {warning}");
    }
}
