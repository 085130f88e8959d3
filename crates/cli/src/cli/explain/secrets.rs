//! The secrets that a signature may be made with: one that the developer gives, or those of a client's registration.

use super::keys::bare;
use super::mistakes::{self, Request};
use crate::cli::database;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::Outcome;
use latchkey_dynamodb::clock::now;
use latchkey_oauth::client_auth::wskey::{self, SIGNATURE_BYTES};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::time::instant;

/// A secret and what must be said if a signature is made with it.
struct Candidate {
    secret: ClientSecret,
    note: Option<String>,
    /// Whether the service accepts signatures made with it.
    live: bool,
}

/// The secrets to try.
pub(super) struct Known {
    candidates: Vec<Candidate>,
    /// What must be said in any case.
    pub notes: Vec<String>,
}

/// What came of it.
pub(super) struct Tried {
    /// `matches`, `differs`, or `unknown` without a secret.
    pub signature: &'static str,
    /// What was found.
    pub findings: Vec<String>,
}

impl Known {
    /// The secret that a developer gives, if any.
    pub(super) fn given(secret: Option<String>) -> Self {
        let candidate = |secret: String| Candidate { note: None, live: true, secret: ClientSecret::new(secret) };
        Self { candidates: secret.map(candidate).into_iter().collect(), notes: Vec::new() }
    }

    /// The secrets of a registration, opened with the operator's sealing keys.
    pub(super) async fn of_client(client_id: &str, database: &DatabaseArgs) -> Outcome<Self> {
        let (service, now) = (database.open_with_keys(KeySet::Clients).await?, now());
        let client = database::find(&service.store, client_id).await?;
        let mut known = Self { candidates: Vec::new(), notes: Vec::new() };
        if client.disabled {
            known.notes.push("The client is disabled: the service accepts none of its requests.".to_owned());
        }
        for named in &client.secrets {
            match service.keyring(KeySet::Clients).open(client_id, &named.sealed) {
                Ok(secret) => {
                    let ended = named.expires_at.filter(|end| *end <= now);
                    let end = ended.map_or(String::new(), |end| format!(", which ended at {}", instant(end)));
                    let note = format!("The signature is made with the secret '{}'{end}.", named.name);
                    known.candidates.push(Candidate { note: Some(note), live: ended.is_none(), secret });
                }
                Err(error) => known.notes.push(format!("The secret '{}' cannot be tried: {error}.", named.name)),
            }
        }
        Ok(known)
    }

    /// Looks for the secret that made a signature, then for the mistakes that did.
    pub(super) fn explain(&self, request: &Request<'_>, presented: &[u8; SIGNATURE_BYTES]) -> Tried {
        let right = self.candidates.iter().find(|known| wskey::verify(&known.secret, request.text, presented));
        if let Some(known) = right {
            let odd = known.note.is_none() && bare(known.secret.expose()) != known.secret.expose();
            let odd = odd.then(|| {
                "The secret begins or ends with a blank, a line feed, a byte order mark or a quote, and the client signs with \
                 it. If the operator's record lacks that character, the service does not accept the signature."
                    .to_owned()
            });
            let signature = if known.live { "matches" } else { "differs" };
            return Tried { signature, findings: known.note.iter().cloned().chain(odd).collect() };
        }
        for known in &self.candidates {
            if let Some(found) = mistakes::find(request, known.secret.expose(), presented) {
                return Tried {
                    signature: "differs",
                    findings: known.note.iter().cloned().chain(found.sentences()).collect(),
                };
            }
        }
        if self.candidates.is_empty() {
            return Tried { signature: "unknown", findings: Vec::new() };
        }
        let none = "No common mistake explains the signature. Check that the secret is the one of this client.";
        Tried { signature: "differs", findings: vec![none.to_owned()] }
    }
}
