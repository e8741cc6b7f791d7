//! What lies elsewhere in a Home than in the pack: patched plugins, and a profile made from another.

use std::collections::BTreeMap;

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
#[derive(Debug, Default)]
pub(super) struct Moved(BTreeMap<String, String>);

/// Tells what a Home of this cluster has elsewhere than its pack.
///
/// # Errors
/// The pack holds something that the launcher would treat in a way not known here.
pub(super) fn moved(pack: &Pack, cluster: &Cluster) -> Result<Moved> {
    let mut moved = Moved::default();
    let wrong = |message: String| Error::at(&cluster.pack_place, message);
    patches(pack, &mut moved).map_err(|path| {
        wrong(format!(
            "`{path}` in the pack changes `plugins` in a way that is not foretold"
        ))
        .hint("take it out of the pack; patches are folders of jars, `patches/patch0001/*.jar`")
    })?;
    if let Some(from) = &cluster.release.profiles.worker_from {
        made_profile(pack, from, cluster, &mut moved)
            .map_err(|message| wrong(message).hint("`wmprov pack inspect` lists its profiles"))?;
    }
    Ok(moved)
}

/// The launcher copies the jars of every patch over `plugins`, in the order of their folders, under the names
/// that their manifests give (carbon 1.6); what is there already is what it would make.
fn patches(pack: &Pack, moved: &mut Moved) -> Result<(), String> {
    for entry in pack.entries() {
        let Some(below) = entry.path.strip_prefix(COMPONENTS) else {
            continue;
        };
        if below.starts_with("/servicepacks/") {
            return Err(entry.path.clone());
        }
        let Some(below) = below.strip_prefix("/patches/patch") else {
            continue;
        };
        match below.split_once('/') {
            // patch0000 is where the launcher keeps what it found.
            Some(("0000", _)) | None => {}
            Some((_, file)) if file.contains('/') || entry.sha256.is_none() => {
                return Err(entry.path.clone());
            }
            Some((_, file)) => {
                let name = name_of(pack, &entry.path, file);
                moved
                    .0
                    .insert(format!("{COMPONENTS}/plugins/{name}"), entry.path.clone());
            }
        }
    }
    Ok(())
}

/// What a patch's jar is called in `plugins`: `NAME_VERSION.jar` where it is a bundle.
fn name_of(pack: &Pack, path: &str, file: &str) -> String {
    let bundle = pack
        .index()
        .patches
        .iter()
        .find(|bundle| bundle.path == path);
    let named = bundle.and_then(|bundle| bundle.file.clone());
    named.unwrap_or_else(|| file.to_owned())
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
        let row = |entry: Entry, from: Option<String>| {
            let own = cover(&rules.own, &entry.path);
            let idle = |pattern: &String| matches(pattern, &entry.path);
            StockRow {
                class: if own { Class::Seeded } else { Class::Owned },
                read: !rules.idle.iter().any(idle),
                from,
                entry,
            }
        };
        let kept = pack.entries().iter();
        let kept = kept.filter(|entry| !self.0.contains_key(&entry.path));
        let laid = self.0.iter().filter_map(|(path, from)| {
            let entry = pack.index().entry(from)?;
            let path = path.clone();
            Some(row(
                Entry {
                    path,
                    ..entry.clone()
                },
                Some(from.clone()),
            ))
        });
        let mut rows: Vec<StockRow> = kept
            .map(|entry| row(entry.clone(), None))
            .chain(laid)
            .collect();
        rows.sort_by(|one, two| one.entry.path.cmp(&two.entry.path));
        rows
    }

    /// The pack's bundles, those of its patches in the place of what they replace; sorted by path.
    pub(super) fn bundles(&self, pack: &Pack) -> Vec<Bundle> {
        let kept = pack.bundles().iter();
        let kept = kept
            .filter(|bundle| !self.0.contains_key(&bundle.path))
            .cloned();
        let laid = self.0.iter().filter_map(|(path, from)| {
            let patches = &pack.index().patches;
            let bundle = patches.iter().find(|bundle| bundle.path == *from)?;
            let path = path.clone();
            Some(Bundle {
                path,
                ..bundle.clone()
            })
        });
        let mut bundles: Vec<Bundle> = kept.chain(laid).collect();
        bundles.sort_by(|one, two| one.path.cmp(&two.path));
        bundles
    }
}
