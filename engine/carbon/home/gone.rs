//! Paths that the pack has and a Home is not to have.

use std::collections::BTreeSet;
use std::ops::Range;

use super::moved::StockRow;

/// Such paths; each stands for all below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone(BTreeSet<String>);

impl Gone {
    /// Takes a path away.
    pub(super) fn insert(&mut self, path: String) {
        self.0.insert(path);
    }

    /// The numbers of the rows that are taken away, of rows sorted by path.
    pub(super) fn rows<'a>(
        &'a self,
        rows: &'a [StockRow],
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let before = |path: &str| rows.partition_point(|row| row.entry.path.as_str() < path);
        self.0.iter().flat_map(move |path| {
            // `a.x` comes between `a` and what is below `a`; `0` comes right behind `/`.
            let (itself, below) = (before(path), before(&format!("{path}/")));
            let there = rows.get(itself).is_some_and(|row| row.entry.path == *path);
            [
                itself..itself + usize::from(there),
                below..before(&format!("{path}0")),
            ]
        })
    }

    /// True where it, or a folder above it, was taken away.
    pub(super) fn has(&self, path: &str) -> bool {
        let above = || std::iter::successors(Some(path), |path| Some(path.rsplit_once('/')?.0));
        !self.0.is_empty() && above().any(|path| self.0.contains(path))
    }
}
