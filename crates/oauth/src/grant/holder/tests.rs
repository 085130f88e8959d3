//! Each expected value is what Python's hashlib makes of the same bytes.

use crate::grant::Principal;

fn holder(idns: &str, id: &str) -> String {
    let principal = Principal { id: id.to_owned(), idns: idns.to_owned() };
    principal.holder().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_holder_is_one_for_one_user_however_the_names_are_spelt() {
    assert_eq!(holder("urn:latchkey:128807", "alice"), "d6c1b6323c69e5913e51fd08462b13d6");
    assert_eq!(holder("urn:x", "zo\u{EB}"), "194e9cd394c87716ef81bae72828b417");
    assert_eq!(holder("urn:x", "zoe\u{308}"), holder("urn:x", "zo\u{EB}"));
}

#[test]
fn names_that_are_cut_elsewhere_are_another_user() {
    let users = [("urn:a", "bc"), ("urn:ab", "c"), ("urn:abc", ""), ("", "urn:abc"), ("bc", "urn:a")];
    let holders: std::collections::BTreeSet<_> = users.iter().map(|(idns, id)| holder(idns, id)).collect();
    assert_eq!(holders.len(), users.len());
}
