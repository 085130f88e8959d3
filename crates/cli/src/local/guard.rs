//! What the local server's ports refuse before they read anything else. A web page that the developer visits can send
//! requests to a loopback port: as a page of another site, or under a host name that its own DNS server resolves to 127.0.0.1
//! (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, StatusCode};

use crate::local::containers::CONTAINERS_HOST;
use latchkey::log::{LogLine, Outcome};

/// A refusal of a port of the local server.
pub(crate) struct Refusal {
    /// Its name in the log, and its anchor in the errors page.
    pub(crate) name: &'static str,
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// What was sent, what is expected, what to do.
    pub(crate) message: String,
}

impl Refusal {
    /// Its line in the log.
    pub(super) fn log_line(&self, request_id: String) -> LogLine {
        LogLine {
            request_id: Some(request_id),
            outcome: Outcome::Denied,
            denial: Some(self.name),
            anchor: Some(self.name),
            status: self.status.as_u16(),
            ..LogLine::default()
        }
    }
}

/// The names of this machine that a port answers to.
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    /// The names of loopback, and `more`.
    pub(super) fn new(more: &[String]) -> Self {
        Self(more.iter().map(|name| plain(name)).collect())
    }

    /// Whether the request was sent to one of them. RFC 9112 section 3.2: exactly one Host; the target's authority, where
    /// it has one, counts too.
    pub(super) fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        let named = authority(&parts.headers);
        let asked = parts.uri.authority();
        match &named {
            Some(named) if self.has(named) && asked.is_none_or(|asked| self.has(asked)) => Ok(()),
            _ => Err(Refusal {
                name: "host_not_allowed",
                status: StatusCode::FORBIDDEN,
                message: told(asked.or(named.as_ref())),
            }),
        }
    }

    fn has(&self, authority: &Authority) -> bool {
        let host = plain(authority.host());
        let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let loopback = match inside {
            Some(inside) => inside.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
            None => host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        };
        !authority.as_str().contains('@') && (loopback || self.0.contains(&host))
    }
}

/// As names are compared.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn told(sent: Option<&Authority>) -> String {
    let expected = "The server answers requests to localhost, 127.0.0.1 and [::1].";
    match sent {
        Some(sent) if plain(sent.host()) == CONTAINERS_HOST => format!(
            "The request was sent to the host {CONTAINERS_HOST}, as containers name this machine. {expected} If functions in \
             containers sent it, start the server with --containers."
        ),
        Some(sent) => format!(
            "The request was sent to the host {}. {expected} If this name is yours, start the server with --allow-host {}.",
            sent.host(),
            sent.host(),
        ),
        None => format!("The request has no valid Host header. {expected} Send one of them as Host."),
    }
}

fn authority(headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else { return None };
    Authority::try_from(host.as_bytes()).ok()
}

/// Refuses a page of another site. A browser names the site of the page in `Origin`; other programs send none.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    let own = authority(headers).map(|host| format!("http://{host}"));
    if origins.next().is_none() && own.is_some_and(|own| own.eq_ignore_ascii_case(origin.to_str().unwrap_or_default()))
    {
        return Ok(());
    }
    Err(Refusal {
        name: "origin_not_allowed",
        status: StatusCode::FORBIDDEN,
        message:
            "The request has an Origin header: a web page of another site sent it. No web page may use this port. Send \
                  the request from a program without an Origin header."
                .to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use http::Request;

    fn parts(target: &str, hosts: &[&str]) -> Parts {
        let request = hosts.iter().fold(Request::get(target), |request, host| request.header(HOST, *host));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_port_answers_to_loopback_and_to_the_names_that_it_was_given() {
        let hosts = Hosts::new(&["Docker.Internal".to_owned(), "172.17.0.1".to_owned()]);
        let good = [
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.8.8.8:1",
            "localhost",
            "LOCALHOST:8000",
            "localhost.:8000",
            "[::1]:8000",
            "docker.internal:1",
            "172.17.0.1:8000",
        ];
        for host in good {
            assert!(hosts.check(&parts("/", &[host])).is_ok(), "{host}");
        }
        let bad = [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8000",
            "0.0.0.0:8000",
            "[::]",
            "192.168.0.2",
            "2130706433",
            "127.1",
            "a@localhost",
            "localhost@evil.example",
            "",
            ":8000",
            "local host",
            "::1",
        ];
        for host in bad {
            assert_eq!(hosts.check(&parts("/", &[host])).err().unwrap().name, "host_not_allowed", "{host}");
        }
    }

    #[test]
    fn a_request_with_two_hosts_no_host_or_another_host_in_its_target_is_refused() {
        let hosts = Hosts::new(&[]);
        assert!(hosts.check(&parts("http://localhost:1/", &["localhost:1"])).is_ok());
        for refused in [
            parts("/", &[]),
            parts("/", &["localhost", "localhost"]),
            parts("/", &["localhost", "evil.example"]),
            parts("http://evil.example/", &["localhost"]),
        ] {
            assert!(hosts.check(&refused).is_err());
        }
    }

    #[test]
    fn what_is_refused_says_what_was_sent_and_what_to_do() {
        let refused = Hosts::new(&[]).check(&parts("/", &["evil.example:8000"])).err().unwrap();
        assert!(refused.message.contains("evil.example") && refused.message.contains("--allow-host"));
        let refused = Hosts::new(&[]).check(&parts("/", &["host.docker.internal:8000"])).err().unwrap();
        assert!(refused.message.contains("--containers"), "{}", refused.message);
    }

    #[test]
    fn only_a_page_of_the_port_itself_passes_as_origin() {
        let with = |origins: &[&str]| {
            let request = Request::get("/").header(HOST, "127.0.0.1:8000");
            let request = origins.iter().fold(request, |request, origin| request.header(ORIGIN, *origin));
            check_origin(request.body(()).unwrap().headers()).is_ok()
        };
        assert!(with(&[]) && with(&["http://127.0.0.1:8000"]));
        for origin in [
            "null",
            "http://evil.example",
            "http://127.0.0.1:8001",
            "https://127.0.0.1:8000",
            "",
            "file://",
            "http://127.0.0.1",
        ] {
            assert!(!with(&[origin]), "{origin}");
        }
        assert!(!with(&["http://127.0.0.1:8000", "http://evil.example"]));
    }
}
