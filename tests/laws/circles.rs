//! No module of any crate is in a circle with modules beside it, at any level: not by what it names, and not by names that a
//! module above it lends from them (`pub use`). What a module names by `use super::*` is not seen.

use std::collections::BTreeSet;
use std::fs;

use latchkey_testkit::root;

use super::MATES;
use super::modules::{Crate, Known, segments};

/// All that a module knows, and all that those know.
fn reached(known: &Known, own: &str) -> BTreeSet<String> {
    let (mut found, mut next) = (BTreeSet::new(), vec![own]);
    while let Some(module) = next.pop() {
        let others = known.get(module).into_iter().flatten();
        next.extend(others.filter(|other| found.insert((*other).clone())).map(String::as_str));
    }
    found
}

/// The arrows that are part of a circle.
fn circles(known: &Known) -> Vec<String> {
    let arrows = known.iter().flat_map(|(own, others)| others.iter().map(move |other| (own, other)));
    let circles = arrows.filter(|(own, other)| reached(known, other).contains(*own));
    circles.map(|(own, other)| format!("{own} knows {other}")).collect()
}

/// The same, of modules that are one room by the law of the floors.
fn merged(known: &Known, mates: &[&str]) -> Known {
    let room = |name: &String| if mates.contains(&name.as_str()) { mates.join(" and ") } else { name.clone() };
    let mut merged = Known::new();
    for (own, others) in known {
        let own = room(own);
        let others: Vec<_> = others.iter().map(room).filter(|other| *other != own).collect();
        merged.entry(own).or_default().extend(others);
    }
    merged
}

#[test]
fn no_module_of_any_crate_is_in_a_circle() {
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().file_name());
    let crates = crates.map(|name| format!("crates/{}/src", name.to_str().unwrap()));
    let (mut arrows, mut mutual) = (0, 0);
    for folder in crates.chain(["src".to_owned()]).filter(|folder| root().join(folder).exists()) {
        for (place, mut known) in Crate::of(&folder).known() {
            arrows += known.values().map(BTreeSet::len).sum::<usize>();
            for mates in MATES.iter().filter(|_| folder == "crates/oauth/src" && place.is_empty()) {
                mutual += usize::from(circles(&known).contains(&mates.join(" knows ")));
                known = merged(&known, mates);
            }
            let circles = circles(&known);
            let place = place.join("/");
            assert!(circles.is_empty(), "{folder} {place}: {circles:#?}; move what both need to a module of its own");
        }
    }
    assert!(arrows > 500, "{arrows}");
    assert_eq!(mutual, MATES.len(), "what knows one way only needs no exception");
}

/// Each way to write that a module knows another one.
#[test]
fn a_circle_is_seen_however_it_is_written() {
    for (a, lent) in [
        ("use crate::room::b::Thing;", ""),
        ("use crate::{other, room::{self, b::{C, D}}};", ""),
        ("pub(super) use super::b::Thing as Other;", ""),
        ("fn f() { let _ = super::b::f(); }", ""),
        ("use crate::room::{Lent};", "pub use b::Thing as Lent;"),
        ("use crate::room::Lent;", "pub(in crate::room) use b::Thing as Lent;"),
        ("use crate::Twice;", "pub use b::Thing;"),
        ("use crate::room::Starred;", "pub use b::*;"),
    ] {
        let mut read = Crate::default();
        read.add("lib.rs", "mod room;\npub use room::Thing as Twice;\n");
        read.add("room.rs", &format!("mod a;\nmod b;\n{lent}\n"));
        read.add("room/a/within.rs", a);
        read.add("room/b.rs", "use std::fmt;\nuse crate::room::a::Another;\npub struct Starred;\n");
        read.add("room/a.rs", "// use crate::room::b;\nmod within;\n");
        let told = circles(&read.known()[&segments("room")]);
        let seen = if a.contains("super::") { vec![] } else { vec!["a knows b", "b knows a"] };
        assert_eq!(told, seen, "{a} {lent}");
        // `super` of the module itself.
        read.add("room/a.rs", a);
        assert_eq!(circles(&read.known()[&segments("room")]), ["a knows b", "b knows a"], "{a} {lent}");
    }
}
