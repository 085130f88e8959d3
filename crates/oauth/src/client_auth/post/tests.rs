//! What a form with a secret says.

#![allow(clippy::unwrap_used)]

use super::*;

fn read(query: &str, form: &str) -> Result<Option<String>, &'static str> {
    let (query, form) = (Pairs::parse(query.as_bytes()).unwrap(), Pairs::parse(form.as_bytes()).unwrap());
    match Post::of(&query, &form) {
        Ok(post) => Ok(post.map(|Post(sent)| sent.client_id().to_owned())),
        Err(denial) => Err(denial.name()),
    }
}

#[test]
fn a_form_with_a_secret_names_its_client_once() {
    for (query, form, told) in [
        ("", "client_id=app&client_secret=s", Ok(Some("app"))),
        ("client_id=app", "client_secret=s", Ok(Some("app"))),
        ("", "client_id=app", Ok(None)),
        ("", "client_id=app&client_secret=", Ok(None)),
        ("", "", Ok(None)),
        ("", "client_secret=s", Err("credentials_missing")),
        ("", "client_id=&client_secret=s", Err("credentials_missing")),
        ("", "client_id=app&client_secret=s&client_secret=s", Err("parameter_repeated")),
        ("", "client_id=app&client_secret=&client_secret=s", Err("parameter_repeated")),
        ("client_id=app", "client_id=app&client_secret=s", Err("parameter_repeated")),
        ("", "client_id=two+words&client_secret=s", Err("parameter_invalid")),
        ("", &format!("client_id={}&client_secret=s", "a".repeat(129)), Err("parameter_invalid")),
    ] {
        assert_eq!(read(query, form), told.map(|id| id.map(str::to_owned)), "{query} {form}");
    }
}
