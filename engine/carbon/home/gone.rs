//! Paths that the pack has and a Home is not to have.

use std::collections::BTreeSet;

/// Such paths; each stands for all below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Gone(BTreeSet<String>);

impl Gone {
    /// Takes a path away.
    pub(super) fn insert(&mut self, path: String) {
        self.0.insert(path);
    }

    /// True where it, or a folder above it, was taken away.
    pub(super) fn has(&self, path: &str) -> bool {
        let above = || std::iter::successors(Some(path), |path| Some(path.rsplit_once('/')?.0));
        !self.0.is_empty() && above().any(|path| self.0.contains(path))
    }
}
