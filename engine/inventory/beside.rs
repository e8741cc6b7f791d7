//! Which files of `group_vars/` and `host_vars/` hold the variables of a name, as Ansible looks for them.

use std::path::{Path, PathBuf};

use crate::yaml::{Error, Result};

/// The folders beside an inventory that hold variables.
const FOLDERS: [&str; 2] = ["group_vars", "host_vars"];

impl super::Inventory {
    /// The inventory's file and all that lies in `group_vars/` and `host_vars/` beside it.
    ///
    /// # Errors
    /// Where a folder cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let mut files = vec![self.file.clone()];
        for name in FOLDERS {
            if folder.join(name).is_dir() {
                files.extend(inside(&folder.join(name))?);
            }
        }
        Ok(files)
    }

    /// SHA-256, in hex, over the inventory's file and all that lies in `group_vars/` and `host_vars/` beside it:
    /// which state of the user's files a run was made from.
    ///
    /// # Errors
    /// Where a file can no longer be read.
    pub fn digest(&self) -> Result<String> {
        use sha2::Digest as _;
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let mut hasher = sha2::Sha256::new();
        for file in self.files()? {
            let bytes = std::fs::read(&file).map_err(|error| {
                Error::new(format!("cannot read `{}`", file.display())).because(error)
            })?;
            let name = file.strip_prefix(folder).unwrap_or(&file);
            hasher.update(format!("{} {}\n", bytes.len(), name.display()));
            hasher.update(bytes);
        }
        let digest = hasher.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];

/// The files for `name` in `folder`, in the order in which they count: the first of `name` (a file, or
/// a folder with all that is in it), `name.yml`, `name.yaml`, `name.json` that is there.
///
/// # Errors
/// Where a folder cannot be read.
pub(super) fn files_of(folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let bare = folder.join(name);
    if bare.is_dir() {
        return inside(&bare);
    }
    let ended = ENDINGS.map(|ending| folder.join(format!("{name}.{ending}")));
    let first = std::iter::once(bare)
        .chain(ended)
        .find(|path| path.is_file());
    Ok(first.into_iter().collect())
}

/// All files under a folder by name, without hidden ones, copies of editors (`~`) and other endings.
fn inside(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::new(format!("cannot read `{}`", folder.display())).because(error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ending = path.extension();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() && ending.is_none() {
            files.extend(inside(&path)?);
        } else if path.is_file()
            && ending.is_none_or(|ending| ENDINGS.iter().any(|known| ending == *known))
        {
            files.push(path);
        }
    }
    Ok(files)
}
