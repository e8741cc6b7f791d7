//! Changes of the user's files, held against what they must bring about: every check still holds, the Homes of the nodes
//! have what was found on them, and no other Home moves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::carbon::{Desired, Digest, Kind};
use crate::commands::files::clusters_of;
use crate::commands::{FileOptions, site};
use crate::edit::bundles;
use crate::modules::{Wanted, World};
use crate::yaml::{Error, Result};

use super::expression::{Expression, Stands};
use super::keep::Writing;
use super::placing::{Placed, Placer, load};
use super::readers::Key;

/// One file of a cluster as it was found on some of its nodes.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) of_nodes: Vec<(Key, Expression)>,
    /// It sets what the role's own edits set: the checks decide.
    pub(super) touches_role: bool,
    /// What must stand in each node's Home.
    pub(super) found: Found,
}

impl Unit {
    /// How many nodes have it.
    pub(super) fn width(&self) -> usize {
        self.of_nodes.len()
    }

    /// Places it: what most nodes have first.
    fn place(&self, placer: &mut Placer<'_>) -> Result<(), Vec<Error>> {
        for (nodes, entries) in self.together(|expression| &expression.entries) {
            for of_path in entries.chunk_by(|one, other| one.path == other.path) {
                placer.edits(of_path, &nodes)?;
            }
        }
        for (nodes, files) in self.together(|expression| &expression.files) {
            placer.files(&files, &nodes)?;
        }
        Ok(())
    }

    /// The parts, each with all nodes that have it.
    fn together<T: Clone + PartialEq>(
        &self,
        of: impl Fn(&Expression) -> &[T],
    ) -> Vec<(Vec<Key>, Vec<T>)> {
        let mut parts: Vec<(T, Vec<Key>)> = Vec::new();
        for (key, expression) in &self.of_nodes {
            for part in of(expression) {
                match parts.iter_mut().find(|(known, _)| known == part) {
                    // Two findings of one path may say the same: a file of another mode is laid over with it.
                    Some((_, nodes)) if nodes.contains(key) => {}
                    Some((_, nodes)) => nodes.push(key.clone()),
                    None => parts.push((part.clone(), vec![key.clone()])),
                }
            }
        }
        let mut together: Vec<(Vec<Key>, Vec<T>)> = Vec::new();
        for (part, nodes) in parts {
            match together.iter_mut().find(|(known, _)| *known == nodes) {
                Some((_, parts)) => parts.push(part),
                None => together.push((nodes, vec![part])),
            }
        }
        together.sort_by_key(|(nodes, _)| std::cmp::Reverse(nodes.len()));
        together
    }
}

/// What must stand at which path, by node.
type Found = BTreeMap<Key, Vec<(String, Stands)>>;

/// What can be kept of some units, and what cannot.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) placed: Placed,
    /// What has been written of overlays.
    pub(super) writing: Writing,
    /// By unit: why it is refused.
    pub(super) refused: Vec<Option<Vec<Error>>>,
    /// By unit: what goes where.
    pub(super) told: Vec<Vec<String>>,
    found: Found,
}

/// Where units are placed, and what they are held against.
pub(super) struct Ground<'a> {
    pub(super) files: &'a FileOptions,
    /// Overlays are written below this folder.
    pub(super) root: &'a Path,
    /// Nothing of it is to stay.
    pub(super) trial: bool,
    pub(super) before: &'a World,
}

impl Ground<'_> {
    /// Places the units on top of each other, what most nodes have first, and holds them against what they must bring
    /// about. Where all together do not stand, each is tried on top of those that do.
    ///
    /// # Errors
    /// Where a file of this machine cannot be written.
    pub(super) fn settle(&self, units: &[Unit]) -> Result<Settled> {
        let mut settled = Settled {
            refused: units.iter().map(|_| None).collect(),
            told: vec![Vec::new(); units.len()],
            ..Settled::default()
        };
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(units[*at].width()));
        if order.is_empty() || self.add(&mut settled, units, &order)?.is_ok() {
            return Ok(settled);
        }
        for at in order {
            settled.refused[at] = self.add(&mut settled, units, &[at])?.err();
        }
        Ok(settled)
    }

    /// Puts some units on top; inside: what is to be said against them, and then all is as it was.
    fn add(
        &self,
        settled: &mut Settled,
        units: &[Unit],
        some: &[usize],
    ) -> Result<Result<(), Vec<Error>>> {
        let mut placer = Placer {
            files: self.files,
            root: self.root,
            trial: self.trial,
            placed: settled.placed.clone(),
        };
        let mut found = settled.found.clone();
        let mut told = Vec::new();
        for at in some {
            let first = placer.placed.told.len();
            if let Err(errors) = units[*at].place(&mut placer) {
                return Ok(Err(errors));
            }
            told.push((*at, placer.placed.told[first..].to_vec()));
            for (key, own) in &units[*at].found {
                found
                    .entry(key.clone())
                    .or_default()
                    .extend(own.iter().cloned());
            }
        }
        let mut writing = Writing::default();
        let laid = lay(&mut writing, &settled.placed, &placer.placed);
        let held = laid.map(|()| {
            let after = world_of(self.files, &placer.placed)?;
            hold(self.before, &after, &found)
        });
        if !matches!(held, Ok(Ok(()))) {
            writing.take_back()?;
            return held;
        }
        settled.placed = placer.placed;
        settled.writing.and(writing);
        settled.found = found;
        for (at, told) in told {
            settled.told[at] = told;
        }
        Ok(Ok(()))
    }
}

/// Writes the files of overlays that are new since `before`.
fn lay(writing: &mut Writing, before: &Placed, placed: &Placed) -> Result<()> {
    let new = placed.laid.iter();
    let mut new = new.filter(|(file, _)| !before.laid.contains_key(*file));
    new.try_for_each(|(file, laid)| {
        let mode = if laid.executable { 0o755 } else { 0o644 };
        let mode = if laid.secret { mode & 0o700 } else { mode };
        writing.put(file, &laid.bytes, mode)
    })
}

/// What is wanted by the files as they will be.
fn world_of(files: &FileOptions, placed: &Placed) -> Result<World, Vec<Error>> {
    let inventory = load(files, &placed.drafts)?;
    let clusters = clusters_of(files, &inventory)?;
    site::world(clusters, None, false)
}

/// Holds two worlds against each other: `found` is what the second must have, and all else as the first.
fn hold(before: &World, after: &World, found: &Found) -> Result<(), Vec<Error>> {
    let none = Vec::new();
    let mut errors = Vec::new();
    for (key, wanted) in &after.wanted {
        let own = found.get(key).unwrap_or(&none);
        for (path, stands) in own {
            if !is(wanted.home.get(path).as_ref(), stands) {
                let what = match stands {
                    Stands::Mode(_) => "mode",
                    Stands::Folder => "folder",
                    Stands::Link(_) => "link",
                    Stands::Nothing => "gap",
                    Stands::Bytes(_) => "file",
                };
                errors.push(Error::new(format!(
                    "what can be written of `{path}` does not give node `{}` the {what} that it has",
                    key.1
                )));
            }
        }
        let Some(old) = before.wanted.get(key).filter(|old| old.tree != wanted.tree) else {
            continue;
        };
        let stray = differing(old, wanted).into_iter().find(|path| {
            let lies_in = |one: &str, above: &str| one.starts_with(&format!("{above}/"));
            !own.iter()
                .any(|(known, _)| known == path || lies_in(known, path) || lies_in(path, known))
        });
        if let Some(path) = stray {
            errors.push(Error::new(format!(
                "`{path}` of node `{}` would become another too",
                key.1
            )));
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}

fn is(desired: Option<&Desired>, stands: &Stands) -> bool {
    let Some(desired) = desired else {
        return *stands == Stands::Nothing;
    };
    match stands {
        Stands::Nothing => false,
        Stands::Folder => desired.row.kind == Kind::Folder,
        Stands::Link(target) => desired.row.kind == Kind::Link(target.clone()),
        Stands::Mode(mode) => desired.row.mode == *mode,
        Stands::Bytes(bytes) if desired.normal => {
            desired.row.kind == Kind::File(Digest::of(&bundles::normal_form(bytes)))
        }
        Stands::Bytes(bytes) => desired.row.kind == Kind::File(Digest::of(bytes)),
    }
}

/// The paths at which two Homes differ.
fn differing(one: &Wanted, other: &Wanted) -> BTreeSet<String> {
    let rows = |wanted: &Wanted| -> BTreeSet<String> {
        wanted.home.owned().map(|row| row.line()).collect()
    };
    let (one, other) = (rows(one), rows(other));
    let lines = one.symmetric_difference(&other);
    let paths = lines.filter_map(|line| line.split_once('\t'));
    paths.map(|(path, _)| path.to_owned()).collect()
}
