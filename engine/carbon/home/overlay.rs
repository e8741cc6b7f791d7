//! The user's overlay folders: files of the control machine that are laid over the pack's.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::carbon::digest::Digest;
use crate::carbon::pack::entries::name_is_wrong;
use crate::cluster::Overlay;
use crate::yaml::{Error, Result};

/// A file of an overlay.
pub(super) struct Laid {
    pub(super) from: PathBuf,
    pub(super) mode: u32,
    pub(super) sha256: Digest,
}

/// All files of the overlays by their path below the Home; a later overlay wins.
pub(super) fn read(overlays: &[Overlay]) -> Result<BTreeMap<String, Laid>> {
    let mut files = BTreeMap::new();
    for overlay in overlays {
        let wrong = |path: &Path, message: &str| {
            Error::at(&overlay.place, format!("`{}` {message}", path.display()))
        };
        let mut folders = vec![overlay.path.clone()];
        while let Some(folder) = folders.pop() {
            let unread = |error: io::Error| wrong(&folder, "cannot be read").because(error);
            for entry in fs::read_dir(&folder).map_err(unread)? {
                let path = entry.map_err(unread)?.path();
                let kind = fs::symlink_metadata(&path).map_err(unread)?;
                if kind.is_dir() {
                    folders.push(path);
                    continue;
                }
                if !kind.is_file() {
                    return Err(wrong(&path, "is neither file nor folder"));
                }
                let below = path.strip_prefix(&overlay.path).ok().and_then(Path::to_str);
                let Some(below) = below.filter(|below| name_is_wrong(below).is_none()) else {
                    return Err(wrong(&path, "has a name that no Home can hold"));
                };
                let executable = kind.permissions().mode() & 0o100 != 0;
                let file = fs::File::open(&path).map_err(unread)?;
                let laid = Laid {
                    mode: if executable { 0o755 } else { 0o644 },
                    sha256: Digest::of_reader(file).map_err(unread)?.0,
                    from: path.clone(),
                };
                files.insert(below.to_owned(), laid);
            }
        }
    }
    Ok(files)
}
