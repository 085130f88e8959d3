//! The authorization request: what the application sends the browser to the service with (RFC 6749 section 4.1.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::App;
use crate::cli::failure::Outcome;
use crate::cli::http::{metadata, query};
use crate::local::DEMO_INSTITUTION;
use latchkey_dynamodb::random;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::service::AUTHORIZE;

const SCOPE: &str = "WMS_NCIP refresh_token";

/// An authorization request, and what its answer is checked by.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) url: String,
    /// Its parameters, as they are read.
    pub(super) parameters: Vec<(&'static str, String)>,
    pub(super) state: String,
    /// The service's name, as its metadata document has it.
    pub(super) issuer: String,
    redirect_uri: String,
    verifier: String,
}

/// Makes a request. It asks the service for its metadata document first, as a client does that knows only a URL.
pub(super) async fn ask(app: &App, client_id: &str) -> Outcome<Asked> {
    let issuer = metadata(app.service.clone()).await?["issuer"].as_str().unwrap_or_default().to_owned();
    let text = |bytes: [u8; 32]| URL_SAFE_NO_PAD.encode(bytes);
    let (state, verifier) = (text(random()?), text(random()?));
    let redirect_uri = format!("{}/callback", app.own);
    let parameters = vec![
        ("client_id", client_id.to_owned()),
        ("response_type", "code".to_owned()),
        ("redirect_uri", redirect_uri.clone()),
        ("scope", SCOPE.to_owned()),
        ("authenticatingInstitutionId", DEMO_INSTITUTION.to_owned()),
        ("contextInstitutionId", DEMO_INSTITUTION.to_owned()),
        ("state", state.clone()),
        ("code_challenge", URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier))),
        ("code_challenge_method", "S256".to_owned()),
    ];
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
    let url = format!("{}{AUTHORIZE}?{}", app.service, query(&pairs));
    Ok(Asked { url, parameters, state, issuer, redirect_uri, verifier })
}

impl Asked {
    /// The query that redeems the code (RFC 6749 section 4.1.3).
    pub(super) fn redeeming(&self, code: &str) -> String {
        query(&[
            ("grant_type", Some(GrantType::AuthorizationCode.as_str())),
            ("code", Some(code)),
            ("redirect_uri", Some(&self.redirect_uri)),
            ("authenticatingInstitutionId", Some(DEMO_INSTITUTION)),
            ("contextInstitutionId", Some(DEMO_INSTITUTION)),
            ("code_verifier", Some(&self.verifier)),
        ])
    }
}
