//! `latchkey explain`: the mistake of a signer is named, and never a signature or a secret.

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use latchkey_testkit::root;
use serde_json::Value;

use crate::place::{Done, Place, run};

const SECRET: &str = "UYnwZbm+f3fAXCEa0Jr/LQ==";
const HEAD: &str = "key\n1361408273\nn\n\nPOST\nwww.oclc.org\n443\n/wskey\n";
const BASE: &str = "https://auth.example:8443/oauth2/accessToken";

fn hmac(text: &str, key: &[u8]) -> Vec<u8> {
    Hmac::<sha2::Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

fn with(signature: &str) -> String {
    format!(
        "Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 clientId=\"key\", timestamp=\"1361408273\", nonce=\"n\", \
         signature=\"{signature}\""
    )
}

/// The header of a request signed with something wrong in it.
fn header(text: &str, key: &[u8]) -> String {
    with(&STANDARD.encode(hmac(text, key)))
}

/// Explains a request, with the secret in the environment. Nothing secret is printed.
fn explain(folder: &Path, secret: &str, header: &str, url: &str) -> Done {
    let done = run(folder, &[("LATCHKEY_SECRET", secret)], &["explain", "--header", header, "--url", url]);
    let text = format!("{}{}", done.out, done.err);
    let right = STANDARD.encode(hmac(&format!("{HEAD}a=1\n"), SECRET.as_bytes()));
    assert!(!text.contains(secret) && !text.contains(&right) && !text.contains("panicked"), "{text}");
    assert!(!text.contains("The command latchkey explain"), "it does not send the reader to itself: {text}");
    done
}

/// Each mistake in the query: the query of the URL, what the client signs for it, and words of the finding.
const QUERIES: [(&str, &str, &str); 38] = [
    ("a=1", "", "the query is left out"),
    ("scope=b+c&a=1", "a=1\nscope=b+c\n", "sorted but not normalised"),
    ("scope=b+c&a=1", "scope=b+c\na=1\n", "neither normalised nor sorted"),
    ("scope=b+c&a=1", "scope=b+c&a=1\n", "the query is on one line"),
    ("scope=b+c&a=1", "?scope=b+c&a=1\n", "its question mark"),
    ("scope=b+c&a=1", "a=1&scope=b%20c\n", "the normalised query is on one line"),
    ("b=1&a=1", "b=1\na=1\n", "neither normalised nor sorted"),
    ("b=+&a=1", "b=%20\na=1\n", "the pairs of the query are not sorted"),
    ("a=2%3a&a-=1", "a-=1\na=2%3A\n", "sorted as whole lines"),
    ("B=%3a&a=1", "a=1\nB=%3A\n", "without regard to case"),
    ("a=2%3a&a=1", "a=2%3A\na=1\n", "not sorted"),
    ("a=1&b=%20&c=", "a=1\nb=%20\n", "empty value are left out"),
    ("a=1&b=+&c=", "a=1\nb=%20\nc\n", "without its equals sign"),
    ("a=%3a&a=2", "a=2\n", "only the last"),
    ("a=%3a&a=2", "a=%3A\n", "only the first"),
    ("a=b+c", "a=b%2Bc\n", "a plus sign is kept as a plus"),
    ("a=%3D%253D", "a=%3D%3D\n", "decoded twice"),
    ("a=b=c", "a=b\n", "cut at their second equals sign"),
    ("a=b;c=d", "a=b\nc=d\n", "a semicolon begins a new pair"),
    ("a=%3D", "a=%3d\n", "lower-case hex"),
    ("a=b%20c%3a", "a=b+c%3A\n", "blanks are encoded as +"),
    ("a=~%20", "a=%7E%20\n", "a tilde is encoded as %7E"),
    ("a=%2f%3f", "a=/%3F\n", "slashes are not encoded"),
    ("a=%2f%3a%3f", "a=/:%3F\n", "slashes and colons are not encoded"),
    ("a%3a=%3a", "a:=%3A\n", "names are not encoded"),
    ("a=%3a+b", "a=: b\n", "decoded and not encoded again"),
    ("a=%3a+b", "a=%253A%2520b\n", "the query is encoded twice"),
    ("a=%3a+b", "a=%253a%2Bb\n", "without being decoded first"),
    ("a=%C3%A9", "a=%E9\n", "Latin-1 instead of UTF-8"),
    ("a=%21%2A+", "a=!*%20\n", "JavaScript's encodeURIComponent"),
    ("a=%3F%2B+", "a=?+%20\n", "JavaScript's encodeURI,"),
    ("a=%2A~+", "a=*%7E+\n", "Java's URLEncoder or JavaScript's URLSearchParams"),
    ("a=~%2A+", "a=%7E%2A+\n", "PHP's urlencode"),
    ("a=%3a%21+", "a=%3a!+\n", ".NET's HttpUtility.UrlEncode"),
    ("b=+&a=%3a", "a=%3A&b=+\n", "blanks are encoded as + instead of %20; the normalised query is on one line"),
    ("b=%3a&a=+", "b=%3a\na=%20\n", "lower-case hex; the pairs of the query are not sorted"),
    ("a=10&a=9", "a=9\na=10\n", "oclc-auth-php"),
    ("a=1&b=%3a%3a", "a=1\nb=::\n", "decoded and not encoded again"),
];

#[test]
fn each_mistake_in_the_query_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for (query, signed, mistake) in QUERIES {
        let header = header(&format!("{HEAD}{signed}"), SECRET.as_bytes());
        let done = explain(folder.path(), SECRET, &header, &format!("{BASE}?{query}"));
        done.fails("does not match");
        let shown = done.out.lines().filter(|line| line.contains("The signature shows") || line.contains("A library"));
        let shown: Vec<_> = shown.map(str::to_owned).collect();
        if !shown.join("\n").contains(mistake) {
            missed.push((query, mistake, shown));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn each_mistake_around_the_query_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let right = format!("{HEAD}a=1\n");
    for (text, mistake) in [
        (right.trim_end().to_owned(), "the last line has no line feed"),
        (format!("{right}\n"), "an empty line follows"),
        (right.replace('\n', "\r\n"), "lines end in CR LF"),
        (right.replace('\n', "\\n"), "a backslash and the letter n"),
        (right.replace("POST", "GET"), "signed as GET"),
        (right.replace("POST", "PUT"), "signed as PUT"),
        (right.replace("POST", "post"), "in lower case"),
        (
            right.replace("www.oclc.org\n443\n/wskey", "auth.example\n8443\n/oauth2/accessToken"),
            "lines 6 to 8 have the host, port and path of the request",
        ),
        (right.replace("www.oclc.org", "auth.example"), "line 6 has the host of the request"),
        (right.replace("443", "8443"), "line 7 has the port of the request"),
        (right.replace("443", "80"), "line 7 is 80"),
        (right.replace("/wskey", "/oauth2/accessToken"), "line 8 has the path of the request"),
        (right.replace("www.oclc.org", "www.worldcat.org"), "the host of the scheme"),
        (right.replace("n\n\n", "n\n"), "line 4 is left out"),
        (right.replace("n\n\n", "n\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), "the hash of an empty body"),
        (right.replace("1361408273\nn", "n\n1361408273"), "lines 2 and 3 are swapped"),
        (right.replace("POST", "GET").trim_end().to_owned(), "signed as GET; the last line has no line feed"),
        ("nonsense".to_owned(), "No common mistake explains"),
    ] {
        let done = explain(folder.path(), SECRET, &header(&text, SECRET.as_bytes()), &format!("{BASE}?a=1"));
        assert!(done.out.contains(mistake), "{mistake}: {}", done.out);
        done.fails("does not match");
    }
    let swapped = with(&STANDARD.encode(hmac(SECRET, right.as_bytes())));
    let done = explain(folder.path(), SECRET, &swapped, &format!("{BASE}?a=1"));
    assert!(done.out.contains("key and text of the HMAC are swapped"), "{}", done.out);
}

#[test]
fn each_encoding_of_a_signature_is_named_and_the_request_is_explained_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let right = hmac(&format!("{HEAD}a=1\n"), SECRET.as_bytes());
    let hexadecimal: String = right.iter().map(|byte| format!("{byte:02x}")).collect();
    for (signature, form) in [
        (hexadecimal.clone(), "is hexadecimal"),
        (hexadecimal.to_uppercase(), "is hexadecimal"),
        (STANDARD.encode(&hexadecimal), "is the base64 of hexadecimal text"),
        (STANDARD.encode(&right).replace('=', ""), "lacks the = at its end"),
        (STANDARD.encode(&right).replace('=', "%3D"), "is percent-encoded"),
    ] {
        let (header, url) = (with(&signature), format!("{BASE}?a=1"));
        let done = run(folder.path(), &[("LATCHKEY_SECRET", SECRET)], &["explain", "--header", &header, "--url", &url]);
        assert!(done.out.contains(form) && done.out.contains("Signature: matches"), "{form}: {}{}", done.out, done.err);
    }
    // With another mistake beside it: a key with a line feed makes base64url of a kind that is not base64.
    let odd = (0..).map(|nonce| format!("{HEAD}a=1&x={nonce}\n")).find_map(|text| {
        let signature = URL_SAFE_NO_PAD.encode(hmac(&text, format!("{SECRET}\n").as_bytes()));
        signature.contains(['-', '_']).then(|| (with(&signature), text))
    });
    let (header, text) = odd.unwrap();
    let query = text.strip_prefix(HEAD).unwrap().trim_end();
    let done = explain(folder.path(), SECRET, &header, &format!("{BASE}?{query}"));
    assert!(done.out.contains("is base64url") && done.out.contains("line feed at its end; the "), "{}", done.out);
}

#[test]
fn a_timestamp_that_is_not_whole_seconds_is_called_by_its_unit() {
    let folder = tempfile::tempdir().unwrap();
    for (timestamp, unit) in
        [("1361408273000", "milliseconds"), ("1361408273.5", "fraction"), ("2013-02-21", "ISO 8601")]
    {
        let text = format!("{HEAD}a=1\n").replace("1361408273", timestamp);
        let header =
            header(&text, SECRET.as_bytes()).replace("timestamp=\"1361408273\"", &format!("timestamp=\"{timestamp}\""));
        let done = explain(folder.path(), SECRET, &header, &format!("{BASE}?a=1"));
        assert!(done.out.contains(unit) && done.out.contains("Signature: matches"), "{unit}: {}", done.out);
    }
}

#[test]
fn a_secret_that_is_given_with_something_around_it_is_not_called_right() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{BASE}?a=1");
    for around in ["\n", " ", "\u{feff}", "\"", "\r\n"] {
        let given = format!("{around}{SECRET}{around}");
        let right = header(&format!("{HEAD}a=1\n"), SECRET.as_bytes());
        let done = run(folder.path(), &[("LATCHKEY_SECRET", &given)], &["explain", "--header", &right, "--url", &url]);
        assert!(done.out.contains("the client signs without them"), "{around:?}: {}", done.out);
        let same = header(&format!("{HEAD}a=1\n"), given.as_bytes());
        let done = run(folder.path(), &[("LATCHKEY_SECRET", &given)], &["explain", "--header", &same, "--url", &url]);
        assert!(
            done.out.contains("Signature: matches") && done.out.contains("If the operator's record lacks"),
            "{}",
            done.out
        );
    }
}

/// Explains what signers of another language made: real libraries, and signers as libraries are described.
fn by_others(mut command: Command, least: usize) {
    let folder = tempfile::tempdir().unwrap();
    let Ok(done) = command.arg(SECRET).output() else {
        assert!(std::env::var_os("CI").is_none(), "CI has Node and Python");
        return eprintln!("skipped: {command:?} cannot be started");
    };
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{err}");
    let cases: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= least, "{out}");
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap();
        let done = explain(folder.path(), SECRET, text("header"), text("url"));
        assert!(done.out.contains(text("expected")), "{case}: {}", done.out);
        done.fails("does not match");
    }
}

#[test]
fn what_signers_in_javascript_do_is_named_with_the_library() {
    let folder = root().join("tests/node");
    if !folder.join("node_modules/oclc-wskey").exists() {
        assert!(std::env::var_os("CI").is_none(), "CI runs this always: tests/run installs the packages");
        return eprintln!("skipped: tests/node/node_modules is missing (tests/run installs it where Node is)");
    }
    let mut node = Command::new("node");
    node.current_dir(folder).arg("signers.mjs");
    by_others(node, 16);
}

#[test]
fn what_signers_in_python_do_is_named_with_the_library() {
    let mut python = Command::new("python3");
    python.arg(root().join("tests/python/signers.py"));
    by_others(python, 30);
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
    let without = ["explain", "--header", &header("", b"x"), "--url", "http://a/", "--state", "."];
    run(folder.path(), &[], &without).fails("need --client-id");
    run(folder.path(), &[], &["explain", "--header", "Basic x", "--url", "http://a/"]).fails("the scheme Basic");
}

#[test]
fn an_operator_explains_with_the_secrets_of_the_registration() {
    let place = Place::new();
    let key = place.create();
    let (id, secret) = (key["client_id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let url = format!("{BASE}?scope=a&state=b");
    let signed = |secret: &str| {
        let environment = [("LATCHKEY_SECRET", secret), ("LATCHKEY_CLIENT_ID", id)];
        run(place.folder.path(), &environment, &["sign", &url]).out.trim().to_owned()
    };
    let look = |header: &str, id: &str| {
        let done = place.admin(&["explain", "--client-id", id, "--header", header, "--url", &url]);
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{}{}", done.out, done.err);
        done
    };
    let right = look(&signed(secret), id);
    assert!(right.code == 0 && right.out.contains("Signature: matches"), "{}{}", right.out, right.err);
    assert!(right.out.contains("made with the secret '"), "{}", right.out);
    let feed = look(&signed(&format!("{secret}\n")), id);
    assert!(feed.out.contains("the client's secret has a line feed at its end"), "{}", feed.out);
    feed.fails("does not match");
    look(&signed("another"), id).fails("does not match");
    look(&signed(secret), "demo").fails("--client-id names demo");
    look(&signed(secret), "nobody").fails("no client has the id nobody");

    let old = signed(secret);
    // By default a secret is called after its second, and the first one may be of the same.
    place.admin(&["client", "rotate-secret", id, "--overlap", "1", "--name", "second", "--json"]).json();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ended = look(&old, id);
    assert!(ended.out.contains("which ended at"), "{}", ended.out);
    ended.fails("does not match");
    place.admin(&["client", "disable", id]);
    assert!(look(&old, id).out.contains("The client is disabled"));
}
