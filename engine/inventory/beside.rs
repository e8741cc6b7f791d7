//! Which files of `group_vars/` and `host_vars/` hold the variables of a name, as Ansible looks for them.

use std::path::{Path, PathBuf};

use crate::inventory::Drafts;
use crate::yaml::{Error, Place, Result, hex};

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
        Ok(hex(&hasher.finalize()))
    }
}

const ENDINGS: [&str; 3] = ["yml", "yaml", "json"];

/// The files for `name` in `folder`, in the order in which they count: the first of `name` (a file, or
/// a folder with all that is in it), `name.yml`, `name.yaml`, `name.json` that is there.
///
/// # Errors
/// Where a folder cannot be read.
pub(super) fn files_of(folder: &Path, name: &str, drafts: &Drafts) -> Result<Vec<PathBuf>> {
    let bare = folder.join(name);
    if bare.is_dir() {
        return inside(&bare);
    }
    let ended = ENDINGS.map(|ending| folder.join(format!("{name}.{ending}")));
    let first = std::iter::once(bare)
        .chain(ended)
        .find(|path| drafts.has(path));
    Ok(first.into_iter().collect())
}

/// More folders than this under one, links followed, are none that somebody has made on purpose.
const MOST_FOLDERS: usize = 1_000;

/// All files under a folder by name, without hidden ones, copies of editors (`~`) and other endings.
///
/// # Errors
/// Where a folder cannot be read, or links lead back into a folder that they stand in.
fn inside(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut walk = Walk::default();
    walk.folder(folder)?;
    Ok(walk.files)
}

/// A way through folders and the links in them.
#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    /// The real folders that the walk is in, outermost first.
    open: Vec<PathBuf>,
    folders: usize,
}

impl Walk {
    fn folder(&mut self, folder: &Path) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            Error::new(format!("cannot read `{}`", folder.display())).because(error)
        };
        let real = folder.canonicalize().map_err(unreadable)?;
        self.folders += 1;
        if self.open.contains(&real) || self.folders > MOST_FOLDERS {
            let message = if self.folders > MOST_FOLDERS {
                format!(
                    "`{}` is one of more than {MOST_FOLDERS} folders of variables",
                    folder.display()
                )
            } else {
                format!(
                    "`{}` leads back to `{}`, which it stands in",
                    folder.display(),
                    real.display()
                )
            };
            return Err(Error::at(&Place::start_of(folder), message)
                .hint("take the symbolic link away; `find -L` shows the way round"));
        }
        self.open.push(real);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        for path in paths {
            self.one(path)?;
        }
        self.open.pop();
        Ok(())
    }

    fn one(&mut self, path: PathBuf) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ending = path.extension();
        if name.starts_with('.') || name.ends_with('~') {
            return Ok(());
        }
        if path.is_dir() && ending.is_none() {
            return self.folder(&path);
        }
        let known = ending.is_none_or(|ending| ENDINGS.iter().any(|known| ending == *known));
        if known && path.is_file() {
            self.files.push(path);
        }
        Ok(())
    }
}
