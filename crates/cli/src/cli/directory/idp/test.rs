//! `latchkey institution idp test`: says what is wrong with a provider, or unwise. Nothing is written.

use serde::Serialize;

use super::read::{Said, may_be_here, wanted};
use super::stored;
use super::view::say_redirect_uri;
use crate::cli::consent::counted;
use crate::cli::database::DatabaseArgs;
use crate::cli::directory;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::http;
use crate::cli::output::{line, shown_in_line};
use latchkey_oauth::provider::Provider;
use latchkey_oauth::provider::authentication::redirect_uri;
use latchkey_oauth::provider::discovery::Wanted;
use latchkey_oauth::provider::id_token::SUBJECT;

/// What was found.
#[derive(Serialize)]
struct Report {
    institution_id: String,
    issuer: String,
    verdict: &'static str,
    /// No user can sign in, or soon none can.
    wrong: Vec<String>,
    /// Users can sign in, and the operator should know.
    unwise: Vec<String>,
    /// What the provider's administrator enters; none if the command does not know the address of the service.
    redirect_uri: Option<String>,
}

pub(super) async fn test(id: &str, issuer: Option<String>, url: Option<&str>, database: &DatabaseArgs) -> Outcome {
    let service = http::service(url, database)?;
    let store = database.open().await?;
    let registered = stored(&store, id).await?;
    let mut report = Report {
        institution_id: id.to_owned(),
        issuer: String::new(),
        verdict: "ok",
        wrong: Vec::new(),
        unwise: Vec::new(),
        redirect_uri: service.as_deref().map(|service| redirect_uri(service, id)),
    };
    if directory::read(&store).await?.institution(id).is_none() {
        report.wrong.push(format!("no institution has the id {id}, so no page leads to the provider"));
    }
    match (&issuer, registered.as_deref()) {
        (Some(issuer), registered) => {
            let wanted = Wanted {
                issuer,
                claim: registered.map_or(SUBJECT, |registered| &registered.claim),
                scope: registered.map_or(super::set::OPENID, |registered| &registered.scope),
                algorithm: None,
                method: None,
                loopback: may_be_here(service.as_deref()),
            };
            report.look(&wanted, None).await;
        }
        (None, Some(registered)) => report.look(&wanted(registered, service.as_deref()), Some(registered)).await,
        (None, None) => {
            return Err(Failure::new(format!(
                "institution {id} has no provider; to test one before you register it, name it with --issuer"
            )));
        }
    }
    report.print(database)
}

impl Report {
    async fn look(&mut self, wanted: &Wanted<'_>, registered: Option<&Provider>) {
        self.issuer = wanted.issuer.to_owned();
        let said = match Said::read(wanted).await {
            Ok(said) => said,
            Err(faults) => return self.wrong.extend(faults),
        };
        self.unwise.extend(said.discovered.findings.iter().map(ToString::to_string));
        let Some(registered) = registered else { return };
        let refresh = format!("latchkey institution idp refresh {}", self.institution_id);
        let (wrong, others) = said.differences(registered);
        for (told, differences) in [(&mut self.wrong, wrong), (&mut self.unwise, others)] {
            told.extend(differences.into_iter().map(|difference| format!("{difference}: run {refresh}")));
        }
        // The service reads the keys again for a name that it does not know, and not for a signature that does not fit.
        let replaced = said.replaced_keys(registered);
        let keys = said.key_difference(registered).filter(|_| replaced.is_empty());
        self.wrong.extend(replaced.into_iter().map(|name| format!("the key {name} is another one now: run {refresh}")));
        self.unwise.extend(keys.map(|difference| {
            format!(
                "{difference}: the service reads them once it meets an unknown one; {refresh} spares users the wait"
            )
        }));
    }

    fn print(mut self, database: &DatabaseArgs) -> Outcome {
        let wrong = self.wrong.len();
        if wrong > 0 {
            self.verdict = "failed";
        }
        if database.output.json {
            database.output.one(&self)?;
        } else {
            for (what, found) in [("wrong", &self.wrong), ("unwise", &self.unwise)] {
                for found in found {
                    line(&format!("{what}: {}", shown_in_line(found)))?;
                }
            }
            if wrong == 0 {
                line(&format!(
                    "ok: users can sign in by {}, as far as its documents say",
                    shown_in_line(&self.issuer)
                ))?;
            }
            say_redirect_uri(&self.institution_id, self.redirect_uri.as_deref())?;
        }
        match wrong {
            0 => Ok(()),
            _ => Err(Failure::new(format!("{} of the provider: users cannot sign in by it", counted(wrong, "fault")))),
        }
    }
}
