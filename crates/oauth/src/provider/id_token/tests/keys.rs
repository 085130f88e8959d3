//! By which key an ID token is verified, and when the caller reads the keys again.

use super::*;

#[test]
fn a_header_names_one_key_that_is_known() {
    let claims = claims().to_string();
    let (one, two, unnamed) = (key(1, Some("one")), key(2, Some("two")), key(1, None));
    let none = r#"{"alg":"EdDSA"}"#;
    for (header, keys, told) in [
        (HEADER, vec![one.clone(), two.clone()], None),
        (none, vec![one.clone()], None),
        (none, vec![unnamed.clone()], None),
        (none, vec![one.clone(), two.clone()], Some(IdTokenError::KeyUnnamed)),
        (none, vec![], Some(IdTokenError::KeyUnknown)),
        (HEADER, vec![], Some(IdTokenError::KeyUnknown)),
        (HEADER, vec![two.clone()], Some(IdTokenError::KeyUnknown)),
        (HEADER, vec![unnamed], Some(IdTokenError::KeyUnknown)),
        (r#"{"alg":"EdDSA","kid":"two"}"#, vec![one.clone(), two], Some(IdTokenError::SignatureWrong)),
        (HEADER, vec![one.clone(), key(2, Some("one"))], Some(IdTokenError::KeyUnnamed)),
        (r#"{"alg":"EdDSA","kid":""}"#, vec![one], Some(IdTokenError::KeyUnknown)),
    ] {
        let provider = provider();
        assert_eq!(verify(&by_key(header, &claims, 1), &keys, &expected(&provider)).err(), told, "{header}");
    }
}

#[test]
fn a_token_that_names_no_key_may_be_by_a_new_one() {
    let claims = claims().to_string();
    let (named, unnamed) = (by_key(HEADER, &claims, 1), by_key(r#"{"alg":"EdDSA"}"#, &claims, 1));
    for (token, refused, may) in [
        (&named, IdTokenError::KeyUnknown, true),
        (&unnamed, IdTokenError::KeyUnknown, true),
        (&named, IdTokenError::SignatureWrong, false),
        (&named, IdTokenError::KeyUnnamed, false),
        (&unnamed, IdTokenError::SignatureWrong, true),
        (&unnamed, IdTokenError::KeyUnnamed, true),
        (&unnamed, IdTokenError::AlgorithmWrong, false),
        (&unnamed, IdTokenError::NonceWrong, false),
        (&"x".to_owned(), IdTokenError::SignatureWrong, false),
    ] {
        assert_eq!(may_be_by_a_new_key(token, refused), may, "{token} {refused:?}");
    }
}
