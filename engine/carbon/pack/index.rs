//! What a pack holds: made by inflating every entry once, on two threads.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::carbon::bundle::{Bundle, read_jar, read_manifest};
use crate::carbon::digest::Digest;
use serde::{Deserialize, Serialize};

use super::PackError;
use super::entries::Listed;
use super::open::Archive;

/// A jar of more bytes than this is hashed but not looked into: 64 MiB.
const LARGEST_JAR: u64 = 64 << 20;

/// One file or folder of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct Entry {
    /// Its path below the Home.
    pub path: String,
    /// Its number in the zip.
    pub number: usize,
    /// What it inflates to, bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// The SHA-256 of its content; none for a folder.
    pub sha256: Option<Digest>,
    /// Which zip it is in: 0 for the pack, others for patches laid over it, in their order.
    pub zip: usize,
}

/// An entry as it is kept: thousands are read in every run, so nothing says of each what each has.
#[derive(Serialize, Deserialize)]
struct Packed(String, usize, u64, u32, Option<Digest>);

impl From<Packed> for Entry {
    fn from(Packed(path, number, size, mode, sha256): Packed) -> Self {
        Self {
            path,
            number,
            size,
            mode,
            sha256,
            zip: 0,
        }
    }
}

impl From<Entry> for Packed {
    fn from(entry: Entry) -> Self {
        Self(
            entry.path,
            entry.number,
            entry.size,
            entry.mode,
            entry.sha256,
        )
    }
}

/// Everything of a pack that is known without inflating it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The SHA-256 of the zip itself.
    pub sha256: Digest,
    /// Files and folders, sorted by path; folders that only their content implies are among them.
    pub entries: Vec<Entry>,
    /// The bundles under `plugins`, by path; jars without a readable manifest are missing.
    pub bundles: Vec<Bundle>,
    /// The bundles under `patches`, by path: the first start lays them over `plugins` (carbon 1.6).
    pub patches: Vec<Bundle>,
}

impl Index {
    /// The entry of a path.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|entry| entry.path.as_str().cmp(path));
        at.ok().map(|at| &self.entries[at])
    }
}

/// Hashes the zip and every entry, and reads the manifests of its bundles.
pub(super) fn make(path: &Path, archive: &Archive, listed: &[Listed]) -> Result<Index, PackError> {
    let next = AtomicUsize::new(0);
    let (whole, parts) = thread::scope(|scope| {
        let share = || scope.spawn(|| hash_some(path, archive.clone(), listed, &next));
        let workers = [share(), share()];
        let whole = hash_whole(path);
        (whole, workers.map(|worker| worker.join()))
    });
    let mut entries = Vec::with_capacity(listed.len());
    let mut bundles = Vec::new();
    for part in parts {
        let part = part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        entries.extend(part.0);
        bundles.extend(part.1);
    }
    add_folders(&mut entries);
    bundles.sort_by(|one: &Bundle, two| one.path.cmp(&two.path));
    let (patches, bundles) = bundles
        .into_iter()
        .partition(|bundle| bundle.path.starts_with("repository/components/patches/"));
    Ok(Index {
        sha256: whole?,
        entries,
        bundles,
        patches,
    })
}

fn hash_whole(path: &Path) -> Result<Digest, PackError> {
    let unreadable = |source| PackError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    Ok(Digest::of_reader(file).map_err(unreadable)?.0)
}

/// Takes entries one by one until none is left.
fn hash_some(
    path: &Path,
    mut archive: Archive,
    listed: &[Listed],
    next: &AtomicUsize,
) -> Result<(Vec<Entry>, Vec<Bundle>), PackError> {
    let (mut entries, mut bundles) = (Vec::new(), Vec::new());
    while let Some(item) = listed.get(next.fetch_add(1, Ordering::Relaxed)) {
        let damaged = |source| PackError::Damaged {
            path: path.to_owned(),
            entry: item.path.clone(),
            source,
        };
        let mut sha256 = None;
        if !item.folder {
            let (digest, bundle) = hash_one(&mut archive, item).map_err(damaged)?;
            sha256 = Some(digest);
            bundles.extend(bundle);
        }
        entries.push(Entry {
            path: item.path.clone(),
            number: item.number,
            size: item.size,
            mode: item.mode,
            sha256,
            zip: 0,
        });
    }
    Ok((entries, bundles))
}

fn hash_one(archive: &mut Archive, item: &Listed) -> io::Result<(Digest, Option<Bundle>)> {
    let mut content = exactly(archive, item.number, item.size)?;
    if !(is_plugin(&item.path) || is_patch(&item.path)) || item.size > LARGEST_JAR {
        let digest = Digest::of_reader(&mut content)?.0;
        return Ok((digest, None));
    }
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes)?;
    let bundle = match item.path.strip_suffix("/META-INF/MANIFEST.MF") {
        Some(folder) => read_manifest(folder, &bytes, Vec::new()),
        None => read_jar(&item.path, &bytes),
    };
    Ok((Digest::of(&bytes), bundle))
}

/// A jar directly under `plugins`, or the manifest of a bundle that is a folder there (carbon 1.5).
fn is_plugin(path: &str) -> bool {
    let Some((_, below)) = path.split_once("components/plugins/") else {
        return false;
    };
    match below.split_once('/') {
        None => below.ends_with(".jar"),
        Some((_, inside)) => inside == "META-INF/MANIFEST.MF",
    }
}

/// A jar of a patch.
fn is_patch(path: &str) -> bool {
    path.ends_with(".jar") && path.starts_with("repository/components/patches/")
}

/// The content of an entry; more or fewer bytes than its directory says are an error.
pub(super) fn exactly(archive: &mut Archive, number: usize, size: u64) -> io::Result<impl Read> {
    let entry = archive.by_index(number).map_err(io::Error::other)?;
    Ok(Exactly { entry, left: size })
}

struct Exactly<R> {
    entry: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.entry.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other(
                    "it inflates to more than its directory says",
                ));
            }
        }
        if count == 0 && !buffer.is_empty() && self.left > 0 {
            return Err(io::Error::other(
                "it inflates to less than its directory says",
            ));
        }
        Ok(count)
    }
}

/// Adds the folders that only their content implies, and sorts by path.
fn add_folders(entries: &mut Vec<Entry>) {
    entries.sort_by(|one, two| one.path.cmp(&two.path));
    let mut missing = std::collections::BTreeSet::new();
    for entry in entries.iter() {
        let mut path = entry.path.as_str();
        while let Some((parent, _)) = path.rsplit_once('/') {
            let known = entries.binary_search_by(|entry| entry.path.as_str().cmp(parent));
            if known.is_ok() || !missing.insert(parent.to_owned()) {
                break;
            }
            path = parent;
        }
    }
    entries.extend(missing.into_iter().map(|path| Entry {
        path,
        number: usize::MAX,
        size: 0,
        mode: 0o755,
        sha256: None,
        zip: 0,
    }));
    entries.sort_by(|one, two| one.path.cmp(&two.path));
}
