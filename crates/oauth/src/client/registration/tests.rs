//! What a registration must not hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_client_is_registered_for_grant_types_that_exist() {
    for (text, read) in [
        ("authorization_code", Some(GrantType::AuthorizationCode)),
        ("client_credentials", Some(GrantType::ClientCredentials)),
        ("refresh_token", Some(GrantType::RefreshToken)),
        ("implicit", Some(GrantType::Implicit)),
        ("password", None),
        ("Implicit", None),
        ("", None),
    ] {
        assert_eq!(grant_type(text).ok(), read, "{text}");
    }
}

#[test]
fn a_scope_is_registered_alone_and_none_is_for_all() {
    for (text, registered, owned) in [
        ("WMS_NCIP", true, true),
        ("refresh_tokens", true, true),
        ("**", true, true),
        ("*", false, true),
        ("refresh_token", false, false),
        ("context:91475", false, false),
        ("context:", false, false),
        ("my-context:1", true, true),
        ("A B", false, false),
        ("A\"B", false, false),
        ("", false, false),
        (" ", false, false),
    ] {
        let told = |fits: bool| fits.then(|| text.to_owned());
        assert_eq!(scope(text).ok(), told(registered), "{text}");
        assert_eq!(owned_scope(text).ok(), told(owned), "{text}, to introspect");
    }
}

#[test]
fn an_institution_is_registered_by_its_id_or_by_an_asterisk_for_all() {
    let long = "1".repeat(64);
    let too_long = "1".repeat(65);
    for (text, one, any) in [
        ("128807", true, true),
        ("a-b_c.D", true, true),
        (long.as_str(), true, true),
        (too_long.as_str(), false, false),
        ("*", false, true),
        ("**", false, false),
        ("", false, false),
        ("128807 ", false, false),
        ("128 807", false, false),
    ] {
        let told = |fits: bool| fits.then(|| text.to_owned());
        assert_eq!(institution_id(text).ok(), told(one), "{text}");
        assert_eq!(institution(text).ok(), told(any), "{text}");
    }
}

#[test]
fn a_name_is_one_line_and_a_client_id_visible_ascii() {
    for (text, read) in [("Library A", Some("Library A")), ("zoe\u{308}", Some("zo\u{eb}")), ("", None), ("a\nb", None)]
    {
        assert_eq!(name(text).ok().as_deref(), read, "{text:?}");
    }
    for (text, fits) in [("WSKEY", true), ("a:b", true), ("a b", false), ("", false), ("urn:latchkey:user:x", false)] {
        assert_eq!(client_id(text).ok(), fits.then(|| text.to_owned()), "{text:?}");
    }
}

#[test]
fn a_method_is_read_by_its_name_and_a_refusal_lists_all() {
    for method in AuthMethod::ALL {
        assert_eq!(auth_method(method.as_str()), Ok(method));
    }
    for text in ["", "basic", "WSKEY"] {
        let told = auth_method(text).unwrap_err();
        assert!(told.contains("wskey, client_secret_basic") && told.ends_with("or none"), "{told}");
    }
}

#[test]
fn who_registered_it_is_a_name_and_help_is_a_page_or_an_address_for_mail() {
    assert_eq!(publisher("Bu\u{308}cherei").as_deref(), Ok("B\u{FC}cherei"));
    for wrong in ["", " ", "two\nlines", "turned \u{202E}around", &"x".repeat(201)] {
        assert!(publisher(wrong).is_err_and(|reason| reason.starts_with("it must be one line")), "{wrong}");
    }
    for right in ["https://help.example", "https://help.example:8443/a?b=1#c", "mailto:help@app.example"] {
        assert_eq!(help_url(right).as_deref(), Ok(right));
    }
    let long = format!("https://help.example/{}", "x".repeat(180));
    for wrong in [
        "",
        "http://help.example/",
        "javascript:alert(1)",
        "help@app.example",
        "mailto:",
        "mailto:a",
        "mailto:a@b?cc=c@d",
        "https://",
        "https:///x",
        "https://a b/",
        "https://a.example/\"",
        "https://user@a.example/",
        &long,
    ] {
        assert!(help_url(wrong).is_err_and(|reason| reason.contains("an https URL, or mailto:")), "{wrong}");
    }
}
