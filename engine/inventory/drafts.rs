//! Texts that the user's files are to hold: read as if they were written, before they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::yaml::{Error, Result, decode};

/// Files by path, each with the text that it is to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts(BTreeMap<PathBuf, String>);

impl Drafts {
    /// The file is to hold this text.
    pub fn put(&mut self, file: PathBuf, text: String) {
        self.0.insert(file, text);
    }

    /// Every file and its text.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &str)> {
        let all = self.0.iter();
        all.map(|(file, text)| (file.as_path(), text.as_str()))
    }

    /// The text that a file is to hold, else the one that it holds.
    ///
    /// # Errors
    /// Where it is not there, cannot be read, or is no text.
    pub fn text(&self, file: &Path) -> Result<String> {
        decode(self.bytes(file)?, file)
    }

    pub(super) fn bytes(&self, file: &Path) -> Result<Vec<u8>> {
        match self.0.get(file) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => std::fs::read(file).map_err(|error| {
                Error::new(format!("cannot read `{}`", file.display())).because(error)
            }),
        }
    }

    pub(super) fn has(&self, file: &Path) -> bool {
        self.0.contains_key(file) || file.is_file()
    }
}
