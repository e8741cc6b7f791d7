//! A JDK's tar.gz on the control machine (`java_pack`): checked, indexed once, streamed to hosts that lack it.
//!
//! It is never held whole. Its index (path, size, mode, link target, SHA-256 of every entry) is kept as a product
//! pack's is, so that a run that changes nothing does not inflate it again (design 4.1).

mod inflate;
mod read;
mod stream;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::OpenOptions;
use super::digest::Digest;
use super::home::{Kind, Row, TreeRules};
use super::pack::cache::{self, Key};
use crate::cluster::checks::Check;
use crate::yaml::Result;

/// One file, folder or link of a JDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JdkEntry {
    /// Its path below the top folder; empty for that itself.
    pub path: String,
    /// Permission bits; of a link always 0777.
    pub mode: u32,
    /// Its bytes.
    pub size: u64,
    /// What it is.
    pub kind: Kind,
}

/// All that is known of the archive without inflating it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    sha256: Digest,
    top: String,
    version: String,
    architecture: Option<String>,
    entries: Vec<JdkEntry>,
}

/// A JDK's archive whose every entry is known by its SHA-256.
#[derive(Clone, Debug)]
pub struct Jdk {
    path: PathBuf,
    index: Index,
    unkept: Option<String>,
}

impl Jdk {
    /// Opens an archive: it is read whole and checked, or its index taken from the cache.
    ///
    /// # Errors
    /// Under the code of what is wrong: WM110, WM111, WM165 to WM167.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self> {
        let shown = path.display();
        let unread = |error: std::io::Error| {
            Check::cite("WM110", format!("`java_pack` `{shown}` cannot be read")).because(error)
        };
        let key = Key::of(path, "").map_err(unread)?;
        let kept = match &options.cache {
            Some(folder) if !options.verify => cache::load(folder, &key),
            _ => None,
        };
        let mut unkept = None;
        let index = match kept {
            Some(index) => index,
            None => {
                let index = read::index(path)?;
                if Key::of(path, "").map_err(unread)? != key {
                    let message = format!("`java_pack` `{shown}` changed while it was read");
                    return Err(Check::cite("WM111", message));
                }
                if let Some(folder) = &options.cache {
                    unkept = cache::store(folder, &key, &index).err();
                }
                index
            }
        };
        Ok(Self {
            path: path.to_owned(),
            index,
            unkept: unkept.map(|error| error.to_string()),
        })
    }

    /// The archive.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 of the archive.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.index.sha256
    }

    /// The folder that everything in it is below.
    #[must_use]
    pub fn top(&self) -> &str {
        &self.index.top
    }

    /// The version that its `release` says, `1.8.0_402`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.index.version
    }

    /// The processors that its `release` says that it is for, as `uname -m` names them.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        self.index.architecture.as_deref()
    }

    /// Its entries, sorted by path, the top folder itself first.
    #[must_use]
    pub fn entries(&self) -> &[JdkEntry] {
        &self.index.entries
    }

    /// Why its index could not be kept for the next run.
    #[must_use]
    pub fn unkept(&self) -> Option<&str> {
        self.unkept.as_deref()
    }

    /// Its rows as a host lists them: all that is in its folder, and the folder.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.index.entries.iter().map(|entry| Row {
            mode: entry.mode,
            kind: entry.kind.clone(),
            path: listed(&entry.path),
        })
    }

    /// SHA-256 over the lines of all rows.
    #[must_use]
    pub fn tree(&self) -> Digest {
        let mut lines: Vec<String> = self.rows().map(|row| row.line()).collect();
        lines.sort_unstable();
        Digest::of(lines.concat().as_bytes())
    }

    /// How a host lists it: everything in its folder is of the JDK.
    #[must_use]
    pub fn rules() -> TreeRules {
        TreeRules {
            roots: vec![".".to_owned()],
            folders: Vec::new(),
            prunes: Vec::new(),
            normal: Vec::new(),
        }
    }
}

/// A path as `find .` prints it.
fn listed(path: &str) -> String {
    match path {
        "" => ".".to_owned(),
        path => format!("./{path}"),
    }
}

/// The feature version of a Java: 8 for `1.8.0_392`, 17 for `17.0.9`.
#[must_use]
pub fn feature(version: &str) -> Option<u16> {
    let mut parts = version.split(['.', '-', '+', '_']);
    let first: u16 = parts.next()?.parse().ok()?;
    if first == 1 {
        parts.next()?.parse().ok()
    } else {
        Some(first)
    }
}
