//! Two operators at once, and a wire that loses replies: a command says what became of its change.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

use crate::place::{Done, GET, Place};

impl Place {
    /// Runs a command whose first write is carried out and whose reply is lost. `meanwhile` happens then, before the command
    /// can try again.
    fn losing_a_reply(&self, arguments: &[&str], meanwhile: impl Fn() + Send + Sync + 'static) -> Done {
        let is_answered = move |write| {
            if write == 0 {
                meanwhile();
            }
            write > 0
        };
        Done::of(self.through(arguments, |_| true, is_answered).output().unwrap())
    }

    /// Runs a command whose first writes are carried out. No write after them gets through.
    pub fn breaking_off(&self, arguments: &[&str], writes: usize) -> Done {
        Done::of(self.through(arguments, move |write| write < writes, |_| true).output().unwrap())
    }

    /// Runs a command, and kills it once it has sent one write more than these, which does not get through. Says whether it was
    /// killed: a command that writes no more ends by itself.
    pub fn killed_after(&self, arguments: &[&str], writes: usize) -> bool {
        let (sends, sent) = channel();
        let (running, ends) = channel::<()>();
        let ends = Mutex::new(ends);
        let passes = move |write| {
            if write == writes {
                sends.send(()).unwrap();
                // No answer comes before it is killed.
                let _ = ends.lock().unwrap().recv();
            }
            write < writes
        };
        let mut command = self.through(arguments, passes, |_| true);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while let Err(RecvTimeoutError::Timeout) = sent.recv_timeout(Duration::from_millis(20)) {
            if let Some(status) = run.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return false;
            }
        }
        run.kill().unwrap();
        run.wait().unwrap();
        drop(running);
        true
    }

    /// A command. Its writes are counted from 0: some do not get through, and of those that do, some are not answered.
    fn through(
        &self,
        arguments: &[&str],
        passes: impl Fn(usize) -> bool + Send + Sync + 'static,
        is_answered: impl Fn(usize) -> bool + Send + Sync + 'static,
    ) -> Command {
        let writes = AtomicUsize::new(0);
        let asks = move |head: &str, _: &str| {
            let is_write = head.contains("dynamodb_20120810.transactwriteitems");
            let write = is_write.then(|| writes.fetch_add(1, SeqCst));
            write.is_none_or(&passes).then_some(write)
        };
        let port = self.wire(asks, move |write| write.is_none_or(&is_answered));
        let place = ["--local", "--dynamodb-port", &port];
        crate::place::command(self.folder.path(), &[], &[arguments, &place].concat())
    }

    /// A command that another operator runs at that moment.
    pub fn beside(&self, arguments: &[&str]) -> impl Fn() + Send + Sync + 'static {
        let (folder, port) = (self.folder.path().to_owned(), self.server.dynamodb_port.clone());
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        move || {
            let mut all: Vec<_> = arguments.iter().map(String::as_str).collect();
            all.extend(["--local", "--dynamodb-port", &port]);
            assert_eq!(crate::place::run(&folder, &[], &all).code, 0);
        }
    }
}

fn with_secret(client: &Value, secret: &Value) -> Value {
    let mut key = client.clone();
    key["secret"] = secret["secret"].clone();
    key
}

#[test]
fn a_secret_whose_reply_was_lost_is_shown_though_another_operator_came_after_it() {
    let place = Place::new();
    let client = place.create();
    let id = client["client_id"].as_str().unwrap();
    let rotate = |name: &'static str| ["client", "rotate-secret", id, "--overlap", "0", "--name", name, "--json"];
    // Nothing came after it.
    let shown = place.losing_a_reply(&rotate("one"), || {}).json();
    place.client(&with_secret(&client, &shown), &GET).json();
    let shown =
        place.losing_a_reply(&rotate("two"), place.beside(&["client", "update", id, "--name", "Theirs"])).json();
    place.client(&with_secret(&client, &shown), &GET).json();
    assert_eq!(place.admin(&["client", "show", id, "--json"]).json()["name"], "Theirs");
    // It was ended at once by the other operator.
    let ended = place.beside(&["client", "rotate-secret", id, "--overlap", "0", "--name", "theirs"]);
    place.losing_a_reply(&rotate("three"), ended).fails("another operator has ended it since");
    // However many came after it: its record says that the change was made.
    let (first, second) = (place.beside(&["client", "disable", id]), place.beside(&["client", "enable", id]));
    let both = move || {
        first();
        second();
    };
    let shown = place.losing_a_reply(&rotate("four"), both).json();
    place.client(&with_secret(&client, &shown), &GET).json();
}

#[test]
fn other_commands_know_their_own_change_too() {
    let place = Place::new();
    let client = place.create();
    let id = client["client_id"].as_str().unwrap();
    let update = ["client", "update", id, "--name", "Ours", "--json"];
    let seen = place.losing_a_reply(&update, place.beside(&["client", "disable", id])).json();
    assert_eq!((&seen["name"], &seen["disabled"]), (&"Ours".into(), &true.into()), "as it is now");
    let create = ["client", "create", "--client-id", "new", "--name", "New", "--json"];
    let create = [
        &create[..],
        &[
            "--grant-type",
            "client_credentials",
            "--grant-type",
            "refresh_token",
            "--scope",
            "WMS_NCIP",
            "--institution",
            "128807",
        ],
    ]
    .concat();
    let new = place.losing_a_reply(&create, place.beside(&["client", "update", "new", "--name", "Other"])).json();
    place.client(&new, &GET).json();
    place.losing_a_reply(&create, || {}).fails("already exists");
    let user = ["user", "disable", "--keep-grants", "--institution", "128807", "demo", "--json"];
    let enable = place.beside(&["user", "enable", "--institution", "128807", "demo"]);
    assert_eq!(place.losing_a_reply(&user, enable).json()["disabled"], false, "as it is now");
    let add = ["institution", "add", "7", "--name", "Seventh", "--json"];
    let beside = place.beside(&["institution", "add", "8", "--name", "Eighth"]);
    place.losing_a_reply(&add, beside).json();
    let list = place.admin(&["institution", "list"]).out;
    assert!(list.contains("Seventh") && list.contains("Eighth"), "{list}");
}
