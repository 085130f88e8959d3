//! Who is calling: from a raw request to a client whose signature was verified.

use bytes::Bytes;
use http::{Method, Request, header};

use crate::context::{RequestContext, Service};
use crate::endpoint::parameters::Parameters;
use latchkey_dynamodb::store::Found;
use latchkey_oauth::client::{Client, MAX_SECRETS, NamedSecret};
use latchkey_oauth::client_auth::wskey;
use latchkey_oauth::client_auth::wskey::body_hash_matches;
use latchkey_oauth::client_auth::wskey::error::HeaderError;
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::hint::hints;
use latchkey_oauth::client_auth::wskey::signed_text::{NormalisedQuery, SignedText};
use latchkey_oauth::error::{Denial, Mismatch, Unavailable};
use latchkey_oauth::grant::Principal;
use latchkey_oauth::token;
use latchkey_oauth::token::Fingerprint;

pub use crate::endpoint::parameters::fields;

/// The longest query that is looked at, bytes.
pub const MAX_QUERY: usize = 8 * 1024;
/// The longest body that is looked at, bytes.
pub const MAX_BODY: usize = 8 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// A request that says who sent it. Nothing of that is verified; what is known is that it can be read and is recent.
pub struct Unverified<'a> {
    credentials: Credentials<'a>,
    method: &'a str,
    /// What it asks for.
    pub parameters: Parameters<'a>,
}

/// A request whose signature a client's secret made. Only [`Unverified::verify`] makes one.
pub struct Caller<'a> {
    /// Who signed.
    pub client: Client,
    /// What the request and a copy of it have in common.
    pub fingerprint: Fingerprint,
    /// What it asks for.
    pub parameters: Parameters<'a>,
    credentials: Credentials<'a>,
}

impl<'a> Unverified<'a> {
    /// Reads a request. Sizes come first, before any other work; nothing here needs the database.
    pub fn read(service: &Service, request: &'a Request<Bytes>, now: u64, methods: &[Method]) -> Result<Self, Denial> {
        let query = request.uri().query().unwrap_or_default();
        let body = request.body();
        if query.len() > MAX_QUERY {
            return Err(Denial::QueryTooLong(MAX_QUERY));
        }
        if body.len() > MAX_BODY {
            return Err(Denial::BodyTooLong(MAX_BODY));
        }
        let credentials = credentials(request)?;
        if !methods.contains(request.method()) {
            return Err(Denial::MethodNotAllowed);
        }
        check_time(service, &credentials, now)?;
        check_body(request, &credentials)?;
        let parameters = Parameters::parse(query, body)?;
        Ok(Self { credentials, method: request.method().as_str(), parameters })
    }

    /// Loads the client and, in the same call, what stands where the request's tokens belong; then verifies the signature,
    /// and that none of the parameters `known` stands twice.
    pub async fn verify(
        self,
        service: &Service,
        tokens: &[token::Unverified],
        known: &[&'static str],
        context: &mut RequestContext,
    ) -> Result<(Caller<'a>, Found), Denial> {
        let client_id = self.credentials.client_id;
        let (client, kept) = service.store.client_and_tokens(client_id, tokens, &mut context.usage).await?;
        context.log_line.client_id = client.as_ref().map(|client| client.id.clone());
        let query = self.parameters.query.normalised();
        let text = self.signed_text(service, &query);
        match signer(service, client.as_ref(), &text, self.credentials.signature, context.now)? {
            Ok(secret) => context.log_line.secret = Some(secret.name.clone()),
            Err(cause) => {
                let signed_text = text.redacted().to_string();
                let hints = hints(&self.parameters.query, &text, context.now);
                return Err(Denial::SignatureMismatch { signed_text, hints, cause });
            }
        }
        drop(query);
        let client = client.ok_or(Unavailable::ItemDamaged)?;
        self.parameters.check_single(known)?;
        let Credentials { client_id, timestamp, nonce, .. } = self.credentials;
        let fingerprint = Fingerprint::of(client_id, timestamp, nonce);
        Ok((Caller { client, fingerprint, parameters: self.parameters, credentials: self.credentials }, kept))
    }

    fn signed_text<'b>(&'b self, service: &'b Service, query: &'b NormalisedQuery<'b>) -> SignedText<'b> {
        let Credentials { client_id, timestamp, nonce, body_hash, .. } = self.credentials;
        SignedText {
            client_id,
            timestamp,
            nonce,
            body_hash: body_hash.unwrap_or_default(),
            method: self.method,
            authority: &service.settings.authority,
            query,
        }
    }
}

impl Caller<'_> {
    /// The user that the header names. The signature does not cover it.
    pub fn principal(&self) -> Result<Option<Principal>, Denial> {
        match (self.credentials.principal_id, self.credentials.principal_idns) {
            (None, None) => Ok(None),
            (Some(id), Some(idns)) => Ok(Some(Principal { id: id.to_owned(), idns: idns.to_owned() })),
            _ => Err(Denial::PrincipalIncomplete),
        }
    }
}

fn credentials(request: &Request<Bytes>) -> Result<Credentials<'_>, Denial> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Denial::CredentialsMissing)?;
    // A gateway joins repeated headers with a comma or keeps the first; where they arrive apart, none can be believed.
    if values.next().is_some() {
        return Err(Denial::CredentialsMalformed(HeaderError::Malformed));
    }
    Credentials::parse(value.as_bytes()).map_err(Denial::CredentialsMalformed)
}

fn check_time(service: &Service, credentials: &Credentials<'_>, now: u64) -> Result<(), Denial> {
    let timestamp: u64 =
        credentials.timestamp.parse().map_err(|_| Denial::CredentialsMalformed(HeaderError::Invalid("timestamp")))?;
    let window = service.settings.clock_skew_seconds;
    if now.abs_diff(timestamp) > window { Err(Denial::TimestampSkewed { timestamp, now, window }) } else { Ok(()) }
}

/// A body counts only under a body hash: without one its parameters would be unsigned.
fn check_body(request: &Request<Bytes>, credentials: &Credentials<'_>) -> Result<(), Denial> {
    let body = request.body();
    if let Some(body_hash) = credentials.body_hash {
        if !body_hash_matches(body_hash, body) {
            return Err(Denial::BodyHashMismatch);
        }
    } else if !body.is_empty() {
        return Err(Denial::BodyUnsigned);
    }
    if body.is_empty() {
        return Ok(());
    }
    if is_form(request) { Ok(()) } else { Err(Denial::BodyNotForm) }
}

/// Whether the body says that it is a form.
pub fn is_form(request: &Request<Bytes>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case(FORM))
}

/// The secret that made the signature. An unknown client, a disabled one and a wrong signature cost the same: each
/// opens and tries [`MAX_SECRETS`] secrets, decoys where there are fewer.
pub fn signer<'a>(
    service: &Service,
    client: Option<&'a Client>,
    text: &SignedText<'_>,
    signature: &str,
    now: u64,
) -> Result<Result<&'a NamedSecret, Mismatch>, Denial> {
    let signature = wskey::decode(signature).unwrap_or_default();
    let mut live = client.into_iter().flat_map(|client| client.live_secrets(now));
    let (mut signer, mut unopened) = (None, false);
    for _ in 0..MAX_SECRETS {
        let candidate = live.next();
        let opened = candidate.map(|named| service.keyring.open(text.client_id, &named.sealed));
        unopened |= matches!(opened, Some(Err(_)));
        let (candidate, secret) = match opened {
            Some(Ok(secret)) => (candidate, secret),
            // Never taken: a signature that a decoy verifies has no candidate.
            _ => (None, service.keyring.open_decoy().map_err(|_| Unavailable::SecretUnopened)?),
        };
        if wskey::verify(&secret, text, &signature) {
            signer = signer.or(candidate);
        }
    }
    // With one secret closed to us, whether the signature is right cannot be said; with the other's it can.
    if signer.is_none() && unopened {
        return Err(Unavailable::SecretUnopened.into());
    }
    Ok(signer.ok_or(match client {
        None => Mismatch::UnknownClient,
        Some(client) if client.disabled => Mismatch::DisabledClient,
        Some(_) => Mismatch::WrongSignature,
    }))
}
