//! The report for a browser, a phone, a printer: one file, no script, nothing from elsewhere.

use std::fmt::Write;

use crate::drift::{DriftReport, Finding, HostDrift, Status};

use super::xml::escaped;
use super::{sides, silence, summary, utc};

/// Words stand beside every colour.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--ok:#1a7f37;--bad:#c62828;--pending:#9a6700}
@media(prefers-color-scheme:dark){:root{--ok:#57c46f;--bad:#ff7b72;--pending:#e3b341}}
body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
ul{list-style:none;margin:0;padding:0}li{border-top:1px solid var(--line);padding:.5rem 0}
code,pre{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
pre{overflow-x:auto;margin:.3rem 0;padding:.5rem;border:1px solid var(--line);border-radius:4px}
.tag{font-weight:600}.ok{color:var(--ok)}.pending{color:var(--pending)}.drift,.both,.unknown,.unreachable{color:var(--bad)}
.new{border:1px solid;border-radius:4px;padding:0 .3rem;font-size:.85em}ins{color:var(--bad);text-decoration:none}del{color:var(--ok);text-decoration:none}
@media print{details>*{display:block}pre{white-space:pre-wrap}}";

pub(super) fn page(report: &DriftReport) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>Drift of {inventory}</title>\n<style>\n{STYLE}\n</style></head><body>\n\
         <h1>Drift of {inventory}</h1>\n<p>{} · {}</p>\n",
        utc::minute(report.at),
        escaped(&summary(report)),
        inventory = escaped(&report.inventory),
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
    page.push_str("</body></html>\n");
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
        page.push_str("<details open=\"\"><summary>Hunk</summary><pre>");
        for line in hunk.lines() {
            let text = escaped(line);
            let _ok = match line.as_bytes().first() {
                Some(b'+') => writeln!(page, "<ins>{text}</ins>"),
                Some(b'-') => writeln!(page, "<del>{text}</del>"),
                _ => writeln!(page, "{text}"),
            };
        }
        page.push_str("</pre></details>");
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
