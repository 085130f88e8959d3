//! What a provider offers, and what is taken of it.

use super::{Reading, quoted};
use crate::jose::Algorithm;
use crate::provider::Method;

/// The algorithms of ID tokens, the one first that every provider must have (OpenID Connect Core section 15.1). None has a shared
/// secret.
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

impl Reading<'_> {
    /// Whether it offers the code flow, with an answer in the query, and checks PKCE.
    pub(super) fn check_flow(&mut self) {
        match self.texts("response_types_supported") {
            Some(types) if types.iter().any(|name| name == "code") => {}
            Some(_) => self.fault("response_types_supported does not have code"),
            None if self.members.has("response_types_supported") => {}
            None => self.fault("the discovery document has no response_types_supported"),
        }
        for (name, needed) in [("grant_types_supported", "authorization_code"), ("response_modes_supported", "query")] {
            if self.texts(name).is_some_and(|known| !known.iter().any(|known| known == needed)) {
                self.fault(format!("{name} does not have {needed}"));
            }
        }
        match self.texts("code_challenge_methods_supported") {
            Some(methods) if methods.iter().any(|name| name == "S256") => {}
            Some(_) => self.fault("code_challenge_methods_supported does not have S256 (RFC 7636)"),
            None => self.unwise(
                "the provider does not say that it checks PKCE (code_challenge_methods_supported): Latchkey sends a challenge \
                 with each request anyway",
            ),
        }
        for (name, what) in [
            ("require_pushed_authorization_requests", "pushed authorization requests (RFC 9126)"),
            ("require_signed_request_object", "signed request objects (RFC 9101)"),
        ] {
            if self.flag(name) {
                self.fault(format!("the provider takes only {what}, and Latchkey sends none ({name})"));
            }
        }
    }

    pub(super) fn algorithm(&mut self) -> Option<Algorithm> {
        const MEMBER: &str = "id_token_signing_alg_values_supported";
        let Some(offered) = self.texts(MEMBER) else {
            if !self.members.has(MEMBER) {
                self.fault(format!("the discovery document has no {MEMBER}"));
            }
            return None;
        };
        let is_offered = |algorithm: &Algorithm| offered.iter().any(|name| Algorithm::parse(name) == Some(*algorithm));
        let chosen = match self.wanted.algorithm {
            Some(asked) => Some(asked).filter(|asked| ALGORITHMS.contains(asked)).filter(is_offered),
            None => ALGORITHMS.into_iter().find(is_offered),
        };
        if chosen.is_none() {
            let needed = match self.wanted.algorithm {
                Some(asked) => asked.as_str().to_owned(),
                None => format!("one of {}", ALGORITHMS.map(Algorithm::as_str).join(", ")),
            };
            self.fault(format!("{MEMBER} has {}; it must have {needed}", quoted(&offered.join(" "))));
        }
        chosen
    }

    pub(super) fn method(&mut self) -> Option<Method> {
        const MEMBER: &str = "token_endpoint_auth_methods_supported";
        let offered = match self.texts(MEMBER) {
            Some(offered) => offered,
            None if self.members.has(MEMBER) => return None,
            // OpenID Connect Discovery section 3: the default.
            None => vec![Method::Basic.as_str().to_owned()],
        };
        let is_offered = |method: &Method| offered.iter().any(|name| name == method.as_str());
        let chosen = match self.wanted.method {
            Some(asked) => Some(asked).filter(is_offered),
            None => Method::ALL.into_iter().find(is_offered),
        };
        if chosen.is_none() {
            let needed = match self.wanted.method {
                Some(asked) => asked.as_str().to_owned(),
                None => Method::ALL.map(Method::as_str).join(" or "),
            };
            self.fault(format!("{MEMBER} has {}; it must have {needed}", quoted(&offered.join(" "))));
        }
        chosen
    }

    pub(super) fn sends_iss(&mut self) -> bool {
        let sends = self.flag("authorization_response_iss_parameter_supported");
        if !sends {
            self.unwise(
                "the provider does not say in its answers which issuer it is (RFC 9207): only the redirect URI keeps its codes \
                 from the provider of another institution, so it must compare all of it, and know no other one",
            );
        }
        sends
    }

    /// The value is one of OpenID Connect Core, so a provider that lists none takes it.
    pub(super) fn selects_account(&mut self) -> bool {
        let known = self.texts("prompt_values_supported");
        known.is_none_or(|known| known.iter().any(|value| value == "select_account"))
    }
}
