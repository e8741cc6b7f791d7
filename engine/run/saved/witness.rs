//! Who notes what a plan foresees, and who holds a run to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::modules::Difference;
use crate::run::saved::masked::masked;
use crate::run::saved::{HostPlan, PlanKey, Planned, SavedPlan, TaskPlan};
use crate::run::{Found, Witness};
use crate::script::Facts;
use crate::yaml::{Error, Result, Secrets};

/// Notes facts and changes of a run that plans.
#[derive(Debug)]
pub struct Foreseen {
    key: PlanKey,
    secrets: Secrets,
    hosts: Mutex<BTreeMap<String, HostPlan>>,
}

impl Foreseen {
    /// Nothing noted yet; what is shown is masked.
    #[must_use]
    pub fn new(key: PlanKey, secrets: Secrets) -> Self {
        Self {
            key,
            secrets,
            hosts: Mutex::default(),
        }
    }

    /// What was noted.
    #[must_use]
    pub fn hosts(&self) -> BTreeMap<String, HostPlan> {
        self.noted().clone()
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, HostPlan>> {
        // Whoever panicked with the lock has left whole entries: they are only added.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Foreseen {
    fn looked(&self, host: &str, facts: &Facts) -> Result<()> {
        self.noted().entry(host.to_owned()).or_default().facts = told(facts);
        Ok(())
    }

    fn found(&self, found: Found<'_>) -> Result<()> {
        let planned = |difference: &Difference| -> Result<Planned> {
            Ok(Planned {
                digest: digest(&self.key, difference)?,
                shown: found.may_show.then(|| masked(difference, &self.secrets)),
            })
        };
        let changes = found.change.differences.iter().map(planned);
        let changes = changes.collect::<Result<Vec<_>>>()?;
        let mut hosts = self.noted();
        let tasks = &mut hosts.entry(found.host.to_owned()).or_default().tasks;
        let place = found.place.to_string();
        let behind = tasks.iter().any(|task| task.is_command) && !found.is_command;
        let mut touches = found.change.touches.iter().filter(|_| behind).peekable();
        if !found.change.acts_on_host() && touches.peek().is_none() {
            return Ok(());
        }
        let touches: BTreeSet<&String> = touches.collect();
        match tasks.iter_mut().find(|task| is_of(task, &found, &place)) {
            // Another item of its loop.
            Some(task) => {
                task.changes.extend(changes);
                let known = task.declares.clone();
                let more = touches.into_iter().filter(|path| !known.contains(path));
                task.declares.extend(more.cloned());
            }
            None => tasks.push(TaskPlan {
                play: found.play.to_owned(),
                task: found.task.to_owned(),
                module: found.module.to_owned(),
                place,
                is_command: found.is_command,
                declares: touches.into_iter().cloned().collect(),
                changes,
            }),
        }
        Ok(())
    }
}

fn is_of(task: &TaskPlan, found: &Found<'_>, place: &str) -> bool {
    task.play == found.play && task.task == found.task && task.place == place
}

/// Holds a run to a saved plan.
#[derive(Debug)]
pub struct Promise {
    plan: SavedPlan,
    key: PlanKey,
}

impl Promise {
    /// To this plan, whose seal has been checked.
    #[must_use]
    pub fn new(plan: SavedPlan, key: PlanKey) -> Self {
        Self { plan, key }
    }

    fn of(&self, host: &str) -> Result<&HostPlan> {
        self.plan
            .hosts
            .get(host)
            .ok_or_else(|| Error::new(format!("the saved plan does not know `{host}`")))
    }
}

impl Witness for Promise {
    fn looked(&self, host: &str, facts: &Facts) -> Result<()> {
        let was = &self.of(host)?.facts;
        for (name, now) in told(facts) {
            let before = was.get(&name).map_or("not known", String::as_str);
            if before != now {
                return Err(Error::new(format!(
                    "since the plan was saved, `{name}` of `{host}` has moved from `{before}` to `{now}`"
                ))
                .hint("make a new plan"));
            }
        }
        Ok(())
    }

    /// Less than was foreseen is well: it has been done, by this plan before it was cut or by somebody else.
    fn found(&self, found: Found<'_>) -> Result<()> {
        if !found.change.acts_on_host() {
            return Ok(());
        }
        let place = found.place.to_string();
        let mut tasks = self.of(found.host)?.tasks.iter();
        let task = tasks.find(|task| is_of(task, &found, &place));
        if task.is_some_and(|task| task.is_command) {
            return Ok(());
        }
        let known: BTreeSet<&str> = task
            .into_iter()
            .flat_map(|task| &task.changes)
            .map(|planned| planned.digest.as_str())
            .collect();
        for difference in &found.change.differences {
            let declared = task.is_some_and(|task| is_within(difference, &task.declares));
            if !declared && !known.contains(digest(&self.key, difference)?.as_str()) {
                return Err(more(&found, difference));
            }
        }
        if task.is_none() {
            // An act without a difference to show, which nobody has foreseen either.
            return Err(
                Error::new("the saved plan does not foresee this task").hint("make a new plan")
            );
        }
        Ok(())
    }
}

/// True where a difference is about a declared path, or what lies below it.
fn is_within(difference: &Difference, declared: &[String]) -> bool {
    let path = match difference {
        Difference::Text { path, .. } | Difference::Binary { path, .. } => path,
        // `mode of /etc/x`.
        Difference::Property { what, .. } => what.split_once(" of ").map_or("", |(_, path)| path),
        Difference::Note { .. } => "",
    };
    let mut declared = declared.iter();
    declared.any(|one| {
        path.strip_prefix(one.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn more(found: &Found<'_>, difference: &Difference) -> Error {
    let what = match found.may_show {
        true => difference.to_string(),
        false => "something that `no_log` hides".to_owned(),
    };
    Error::new(format!(
        "the saved plan does not foresee this; it has moved since: {what}"
    ))
    .hint("nothing of it was done; make a new plan")
}

/// The keyed digest of a difference, texts and all.
fn digest(key: &PlanKey, difference: &Difference) -> Result<String> {
    let text = serde_json::to_vec(difference)
        .map_err(|cause| Error::new("a difference cannot be written").because(cause))?;
    key.digest(&text)
}

/// The facts that a plan rests on. Free memory and the boot are not among them: they move every day.
fn told(facts: &Facts) -> BTreeMap<String, String> {
    let os = |name: &str| facts.os.get(name).map_or("", String::as_str);
    let mut addresses = facts.addresses.clone();
    addresses.sort_unstable();
    let machine = facts.kernel.split_whitespace().last().unwrap_or_default();
    let all = [
        ("system", format!("{} {}", os("ID"), os("VERSION_ID"))),
        ("machine", machine.to_owned()),
        ("host name", facts.hostname.clone()),
        ("addresses", addresses.join(" ")),
        ("processors", facts.processors.to_string()),
    ];
    all.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Foreseen, Promise};
    use crate::modules::{Act, Change, Difference};
    use crate::run::saved::{HostPlan, PlanKey, PlanOf, SavedPlan};
    use crate::run::{Found, Witness};
    use crate::script::Facts;
    use crate::yaml::{Place, Secrets};

    fn facts(hostname: &str) -> Facts {
        Facts {
            os: BTreeMap::new(),
            kernel: "Linux 6.1 x86_64".into(),
            hostname: hostname.into(),
            addresses: vec!["10.0.0.2".into(), "10.0.0.1".into()],
            systemd: true,
            memory: 1,
            user: "root".into(),
            boot_id: "b".into(),
            processors: 2,
            clock: 0,
            has_own_address: true,
        }
    }

    fn change(notes: &[&str]) -> Change {
        let mut change = Change::none();
        change.acts.push(Act::Steps(Vec::new()));
        for note in notes {
            let text = (*note).to_owned();
            change.differences.push(Difference::Note { text });
        }
        change
    }

    fn found<'a>(task: &'a str, place: &'a Place, change: &'a Change) -> Found<'a> {
        Found {
            host: "h",
            play: "p",
            task,
            module: "m",
            place,
            is_command: task == "command",
            may_show: task != "hidden",
            change,
        }
    }

    fn promise(hosts: BTreeMap<String, HostPlan>, key: PlanKey) -> Promise {
        let plan = SavedPlan {
            wmprov_plan: 1,
            program: String::new(),
            at: 0,
            by: String::new(),
            of: PlanOf::default(),
            key: String::new(),
            rests_on: BTreeMap::new(),
            hosts,
            seal: String::new(),
        };
        Promise::new(plan, key)
    }

    #[test]
    fn what_is_planned_may_be_done_and_nothing_more() {
        let key = PlanKey::new().unwrap();
        let place = Place::new("site.yaml", 3, 7);
        let foreseen = Foreseen::new(key.clone(), Secrets::default());
        foreseen.looked("h", &facts("h")).unwrap();
        for (task, notes) in [
            ("t", &["a"][..]),
            ("t", &["b"]),
            ("hidden", &["c"]),
            ("command", &[]),
        ] {
            foreseen.found(found(task, &place, &change(notes))).unwrap();
        }
        let hosts = foreseen.hosts();
        assert_eq!(hosts["h"].tasks.len(), 3);
        assert_eq!(hosts["h"].tasks[1].changes[0].shown, None);
        let promise = promise(hosts, key);
        let says = |task: &str, notes: &[&str]| {
            let change = change(notes);
            match promise.found(found(task, &place, &change)) {
                Ok(()) => "ok".to_owned(),
                Err(error) => error.message().to_owned(),
            }
        };
        assert_eq!(says("t", &["b"]), "ok");
        assert_eq!(says("hidden", &["c"]), "ok");
        assert_eq!(says("command", &["whatever"]), "ok");
        assert_eq!(
            says("t", &["a", "d"]),
            "the saved plan does not foresee this; it has moved since: d"
        );
        assert_eq!(
            says("hidden", &["secret"]),
            "the saved plan does not foresee this; it has moved since: something that `no_log` hides"
        );
        assert_eq!(
            says("other", &[]),
            "the saved plan does not foresee this task"
        );
        promise.looked("h", &facts("h")).unwrap();
        assert_eq!(
            promise.looked("h", &facts("x")).unwrap_err().message(),
            "since the plan was saved, `host name` of `h` has moved from `h` to `x`"
        );
        assert!(promise.looked("g", &facts("g")).is_err());
    }

    fn text_of(path: &str, before: &str, touches: &[&str]) -> Change {
        let mut change = change(&[]);
        change.touches = touches.iter().map(|path| (*path).to_owned()).collect();
        change.differences.push(Difference::Text {
            path: path.to_owned(),
            before: Some(before.to_owned()),
            after: Some("wanted".to_owned()),
        });
        change
    }

    #[test]
    fn behind_a_command_a_task_is_bound_to_what_it_declares() {
        let key = PlanKey::new().unwrap();
        let place = Place::new("site.yaml", 3, 7);
        let foreseen = Foreseen::new(key.clone(), Secrets::default());
        foreseen.looked("h", &facts("h")).unwrap();
        let one = text_of("/etc/one", "then", &["/etc/one"]);
        let idle = Change::none().touching("/etc/later");
        for (task, change) in [
            ("before", &one),
            ("idle before", &idle),
            ("command", &change(&[])),
            ("behind", &one),
            ("behind", &one),
            ("idle behind", &idle),
            ("nothing behind", &Change::none()),
        ] {
            foreseen.found(found(task, &place, change)).unwrap();
        }
        let hosts = foreseen.hosts();
        let declares = |task: &super::TaskPlan| (task.task.clone(), task.declares.join(","));
        let noted: Vec<(String, String)> = hosts["h"].tasks.iter().map(declares).collect();
        let pair = |task: &str, paths: &str| (task.to_owned(), paths.to_owned());
        assert_eq!(
            noted,
            [
                pair("before", ""),
                pair("command", ""),
                pair("behind", "/etc/one"),
                pair("idle behind", "/etc/later"),
            ]
        );
        let promise = promise(hosts, key);
        let says = |task: &str, path: &str| {
            let change = text_of(path, "what the command left", &[path]);
            promise.found(found(task, &place, &change)).is_ok()
        };
        // What stands before the command is what was seen, or nothing.
        assert!(!says("before", "/etc/one") && !says("idle before", "/etc/later"));
        assert!(says("behind", "/etc/one") && says("idle behind", "/etc/later"));
        assert!(says("behind", "/etc/one/below"));
        for more in ["/etc/one.d", "/etc", "/etc/later"] {
            assert!(!says("behind", more), "{more}");
        }
        let mut note = change(&["something else"]);
        note.touches.push("/etc/one".to_owned());
        assert!(promise.found(found("behind", &place, &note)).is_err());
        let nothing = Change::none().touching("/etc/x");
        promise
            .found(found("idle before", &place, &nothing))
            .unwrap();
    }
}
