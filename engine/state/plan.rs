//! The plan of a transaction, as `script/sh/commit.sh` reads it, and the Manifest's rows that it leaves.

use crate::carbon::{Digest, Kind, Row};

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanLine {
    /// A file that has landed takes its place.
    Put(Row),
    /// A path goes, with all under it.
    Gone(String),
    /// A folder is there, with these attributes.
    Folder(Row),
    /// Only mode and owner are set.
    Attributes(Row),
}

/// The plan as text: verb, SHA-256 (of a link its target's), mode, owner:group, path, between tabs. `-` stands where there is nothing,
/// because a shell's `read` would skip an empty field.
#[must_use]
pub fn plan_text(lines: &[PlanLine], owner: &str) -> String {
    lines.iter().fold(String::new(), |text, line| {
        let (verb, row) = match line {
            PlanLine::Put(row) => ("put", row),
            PlanLine::Folder(row) => ("folder", row),
            PlanLine::Attributes(row) => ("attributes", row),
            PlanLine::Gone(path) => return text + &format!("gone\t-\t-\t-\t{path}\n"),
        };
        let digest = match &row.kind {
            Kind::File(digest) => digest.to_string(),
            Kind::Link(target) => Digest::of(target.as_bytes()).to_string(),
            Kind::Folder => "-".to_owned(),
        };
        text + &format!("{verb}\t{digest}\t{:o}\t{owner}\t{}\n", row.mode, row.path)
    })
}

/// The Manifest's rows that change: path first, so that they sort and merge by it; a path that goes has none.
#[must_use]
pub fn rows_text(lines: &[PlanLine]) -> String {
    let mut rows: Vec<String> = lines
        .iter()
        .map(|line| match line {
            PlanLine::Put(row) | PlanLine::Folder(row) | PlanLine::Attributes(row) => row.line(),
            PlanLine::Gone(path) => format!("{path}\t-\n"),
        })
        .collect();
    rows.sort_unstable();
    rows.concat()
}
