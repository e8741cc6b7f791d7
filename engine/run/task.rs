//! One task on one host: its condition, its loop, and what came of it.

use minijinja::Value as Rendered;

use crate::modules::{Args, Change, Module, Registry};
use crate::playbook::{Play, Task};
use crate::run::act::Acted;
use crate::run::files::PlaybookFiles;
use crate::run::host::{HostRun, Standing, chain};
use crate::run::link::LinkError;
use crate::run::{Context, Event, Mode, Outcome, TaskFinished};
use crate::template::{Scope, to_rendered};
use crate::yaml::{Error, Map, Node, Place, Value};

/// Why one call of a module did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The task failed; the host goes to `rescue` or out of the play.
    Task(Error),
    /// The host is lost.
    Link(LinkError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Task(error)
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

/// What one call of a module came to.
#[derive(Debug, Default)]
pub(super) struct Called {
    pub(super) changed: bool,
    pub(super) skipped: bool,
    pub(super) unknown: bool,
    pub(super) change: Change,
    pub(super) results: Vec<(&'static str, Rendered)>,
}

/// One task, with where it stands.
pub(super) struct TaskRun<'a> {
    pub(super) context: &'a Context,
    pub(super) play: &'a Play,
    pub(super) task: &'a Task,
    pub(super) module: &'static dyn Module,
    /// A `rescue` stands ready, so a failure is not the host's end.
    pub(super) rescued: bool,
}

/// Runs a task on a host. False where it failed and nothing forgave it.
pub(super) async fn run_task(
    context: &Context,
    play: &Play,
    task: &Task,
    host: &mut HostRun,
    scope: Scope,
    when: &[&Node],
    rescued: bool,
) -> bool {
    let Some(module) = Registry.get(&task.module) else {
        // The loader has refused unknown modules.
        return true;
    };
    let run = TaskRun {
        context,
        play,
        task,
        module,
        rescued,
    };
    run.all_items(host, scope, when).await
}

impl TaskRun<'_> {
    async fn all_items(&self, host: &mut HostRun, mut scope: Scope, when: &[&Node]) -> bool {
        for (name, node) in &self.task.vars {
            scope.set(name.clone(), node.clone());
        }
        let Some(list) = &self.task.r#loop else {
            let (good, result) = self.one(host, &scope, when, None).await;
            if let Some(name) = &self.task.register {
                host.scope.set_value(name.clone(), result);
            }
            return good;
        };
        let items = match items(&scope, list) {
            Ok(items) => items,
            Err(error) => {
                self.finished(host, None, Err(&Failure::Task(error)), false);
                return self.after_failure(host);
            }
        };
        let mut all_good = true;
        let mut results = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut scope = scope.clone();
            let control = &self.task.loop_control;
            scope.set_value(control.loop_var.clone(), to_rendered(item));
            if let Some(name) = &control.index_var {
                scope.set_value(name.clone(), Rendered::from(index));
            }
            let label = self.label(&scope, item);
            let (good, result) = self.one(host, &scope, when, Some(label)).await;
            all_good &= good;
            results.push(result);
            if host.standing != Standing::Going && !self.rescued {
                break;
            }
        }
        if let Some(name) = &self.task.register {
            let any = |key: &str| {
                results
                    .iter()
                    .any(|result| result.get_attr(key).is_ok_and(|value| value.is_true()))
            };
            let all = [
                ("changed", Rendered::from(any("changed"))),
                ("failed", Rendered::from(any("failed"))),
                ("results", Rendered::from(results.clone())),
            ];
            host.scope
                .set_value(name.clone(), Rendered::from_pairs(all));
        }
        all_good
    }

    pub(super) fn label(&self, scope: &Scope, item: &Node) -> String {
        let label = self.task.loop_control.label.as_ref();
        let label = label.and_then(|text| scope.text(text, &self.task.place).ok());
        let label = label.as_ref().unwrap_or(item);
        match &label.value {
            Value::Map(map) => match map.get("name") {
                Some(name) => to_rendered(name).to_string(),
                None => to_rendered(label).to_string(),
            },
            _ => to_rendered(label).to_string(),
        }
    }

    /// One call, retried as `until` says; its outcome told; what `register` keeps.
    async fn one(
        &self,
        host: &mut HostRun,
        scope: &Scope,
        when: &[&Node],
        item: Option<String>,
    ) -> (bool, Rendered) {
        match conditions(scope, when.iter().copied().chain(&self.task.when)) {
            Ok(true) => {}
            Ok(false) => {
                let called = Called {
                    skipped: true,
                    ..Called::default()
                };
                self.finished(host, item, Ok(&called), false);
                return (true, result(&called, false));
            }
            Err(error) => return self.failed(host, item, Failure::Task(error)),
        }
        let called = match self.tries(host, scope).await {
            Ok(called) => called,
            Err(failure) => return self.failed(host, item, failure),
        };
        if called.changed {
            for name in &self.task.notify {
                let notice = (self.play.name.clone(), name.clone());
                if !host.notified.contains(&notice) {
                    host.notified.push(notice);
                }
            }
        }
        for (name, node) in &called.change.facts {
            host.scope.set(name.clone(), node.clone());
        }
        self.finished(host, item, Ok(&called), false);
        (true, result(&called, false))
    }

    fn failed(
        &self,
        host: &mut HostRun,
        item: Option<String>,
        failure: Failure,
    ) -> (bool, Rendered) {
        self.finished(
            host,
            item,
            Err(&failure),
            self.task.ignore_errors || self.rescued,
        );
        let message = match &failure {
            Failure::Task(error) => chain(error).join(": "),
            Failure::Link(error) => chain(error).join(": "),
        };
        let kept = Rendered::from_pairs([
            ("failed", Rendered::from(true)),
            ("changed", Rendered::from(false)),
            ("msg", Rendered::from(message)),
        ]);
        if let Failure::Link(error) = &failure {
            host.lose(self.context, error);
            return (false, kept);
        }
        let good = self.task.ignore_errors || self.after_failure(host);
        (good, kept)
    }

    /// Takes the host out of the play, unless a `rescue` stands ready. Returns whether it goes on: never.
    pub(super) fn after_failure(&self, host: &mut HostRun) -> bool {
        if !self.rescued {
            host.standing = Standing::Failed;
            if self.play.any_errors_fatal {
                self.context.halt();
            }
        }
        false
    }

    async fn tries(&self, host: &mut HostRun, scope: &Scope) -> Result<Called, Failure> {
        let Some(until) = &self.task.until else {
            return self.call(host, scope).await;
        };
        let number = |node: &Option<Node>, default: i64| match node {
            Some(node) => scope.render(node)?.int(),
            None => Ok(default),
        };
        let retries = number(&until.retries, 3)?;
        let delay = u64::try_from(number(&until.delay, 5)?).unwrap_or(0);
        let mut tried = 0;
        loop {
            let called = self.call(host, scope).await?;
            let mut with = scope.clone();
            let kept = result(&called, false);
            if let Some(name) = &self.task.register {
                with.set_value(name.clone(), kept);
            }
            if self.context.options.mode == Mode::Plan || conditions(&with, &until.conditions)? {
                return Ok(called);
            }
            tried += 1;
            if tried > retries {
                return Err(Error::at(
                    &self.task.place,
                    format!("`until` did not come about in {tried} tries"),
                )
                .into());
            }
            if self
                .context
                .interrupt
                .sleep(std::time::Duration::from_secs(delay))
                .await
            {
                return Err(interrupted(&self.task.place).into());
            }
            // What was seen before the wait may be no longer so.
            host.answers.forget("/");
        }
    }

    /// Looks, decides, acts, looks again.
    async fn call(&self, host: &mut HostRun, scope: &Scope) -> Result<Called, Failure> {
        if self.context.options.survey.is_some() && self.task.module == "carbon_home" {
            return Ok(Called::default());
        }
        let args = self.arguments(scope)?;
        let name = host.name.clone();
        let files = PlaybookFiles::new(&self.context.playbook, self.task, scope);
        let facts = host.facts.clone();
        let call = crate::modules::Call {
            args: &args,
            host: &name,
            facts: facts.as_ref(),
            planning: self.context.options.mode == Mode::Plan,
            files: &files,
            world: &self.context.world,
        };
        let in_context = |error: Error| error.or_at(&self.task.place);
        let probes = self.module.probes(&call).map_err(in_context)?;
        host.know(&probes).await?;
        self.know_more(host, &call).await?;
        let mut change = self
            .module
            .change(&call, &host.answers)
            .map_err(in_context)?;
        let planning = self.context.options.mode == Mode::Plan;
        if change.is_empty() || planning {
            return self.judged(
                scope,
                Acted::nothing(change, planning, self.module.is_command()),
            );
        }
        if !host.fresh && change.acts_on_host() {
            host.freshen(self.context).await?;
            self.know_more(host, &call).await?;
            change = self
                .module
                .change(&call, &host.answers)
                .map_err(in_context)?;
            if change.is_empty() {
                return self.judged(scope, Acted::nothing(change, false, false));
            }
        }
        self.context.events.send(Event::TaskStarted {
            host: host.name.clone(),
            task: self.task.name.clone(),
        });
        let acted = self.act(host, &call, &probes, change).await?;
        self.judged(scope, acted)
    }

    /// Asks the module's second questions, where the first answers raise any.
    async fn know_more(
        &self,
        host: &mut HostRun,
        call: &crate::modules::Call<'_>,
    ) -> Result<(), Failure> {
        let more = self
            .module
            .more_probes(call, &host.answers)
            .map_err(|error| error.or_at(&self.task.place))?;
        Ok(host.know(&more).await?)
    }

    /// Parameters with their templates rendered. `assert`'s conditions and `debug`'s variable are
    /// expressions by themselves and arrive evaluated.
    fn arguments(&self, scope: &Scope) -> Result<Args, Error> {
        let mut rendered = Map::default();
        for (key, node) in self.task.args.iter() {
            let value = match (self.task.module.as_str(), key.name.as_str()) {
                ("assert", "that") => evaluated(scope, node)?,
                ("debug", "var") => {
                    let expression = node.text()?;
                    crate::template::from_rendered(
                        &scope.evaluate(expression, &node.place)?,
                        &node.place,
                    )
                }
                _ => scope.render(node)?,
            };
            rendered.insert(key.clone(), value);
        }
        Ok(Args::new(rendered, self.task.place.clone()))
    }

    /// `failed_when` and `changed_when` have the last word.
    fn judged(&self, scope: &Scope, acted: Acted) -> Result<Called, Failure> {
        let mut called = acted.called;
        let mut with = scope.clone();
        let kept = result(&called, acted.failed.is_some());
        if let Some(name) = &self.task.register {
            with.set_value(name.clone(), kept);
        }
        let planned = called.unknown;
        let failed = match &self.task.failed_when {
            Some(list) if !planned => {
                conditions(&with, list)?.then(|| Error::at(&self.task.place, "`failed_when` holds"))
            }
            _ => acted.failed,
        };
        if let Some(error) = failed {
            return Err(error.or_at(&self.task.place).into());
        }
        if let Some(list) = &self.task.changed_when
            && !planned
        {
            called.changed = conditions(&with, list)?;
        }
        Ok(called)
    }

    pub(super) fn finished(
        &self,
        host: &mut HostRun,
        item: Option<String>,
        end: Result<&Called, &Failure>,
        forgiven: bool,
    ) {
        let hidden = self.task.no_log;
        let mut told = TaskFinished {
            host: host.name.clone(),
            play: self.play.name.clone(),
            task: self.task.name.clone(),
            module: self.task.module.clone(),
            item: item.filter(|_| !hidden),
            outcome: Outcome::Ok,
            forgiven,
            unknown: false,
            differences: Vec::new(),
            messages: Vec::new(),
            error: Vec::new(),
            place: None,
            hint: None,
        };
        match end {
            Ok(called) => {
                told.outcome = match (called.skipped, called.changed) {
                    (true, _) => Outcome::Skipped,
                    (false, true) => Outcome::Changed,
                    (false, false) => Outcome::Ok,
                };
                told.unknown = called.unknown;
                if !hidden {
                    told.differences.clone_from(&called.change.differences);
                    told.messages.clone_from(&called.change.messages);
                    told.messages.extend(called.change.skipped.clone());
                }
            }
            Err(Failure::Task(error)) => {
                told.outcome = Outcome::Failed;
                told.error = if hidden {
                    vec!["the task failed (`no_log` hides why)".to_owned()]
                } else {
                    chain(error)
                };
                told.place = error.place().map(ToString::to_string);
                told.hint = error.way_out().map(str::to_owned);
            }
            // Told as `HostUnreachable`, once.
            Err(Failure::Link(_)) => return,
        }
        match (told.outcome, forgiven) {
            (Outcome::Failed, true) if self.task.ignore_errors => host.tally.ignored += 1,
            (Outcome::Failed, true) => host.tally.rescued += 1,
            (outcome, _) => host.tally.count(outcome),
        }
        if told.outcome == Outcome::Failed && !forgiven {
            host.failure
                .get_or_insert_with(|| format!("{}: {}", self.task.name, told.error.join(": ")));
        }
        self.context
            .events
            .send(Event::TaskFinished(Box::new(told)));
    }
}

/// The error of a task that the user interrupted.
pub(super) fn interrupted(place: &Place) -> Error {
    Error::at(place, "interrupted").hint("run the same command again: it goes on from here")
}

fn items(scope: &Scope, list: &Node) -> Result<Vec<Node>, Error> {
    let rendered = scope.render(list)?;
    match rendered.value {
        Value::List(items) => Ok(items),
        other => Err(Error::at(
            &list.place,
            format!("`loop` wants a list, not {}", other.kind()),
        )),
    }
}

/// True where all conditions hold.
pub(super) fn conditions<'a>(
    scope: &Scope,
    list: impl IntoIterator<Item = &'a Node>,
) -> Result<bool, Error> {
    for condition in list {
        if !scope.condition(condition)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn evaluated(scope: &Scope, node: &Node) -> Result<Node, Error> {
    let list = match &node.value {
        Value::List(list) => list.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let holds = list.iter().map(|condition| {
        Ok(Node::new(
            Value::Bool(scope.condition(condition)?),
            condition.place.clone(),
        ))
    });
    Ok(Node::new(
        Value::List(holds.collect::<Result<_, Error>>()?),
        node.place.clone(),
    ))
}

/// What `register` keeps of a call.
fn result(called: &Called, failed: bool) -> Rendered {
    let usual = [
        ("changed", Rendered::from(called.changed)),
        ("failed", Rendered::from(failed)),
        ("skipped", Rendered::from(called.skipped)),
    ];
    Rendered::from_pairs(usual.into_iter().chain(called.results.iter().cloned()))
}
