//! What a run did, for a browser: who runs where, what changed on each host and when, what was proved, what was waived.

use std::fmt::Write;

use crate::modules::Difference;
use crate::run::{Event, Outcome, Report, TaskFinished};
use crate::yaml::Secrets;

use super::html::{self, Hunk};
use super::xml::escaped;
use super::{Paint, difference, utc};

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct RunPage<'a> {
    /// The verb and the inventory, `apply of inventory.yaml`.
    pub title: &'a str,
    /// The command line that ran.
    pub command: &'a str,
    /// When it began and ended, seconds since 1970.
    pub time: (u64, u64),
    /// The clusters, as SVG.
    pub picture: &'a str,
    /// What happened, each with its second since 1970.
    pub happened: &'a [(u64, Event)],
    /// What it came to.
    pub report: &'a Report,
    /// What must not be shown.
    pub secrets: &'a Secrets,
}

/// Whether an event is one that the page tells of.
#[must_use]
pub fn is_told(event: &Event) -> bool {
    match event {
        Event::TaskFinished(task) => !matches!(task.outcome, Outcome::Ok | Outcome::Skipped),
        Event::CheckWaived { .. }
        | Event::Noticed { .. }
        | Event::HostUnreachable { .. }
        | Event::DebtFound { .. }
        | Event::Stopped { .. } => true,
        _ => false,
    }
}

/// Writes the page.
#[must_use]
pub fn run_page(of: &RunPage<'_>) -> String {
    let mut page = html::opened(of.title);
    let (begun, ended) = of.time;
    let _ok = writeln!(
        page,
        "<p>{}, {} s · <span class=\"tag {}\">{}</span></p>\n<p><code>{}</code></p>",
        utc::minute(begun),
        ended.saturating_sub(begun),
        if of.report.is_good() && !of.report.interrupted {
            "ok"
        } else {
            "failed"
        },
        outcome(of.report),
        of.text(of.command),
    );
    of.failures(&mut page);
    of.hosts(&mut page);
    of.nodes(&mut page);
    let _ok = writeln!(page, "<h2>Clusters</h2>\n<figure>{}</figure>", of.picture);
    for host in of.report.hosts.keys() {
        of.changes(host, &mut page);
    }
    of.told(&mut page);
    page.push_str(html::CLOSED);
    page
}

fn outcome(report: &Report) -> String {
    let bad = report
        .hosts
        .values()
        .filter(|tally| !tally.is_good())
        .count();
    let changed: usize = report.hosts.values().map(|tally| tally.changed).sum();
    match (report.interrupted, bad) {
        (true, _) => "interrupted".to_owned(),
        (false, 0) if changed == 0 => "all as wanted, nothing changed".to_owned(),
        (false, 0) => format!("as wanted, {changed} changed"),
        (false, bad) => format!("failed on {bad} of {} hosts", report.hosts.len()),
    }
}

impl RunPage<'_> {
    fn text(&self, text: &str) -> String {
        escaped(&self.secrets.mask(text))
    }

    fn failures(&self, page: &mut String) {
        let report = self.report;
        if report.failures.is_empty() && report.go_on.is_none() {
            return;
        }
        page.push_str("<ul>\n");
        for failure in &report.failures {
            let text = self.text(failure).replace('\n', "<br>");
            let _ok = writeln!(
                page,
                "<li><span class=\"tag failed\">failed</span> {text}</li>"
            );
        }
        if let Some(command) = &report.go_on {
            let _ok = writeln!(
                page,
                "<li>Go on with: <code>{}</code></li>",
                self.text(command)
            );
        }
        page.push_str("</ul>\n");
    }

    fn hosts(&self, page: &mut String) {
        page.push_str(
            "<h2>Hosts</h2>\n<table><thead><tr><th>Host</th><th>ok</th><th>changed</th><th>skipped</th>\
             <th>failed</th><th>unreachable</th></tr></thead><tbody>\n",
        );
        for (name, tally) in &self.report.hosts {
            let name = escaped(name);
            let cell = |count: usize, class: &str| match count {
                0 => "<td>0</td>".to_owned(),
                count => format!("<td class=\"tag {class}\">{count}</td>"),
            };
            let _ok = writeln!(
                page,
                "<tr><td><a href=\"#{name}\">{name}</a></td>{}{}<td>{}</td>{}{}</tr>",
                cell(tally.ok, "ok"),
                cell(tally.changed, "changed"),
                tally.skipped,
                cell(tally.failed, "failed"),
                cell(tally.unreachable, "unreachable"),
            );
        }
        page.push_str("</tbody></table>\n");
    }

    fn nodes(&self, page: &mut String) {
        if self.report.nodes.is_empty() {
            return;
        }
        page.push_str(
            "<h2>Proved</h2>\n<table class=\"nodes\"><thead><tr><th>Node</th><th>Role</th><th>Memory</th><th>Proof</th>\
             </tr></thead><tbody>\n",
        );
        for (name, node) in self.report.names().iter().zip(&self.report.nodes) {
            let memory = match node.memory {
                Some(kib) => format!("{} MB", kib / 1024),
                None => String::new(),
            };
            let proof: Vec<String> = node.proof.iter().map(|line| self.text(line)).collect();
            let _ok = writeln!(
                page,
                "<tr><td>{}<br><span class=\"at\">{}</span></td><td>{}</td><td>{memory}</td><td>{}</td></tr>",
                escaped(name),
                escaped(&node.address),
                escaped(&node.role),
                proof.join("<br>"),
            );
        }
        page.push_str("</tbody></table>\n");
    }

    /// What was done on a host, in the order in which it ended.
    fn changes(&self, host: &str, page: &mut String) {
        let name = escaped(host);
        let _ok = writeln!(page, "<section id=\"{name}\"><h2>{name}</h2>\n<ul>");
        let mut any = false;
        for (at, event) in self.happened {
            let done = match event {
                Event::TaskFinished(task) if task.host == host => {
                    self.task(*at, task, page);
                    true
                }
                Event::HostUnreachable {
                    host: of,
                    error,
                    hint,
                } if of == host => {
                    let hint = hint
                        .as_deref()
                        .map(|hint| format!("<br>Hint: {}", self.text(hint)));
                    let _ok = writeln!(
                        page,
                        "<li>{} <span class=\"tag unreachable\">unreachable</span> {}{}</li>",
                        self.since(*at),
                        self.text(error),
                        hint.unwrap_or_default()
                    );
                    true
                }
                Event::DebtFound { host: of, debts } if of == host => {
                    let _ok = writeln!(
                        page,
                        "<li>{} taken over from an earlier run: {}</li>",
                        self.since(*at),
                        self.text(&debts.join(", "))
                    );
                    true
                }
                _ => false,
            };
            any |= done;
        }
        if !any {
            page.push_str("<li>Nothing to do.</li>\n");
        }
        page.push_str("</ul></section>\n");
    }

    fn since(&self, at: u64) -> String {
        format!(
            "<span class=\"at\">+{} s</span>",
            at.saturating_sub(self.time.0)
        )
    }

    fn task(&self, at: u64, task: &TaskFinished, page: &mut String) {
        let word = task.outcome.as_str();
        let item = task
            .item
            .as_deref()
            .map(|item| format!(" ({})", self.text(item)));
        let _ok = write!(
            page,
            "<li>{} <span class=\"tag {word}\">{word}</span> {}{} <code>{}</code>",
            self.since(at),
            self.text(&task.task),
            item.unwrap_or_default(),
            escaped(&task.module)
        );
        for line in task.error.iter().chain(&task.messages).chain(&task.hint) {
            let _ok = write!(page, "<br>{}", self.text(line).replace('\n', "<br>"));
        }
        for shown in &task.differences {
            let text = difference(shown, self.secrets, Paint::new(false), true);
            match shown {
                Difference::Text { .. } => html::hunk(&text, Hunk::Wanted, page),
                _ => {
                    let _ok = write!(page, "<br><code>{}</code>", escaped(text.trim()));
                }
            }
        }
        page.push_str("</li>\n");
    }

    /// What operators have to know: waived checks by their codes, notes, what was noticed.
    fn told(&self, page: &mut String) {
        let mut lines: Vec<String> = Vec::new();
        for (at, event) in self.happened {
            match event {
                Event::CheckWaived {
                    code,
                    finding,
                    reason,
                } => lines.push(format!(
                    "<span class=\"tag pending\">waived {}</span> {}<br>{}",
                    escaped(code),
                    self.text(finding),
                    self.text(reason)
                )),
                Event::Noticed { host, message } => lines.push(format!(
                    "{} {}{}",
                    self.since(*at),
                    host.as_deref()
                        .map(|host| escaped(host) + ": ")
                        .unwrap_or_default(),
                    self.text(message)
                )),
                Event::Stopped { reason } => lines.push(format!(
                    "{} <span class=\"tag failed\">stopped</span> {}",
                    self.since(*at),
                    self.text(reason)
                )),
                _ => {}
            }
        }
        let report = self.report;
        lines.extend(report.notes.iter().map(|note| self.text(note)));
        let deferred = report.deferred.iter();
        lines.extend(
            deferred
                .map(|path| format!("Read at the next start: <code>{}</code>", self.text(path))),
        );
        if lines.is_empty() {
            return;
        }
        page.push_str("<h2>To know</h2>\n<ul>\n");
        for line in lines {
            let _ok = writeln!(page, "<li>{line}</li>");
        }
        page.push_str("</ul>\n");
    }
}

#[cfg(test)]
mod tests;
