//! No module of the command line knows one that knows it in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use latchkey_testkit::root;

use super::{after, code, files, is_test, room};

type Known = BTreeMap<String, BTreeSet<String>>;

/// What a module lends from those below it (`pub use module::Name`): from which one each name comes.
fn lent(text: &str) -> BTreeMap<String, String> {
    let code: String = code(text).map(|line| format!("{line}\n")).collect();
    let uses = code.split("use ").skip(1).filter_map(|rest| rest.split(';').next()?.split_once("::"));
    let names = |(module, rest): (&str, &str)| -> Vec<_> {
        let names = rest.split(|character: char| !character.is_alphanumeric() && character != '_');
        names.filter(|name| !name.is_empty()).map(|name| (name.to_owned(), module.to_owned())).collect()
    };
    uses.flat_map(names).collect()
}

/// What each module directly below a folder knows of the others. The folder's path in its crate is `path`.
fn known(folder: &str, path: &str) -> Known {
    let sources: Vec<_> = files(folder).into_iter().filter(|(file, _)| !is_test(file)).collect();
    let lent = lent(&fs::read_to_string(root().join(format!("{folder}.rs"))).unwrap());
    let modules: BTreeSet<_> = sources.iter().map(|(file, _)| room(file, folder).to_owned()).collect();
    let mut known = Known::new();
    for (file, text) in &sources {
        let own = room(file, folder);
        let mut names = after(text, path);
        if *file == format!("{folder}/{own}.rs") {
            names.extend(after(text, "super::"));
        }
        // A module goes before what is lent: a name may be both.
        let of = |name: String| if modules.contains(&name) { Some(name) } else { lent.get(&name).cloned() };
        let modules = names.into_iter().filter_map(of).filter(|module| modules.contains(module));
        known.entry(own.to_owned()).or_default().extend(modules.filter(|module| module != own));
    }
    known
}

/// All that a module knows, and all that those know.
fn reached(known: &Known, own: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![own]);
    while let Some(module) = next.pop() {
        let others = known.get(module).into_iter().flatten();
        next.extend(others.filter(|other| found.insert((*other).clone())).map(String::as_str));
    }
    found
}

#[test]
fn no_module_of_the_command_line_is_in_a_circle() {
    for (folder, path) in [("crates/cli/src/cli", "crate::cli::"), ("crates/cli/src/local", "crate::local::")] {
        let known = known(folder, path);
        let arrows: usize = known.values().map(BTreeSet::len).sum();
        assert!(arrows > known.len(), "{folder}: {arrows}");
        assert!(folder != "crates/cli/src/cli" || known["declared"].contains("client"), "{:?}", known["declared"]);
        let back = |own: &str, other: &str| reached(&known, other).contains(own);
        let circles: Vec<_> = known
            .iter()
            .flat_map(|(own, others)| others.iter().map(move |other| (own, other)))
            .filter(|(own, other)| back(own, other))
            .map(|(own, other)| format!("{own} knows {other}"))
            .collect();
        assert!(circles.is_empty(), "{folder}: {circles:#?}; move what both need to a module of its own");
    }
}
