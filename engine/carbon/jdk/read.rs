//! The archive → its index: inflated once, as a stream; nothing that leaves the folder, nothing twice, no bombs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tar::EntryType;

use super::inflate::Inflated;
use super::{Index, JdkEntry};
use crate::carbon::digest::Digest;
use crate::carbon::home::Kind;
use crate::carbon::pack::entries::name_is_wrong;
use crate::cluster::checks::Check;
use crate::yaml::{Error, Result};

/// The most entries of a JDK; the largest have some thousand.
const MOST_ENTRIES: usize = 50_000;
/// The most bytes of `release`.
const RELEASE: u64 = 64 << 10;

/// Reads the whole archive.
pub(super) fn index(path: &Path) -> Result<Index> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(|error| {
        Check::cite("WM110", format!("`java_pack` `{shown}` cannot be read")).because(error)
    })?;
    let inflated = Inflated::new(file);
    let meter = inflated.meter();
    let mut archive = tar::Archive::new(inflated);
    let mut found = Found::new(&shown);
    let read = take_all(&mut archive, &mut found);
    let mut rest = archive.into_inner();
    let ended = read.and_then(|()| io::copy(&mut rest, &mut io::sink()).map_err(Stop::Broken));
    match ended {
        Ok(_) => {}
        Err(Stop::Refused(error)) => return Err(error),
        Err(Stop::Broken(_)) if meter.is_bomb() => {
            let message = format!("`java_pack` `{shown}` inflates to far more than a JDK has");
            return Err(Check::cite("WM167", message));
        }
        Err(Stop::Broken(error)) => {
            let message = format!("`java_pack` `{shown}` is not a tar.gz, or is cut off");
            return Err(Check::cite("WM111", message).because(error));
        }
    }
    let sha256 = rest.finish().map_err(|error| {
        Check::cite("WM110", format!("`java_pack` `{shown}` cannot be read")).because(error)
    })?;
    found.index(sha256)
}

/// Why reading ended early.
enum Stop {
    Broken(io::Error),
    Refused(Error),
}

fn take_all(archive: &mut tar::Archive<Inflated>, found: &mut Found<'_>) -> Result<(), Stop> {
    for entry in archive.entries().map_err(Stop::Broken)? {
        found.take(entry.map_err(Stop::Broken)?)?;
    }
    Ok(())
}

/// What has been read so far.
struct Found<'a> {
    shown: &'a str,
    top: Option<String>,
    entries: BTreeMap<String, JdkEntry>,
    release: Option<String>,
}

impl<'a> Found<'a> {
    fn new(shown: &'a str) -> Self {
        Self {
            shown,
            top: None,
            entries: BTreeMap::new(),
            release: None,
        }
    }

    fn refused(&self, code: &str, why: &str) -> Error {
        Check::cite(code, format!("`java_pack` `{}` {why}", self.shown))
    }

    fn wrong(&self, code: &str, name: &str, why: &str) -> Stop {
        let name = name.escape_debug();
        Stop::Refused(self.refused(code, &format!("is refused: its entry `{name}` {why}")))
    }

    /// Takes in one entry with its content.
    fn take(&mut self, mut entry: tar::Entry<'_, Inflated>) -> Result<(), Stop> {
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader) {
            return Ok(());
        }
        let raw = String::from_utf8(entry.path_bytes().into_owned());
        let Ok(raw) = raw else {
            return Err(self.wrong("WM166", "?", "has a name that is not UTF-8"));
        };
        let Some(path) = self.below_top(&raw)? else {
            return Ok(());
        };
        if self.entries.len() >= MOST_ENTRIES {
            let why = format!("has more than {MOST_ENTRIES} entries");
            return Err(Stop::Refused(self.refused("WM167", &why)));
        }
        if path.is_empty() && kind != EntryType::Directory {
            return Err(self.wrong("WM165", &raw, "is beside the folder that a JDK is"));
        }
        let mode = entry.header().mode().map_err(Stop::Broken)?;
        let found = match kind {
            EntryType::Directory => of_folder(path.clone()),
            EntryType::Regular | EntryType::Continuous => {
                self.file(path.clone(), mode, &mut entry)?
            }
            EntryType::Symlink => JdkEntry {
                mode: 0o777,
                size: 0,
                kind: Kind::Link(self.target(&raw, &path, &entry)?),
                path: path.clone(),
            },
            EntryType::Link => self.same_as(&raw, &path, &entry)?,
            _ => return Err(self.wrong("WM166", &raw, "is neither file, folder nor link")),
        };
        let folder = found.kind == Kind::Folder;
        if let Some(before) = self.entries.insert(path, found)
            && !(folder && before.kind == Kind::Folder)
        {
            return Err(self.wrong("WM166", &raw, "stands in it twice"));
        }
        Ok(())
    }

    /// The path below the one top folder, empty for that itself; nothing for what only says where the archive was made.
    fn below_top(&mut self, raw: &str) -> Result<Option<String>, Stop> {
        let name = raw.trim_start_matches("./").trim_end_matches('/');
        if matches!(name, "" | ".") && !raw.starts_with('/') {
            return Ok(None);
        }
        if let Some(why) = name_is_wrong(name) {
            return Err(self.wrong("WM166", raw, why));
        }
        let (top, below) = name.split_once('/').unwrap_or((name, ""));
        match &self.top {
            None => self.top = Some(top.to_owned()),
            Some(first) if first != top => {
                let why = format!("is not below `{first}`, where the first entry is");
                return Err(self.wrong("WM165", raw, &why));
            }
            Some(_) => {}
        }
        Ok(Some(below.to_owned()))
    }

    fn file(
        &mut self,
        path: String,
        mode: u32,
        entry: &mut tar::Entry<'_, Inflated>,
    ) -> Result<JdkEntry, Stop> {
        let wanted = entry.size();
        let (digest, size) = if path == "release" && wanted <= RELEASE {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(Stop::Broken)?;
            self.release = Some(String::from_utf8_lossy(&bytes).into_owned());
            (Digest::of(&bytes), bytes.len() as u64)
        } else {
            Digest::of_reader(entry).map_err(Stop::Broken)?
        };
        if size != wanted {
            return Err(Stop::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(JdkEntry {
            path,
            // Its server's user reads it, and nobody but root writes.
            mode: mode & 0o755 | 0o444,
            size,
            kind: Kind::File(digest),
        })
    }

    /// Where a link leads: not out of the folder. `..` stands in front only, where it is the path's own folders that
    /// are left; behind a name it might leave what another link leads to.
    fn target(
        &self,
        raw: &str,
        path: &str,
        entry: &tar::Entry<'_, Inflated>,
    ) -> Result<String, Stop> {
        // A link without a target is refused below, as one to nothing is.
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let Ok(target) = String::from_utf8(target) else {
            return Err(self.wrong("WM166", raw, "links to a name that is not UTF-8"));
        };
        let leaves = |why: &str| {
            let why = format!("links to `{}`, {why}", target.escape_debug());
            self.wrong("WM166", raw, &why)
        };
        if target.is_empty() || target.starts_with('/') || target.chars().any(char::is_control) {
            return Err(leaves("which is not in the folder"));
        }
        let ups = target.split('/').take_while(|part| *part == "..").count();
        let above = path.matches('/').count();
        if path.is_empty() || ups > above || target.split('/').skip(ups).any(|part| part == "..") {
            return Err(leaves("which may leave the folder"));
        }
        Ok(target)
    }

    /// A second name of a file that came before.
    fn same_as(
        &mut self,
        raw: &str,
        path: &str,
        entry: &tar::Entry<'_, Inflated>,
    ) -> Result<JdkEntry, Stop> {
        // Without a target it names no file before it, which is refused.
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let target = self.below_top(&String::from_utf8_lossy(&target))?;
        let first = target.and_then(|target| self.entries.get(&target));
        match first {
            Some(first) if matches!(first.kind, Kind::File(_)) => Ok(JdkEntry {
                path: path.to_owned(),
                ..first.clone()
            }),
            _ => Err(self.wrong("WM166", raw, "is a second name of no file before it")),
        }
    }

    /// All of it, held against what a JDK is.
    fn index(mut self, sha256: Digest) -> Result<Index> {
        let Some(top) = self.top.clone() else {
            return Err(self.refused("WM165", "has no folder that is a JDK"));
        };
        self.add_folders()?;
        if !self.runs("bin/java") {
            return Err(self.refused("WM165", &format!("has no program `{top}/bin/java`")));
        }
        let Some(release) = &self.release else {
            return Err(self.refused("WM165", &format!("has no file `{top}/release`")));
        };
        let said = |key: &str| {
            let mut lines = release.lines();
            let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.map(|value| value.trim().trim_matches('"').to_owned())
        };
        let Some(version) =
            said("JAVA_VERSION").filter(|version| super::feature(version).is_some())
        else {
            let why = format!("says no version in `{top}/release` (`JAVA_VERSION`)");
            return Err(self.refused("WM165", &why));
        };
        Ok(Index {
            sha256,
            architecture: said("OS_ARCH").map(|name| machine(&name)),
            version,
            top,
            entries: self.entries.into_values().collect(),
        })
    }

    /// The folders that only their content implies. What is below anything else cannot be unpacked.
    fn add_folders(&mut self) -> Result<()> {
        let mut missing = vec![String::new()];
        for path in self.entries.keys() {
            let mut above = path.as_str();
            while let Some((parent, _)) = above.rsplit_once('/') {
                match self.entries.get(parent).map(|found| &found.kind) {
                    Some(Kind::Folder) => {}
                    Some(_) => {
                        let why = format!(
                            "is refused: its entry `{}` is below `{}`, which is no folder",
                            path.escape_debug(),
                            parent.escape_debug()
                        );
                        return Err(self.refused("WM166", &why));
                    }
                    None => missing.push(parent.to_owned()),
                }
                above = parent;
            }
        }
        for path in missing {
            let folder = of_folder(path.clone());
            self.entries.entry(path).or_insert(folder);
        }
        Ok(())
    }

    /// True where a path is, or leads to, a file that may be executed.
    fn runs(&self, path: &str) -> bool {
        let mut at = path.to_owned();
        for _ in 0..8 {
            match self.entries.get(&at) {
                Some(found) => match &found.kind {
                    Kind::File(_) => return found.mode & 0o100 != 0,
                    Kind::Link(target) => at = led(&at, target),
                    Kind::Folder => return false,
                },
                None => return false,
            }
        }
        false
    }
}

fn of_folder(path: String) -> JdkEntry {
    JdkEntry {
        path,
        mode: 0o755,
        size: 0,
        kind: Kind::Folder,
    }
}

/// The path that a link at `path` leads to.
fn led(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "" | "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A JDK's name of an architecture as `uname -m` says it.
fn machine(name: &str) -> String {
    match name {
        "amd64" | "x64" => "x86_64",
        "arm64" => "aarch64",
        "i386" | "i486" | "i586" | "x86" => "i686",
        other => other,
    }
    .to_owned()
}
