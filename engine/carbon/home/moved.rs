//! What lies elsewhere in a Home than in the pack: patched plugins, and a profile made from another.

use std::collections::{BTreeMap, HashSet};

use crate::carbon::bundle::Bundle;
use crate::carbon::pack::{Entry, Pack};
use crate::catalogue::PathRules;
use crate::cluster::Cluster;
use crate::yaml::{Error, Result};

use super::content::Class;
use super::patterns::{cover, matches};

const COMPONENTS: &str = "repository/components";

/// A path of a Home before anything is edited.
#[derive(Clone, Debug)]
pub(super) struct StockRow {
    /// The entry, under its path in the Home.
    pub(super) entry: Entry,
    pub(super) class: Class,
    /// Whether a server reads it.
    pub(super) read: bool,
    /// Its path in the pack, where that is another one.
    pub(super) from: Option<String>,
}

/// Paths of the Home, each with the path of its content in the pack.
#[derive(Debug)]
pub(super) struct Moved(BTreeMap<String, String>);

/// Tells what a Home of this cluster has elsewhere than its pack.
///
/// # Errors
/// The pack holds something that the launcher would treat in a way not known here.
pub(super) fn moved(pack: &Pack, cluster: &Cluster) -> Result<Moved> {
    let patched = pack.patched().map_err(|error| {
        let hint = error.way_out();
        Error::at(&cluster.pack_place, "the pack cannot be used")
            .hint(hint)
            .because(error)
    })?;
    let mut moved = Moved(patched);
    if let Some(from) = &cluster.release.profiles.worker_from {
        made_profile(pack, from, cluster, &mut moved).map_err(|message| {
            Error::at(&cluster.pack_place, message).hint("`wmprov pack inspect` lists its profiles")
        })?;
    }
    Ok(moved)
}

/// The profile of the workers, where the pack has none of its name: a copy of `from`.
fn made_profile(
    pack: &Pack,
    from: &str,
    cluster: &Cluster,
    moved: &mut Moved,
) -> Result<(), String> {
    let Some(name) = cluster.release.profiles.worker.as_deref() else {
        return Ok(());
    };
    let profiles = pack.profiles();
    if profiles.contains(&name) {
        return Ok(());
    }
    if !profiles.contains(&from) {
        return Err(format!(
            "the pack has neither a profile `{name}` nor `{from}`, which it is made from"
        ));
    }
    // What a start makes is no part of a profile (carbon 1.7); a pack has none of it.
    let prefix = format!("{COMPONENTS}/{from}");
    for entry in pack.entries() {
        if let Some(below) = entry.path.strip_prefix(&prefix)
            && (below.is_empty() || below.starts_with('/'))
        {
            let path = format!("{COMPONENTS}/{name}{below}");
            moved.0.insert(path, entry.path.clone());
        }
    }
    Ok(())
}

impl Moved {
    /// The pack's entries with what is moved laid over them, sorted by path.
    pub(super) fn rows(&self, pack: &Pack, rules: &PathRules) -> Vec<StockRow> {
        let kept = pack.entries().iter();
        let kept = kept.filter(|entry| !self.0.contains_key(&entry.path));
        let laid = self.0.iter().filter_map(|(path, from)| {
            let path = path.clone();
            let entry = pack.index().entry(from)?.clone();
            Some((Entry { path, ..entry }, Some(from.clone())))
        });
        let mut found: Vec<(Entry, Option<String>)> = kept
            .map(|entry| (entry.clone(), None))
            .chain(laid)
            .collect();
        found.sort_by(|one, two| one.0.path.cmp(&two.0.path));
        // A folder above an entry of the pack is an entry before it: each is matched by itself only.
        let mut seeded: HashSet<String> = HashSet::new();
        let rows = found.into_iter().map(|(entry, from)| {
            let alike = |patterns: &[String]| patterns.iter().any(|one| matches(one, &entry.path));
            let above = entry.path.rsplit_once('/').map(|(above, _)| above);
            let own = alike(&rules.own)
                || above.is_some_and(|above| seeded.contains(above))
                || (from.is_some() && cover(&rules.own, &entry.path));
            if own {
                seeded.insert(entry.path.clone());
            }
            StockRow {
                class: if own { Class::Seeded } else { Class::Owned },
                read: !alike(&rules.idle),
                from,
                entry,
            }
        });
        rows.collect()
    }

    /// The bundles under `plugins`, as the first start leaves them.
    pub(super) fn bundles(&self, pack: &Pack) -> Vec<Bundle> {
        pack.bundles_with(&self.0)
    }
}
