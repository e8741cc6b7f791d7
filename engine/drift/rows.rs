//! Rows of a tree as a host lists them, and as the Manifest keeps them.

use std::collections::BTreeMap;

use crate::carbon::home::path_of;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// Permissions, in octal.
    pub(super) mode: &'a str,
    /// Kind, a blank, and digest, `-` or target.
    pub(super) what: &'a str,
}

impl<'a> Row<'a> {
    /// Reads `mode kind digest`.
    fn of(text: &'a str) -> Option<Self> {
        let (mode, what) = text.split_once(' ')?;
        let known = what.split_once(' ').is_some_and(|(kind, digest)| {
            matches!(kind, "f" | "d" | "l" | "o") && !digest.is_empty()
        });
        known.then_some(Self { mode, what })
    }

    /// Its content could not be read.
    pub(super) fn is_unread(self) -> bool {
        self.what == "f !"
    }

    /// It is a file.
    pub(super) fn is_file(self) -> bool {
        self.what.starts_with('f')
    }

    /// In words, for a reader.
    pub(super) fn words(self) -> String {
        match self.what.split_once(' ') {
            Some(("f", digest)) => format!("sha256 {digest}"),
            Some(("d", _)) => "a folder".to_owned(),
            Some(("l", target)) => format!("a link to {target}"),
            _ => "a device, a pipe or a socket".to_owned(),
        }
    }
}

/// Rows by path.
pub(super) type Rows<'a> = BTreeMap<&'a str, Row<'a>>;

/// A host's listing, and the lines that are no rows (a line end in a file's name).
pub(super) fn listed(text: &str) -> (Rows<'_>, Vec<&str>) {
    let mut rows = Rows::new();
    let mut strange = Vec::new();
    for line in text.lines() {
        let row = path_of(line).and_then(|path| {
            let head = line.strip_suffix(path)?.strip_suffix(' ')?;
            Some((path, Row::of(head)?))
        });
        match row {
            Some((path, row)) => {
                rows.insert(path, row);
            }
            None => strange.push(line),
        }
    }
    (rows, strange)
}

/// The Manifest's rows; [`None`] where a line is no row: such a Manifest is not ours, and tells nothing.
pub(super) fn kept(text: &str) -> Option<Rows<'_>> {
    text.lines()
        .map(|line| {
            let (path, row) = line.split_once('\t')?;
            Some((path, Row::of(row)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{kept, listed};

    #[test]
    fn both_forms_read_alike() {
        let (rows, strange) = listed("644 f abc a b\n755 d - bin\n777 l to l\nbroken\n600 f ! x\n");
        assert_eq!(strange, ["broken"]);
        let manifest = kept("a b\t644 f abc\nbin\t755 d -\nl\t777 l to\nx\t600 f !\n").unwrap();
        assert_eq!(rows, manifest);
        assert!(rows["x"].is_unread() && rows["a b"].is_file());
        assert!(kept("a b\t644 f abc\nforeign\n").is_none());
    }
}
