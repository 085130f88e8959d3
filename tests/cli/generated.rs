//! Completions and manual pages, as shells and `man` read them.

use std::process::Command;

use crate::place::{Done, run};

#[test]
fn completions_are_scripts_that_their_shells_accept() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(folder.path(), &[], &["completions", shell]);
        assert_eq!(script.code, 0, "{}", script.err);
        assert!(script.out.contains("rotate-secret") && script.out.contains("redirect-uri"), "{shell}");
        let file = folder.path().join(shell);
        std::fs::write(&file, &script.out).unwrap();
        // A shell that this machine lacks is not asked.
        let checked = Command::new(shell).arg("-n").arg(&file).output();
        if let (Ok(output), "bash" | "zsh" | "fish") = (checked, shell) {
            let done = Done::of(output);
            assert_eq!((done.code, done.err.as_str()), (0, ""), "{shell}");
        }
    }
    run(folder.path(), &[], &["completions", "tcsh"]).fails("[possible values: bash");
    // What a user gets who presses the key.
    let asked = "source ./bash; COMP_WORDS=(latchkey client rotate); COMP_CWORD=2; _latchkey latchkey rotate client; echo ${COMPREPLY[@]}";
    let reply = Done::of(Command::new("bash").current_dir(folder.path()).args(["-c", asked]).output().unwrap());
    assert_eq!(reply.out.trim(), "rotate-secret", "{}", reply.err);
}

#[test]
fn every_command_has_a_manual_page_with_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &[], &["man"]).out.contains(".TH latchkey 1"));
    let written = run(folder.path(), &[], &["man", "--output", "man1"]);
    assert!(written.out.contains("man1"), "{}", written.err);
    for (name, text) in
        [("latchkey", "serverless"), ("latchkey-token-login", "no\\-browser"), ("latchkey-client-create", "Examples:")]
    {
        let page = std::fs::read_to_string(folder.path().join(format!("man1/{name}.1"))).unwrap();
        assert!(page.contains(text), "{name}: {page}");
    }
    std::fs::write(folder.path().join("file"), "").unwrap();
    run(folder.path(), &[], &["man", "--output", "file/x"]).fails("file/x: ");
}

#[test]
fn the_help_of_a_command_shows_examples() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, example) in [
        (&["--help"][..], "latchkey client list --local"),
        (&["token", "login", "--help"], "latchkey token login --scope 'WMS_NCIP refresh_token'"),
        (&["client", "rotate-secret", "-h"], "--overlap 0"),
    ] {
        let help = run(folder.path(), &[], arguments).out;
        assert!(help.contains("Examples:\n") && help.contains(example), "{help}");
    }
}
