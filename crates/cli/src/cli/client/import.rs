//! The secret that a client brings along: what it must be, and where else it is good.

use super::registration::Registration;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::shell::word;
use latchkey::config::settings_from_env;
use latchkey::endpoint::client::MAX_BODY;
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::registration::{WEAK, additions, weakness};
use latchkey_oauth::client_auth::basic::MAX_HEADER;
use latchkey_oauth::form::encode;
use latchkey_oauth::service::settings;

/// The most bytes of an item, which DynamoDB calls 400 KB. A client is one.
const LARGEST_ITEM: usize = 400 * 1024;

/// The most bytes of client id, colon and secret in a header that [`MAX_HEADER`] bounds: base64 makes four of three.
const LONGEST_BASIC: usize = (MAX_HEADER - "Basic ".len()) / 4 * 3;

/// The most bytes of the encoded secret in a form that [`MAX_BODY`] bounds: the other half is for what the form asks for.
const LONGEST_IN_FORM: usize = MAX_BODY / 2;

const OTHER_SECRET: &str = "give the client a new secret (latchkey client create)";

/// Fails if no method of the client could carry the secret, or the database could not keep it. A signature does not carry it.
fn check_length(secret: &str, client_id: &str, registration: &Registration) -> Outcome {
    let (length, encoded) = (secret.len(), encode(secret).len());
    let longest = LONGEST_BASIC.saturating_sub(client_id.len() + 1);
    let header = format!(
        "client_secret_basic sends it in a header of at most {MAX_HEADER} bytes, which has room for at most {longest} bytes of \
         this client's secret"
    );
    let form = format!(
        "client_secret_post sends it in a form of at most {MAX_BODY} bytes, which has room for at most {LONGEST_IN_FORM} bytes \
         of the encoded secret, and this one has {encoded}"
    );
    let only = |methods: &[AuthMethod]| registration.only_sends_by(methods);
    let reason = match (length <= longest, encoded <= LONGEST_IN_FORM) {
        _ if length > LARGEST_ITEM => format!("DynamoDB keeps at most {LARGEST_ITEM} bytes of a client"),
        (false, true) if only(&[AuthMethod::Basic]) => {
            format!("{header}; add --auth-method client_secret_post, or {OTHER_SECRET}")
        }
        (true, false) if only(&[AuthMethod::Post]) => {
            format!("{form}; add --auth-method client_secret_basic, or {OTHER_SECRET}")
        }
        (false, false) if only(&[AuthMethod::Basic, AuthMethod::Post]) => format!("{header}; {form}; {OTHER_SECRET}"),
        _ => return Ok(()),
    };
    Err(Failure::new(format!("the secret has {length} bytes, and {reason}")))
}

/// Checks a secret that a client brings along, and returns what its name begins with. The texts do not quote it.
pub(super) fn check_secret(
    secret: &str,
    client_id: &str,
    registration: &Registration,
    allow_weak: bool,
) -> Outcome<Option<&'static str>> {
    if secret.is_empty() {
        return Err(Failure::new("the secret must not be empty"));
    }
    check_length(secret, client_id, registration)?;
    if secret.chars().any(char::is_control) {
        let ends_in_line = additions(secret).contains(&"a line end at an end");
        let advice =
            if ends_in_line { ": it has a line end at an end, which a file or a shell added; remove it" } else { "" };
        return Err(Failure::new(format!("the secret must not have control characters{advice}")));
    }
    for addition in additions(secret) {
        eprintln!(
            "latchkey: warning: the secret has {addition}; if the client's own copy lacks it, no signature matches: delete \
             the client and import it again"
        );
    }
    match weakness(secret, client_id) {
        None => Ok(None),
        Some(_) if allow_weak => Ok(Some(WEAK)),
        Some(reason) => Err(Failure::new(format!(
            "the secret is weak: {reason}; an attacker who holds one signed request could guess it. Give the client a new \
             secret (latchkey client create), or take this one with --allow-weak-secret and rotate it soon"
        ))),
    }
}

/// Warns if what the client signs is good elsewhere too: at every service that has its secret and the same lines 6 to 8.
pub(super) fn warn_of_other_services(client_id: &str) -> Outcome {
    let setting = &settings::SIGNATURE_HOST;
    if settings_from_env()?.authority.host == setting.text() {
        eprintln!(
            "latchkey: warning: clients sign for {host} here, as for OCLC's service and for other deployments ({name} is {host}): \
             a request that this client signs is good at each of them that has its secret. If the client does not need the \
             secret elsewhere, run latchkey client rotate-secret {id}. If the deployment sets {name}, set it for this \
             command too",
            host = setting.text(),
            id = word(client_id),
            name = setting.name,
        );
    }
    Ok(())
}
