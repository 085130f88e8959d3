//! Who may look at tokens, and how much of them is shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{NOW, REFRESH_SECRET, client_with, grant_with, presented, scope};
use crate::token::Kind;
use crate::tokens::active::active;

fn owner(introspects: &[&str]) -> Client {
    client_with(|client| client.introspects = introspects.iter().map(|scope| (*scope).to_owned()).collect())
}

#[test]
fn a_client_that_owns_no_api_introspects_nothing() {
    assert_eq!(check(&owner(&[])), Err(Denial::IntrospectionNotAllowed));
    assert_eq!(check(&owner(&["A"])), Ok(()));
    assert_eq!(check(&owner(&[ANY_SCOPE])), Ok(()));
}

#[test]
fn the_owner_of_an_api_sees_its_scopes_and_no_others() {
    for (introspects, of_token, seen) in [
        (&["A"][..], "A B", Some("A")),
        (&["B"], "A B", Some("B")),
        (&["B", "A"], "A B", Some("A B")),
        (&["*"], "A B refresh_token", Some("A B refresh_token")),
        (&["C", "*"], "A", Some("A")),
        (&["C"], "A B", None),
        (&[], "A B", None),
        (&["A B"], "A B", None),
        (&["a"], "A", None),
        // That it can be refreshed is not what an API is there for.
        (&["refresh_token"], "A refresh_token", None),
        (&["refresh_token", "A"], "A refresh_token", Some("A refresh_token")),
        (&["A"], "A refresh_token", Some("A")),
    ] {
        let grant = grant_with(|grant| grant.scope = scope(of_token));
        let token = presented(Kind::Refresh, None, &REFRESH_SECRET);
        let active = active(&token, Some(&grant), None, 0, NOW).unwrap();
        assert_eq!(visible(&owner(introspects), &active), seen.map(scope), "{introspects:?} of {of_token}");
    }
}
