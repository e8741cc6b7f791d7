//! A change of one of the user's own files: shown, written whole or not at all, and taken back where nothing came of it.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::run::{Found, Report, Witness};
use crate::script::Facts;
use crate::yaml::{Error, Result};

/// A file's text, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileChange {
    file: PathBuf,
    before: String,
    after: String,
}

impl FileChange {
    /// Reads the file, and makes its new text.
    ///
    /// # Errors
    /// Where it cannot be read, and those of `made`.
    pub(super) fn of(file: &Path, made: impl FnOnce(&str) -> Result<String>) -> Result<Self> {
        let before = read(file)?;
        Ok(Self {
            file: file.to_owned(),
            after: made(&before)?,
            before,
        })
    }

    /// The new text.
    pub(super) fn after(&self) -> &str {
        &self.after
    }

    /// Writes the new text.
    ///
    /// # Errors
    /// Where the file is not what was read, or cannot be written: it is then as it was.
    pub(super) fn write(&self) -> Result<()> {
        self.put(&self.before, &self.after)
    }

    /// Writes the former text again.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(super) fn take_back(&self) -> Result<()> {
        self.put(&self.after, &self.before)
    }

    fn put(&self, expected: &str, text: &str) -> Result<()> {
        let cannot = |cause: std::io::Error| {
            Error::new(format!("cannot write `{}`", self.file.display())).because(cause)
        };
        if read(&self.file)? != expected {
            let message = format!("`{}` has changed meanwhile", self.file.display());
            return Err(Error::new(message).hint("run the same command again"));
        }
        // What a link leads to is written, and the link stays.
        let file = std::fs::canonicalize(&self.file).map_err(cannot)?;
        let folder = file.parent().unwrap_or(Path::new("/"));
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().unwrap_or_default());
        name.push(format!(".wmprov-{}", std::process::id()));
        let beside = folder.join(name);
        let written = || {
            let mut new = std::fs::File::create(&beside)?;
            new.write_all(text.as_bytes())?;
            new.set_permissions(std::fs::metadata(&file)?.permissions())?;
            new.sync_all()?;
            std::fs::rename(&beside, &file)
        };
        written().map_err(|cause| {
            // What is left of the attempt is of no use; the cause is told.
            let _gone = std::fs::remove_file(&beside);
            cannot(cause)
        })
    }

    /// The number of the first line that differs, and that line before and after.
    fn first(&self) -> (usize, &str, &str) {
        let mut lines = self.before.lines().zip(self.after.lines()).enumerate();
        let differs = lines.find(|(_, (before, after))| before != after);
        differs.map_or((0, "", ""), |(at, (before, after))| (at + 1, before, after))
    }
}

impl fmt::Display for FileChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, before, after) = self.first();
        let file = self.file.display();
        let count = |text: &str| text.lines().count();
        match count(&self.after).cmp(&count(&self.before)) {
            std::cmp::Ordering::Greater => {
                write!(out, "{file}:{line}: `{}` is added", after.trim())
            }
            std::cmp::Ordering::Less => write!(out, "{file}:{line}: `{}` goes", before.trim()),
            std::cmp::Ordering::Equal => {
                write!(
                    out,
                    "{file}:{line}: `{}` becomes `{}`",
                    before.trim(),
                    after.trim()
                )
            }
        }
    }
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|cause| Error::new(format!("cannot read `{}`", file.display())).because(cause))
}

/// Writes a change of the user's files just before the first act of a run: what ends earlier has changed nothing.
#[derive(Debug)]
pub(super) struct WriteFirst {
    change: Option<FileChange>,
    written: Mutex<bool>,
}

impl WriteFirst {
    pub(super) fn new(change: Option<FileChange>) -> Self {
        Self {
            change,
            written: Mutex::new(false),
        }
    }

    fn write(&self) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(change) = &self.change
            && !*written
        {
            change.write()?;
            *written = true;
        }
        Ok(())
    }

    /// The end of the run: what needed no act is written now, what came to nothing is taken back, and told.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(super) fn end(&self, report: &mut Report) -> Result<()> {
        let ended_well = report.is_good() && !report.interrupted;
        if ended_well {
            return self.write();
        }
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(change), true, false) = (&self.change, *written, report.has_changes()) {
            change.take_back()?;
            report.notes.push(format!(
                "`{}` is as it was, for nothing was changed on any host",
                change.file.display()
            ));
        }
        Ok(())
    }
}

impl Witness for WriteFirst {
    fn looked(&self, _: &str, _: &Facts) -> Result<()> {
        Ok(())
    }

    fn found(&self, _: Found<'_>) -> Result<()> {
        self.write()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_and_taken_back() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inventory.yaml");
        std::fs::write(&file, "a: 1\nb: 2\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link.yaml");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let change = FileChange::of(&link, |text| Ok(text.replace("b: 2", "b: 3"))).unwrap();
        assert!(
            change
                .to_string()
                .ends_with("link.yaml:2: `b: 2` becomes `b: 3`")
        );
        change.write().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a: 1\nb: 3\n");
        assert!(
            std::fs::symlink_metadata(&link)
                .unwrap()
                .file_type()
                .is_symlink()
        );
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        change.take_back().unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a: 1\nb: 2\n");
        std::fs::write(&file, "another's\n").unwrap();
        let refused = change.write().unwrap_err();
        assert!(refused.message().contains("has changed meanwhile"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
