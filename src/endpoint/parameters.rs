//! The parameters of a request, from query and form together.

use latchkey_oauth::client::MAX_REDIRECT_URI;
use latchkey_oauth::error::{Denial, PrincipalError, Sent};
use latchkey_oauth::form::{MAX_PAIRS, Pairs, PairsError};
use latchkey_oauth::grant::{Institutions, MAX_PRINCIPAL, Principal, is_institution_id};
use latchkey_oauth::grants::authorization_code::request::AuthorizationParameters;
use latchkey_oauth::grants::institutions::NamedInstitutions;

/// The parameters that signed requests may have. Any other is ignored (RFC 6749 section 3.2).
pub mod fields {
    /// Of the token endpoints.
    pub const TOKEN: [&str; 12] = [
        "client_id",
        "grant_type",
        "scope",
        "code",
        "redirect_uri",
        "code_verifier",
        "device_code",
        "refresh_token",
        "authenticatingInstitutionId",
        "contextInstitutionId",
        "principalID",
        "principalIDNS",
    ];
    /// Of the device authorization endpoint.
    pub const DEVICE_AUTHORIZATION: [&str; 4] =
        ["client_id", "scope", "authenticatingInstitutionId", "contextInstitutionId"];
    /// Of a pushed authorization request: those of a request in an address, except what the user adds to it on the pages.
    pub const PUSH: [&str; 13] = [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "ui_locales",
        "scope",
        "authenticatingInstitutionId",
        "contextInstitutionId",
        "state",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
    ];
    /// Of introspection.
    pub const INTROSPECT: [&str; 3] = ["client_id", "token", "token_type_hint"];
    /// Of revocation.
    pub const REVOKE: [&str; 5] = ["client_id", "token", "token_type_hint", "refresh_token", "access_token"];
}

const AUTHENTICATING: &str = "authenticatingInstitutionId";
const CONTEXT: &str = "contextInstitutionId";

/// The parameters of an authorization request, wherever it comes.
pub fn authorization<'a>(parameters: &'a Parameters<'_>, picked: Option<&'a str>) -> AuthorizationParameters<'a> {
    AuthorizationParameters {
        response_type: parameters.get("response_type"),
        response_mode: parameters.get("response_mode"),
        scope: parameters.get("scope"),
        authenticating: parameters.get(AUTHENTICATING),
        context: parameters.get(CONTEXT),
        picked,
        state: parameters.get("state"),
        challenge: parameters.get("code_challenge"),
        challenge_method: parameters.get("code_challenge_method"),
        prompt: parameters.get("prompt"),
        max_age: parameters.get("max_age"),
        ui_locales: parameters.get("ui_locales"),
    }
}

fn refused(error: PairsError) -> Denial {
    match error {
        PairsError::NotText => Denial::ParametersNotText,
        PairsError::TooMany => Denial::ParametersTooMany(MAX_PAIRS),
    }
}

/// Query and form, decoded.
pub struct Parameters<'a> {
    /// Of the query: what the signature covers.
    pub query: Pairs<'a>,
    /// Of the body: what the body hash covers.
    pub form: Pairs<'a>,
}

impl<'a> Parameters<'a> {
    /// Reads both.
    pub fn parse(query: &'a str, form: &'a [u8]) -> Result<Self, Denial> {
        let parse = |raw| Pairs::parse(raw).map_err(refused);
        Ok(Self { query: parse(query.as_bytes())?, form: parse(form)? })
    }

    /// Reads a query that another party made: only what these names have must be text.
    pub fn parse_of(query: &'a str, names: &[&str]) -> Result<Self, Denial> {
        Ok(Self { query: Pairs::parse_of(query.as_bytes(), names).map_err(refused)?, form: Pairs::default() })
    }

    /// Refuses a request that gives a parameter twice. However long one is: a token of another's is no error to introspection
    /// and revocation.
    pub fn check_single(&self, names: &[&'static str]) -> Result<(), Denial> {
        let repeated = names.iter().find(|name| self.values(name).nth(1).is_some());
        repeated.map_or(Ok(()), |name| Err(Denial::ParameterRepeated(name)))
    }

    /// Refuses a request that gives a parameter twice, or one too long to have a use: the longest is a redirect URI.
    pub fn check(&self, names: &[&'static str]) -> Result<(), Denial> {
        self.check_shorter(names, MAX_REDIRECT_URI)
    }

    /// As [`Self::check`], with a limit of its own, bytes.
    pub fn check_shorter(&self, names: &[&'static str], limit: usize) -> Result<(), Denial> {
        self.check_single(names)?;
        let far = names.iter().find_map(|name| Some((*name, self.values(name).find(|value| value.len() > limit)?)));
        far.map_or(Ok(()), |(name, value)| Err(Denial::ParameterInvalid(name, Sent::value(name, value))))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().chain(self.form.iter()).filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A parameter's value. An empty one counts as not given (RFC 6749 section 3.2).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values(name).next().filter(|value| !value.is_empty())
    }

    /// A required parameter's value.
    pub fn require(&self, name: &'static str) -> Result<&str, Denial> {
        self.get(name).ok_or(Denial::ParameterMissing(name))
    }

    /// The user that the request names, if any. Signature or body hash covers it.
    pub fn principal(&self) -> Result<Option<Principal>, Denial> {
        let both = ["principalID", "principalIDNS"].map(|name| (name, self.get(name)));
        let odd = |value: &str| value.len() > MAX_PRINCIPAL || value.chars().any(char::is_control);
        if let Some((name, _)) = both.into_iter().find(|(_, value)| value.is_some_and(odd)) {
            return Err(Denial::ParameterInvalid(name, Sent::value(name, "")));
        }
        Ok(PrincipalError::check(both[0].1, both[1].1)?)
    }

    /// Both institution ids, which every grant names.
    pub fn institutions(&self) -> Result<Institutions, Denial> {
        let required = |name| self.institution(name)?.ok_or(Denial::ParameterMissing(name));
        Ok(Institutions { authenticating: required(AUTHENTICATING)?, context: required(CONTEXT)? })
    }

    /// The institution ids that are sent.
    pub fn named_institutions(&self) -> Result<NamedInstitutions, Denial> {
        Ok(NamedInstitutions { authenticating: self.institution(AUTHENTICATING)?, context: self.institution(CONTEXT)? })
    }

    fn institution(&self, name: &'static str) -> Result<Option<String>, Denial> {
        match self.get(name) {
            Some(id) if !is_institution_id(id) => Err(Denial::ParameterInvalid(name, Sent::value(name, id))),
            id => Ok(id.map(str::to_owned)),
        }
    }
}
