//! Entries of a pack → bytes, or a tar stream for a host; no file is held but where one is asked for.

use std::io::{self, Read, Write};

use crate::carbon::digest::Digest;

use super::index::exactly;
use super::open::Archive;
use super::{Pack, PackError};

/// A place in a pack, for taking entries out.
pub struct PackReader<'a> {
    pub(super) pack: &'a Pack,
    pub(super) archives: Vec<Archive>,
}

impl PackReader<'_> {
    /// The content of one entry, or [`None`] where there is no such file.
    ///
    /// # Errors
    /// The entry is damaged, or no longer what the index says.
    pub fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, PackError> {
        let entry = self.pack.index().entry(path);
        let Some((entry, sha256)) = entry.and_then(|entry| Some((entry, entry.sha256?))) else {
            return Ok(None);
        };
        let damaged = |source| self.pack.damaged(path, source);
        let mut bytes = Vec::new();
        exactly(&mut self.archives[entry.zip], entry.number, entry.size)
            .and_then(|mut content| content.read_to_end(&mut bytes))
            .map_err(damaged)?;
        if Digest::of(&bytes) != sha256 {
            let why = "it is not what it was when the pack was indexed";
            return Err(damaged(io::Error::other(why)));
        }
        Ok(Some(bytes))
    }

    /// Appends a file or folder of the pack to a tar stream, under its path below the Home, `at`; `header` says
    /// mode and owner.
    ///
    /// # Errors
    /// The entry is damaged or not there, or the stream fails.
    pub fn append(
        &mut self,
        path: &str,
        at: &str,
        mut header: tar::Header,
        tar: &mut tar::Builder<impl Write>,
    ) -> Result<(), PackError> {
        let damaged = |source| self.pack.damaged(path, source);
        let Some(entry) = self.pack.index().entry(path) else {
            return Err(damaged(io::Error::from(io::ErrorKind::NotFound)));
        };
        header.set_size(entry.size);
        if entry.sha256.is_none() {
            header.set_entry_type(tar::EntryType::Directory);
            return tar
                .append_data(&mut header, at, io::empty())
                .map_err(damaged);
        }
        let content =
            exactly(&mut self.archives[entry.zip], entry.number, entry.size).map_err(damaged)?;
        tar.append_data(&mut header, at, content).map_err(damaged)
    }
}

impl Pack {
    pub(super) fn damaged(&self, entry: &str, source: io::Error) -> PackError {
        PackError::Damaged {
            path: self.path().to_owned(),
            entry: entry.to_owned(),
            source,
        }
    }
}
