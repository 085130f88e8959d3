//! Commands on a terminal, where they may ask.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::place::Done;

/// Runs a command whose input and errors are a terminal, and types `answer`. Its `err` is what the terminal shows.
pub fn at_terminal(command: Command, answer: &str) -> Done {
    at_terminal_when(command, "", || {}, answer)
}

/// The same, and `meanwhile` happens once the terminal shows `question`, before the answer is typed.
pub fn at_terminal_when(mut command: Command, question: &str, meanwhile: impl FnOnce(), answer: &str) -> Done {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let program = File::options().read(true).write(true).open(OsStr::from_bytes(name.to_bytes())).unwrap();
    command.stdin(program.try_clone().unwrap()).stderr(program).stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    // It holds the program's side open.
    drop(command);
    let mut terminal = File::from(terminal);
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains(question) {
        let mut more = [0; 1024];
        // It ends, or fails, where the command ended without the question.
        match terminal.read(&mut more) {
            Ok(length @ 1..) => shown.extend(&more[..length]),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&shown);
    assert!(text.contains(question), "the command ended before it asked: {text}");
    meanwhile();
    terminal.write_all(answer.as_bytes()).unwrap();
    let mut done = Done::of(child.wait_with_output().unwrap());
    // It ends with an error, since the other side is closed.
    let _ = terminal.read_to_end(&mut shown);
    done.err = String::from_utf8(shown).unwrap();
    done
}
