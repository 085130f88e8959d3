//! Every refusal there is, and its name in the log.

mod device;
mod form;
mod id_token;
mod principal;
mod provider;
mod push;
pub mod sent;
mod sign_in;
#[cfg(test)]
mod tests;
mod token_client;
mod verifier;
mod wire;

use crate::client_auth::Failure;
use crate::grant_type::GrantType;

pub use device::DeviceError;
pub use form::FormError;
pub use id_token::IdTokenError;
pub use principal::PrincipalError;
pub use provider::ProviderError;
pub use push::PushError;
pub use sent::Sent;
pub use sign_in::SignInError;
pub use token_client::TokenClientError;
pub use verifier::VerifierError;
pub use wire::{ERROR_CODES, RETRY_AFTER_SECONDS, Wire};

/// Why a request is refused, with the facts of the case. The client sees [`Denial::wire`]. The log has only
/// [`Denial::name`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The event is not one of an API Gateway HTTP API (payload 2.0).
    EventMalformed,
    /// The gateway's own address was called, and not the proxy in front of it.
    ProxyBypassed,
    /// The token endpoint takes POST (RFC 6749 section 3.2).
    MethodNotAllowed,
    /// The query string is longer than this, bytes.
    QueryTooLong(usize),
    /// The body is longer than this, bytes.
    BodyTooLong(usize),
    /// A body that is not a form.
    BodyNotForm,
    /// Query or body holds more pairs than this.
    ParametersTooMany(usize),
    /// Query or body holds bytes that are not UTF-8.
    ParametersNotText,
    /// A parameter occurs more than once (RFC 6749 section 3.2).
    ParameterRepeated(&'static str),
    /// A required parameter is missing or empty.
    ParameterMissing(&'static str),
    /// The value of a parameter is invalid.
    ParameterInvalid(&'static str, Sent),
    /// `client_id` is not the client that authenticated.
    ClientIdDiffers,
    /// The client is not authenticated.
    ClientAuth(Failure),

    /// The service does not support the `grant_type`.
    GrantTypeUnsupported(Sent),
    /// The refresh endpoint takes one grant type only.
    GrantTypeElsewhere,
    /// The client is not registered for it.
    GrantTypeNotAllowed(GrantType),
    /// The client may not act for this institution, the value of this parameter.
    InstitutionNotAllowed(&'static str, Sent),
    /// The request names a user as it may not.
    Principal(PrincipalError),
    /// A device gets no tokens, or the code that it shows does not count.
    Device(DeviceError),
    /// The request names two different context institutions.
    InstitutionsContradict,
    /// `context:` in the scope is not followed by the id of an institution.
    ContextMalformed,
    /// `scope` is outside the grammar of RFC 6749 section 3.3, or too long.
    ScopeMalformed(Sent),
    /// The scope names only `refresh_token`.
    ScopeWithoutService,
    /// A scope that the client is not registered for.
    ScopeNotAllowed(Sent),
    /// A refresh asks for more than was granted.
    ScopeWidened(Sent),

    /// No such code of this client: unknown, another client's, or altered.
    CodeUnknown,
    /// Older than its life.
    CodeExpired,
    /// Redeemed before. What came of it is revoked.
    CodeRedeemed,
    /// Another redirect URI than the one the code was sent to.
    RedirectUriDiffers,
    /// Other institutions than those of the grant.
    InstitutionsDiffer,
    /// PKCE: the verifier is not that of the code's challenge.
    Verifier(VerifierError),
    /// No such refresh token of this client: unknown, another client's, or altered.
    RefreshTokenUnknown,
    /// Older than its life.
    RefreshTokenExpired,
    /// The grant was revoked.
    GrantRevoked,
    /// The grant was made before the time from which on its client's or the deployment's grants are good.
    GrantTooOld,

    /// No client of this id, or a disabled one. Shown to the user, never redirected, as are the next and all `Form` ones.
    ClientUnregistered,
    /// The client is not registered with this redirect URI.
    RedirectUriUnregistered,
    /// `response_type` is neither `code` nor `token`.
    ResponseTypeUnsupported(Sent),
    /// `response_mode` is not the one of the response type.
    ResponseModeUnsupported {
        /// The one to ask for.
        served: &'static str,
    },
    /// PKCE: `code_challenge_method` is not S256.
    ChallengeMethodUnsupported(Sent),
    /// A pushed request, or one that refers to it.
    Push(PushError),
    /// The directory has no such institution.
    InstitutionUnknown(Option<Sent>),
    /// The user said no.
    ConsentRefused,
    /// `prompt=none`, and the user is not signed in, or must type the password again.
    LoginRequired,
    /// `prompt=none`, and the user has not consented. Every request asks.
    ConsentRequired,
    /// `prompt=none`, and the user has to choose an institution.
    InteractionRequired,
    /// The form that the user sent does not count.
    Form(FormError),
    /// The user is not signed in.
    SignIn(SignInError),
    /// The user is not signed in by the institution's provider.
    Provider(ProviderError),

    /// The client is not registered to introspect tokens.
    IntrospectionNotAllowed,
    /// The token to be revoked is another client's.
    TokenForeign,
    /// No bearer token (RFC 6750).
    BearerMissing,
    /// The access token is unknown, altered, expired, revoked or of another kind. The client is not told which.
    TokenInactive,
    /// The token is good by itself, and its client is not.
    TokenClient(TokenClientError),
    /// The access token is active and lacks the required scope.
    ScopeInsufficient,

    /// The service cannot decide now.
    Unavailable(Unavailable),
}

/// What keeps the service from deciding. Only the log sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// DynamoDB did not answer in time, or with an error that may pass.
    DatabaseUnreachable,
    /// DynamoDB throttles.
    DatabaseThrottling,
    /// DynamoDB refuses: a missing table or permission. An operator must act.
    DatabaseRefuses,
    /// An item cannot be read. An operator must act.
    ItemDamaged,
    /// A secret does not open under the keyring. An operator must act.
    SecretUnopened,
    /// The operating system gave no randomness.
    NoRandomness,
}

impl From<Unavailable> for Denial {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<DeviceError> for Denial {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

impl Denial {
    /// Where the errors page explains it. Answers lead there, so it says no more than the answer's own text: one anchor
    /// for what is one answer, as for the three ways in which a signature does not match.
    pub fn anchor(&self) -> &'static str {
        match self {
            Self::ClientAuth(failure) => failure.anchor(),
            Self::TokenClient(error) => error.anchor(),
            Self::Unavailable(_) => "the-service-is-unavailable",
            denial => denial.name(),
        }
    }

    /// The refusal's name in the log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EventMalformed => "event_malformed",
            Self::ProxyBypassed => "proxy_bypassed",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::QueryTooLong(_) => "query_too_long",
            Self::BodyTooLong(_) => "body_too_long",
            Self::BodyNotForm => "body_not_form",
            Self::ParametersTooMany(_) => "parameters_too_many",
            Self::ParametersNotText => "parameters_not_text",
            Self::ParameterRepeated(_) => "parameter_repeated",
            Self::ParameterMissing(_) => "parameter_missing",
            Self::ParameterInvalid(..) => "parameter_invalid",
            Self::ClientIdDiffers => "client_id_differs",
            Self::ClientAuth(failure) => failure.name(),
            Self::GrantTypeUnsupported(_) => "grant_type_unsupported",
            Self::GrantTypeElsewhere => "grant_type_elsewhere",
            Self::GrantTypeNotAllowed(_) => "grant_type_not_allowed",
            Self::InstitutionNotAllowed(..) => "institution_not_allowed",
            Self::InstitutionsContradict => "institutions_contradict",
            Self::ContextMalformed => "context_malformed",
            Self::Principal(error) => error.name(),
            Self::Device(error) => error.name(),
            Self::ScopeMalformed(_) => "scope_malformed",
            Self::ScopeWithoutService => "scope_without_service",
            Self::ScopeNotAllowed(_) => "scope_not_allowed",
            Self::ScopeWidened(_) => "scope_widened",
            Self::CodeUnknown => "code_unknown",
            Self::CodeExpired => "code_expired",
            Self::CodeRedeemed => "code_redeemed",
            Self::RedirectUriDiffers => "redirect_uri_differs",
            Self::InstitutionsDiffer => "institutions_differ",
            Self::Verifier(error) => error.name(),
            Self::RefreshTokenUnknown => "refresh_token_unknown",
            Self::RefreshTokenExpired => "refresh_token_expired",
            Self::GrantRevoked => "grant_revoked",
            Self::GrantTooOld => "grant_too_old",
            Self::ClientUnregistered => "client_unregistered",
            Self::RedirectUriUnregistered => "redirect_uri_unregistered",
            Self::ResponseTypeUnsupported(_) => "response_type_unsupported",
            Self::ResponseModeUnsupported { .. } => "response_mode_unsupported",
            Self::ChallengeMethodUnsupported(_) => "challenge_method_unsupported",
            Self::InstitutionUnknown(_) => "institution_unknown",
            Self::ConsentRefused => "consent_refused",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::Push(error) => error.name(),
            Self::Form(error) => error.name(),
            Self::SignIn(error) => error.name(),
            Self::Provider(error) => error.name(),
            Self::IntrospectionNotAllowed => "introspection_not_allowed",
            Self::TokenForeign => "token_foreign",
            Self::BearerMissing => "bearer_missing",
            Self::TokenInactive => "token_inactive",
            Self::TokenClient(error) => error.name(),
            Self::ScopeInsufficient => "scope_insufficient",
            Self::Unavailable(Unavailable::DatabaseUnreachable) => "database_unreachable",
            Self::Unavailable(Unavailable::DatabaseThrottling) => "database_throttling",
            Self::Unavailable(Unavailable::DatabaseRefuses) => "database_refuses",
            Self::Unavailable(Unavailable::ItemDamaged) => "item_damaged",
            Self::Unavailable(Unavailable::SecretUnopened) => "secret_unopened",
            Self::Unavailable(Unavailable::NoRandomness) => "no_randomness",
        }
    }
}
