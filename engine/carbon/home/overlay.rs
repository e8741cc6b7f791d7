//! The user's overlay folders: files of the control machine that are laid over the pack's.

use std::collections::BTreeMap;
use std::ffi::OsString;
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

/// The largest file of an overlay (bytes): one is held in memory when it is sent.
const LARGEST: u64 = 1 << 30;

/// What a file is named that is being written beside its place, as its name begins and ends. Where that was cut it stays.
const BESIDE: (&str, &str) = (".", ".wmprov-");

/// Where a file is written before it is renamed to its place.
pub fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(BESIDE.0);
    // A file that can be written has a name; without one the folder itself would be renamed, which the system refuses.
    name.push(file.file_name().unwrap_or_default());
    name.push(format!("{}{}", BESIDE.1, std::process::id()));
    file.with_file_name(name)
}

/// True for what [`beside`] names.
fn is_beside(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let end = name.and_then(|name| name.strip_prefix(BESIDE.0)?.rsplit_once(BESIDE.1));
    end.is_some_and(|(_, number)| number.parse::<u32>().is_ok())
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
                if is_beside(&path) {
                    continue;
                }
                let unread = |error: io::Error| wrong(&path, "cannot be read").because(error);
                let kind = fs::symlink_metadata(&path).map_err(unread)?;
                if kind.is_dir() {
                    folders.push(path);
                    continue;
                }
                if !kind.is_file() {
                    return Err(wrong(&path, "is neither file nor folder"));
                }
                if kind.len() > LARGEST {
                    let error = wrong(&path, "is larger than 1 GiB");
                    return Err(error.hint("let a playbook of your own bring it"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Place;

    #[test]
    fn what_a_cut_writing_has_left_is_not_laid_and_what_is_too_large_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let overlay = Overlay {
            path: folder.path().to_owned(),
            place: Place::new("x.yaml", 1, 1),
        };
        let names = || -> Result<Vec<String>> {
            Ok(read(std::slice::from_ref(&overlay))?.into_keys().collect())
        };
        let jar = folder.path().join("a.jar");
        for file in [&jar, &beside(&jar), &folder.path().join(".b.wmprov-mine")] {
            fs::write(file, "x").unwrap();
        }
        assert_eq!(names().unwrap(), [".b.wmprov-mine", "a.jar"]);
        fs::File::create(&jar)
            .unwrap()
            .set_len(LARGEST + 1)
            .unwrap();
        let error = names().unwrap_err();
        assert!(error.message().ends_with("a.jar` is larger than 1 GiB"));
    }
}
