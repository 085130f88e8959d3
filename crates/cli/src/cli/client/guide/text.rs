//! The text of a guide: a comment that says what it is for, and the template of the library.

use askama::Template;

use super::library::Library;
use super::quoting::comment;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, ClientKey};
use latchkey_oauth::form::encode;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::jose::{Algorithm, PublicKey};
use latchkey_oauth::scope::REFRESH_TOKEN;
use latchkey_oauth::service::settings;
use latchkey_oauth::user::DescribedScope;

/// What names the file of a private key, in a guide.
pub(super) const PRIVATE_KEY_FILE: &str = "PRIVATE_KEY_FILE";

/// A registered key: its name and its algorithm.
pub(super) struct Signer {
    pub(super) kid: String,
    algorithm: Algorithm,
}

/// The keys of a client that verify something, in the order of the registration.
pub(super) fn signers(client: &Client) -> Vec<Signer> {
    let signer =
        |key: &ClientKey| Some(Signer { kid: key.kid.clone(), algorithm: PublicKey::parse(&key.jwk).ok()?.algorithm });
    client.keys.iter().filter_map(signer).collect()
}

/// What a template says of the client and the service.
pub(super) struct Guide {
    /// The issuer, without a slash at its end.
    issuer: String,
    /// Whether it is a server of this machine, over http.
    insecure: bool,
    client_id: String,
    method: &'static str,
    /// The key that signs assertions, if one does.
    key: Option<Signer>,
    /// Whether the library gets tokens on the client's own account.
    own: bool,
    /// Whether it signs users in.
    code: bool,
    /// Whether it gets a user's tokens on a device without a browser.
    device: bool,
    /// Whether users' tokens are refreshed.
    refresh: bool,
    introspects: bool,
    /// Whether the client has to push its authorization requests.
    pushes: bool,
    scopes: Vec<String>,
    redirect_uri: String,
    /// The institution whose data are used; empty where no request names one.
    institution: String,
    /// The institution, if the scope has to name it.
    context: Option<String>,
}

impl Guide {
    pub(super) fn new(
        library: &Library,
        client: &Client,
        (method, key): (AuthMethod, Option<Signer>),
        issuer: &str,
        institution: Option<&str>,
    ) -> Self {
        let is_only = client.institutions.iter().map(String::as_str).eq(institution);
        Self {
            insecure: issuer.starts_with("http://"),
            issuer: issuer.to_owned(),
            client_id: client.id.clone(),
            method: method.as_str(),
            key,
            own: library.uses(GrantType::ClientCredentials, client),
            code: library.uses(GrantType::AuthorizationCode, client),
            device: library.uses(GrantType::DeviceCode, client),
            refresh: client.may_use(GrantType::RefreshToken)
                && [GrantType::AuthorizationCode, GrantType::DeviceCode].iter().any(|by| library.uses(*by, client)),
            introspects: !client.introspects.is_empty(),
            pushes: client.require_pushed_requests,
            scopes: client.scopes.clone(),
            redirect_uri: client.redirect_uris.first().cloned().unwrap_or_default(),
            institution: institution.unwrap_or_default().to_owned(),
            context: institution.filter(|_| !is_only && !library.signs()).map(str::to_owned),
        }
    }

    /// Whether the library gets tokens at all.
    fn gets(&self) -> bool {
        self.own || self.code || self.device
    }

    fn is_public(&self) -> bool {
        self.method == AuthMethod::None.as_str()
    }

    fn is_secret_jwt(&self) -> bool {
        self.method == AuthMethod::SecretJwt.as_str()
    }

    /// Whether it signs assertions with a private key.
    fn has_key(&self) -> bool {
        self.key.is_some()
    }

    fn kid(&self) -> &str {
        self.key.as_ref().map_or("", |key| &key.kid)
    }

    fn algorithm(&self) -> &'static str {
        self.key.as_ref().map_or("", |key| key.algorithm.as_str())
    }

    /// The class of joserfc, Authlib's own dependency, that reads a key of another kind than RSA.
    fn joserfc_key(&self) -> Option<&'static str> {
        match self.key.as_ref()?.algorithm {
            Algorithm::Es256 => Some("ECKey"),
            Algorithm::EdDsa => Some("OKPKey"),
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Hs256 => None,
        }
    }

    fn is_post(&self) -> bool {
        self.method == AuthMethod::Post.as_str()
    }

    /// The scopes that the client asks for on its own account. One may name the institution.
    fn asked(&self) -> Vec<String> {
        let context = self.context.iter().map(|id| format!("context:{id}"));
        self.scopes.iter().cloned().chain(context).collect()
    }

    fn scope(&self) -> String {
        self.asked().join(" ")
    }

    /// The same, for a client that always names the institution.
    fn scope_with_context(&self) -> String {
        format!("{} context:{}", self.scopes.join(" "), self.institution)
    }

    /// The scopes that a user is asked for.
    fn asked_of_user(&self) -> Vec<String> {
        let refresh = self.refresh.then(|| REFRESH_TOKEN.to_owned());
        self.scopes.iter().cloned().chain(refresh).collect()
    }

    fn user_scope(&self) -> String {
        self.asked_of_user().join(" ")
    }

    fn client_id_encoded(&self) -> String {
        encode(&self.client_id).into_owned()
    }

    /// The query that an authorization request begins with.
    fn begin(&self) -> String {
        let scope = self.user_scope();
        let [id, redirect_uri, scope] = [&self.client_id, &self.redirect_uri, &scope].map(|text| encode(text));
        format!("client_id={id}&redirect_uri={redirect_uri}&response_type=code&scope={scope}")
    }
}

/// A type for each template, and which library it is of.
macro_rules! templates {
    ($($name:literal $type:ident $path:literal)*) => {
        $(
            #[derive(Template)]
            #[template(path = $path)]
            struct $type<'a> {
                guide: &'a Guide,
            }
        )*

        fn configuration(library: &str, guide: &Guide) -> Option<askama::Result<String>> {
            match library {
                $($name => Some($type { guide }.render()),)*
                _ => None,
            }
        }
    };
}

templates! {
    "openid-client" OpenidClient "openid-client.mjs"
    "oauth4webapi" Oauth4webapi "oauth4webapi.mjs"
    "simple-oauth2" SimpleOauth2 "simple-oauth2.mjs"
    "passport-oauth2" PassportOauth2 "passport-oauth2.mjs"
    "badgateway-oauth2-client" BadgatewayOauth2Client "badgateway-oauth2-client.mjs"
    "client-oauth2" ClientOauth2 "client-oauth2.mjs"
    "oclc-wskey" OclcWskey "oclc-wskey.mjs"
    "requests-oauthlib" RequestsOauthlib "requests-oauthlib.py"
    "authlib" Authlib "authlib.py"
    "httpx-oauth" HttpxOauth "httpx-oauth.py"
    "bookops-worldcat" BookopsWorldcat "bookops-worldcat.py"
    "go-oauth2" GoOauth2 "go-oauth2.go"
    "ruby-oauth2" RubyOauth2 "ruby-oauth2.rb"
    "perl-net-oauth2" PerlNetOauth2 "perl-net-oauth2.pl"
    "mod-oauth2" ModOauth2 "mod-oauth2.conf"
    "curl" Curl "curl.sh"
}

/// The configuration of a library, without a comment.
pub(super) fn of(library: &Library, guide: &Guide) -> Outcome<String> {
    let rendered = configuration(library.name, guide);
    let rendered = rendered.ok_or_else(|| Failure::new(format!("{} has no template", library.name)))?;
    rendered.map_err(|error| Failure::new(error.to_string()))
}

/// What a guide begins with. Its first two lines hold no value: a language may read its encoding there (PEP 263).
pub(super) fn heading(library: &Library, client: &Client, guide: &Guide, known: &[DescribedScope]) -> String {
    let mut lines = vec![
        format!("For {}: {}", library.name, library.install),
        "By latchkey client guide, from the registration of the client. To paste.".to_owned(),
        String::new(),
        format!("Client: \"{}\" (id {}), by {}", client.name, client.id, guide.method),
    ];
    match guide.is_public() {
        true => {
            lines.push("It is a public client: it has no secret, must use PKCE and gets no refresh token.".to_owned())
        }
        false if guide.has_key() => {
            lines.push(format!(
                "The private key is not here: the environment variable {PRIVATE_KEY_FILE} names its file (PEM, PKCS#8). It \
                 is the {} key {}.",
                guide.algorithm(),
                guide.kid()
            ));
            let others = signers(client).into_iter().filter(|key| key.kid != guide.kid());
            let others: Vec<_> = others.map(|key| format!("{} ({})", key.kid, key.algorithm.as_str())).collect();
            if !others.is_empty() {
                lines.push(format!("Other keys of the registration, which --key names: {}.", others.join(", ")));
            }
        }
        false if client.secrets.is_empty() => lines.push(format!(
            "The client has no secret yet: run latchkey client rotate-secret {}, and put the secret into the \
             environment variable {}.",
            word(&client.id),
            settings::SECRET.name
        )),
        false => lines.push(format!(
            "The secret is not here: the environment variable {} has it. Keep it out of the code.",
            settings::SECRET.name
        )),
    }
    if guide.gets() && !client.scopes.is_empty() {
        lines.push("Scopes:".to_owned());
        lines.extend(client.scopes.iter().map(|scope| {
            let described = known.iter().find(|known| known.scope == *scope);
            let words = described.map_or("no description".to_owned(), |known| format!("\"{}\"", known.name));
            format!("  {scope} ({words})")
        }));
    }
    if guide.code {
        let also = client.redirect_uris.iter().skip(1).map(|uri| format!(", or {uri}")).collect::<String>();
        lines.push(format!("Redirect URI: {}{also}", guide.redirect_uri));
        if client.must_challenge() {
            lines.push("PKCE is used, as the registration requires it.".to_owned());
        }
    }
    if guide.device {
        let device = "On a device without a browser, a user allows the request in any browser, by a code. latchkey token \
                      device does this, too.";
        lines.push(device.to_owned());
    } else if client.may_use(GrantType::DeviceCode) && library.gets(client) {
        lines.push(format!(
            "The client may use the device grant, and {} has none: latchkey token device gets tokens by it.",
            library.name
        ));
    }
    if (guide.code || guide.device) && !library.signs() {
        lines.push("The user picks the institution on the page.".to_owned());
    }
    if library.signs() && library.gets(client) {
        lines.push(format!("Each request for tokens names the institution {}.", guide.institution));
    } else if guide.own {
        lines.push(match &guide.context {
            Some(id) => format!("On its own account, the client names the institution: {id}."),
            None => format!("On its own account, the client uses its only institution, {}.", guide.institution),
        });
    }
    let written = |line: &String| format!("{} {}", library.comment, comment(line)).trim_end().to_owned();
    lines.iter().map(written).collect::<Vec<_>>().join("\n")
}
