//! Files as spreadsheets, scripts and people write them.
#![allow(clippy::panic)]

use super::*;

const KNOWN: [Known; 3] = [
    Known { name: "username", is_required: true },
    Known { name: "password", is_required: true },
    Known { name: "note", is_required: false },
];

/// A line's number, and its username and password or why it is refused.
type Line = (u64, Result<(String, String), String>);

fn lines(bytes: &[u8]) -> Vec<Line> {
    let sheet = parse(bytes, &KNOWN).unwrap_or_else(|Failure(reason)| panic!("{reason}"));
    let of = |row: Row<'_>| {
        (row.get("username").unwrap_or("-").to_owned(), row.verbatim("password").unwrap_or("-").to_owned())
    };
    sheet.rows().map(|(line, row)| (line, row.map(of).map_err(|Failure(reason)| reason))).collect()
}

fn refused(bytes: &[u8]) -> String {
    parse(bytes, &KNOWN).err().map(|Failure(reason)| reason).unwrap_or_default()
}

#[test]
fn a_file_is_read_as_spreadsheets_write_it() {
    let pair = |line, name: &str, password: &str| (line, Ok((name.to_owned(), password.to_owned())));
    for text in [
        "username,password\nalice,one\nbob,two\n",
        "username,password\r\nalice,one\r\nbob,two",
        "\u{FEFF}Username;Password\r\nalice;one\r\nbob;two\r\n;\r\n",
        "username\tpassword\nalice\tone\nbob\ttwo\n\t\n",
        "\"username\",\"password\"\n\" alice \",\"one\"\n\"bob\",\"two\"\n",
    ] {
        assert_eq!(lines(text.as_bytes()), [pair(2, "alice", "one"), pair(3, "bob", "two")], "{text:?}");
    }
    for end in ["\n", "\r\n", "\r"] {
        let spread =
            "username,password\n\n\nalice,\" one, \"\"quoted\"\"\"\n\"b\nob\",two\ncarol,three".replace('\n', end);
        let found = lines(spread.as_bytes());
        let at: Vec<_> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(at, [4, 5, 7], "a line is counted as an editor counts it: {spread:?}");
        assert_eq!(found[0], pair(4, "alice", " one, \"quoted\""), "a password keeps its blanks");
        assert!(found[1].1.as_ref().is_err_and(|reason| reason.contains("a value goes on")), "{found:?}");
    }
}

#[test]
fn a_quote_that_nothing_closes_makes_no_password_of_the_lines_below() {
    for open in ["alice,\"one two\nbob,three\ncarol,four\n", "alice,\"one \"\"two\nbob,three", "\"alice,one\nbob,two\n"]
    {
        let found = lines(format!("username,password\n{open}").as_bytes());
        let [(2, Err(reason))] = &found[..] else { panic!("{found:?}") };
        assert!(reason.contains("a value goes on over the next lines") && !reason.contains("bob"), "{reason}");
    }
}

#[test]
fn a_line_that_cannot_be_used_is_refused_by_number_and_loses_no_other() {
    let mut bytes =
        b"username,password\nalice\nbob,two,three\nM\xFCller,one\ncarol,secret\xE9word\n,four\ndave,five\n".to_vec();
    let found = lines(&bytes);
    let reasons = ["has 1 value,", "has 3 values,", "its username is not UTF-8", "its password is not UTF-8"];
    for (at, reason) in reasons.into_iter().enumerate() {
        let (line, Err(found)) = &found[at] else { panic!("{at}") };
        assert!(*line == at as u64 + 2 && found.contains(reason), "{found}");
        assert!(!found.contains("secret"), "{found}");
    }
    assert_eq!(found[4], (6, Ok(("-".to_owned(), "four".to_owned()))));
    assert_eq!(found[5], (7, Ok(("dave".to_owned(), "five".to_owned()))));
    bytes.clear();
    assert_eq!(refused(&bytes), "the file is empty");
}

#[test]
fn a_file_that_does_not_name_its_columns_is_refused_as_a_whole() {
    for (text, reason) in [
        ("alice,secretword\nbob,two\n", "the name in column 1 is none of username, password, note"),
        ("username,passwrod\n", "the name in column 2 is none of"),
        ("username,note\n", "does not name the column password"),
        ("username,password,username\n", "the column username twice"),
        ("\n\n", "the file is empty"),
    ] {
        let found = refused(text.as_bytes());
        assert!(found.contains(reason) && !found.contains("secret"), "{found}");
    }
    assert!(refused(b"\xFF\xFEu\0s\0").contains("UTF-16"));
}
