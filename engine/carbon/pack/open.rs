//! A pack, opened and checked against the release it should hold.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::read::ZipArchive;

use crate::carbon::bundle::Bundle;
use crate::carbon::digest::Digest;
use crate::catalogue::{Kernel, Release};

use super::cache::{self, Key};
use super::file::PackFile;
use super::index::{Entry, Index, make};
use super::reader::PackReader;
use super::{PackError, entries};

/// Marks a pack built for the lab (design 7.4).
const LAB_MARKER: &str = "bin/lab-pack.txt";

/// The Java that a lab pack runs on besides the release's own: the lab hosts'.
const LAB_JAVA: u16 = 17;

/// How a pack is opened.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The folder that indexes are kept in; [`None`] keeps none.
    pub cache: Option<PathBuf>,
    /// Reads the whole pack again, whatever the cache says.
    pub verify: bool,
}

/// A product's zip whose every entry is known by its SHA-256.
#[derive(Clone, Debug)]
pub struct Pack {
    path: PathBuf,
    top: String,
    pub(super) index: Index,
    from_cache: bool,
    pub(super) unkept: Option<Arc<PackError>>,
    /// The directories of the zip and of patches laid over it, read once and shared by all readers.
    pub(super) archives: Vec<Archive>,
}

/// A zip whose directory has been read; a clone reads entries at its own place.
pub(super) type Archive = ZipArchive<PackFile>;

impl Pack {
    /// Opens the pack of a release: its directory is checked, its index made or taken from the cache, and
    /// product and version inside held against the release.
    ///
    /// # Errors
    /// See [`PackError`]: not a zip, cut off, another product, an entry that a pack must not have.
    pub fn open(path: &Path, release: &Release, options: &OpenOptions) -> Result<Self, PackError> {
        let archive = archive(path)?;
        let indexed = indexed(path, &release.top, options, || {
            let listed = entries::list(path, &mut archive.clone(), &release.top)?;
            make(path, &archive, &listed)
        })?;
        let pack = Self {
            path: path.to_owned(),
            top: release.top.clone(),
            index: indexed.index,
            from_cache: indexed.from_cache,
            unkept: indexed.unkept.map(Arc::new),
            archives: vec![archive],
        };
        pack.holds(release)?;
        Ok(pack)
    }

    /// The zip.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that everything in it is below.
    #[must_use]
    pub fn top(&self) -> &str {
        &self.top
    }

    /// What it holds.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// True where the index came from the cache and nothing was inflated.
    #[must_use]
    pub fn from_cache(&self) -> bool {
        self.from_cache
    }

    /// Why its index could not be kept for the next run, which then has to read the whole pack again.
    #[must_use]
    pub fn unkept(&self) -> Option<&PackError> {
        self.unkept.as_deref()
    }

    /// The SHA-256 of the zip.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.index.sha256
    }

    /// Files and folders, sorted by path.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.index.entries
    }

    /// The bundles under `plugins`.
    #[must_use]
    pub fn bundles(&self) -> &[Bundle] {
        &self.index.bundles
    }

    /// True for a pack built for the lab.
    #[must_use]
    pub fn is_lab(&self) -> bool {
        self.index.entry(LAB_MARKER).is_some()
    }

    /// The Java versions it runs on: the release's; a lab pack's marker adds the lab hosts' 17.
    #[must_use]
    pub fn java(&self, release: &Release) -> Vec<u16> {
        let mut java = release.java.clone();
        if self.is_lab() && !java.contains(&LAB_JAVA) {
            java.push(LAB_JAVA);
        }
        java
    }

    /// The profiles it ships: folders of `components` with a bundles.info (carbon 1.4).
    #[must_use]
    pub fn profiles(&self) -> Vec<&str> {
        let paths = self.index.entries.iter().map(|entry| entry.path.as_str());
        paths
            .filter_map(|path| {
                path.strip_prefix("repository/components/")?
                    .strip_suffix(super::super::bundle::BUNDLES_INFO_TAIL)
            })
            .filter(|profile| !profile.contains('/'))
            .collect()
    }

    /// A reader of entries, at its own place in the zip.
    #[must_use]
    pub fn reader(&self) -> PackReader<'_> {
        PackReader {
            pack: self,
            archives: self.archives.clone(),
        }
    }

    /// The content of one entry, or [`None`] where there is no such file.
    ///
    /// # Errors
    /// As [`PackReader::read`].
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PackError> {
        self.reader().read(path)
    }

    /// Product and version inside (carbon 7): the file name of a pack proves nothing.
    fn holds(&self, release: &Release) -> Result<(), PackError> {
        let refused = |why: String| PackError::Refused {
            path: self.path.clone(),
            why,
        };
        if self
            .index
            .entry("repository/conf/deployment.toml")
            .is_some()
        {
            return Err(refused(
                "it is of Carbon 4.5 or later (deployment.toml)".to_owned(),
            ));
        }
        let Some(bytes) = self.read("bin/version.txt")? else {
            return Err(refused(
                "it has no `bin/version.txt`, so it is no Carbon product".to_owned(),
            ));
        };
        let text = String::from_utf8_lossy(&bytes);
        let first = text.lines().next().unwrap_or_default().trim();
        let wanted = format!("v{}", release.version);
        if !first.split_whitespace().any(|word| word == wanted) || !first.contains(&release.name) {
            return Err(refused(format!(
                "its `bin/version.txt` says `{}`, not {} {wanted}",
                first.escape_debug(),
                release.name
            )));
        }
        match self.kernel()? {
            Some(kernel) if kernel != release.kernel => Err(PackError::OtherKernel {
                path: self.path.clone(),
                inside: kernel,
                wanted: release.kernel,
            }),
            _ => Ok(()),
        }
    }

    /// The kernel that the pack itself names in `bin/wso2carbon-version.txt`, as far as it can be read: with
    /// patches it says `v4.2.0 patch0009` (carbon 7).
    ///
    /// # Errors
    /// The zip cannot be read.
    pub fn kernel(&self) -> Result<Option<Kernel>, PackError> {
        let Some(bytes) = self.read("bin/wso2carbon-version.txt")? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut versions = text.split_whitespace().filter_map(|word| {
            let number = word.strip_prefix('v')?.split('-').next()?;
            Kernel::try_from(number.to_owned()).ok()
        });
        Ok(versions.next())
    }
}

/// The folder that the first entry of a zip is below: which product it says that it is.
///
/// # Errors
/// The file cannot be read, or is no zip.
pub fn top_of(path: &Path) -> Result<Option<String>, PackError> {
    let archive = archive(path)?;
    let first = archive.file_names().next().transpose();
    let first = first.map_err(|source| PackError::NotAZip {
        path: path.to_owned(),
        source,
    })?;
    Ok(first.and_then(|name| Some(name.split_once('/')?.0.to_owned())))
}

/// Opens the zip and reads its directory.
/// The index of a zip, and how it was come by.
pub(super) struct Indexed {
    pub(super) index: Index,
    from_cache: bool,
    /// Why it could not be kept for the next run.
    pub(super) unkept: Option<PackError>,
}

/// The index of a zip from the cache, where it is the same file read for the same `purpose`; else made, and kept.
pub(super) fn indexed(
    path: &Path,
    purpose: &str,
    options: &OpenOptions,
    make: impl FnOnce() -> Result<Index, PackError>,
) -> Result<Indexed, PackError> {
    let key = || {
        Key::of(path, purpose).map_err(|source| PackError::Unreadable {
            path: path.to_owned(),
            source,
        })
    };
    let before = key()?;
    let folder = options.cache.as_deref();
    let kept = folder.filter(|_| !options.verify);
    if let Some(index) = kept.and_then(|folder| cache::load(folder, &before)) {
        return Ok(Indexed {
            index,
            from_cache: true,
            unkept: None,
        });
    }
    let index = make()?;
    if key()? != before {
        return Err(PackError::Refused {
            path: path.to_owned(),
            why: "it changed while it was read".to_owned(),
        });
    }
    let kept = folder.map_or(Ok(()), |folder| cache::store(folder, &before, &index));
    Ok(Indexed {
        index,
        from_cache: false,
        unkept: kept.err(),
    })
}

/// Reads a zip's directory.
pub(super) fn archive(path: &Path) -> Result<Archive, PackError> {
    let unreadable = |source| PackError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path)
        .and_then(PackFile::new)
        .map_err(unreadable)?;
    ZipArchive::new(file).map_err(|source| PackError::NotAZip {
        path: path.to_owned(),
        source,
    })
}
