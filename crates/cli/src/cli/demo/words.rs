//! What the parts of requests and answers are, in plain words.

/// A line of the signed text, by its place.
pub(super) fn line(at: usize, line: &str) -> &'static str {
    match at {
        0 => "the client id",
        1 => "the time, in POSIX seconds; the service refuses one that is far from its own",
        2 => "the nonce, new for each request: a copy of the request is refused",
        3 => "the hash of the body: base64(SHA-256(body)), and empty where the body is",
        4 => "the method",
        5 => "the same in every request, whatever URL it goes to",
        6 => "the same in every request, too",
        7 => "the same in every request, too",
        _ => carried(line.split('=').next().unwrap_or_default()),
    }
}

/// A parameter that a signed request carries.
fn carried(name: &str) -> &'static str {
    match name {
        "grant_type" => "by what the application asks for tokens",
        "code" => "the code that the browser brought",
        "code_verifier" => "the secret behind code_challenge: with it, the service knows who asked at the first step",
        "redirect_uri" => "that of the first step",
        "authenticatingInstitutionId" => "the institution where you signed in",
        "contextInstitutionId" => "the institution whose data the client uses",
        "refresh_token" => "the refresh token",
        _ => "a parameter of the query",
    }
}

/// A parameter of the authorization request or of its answer.
pub(super) fn parameter(name: &str) -> &'static str {
    match name {
        "client_id" => "who asks: the demo client",
        "response_type" => "what it asks for: a code",
        "redirect_uri" => "where the service sends the browser back",
        "scope" => "what the tokens shall be good for; refresh_token asks for a refresh token, too",
        "authenticatingInstitutionId" => "the institution where you sign in",
        "contextInstitutionId" => "the institution whose data the client uses",
        "state" => {
            "a random text that only this browser's answer repeats: no other site can send you an answer of its own"
        }
        "code_challenge" => {
            "the hash of a secret that the application keeps (PKCE): a stolen code is worth nothing without it"
        }
        "code_challenge_method" => "how the hash is made: SHA-256",
        "code" => "what you allowed, for a few minutes; it works once, and only with the secret behind code_challenge",
        "iss" => "the service that answers: the application compares it with the one it asked",
        "institution" => "the institution where you signed in",
        _ => "more about what you allowed",
    }
}

/// A member of an answer of the service.
pub(super) fn member(name: &str) -> &'static str {
    match name {
        "access_token" => "what the application shows to an API",
        "token_type" => "how: in the header Authorization: Bearer, followed by the access token",
        "expires_in" => "seconds until the access token ends",
        "expires_at" => "when it ends, in UTC",
        "scope" => "what the token is good for",
        "scopes" => "the same, for clients that read this name",
        "principalID" => "who signed in: the user, as an API knows them",
        "principalIDNS" => "the namespace of principalID",
        "context_institution_id" => "the institution whose data the client uses",
        "contextInstitutionId" => "the same, for clients that read this name",
        "authenticating_institution_id" => "the institution where the user signed in",
        "error_code" => "null: nothing went wrong",
        "refresh_token" => "what gets new access tokens; the application sends it to this service only",
        "refresh_token_expires_in" => "seconds until the refresh token ends",
        "refresh_token_expires_at" => "when it ends, in UTC",
        "active" => "whether the token is good now",
        "client_id" => "the client that the token was given to",
        "exp" => "when it ends, in POSIX seconds",
        "iat" => "when it was made, in POSIX seconds",
        "sub" => "the user: namespace and principalID in one text",
        "iss" => "the service that gave the token",
        "error" => "the code of the refusal",
        "error_description" => "what was wrong",
        "error_uri" => "where the refusal is explained",
        "code" => "the status once more, for clients that read it here",
        "message" => "error_description once more, for clients that read this name",
        "details" => "more about it, and what to do",
        _ => "see docs/clients.md",
    }
}

/// What a refusal means for the application, and what to do.
pub(super) fn advice(status: u16, error: &str) -> &'static str {
    match (status, error) {
        (500.., _) => "The service cannot answer now. Press the button again.",
        (_, "invalid_client") => {
            "The service does not take the demo client or its signature. If you changed the client, repair it (latchkey client \
             show demo), and start the server again: the application reads the secret at the start."
        }
        (_, "invalid_grant") => {
            "The code or the token is good no more: it was used before, its time is over, or the access has ended. Begin again \
             to get another one."
        }
        _ => {
            "The registration of the demo client does not allow this. Look at it with latchkey client show demo, repair it, and \
             begin again."
        }
    }
}
