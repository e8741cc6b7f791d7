//! What the other tasks of the plays would change: users, packages, services, files, and the unit.
//!
//! Of most of these there is no record on the host, so nobody can tell who moved. The unit file's digest is kept, and
//! what a load balancer and a firewall were given last.

use crate::modules::{Difference, Registry, Subject};
use crate::run::{Outcome, TaskFinished};
use crate::script::sha256;
use crate::yaml::{Secrets, without_secrets};

use super::finding::{Class, Finding, Kind};
use super::hunk::hunk;

/// True where a task may give findings.
#[must_use]
pub fn tells(task: &TaskFinished) -> bool {
    // What a command would do is only known by doing it.
    task.outcome == Outcome::Failed || (task.outcome == Outcome::Changed && !task.unknown)
}

/// The findings of one task. `unit` gives the unit file's digest as it was last written, by its path: [`None`]
/// where it is no unit of a node, or not kept. `fresh`: nothing was ever written to this host.
#[must_use]
pub fn of_task(
    task: &TaskFinished,
    unit: &dyn Fn(&str) -> Option<String>,
    fresh: bool,
    secrets: &Secrets,
) -> Vec<Finding> {
    let unrecorded = if fresh {
        Class::Pending
    } else {
        Class::Unknown
    };
    if task.outcome == Outcome::Failed {
        let why = without_secrets(&task.error.join(": "), secrets);
        return vec![
            Finding::new(format!("task {}", task.task), Kind::Unreadable, unrecorded)
                .expected("what the play says")
                .observed(why),
        ];
    }
    if !tells(task) {
        return Vec::new();
    }
    let module = Registry.get(&task.module);
    let subject = |one| module.map_or(Subject::Thing, |module| module.subject(one));
    let shown = task.differences.iter().map(|one| (subject(one), one));
    shown
        .filter(|(subject, _)| *subject != Subject::Process)
        .map(|(subject, one)| {
            let mut finding = of_difference(&task.module, subject, one, unrecorded, secrets);
            let written = |what: &String| match subject {
                Subject::NodeUnit => unit(what),
                _ => task.recorded.get(what).cloned(),
            };
            if !fresh {
                finding.class = class(one, &written).unwrap_or(unrecorded);
            }
            if subject == Subject::Listing {
                // Both sides are the host's own words: it has moved.
                finding.class = Class::Drift;
            }
            finding
        })
        .collect()
}

/// Who moved, where it is recorded what was written.
fn class(one: &Difference, written: &dyn Fn(&String) -> Option<String>) -> Option<Class> {
    let digest = |text: &Option<String>| text.as_ref().map(|text| sha256(text.as_bytes()));
    let (what, desired, observed) = match one {
        Difference::Text {
            path,
            before,
            after,
        } => (path, digest(after), digest(before)),
        Difference::Binary {
            path,
            before,
            after,
        } => (path, after.clone(), before.clone()),
        Difference::Property {
            what,
            before,
            after,
        } => (what, Some(after.clone()), Some(before.clone())),
        Difference::Note { text } => (text, None, Some(text.clone())),
    };
    let written = written(what)?;
    Class::of(
        desired.as_deref(),
        Some(Some(&written)),
        observed.as_deref(),
    )
}

fn of_difference(
    module: &str,
    subject: Subject,
    one: &Difference,
    class: Class,
    secrets: &Secrets,
) -> Finding {
    let short = |digest: &Option<String>| digest.as_ref().map(|digest| format!("sha256 {digest}"));
    match one {
        Difference::Text {
            path,
            before,
            after,
        } => {
            let kind = match (before, after) {
                _ if subject == Subject::NodeUnit => Kind::Unit,
                (None, _) => Kind::Missing,
                (_, None) => Kind::Unexpected,
                _ => Kind::Modified,
            };
            let mut finding = Finding::new(path, kind, class);
            let text = |side: &Option<String>| side.as_ref().map(|_| "a text".to_owned());
            (finding.expected, finding.observed) = (text(after), text(before));
            if let (Some(before), Some(after)) = (before, after) {
                finding.observed = Some("another text".to_owned());
                finding.hunk = Some(hunk(after, before, secrets));
            }
            finding
        }
        Difference::Binary {
            path,
            before,
            after,
        } => {
            let kind = match (before, after) {
                (None, _) => Kind::Missing,
                (_, None) => Kind::Unexpected,
                _ => Kind::Modified,
            };
            let mut finding = Finding::new(path, kind, class);
            (finding.expected, finding.observed) = (short(after), short(before));
            finding
        }
        Difference::Property {
            what,
            before,
            after,
        } => {
            let kind = kind_of(subject, what);
            let path = match what.split_once(" of ") {
                Some((_, path)) if path.starts_with('/') => path,
                _ => what,
            };
            Finding::new(without_secrets(path, secrets), kind, class)
                .expected(without_secrets(after, secrets))
                .observed(without_secrets(before, secrets))
        }
        Difference::Note { text } => Finding::new(module, Kind::Modified, class)
            .expected("as the play says")
            .observed(without_secrets(text, secrets)),
    }
}

fn kind_of(subject: Subject, what: &str) -> Kind {
    match (subject, what.split(' ').next()) {
        (Subject::Version, _) => Kind::Version,
        (Subject::Unit, _) => Kind::Unit,
        (_, Some("mode")) => Kind::Mode,
        (_, Some("owner" | "group")) => Kind::Owner,
        _ => Kind::Modified,
    }
}
