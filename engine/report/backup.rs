//! A backup as its record tells it.

use std::fmt::Write as _;

use crate::report::{Paint, utc};
use crate::run::backup::BackupRecord;

/// Shows what a backup is, part by part.
#[must_use]
pub fn backup_page(record: &BackupRecord, paint: Paint) -> String {
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
        "{:<name$}  {:<host$}  {:>12}  SHA-256",
        "part", "from", "bytes"
    );
    let _ok = writeln!(page, "{}", paint.bold(&head));
    for part in &record.parts {
        let _ok = writeln!(
            page,
            "{:<name$}  {:<host$}  {:>12}  {}",
            part.name, part.host, part.size, part.sha256
        );
    }
    let _ok = writeln!(
        page,
        "{:<name$}  {:<host$}  {:>12}",
        "all",
        "",
        record.size()
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
