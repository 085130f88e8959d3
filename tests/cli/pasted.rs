//! Commands that the command line prints for pasting: a shell runs nothing that stands in a name or an id.

use std::process::Command;

use crate::place::Place;
use crate::users::typed;

/// The words of a command as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let shell = Command::new("sh").args(["-c", &format!("printf '%s\\n' {command}")]).output().unwrap();
    assert!(shell.status.success() && shell.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&shell.stderr));
    String::from_utf8(shell.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// What follows in a text, from here to there.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("{begin} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("{end} in {rest}")).0
}

#[test]
fn a_username_in_a_printed_command_is_one_word_whatever_it_has() {
    let place = Place::new();
    for name in ["$(touch pwned)", "`touch pwned`", "it's \"a\" $home", "a;touch pwned", "\\\\", "zo\u{eb}"] {
        let at = ["--institution", "128807", name];
        assert_eq!(typed(&place, &[&["user", "add"][..], &at].concat(), "moss under the pier\n").code, 0);
        let kept = place.admin(&[&["user", "disable", "--keep-grants"][..], &at].concat());
        let command = format!("latchkey {}", between(&kept.err, "latchkey grant revoke ", " ends all"));
        assert_eq!(
            words(&command).get(1..4),
            Some(&["--user", name, "--institution"].map(str::to_owned)[..]),
            "{command}"
        );
        place.admin(&[&["user", "enable"][..], &at].concat());
        let file = format!(
            "[[users]]\ninstitution_id = \"128807\"\nusername = {}\ndisabled = true\n",
            serde_json::to_string(name).unwrap()
        );
        let applied = place.apply("a.toml", &file, &["--yes"]);
        let command = between(&applied.err, "latchkey user disable ", " ends them");
        assert_eq!(words(command), ["--institution", "128807", name]);
    }
    assert!(!place.folder.path().join("pwned").exists());
}

#[test]
fn a_client_id_and_a_scope_in_a_printed_command_are_one_word_each() {
    let place = Place::new();
    let (id, scope) = ("$(id)`id`'x;", "A$(id)`");
    let create = ["client", "create", "--client-id", id, "--name", "X", "--institution", "128807", "--scope", scope];
    let public =
        ["--auth-method", "none", "--grant-type", "authorization_code", "--redirect-uri", "https://app.example/"];
    let created = place.admin(&[&create[..], &public].concat());
    assert_eq!(words(between(&created.err, "latchkey scope describe ", " --name")), [scope], "{}", created.err);
    let rotated = place.admin(&["client", "rotate-secret", id]);
    assert_eq!(words(between(&rotated.err, "latchkey client update ", " --auth-method METHOD")), [id]);
    let ended = place.admin(&["client", "revoke-all", id, "--yes"]);
    assert_eq!(words(between(&ended.err, "latchkey grant revoke --client-id ", "\n")), [id]);
    let again = place.admin(&["client", "revoke-all", id, "--before", "2020-01-01", "--yes"]);
    assert_eq!(words(between(&again.err, "latchkey client update ", " --clear")), [id]);
    let stopped = place.admin(&["client", "update", id, "--clear", "redirect-uri"]);
    assert_eq!(words(between(&stopped.err, "latchkey client disable ", "\n")), [id]);
}
