//! What a declared file says, as a tree with lines, whatever its format.

/// A value, and the line where it begins.
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value.
pub(super) enum Value {
    Text(String),
    /// A whole number, as it is written.
    Number(String),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<Member>),
    /// What no attribute takes.
    Other(&'static str),
}

/// A member of a table.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(in crate::cli) struct Fault {
    /// Such as `clients[2].grant_types[0]`; empty for the whole file.
    pub(in crate::cli) path: String,
    pub(in crate::cli) line: Option<usize>,
    pub(in crate::cli) reason: String,
}

impl Fault {
    /// Of the whole file.
    pub(super) fn whole(line: Option<usize>, reason: impl Into<String>) -> Self {
        Self { path: String::new(), line, reason: reason.into() }
    }
}

/// No declared file is deeper.
pub(super) const DEEPEST: usize = 8;

/// The fault of a file that is.
pub(super) fn too_deep(line: usize) -> Fault {
    Fault::whole(Some(line), "lists and tables are nested too deeply for a declared file")
}

/// The fault of a member that is there twice.
pub(super) fn twice(line: usize, name: &str) -> Fault {
    Fault::whole(Some(line), format!("the name {name:?} is there twice in one table"))
}

impl Value {
    /// In words, for an error.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Text(_) => "a text".to_owned(),
            Self::Number(number) => format!("the number {number}"),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(what) => (*what).to_owned(),
        }
    }
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of the byte at this place, from 1.
    pub(super) fn at(&self, place: usize) -> usize {
        self.0.partition_point(|begin| *begin <= place)
    }
}
