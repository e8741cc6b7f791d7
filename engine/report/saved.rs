//! A saved plan as a reviewer reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::modules::Difference;
use crate::report::{Paint, difference, utc};
use crate::run::{SavedPlan, TaskPlan};
use crate::yaml::Secrets;

/// Shows what a saved plan would do, host by host; what is the same on several hosts once.
#[must_use]
pub fn saved_plan_page(plan: &SavedPlan, paint: Paint) -> String {
    let mut page = String::new();
    let of = &plan.of;
    let _ok = writeln!(
        page,
        "{} {}, by {}",
        paint.bold("saved"),
        utc::minute(plan.at),
        plan.by
    );
    let _ok = writeln!(page, "inventory {}", of.inventory.display());
    let playbook = of.playbook.as_ref().map(|file| file.display().to_string());
    let said = [
        ("playbook", playbook),
        ("limit", of.limit.clone()),
        ("tags", joined(&of.tags)),
        ("skip-tags", joined(&of.skip_tags)),
        ("extra-vars", joined(&of.extra_vars)),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            let _ok = writeln!(page, "{name} {value}");
        }
    }
    let mut wanted: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut order = Vec::new();
    for (host, planned) in &plan.hosts {
        for task in &planned.tasks {
            let text = task_text(task, paint);
            let hosts = wanted.entry(text.clone()).or_default();
            if hosts.is_empty() {
                order.push(text);
            }
            hosts.push(host);
        }
    }
    for text in order {
        let hosts = wanted.get(&text).map(|hosts| hosts.join(", "));
        let _ok = write!(page, "\n{}: {text}", paint.bold(&hosts.unwrap_or_default()));
    }
    let idle = plan.hosts.iter().filter(|(_, host)| host.tasks.is_empty());
    let idle: Vec<&str> = idle.map(|(name, _)| name.as_str()).collect();
    if !idle.is_empty() {
        let _ok = writeln!(page, "\nnothing to change: {}", idle.join(", "));
    }
    page
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(","))
}

fn task_text(task: &TaskPlan, paint: Paint) -> String {
    let mut text = format!("{} ({}, {})\n", task.task, task.module, task.place);
    if task.is_command {
        text.push_str("  runs; what it does is not known before\n");
    }
    for change in &task.changes {
        match &change.shown {
            None => text.push_str("  hidden by `no_log`\n"),
            Some(Difference::Text {
                path,
                before: Some(before),
                after: Some(after),
            }) if before == after => {
                let _ok = writeln!(text, "  {path}: a secret in it");
            }
            // It was masked when it was saved.
            Some(shown) => text.push_str(&difference(shown, &Secrets::default(), paint, true)),
        }
    }
    text
}
