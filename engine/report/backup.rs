//! A backup as its record tells it.

use std::fmt::Write as _;

use crate::report::{Paint, still_line, utc};
use crate::run::backup::BackupRecord;

/// Shows what a backup is, part by part. Whoever made it has written what is shown: nothing of that moves a terminal's cursor.
#[must_use]
pub fn backup_page(record: &BackupRecord, paint: Paint) -> String {
    let still = |text: &mut String| *text = still_line(text);
    let mut record = record.clone();
    let own = [
        &mut record.by,
        &mut record.inventory,
        &mut record.cluster,
        &mut record.product,
        &mut record.version,
    ];
    own.into_iter().for_each(still);
    let parts = record.parts.iter_mut();
    parts.for_each(|part| {
        [&mut part.name, &mut part.host, &mut part.sha256]
            .into_iter()
            .for_each(still)
    });
    let left_out = record.left_out.iter_mut();
    left_out.for_each(|left| [&mut left.what, &mut left.why].into_iter().for_each(still));
    let nodes = std::mem::take(&mut record.nodes)
        .into_iter()
        .map(|(mut name, mut role)| {
            [&mut name, &mut role].into_iter().for_each(still);
            (name, role)
        });
    record.nodes = nodes.collect();
    page_of(&record, paint)
}

fn page_of(record: &BackupRecord, paint: Paint) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ok = writeln!(
        page,
        "{} of cluster {}: {} {}, pattern {}",
        paint.bold("backup"),
        record.cluster,
        record.product,
        record.version,
        record.pattern
    );
    let sealed = match record.is_sealed() {
        true => "sealed with a passphrase",
        false => "in clear",
    };
    let _ok = writeln!(
        page,
        "{}, by {}, {sealed}",
        utc::minute(record.at),
        record.by
    );
    let _ok = writeln!(page, "inventory {}", record.inventory);
    let nodes: Vec<String> = record
        .nodes
        .iter()
        .map(|(name, role)| format!("{name} ({role})"))
        .collect();
    let _ok = writeln!(page, "nodes {}\n", nodes.join(", "));
    let name = record.parts.iter().map(|part| part.name.len());
    let name = name.max().unwrap_or(0).max(4);
    let host = record.parts.iter().map(|part| part.host.len());
    let host = host.max().unwrap_or(0).max(4);
    let head = format!(
        "{:<name$}  {:<host$}  {:>12}  {:>12}  SHA-256",
        "part", "from", "bytes", "packed"
    );
    let _ok = writeln!(page, "{}", paint.bold(&head));
    for part in &record.parts {
        let _ok = writeln!(
            page,
            "{:<name$}  {:<host$}  {:>12}  {:>12}  {}",
            part.name, part.host, part.size, part.packed, part.sha256
        );
    }
    let (size, packed) = record.size();
    let _ok = writeln!(
        page,
        "{:<name$}  {:<host$}  {size:>12}  {packed:>12}",
        "all", ""
    );
    for left in &record.left_out {
        let _ok = writeln!(
            page,
            "{} {}: {}",
            paint.changed("left out:"),
            left.what,
            left.why
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::backup::{LeftOut, Part, PartKind};

    #[test]
    fn a_record_from_anywhere_moves_no_cursor() {
        let evil = "\u{1b}[2J\n".to_owned();
        let record = BackupRecord {
            wmprov_backup: 1,
            id: evil.clone(),
            at: 1,
            by: evil.clone(),
            program: evil.clone(),
            inventory: evil.clone(),
            cluster: evil.clone(),
            product: evil.clone(),
            version: evil.clone(),
            pattern: 1,
            nodes: [(evil.clone(), evil.clone())].into(),
            parts: vec![Part {
                name: evil.clone(),
                kind: PartKind::H2,
                of: vec![evil.clone()],
                host: evil.clone(),
                size: 1,
                packed: 1,
                sha256: evil.clone(),
                dialect: None,
            }],
            left_out: vec![LeftOut {
                what: evil.clone(),
                why: evil,
            }],
            key: None,
        };
        let page = backup_page(&record, Paint::new(false));
        assert!(!page.contains('\u{1b}'), "{page}");
        assert_eq!(page.lines().count(), 9, "{page}");
    }
}
