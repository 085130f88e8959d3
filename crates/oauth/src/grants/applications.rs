//! What a user has allowed each application, put together from the grants. Pure: what the database and the registrations say
//! comes in.

use crate::client::Client;
use crate::grant::Grant;
use crate::grant::device::Answer;
use crate::scope::REFRESH_TOKEN;
use crate::settings::Settings;

#[cfg(test)]
mod tests;

/// An application that may use a user's account: its grants that are neither revoked nor expired, newest first.
pub struct Application<'a> {
    /// The client.
    pub client_id: &'a str,
    grants: Vec<(&'a Grant, u64)>,
}

/// What a user has allowed an application.
#[derive(Debug, PartialEq, Eq)]
pub struct Allowed<'a> {
    /// The institutions whose data it may use, by their ids.
    pub institutions: Vec<&'a str>,
    /// The scopes of the services that it may use.
    pub services: Vec<&'a str>,
    /// Since when, POSIX seconds.
    pub since: u64,
    /// When the last of it ends, POSIX seconds. `None` while a code or a device waits for its tokens, whose life begins then.
    pub until: Option<u64>,
    /// Where the user was sent, if by a redirect.
    pub redirect_uri: Option<&'a str>,
}

impl Grant {
    /// When a user allowed it, POSIX seconds.
    fn allowed_at(&self) -> u64 {
        match self.device.as_ref().and_then(|device| device.answer) {
            Some(Answer::Allowed(at)) => at,
            _ => self.created_at,
        }
    }

    /// Whether the user has allowed it, and the application has not got its tokens yet.
    fn waits_for_tokens(&self) -> bool {
        let allowed = self.device.as_ref().is_some_and(|device| matches!(device.answer, Some(Answer::Allowed(_))));
        (self.code.is_some() || allowed) && self.redeemed().is_none()
    }

    /// When the application can do nothing more with it, POSIX seconds.
    fn ends_at(&self, settings: &Settings) -> u64 {
        let code = self.code.as_ref().map(|code| code.expires_at);
        let allowed = self.device.as_ref().filter(|device| matches!(device.answer, Some(Answer::Allowed(_))));
        let code = code.or(allowed.map(|device| device.expires_at)).filter(|_| self.redeemed().is_none());
        let access = self.access.filter(|_| self.access_revoked_at.is_none()).map(|access| access.expires_at);
        // A token that is refreshed in the last second ends later.
        let refresh = self.refresh.map(|refresh| refresh.expires_at.saturating_add(settings.access_token_seconds));
        let last = [code, access, refresh].into_iter().flatten().max().unwrap_or_default();
        last.min(self.expires_at)
    }
}

/// The applications that act by these grants, in the order in which each comes first.
pub fn applications<'a>(grants: &'a [Grant], settings: &Settings, now: u64) -> Vec<Application<'a>> {
    let mut applications: Vec<Application<'a>> = Vec::new();
    for grant in grants {
        let ends_at = grant.ends_at(settings);
        if grant.revoked_at.is_some() || now >= ends_at || grant.is_before(settings.not_before) {
            continue;
        }
        match applications.iter_mut().find(|known| known.client_id == grant.client_id) {
            Some(known) => known.grants.push((grant, ends_at)),
            None => applications.push(Application { client_id: &grant.client_id, grants: vec![(grant, ends_at)] }),
        }
    }
    applications
}

impl<'a> Application<'a> {
    /// What it was allowed. `None` if its registration says that none of it counts any more.
    pub fn allowed(&self, client: Option<&Client>) -> Option<Allowed<'a>> {
        let not_before = client.map_or(0, |client| client.good_from(0));
        let good = || self.grants.iter().filter(move |(grant, _)| !grant.is_before(not_before));
        let mut institutions: Vec<&str> = Vec::new();
        let mut services: Vec<&str> = Vec::new();
        for (grant, _) in good() {
            let context = grant.institutions.context.as_str();
            if !institutions.contains(&context) {
                institutions.push(context);
            }
            for scope in grant.scope.tokens().filter(|scope| *scope != REFRESH_TOKEN) {
                if !services.contains(&scope) {
                    services.push(scope);
                }
            }
        }
        Some(Allowed {
            institutions,
            services,
            since: good().map(|(grant, _)| grant.allowed_at()).min()?,
            until: good()
                .map(|(_, ends_at)| *ends_at)
                .max()
                .filter(|_| !good().any(|(grant, _)| grant.waits_for_tokens())),
            redirect_uri: good().find_map(|(grant, _)| Some(grant.code.as_ref()?.redirect_uri.as_str())),
        })
    }
}
