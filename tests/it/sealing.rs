//! Secrets at rest.

use latchkey_oauth::secret::{ClientSecret, Keyring, SealError, Sealed};

fn keyring(names: &[(&str, u8)]) -> Keyring {
    let lines: String = names.iter().map(|(name, byte)| Keyring::line(name, &[*byte; 32]).to_string()).collect();
    Keyring::parse(&lines).unwrap()
}

fn open(keyring: &Keyring, client_id: &str, sealed: &Sealed) -> Result<String, SealError> {
    keyring.open(client_id, sealed).map(|secret| secret.expose().to_owned())
}

#[test]
fn a_sealed_secret_opens_for_its_client_only() {
    let keyring = keyring(&[("one", 1)]);
    let sealed = keyring.seal("key", &ClientSecret::new("s3cret".into()), [9; 12]).unwrap();
    assert!(!String::from_utf8_lossy(&sealed.bytes).contains("s3cret"));
    assert_eq!(open(&keyring, "key", &sealed), Ok("s3cret".into()));
    assert_eq!(open(&keyring, "another", &sealed), Err(SealError::Damaged));
}

#[test]
fn a_changed_or_cut_seal_does_not_open() {
    let keyring = keyring(&[("one", 1)]);
    let sealed = keyring.seal("key", &ClientSecret::new("s3cret".into()), [9; 12]).unwrap();
    for index in 0..sealed.bytes.len() {
        let mut changed = sealed.clone();
        changed.bytes[index] ^= 1;
        assert_eq!(open(&keyring, "key", &changed), Err(SealError::Damaged));
        changed.bytes.truncate(index);
        assert_eq!(open(&keyring, "key", &changed), Err(SealError::Damaged));
    }
}

#[test]
fn a_rotated_key_opens_what_the_old_one_sealed_and_seals_with_the_first() {
    let old = keyring(&[("one", 1)]);
    let sealed = old.seal("key", &ClientSecret::new("s3cret".into()), [9; 12]).unwrap();
    let both = keyring(&[("two", 2), ("one", 1)]);
    assert_eq!(open(&both, "key", &sealed), Ok("s3cret".into()));
    assert_eq!(both.seal("key", &ClientSecret::new("s".into()), [9; 12]).unwrap().key, "two");
    assert_eq!(open(&keyring(&[("two", 2)]), "key", &sealed), Err(SealError::KeyUnknown));
    assert_eq!(open(&keyring(&[("one", 2)]), "key", &sealed), Err(SealError::Damaged));
}

#[test]
fn a_keyring_that_is_none_is_refused() {
    for text in [
        "",
        "# only a comment\n",
        "a.b:AAAA",
        "one",
        "one:",
        "one:AAAA",
        "one:not base64",
        &format!("one:{}", "A".repeat(43)),
    ] {
        assert_eq!(Keyring::parse(text).err(), Some(SealError::KeyMalformed), "{text}");
    }
}
