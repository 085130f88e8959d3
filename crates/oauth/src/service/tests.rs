//! What the table promises to deployments and clients.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::actions::{Permitted, permitted};
use super::settings::{self, Kind};
use super::*;

/// Binaries, logs and what is deployed are named so.
#[test]
fn functions_have_the_names_that_they_are_deployed_under() {
    assert_eq!(
        Function::ALL.map(Function::as_str),
        ["issue", "refresh", "authorize", "introspect", "revoke", "authorizer"]
    );
}

/// `tests/permissions.rs` holds every action to what requests call. The actions that write are listed here once more, because
/// only this crate's own tests are run on its mutants.
#[test]
fn a_role_writes_what_its_endpoint_changes_and_reads_no_secret_that_it_does_not_open() {
    let writes = |actions: &[&'static str]| -> Vec<_> {
        actions.iter().copied().filter(|action| !["GetItem", "BatchGetItem"].contains(action)).collect()
    };
    for function in Function::ALL {
        let Permitted { clients, clients_of_before, withheld, of_token_clients, tokens, holders, users, attempts } =
            permitted(function);
        let (of_tokens, of_attempts): (&[&str], &[&str]) = match function {
            Function::Issue => (&["PutItem", "UpdateItem"], &[]),
            Function::Refresh => (&["PutItem"], &[]),
            Function::Authorize => (&["PutItem", "UpdateItem"], &["PutItem", "UpdateItem"]),
            Function::Revoke => (&["UpdateItem"], &[]),
            Function::Introspect | Function::Authorizer => (&[], &[]),
        };
        assert_eq!((writes(tokens), writes(attempts)), (of_tokens.to_vec(), of_attempts.to_vec()), "{function:?}");
        assert!(tokens.contains(&"GetItem") && writes(clients).is_empty() && writes(users).is_empty());
        // Only the pages find grants of a user.
        assert_eq!(holders, if function == Function::Authorize { &["Query"][..] } else { &[] }, "{function:?}");
        // Only the pages know users, and the authorizer knows no client.
        assert_eq!((users.is_empty(), withheld.is_empty()), (function != Function::Authorize, users.is_empty()));
        assert_eq!(clients.is_empty(), function == Function::Authorizer);
        // Of a client without its secrets: one by one, and by a batch only as a version before did.
        let one_by_one = (clients, clients_of_before) == (&["GetItem"][..], &["BatchGetItem"][..]);
        assert_eq!(one_by_one, !withheld.is_empty(), "{function:?}");
        assert!(!of_token_clients.contains(&"secrets"), "{function:?}");
        assert_eq!(of_token_clients.is_empty(), !clients.is_empty(), "{function:?}");
    }
}

#[test]
fn a_path_leads_to_its_endpoint_by_its_last_part() {
    for (path, route, leads) in [
        ("/oauth2/token", "/token", true),
        ("/prod/oauth2/accessToken", TOKEN, true),
        ("/token/", "/token", false),
        ("/tokens", "/token", false),
    ] {
        assert_eq!(is_at(path, route), leads, "{path}");
    }
    let paths = |path: &str| paths_of_endpoint(path).collect::<Vec<_>>();
    for path in ["/token", "/prod/oauth2/token", TOKEN] {
        assert_eq!(paths(path), [TOKEN, "/token", "/oauth2/token"]);
    }
    assert_eq!(paths("/introspect"), [INTROSPECT, "/introspect"]);
    assert_eq!(paths(PUSH), [PUSH, TOKEN], "what names the token endpoint counts");
    assert_eq!(paths(DEVICE), [DEVICE]);
    assert_eq!(paths("/nothing"), [""; 0]);
}

#[test]
fn a_number_is_within_its_bounds() {
    for (kind, text, number) in [
        (Kind::Seconds(1, 600), "1", Some(1)),
        (Kind::Seconds(1, 600), "600", Some(600)),
        (Kind::Seconds(1, 600), "0", None),
        (Kind::Seconds(1, 600), "601", None),
        (Kind::Count("keys", 0, 4), "4", Some(4)),
        (Kind::Count("keys", 0, 4), "5", None),
        (Kind::Port, "65535", Some(65535)),
        (Kind::Port, "0", None),
        (Kind::Port, "65536", None),
        (Kind::Time, "4102444800", Some(4_102_444_800)),
        // In milliseconds.
        (Kind::Time, "1795651200000", None),
        (Kind::Text, "1", None),
        (Kind::Seconds(0, 9), "", None),
        (Kind::Seconds(0, 9), "-1", None),
    ] {
        assert_eq!(kind.number(text), number, "{kind:?} {text}");
    }
}

#[test]
fn what_clients_sign_can_be_a_host_or_a_path() {
    let (host, path) = (Kind::SignatureHost, Kind::SignaturePath);
    let long = |begin: &str, length: usize| format!("{begin}{}", "a".repeat(length - begin.len()));
    for (kind, text, fits) in [
        (host, "www.oclc.org", true),
        (host, "a", true),
        (host, &long("a", 64), true),
        (host, &long("a", 65), false),
        (host, "", false),
        (host, ".a", false),
        (host, "a-", false),
        (host, "a:443", false),
        (host, "a_b", false),
        (path, "/wskey", true),
        (path, "/", true),
        (path, &long("/", 64), true),
        (path, &long("/", 65), false),
        (path, "", false),
        (path, "wskey", false),
        (path, "/a b", false),
        (path, "/a?b", false),
        (path, "/a#b", false),
        (path, "/\u{e9}", false),
        (Kind::Text, "/a b?", true),
    ] {
        assert_eq!(kind.fits(text), fits, "{kind:?} {text}");
    }
}

#[test]
fn each_default_is_one_that_its_setting_takes_as_it_is_written() {
    for setting in settings::ALL {
        let written = setting.written();
        match setting.default {
            settings::Default::Number(number) => assert_eq!(setting.kind.number(&written), Some(number)),
            settings::Default::Text(text) => assert!(written == text && setting.kind.fits(text), "{}", setting.name),
            settings::Default::Required | settings::Default::Unset(_) => assert_eq!(written, "", "{}", setting.name),
        }
    }
}
