//! The zip's directory → checked entries: nothing that leaves the folder, nothing twice, no bombs.

use std::collections::BTreeMap;
use std::path::Path;

use zip::CompressionMethod;
use zip::read::ZipArchive;

use super::PackError;

/// The most entries a pack may have; the largest product has about 25,000.
pub const MOST_ENTRIES: usize = 200_000;
/// The most bytes a pack may inflate to: 8 GiB.
pub const MOST_BYTES: u64 = 8 << 30;
/// How many times its packed size an entry may inflate to; deflate itself reaches 1,032 on zeros. Entries
/// of less than [`SMALL`] bytes are not held to it.
pub const MOST_RATIO: u64 = 250;
/// What an entry may inflate to at any ratio: 16 MiB.
pub const SMALL: u64 = 16 << 20;

/// One entry of the directory, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its number in the zip.
    pub(super) number: usize,
    /// Its path below the top folder.
    pub(super) path: String,
    pub(super) folder: bool,
    /// What it inflates to, bytes.
    pub(super) size: u64,
    /// Permission bits.
    pub(super) mode: u32,
}

/// Checks every entry of the zip against the top folder `top`; entries come sorted by path.
pub(super) fn list<R: std::io::Read + std::io::Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    top: &str,
) -> Result<Vec<Listed>, PackError> {
    let refused = |why: String| PackError::Refused {
        path: path.to_owned(),
        why,
    };
    if archive.is_empty() {
        return Err(refused("it is empty".to_owned()));
    }
    if archive.len() > MOST_ENTRIES {
        return Err(refused(format!("it has more than {MOST_ENTRIES} entries")));
    }
    let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
    let mut total: u64 = 0;
    for number in 0..archive.len() {
        let (raw, entry) = one(path, archive, number, top)?;
        let wrong = |why: String| PackError::Entry {
            path: path.to_owned(),
            entry: raw.clone(),
            why,
        };
        total = total.saturating_add(entry.size);
        if total > MOST_BYTES {
            return Err(refused(format!(
                "it inflates to more than {MOST_BYTES} bytes"
            )));
        }
        let Some((_, below)) = entry.path.split_once('/') else {
            continue;
        };
        if listed.contains_key(below) {
            return Err(wrong("stands in it twice".to_owned()));
        }
        let path = below.to_owned();
        listed.insert(path.clone(), Listed { path, ..entry });
    }
    if archive.has_duplicate_names() {
        return Err(refused("an entry stands in it twice".to_owned()));
    }
    inside_files(path, &listed)?;
    Ok(listed.into_values().collect())
}

/// One entry of the zip, its name whole in `path`.
fn one<R: std::io::Read + std::io::Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    number: usize,
    top: &str,
) -> Result<(String, Listed), PackError> {
    let entry = archive
        .by_index_raw(number)
        .map_err(|source| PackError::NotAZip {
            path: path.to_owned(),
            source,
        })?;
    let shown = String::from_utf8_lossy(entry.name_raw())
        .escape_debug()
        .to_string();
    let wrong = |why: &str| PackError::Entry {
        path: path.to_owned(),
        entry: shown.clone(),
        why: why.to_owned(),
    };
    let Ok(name) = std::str::from_utf8(entry.name_raw()) else {
        return Err(wrong("has a name that is not UTF-8"));
    };
    if let Some(why) = name_is_wrong(name) {
        return Err(wrong(why));
    }
    let name_of_top = name.split('/').next().unwrap_or_default();
    if name_of_top != top {
        return Err(PackError::OtherTop {
            path: path.to_owned(),
            entry: shown,
            top: top.to_owned(),
        });
    }
    if entry.encrypted() {
        return Err(wrong("is encrypted"));
    }
    let kind = entry.unix_mode().unwrap_or(0) & 0o170_000;
    if entry.is_symlink() || kind == 0o120_000 {
        return Err(wrong("is a symbolic link"));
    }
    if !matches!(kind, 0 | 0o100_000 | 0o040_000) {
        return Err(wrong("is neither file nor folder"));
    }
    if !matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        return Err(wrong("is packed by a method other than deflate"));
    }
    let (size, packed) = (entry.size(), entry.compressed_size());
    if size > SMALL && size / MOST_RATIO > packed {
        return Err(wrong("inflates to more than 250 times its size"));
    }
    let folder = name.ends_with('/') || kind == 0o040_000;
    if folder && size > 0 {
        return Err(wrong("is a folder with content"));
    }
    let listed = Listed {
        number,
        path: name.trim_end_matches('/').to_owned(),
        folder,
        size,
        mode: mode_of(entry.unix_mode(), folder, name),
    };
    Ok((shown, listed))
}

/// Why a name could leave the folder, or cannot be said in one line to a host.
pub(in crate::carbon) fn name_is_wrong(name: &str) -> Option<&'static str> {
    if name.starts_with('/') {
        return Some("has an absolute name");
    }
    if name.contains('\\') {
        return Some("has a backslash in its name");
    }
    if name.chars().any(char::is_control) {
        return Some("has a control character in its name");
    }
    let mut parts = name.trim_end_matches('/').split('/');
    parts
        .any(|part| matches!(part, "" | "." | ".."))
        .then_some("has a name that leaves its folder")
}

/// Permission bits as they land on a host: never more than the owner may write. Packs zipped without
/// Unix modes get the usual ones, scripts executable.
fn mode_of(mode: Option<u32>, folder: bool, name: &str) -> u32 {
    match mode.map(|mode| mode & 0o777) {
        _ if folder => 0o755,
        Some(mode) if mode != 0 => mode & 0o755 | 0o600,
        _ if name.ends_with(".sh") => 0o755,
        _ => 0o644,
    }
}

/// An entry below another one that is a file cannot be unpacked.
fn inside_files(path: &Path, listed: &BTreeMap<String, Listed>) -> Result<(), PackError> {
    for entry in listed.values() {
        let mut above = entry.path.as_str();
        while let Some((parent, _)) = above.rsplit_once('/') {
            if listed.get(parent).is_some_and(|parent| !parent.folder) {
                return Err(PackError::Entry {
                    path: path.to_owned(),
                    entry: entry.path.clone(),
                    why: format!("is below `{parent}`, which is a file"),
                });
            }
            above = parent;
        }
    }
    Ok(())
}
