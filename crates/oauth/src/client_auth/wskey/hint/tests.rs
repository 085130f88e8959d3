//! What the hints say of a query, pair by pair, and what they never show.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::settings::Authority;

fn of(raw: &str) -> Vec<String> {
    let pairs = Pairs::parse(raw.as_bytes()).unwrap();
    let (authority, query) = (Authority::default(), pairs.normalised());
    let text = SignedText {
        client_id: "WSKEY",
        timestamp: "1000",
        nonce: "n",
        body_hash: "",
        method: "POST",
        authority: &authority,
        query: &query,
    };
    hints(raw.as_bytes(), &pairs, &text, 1001)
}

/// Each sight: a query that shows it, the pair, and words of the hint.
const SEEN: [(&str, &str); 12] = [
    ("state=a&state=b", "pair 2 repeats an earlier name"),
    ("state=a&inst=", "pair 2 has an empty value"),
    ("state", "pair 1 has an empty value"),
    ("inst=1&state=a=b", "pair 2 has a second equals sign"),
    ("state=a%3Db", "pair 1 has an encoded = or & in its value. oclc-auth-python"),
    ("state=a%26b", "pair 1 has an encoded = or & in its value. oclc-auth-python"),
    ("scope=a+b", "pair 1 has a plus sign"),
    ("state=a;b", "pair 1 has a semicolon"),
    ("state=a%253Ab", "pair 1 has a percent or plus sign after it is decoded"),
    ("state=a%2Bb", "pair 1 has a percent or plus sign after it is decoded"),
    ("scope=a%20b", "pair 1 has percent-encoded characters"),
    ("a%5B%5D=1", "pair 1 has a name with characters to encode"),
];

#[test]
fn what_can_be_seen_of_a_pair_is_said_with_its_number_and_the_libraries_that_differ() {
    for (query, expected) in SEEN {
        let hints = of(query);
        assert!(hints.iter().any(|hint| hint.contains(expected) && hint.contains("oclc-")), "{query}: {hints:#?}");
    }
}

#[test]
fn a_pair_stands_beside_what_the_server_signs_and_what_encoders_make_of_it() {
    for (query, expected) in [
        ("state=a:b", "Pair 1 came as `state=a:b`; the server signs `state=a%3Ab`. JavaScript's encodeURI makes `a:b`"),
        ("redirect_uri=https://a/b", "the server signs `redirect_uri=https%3A%2F%2Fa%2Fb`."),
        ("redirect_uri=a/b", "Python's quote makes `a/b` of its value"),
        ("state=a~b", "Pair 1 came as the server signs it, `state=a~b`. Java's URLEncoder"),
        ("state=a~b", "makes `a%7Eb` of its value"),
        ("state=a%7Eb", "Pair 1 came as `state=a%7Eb`; the server signs `state=a~b`."),
        ("state=a%3ab", "Pair 1 came as `state=a%3ab`; the server signs `state=a%3Ab`."),
        ("state=it's!", "JavaScript's encodeURIComponent makes `it's!` of its value"),
        ("scope=a%20b", "PHP's urlencode makes `a+b` of its value"),
        ("inst=1&state", "Pair 2 came as `state`; the server signs `state=`."),
    ] {
        let hints = of(query);
        assert!(hints.iter().any(|hint| hint.contains(expected)), "{expected}: {hints:#?}");
    }
}

#[test]
fn a_query_that_every_client_encodes_alike_has_no_hint_of_its_own() {
    let hints = of("grant_type=refresh_token&refresh_token=rt_A-b_c&state=a.b");
    assert_eq!(hints.len(), 4, "{hints:#?}");
    assert!(!hints.iter().any(|hint| hint.to_lowercase().contains("pair ")), "{hints:#?}");
}

#[test]
fn every_answer_says_to_look_at_the_ends_of_the_secret_and_names_the_command() {
    let hints = of("").join("\n");
    for part in ["line feed", "byte order mark", "quotes at its ends", "latchkey explain", "1 seconds behind"] {
        assert!(hints.contains(part), "{part}: {hints}");
    }
}

#[test]
fn a_value_that_may_be_secret_is_not_shown() {
    for query in
        ["refresh_token=s3cr3t:", "code=s3cr3t~%3a", "secret=s3cr3t=+;", "s3cr3t%3D", "x=s3cr3t%25", "%73tate=s3cr3t&x"]
    {
        let hints = of(query).join("\n");
        let shown = query.starts_with("%73tate");
        assert_eq!(hints.contains("s3cr3t"), shown, "{hints}");
        assert!(
            shown || hints.contains("Pair 1 did not come as the server signs it") || query.contains("%25"),
            "{hints}"
        );
    }
}

#[test]
fn a_long_query_has_few_and_short_hints() {
    for query in [
        vec!["+"; 64].join("&"),
        (0..64).map(|index| format!("state=%253d{index}+;=~")).collect::<Vec<_>>().join("&"),
        format!("state={}", "é".repeat(4000)),
    ] {
        let hints = of(&query);
        assert!(hints.len() <= 16 && hints.join("\n").len() < 4096, "{}", hints.join("\n").len());
    }
    let hints = of(&["+"; 64].join("&")).join("\n");
    assert!(hints.contains("pair 1, 2, 3, 4, 5, 6, 7, 8 (and 56 more) has an empty value"), "{hints}");
}
