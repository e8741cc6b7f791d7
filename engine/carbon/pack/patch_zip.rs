//! WSO2 patches of the user's (`carbon_patches`): zips whose jars are laid among the pack's own entries, so that all that
//! asks the pack sees them as if they had been shipped (carbon 1.6).

use std::path::Path;
use std::sync::Arc;

use super::PackError;
use super::entries::{self, Listed};
use super::index::{Entry, Index, make};
use super::open::{OpenOptions, Pack, archive, indexed, top_of};
use super::patches::{COMPONENTS, is_patch_name};
use crate::catalogue::Kernel;

/// How the top folder of a patch is called: `WSO2-CARBON-PATCH-4.4.0-0010`.
const TOP: &str = "WSO2-CARBON-PATCH-";

impl Pack {
    /// Lays the patch in `path` among the pack's entries, and gives the files of the zip that are no part of a
    /// `patchNNNN` folder: what its instructions want done by hand.
    ///
    /// # Errors
    /// See [`PackError`]: not a zip, no patch in it, one that is there already or is for another kernel.
    pub fn lay_patch(
        &mut self,
        path: &Path,
        kernel: Kernel,
        options: &OpenOptions,
    ) -> Result<Vec<String>, PackError> {
        let refused = |why: String| PackError::Refused {
            path: path.to_owned(),
            why,
        };
        let top = top_of(path)?.unwrap_or_default();
        if let Some((major, minor)) = kernel_of(&top)
            && (major, minor) != (kernel.0, kernel.1)
        {
            return Err(refused(format!(
                "it is a patch of kernel {major}.{minor}, the product runs on {kernel}"
            )));
        }
        let zip = archive(path)?;
        let mut left = Vec::new();
        let mut jars = Vec::new();
        for listed in entries::list(path, &mut zip.clone(), &top)? {
            match laid_at(&top, &listed.path) {
                Some(at) => jars.push(Listed { path: at, ..listed }),
                None if !listed.folder && !is_reading(&listed.path) => left.push(listed.path),
                None => {}
            }
        }
        let names: Vec<String> = patch_names(&jars);
        if names.is_empty() {
            return Err(refused(
                "it has no folder `patchNNNN` with files in it, so it is no patch".to_owned(),
            ));
        }
        let taken = self.patches();
        if let Some(name) = names.iter().find(|name| taken.contains(&name.as_str())) {
            return Err(refused(format!(
                "`{name}` is there already, in the pack or in a patch before it"
            )));
        }
        let indexed = indexed(path, "a patch", options, || make(path, &zip, &jars))?;
        if self.unkept.is_none() {
            self.unkept = indexed.unkept.map(Arc::new);
        }
        self.archives.push(zip);
        self.take_in(indexed.index, self.archives.len() - 1);
        match self.patched() {
            Err(PackError::Unforetold { entry, .. }) => Err(PackError::Unforetold {
                path: path.to_owned(),
                entry,
            }),
            Err(error) => Err(error),
            Ok(_) => Ok(left),
        }
    }

    fn take_in(&mut self, patch: Index, zip: usize) {
        let new = patch.entries.into_iter();
        let new = new.filter(|entry| self.index.entry(&entry.path).is_none());
        let new: Vec<Entry> = new.map(|entry| Entry { zip, ..entry }).collect();
        self.index.entries.extend(new);
        self.index
            .entries
            .sort_by(|one, two| one.path.cmp(&two.path));
        self.index.patches.extend(patch.patches);
        self.index
            .patches
            .sort_by(|one, two| one.path.cmp(&two.path));
    }
}

/// Where an entry is laid in the Home; [`None`] for one that is no part of a patch's folder.
fn laid_at(top: &str, path: &str) -> Option<String> {
    let (name, file) = if is_patch_name(top) {
        (top, path)
    } else {
        path.split_once('/')?
    };
    is_patch_name(name).then(|| format!("{COMPONENTS}/patches/{name}/{file}"))
}

/// The names of the patches that bring files.
fn patch_names(jars: &[Listed]) -> Vec<String> {
    let files = jars.iter().filter(|listed| !listed.folder);
    let names = files.filter_map(|listed| listed.path.split('/').nth(3));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.dedup();
    names
}

/// What is there to be read only.
fn is_reading(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    [".txt", ".md", ".html", ".pdf"]
        .iter()
        .any(|end| name.ends_with(end))
        || ["license", "notice", "readme"].contains(&name.as_str())
}

/// The first two numbers of the kernel that a patch's top folder names: it is for all kernels that share them.
fn kernel_of(top: &str) -> Option<(u16, u16)> {
    let mut numbers = top.strip_prefix(TOP)?.split(['.', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests;
