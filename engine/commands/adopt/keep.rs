//! What is written on this machine: each file whole or not at all, and all of it taken back where it does not stand.

use std::io::Write as _;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use crate::carbon::home::beside;
use crate::yaml::{Error, Result};

/// Content and mode of a file; [`None`] where there was none.
type Before = Option<(Vec<u8>, u32)>;

/// What has been written, and what was there before.
#[derive(Debug, Default)]
pub(super) struct Writing {
    files: Vec<(PathBuf, Before)>,
    folders: Vec<PathBuf>,
}

impl Writing {
    /// Writes a file with this mode; one that is there keeps its own, or gets the narrower.
    ///
    /// # Errors
    /// Where it cannot be written: it is then as it was.
    pub(super) fn put(&mut self, file: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        let cannot = |cause: std::io::Error| {
            Error::new(format!("cannot write `{}`", file.display())).because(cause)
        };
        let before = match std::fs::read(file) {
            Ok(bytes) => {
                let mode = std::fs::metadata(file)
                    .map_err(cannot)?
                    .permissions()
                    .mode();
                Some((bytes, mode & 0o777))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(error)),
        };
        // What a link leads to is written, and the link stays.
        let file = match before {
            Some(_) => std::fs::canonicalize(file).map_err(cannot)?,
            None => file.to_owned(),
        };
        let narrow = match &before {
            Some((_, known)) if mode & 0o077 == 0 => known & 0o700 | mode,
            Some((_, known)) => *known,
            None => mode,
        };
        self.folder(file.parent().unwrap_or(Path::new("")))
            .map_err(cannot)?;
        whole(&file, bytes, narrow).map_err(cannot)?;
        self.files.push((file, before));
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> std::io::Result<()> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        self.folder(folder.parent().unwrap_or(Path::new("")))?;
        std::fs::DirBuilder::new().mode(0o755).create(folder)?;
        self.folders.push(folder.to_owned());
        Ok(())
    }

    /// What another has written is this one's too.
    pub(super) fn and(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
    }

    /// Makes everything as it was before.
    ///
    /// # Errors
    /// Where a file cannot be written; those before it are as they were written here.
    pub(super) fn take_back(&mut self) -> Result<()> {
        while let Some((file, before)) = self.files.pop() {
            let done = match &before {
                Some((bytes, mode)) => whole(&file, bytes, *mode),
                None => std::fs::remove_file(&file),
            };
            done.map_err(|cause| {
                Error::new(format!("cannot take `{}` back", file.display())).because(cause)
            })?;
        }
        while let Some(folder) = self.folders.pop() {
            // Where somebody has put something into it meanwhile it stays.
            let _stays = std::fs::remove_dir(folder);
        }
        Ok(())
    }
}

/// Writes a file beside its place, under a name that no overlay lays, and renames it there.
fn whole(file: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let beside = beside(file);
    let written = || {
        let mut options = std::fs::OpenOptions::new();
        let mut new = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        new.write_all(bytes)?;
        new.set_permissions(std::fs::Permissions::from_mode(mode))?;
        new.sync_all()?;
        std::fs::rename(&beside, file)
    };
    written().inspect_err(|_told| {
        // What is left of the attempt is of no use; the cause is told.
        let _gone = std::fs::remove_file(&beside);
    })
}

/// How folders for trials are named; the process that uses one follows.
const TRIAL: &str = "wmprov-adopt-";

/// A folder for a trial, which nobody else may look into; it goes with this.
#[derive(Debug)]
pub(super) struct TrialFolder(pub(super) PathBuf);

impl TrialFolder {
    pub(super) fn new() -> Result<Self> {
        let cannot = |cause: Box<dyn std::error::Error + Send + Sync>| {
            Error::new("cannot make a folder for a trial").because(cause)
        };
        let number = getrandom::u64().map_err(|cause| cannot(cause.to_string().into()))?;
        let temp = std::env::temp_dir();
        Self::sweep(&temp);
        let own = std::process::id();
        let folder = temp.join(format!("{TRIAL}{own}-{number:016x}"));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|cause| cannot(cause.into()))?;
        Ok(Self(folder))
    }

    /// Removes what trials have left that were killed: this user's folders, of processes that are no more.
    fn sweep(temp: &Path) {
        let Ok(names) = std::fs::read_dir(temp) else {
            // Whoever makes a folder there says why that cannot be.
            return;
        };
        for entry in names.flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(TRIAL));
            let process = process.and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
            let Some(process) = process else { continue };
            let lives = Path::new("/proc").join(process.to_string()).exists();
            let is_ours = entry.metadata().is_ok_and(|about| {
                about.is_dir()
                    && std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == about.uid())
            });
            if is_ours && !lives {
                // Another may have swept it meanwhile.
                let _gone = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for TrialFolder {
    fn drop(&mut self) {
        // Nobody else can look into what is left.
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_trial_has_left_is_swept() {
        let temp = tempfile::tempdir().unwrap();
        // No number of a process is that large.
        let [left, used, other] = [
            "wmprov-adopt-4194305-00".to_owned(),
            format!("wmprov-adopt-{}-00", std::process::id()),
            "wmprov-adopt-mine".to_owned(),
        ]
        .map(|name| temp.path().join(name));
        for folder in [&left, &used, &other] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("secret"), "x").unwrap();
        }
        let link = temp.path().join("wmprov-adopt-4194306-00");
        std::os::unix::fs::symlink(&other, &link).unwrap();
        TrialFolder::sweep(temp.path());
        assert!(!left.exists());
        assert!(used.join("secret").exists() && other.join("secret").exists());
        assert!(link.is_symlink(), "a link is none of ours");
    }

    #[test]
    fn what_was_written_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |file: &Path| std::fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let known = folder.path().join("known");
        std::fs::write(&known, "one").unwrap();
        std::fs::set_permissions(&known, std::fs::Permissions::from_mode(0o640)).unwrap();
        let new = folder.path().join("a/b/new");
        let mut writing = Writing::default();
        writing.put(&known, b"two", 0o644).unwrap();
        writing.put(&new, b"secret", 0o600).unwrap();
        assert_eq!(std::fs::read(&known).unwrap(), b"two");
        assert_eq!((mode(&known), mode(&new)), (0o640, 0o600));
        writing.put(&known, b"three", 0o600).unwrap();
        assert_eq!(mode(&known), 0o600);
        writing.take_back().unwrap();
        assert_eq!(std::fs::read(&known).unwrap(), b"one");
        assert_eq!(mode(&known), 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
