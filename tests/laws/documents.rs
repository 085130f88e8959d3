//! What documents say of tests and files: each of them exists.

use std::collections::BTreeSet;
use std::fs;

use latchkey_scale::growth::SCANS;
use latchkey_scale::units;
use latchkey_testkit::root;

use super::files;
use super::files::browser_tests;
use super::tree;

/// What these documents call a test is one: every name between backticks that reads as a sentence, and every name between
/// quotes.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let mut tests: String = files("tests").into_iter().map(|(_, text)| text).collect();
    tests.extend(browser_tests().into_iter().map(|(_, text)| text));
    let documents =
        [("docs/threat-model.md", true, 50), ("docs/conformance.md", false, 50), ("docs/architecture.md", true, 20)];
    for (document, quotes, least) in documents {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ")).collect();
        let quoted = rows.iter().flat_map(|row| row.split('`').skip(1).step_by(2));
        let named: Vec<_> = quoted.filter(|name| name.matches('_').count() > 3 && !name.contains(' ')).collect();
        assert!(named.len() > least, "{document}: {}", named.len());
        for name in named {
            assert!(tests.contains(&format!("fn {name}(")), "{document}: {name} is no test");
        }
        for name in rows.iter().filter(|_| quotes).flat_map(|row| row.split('"').skip(1).step_by(2)) {
            assert!(tests.contains(&format!("test(\"{name}\"")), "{document}: {name} is no test");
        }
    }
}

#[test]
fn the_first_page_has_at_most_130_lines() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 130, "{lines}: what one kind of reader needs has a page of its own in docs");
}

/// Where editors are told to wrap documents and comments of Rust, characters.
fn width() -> usize {
    let config = fs::read_to_string(root().join(".editorconfig")).unwrap();
    let told = config.split("[*.{md,rs}]\nmax_line_length = ").nth(1).unwrap().lines().next().unwrap();
    told.parse().unwrap()
}

/// Tables and what is to be pasted are as wide as they must be. What is indented by four spaces after an empty line counts as to
/// be pasted, also below an item of a list.
#[test]
fn prose_wraps_where_editors_are_told_to_wrap_it() {
    let most = width();
    let documents: Vec<_> = tree().into_iter().filter(|path| path.ends_with(".md")).collect();
    assert!(documents.len() > 20, "{documents:?}");
    for path in documents {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let (mut is_fenced, mut is_indented, mut before) = (false, false, "");
        for (number, line) in (1..).zip(text.lines()) {
            let begin = line.trim_start();
            is_fenced ^= begin.starts_with("```");
            is_indented = line.starts_with("    ") && (is_indented || before.is_empty());
            let is_prose = !is_fenced && !is_indented && !begin.starts_with('|');
            assert!(!is_prose || line.chars().count() <= most, "{path}:{number} is longer than {most}");
            before = line;
        }
    }
}

#[test]
fn comments_of_rust_wrap_where_documents_do() {
    let most = width();
    let sources: Vec<_> = tree().into_iter().filter(|path| path.ends_with(".rs")).collect();
    assert!(sources.len() > 500, "{}", sources.len());
    let mut comments = 0;
    for path in sources {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        let mut is_fenced = false;
        for (number, line) in (1..).zip(text.lines()) {
            let comment = line.trim_start().strip_prefix("//");
            let begin = comment.map(|rest| rest.trim_start_matches(['/', '!']).trim_start()).unwrap_or_default();
            is_fenced = comment.is_some() && is_fenced != begin.starts_with("```");
            let is_prose = comment.is_some() && !is_fenced && !begin.starts_with('|');
            comments += usize::from(is_prose);
            assert!(!is_prose || line.chars().count() <= most, "{path}:{number} is longer than {most}");
        }
    }
    assert!(comments > 5000, "{comments}");
}

/// NAME and TAG are what an engineer puts a word of theirs in the place of.
#[test]
fn every_file_that_a_document_names_exists() {
    let folders = ["", "docs", "infra"];
    let documents = folders.map(|folder| fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    let documents = documents.into_iter().flatten().filter(|path| path.extension().is_some_and(|end| end == "md"));
    let begins = ["src/", "crates/", "tests/", "stages/", "infra/", "docs/", "benches/", "fuzz/", "examples/"];
    let mut named = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for name in text.split('`').filter(|name| begins.iter().any(|begin| name.starts_with(begin))) {
            let plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
            if name.chars().all(plain) && !name.contains("NAME") && !name.contains("TAG") {
                assert!(root().join(name).exists(), "{}: {name}", document.display());
                named += 1;
            }
        }
    }
    assert!(named > 100, "{named}");
}

/// The help of a command says what a scan costs if the command is in that list.
#[test]
fn every_command_that_scans_as_the_document_of_items_says_has_the_cost_in_its_help() {
    let text = fs::read_to_string(root().join("docs/storage.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let scans = rows.filter(|(_, reads)| reads.split(" | ").next().unwrap().contains("`Scan`"));
    let named = scans.flat_map(|(commands, _)| commands.split('`').skip(1).step_by(2));
    assert_eq!(named.collect::<BTreeSet<_>>(), SCANS.map(|scan| scan.command).into());
}

/// The operators' page has the units in words; the numbers are those of the table that the tests of costs hold.
#[test]
fn what_a_request_costs_is_the_same_on_the_page_for_operators() {
    let text = fs::read_to_string(root().join("docs/operators.md")).unwrap();
    for (name, cost) in [
        ("`client_credentials`", units::CLIENT_CREDENTIALS),
        ("`authorization_code`", units::REDEMPTION),
        ("`refresh_token`", units::REFRESH),
        ("introspection", units::INTROSPECTION),
        ("authorizer", units::CHECK),
        ("a page, or a refused consent", units::PAGE),
        ("a sign-in, right or wrong", units::ATTEMPT_FROM_IPV4),
        ("a consent, also to a device", units::CONSENT),
    ] {
        let writes = if cost.writes() == 0 { "none".to_owned() } else { format!("{} WRU", cost.writes()) };
        let row = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {name} | ")))
            .unwrap_or_else(|| panic!("{name}"));
        let (told, written) = row.split_once(" | ").unwrap();
        assert!(told.starts_with(&format!("{} RRU", cost.reads())), "{name}: {told}");
        assert!(written.starts_with(&writes), "{name}: {written}");
    }
    let (reads, writes) = (units::ATTEMPT_FROM_IPV6.reads(), units::ATTEMPT_FROM_IPV6.writes());
    assert!(text.contains(&format!("RRU, from IPv6 {reads};")) && text.contains(&format!("WRU, from IPv6 {writes},")));
}
