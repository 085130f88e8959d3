//! Who is calling: from a raw request to a client that it proved to come from.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};

use crate::context::{RequestContext, Service, issuer};
use crate::endpoint::parameters::Parameters;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Found;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::client_auth::assertion::Audiences;
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::client_auth::{ClientAuth, Failure};
use latchkey_oauth::error::Denial;
use latchkey_oauth::grant::Principal;
use latchkey_oauth::response::Form;
use latchkey_oauth::service::{KeySet, paths_of_endpoint};
use latchkey_oauth::settings::Settings;
use latchkey_oauth::token;

/// The longest query that is looked at, bytes.
pub const MAX_QUERY: usize = 8 * 1024;
/// The longest body that is looked at, bytes.
pub const MAX_BODY: usize = 8 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// A request that says who sent it. Nothing of that is verified; what is known is that it can be read and is recent.
pub struct Unverified<'a> {
    auth: ClientAuth<'a>,
    /// What it asks for.
    pub parameters: Parameters<'a>,
    /// The origin of the page whose script sent it.
    origin: Option<HeaderValue>,
}

/// A request that its client proved to have sent. Only [`Unverified::verify`] makes one.
pub struct Caller<'a> {
    /// Who sent it.
    pub client: Client,
    /// What it asks for.
    pub parameters: Parameters<'a>,
    /// What a copy of it is known by.
    pub replay: Replay,
    auth: ClientAuth<'a>,
}

impl<'a> Unverified<'a> {
    /// Reads a request. Sizes come first, before any other work; nothing here needs the database.
    pub fn read(
        service: &Service,
        request: &'a Request<Bytes>,
        context: &mut RequestContext,
        methods: &[Method],
    ) -> Result<Self, Denial> {
        check_sizes(request)?;
        let shown = ClientAuth::in_header(request)?;
        if let Some(shown) = &shown {
            context.log_line.shows(shown.method(), shown.client_id());
        }
        check_method(request, methods)?;
        if let Some(shown) = &shown {
            shown.check(&service.settings, context.now)?;
        }
        check_form(request)?;
        let parameters = Parameters::parse(request.uri().query().unwrap_or_default(), request.body())?;
        let auth = ClientAuth::of(shown, &parameters.query, &parameters.form)?;
        context.log_line.shows(auth.method(), auth.client_id());
        auth.check_assertion(|| audiences(&service.settings, request), &service.settings, context.now)?;
        let origin = request.headers().get(header::ORIGIN).cloned();
        Ok(Self { auth, parameters, origin })
    }

    /// No script may read the answer, whoever sent the request.
    pub fn for_no_script(self) -> Self {
        Self { origin: None, ..self }
    }

    /// Refuses a request that proves nothing (RFC 7662 section 2.1), before anything is read.
    pub fn demand_credentials(&self) -> Result<(), Denial> {
        if self.auth.method() == AuthMethod::None { Err(Failure::Missing.into()) } else { Ok(()) }
    }

    /// Loads the client and, in the same call, the items that the request's tokens name. Then verifies that the client sent
    /// the request, and that none of the parameters `known` occurs more than once.
    pub async fn verify(
        self,
        service: &Service,
        tokens: &[token::Unverified],
        known: &[&'static str],
        context: &mut RequestContext,
    ) -> Result<(Caller<'a>, Found), Denial> {
        let Self { auth, parameters, origin } = self;
        let Service { store, settings, .. } = service;
        let keyring = service.keyring(KeySet::Clients);
        let (client, found) = store.client_and_tokens(auth.client_id(), tokens, &mut context.usage).await?;
        context.log_line.knows(client.as_ref());
        if let Some(client) = &client {
            let answers = |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| client.answers_origin(origin));
            context.readable_by = origin.filter(answers);
            if !client.authenticates_by(auth.method()) {
                context.log_line.registered_methods = Some(client.auth_methods.clone());
            }
        }
        let verified = auth.verify(client, &parameters.query, keyring, settings, context.now)?;
        context.log_line.secret = verified.secret;
        parameters.check_single(known)?;
        if parameters.get("client_id").is_some_and(|named| named != verified.client.id) {
            return Err(Denial::ClientIdDiffers);
        }
        let replay = match auth.replay(settings, context.now) {
            Some(replay) => replay,
            None => Replay::unmarked(auth.method(), random()?, context.now),
        };
        let replay = replay.for_client(&verified.client);
        Ok((Caller { client: verified.client, parameters, replay, auth }, found))
    }
}

impl Caller<'_> {
    /// Whether it signed. What it must send and is answered is then as it ever was.
    pub fn signs(&self) -> bool {
        self.auth.method() == AuthMethod::WsKey
    }

    /// Whether it is answered in the form of OCLC's service: clients that sign are, and clients that ask in the query as these
    /// do. RFC 6749 has every client ask in a form.
    pub fn expects_oclc(&self) -> bool {
        self.signs() || self.parameters.query.iter().any(|(name, _)| name == "grant_type")
    }

    /// The form of an answer to it, where its scope named an institution.
    pub fn form<'f>(&self, context: Option<&'f str>, refresh_token: Option<&'f str>) -> Form<'f> {
        if self.expects_oclc() { Form::Oclc } else { Form::Plain { refresh_token, context } }
    }

    /// The user that the credentials name, if any, where the signature does not cover it.
    pub fn principal(&self) -> Result<Option<Principal>, Denial> {
        self.auth.principal()
    }
}

/// Whom an assertion may be meant for that comes with this request.
fn audiences(settings: &Settings, request: &Request<Bytes>) -> Audiences {
    let issuer = issuer(settings, request);
    let endpoints = paths_of_endpoint(request.uri().path()).map(|path| format!("{issuer}{path}")).collect();
    Audiences { issuer, endpoints }
}

fn check_sizes(request: &Request<Bytes>) -> Result<(), Denial> {
    if request.uri().query().is_some_and(|query| query.len() > MAX_QUERY) {
        return Err(Denial::QueryTooLong(MAX_QUERY));
    }
    if request.body().len() > MAX_BODY { Err(Denial::BodyTooLong(MAX_BODY)) } else { Ok(()) }
}

fn check_method(request: &Request<Bytes>, methods: &[Method]) -> Result<(), Denial> {
    if methods.contains(request.method()) { Ok(()) } else { Err(Denial::MethodNotAllowed) }
}

/// A body holds parameters and nothing else; without one, what it would be does not count.
fn check_form(request: &Request<Bytes>) -> Result<(), Denial> {
    if request.body().is_empty() || is_form(request) { Ok(()) } else { Err(Denial::BodyNotForm) }
}

/// Whether the body says that it is a form.
pub fn is_form(request: &Request<Bytes>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case(FORM))
}
