//! `latchkey sign`, `latchkey explain` and `latchkey token show`: what needs no server.

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

/// The header of a request signed with something wrong in it.
fn header(text: &str, key: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(text);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    format!(
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"key\", timestamp=\"1361408273\", nonce=\"n\", signature=\"{signature}\""
    )
}

#[test]
fn explain_names_the_mistake_that_a_signer_made() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "UYnwZbmvf3fAXCEa0JryLQ==";
    let url = "https://auth.example/oauth2/accessToken?scope=b+c&a=%3D%253D&empty=";
    let head = "key\n1361408273\nn\n\nPOST\nwww.oclc.org\n443\n/wskey\n";
    let right = format!("{head}a=%3D%253D\nempty=\nscope=b%20c\n");
    let explain = |header: &str| {
        run(folder.path(), &[("LATCHKEY_SECRET", secret)], &["explain", "--header", header, "--url", url])
    };
    let matching = explain(&header(&right, secret.as_bytes()));
    assert!(matching.code == 0 && matching.out.contains("Signature: matches"), "{}{}", matching.out, matching.err);
    assert!(matching.out.contains("accepts at most 300 seconds"), "the skew is told");
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, secret).unwrap();
    for (text, key, mistake) in [
        (right.clone(), &decoded[..], "base64-decoded"),
        (right.trim_end().to_owned(), secret.as_bytes(), "no line feed"),
        (right.replace('\n', "\r\n"), secret.as_bytes(), "CR LF"),
        (right.replace("POST", "GET"), secret.as_bytes(), "signed as GET"),
        (right.replace("POST", "post"), secret.as_bytes(), "lower case"),
        (
            right.replace("www.oclc.org\n443\n/wskey", "auth.example\n443\n/oauth2/accessToken"),
            secret.as_bytes(),
            "host, port and path of the request",
        ),
        (right.replace("n\n\n", "n\n"), secret.as_bytes(), "line 4 is left out"),
        (head.to_owned(), secret.as_bytes(), "the query is left out"),
        (format!("{head}a=%3D%253D\nempty=\nscope=b+c\n"), secret.as_bytes(), "sorted but not normalised"),
        (format!("{head}scope=b+c\na=%3D%253D\nempty=\n"), secret.as_bytes(), "neither normalised nor sorted"),
        (format!("{head}scope=b+c&a=%3D%253D&empty=\n"), secret.as_bytes(), "on one line"),
        (format!("{head}scope=b%20c\na=%3D%253D\nempty=\n"), secret.as_bytes(), "not sorted"),
        (format!("{head}a=%3D%253D\nscope=b%20c\n"), secret.as_bytes(), "empty value"),
        (format!("{head}a=%3D%253D\nempty=\nscope=b%2Bc\n"), secret.as_bytes(), "kept as a plus"),
        (format!("{head}a=%3D%3D\nempty=\nscope=b%20c\n"), secret.as_bytes(), "decoded twice"),
        (right.replace("%3D%253D", "%3d%253D"), secret.as_bytes(), "lower-case hex"),
        ("nonsense".to_owned(), secret.as_bytes(), "No common mistake"),
    ] {
        let done = explain(&header(&text, key));
        assert!(done.out.contains(mistake), "{mistake}: {}", done.out);
        done.fails("does not match");
    }
}

#[test]
fn explain_compares_the_clients_own_text_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), "key\n1361408273\nn\n\nPOST\nauth.example\n443\n/wskey\na=1").unwrap();
    let arguments =
        ["explain", "--json", "--header", &header("", b"x"), "--url", "http://a/?a=1", "--signed-text", "text"];
    let done = run(folder.path(), &[], &arguments).json();
    assert_eq!((&done["signature"], &done["signed_text"][5]), (&"unknown".into(), &"www.oclc.org".into()));
    let findings = done["findings"].to_string();
    assert!(
        findings.contains("Line 6: the server signs") && findings.contains("no line feed at its end"),
        "{findings}"
    );
    run(folder.path(), &[], &["explain", "--header", "Basic x", "--url", "http://a/"]).fails("does not begin with");
}
