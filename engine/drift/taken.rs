//! The contents of what a Home has that nobody wants so: for `adopt`, which writes them into the user's files.

use std::collections::BTreeMap;

use crate::carbon;
use crate::cluster::Node;
use crate::modules::Wanted;
use crate::script::{Answer, Answers, FileKind, Probe};

use super::rows::{Row, listed};

/// Larger files are brought by hand.
const LARGEST: u64 = 16 << 20;

/// A path of a Home that is not as wanted, as it is on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The path below the Home.
    pub path: String,
    /// A file, a folder, a link, or something else.
    pub kind: FileKind,
    /// Permissions.
    pub mode: u32,
    /// What a link leads to.
    pub target: String,
    /// The content of a file; [`None`] where it is too large to be taken.
    pub bytes: Option<Vec<u8>>,
}

/// The questions for all that is there and not as wanted.
pub(super) fn probes(node: &Node, wanted: &Wanted, rows: &str) -> Vec<Probe> {
    paths(wanted, rows).map(|path| probe(node, path)).collect()
}

/// Their answers.
pub(super) fn taken(node: &Node, wanted: &Wanted, rows: &str, seen: &Answers) -> Vec<Taken> {
    let one = |path: &str| match seen.get(&probe(node, path)) {
        Some(Answer::Path(Some(there))) => Some(Taken {
            path: path.to_owned(),
            kind: there.kind,
            mode: there.mode,
            target: there.target.clone(),
            bytes: there.content.clone(),
        }),
        // It went away meanwhile, or may not be read, which a finding tells.
        _ => None,
    };
    paths(wanted, rows).filter_map(one).collect()
}

fn probe(node: &Node, path: &str) -> Probe {
    Probe::Path {
        path: format!("{}/{path}", node.home.display()),
        content: LARGEST,
    }
}

fn paths<'a>(wanted: &Wanted, rows: &'a str) -> impl Iterator<Item = &'a str> {
    let owned = wanted.home.iter();
    let owned = owned.filter(|desired| desired.class == carbon::Class::Owned);
    let wishes: BTreeMap<String, String> = owned
        .map(|desired| (desired.row.path.clone(), desired.row.to_string()))
        .collect();
    let (there, _) = listed(rows);
    let differs = move |(path, row): &(&'a str, Row<'a>)| {
        let Some(wish) = wishes.get(*path) else {
            return true;
        };
        let (wish, _) = listed(wish);
        wish.values()
            .next()
            .is_none_or(|wish| wish.what != row.what)
    };
    there.into_iter().filter(differs).map(|(path, _)| path)
}
