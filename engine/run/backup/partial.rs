//! The file that a backup grows in, beside its place: its writer's own, locked, and given its name without taking another's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::archive::unwritten;
use crate::yaml::{Error, Result};

/// The file, open and locked.
pub(super) struct Partial {
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl Partial {
    /// Makes it anew, only its owner's; what a run that was cut has left goes.
    ///
    /// # Errors
    /// Where another backup writes it, its name is that of something else, or it cannot be made.
    pub(super) fn make(place: &Path) -> Result<Self> {
        let unwritten = |cause: io::Error| unwritten(place, cause);
        let mut path = place.as_os_str().to_owned();
        path.push(".partial");
        let path = PathBuf::from(path);
        loop {
            let mut open = OpenOptions::new();
            // Never what is there: that may have another's mode, or lead elsewhere.
            match open.write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) if file.try_lock().is_err() => return Err(written_by_another(place)),
                Ok(file) => return Ok(Self { file, path }),
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(unwritten(cause));
                }
                Err(_there) => {}
            }
            let left = fs::symlink_metadata(&path).map_err(unwritten)?;
            let file = match left.is_file() {
                true => OpenOptions::new().read(true).write(true).open(&path),
                false => return Err(foreign(&path)),
            };
            let mut file = file.map_err(unwritten)?;
            if file.try_lock().is_err() {
                return Err(written_by_another(place));
            }
            // Another may have given it its name since it was opened: then it is a backup, and not what lies here.
            if !is_at(&file, &path) {
                continue;
            }
            if !is_begun(&mut file).map_err(unwritten)? {
                return Err(foreign(&path));
            }
            fs::remove_file(&path).map_err(unwritten)?;
        }
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// Where something of that name has come into being meanwhile, or it cannot be named.
    pub(super) fn name(&self, place: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path, place) {
            Ok(()) => fs::remove_file(&self.path),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Err(cause),
            // A file system whose files have one name each.
            Err(_) if fs::symlink_metadata(place).is_err() => fs::rename(&self.path, place),
            Err(cause) => Err(cause),
        }
    }
}

/// True where the path leads to this very file.
fn is_at(file: &File, path: &Path) -> bool {
    let about = |of: fs::Metadata| (of.dev(), of.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(there)) => about(open) == about(there),
        _ => false,
    }
}

/// True where the file is one that a backup has begun: it starts with a tar's header, or with the room for one.
fn is_begun(file: &mut File) -> io::Result<bool> {
    let mut block = Vec::new();
    file.take(512).read_to_end(&mut block)?;
    let is_header = block.get(257..262).is_some_and(|magic| magic == b"ustar");
    Ok(is_header || block.iter().all(|byte| *byte == 0))
}

fn written_by_another(place: &Path) -> Error {
    let message = format!("another backup writes `{}`", place.display());
    Error::new(message).hint("wait for its end, or give another name")
}

fn foreign(path: &Path) -> Error {
    let message = format!(
        "`{}` is there, and nothing that a backup has left",
        path.display()
    );
    Error::new(message).hint("move it away, or give the backup another name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_what_a_backup_has_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("x");
        let path = folder.path().join("x.partial");
        let other = folder.path().join("other");
        fs::write(&other, [0; 600]).unwrap();
        let refused = || {
            let error = Partial::make(&place).err().expect("it was taken");
            assert!(error.message().contains("nothing that a backup has left"));
        };
        std::os::unix::fs::symlink(&other, &path).unwrap();
        refused();
        assert_eq!(fs::read(&other).unwrap(), [0; 600], "a link was followed");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "a user's own").unwrap();
        refused();
        assert_eq!(fs::read(&path).unwrap(), b"a user's own");
        // What is left of a run that was cut, readable by all, goes; what comes is ours alone.
        fs::write(&path, [0; 600]).unwrap();
        let made = Partial::make(&place).unwrap();
        let about = made.file.metadata().unwrap();
        assert_eq!((about.mode() & 0o777, about.len()), (0o600, 0));
        let error = Partial::make(&place).err().expect("two write one file");
        assert!(error.message().starts_with("another backup writes"));
        // A name that was taken meanwhile stays another's.
        fs::write(&place, "another's").unwrap();
        assert!(made.name(&place).is_err());
        assert_eq!(fs::read(&place).unwrap(), b"another's");
        fs::remove_file(&place).unwrap();
        made.name(&place).unwrap();
        assert!(place.exists() && !path.exists());
    }
}
