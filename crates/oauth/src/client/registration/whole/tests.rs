//! Registrations as a whole.

use super::*;
use crate::example::{client, named_secret};

#[test]
fn what_can_never_get_a_token_is_impossible() {
    let good = client();
    assert_eq!(impossible(&good), None);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let none = Client { redirect_uris: Vec::new(), ..good.clone() };
    let only = |grant_types: &[GrantType]| Client { grant_types: grant_types.to_vec(), ..none.clone() };
    for (client, reason) in [
        (only(&[]), "--grant-type is missing"),
        (Client { scopes: Vec::new(), ..good.clone() }, "--scope is missing"),
        (Client { institutions: Vec::new(), ..good.clone() }, "--institution is missing"),
        (only(&[GrantType::AuthorizationCode]), "authorization_code sends"),
        (only(&[GrantType::ClientCredentials, GrantType::Implicit]), "implicit sends"),
    ] {
        let why = impossible(&client).map(|why| why.to_string()).unwrap_or_default();
        assert!(why.contains(reason), "{reason}: {why}");
    }
    for client in [
        only(&[GrantType::ClientCredentials]),
        only(&[GrantType::ClientCredentials, GrantType::RefreshToken]),
        only(&[GrantType::RefreshToken]),
        Client { scopes: Vec::new(), institutions: Vec::new(), introspects: texts(&["A"]), ..only(&[]) },
    ] {
        assert_eq!(impossible(&client), None);
    }
    assert!(no_first_refresh(&only(&[GrantType::RefreshToken])).is_some());
    assert!(no_first_refresh(&only(&[GrantType::RefreshToken, GrantType::ClientCredentials])).is_none());
}

#[test]
fn a_weak_secret_and_what_cannot_work_are_warned_of() {
    let mut client = client();
    assert_eq!(warnings(&client), [""; 0]);
    client.secrets = vec![named_secret("weak 2026-11-26T05:00:00Z", None), named_secret("second", None)];
    client.redirect_uris.clear();
    let warnings = warnings(&client);
    assert!(
        warnings[0].contains("--redirect-uri is missing")
            && warnings[1].contains("'weak 2026-11-26T05:00:00Z' is weak")
    );
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_client_id_that_is_a_users_subject_is_warned_of() {
    let client = Client { id: "URN:latchkey:user:x/alice".into(), ..client() };
    assert!(matches!(&warnings(&client)[..], [warning] if warning.contains("begins as users' subjects do")));
}

#[test]
fn a_client_that_names_users_of_no_namespace_is_refused() {
    let none = Client { namespaces: Some(Vec::new()), ..client() };
    assert!(impossible(&none).is_some_and(|reason| reason.to_string().starts_with("--namespace is missing")));
    assert_eq!(impossible(&Client { names_principal: false, ..none }), None);
    assert_eq!(impossible(&Client { namespaces: None, ..client() }), None);
}

#[test]
fn what_is_not_known_is_found_once_and_stars_are_known() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let client = Client {
        scopes: texts(&["A", "B", "C"]),
        introspects: texts(&["*", "C", "D"]),
        institutions: texts(&["1", "2", "*"]),
        ..client()
    };
    let known = BTreeSet::from(["A", "1"]);
    assert_eq!(unknown_scopes(&client, &known), ["B", "C", "D"]);
    assert_eq!(unknown_institutions(&client, &known), ["2"]);
}

#[test]
fn a_scope_that_reads_as_an_institution_works_and_is_warned_of() {
    let context = Client { scopes: vec!["A".into(), "context:91475".into()], ..client() };
    assert!(matches!(&warnings(&context)[..], [warning] if warning.starts_with("the scope context:91475 works")));
}

#[test]
fn a_public_client_is_warned_of_tokens_in_the_browsers_address_and_of_secrets_that_prove_nothing() {
    let public = Client {
        auth_methods: vec![AuthMethod::None],
        grant_types: vec![GrantType::AuthorizationCode],
        introspects: Vec::new(),
        secrets: Vec::new(),
        ..client()
    };
    assert_eq!(warnings(&public), [""; 0]);
    let implicit = Client { grant_types: vec![GrantType::Implicit], ..public.clone() };
    assert!(matches!(&warnings(&implicit)[..], [warning] if warning.contains("PKCE does not protect them")));
    let signs = Client { auth_methods: vec![AuthMethod::WsKey], ..implicit };
    assert_eq!(warnings(&signs), [""; 0]);
    let keeps = Client { secrets: vec![named_secret("first", None)], ..public };
    assert!(matches!(&warnings(&keeps)[..], [warning] if warning.contains("--auth-method none removes them")));
}
