//! What a pack's own patches make of its plugins at the first start (carbon 1.6).

use std::collections::BTreeMap;

use crate::carbon::bundle::Bundle;

use super::entries::name_is_wrong;
use super::{Pack, PackError};

/// Where bundles are, below the Home.
pub(super) const COMPONENTS: &str = "repository/components";

/// True for the folder of a patch: `patch` and four figures, but `patch0000`, where the launcher keeps what it found.
pub(super) fn is_patch_name(name: &str) -> bool {
    let number = name.strip_prefix("patch");
    number.is_some_and(|number| {
        number.len() == 4 && number != "0000" && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

impl Pack {
    /// Paths under `plugins`, each with the patch's path that its content comes from: the launcher copies the
    /// files of every patch over `plugins`, in the order of their folders, under the names that the jars'
    /// manifests give. What is there already is what it would make.
    ///
    /// # Errors
    /// A service pack, or a folder in a patch: what becomes of them is not known here.
    pub fn patched(&self) -> Result<BTreeMap<String, String>, PackError> {
        let mut patched = BTreeMap::new();
        for entry in self.entries() {
            let Some(below) = entry.path.strip_prefix(COMPONENTS) else {
                continue;
            };
            let unknown = || PackError::Unforetold {
                path: self.path().to_owned(),
                entry: entry.path.clone(),
            };
            if below.starts_with("/servicepacks/") {
                return Err(unknown());
            }
            let Some((patch, file)) = below
                .strip_prefix("/patches/patch")
                .and_then(|below| below.split_once('/'))
            else {
                continue;
            };
            // patch0000 is where the launcher keeps what it found.
            if patch == "0000" {
                continue;
            }
            if file.contains('/') || entry.sha256.is_none() {
                return Err(unknown());
            }
            let name = self.name_in_plugins(&entry.path, file);
            // A manifest may name its bundle anything; a path of its own it may not choose.
            if name.contains(['/', '\\']) || name_is_wrong(&name).is_some() {
                return Err(unknown());
            }
            patched.insert(format!("{COMPONENTS}/plugins/{name}"), entry.path.clone());
        }
        Ok(patched)
    }

    /// What a patch's file is called in `plugins`: `NAME_VERSION.jar` where it is a bundle.
    fn name_in_plugins(&self, path: &str, file: &str) -> String {
        let named = self
            .patch_bundle(path)
            .and_then(|bundle| bundle.file.clone());
        named.unwrap_or_else(|| file.to_owned())
    }

    fn patch_bundle(&self, path: &str) -> Option<&Bundle> {
        let patches = &self.index().patches;
        let at = patches.binary_search_by(|bundle| bundle.path.as_str().cmp(path));
        at.ok().map(|at| &patches[at])
    }

    /// The bundles under `plugins`, those of `patched` in the place of what they replace; sorted by path.
    #[must_use]
    pub fn bundles_with(&self, patched: &BTreeMap<String, String>) -> Vec<Bundle> {
        let kept = self.bundles().iter();
        let kept = kept
            .filter(|bundle| !patched.contains_key(&bundle.path))
            .cloned();
        let laid = patched.iter().filter_map(|(path, from)| {
            let path = path.clone();
            let bundle = self.patch_bundle(from)?.clone();
            Some(Bundle { path, ..bundle })
        });
        let mut bundles: Vec<Bundle> = kept.chain(laid).collect();
        bundles.sort_by(|one, two| one.path.cmp(&two.path));
        bundles
    }

    /// The names of its patches, in the order in which they are applied.
    #[must_use]
    pub fn patches(&self) -> Vec<&str> {
        let folder = format!("{COMPONENTS}/patches/");
        let folders = self.entries().iter().filter(|entry| entry.sha256.is_none());
        folders
            .filter_map(|entry| entry.path.strip_prefix(folder.as_str()))
            .filter(|name| name.starts_with("patch") && !name.contains('/') && *name != "patch0000")
            .collect()
    }
}
