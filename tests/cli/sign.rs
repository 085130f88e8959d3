//! `latchkey sign` and `latchkey token show`: what needs no server.

use crate::place::run;

#[test]
fn a_fixed_timestamp_and_nonce_reproduce_a_published_signature() {
    let folder = tempfile::tempdir().unwrap();
    let sign = [
        "sign",
        "--client-id",
        "test",
        "--secret",
        "secret",
        "--method",
        "GET",
        "--timestamp",
        "1386968102",
        "--nonce",
        "2382dbb7",
        "http://www.oclc.org/test",
    ];
    let plain = run(folder.path(), &[], &sign);
    assert_eq!(
        plain.out.trim(),
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"test\", timestamp=\"1386968102\", \
         nonce=\"2382dbb7\", signature=\"y0avD+LN2+UwehWjnezKgtECVcpD6a9ff7HBldQfKUQ=\""
    );
    let curl = run(folder.path(), &[], &[&sign[..], &["--curl"]].concat());
    let lower = run(
        folder.path(),
        &[],
        &[&sign[..], &["--curl"]]
            .concat()
            .iter()
            .map(|word| if *word == "GET" { "get" } else { *word })
            .collect::<Vec<_>>(),
    );
    assert_eq!(lower.out, curl.out, "what is signed is what is sent");
    assert!(curl.out.starts_with("curl -sS -X GET 'http://www.oclc.org/test'") && curl.out.contains("y0avD+LN2+Uweh"));
    let json = run(folder.path(), &[], &[&sign[..], &["--json", "--text"]].concat()).json();
    assert_eq!(json["signed_text"], "test\n1386968102\n2382dbb7\n\nGET\nwww.oclc.org\n443\n/wskey\n");
    let other = run(folder.path(), &[], &[&sign[..], &["--signature-host", "auth.example"]].concat());
    let environment = [("LATCHKEY_SIGNATURE_HOST", "auth.example"), ("LATCHKEY_SIGNATURE_PORT", "")];
    assert_eq!(run(folder.path(), &environment, &sign).out, other.out);
    assert!(other.out.contains("signature=\"") && other.out != plain.out);
}

#[test]
fn a_token_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!("tk_{}", "A".repeat(64));
    let shown = run(folder.path(), &[], &["token", "show", &token, "--json"]).json();
    assert_eq!((&shown["kind"], &shown["minted_by"]), (&"access token".into(), &"a refresh".into()));
    run(folder.path(), &[], &["token", "show", "x"]).fails("not a token");
}
