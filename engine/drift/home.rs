//! A node's Home: desired rows, the Manifest's and the host's, path by path.

use std::collections::BTreeSet;

use crate::carbon::home::{as_text, owner_of};
use crate::carbon::{self, Desired};
use crate::cluster::Node;
use crate::edit::bundles;
use crate::modules::{SHOWN, Wanted};
use crate::yaml::Secrets;

use super::finding::{Class, Finding, Kind};
use super::hunk::hunk;
use super::rows::{Row, Rows, kept, listed};

/// Of so many files a host the texts are fetched; of more, the digests tell.
const TEXTS: usize = 100;

/// A Home that is not as wanted, with all that is known of it.
pub(super) struct Differing<'a> {
    pub(super) node: &'a Node,
    pub(super) wanted: &'a Wanted,
    /// The host's rows.
    pub(super) rows: &'a str,
    /// `path is of user:group`, of what belongs to others.
    pub(super) foreign: &'a [String],
    /// What find could not read.
    pub(super) errors: &'a str,
    /// The Manifest; [`None`] where it is gone or cannot be read.
    pub(super) manifest: Option<&'a str>,
    /// The content of a file of the Home, where it was fetched.
    pub(super) content: &'a dyn Fn(&str) -> Option<&'a [u8]>,
    pub(super) secrets: &'a Secrets,
}

/// The files whose texts are worth fetching.
pub(super) fn texts(wanted: &Wanted, rows: &str) -> Vec<String> {
    let (there, _) = listed(rows);
    let differs = |desired: &Desired| {
        let wish = desired.row.to_string();
        let (wish, _) = listed(&wish);
        let wish = wish.values().next();
        let seen = there.get(desired.row.path.as_str());
        match (wish, seen) {
            (Some(wish), Some(seen)) => {
                seen.is_file() && !seen.is_unread() && wish.is_file() && seen.what != wish.what
            }
            _ => false,
        }
    };
    let differing = wanted.home.iter().filter(|desired| {
        desired.class == carbon::Class::Owned
            && differs(desired)
            && wanted.home.text(&desired.row.path, SHOWN).is_some()
    });
    differing
        .take(TEXTS)
        .map(|desired| desired.row.path)
        .collect()
}

impl Differing<'_> {
    /// Every difference.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let (there, strange) = listed(self.rows);
        // An unreadable Manifest was told already; a foreign one is no record.
        let written = self.manifest.and_then(kept);
        let hidden = hidden(self.errors);
        let mut found: Vec<Finding> = hidden
            .iter()
            .map(|(path, why)| {
                self.finding(path, Kind::Unreadable, Class::Unknown)
                    .observed(why)
            })
            .collect();
        found.extend(strange.iter().map(|line| {
            self.finding(line, Kind::Unexpected, Class::Unknown)
                .observed("a name that no listing can hold")
        }));
        // A folder that may not be looked into is itself still seen.
        let under_hidden =
            |path: &str| above(path).any(|above| hidden.iter().any(|(folder, _)| folder == above));
        let mut known = BTreeSet::new();
        let mut missing = BTreeSet::new();
        let owned = self.wanted.home.iter();
        for desired in owned.filter(|desired| desired.class == carbon::Class::Owned) {
            let path = desired.row.path.clone();
            known.insert(path.clone());
            // A folder that is missing stands for what would be in it.
            if under_hidden(&path) || above(&path).any(|above| missing.contains(above)) {
                continue;
            }
            let seen = there.get(path.as_str()).copied();
            self.desired(&desired, written.as_ref(), seen, &mut found);
            if seen.is_none() {
                missing.insert(path);
            }
        }
        self.unexpected(&there, &known, written.as_ref(), &mut found);
        self.owners(there.len(), &mut found);
        found
    }

    fn finding(&self, path: &str, kind: Kind, class: Class) -> Finding {
        let home = self.node.home.display();
        Finding::new(format!("{home}/{path}"), kind, class).of_node(&self.node.name)
    }

    /// One path that is wanted.
    fn desired(
        &self,
        desired: &Desired,
        written: Option<&Rows<'_>>,
        seen: Option<Row<'_>>,
        found: &mut Vec<Finding>,
    ) {
        let path = desired.row.path.as_str();
        let line = desired.row.to_string();
        let (rows, _) = listed(&line);
        let Some(wish) = rows.get(path).copied() else {
            // A name with a line end in it is refused by the pack's reader.
            return;
        };
        let record = written.map(|rows| rows.get(path).copied());
        let what = |row: Option<Row<'_>>| row.map(|row| row.what.to_owned());
        let (wanted_what, seen_what) = (what(Some(wish)), what(seen));
        let written_what = opened(record.map(what), &wanted_what);
        let class = Class::of(
            wanted_what.as_deref(),
            written_what.as_ref().map(Option::as_deref),
            seen_what.as_deref(),
        );
        match (class, seen) {
            (None, _) => {}
            (Some(class), None) => found.push(
                self.finding(path, Kind::Missing, class)
                    .expected(self.words(desired, wish, true)),
            ),
            (Some(_), Some(seen)) if seen.is_unread() => found.push(
                self.finding(path, Kind::Unreadable, Class::Unknown)
                    .expected(self.words(desired, wish, true))
                    .observed("a file that may not be read"),
            ),
            (Some(class), Some(seen)) => found.push(self.modified(desired, wish, seen, class)),
        }
        let Some(seen) = seen.filter(|seen| !seen.what.starts_with('l')) else {
            return;
        };
        let written_mode = record.map(|row| row.map(|row| row.mode));
        if let Some(class) = Class::of(Some(wish.mode), written_mode, Some(seen.mode)) {
            found.push(
                self.finding(path, Kind::Mode, class)
                    .expected(wish.mode)
                    .observed(seen.mode),
            );
        }
    }

    fn modified(&self, desired: &Desired, wish: Row<'_>, seen: Row<'_>, class: Class) -> Finding {
        let path = desired.row.path.as_str();
        let mut finding = self
            .finding(path, Kind::Modified, class)
            .expected(self.words(desired, wish, true))
            .observed(self.words(desired, seen, false));
        let observed = (self.content)(path).map(<[u8]>::to_vec).and_then(as_text);
        if let (Some(observed), Some(expected)) = (observed, self.wanted.home.text(path, SHOWN)) {
            let normal = |text: String| match desired.normal {
                true => {
                    String::from_utf8_lossy(&bundles::normal_form(text.as_bytes())).into_owned()
                }
                false => text,
            };
            finding.hunk = Some(hunk(&normal(expected), &normal(observed), self.secrets));
        }
        finding
    }

    /// A row in words. The digest of a file that holds a secret would let a reader try passwords.
    fn words(&self, desired: &Desired, row: Row<'_>, wished: bool) -> String {
        match (desired.secret && row.is_file(), wished) {
            (true, true) => "the text with its secrets".to_owned(),
            (true, false) => "another text".to_owned(),
            (false, _) => row.words(),
        }
    }

    /// What nobody wants; a folder stands for what is in it.
    fn unexpected(
        &self,
        there: &Rows<'_>,
        known: &BTreeSet<String>,
        written: Option<&Rows<'_>>,
        found: &mut Vec<Finding>,
    ) {
        let strangers = there.keys().filter(|path| !known.contains(**path));
        let strangers: BTreeSet<&str> = strangers.copied().collect();
        for (path, seen) in there {
            if !strangers.contains(path) || above(path).any(|above| strangers.contains(above)) {
                continue;
            }
            let record = written.map(|rows| rows.get(path).map(|row| row.what));
            if let Some(class) = Class::of(None, record, Some(seen.what)) {
                let words = match seen.is_unread() {
                    true => "a file that may not be read".to_owned(),
                    false => seen.words(),
                };
                found.push(self.finding(path, Kind::Unexpected, class).observed(words));
            }
        }
    }

    /// What belongs to others. Owners are in no record: where something of the Home still is the wanted
    /// owner's, that owner was written, and the host has moved.
    fn owners(&self, all: usize, found: &mut Vec<Finding>) {
        let class = match self.manifest {
            Some(_) if self.foreign.len() < all => Class::Drift,
            _ => Class::Unknown,
        };
        let wanted = format!("{}:{}", self.node.user, self.node.group);
        let mut lines: Vec<(&str, &str)> = self
            .foreign
            .iter()
            .filter_map(|line| owner_of(line))
            .collect();
        lines.sort_unstable();
        let mut tops: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (path, owner) in lines {
            let covered = above(path).any(|above| tops.contains(&(above, owner)));
            tops.insert((path, owner));
            if covered {
                continue;
            }
            // What is unexpected is unexpected, whoever owns it.
            let home = self.node.home.display();
            let is_stranger = found.iter().any(|one| {
                one.kind == Kind::Unexpected && lies_in(&format!("{home}/{path}"), &one.path)
            });
            if !is_stranger {
                found.push(
                    self.finding(path, Kind::Owner, class)
                        .expected(&wanted)
                        .observed(owner),
                );
            }
        }
    }
}

/// True where `path` is `above` or lies under it.
fn lies_in(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the record says of a file whose digest it may keep keyed, because it holds a secret. A host that may read
/// the key opens what the file still is (`x:` where it is something else, so the host has moved: that the inventory has
/// moved as well cannot be told, and is not claimed); from another, nothing is learned.
fn opened(written: Option<Option<String>>, wanted: &Option<String>) -> Option<Option<String>> {
    match written {
        Some(Some(what)) if what.starts_with("f k:") => None,
        Some(Some(what)) if what == "f x:" => Some(wanted.clone()),
        other => other,
    }
}

/// The folders above a path, nearest first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(up, _)| up.rsplit_once('/')).map(|(up, _)| up)
}

/// What find may not look into: path and why. A path that went away while it looked hides nothing.
fn hidden(errors: &str) -> Vec<(String, String)> {
    errors
        .lines()
        .filter(|line| !line.ends_with("No such file or directory"))
        .map(|line| {
            let named = line.strip_prefix("find: ").unwrap_or(line);
            let (path, why) = named.rsplit_once(": ").unwrap_or((named, "cannot be read"));
            let quotes = ['\'', '\u{2018}', '\u{2019}', '`'];
            (path.trim_matches(quotes).to_owned(), why.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::opened;
    use crate::drift::Class;

    #[test]
    fn a_keyed_digest_tells_what_it_can() {
        let some = |what: &str| Some(what.to_owned());
        let rows = [
            ("f aa", "f bb", Some(Class::Pending)),
            ("f x:", "f bb", Some(Class::Drift)),
            ("f k:cc", "f bb", Some(Class::Unknown)),
            ("f k:cc", "f dd", None),
        ];
        for (written, seen, class) in rows {
            let wanted = some("f dd");
            let observed = some(if written == "f aa" { "f aa" } else { seen });
            let written = opened(Some(some(written)), &wanted);
            let written = written.as_ref().map(Option::as_deref);
            assert_eq!(
                Class::of(wanted.as_deref(), written, observed.as_deref()),
                class
            );
        }
    }
}
