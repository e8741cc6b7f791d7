//! The report for a browser, a phone, a printer.

use std::fmt::Write;

use crate::drift::{DriftReport, Finding, HostDrift, Status};

use super::{sides, silence, summary};
use crate::report::html::{self, Hunk};
use crate::report::utc;
use crate::report::xml::escaped;

pub(super) fn page(report: &DriftReport) -> String {
    let mut page = html::opened(&format!("Drift of {}", report.inventory));
    let _ok = writeln!(
        page,
        "<p>{} · {}</p>",
        utc::minute(report.at),
        escaped(&summary(report))
    );
    if report.interrupted {
        page.push_str(
            "<p class=\"unreachable tag\">Interrupted before every host was asked.</p>\n",
        );
    }
    table(report, &mut page);
    for (name, host) in &report.hosts {
        if host.status != Status::Ok {
            section(name, host, &mut page);
        }
    }
    if !report.gone.is_empty() {
        page.push_str("<h2>Gone since then</h2>\n<ul>\n");
        for gone in &report.gone {
            let _ok = writeln!(
                page,
                "<li>{}: <code>{}</code></li>",
                escaped(&gone.host),
                escaped(&gone.finding)
            );
        }
        page.push_str("</ul>\n");
    }
    page.push_str(html::CLOSED);
    page
}

fn table(report: &DriftReport, page: &mut String) {
    page.push_str("<table><thead><tr><th>Host</th><th>Status</th><th>Differences</th><th>New</th></tr></thead><tbody>\n");
    for (name, host) in &report.hosts {
        let new = host.differences.iter().filter(|one| one.new).count() + usize::from(host.new);
        let name = escaped(name);
        let shown = match host.status {
            Status::Ok => name,
            _ => format!("<a href=\"#{name}\">{name}</a>"),
        };
        let word = host.status.as_str();
        let _ok = writeln!(
            page,
            "<tr><td>{shown}</td><td class=\"tag {word}\">{word}</td><td>{}</td><td>{new}</td></tr>",
            host.differences.len()
        );
    }
    page.push_str("</tbody></table>\n");
}

fn section(name: &str, host: &HostDrift, page: &mut String) {
    let word = host.status.as_str();
    let _ok = writeln!(
        page,
        "<section id=\"{0}\"><h2>{0} <span class=\"tag {word}\">{word}</span>{1}</h2>",
        escaped(name),
        mark(host.new)
    );
    if host.status == Status::Unreachable {
        let _ok = writeln!(page, "<p>{}</p>", escaped(silence(host)));
        if let Some(hint) = &host.hint {
            let _ok = writeln!(page, "<p>Hint: {}</p>", escaped(hint));
        }
    }
    if !host.differences.is_empty() {
        page.push_str("<ul>\n");
        for finding in &host.differences {
            one(finding, page);
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}

fn one(finding: &Finding, page: &mut String) {
    let class = finding.class.as_str();
    let _ok = writeln!(
        page,
        "<li><span class=\"tag {class}\">{class}</span> {} <code>{}</code>{}<br>{}",
        finding.kind.as_str(),
        escaped(&finding.path),
        mark(finding.new),
        escaped(&sides(finding)).replace('\n', "<br>")
    );
    if let Some(hunk) = &finding.hunk {
        html::hunk(hunk, Hunk::Found, page);
    }
    page.push_str("</li>\n");
}

fn mark(new: bool) -> &'static str {
    if new {
        " <span class=\"new\">new</span>"
    } else {
        ""
    }
}
