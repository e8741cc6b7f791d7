//! Entries of a JDK → a tar stream for a host, made anew: names, modes and owners are those that were checked.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Write};

use flate2::read::MultiGzDecoder;
use tar::{EntryType, Header};

use super::{Jdk, JdkEntry};
use crate::carbon::digest::Hasher;
use crate::carbon::home::Kind;

impl Jdk {
    /// Bytes that it takes unpacked.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entries().iter().map(|entry| entry.size).sum()
    }

    /// Bytes of the stream without the files `kept`.
    #[must_use]
    pub fn streamed(&self, kept: &BTreeSet<String>) -> u64 {
        let sent = self.entries().iter();
        let sent = sent.filter(|entry| !kept.contains(&entry.path));
        sent.map(|entry| 512 + entry.size.div_ceil(512) * 512).sum()
    }

    /// Writes all but the files `kept` (by path) as a tar stream of root's; names are below the top folder.
    ///
    /// # Errors
    /// The archive cannot be read or has changed, or `out` fails.
    pub fn stream(&self, kept: &BTreeSet<String>, out: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(out);
        let of_kind = |kind: fn(&Kind) -> bool| {
            let entries = self.entries().iter();
            entries.filter(move |entry| kind(&entry.kind) && !entry.path.is_empty())
        };
        for entry in of_kind(|kind| *kind == Kind::Folder) {
            let mut header = header(entry, EntryType::Directory)?;
            tar.append_data(&mut header, &entry.path, io::empty())?;
        }
        self.files(kept, &mut tar)?;
        for entry in of_kind(|kind| matches!(kind, Kind::Link(_))) {
            if let Kind::Link(target) = &entry.kind {
                let mut header = header(entry, EntryType::Symlink)?;
                tar.append_link(&mut header, &entry.path, target)?;
            }
        }
        tar.finish()
    }

    /// The files, in the archive's own order.
    fn files(&self, kept: &BTreeSet<String>, tar: &mut tar::Builder<impl Write>) -> io::Result<()> {
        let changed = || io::Error::other("it is not what it was when it was checked");
        let mut left = self
            .entries()
            .iter()
            .filter(|entry| matches!(entry.kind, Kind::File(_)))
            .count();
        let file = BufReader::with_capacity(1 << 17, File::open(self.path())?);
        let mut archive = tar::Archive::new(MultiGzDecoder::new(file));
        for found in archive.entries()? {
            let mut found = found?;
            let second = found.header().entry_type() == EntryType::Link;
            let Some(path) = self.below_top(&found.path_bytes()) else {
                continue;
            };
            let at = self
                .entries()
                .binary_search_by(|entry| entry.path.cmp(&path));
            let entry = &self.entries()[at.map_err(|_| changed())?];
            let Kind::File(digest) = entry.kind else {
                continue;
            };
            left = left.checked_sub(1).ok_or_else(changed)?;
            if kept.contains(&path) {
                continue;
            }
            if second {
                let first = found
                    .link_name_bytes()
                    .and_then(|name| self.below_top(&name));
                let mut header = header(entry, EntryType::Link)?;
                header.set_size(0);
                tar.append_link(&mut header, &path, first.ok_or_else(changed)?)?;
                continue;
            }
            if found.size() != entry.size {
                return Err(changed());
            }
            let mut header = header(entry, EntryType::Regular)?;
            let mut hashed = Hashed {
                from: &mut found,
                hasher: Hasher::default(),
            };
            tar.append_data(&mut header, &path, &mut hashed)?;
            if hashed.hasher.finish() != digest {
                return Err(changed());
            }
        }
        if left > 0 {
            return Err(changed());
        }
        Ok(())
    }

    /// The path of an entry below the top folder.
    fn below_top(&self, name: &[u8]) -> Option<String> {
        let name = std::str::from_utf8(name).ok()?;
        let name = name.trim_start_matches("./").trim_end_matches('/');
        let below = name.strip_prefix(self.top())?.strip_prefix('/')?;
        Some(below.to_owned())
    }
}

fn header(entry: &JdkEntry, kind: EntryType) -> io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(entry.mode);
    header.set_size(entry.size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    Ok(header)
}

/// A file's bytes, hashed on their way.
struct Hashed<R> {
    from: R,
    hasher: Hasher,
}

impl<R: io::Read> io::Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hasher.take(&buffer[..count]);
        Ok(count)
    }
}
