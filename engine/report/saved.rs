//! A saved plan as a reviewer reads it: on a terminal, and in a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::modules::Difference;
use crate::report::{Paint, difference, utc};
use crate::run::{SavedPlan, TaskPlan};
use crate::yaml::Secrets;

use super::html::{self, Hunk};
use super::xml::escaped;

/// What is said where nobody has held a plan against its seal.
const UNCHECKED: &str =
    "that nobody has changed it was not checked: `--vault-password-file FILE` does";

/// Shows what a saved plan would do, host by host; what is the same on several hosts once.
#[must_use]
pub fn saved_plan_page(plan: &SavedPlan, is_checked: bool, paint: Paint) -> String {
    let mut page = String::new();
    let (at, by) = (utc::minute(plan.at), &plan.by);
    let _ok = writeln!(page, "{} {at}, by {by}", paint.bold("saved"));
    for (name, value) in said(plan) {
        let _ok = writeln!(page, "{name} {value}");
    }
    for (hosts, task) in together(plan) {
        let text = task_text(task, paint);
        let _ok = write!(page, "\n{}: {text}", paint.bold(&hosts));
    }
    if let Some(idle) = idle(plan) {
        let _ok = writeln!(page, "\nnothing to change: {idle}");
    }
    if !is_checked {
        let _ok = writeln!(page, "\n{UNCHECKED}");
    }
    page
}

/// The same for a browser.
#[must_use]
pub fn saved_plan_html(plan: &SavedPlan, is_checked: bool) -> String {
    let mut page = html::opened(&format!("saved plan of {}", plan.of.inventory.display()));
    let by = escaped(&plan.by);
    let _ok = writeln!(page, "<p>saved {}, by {by}</p>\n<ul>", utc::minute(plan.at));
    for (name, value) in said(plan) {
        let _ok = writeln!(page, "<li>{name} <code>{}</code></li>", escaped(&value));
    }
    page.push_str("</ul>\n");
    let plain = Paint::new(false);
    let mut last = String::new();
    for (hosts, task) in together(plan) {
        if hosts != last {
            let _ok = writeln!(page, "<h2>{}</h2>", escaped(&hosts));
            last = hosts;
        }
        let (name, module, place) = (
            escaped(&task.task),
            escaped(&task.module),
            escaped(&task.place),
        );
        let _ok = writeln!(
            page,
            "<h3>{name}</h3>\n<p><code>{module}</code> · <code>{place}</code></p>"
        );
        for line in besides(task) {
            let _ok = writeln!(page, "<p>{}</p>", escaped(&line));
        }
        for change in &task.changes {
            let shown = change_text(change.shown.as_ref(), plain);
            match &change.shown {
                Some(Difference::Text { .. }) => html::hunk(&shown, Hunk::Wanted, &mut page),
                _ => {
                    let _ok = writeln!(page, "<p>{}</p>", escaped(shown.trim()));
                }
            }
        }
    }
    if let Some(idle) = idle(plan) {
        let _ok = writeln!(page, "<p>nothing to change: {}</p>", escaped(&idle));
    }
    if !is_checked {
        let _ok = writeln!(page, "<p>{}</p>", escaped(UNCHECKED));
    }
    page.push_str(html::CLOSED);
    page
}

/// The arguments that made it.
fn said(plan: &SavedPlan) -> impl Iterator<Item = (&'static str, String)> {
    let of = &plan.of;
    let playbook = of.playbook.as_ref().map(|file| file.display().to_string());
    let said = [
        ("inventory", Some(of.inventory.display().to_string())),
        ("playbook", playbook),
        ("limit", of.limit.clone()),
        ("tags", joined(&of.tags)),
        ("skip-tags", joined(&of.skip_tags)),
        ("extra-vars", joined(&of.extra_vars)),
    ];
    said.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
}

/// Each task once, with all hosts on which it would do the same.
fn together(plan: &SavedPlan) -> Vec<(String, &TaskPlan)> {
    let mut hosts: BTreeMap<String, String> = BTreeMap::new();
    let mut order = Vec::new();
    for (host, planned) in &plan.hosts {
        for task in &planned.tasks {
            let text = task_text(task, Paint::new(false));
            match hosts.get_mut(&text) {
                Some(hosts) => hosts.push_str(&format!(", {host}")),
                None => {
                    hosts.insert(text.clone(), host.clone());
                    order.push((text, task));
                }
            }
        }
    }
    order
        .into_iter()
        .filter_map(|(text, task)| Some((hosts.remove(&text)?, task)))
        .collect()
}

/// The hosts on which nothing is to change.
fn idle(plan: &SavedPlan) -> Option<String> {
    let idle = plan.hosts.iter().filter(|(_, host)| host.tasks.is_empty());
    let idle: Vec<&str> = idle.map(|(name, _)| name.as_str()).collect();
    (!idle.is_empty()).then(|| idle.join(", "))
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(","))
}

fn task_text(task: &TaskPlan, paint: Paint) -> String {
    let mut text = format!("{} ({}, {})\n", task.task, task.module, task.place);
    for line in besides(task) {
        let _ok = writeln!(text, "  {line}");
    }
    for change in &task.changes {
        text.push_str(&change_text(change.shown.as_ref(), paint));
    }
    text
}

/// What is said of a task besides what it would change.
fn besides(task: &TaskPlan) -> impl Iterator<Item = String> {
    let runs = task
        .is_command
        .then(|| "runs; what it does is not known before".to_owned());
    let bound = |path: &String| format!("behind a command: may change {path}, and nothing else");
    runs.into_iter().chain(task.declares.iter().map(bound))
}

fn change_text(shown: Option<&Difference>, paint: Paint) -> String {
    match shown {
        None => "  hidden by `no_log`\n".to_owned(),
        Some(Difference::Text {
            path,
            before: Some(before),
            after: Some(after),
        }) if before == after => format!("  {path}: a secret in it\n"),
        // It was masked when it was saved.
        Some(shown) => difference(shown, &Secrets::default(), paint, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{HostPlan, PlanOf, Planned};

    fn plan() -> SavedPlan {
        let text = |path: &str, before: &str, after: &str| Planned {
            digest: String::new(),
            shown: Some(Difference::Text {
                path: path.to_owned(),
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
            }),
        };
        let task = |name: &str, changes| TaskPlan {
            play: "p".to_owned(),
            task: name.to_owned(),
            module: "copy".to_owned(),
            place: "site.yaml:3:7".to_owned(),
            is_command: false,
            declares: Vec::new(),
            changes,
        };
        let hidden = Planned {
            digest: String::new(),
            shown: None,
        };
        let command = TaskPlan {
            is_command: true,
            ..task("run it", Vec::new())
        };
        let behind = TaskPlan {
            declares: vec!["/etc/y".to_owned()],
            ..task("behind", Vec::new())
        };
        let alike = || HostPlan {
            tasks: vec![task(
                "<write>",
                vec![text("/etc/x", "a & b\n", "a < b\n"), hidden.clone()],
            )],
            ..HostPlan::default()
        };
        let mut one = alike();
        one.tasks.extend([command, behind]);
        let hosts = [("a", one), ("b", alike()), ("c", HostPlan::default())];
        SavedPlan {
            wmprov_plan: 1,
            program: String::new(),
            at: 0,
            by: "me <root>".to_owned(),
            of: PlanOf {
                inventory: "/srv/a&b.yaml".into(),
                limit: Some("worker".to_owned()),
                ..PlanOf::default()
            },
            key: String::new(),
            rests_on: BTreeMap::new(),
            hosts: hosts.map(|(name, host)| (name.to_owned(), host)).into(),
            seal: String::new(),
        }
    }

    #[test]
    fn a_reviewer_sees_the_same_on_a_terminal_and_in_a_browser() {
        insta::assert_snapshot!(saved_plan_page(&plan(), true, Paint::new(false)), @r"
        saved 1970-01-01 00:00 UTC, by me <root>
        inventory /srv/a&b.yaml
        limit worker

        a, b: <write> (copy, site.yaml:3:7)
          --- /etc/x (on the host)
          +++ /etc/x (will be)
          @@ -1 +1 @@
          -a & b
          +a < b
          hidden by `no_log`

        a: run it (copy, site.yaml:3:7)
          runs; what it does is not known before

        a: behind (copy, site.yaml:3:7)
          behind a command: may change /etc/y, and nothing else

        nothing to change: c
        ");
        let page = saved_plan_html(&plan(), false);
        let body = page.split_once("</style></head>").unwrap().1;
        insta::assert_snapshot!(body, @r#"
        <body>
        <h1>saved plan of /srv/a&amp;b.yaml</h1>
        <p>saved 1970-01-01 00:00 UTC, by me &lt;root&gt;</p>
        <ul>
        <li>inventory <code>/srv/a&amp;b.yaml</code></li>
        <li>limit <code>worker</code></li>
        </ul>
        <h2>a, b</h2>
        <h3>&lt;write&gt;</h3>
        <p><code>copy</code> · <code>site.yaml:3:7</code></p>
        <details open=""><summary>Hunk</summary><pre><del class="failed">  --- /etc/x (on the host)</del>
        <ins class="ok">  +++ /etc/x (will be)</ins>
          @@ -1 +1 @@
        <del class="failed">  -a &amp; b</del>
        <ins class="ok">  +a &lt; b</ins>
        </pre></details><p>hidden by `no_log`</p>
        <h2>a</h2>
        <h3>run it</h3>
        <p><code>copy</code> · <code>site.yaml:3:7</code></p>
        <p>runs; what it does is not known before</p>
        <h3>behind</h3>
        <p><code>copy</code> · <code>site.yaml:3:7</code></p>
        <p>behind a command: may change /etc/y, and nothing else</p>
        <p>nothing to change: c</p>
        <p>that nobody has changed it was not checked: `--vault-password-file FILE` does</p>
        </body></html>
        "#);
        let mut hostile = plan();
        for task in hostile.hosts.values_mut().flat_map(|host| &mut host.tasks) {
            "<script>alert(1)</script>".clone_into(&mut task.module);
        }
        let page = page + &saved_plan_html(&hostile, false);
        for elsewhere in ["<script", "http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}
