//! Thirty libraries and two hundred users in CSV files.

use std::process::Stdio;
use std::time::Duration;

use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::user::User;
use proptest::prelude::RngExt;
use serde_json::Value;

use crate::dice::dice;
use crate::place::{Done, Place};
use crate::terminal::at_terminal;
use crate::users::typed;

impl Place {
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The line, the result and the text of each line of a report.
fn lines(report: &str) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let report: Value = serde_json::from_str(report).unwrap();
    let lines = report.as_array().unwrap().iter();
    lines.map(|line| (line["line"].as_u64().unwrap(), text(&line["result"]), text(&line["what"]))).collect()
}

#[test]
fn thirty_libraries_and_two_hundred_users_come_in_from_two_files_with_progress() {
    let place = Place::new();
    let libraries: String = (1..=30).map(|at| format!("{at},\"Library {at}, Main\"\r\n")).collect();
    let libraries = place.write("libraries.csv", format!("\u{FEFF}Institution,Name\r\n{libraries}"));
    let done = place.admin(&["institution", "import", &libraries]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("30 lines: 30 added, 0 changed, 0 unchanged, 0 refused"), "{}", done.err);
    let list = place.admin(&["institution", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 32);
    let users: String = (1..=200).map(|at| format!("{};user{at};moss under pier {at}\n", at % 30 + 1)).collect();
    let users = place.write("users.csv", format!("institution;username;password\n{users}"));
    let done = place.admin(&["user", "import", &users, "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("latchkey: 175 of 200 lines are done"), "{}", done.err);
    assert!(lines(&done.out).iter().all(|(_, result, _)| result == "added"));
    assert!(!done.out.contains("moss under") && !done.err.contains("moss under"));
    let list = place.admin(&["user", "list", "--institution", "8", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 7);
}

#[test]
fn a_bad_line_is_refused_by_its_number_and_a_second_run_adds_only_what_is_mended() {
    let place = Place::new();
    let text = b"username,password,institution,principal_id,principal_idns\n\
        alice,moss under the pier,,,\n\
        bob,short,128807,,\n\
        carol,moss under the pier,4711,,\n\
        moss under the pier,128807\n\
        \n\
        M\xFCller,moss under the pier,128807,,\n\
        ,moss under the pier,128807,,\n\
        dave,,128807,,\n\
        ALICE,eleven quiet herons,128807,,\n\
        erin,moss under the pier,91475,erin-id,urn:x\n\
        frank,moss under the pier,128807,frank-id,\n\
        grace,moss under the pier,a b,,\n\
        heidi,moss under\tthe pier,,,\n\
        ivan,\"moss under the pier,,,\n\
        judy,moss under the pier,,,\n";
    let file = place.write("users.csv", text);
    let import = ["user", "import", &file, "--institution", "128807", "--json"];
    let done = place.admin(&import);
    done.fails("11 lines are refused; mend the file and run the command again");
    let report = lines(&done.out);
    let expected = [
        (2, "added", "alice at 128807"),
        (3, "refused", "at least 15"),
        (4, "refused", "no such institution"),
        (5, "refused", "it has 2 values, and the first line names 5 columns"),
        (7, "refused", "its username is not UTF-8"),
        (8, "refused", "its username is missing"),
        (9, "refused", "its password is missing"),
        (10, "refused", "line 2 has the same user"),
        (11, "added", "erin at 91475"),
        (12, "refused", "principal"),
        (13, "refused", "its institution is none"),
        (14, "refused", "without tabs"),
        (15, "refused", "goes on over the next lines"),
    ];
    assert_eq!(report.len(), expected.len(), "{report:?}");
    for ((line, result, what), expected) in report.iter().zip(expected) {
        assert!((*line, result.as_str()) == (expected.0, expected.1) && what.contains(expected.2), "{line} {what}");
    }
    for text in [&done.out, &done.err] {
        assert!(!text.contains("password\"") && !text.contains("moss under") && !text.contains("4711"), "{text}");
    }
    let again =
        "username,password,principal_id,principal_idns\nalice,eleven quiet herons,,\nbob,moss under the pier,,\n";
    let file = place.write("mended.csv", again);
    let mended = place.admin(&["user", "import", &file, "--institution", "128807", "--json"]);
    assert_eq!(mended.code, 0, "{}", mended.err);
    let results: Vec<_> = lines(&mended.out).into_iter().map(|(_, result, _)| result).collect();
    assert_eq!(results, ["unchanged", "added"]);
    let file =
        place.write("other.csv", "username,password,principal_id,principal_idns\nerin,moss under the pier,e,urn:x\n");
    let other = place.admin(&["user", "import", &file, "--institution", "91475"]);
    other.fails("1 line is refused");
    assert!(other.out.contains("another principal"), "{}", other.out);
    let shown = place.admin(&["user", "show", "--institution", "91475", "erin", "--json"]).json();
    assert_eq!((&shown["principal_id"], &shown["principal_idns"]), (&"erin-id".into(), &"urn:x".into()));
}

#[test]
fn a_file_is_read_from_standard_input_and_one_without_columns_changes_nothing() {
    let place = Place::new();
    let import = ["user", "import", "-", "--institution", "128807", "--json"];
    let done = typed(&place, &import, "username,password\nalice,moss under the pier\n");
    assert_eq!(done.code, 0, "{}", done.err);
    for (text, reason) in [
        ("bob,moss under the pier\n", "the name in column 1 is none of username, password, institution, principal_id"),
        ("username\nbob\n", "does not name the column password"),
        ("", "the file is empty"),
    ] {
        typed(&place, &import, text).fails(reason);
    }
    place.admin(&["user", "import", "missing.csv"]).fails("missing.csv: ");
    let list = place.admin(&["user", "list", "--institution", "128807", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 2);
}

#[test]
fn institutions_are_added_and_renamed_and_stay_in_a_second_run() {
    let place = Place::new();
    let file = place.write("libraries.csv", "institution,name\n128807,New Name\n42,Łódź\n42,Twice\n#,X\n7,\u{202e}X\n");
    let done = place.admin(&["institution", "import", &file, "--json"]);
    done.fails("3 lines are refused");
    let results: Vec<_> = lines(&done.out).into_iter().map(|(line, result, _)| (line, result)).collect();
    let expected = [(2, "changed"), (3, "added"), (4, "refused"), (5, "refused"), (6, "refused")];
    assert_eq!(results, expected.map(|(line, result)| (line, result.to_owned())));
    let again = place.admin(&["institution", "import", &file, "--json"]);
    assert!(again.err.contains("0 added, 0 changed, 2 unchanged, 3 refused"), "{}", again.err);
    let list = place.admin(&["institution", "list", "--json"]).json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|known| known["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Łódź", "New Name", "Second Library"]);
}

fn users(number: usize) -> String {
    let lines: String = (1..=number).map(|at| format!("user{at},moss under pier {at}\n")).collect();
    format!("username,password\n{lines}")
}

#[test]
fn an_import_killed_anywhere_is_finished_by_the_next_one() {
    let (place, mut dice) = (Place::new(), dice());
    let file = place.write("users.csv", users(60));
    let import = ["user", "import", &file, "--institution", "128807", "--json"];
    for _ in 0..3 {
        let mut command = place.command(&import);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(dice.random_range(0..1500)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let there =
        || place.admin(&["user", "list", "--institution", "128807", "--json"]).json().as_array().unwrap().len() - 1;
    let before = there();
    let done = place.admin(&import);
    assert_eq!(done.code, 0, "{}", done.err);
    let summary = format!("60 lines: {} added, 0 changed, {before} unchanged, 0 refused", 60 - before);
    assert!(done.err.contains(&summary), "{summary}: {}", done.err);
    assert_eq!(there(), 60);
}

#[test]
fn a_terminal_shows_a_bar_and_another_output_shows_lines() {
    let place = Place::new();
    let file = place.write("users.csv", users(30));
    let import = ["user", "import", &file, "--institution", "128807"];
    let mut command = place.command(&import);
    command.env("TERM", "xterm");
    let shown = at_terminal(command, "");
    assert!(shown.code == 0 && shown.err.contains("of 30 lines") && shown.err.contains('\r'), "{:?}", shown.err);
    assert!(!shown.err.contains("lines are done"), "{:?}", shown.err);
    let piped: Done = place.admin(&import);
    assert!(piped.err.contains("latchkey: 25 of 30 lines are done\n") && !piped.err.contains('\r'), "{}", piped.err);
}

/// A declared file names users, and passwords come with a CSV file.
#[test]
fn a_user_without_a_password_gets_the_one_of_the_file() {
    let place = Place::new();
    place.apply("a.yaml", "users:\n- {institution_id: '128807', username: alice}\n", &["--yes"]);
    let show = || place.admin(&["user", "show", "--institution", "128807", "alice", "--json"]).json();
    let before = show();
    assert_eq!(before["sign_in"], Value::Null);
    let file = place.write("users.csv", "username,password\nalice,moss under the pier\n");
    let import = ["user", "import", &file, "--institution", "128807", "--json"];
    let results = || -> Vec<_> { lines(&place.admin(&import).out).into_iter().map(|(_, result, _)| result).collect() };
    assert_eq!(results(), ["changed"]);
    let after = show();
    assert_eq!((&after["sign_in"], &after["principal_id"]), (&Value::from("password"), &before["principal_id"]));
    assert_eq!(results(), ["unchanged"]);
}

/// Two users whose names look alike are one user to an operator. Those of earlier versions stay.
#[test]
fn no_new_user_has_a_name_with_what_is_not_seen() {
    let place = Place::new();
    let name = "al\u{200b}ice";
    let file =
        place.write("users.csv", format!("username,password\n{name},moss under the pier\nbob,moss under the pier\n"));
    let done = place.admin(&["user", "import", &file, "--institution", "128807", "--json"]);
    let told: Vec<_> =
        lines(&done.out).into_iter().map(|(line, result, what)| (line, result, what.contains("invisible"))).collect();
    assert_eq!(told, [(2, "refused".to_owned(), true), (3, "added".to_owned(), false)], "{}", done.err);
    let declared = format!("users:\n- {{institution_id: '128807', username: \"{name}\", disabled: true}}\n");
    let refused = place.apply("users.yaml", &declared, &["--yes"]);
    refused.fails("it has a character that is invisible or turns writing around");
    // As an earlier version added one.
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let store = Store::new(dynamodb_at(&place.server.dynamodb_url), tables());
        let bob = store.user("128807", "bob", &mut Usage::default()).await.unwrap().unwrap().into_inner();
        let added = store.add_user(User { username: name.into(), ..bob }, &mut Usage::default()).await;
        assert!(added.unwrap().is_made());
    });
    let done = place.apply("users.yaml", &declared, &["--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(place.admin(&["user", "list", "--institution", "128807"]).out.contains("ice"));
    let done = place.admin(&["user", "import", &file, "--institution", "128807", "--json"]);
    assert_eq!(lines(&done.out)[0].1, "unchanged", "{}", done.out);
}
