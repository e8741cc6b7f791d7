//! The index of an archive (a product's pack, a JDK), kept between runs: believed only where it is whole and the pack is the same file.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::carbon::digest::Digest;

use super::PackError;

/// The format of the cache file; another one is not read.
const FORMAT: u32 = 3;

/// What tells that a file is still the same one (design 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::carbon) struct Key {
    format: u32,
    path: PathBuf,
    top: String,
    size: u64,
    mtime: i64,
    mtime_nsec: i64,
    inode: u64,
    device: u64,
}

#[derive(Serialize, Deserialize)]
struct Kept<I> {
    key: Key,
    index: I,
}

impl Key {
    /// The key of a pack as it is now.
    pub(in crate::carbon) fn of(path: &Path, top: &str) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            format: FORMAT,
            path: fs::canonicalize(path)?,
            top: top.to_owned(),
            size: metadata.size(),
            mtime: metadata.mtime(),
            mtime_nsec: metadata.mtime_nsec(),
            inode: metadata.ino(),
            device: metadata.dev(),
        })
    }

    fn file(&self, folder: &Path) -> PathBuf {
        let name = Digest::of(self.path.as_os_str().as_encoded_bytes()).to_string();
        folder.join(format!("pack-{}.json", &name[..16]))
    }
}

/// The kept index, where there is one, it is whole, and it belongs to this very file. Anything else is as
/// none: the index is then made again.
pub(in crate::carbon) fn load<I: DeserializeOwned>(folder: &Path, key: &Key) -> Option<I> {
    let bytes = fs::read(key.file(folder)).ok()?;
    let (seal, body) = (bytes.get(..64)?, bytes.get(65..)?);
    if seal != Digest::of(body).to_string().as_bytes() {
        return None;
    }
    let kept: Kept<I> = serde_json::from_slice(body).ok()?;
    (kept.key == *key).then_some(kept.index)
}

/// Keeps the index; the file comes into being whole, sealed by its own SHA-256.
pub(in crate::carbon) fn store<I: Serialize>(
    folder: &Path,
    key: &Key,
    index: &I,
) -> Result<(), PackError> {
    let path = key.file(folder);
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let kept = Kept {
            key: key.clone(),
            index,
        };
        let body = serde_json::to_vec(&kept)?;
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let mut file = fs::File::create(&part)?;
        writeln!(file, "{}", Digest::of(&body))?;
        file.write_all(&body)?;
        file.sync_all()?;
        fs::rename(&part, &path)
    };
    write().map_err(|source| PackError::Cache { path, source })
}
