//! A request as a client signs it.

use crate::client_auth::wskey::header::Credentials;
use crate::client_auth::wskey::signature::{body_hash, sign};
use crate::client_auth::wskey::signed_text::SignedText;
use crate::form::{Pairs, PairsError};
use crate::secret::ClientSecret;
use crate::settings::Authority;

/// A request to sign, as a client has it.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    /// Who signs.
    pub client_id: &'a str,
    /// With what.
    pub secret: &'a ClientSecret,
    /// Host, port and path: lines 6 to 8 of the signed text.
    pub authority: &'a Authority,
    /// POSIX seconds, as text.
    pub timestamp: &'a str,
    /// A text that is new for each request.
    pub nonce: &'a str,
    /// The user it names, if any: `principalID` and `principalIDNS`.
    pub principal: Option<(&'a str, &'a str)>,
    /// The method.
    pub method: &'a str,
    /// The raw query, without its `?`.
    pub query: &'a str,
    /// The body; an empty one has no hash.
    pub body: &'a [u8],
}

/// A signed request.
pub struct Signed {
    /// The value of the Authorization header.
    pub authorization: String,
    /// The text that was signed. It may hold secret values.
    pub text: String,
}

impl Signing<'_> {
    /// Signs as every existing client does.
    pub fn sign(&self) -> Result<Signed, PairsError> {
        let body_hash = (!self.body.is_empty()).then(|| body_hash(self.body));
        let method = self.method.to_ascii_uppercase();
        let pairs = Pairs::parse(self.query.as_bytes())?;
        let query = pairs.normalised();
        let text = SignedText {
            client_id: self.client_id,
            timestamp: self.timestamp,
            nonce: self.nonce,
            body_hash: body_hash.as_deref().unwrap_or_default(),
            method: &method,
            authority: self.authority,
            query: &query,
        };
        let signature = sign(self.secret, &text);
        let credentials = Credentials {
            client_id: self.client_id,
            timestamp: self.timestamp,
            nonce: self.nonce,
            signature: &signature,
            body_hash: body_hash.as_deref(),
            principal_id: self.principal.map(|(id, _)| id),
            principal_idns: self.principal.map(|(_, idns)| idns),
        };
        Ok(Signed { authorization: credentials.to_string(), text: text.to_string() })
    }
}
