//! The table at the end of a run.

use std::fmt::Write;

use crate::report::Paint;
use crate::report::lines::shortened;
use crate::run::{Outcome, Report};

/// Shows counts by host, the nodes as proved, what is deferred, what failed, and how to go on.
#[must_use]
pub fn recap(report: &Report, paint: Paint) -> String {
    let mut page = String::new();
    let width = report
        .hosts
        .keys()
        .map(|host| host.chars().count())
        .max()
        .unwrap_or(4)
        .max(4);
    let head = format!(
        "{:width$}  {:>4} {:>8} {:>8} {:>7} {:>12}",
        "host", "ok", "changed", "skipped", "failed", "unreachable"
    );
    let _ok = writeln!(page, "{}", paint.bold(&head));
    for (host, tally) in &report.hosts {
        let cell = |count: usize, width: usize, outcome: Outcome| {
            let text = format!("{count:>width$}");
            if count == 0 {
                paint.dim(&text)
            } else {
                paint.outcome(outcome, &text)
            }
        };
        let _ok = writeln!(
            page,
            "{host:width$}  {} {} {} {} {}",
            cell(tally.ok, 4, Outcome::Ok),
            cell(tally.changed, 8, Outcome::Changed),
            cell(tally.skipped, 8, Outcome::Skipped),
            cell(tally.failed, 7, Outcome::Failed),
            cell(tally.unreachable, 12, Outcome::Unreachable),
        );
    }
    nodes(report, paint, &mut page);
    for path in &report.deferred {
        let _ok = writeln!(page, "{} {path}", paint.changed("read at the next start:"));
    }
    for note in &report.notes {
        let _ok = writeln!(page, "{} {note}", paint.bold("note:"));
    }
    for failure in &report.failures {
        // Its event has shown more.
        let short = shortened(failure, 6);
        let _ok = writeln!(
            page,
            "{} {}",
            paint.bad("failed:"),
            short.replace('\n', "\n  ")
        );
    }
    if report.interrupted {
        let _ok = writeln!(page, "{}", paint.bad("interrupted"));
    }
    if let Some(command) = &report.go_on {
        let _ok = writeln!(page, "go on with: {command}");
    }
    page
}

fn nodes(report: &Report, paint: Paint, page: &mut String) {
    if report.nodes.is_empty() {
        return;
    }
    let names = report.names();
    let width = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(4)
        .max(4);
    let _ok = writeln!(
        page,
        "\n{}",
        paint.bold(&format!(
            "{:width$}  {:<8} {:>7}  proved",
            "node", "role", "memory"
        ))
    );
    for (name, node) in names.iter().zip(&report.nodes) {
        let memory = match node.memory {
            Some(kib) => format!("{} MB", kib / 1024),
            None => "?".to_owned(),
        };
        let _ok = writeln!(
            page,
            "{name:width$}  {:<8} {memory:>7}  {}",
            node.role,
            node.proof.join(", ")
        );
        if !node.address.is_empty() {
            let _ok = writeln!(page, "{:width$}  {}", "", paint.dim(&node.address));
        }
    }
}
