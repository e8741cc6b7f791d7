//! The report for people: hosts that are not as wanted first, with hunks, then a line about the rest.

use std::fmt::Write;

use crate::drift::{Class, DriftReport, Finding, HostDrift, Status};
use crate::report::{Paint, still};

use super::{sides, silence, summary};

pub(super) fn page(report: &DriftReport, paint: Paint) -> String {
    let mut page = String::new();
    for (name, host) in &report.hosts {
        match host.status {
            Status::Ok => {}
            Status::Unreachable => unreachable(name, host, paint, &mut page),
            _ => different(name, host, paint, &mut page),
        }
    }
    let fine: Vec<&str> = report
        .hosts
        .iter()
        .filter(|(_, host)| host.status == Status::Ok)
        .map(|(name, _)| name.as_str())
        .collect();
    if !fine.is_empty() {
        let _ok = writeln!(page, "{} {}", paint.good("ok:"), fine.join(", "));
    }
    for gone in &report.gone {
        let _ok = writeln!(
            page,
            "{} {}: {}",
            paint.good("gone:"),
            gone.host,
            gone.finding
        );
    }
    let _ok = writeln!(page, "{}", summary(report));
    if report.interrupted {
        let _ok = writeln!(page, "{}", paint.bad("interrupted"));
    }
    page
}

fn unreachable(name: &str, host: &HostDrift, paint: Paint, page: &mut String) {
    let _ok = writeln!(
        page,
        "{} {name}: {}{}",
        paint.bad("unreachable:"),
        silence(host),
        mark(host.new, paint)
    );
    if let Some(hint) = &host.hint {
        let _ok = writeln!(page, "  hint: {hint}");
    }
}

fn different(name: &str, host: &HostDrift, paint: Paint, page: &mut String) {
    let word = format!("{}:", host.status.as_str());
    let _ok = writeln!(page, "{} {name}", painted(host.status, &word, paint));
    for finding in &host.differences {
        one(finding, paint, page);
    }
}

fn one(finding: &Finding, paint: Paint, page: &mut String) {
    let class = match finding.class {
        Class::Pending => paint.changed("pending"),
        other => paint.bad(other.as_str()),
    };
    let _ok = writeln!(
        page,
        "  {class} {} {}{}",
        finding.kind.as_str(),
        still(&finding.path),
        mark(finding.new, paint)
    );
    let Some(hunk) = &finding.hunk else {
        let _ok = writeln!(
            page,
            "    {}",
            still(&sides(finding)).replace('\n', "\n    ")
        );
        return;
    };
    for line in still(hunk).lines() {
        let line = match line.as_bytes().first() {
            Some(b'+') => paint.bad(line),
            Some(b'-') => paint.good(line),
            Some(b'@') => paint.dim(line),
            _ => line.to_owned(),
        };
        let _ok = writeln!(page, "    {line}");
    }
}

fn mark(new: bool, paint: Paint) -> String {
    if new {
        format!(" {}", paint.bold("(new)"))
    } else {
        String::new()
    }
}

fn painted(status: Status, text: &str, paint: Paint) -> String {
    match status {
        Status::Ok => paint.good(text),
        Status::Pending => paint.changed(text),
        _ => paint.bad(text),
    }
}
