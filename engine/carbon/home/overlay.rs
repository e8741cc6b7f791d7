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

/// The folder of drivers in a Home.
pub(super) const LIB: &str = "repository/components/lib";

/// The folder of further bundles.
pub(super) const DROPINS: &str = "repository/components/dropins";

/// Jars by their path below the Home; `folder` says which lies where.
pub(super) fn jars(
    jars: &[Overlay],
    folder: &dyn Fn(&str) -> &'static str,
) -> Result<BTreeMap<String, Laid>> {
    let one = |jar: &Overlay| {
        let wrong =
            |message: &str| Error::at(&jar.place, format!("`{}` {message}", jar.path.display()));
        let name = jar.path.file_name().and_then(|name| name.to_str());
        let name = name.filter(|name| name.ends_with(".jar") && name_is_wrong(name).is_none());
        let name = name.ok_or_else(|| wrong("is no jar by its name"))?;
        let unread = |error: io::Error| wrong("cannot be read").because(error);
        let file = fs::File::open(&jar.path).map_err(unread)?;
        let laid = Laid {
            mode: 0o644,
            sha256: Digest::of_reader(file).map_err(unread)?.0,
            from: jar.path.clone(),
        };
        Ok((format!("{}/{name}", folder(name)), laid))
    };
    jars.iter().map(one).collect()
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
