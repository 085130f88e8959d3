//! What the modules of a crate know of each other, as their sources name it.

use std::collections::{BTreeMap, BTreeSet};

use super::{code, files, is_test};

type Path = Vec<String>;
/// What each module of a folder knows of those beside it.
pub(super) type Known = BTreeMap<String, BTreeSet<String>>;

/// The words before a name that a module defines.
const DEFINES: [&str; 7] = ["const", "static", "fn", "struct", "enum", "trait", "type"];

/// What the source of a module names.
#[derive(Default)]
struct Source {
    /// Paths as they are written, each with the name that a `use` gives to what it leads to.
    uses: Vec<(Path, String)>,
    /// Paths elsewhere in the code.
    others: Vec<Path>,
    /// What it defines.
    own: BTreeSet<String>,
}

impl Source {
    fn read(&mut self, text: &str) {
        let (mut using, mut elsewhere) = (String::new(), String::new());
        for line in code(text) {
            let begin = line.trim_start();
            let after = |rest: &'_ str| if rest.starts_with("(in ") { ") " } else { " " };
            let bare = begin
                .strip_prefix("pub")
                .map_or(begin, |rest| rest.split_once(after(rest)).map_or("", |(_, rest)| rest));
            if using.is_empty() && !bare.starts_with("use ") {
                elsewhere.push_str(line);
                elsewhere.push('\n');
                continue;
            }
            using.push_str(if using.is_empty() { &bare["use ".len()..] } else { begin });
            using.push(' ');
            if let Some(tree) = using.trim_end().strip_suffix(';') {
                spread(&[], tree, &mut self.uses);
                using.clear();
            }
        }
        let is_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
        let words = elsewhere.split(|character| !is_path(character)).filter(|word| word.contains("::"));
        self.others.extend(words.map(segments));
        let words: Vec<_> = elsewhere.split(|character| !is_path(character)).filter(|word| !word.is_empty()).collect();
        let defined = words.windows(2).filter(|pair| DEFINES.contains(&pair[0])).map(|pair| pair[1].to_owned());
        self.own.extend(defined);
    }
}

pub(super) fn segments(path: &str) -> Path {
    path.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// The paths of a tree, as `use` has it: `a::{b, c::{self, D as E}}`.
fn spread(before: &[String], tree: &str, found: &mut Vec<(Path, String)>) {
    let (path, list) = tree.split_once('{').map_or((tree, None), |(path, list)| (path, list.rsplit_once('}')));
    let (path, name) = path.split_once(" as ").unwrap_or((path, ""));
    let mut path = [before, &segments(path)].concat();
    if let Some((list, _)) = list {
        let mut depth = 0;
        let parts = list.split(|character| {
            depth += i32::from(character == '{') - i32::from(character == '}');
            character == ',' && depth == 0
        });
        return parts.filter(|part| !part.trim().is_empty()).for_each(|part| spread(&path, part, found));
    }
    path.pop_if(|last| last == "self");
    let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.trim().to_owned() };
    found.push((path, name));
}

/// The modules of a crate, by their paths.
#[derive(Default)]
pub(super) struct Crate(BTreeMap<Path, Source>);

impl Crate {
    pub(super) fn of(folder: &str) -> Self {
        let mut read = Self::default();
        for (file, text) in files(folder) {
            if !is_test(&file) && !file.contains("/tests/") {
                read.add(&file[folder.len() + 1..], &text);
            }
        }
        read
    }

    pub(super) fn add(&mut self, file: &str, text: &str) {
        let path = if ["lib.rs", "main.rs"].contains(&file) { "" } else { file.trim_end_matches(".rs") };
        self.0.entry(segments(&path.replace('/', "::"))).or_default().read(text);
    }

    /// A path from the crate's root; none where it leads to another crate.
    fn whole(&self, own: &[String], path: &[String]) -> Option<Path> {
        let above = path.iter().take_while(|segment| *segment == "super").count();
        Some(match path.first()?.as_str() {
            "crate" => path[1..].to_vec(),
            "self" => [own, &path[1..]].concat(),
            "super" => [&own[..own.len().checked_sub(above)?], &path[above..]].concat(),
            name => Some([own, path].concat()).filter(|_| self.0.contains_key(&[own, &[name.to_owned()]].concat()))?,
        })
    }

    /// The module that a path leads to, and those that lend it what it names.
    fn modules(&self, mut path: Path) -> Vec<Path> {
        let mut found = Vec::new();
        while found.len() < 8 {
            let depth = (0..=path.len()).rev().find(|depth| self.0.contains_key(&path[..*depth])).unwrap();
            let module = path[..depth].to_vec();
            let uses = &self.0[&module].uses;
            let lent = path.get(depth).and_then(|name| uses.iter().find(|(_, lent)| lent == name));
            let next =
                lent.and_then(|(lent, _)| Some([self.whole(&module, lent)?, path[depth + 1..].to_vec()].concat()));
            let next = next.or_else(|| {
                let name = path.get(depth)?;
                let all = uses.iter().filter(|(_, name)| name == "*");
                let mut lenders = all.filter_map(|(all, _)| self.whole(&module, &all[..all.len() - 1]));
                let lender = lenders.find(|lender| self.0.get(lender).is_some_and(|of| of.own.contains(name)));
                Some([lender?, path[depth..].to_vec()].concat())
            });
            found.push(module);
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        found
    }

    /// What modules know of those beside them, by the path of what they are in.
    pub(super) fn known(&self) -> BTreeMap<Path, Known> {
        let mut known: BTreeMap<Path, Known> = BTreeMap::new();
        for (own, source) in &self.0 {
            let named = source.uses.iter().map(|(path, _)| path).chain(&source.others);
            for other in named.filter_map(|path| self.whole(own, path)).flat_map(|path| self.modules(path)) {
                let shared = own.iter().zip(&other).take_while(|(own, other)| own == other).count();
                if let (Some(one), Some(another)) = (own.get(shared), other.get(shared)) {
                    let known = known.entry(own[..shared].to_vec()).or_default();
                    known.entry(one.clone()).or_default().insert(another.clone());
                }
            }
        }
        known
    }
}
