//! Who may do without a secret.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::example::{client, client_with};

#[test]
fn only_a_client_that_is_registered_so_does_without_a_secret() {
    let (query, form) = (Pairs::parse(b"client_id=WSKEY").unwrap(), Pairs::default());
    let public = Public::of(&query, &form).ok().unwrap();
    assert_eq!(public.client_id(), "WSKEY");
    let good = client_with(|client| client.auth_methods = vec![AuthMethod::None]);
    assert_eq!(public.verify(Some(&good)), Ok(()));
    let disabled = Client { disabled: true, ..good };
    for (client, cause) in [
        (None, Mismatch::UnknownClient),
        (Some(&disabled), Mismatch::DisabledClient),
        (Some(&client()), Mismatch::MethodNotRegistered),
    ] {
        let told = public.verify(client);
        assert_eq!(told, Err(Failure::Public(cause)));
        // As if no client had been named.
        let (told, missing) = (told.unwrap_err(), Failure::Missing);
        assert_eq!((told.anchor(), told.challenge()), (missing.anchor(), missing.challenge()));
        assert_eq!(
            (told.wire().description, told.wire().details),
            (missing.wire().description, missing.wire().details)
        );
    }
}

#[test]
fn a_request_that_names_no_client_shows_no_credentials() {
    for (form, name) in [
        ("", "credentials_missing"),
        ("client_id=", "credentials_missing"),
        ("client_id=a&client_id=a", "parameter_repeated"),
        ("client_id=%22", "parameter_invalid"),
    ] {
        let refused = Public::of(&Pairs::default(), &Pairs::parse(form.as_bytes()).unwrap());
        assert_eq!(refused.err().map(|denial| denial.name()), Some(name), "{form}");
    }
}
