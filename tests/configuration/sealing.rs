//! Where the sealing keys come from: one place, with a key for each set of functions.

use latchkey::config::Sealing;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::settings::OldKeys;

use super::read;

#[test]
fn the_sealing_keys_come_from_one_place_and_have_names() {
    let both = read(&[("LATCHKEY_SEALING_KMS_KEY", "alias/x")]).unwrap_err();
    let none = read(&[("LATCHKEY_SEALING_KEY_FILE", "")]).unwrap_err();
    for error in [both, none] {
        assert_eq!(error, "exactly one of LATCHKEY_SEALING_KMS_KEY and LATCHKEY_SEALING_KEY_FILE must be set");
    }
    let kms = [("LATCHKEY_SEALING_KEY_FILE", ""), ("LATCHKEY_SEALING_KMS_KEY", "alias/x")];
    let names = |given: &'static str| read(&[&kms[..], &[("LATCHKEY_SEALING_KEY_NAMES", given)]].concat());
    for (given, expected) in [("", &["v1"][..]), ("v2, v1", &["v2", "v1"])] {
        let Sealing::Kms { key_ids, names, old } = names(given).unwrap().sealing else { panic!("not KMS") };
        assert_eq!(
            (key_ids, names),
            (
                vec![(KeySet::Clients, "alias/x".to_owned())],
                expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
            )
        );
        assert_eq!(old, OldKeys::Open, "a deployment that updates opens what its old keys sealed");
    }
    for wrong in [",", "v1,", "v 1", "v:1", "pages/v1"] {
        assert!(names(wrong).unwrap_err().starts_with("LATCHKEY_SEALING_KEY_NAMES must be"));
    }
}

#[test]
fn a_set_of_functions_without_a_key_is_named_before_anything_is_derived() {
    let of = |variables: &[(&'static str, &'static str)]| {
        let all = [&[("LATCHKEY_SEALING_KEY_FILE", "")], variables].concat();
        let sealing = read(&all).unwrap().sealing;
        [&[KeySet::Clients][..], &[KeySet::Pages], KeySet::ALL]
            .map(|sets| sealing.has(sets.iter().copied()).map_err(|error| error.to_string()))
    };
    let [clients, pages, all] = of(&[("LATCHKEY_SEALING_KMS_KEY", "alias/x")]);
    assert_eq!((clients, &pages), (Ok(()), &all), "a deployment of before the sets");
    assert!(pages.unwrap_err().starts_with("LATCHKEY_PAGES_KMS_KEY is not set; it must name the key in KMS"));
    let [clients, pages, all] = of(&[("LATCHKEY_PAGES_KMS_KEY", "alias/y")]);
    assert_eq!((&clients, pages), (&all, Ok(())));
    assert!(clients.unwrap_err().starts_with("LATCHKEY_SEALING_KMS_KEY is not set;"));
    for variable in ["LATCHKEY_SEALING_KMS_KEY", "LATCHKEY_PAGES_KMS_KEY"] {
        let error = read(&[(variable, "alias/x")]).unwrap_err();
        assert_eq!(error, "exactly one of LATCHKEY_SEALING_KMS_KEY and LATCHKEY_SEALING_KEY_FILE must be set");
    }
}
