//! What each function makes of a text. Each expected value is what the function itself printed.

#![allow(clippy::unwrap_used)]

use super::*;

/// The text that each function was given.
const TEXT: &str = "a b+c=d&e/f:g~h!i*j'k(l)m%n;o,p?q@r$s#t\"u\u{e9}-._";

#[test]
fn each_function_is_as_its_language_has_it() {
    // `node -p`, `python3 -c`, and for Java, PHP and .NET what their documents say of each character.
    let expected = [
        "a%20b%2Bc%3Dd%26e%2Ff%3Ag~h!i*j'k(l)m%25n%3Bo%2Cp%3Fq%40r%24s%23t%22u%C3%A9-._",
        "a%20b+c=d&e/f:g~h!i*j'k(l)m%25n;o,p?q@r$s#t%22u%C3%A9-._",
        "a+b%2Bc%3Dd%26e%2Ff%3Ag%7Eh%21i*j%27k%28l%29m%25n%3Bo%2Cp%3Fq%40r%24s%23t%22u%C3%A9-._",
        "a+b%2Bc%3Dd%26e%2Ff%3Ag%7Eh%21i%2Aj%27k%28l%29m%25n%3Bo%2Cp%3Fq%40r%24s%23t%22u%C3%A9-._",
        "a%20b%2Bc%3Dd%26e/f%3Ag~h%21i%2Aj%27k%28l%29m%25n%3Bo%2Cp%3Fq%40r%24s%23t%22u%C3%A9-._",
        "a+b%2Bc%3Dd%26e%2Ff%3Ag~h%21i%2Aj%27k%28l%29m%25n%3Bo%2Cp%3Fq%40r%24s%23t%22u%C3%A9-._",
        "a+b%2bc%3dd%26e%2ff%3ag%7eh!i*j%27k(l)m%25n%3bo%2cp%3fq%40r%24s%23t%22u%c3%a9-._",
    ];
    for (encoder, expected) in ENCODERS.iter().zip(expected) {
        assert_eq!((encoder.encode)(TEXT), expected, "{}", encoder.name);
    }
}

#[test]
fn text_without_percent_signs_has_no_lower_case() {
    for (text, expected) in [("ABC", "ABC"), ("%3Da%", "%3da%"), ("%", "%"), ("%é", "%é"), ("", "")] {
        assert_eq!(lower_case(text), expected);
    }
}
