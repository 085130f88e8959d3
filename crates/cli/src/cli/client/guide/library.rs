//! The libraries that a guide is for: what each can do, and whether that is what a client is registered for.

use crate::cli::shell::word;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant_type::GrantType;

/// A library, or a program, that gets or checks tokens.
pub(super) struct Library {
    /// Its name on the command line and of its template.
    pub(super) name: &'static str,
    /// Its language.
    pub(super) language: &'static str,
    /// How it is installed.
    pub(super) install: &'static str,
    /// What begins a comment.
    pub(super) comment: &'static str,
    /// Its methods of those that the stage runs it by, the best first.
    pub(super) methods: &'static [AuthMethod],
    /// What it does with tokens.
    pub(super) does: Does,
    /// Whether it introspects tokens, for the client of an API.
    pub(super) introspects: bool,
    /// Whether it pushes authorization requests (RFC 9126).
    pub(super) pushes: bool,
    /// Whether it form-encodes client id and secret in the header (RFC 6749 section 2.3.1).
    pub(super) encodes: bool,
    /// How long its assertions live, in seconds; 0 if it makes none.
    pub(super) asserts: u64,
}

/// What a library does with tokens.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Does {
    /// It gets tokens by these grant types.
    Gets(&'static [GrantType]),
    /// It guards an API by introspection.
    Guards,
}

const BOTH: Does = Does::Gets(&[GrantType::ClientCredentials, GrantType::AuthorizationCode]);
const DEVICES: Does = Does::Gets(&[GrantType::ClientCredentials, GrantType::AuthorizationCode, GrantType::DeviceCode]);
const SIGN_IN: Does = Does::Gets(&[GrantType::AuthorizationCode]);
const OWN: Does = Does::Gets(&[GrantType::ClientCredentials]);

const BASIC: &[AuthMethod] = &[AuthMethod::Basic];
const SECRETS: &[AuthMethod] = &[AuthMethod::Basic, AuthMethod::Post];
const ASSERTS: &[AuthMethod] =
    &[AuthMethod::PrivateKeyJwt, AuthMethod::SecretJwt, AuthMethod::Basic, AuthMethod::Post, AuthMethod::None];
const WITHOUT: &[AuthMethod] = &[AuthMethod::Basic, AuthMethod::Post, AuthMethod::None];

/// A library that gets tokens, and does nothing else that only some do.
const fn library(
    name: &'static str,
    (language, comment): (&'static str, &'static str),
    install: &'static str,
    methods: &'static [AuthMethod],
    does: Does,
) -> Library {
    let (introspects, pushes, encodes, asserts) = (false, false, false, 0);
    Library { name, language, install, comment, methods, does, introspects, pushes, encodes, asserts }
}

const fn node(name: &'static str, install: &'static str, methods: &'static [AuthMethod], does: Does) -> Library {
    library(name, ("JavaScript", "//"), install, methods, does)
}

const fn python(name: &'static str, install: &'static str, methods: &'static [AuthMethod], does: Does) -> Library {
    library(name, ("Python", "#"), install, methods, does)
}

const fn encoding(library: Library) -> Library {
    Library { encodes: true, ..library }
}

const fn introspecting(library: Library) -> Library {
    Library { introspects: true, ..library }
}

const fn asserting(seconds: u64, library: Library) -> Library {
    Library { asserts: seconds, ..library }
}

const fn pushing(library: Library) -> Library {
    Library { pushes: true, ..library }
}

/// Each of them.
pub(super) const LIBRARIES: [Library; 16] = [
    pushing(asserting(
        60,
        introspecting(encoding(node("openid-client", "npm install openid-client", ASSERTS, DEVICES))),
    )),
    pushing(asserting(60, introspecting(encoding(node("oauth4webapi", "npm install oauth4webapi", ASSERTS, DEVICES))))),
    encoding(node("simple-oauth2", "npm install simple-oauth2", SECRETS, BOTH)),
    node("passport-oauth2", "npm install passport-oauth2", &[AuthMethod::Post], SIGN_IN),
    // It encodes the colon.
    introspecting(encoding(node("badgateway-oauth2-client", "npm install @badgateway/oauth2-client", WITHOUT, BOTH))),
    node("client-oauth2", "npm install client-oauth2", BASIC, BOTH),
    introspecting(node("oclc-wskey", "npm install oclc-wskey", &[AuthMethod::WsKey], BOTH)),
    python("requests-oauthlib", "pip install requests-oauthlib", SECRETS, DEVICES),
    asserting(3600, introspecting(python("authlib", "pip install Authlib requests", ASSERTS, DEVICES))),
    python("httpx-oauth", "pip install httpx-oauth", SECRETS, SIGN_IN),
    python("bookops-worldcat", "pip install bookops-worldcat", BASIC, OWN),
    encoding(library("go-oauth2", ("Go", "//"), "go get golang.org/x/oauth2", SECRETS, BOTH)),
    library("ruby-oauth2", ("Ruby", "#"), "gem install oauth2", SECRETS, BOTH),
    library("perl-net-oauth2", ("Perl", "#"), "cpan Net::OAuth2", SECRETS, SIGN_IN),
    introspecting(encoding(library(
        "mod-oauth2",
        ("Apache", "#"),
        "apt install libapache2-mod-oauth2",
        BASIC,
        Does::Guards,
    ))),
    introspecting(library("curl", ("bash", "#"), "apt install curl openssl", WITHOUT, DEVICES)),
];

impl Library {
    /// Whether it signs requests.
    pub(super) fn signs(&self) -> bool {
        self.methods == [AuthMethod::WsKey]
    }

    /// Whether it uses this grant type, and the client may.
    pub(super) fn uses(&self, grant_type: GrantType, client: &Client) -> bool {
        let redirects = grant_type != GrantType::AuthorizationCode
            || !client.redirect_uris.is_empty() && !self.lacks_pushes(client);
        matches!(self.does, Does::Gets(known) if known.contains(&grant_type)) && client.may_use(grant_type) && redirects
    }

    /// Whether the client has to push its authorization requests, and it cannot.
    fn lacks_pushes(&self, client: &Client) -> bool {
        client.require_pushed_requests && !self.pushes
    }

    /// Whether it gets tokens for the client at all.
    pub(super) fn gets(&self, client: &Client) -> bool {
        matches!(self.does, Does::Gets(known) if known.iter().any(|grant_type| self.uses(*grant_type, client)))
    }

    /// The method by which it authenticates this client. The error says why it cannot do what the client is registered for, and
    /// which command changes that.
    pub(super) fn fits(&self, client: &Client) -> Result<AuthMethod, String> {
        let (name, id) = (self.name, &client.id);
        if self.does == Does::Guards && client.introspects.is_empty() && !client.is_public() {
            return Err(format!(
                "{name} guards an API by introspection, and the client introspects nothing; to change that, run latchkey client \
                 update {} --introspects SCOPE",
                word(id)
            ));
        }
        let method = self.method(client)?;
        if asserts(method) && self.asserts > client.longest_assertion() {
            return Err(format!(
                "{name} makes assertions that live {} seconds, and the client may send such of {}; to change that, run latchkey client \
                 update {} --assertion-seconds {}",
                self.asserts,
                client.longest_assertion(),
                word(id),
                self.asserts,
            ));
        }
        let Does::Gets(known) = self.does else { return Ok(method) };
        if self.gets(client) || (self.introspects && !client.introspects.is_empty()) {
            return Ok(method);
        }
        if self.lacks_pushes(client)
            && known.contains(&GrantType::AuthorizationCode)
            && client.may_use(GrantType::AuthorizationCode)
        {
            return Err(format!(
                "{name} does not push authorization requests, and the client is registered to; to change that, run latchkey client \
                 update {} --require-pushed-requests false",
                word(id)
            ));
        }
        let usable = known.iter().find(|known| !client.is_public() || **known == GrantType::AuthorizationCode);
        let Some(grant_type) = usable else {
            return Err(format!("{name} gets tokens by client_credentials, which a public client (none) cannot"));
        };
        let by_redirect = *grant_type == GrantType::AuthorizationCode;
        // A registration that could get no token is refused.
        let lacking = [
            (client.scopes.is_empty(), " --add-scope SCOPE"),
            (client.institutions.is_empty(), " --add-institution ID"),
            (by_redirect && client.redirect_uris.is_empty(), " --add-redirect-uri URI"),
        ];
        let lacking: String = lacking.into_iter().filter(|(lacks, _)| *lacks).map(|(_, option)| option).collect();
        Err(format!(
            "{name} gets tokens by {}, and the client is registered for {}; to change that, run latchkey client update {} \
             --add-grant-type {}{lacking}",
            names(known, GrantType::as_str),
            names(&client.grant_types, GrantType::as_str),
            word(id),
            grant_type.as_str(),
        ))
    }

    fn method(&self, client: &Client) -> Result<AuthMethod, String> {
        let (name, id) = (self.name, word(&client.id));
        let registered = self.methods.iter().copied().filter(|method| client.authenticates_by(*method));
        // RFC 7617 section 2: the first colon ends the client id.
        let is_sent = |method: &AuthMethod| *method != AuthMethod::Basic || self.encodes || !client.id.contains(':');
        let Some(best) = self.methods.first() else { return Err(format!("{name} has no method")) };
        let has = names(&client.auth_methods, AuthMethod::as_str);
        match (registered.clone().find(is_sent), registered.clone().next(), client.is_public()) {
            (Some(method), ..) => Ok(method),
            (None, Some(_), _) => {
                let post = match self.methods.contains(&AuthMethod::Post) {
                    true => format!(
                        "to send both in the form, run latchkey client update {id} --add-auth-method client_secret_post"
                    ),
                    false => "register the client under another id (latchkey client create --client-id)".to_owned(),
                };
                Err(format!(
                    "{name} does not encode the client id in the header Authorization: Basic, and this one has a colon, which would end \
                     it; {post}"
                ))
            }
            (None, None, true) => Err(format!(
                "{name} authenticates by {}, and the client is a public one (none), without a secret; to give it one, run latchkey \
                 client update {id} --auth-method {}{} and latchkey client rotate-secret {id}",
                names(self.methods, AuthMethod::as_str),
                simplest(best),
                // Only a public client has origins.
                if client.origins.is_empty() { "" } else { " --clear origin" },
            )),
            (None, None, false) => Err(format!(
                "{name} authenticates by {}, and the client is registered for {has}; to change that, run latchkey client update {id} \
                 --add-auth-method {}{}",
                names(self.methods, AuthMethod::as_str),
                simplest(best),
                match client.secrets.is_empty() {
                    true => format!(" and latchkey client rotate-secret {id}"),
                    false => String::new(),
                },
            )),
        }
    }
}

/// The method that a command can give to a client by itself: an assertion by a key needs the key.
fn simplest(best: &AuthMethod) -> &'static str {
    if asserts(*best) { AuthMethod::Basic.as_str() } else { best.as_str() }
}

/// Whether a method is one of assertions.
pub(super) fn asserts(method: AuthMethod) -> bool {
    matches!(method, AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt)
}

fn names<T: Copy>(list: &[T], name: impl Fn(T) -> &'static str) -> String {
    match list {
        [] => "nothing".to_owned(),
        list => list.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", "),
    }
}
