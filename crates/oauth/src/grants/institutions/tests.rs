//! Which institutions a request is for.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::example::{client, client_with, institutions_of};

fn named(authenticating: Option<&str>, context: Option<&str>) -> NamedInstitutions {
    NamedInstitutions { authenticating: authenticating.map(str::to_owned), context: context.map(str::to_owned) }
}

fn taken(mut named: NamedInstitutions, scope: &str) -> Result<(String, Option<String>), Denial> {
    let rest = named.take_from(scope, &client())?;
    Ok((rest, named.context))
}

#[test]
fn a_scope_names_one_institution_and_it_is_no_scope() {
    for (scope, rest, context) in [
        ("A", "A", None),
        ("A context:128807", "A", Some("128807")),
        ("context:128807 A B", "A B", Some("128807")),
        ("A context:128807 context:128807", "A", Some("128807")),
        ("context:128807", "", Some("128807")),
        ("contexts:1 Context:1", "contexts:1 Context:1", None),
    ] {
        let expected = (rest.to_owned(), context.map(str::to_owned));
        assert_eq!(taken(named(None, None), scope), Ok(expected), "{scope}");
    }
    assert_eq!(taken(named(None, Some("1")), "A context:1"), Ok(("A".to_owned(), Some("1".to_owned()))));
    for scope in ["context:1 context:2", "A context:2"] {
        assert_eq!(taken(named(None, Some("1")), scope), Err(Denial::InstitutionsContradict), "{scope}");
    }
    for scope in ["A context:", "context:a/b", &format!("context:{}", "1".repeat(65))] {
        assert_eq!(taken(named(None, None), scope), Err(Denial::ContextMalformed), "{scope}");
    }
}

#[test]
fn a_scope_that_is_registered_to_the_letter_stays_one() {
    let client = client_with(|client| client.scopes.push("context:1".into()));
    let mut named = named(None, None);
    assert_eq!(named.take_from("context:1 context:2", &client).unwrap(), "context:1");
    assert_eq!(named.context.as_deref(), Some("2"));
}

#[test]
fn what_is_not_named_is_the_other_one_or_the_one_that_is_registered() {
    let only = client_with(|client| client.institutions = vec!["42".into()]);
    let any = client_with(|client| client.institutions = vec!["*".into()]);
    for (client, authenticating, context, told) in [
        (&only, None, None, Some(("42", "42"))),
        (&only, Some("1"), None, Some(("1", "1"))),
        (&only, None, Some("42"), Some(("42", "42"))),
        (&only, Some("1"), Some("2"), Some(("1", "2"))),
        (&any, None, None, None),
        (&any, None, Some("2"), Some(("2", "2"))),
        (&client(), None, None, None),
    ] {
        let expected = told.map(|(one, two)| institutions_of(one, two));
        let expected = expected.ok_or(Denial::ParameterMissing("contextInstitutionId"));
        assert_eq!(named(authenticating, context).of_own(client), expected, "{authenticating:?} {context:?}");
    }
    // The refusal names what was sent.
    let refused = Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("2"));
    assert_eq!(named(None, Some("2")).of_own(&only), Err(refused));
}

#[test]
fn what_is_named_must_be_that_of_the_grant() {
    let granted = institutions_of("1", "2");
    for (authenticating, context, fits) in [
        (None, None, true),
        (Some("1"), None, true),
        (None, Some("2"), true),
        (Some("1"), Some("2"), true),
        (Some("2"), None, false),
        (None, Some("1"), false),
        (Some("1"), Some("1"), false),
    ] {
        assert_eq!(named(authenticating, context).fit(&granted), fits, "{authenticating:?} {context:?}");
    }
}

#[test]
fn a_user_chooses_only_where_neither_request_nor_registration_names_any() {
    let only = client_with(|client| client.institutions = vec!["42".into()]);
    for (client, authenticating, context, told) in [
        (&client(), None, None, Ok(None)),
        (&only, None, None, Ok(Some(institutions_of("42", "42")))),
        (&client(), Some("1"), None, Ok(Some(institutions_of("1", "1")))),
        (&only, None, Some("42"), Ok(Some(institutions_of("42", "42")))),
        (&only, None, Some("2"), Err(Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("2")))),
    ] {
        assert_eq!(named(authenticating, context).of_user(client), told, "{authenticating:?} {context:?}");
    }
}
