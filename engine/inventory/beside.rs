//! Which files of `group_vars/` and `host_vars/` hold the variables of a name, as Ansible looks for them.

use std::path::{Path, PathBuf};

use crate::yaml::{Error, Result};

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
