//! One path of a Home as a line that a host can make as well.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::carbon::digest::Digest;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A file and the digest of its content, or of its normal form where it has one.
    File(Digest),
    /// A folder.
    Folder,
    /// A symbolic link and its target.
    Link(String),
}

/// A path, what stands there, and its mode.
///
/// Prints as `<octal mode> <f|d|l> <sha256|-|target> <path>` and a line feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Permission bits; of a link always 0777.
    pub mode: u32,
    /// What stands there.
    pub kind: Kind,
    /// The path below the Home.
    pub path: String,
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, kind, path } = self;
        writeln!(out, "{} {path}", Head(*mode, kind))
    }
}

impl Row {
    /// The same with the path first, as the Manifest holds it: path, tab, the rest. Lines sort by path as
    /// they stand, and their SHA-256 is the digest of a tree.
    #[must_use]
    pub fn line(&self) -> String {
        // A digest is the longest that stands behind a path.
        let mut line = String::with_capacity(self.path.len() + 80);
        line.push_str(&self.path);
        // A string takes all that is written to it.
        let _written = writeln!(line, "\t{}", Head(self.mode, &self.kind));
        line
    }
}

/// The path of a row as a host has printed it; [`None`] where the line is no row, or its path is not the one on the host:
/// bytes that are no UTF-8 have become other ones here, under which nothing could be removed or mended.
#[must_use]
pub fn path_of(row: &str) -> Option<&str> {
    let path = row.splitn(4, ' ').nth(3)?;
    (!path.contains(char::REPLACEMENT_CHARACTER)).then_some(path)
}

/// The path and the owner of a line that tells whose a path is, as a host has printed it: `bin/x is of root:root`.
#[must_use]
pub fn owner_of(line: &str) -> Option<(&str, &str)> {
    // A name may hold these words, an owner's none.
    line.rsplit_once(" is of ")
}

/// What stands there and where, of a row as it is printed: all but its mode.
#[must_use]
pub fn content_of(row: &str) -> Option<&str> {
    row.split_once(' ').map(|(_, rest)| rest)
}

/// A row without its path.
struct Head<'a>(u32, &'a Kind);

impl fmt::Display for Head<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mode, kind) = self;
        match kind {
            Kind::File(sha256) => write!(out, "{mode:o} f {sha256}"),
            Kind::Folder => write!(out, "{mode:o} d -"),
            Kind::Link(target) => write!(out, "{mode:o} l {target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Row, owner_of, path_of};
    use crate::carbon::Digest;

    #[test]
    fn rows_print_as_the_host_prints_them() {
        let row = |mode, kind, path: &str| {
            Row {
                mode,
                kind,
                path: path.to_owned(),
            }
            .to_string()
        };
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let file = row(0o644, Kind::File(Digest::of(b"")), "a b");
        assert_eq!(file, format!("644 f {empty} a b\n"));
        assert_eq!(row(0o755, Kind::Folder, "bin"), "755 d - bin\n");
        assert_eq!(row(0o777, Kind::Link("x".into()), "l"), "777 l x l\n");
        let folder = Row {
            mode: 0o755,
            kind: Kind::Folder,
            path: "bin".to_owned(),
        };
        assert_eq!(folder.line(), "bin\t755 d -\n");
        assert_eq!(
            owner_of("what is of me is of root:root"),
            Some(("what is of me", "root:root"))
        );
        assert_eq!(path_of(file.trim_end()), Some("a b"));
        let other = String::from_utf8_lossy(b"644 f x a\xff").into_owned();
        assert_eq!(path_of(&other), None);
    }
}
