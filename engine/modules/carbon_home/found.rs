//! How a Home on a host differs from the wish: path by path, what mending it costs, and how it is shown.

use std::collections::BTreeMap;

use crate::carbon::home::{Content, Kind, PASSWORD_FILE, Row, as_text, content_of, path_of};
use crate::catalogue::Restart;
use crate::cluster::Node;
use crate::modules::Difference;
use crate::modules::copy::SHOWN;
use crate::modules::file::at;
use crate::modules::probes::{content_probe, kept_probe};
use crate::modules::world::Wanted;
use crate::script::{Answer, Answers};

/// How the owned paths on a host differ from the wish.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Paths that are sent.
    pub(super) put: Vec<String>,
    /// Paths that go.
    pub(super) gone: Vec<String>,
    /// Paths of which only mode or owner differ, and folders that are missing.
    pub(super) attributes: Vec<String>,
    /// Rows of the host, by path.
    rows: BTreeMap<String, String>,
}

/// Holds what was listed against the wish.
pub(super) fn compare(wanted: &Wanted, rows: &str) -> Found {
    let mut found = Found::default();
    for row in rows.lines() {
        if let Some(path) = path_of(row) {
            found.rows.insert(path.to_owned(), row.to_owned());
        }
    }
    let mut known = std::collections::BTreeSet::new();
    for row in wanted.home.owned() {
        known.insert(row.path.clone());
        let wish = row.to_string();
        let wish = wish.trim_end();
        match found.rows.get(&row.path) {
            Some(there) if there == wish => {}
            Some(there) if content_of(there) == content_of(wish) => found.attributes.push(row.path),
            _ if row.kind == Kind::Folder => found.attributes.push(row.path),
            _ => found.put.push(row.path),
        }
    }
    let unexpected = found.rows.keys().filter(|path| !known.contains(*path));
    // A folder goes with what is in it.
    let mut gone: Vec<String> = Vec::new();
    for path in unexpected {
        if !gone
            .last()
            .is_some_and(|last| path.starts_with(&format!("{last}/")))
        {
            gone.push(path.clone());
        }
    }
    found.gone = gone;
    found
}

/// True where the text on the host is asked for: of what is made here, and of what else is a text and is there. Which files
/// are asked must not depend on how many differ: an apply of a saved plan has to come to the same texts.
pub(super) fn has_text(wanted: &Wanted, found: &Found, path: &str) -> bool {
    match wanted.home.get(path).map(|desired| desired.content) {
        _ if path == PASSWORD_FILE => false,
        Some(Content::Computed(_)) => true,
        Some(_) => found.rows.contains_key(path) && wanted.home.text(path, SHOWN).is_some(),
        None => false,
    }
}

/// What it costs to put this right. What the record has as wanted already was changed by somebody on this host alone:
/// the other members have it, and this node comes back to them.
pub(super) fn cost(node: &Node, wanted: &Wanted, found: &Found, seen: &Answers) -> Restart {
    let record = match seen.get(&kept_probe(node, true)) {
        Some(Answer::Kept(kept)) => kept.rows.as_str(),
        _ => "",
    };
    let of_put = found.put.iter().filter_map(|path| {
        let desired = wanted.home.get(path)?;
        let old = at(seen, &content_probe(node, path))
            .ok()
            .flatten()
            .and_then(|there| there.content.as_deref());
        let cost = match old {
            Some(old) => desired.cost_from(old),
            None => desired.restart,
        };
        Some(
            if cost == Restart::WholeCluster && is_recorded(record, &desired.row) {
                Restart::Now
            } else {
                cost
            },
        )
    });
    let of_gone = found.gone.iter();
    let of_gone = of_gone.filter(|path| wanted.home.may_be_read(path));
    let of_gone = of_gone.map(|_| Restart::Now);
    of_put.chain(of_gone).max().unwrap_or(Restart::None)
}

/// The record has this content at this path. (A row that holds a secret may be closed: then it does not say.)
fn is_recorded(record: &str, row: &Row) -> bool {
    let wish = row.line();
    let content = |line: &str| {
        let (path, head) = line.trim_end().split_once('\t')?;
        Some((path.to_owned(), content_of(head)?.to_owned()))
    };
    record.lines().any(|line| content(line) == content(&wish))
}

/// The record has every owned path as it is wanted. A row that stays closed (it holds a secret, and the key may not be
/// read) does not say.
pub(super) fn is_whole(wanted: &Wanted, record: &str) -> bool {
    let rows = record.lines().filter_map(|line| line.split_once('\t'));
    let rows: BTreeMap<&str, &str> = rows.collect();
    let mut extra = rows.keys().filter(|path| wanted.home.get(path).is_none());
    extra.next().is_none()
        && wanted.home.owned().all(|row| {
            let wish = row.line();
            let wish = wish.trim_end().split_once('\t').map(|(_, head)| head);
            let there = rows.get(row.path.as_str()).copied();
            there == wish || there.is_some_and(|head| head.contains(" f k:"))
        })
}

/// What differs, as a reader wants to see it.
pub(super) fn differences(
    node: &Node,
    wanted: &Wanted,
    found: &Found,
    foreign: &[String],
    seen: &Answers,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let full = |path: &str| format!("{}/{path}", node.home.display());
    let digest = |path: &str| {
        found
            .rows
            .get(path)
            .and_then(|row| row.split(' ').nth(2).map(str::to_owned))
    };
    for path in &found.put {
        let Some(desired) = wanted.home.get(path) else {
            continue;
        };
        if path == PASSWORD_FILE {
            differences.push(Difference::Note {
                text: format!("{} holds the keystore's password", full(path)),
            });
            continue;
        }
        let old = at(seen, &content_probe(node, path)).ok().flatten();
        let before = old
            .and_then(|there| there.content.clone())
            .and_then(as_text);
        let after = before
            .as_ref()
            .and_then(|_there| wanted.home.text(path, SHOWN));
        differences.push(match (before, after) {
            (Some(before), Some(after)) => Difference::Text {
                path: full(path),
                before: Some(before),
                after: Some(after),
            },
            _ => Difference::Binary {
                path: full(path),
                before: digest(path),
                after: match &desired.row.kind {
                    Kind::File(digest) => Some(digest.to_string()),
                    Kind::Link(target) => Some(format!("a link to {target}")),
                    Kind::Folder => None,
                },
            },
        });
    }
    for path in &found.gone {
        differences.push(Difference::Binary {
            path: full(path),
            before: Some(digest(path).unwrap_or_else(|| "there".to_owned())),
            after: None,
        });
    }
    for path in &found.attributes {
        let mode = |row: &str| row.split(' ').next().unwrap_or_default().to_owned();
        let before = found
            .rows
            .get(path)
            .map_or_else(|| "not there".to_owned(), |row| mode(row));
        let after = wanted
            .home
            .get(path)
            .map(|desired| format!("{:o}", desired.row.mode))
            .unwrap_or_default();
        differences.push(Difference::Property {
            what: format!("mode of {}", full(path)),
            before,
            after,
        });
    }
    differences.extend(foreign.iter().map(|line| Difference::Note {
        text: format!(
            "{}/{line}, wanted {}:{}",
            node.home.display(),
            node.user,
            node.group
        ),
    }));
    differences
}
