//! What a signature looks like that is not the base64 of an HMAC-SHA256.

#![allow(clippy::unwrap_used)]

use super::*;

/// What the published example signs to.
const BASE64: &str = "5O6SRig58wqm6gqEu3oSODVte6Albon9CCvNrZHCoys=";
/// `base64 -d | xxd -p`
const HEX: &str = "e4ee92462839f30aa6ea0a84bb7a1238356d7ba0256e89fd082bcdad91c2a32b";

#[test]
fn what_is_sent_instead_is_called_by_its_name_and_its_hmac_is_found() {
    let right = decode(BASE64).unwrap();
    let slashes = [0xff; SIGNATURE_BYTES];
    for (text, form, bytes) in [
        (HEX.to_owned(), Form::Hexadecimal, Some(right)),
        (HEX.to_uppercase(), Form::Hexadecimal, Some(right)),
        (STANDARD.encode(HEX), Form::HexadecimalInBase64, Some(right)),
        (URL_SAFE.encode(slashes), Form::Base64Url, Some(slashes)),
        (URL_SAFE_NO_PAD.encode(slashes), Form::Base64Url, Some(slashes)),
        (BASE64.replace('=', ""), Form::Unpadded, Some(right)),
        (BASE64.replace('=', "%3D"), Form::PercentEncoded, Some(right)),
        (format!(" {BASE64} "), Form::Blanks, Some(right)),
        (STANDARD.encode([1; 20]), Form::Bytes(20), None),
        (STANDARD.encode([1; 64]), Form::Bytes(64), None),
        (STANDARD.encode([1; 16]), Form::Bytes(16), None),
        ("AAAA".to_owned(), Form::Bytes(3), None),
        (HEX[1..].to_owned(), Form::Other, None),
        ("ä".repeat(64), Form::Other, None),
        ("not base64!".to_owned(), Form::Other, None),
    ] {
        assert_eq!(Form::with_bytes(&text), (form, bytes), "{text}");
        assert_eq!(decode(&text), None, "{text}");
        assert!(!form.to_string().contains(&text), "{form}");
    }
}

#[test]
fn each_form_is_told_in_words_of_its_own() {
    for (form, words) in [
        (Form::Hexadecimal, "is hexadecimal"),
        (Form::Unpadded, "lacks the ="),
        (Form::Blanks, "blanks"),
        (Form::Bytes(20), "HMAC-SHA1"),
        (Form::Bytes(64), "HMAC-SHA512"),
        (Form::Bytes(31), "31 bytes instead of 32"),
        (Form::Other, "not base64"),
    ] {
        assert!(form.to_string().contains(words), "{form}");
    }
}
