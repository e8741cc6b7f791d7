//! One task on one host: its condition, its loop, and what came of it.

use minijinja::Value as Rendered;

use crate::modules::{Change, Module, Registry};
use crate::playbook::{Play, Task};
use crate::run::act::Acted;
use crate::run::batch::Ended;
use crate::run::calls::arguments;
use crate::run::environment::environment;
use crate::run::files::PlaybookFiles;
use crate::run::host::{HostRun, Standing, chain};
use crate::run::link::LinkError;
use crate::run::tries::items;
use crate::run::{Context, Event, Found, Mode};
use crate::template::Scope;
use crate::yaml::{Error, Node, Place};

/// Why one call of a module did not succeed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The task failed; the host goes to `rescue` or out of the play.
    Task(Error),
    /// It came to its end and was judged a failure; what `register` keeps of it.
    Judged(Error, Vec<(&'static str, Rendered)>),
    /// The host is lost.
    Link(LinkError),
    /// Another run has been here since this one looked: nothing was done, and all of it begins again.
    Outdated,
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

impl Failure {
    /// Message and causes in one line.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Task(error) | Self::Judged(error, _) => chain(error).join(": "),
            Self::Link(error) => chain(error).join(": "),
            Self::Outdated => "another run has been here since this one looked".to_owned(),
        }
    }

    /// The failure, and why what was to be as before is not, where that failed too. (Of a host that is lost nothing more is to
    /// be said.)
    pub(super) fn and(self, back: Result<(), Self>) -> Self {
        let Err(second) = back else { return self };
        let more = format!("; nor could it be undone: {}", second.message());
        match self {
            Self::Task(error) => Self::Task(error.and(&more)),
            Self::Judged(error, results) => Self::Judged(error.and(&more), results),
            Self::Link(_) | Self::Outdated => self,
        }
    }

    /// What `register` keeps.
    pub(super) fn kept(&self) -> Rendered {
        let usual = [
            ("failed", Rendered::from(true)),
            ("changed", Rendered::from(false)),
            ("msg", Rendered::from(self.message())),
        ];
        let results = match self {
            Self::Judged(_, results) => results.as_slice(),
            _ => &[],
        };
        Rendered::from_pairs(usual.into_iter().chain(results.iter().cloned()))
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
    pub(super) around: &'a Around<'a>,
}

/// What the blocks around a task, and its play, hand down to it.
#[derive(Clone, Default)]
pub(super) struct Around<'a> {
    /// Conditions, outermost first.
    pub(super) when: Vec<&'a Node>,
    /// `environment`, outermost first.
    pub(super) environment: Vec<&'a Node>,
    /// A `rescue` stands ready, so a failure is not the host's end.
    pub(super) rescued: bool,
}

/// Runs a task on a host.
pub(super) async fn run_task(
    context: &Context,
    play: &Play,
    task: &Task,
    host: &mut HostRun,
    scope: Scope,
    around: &Around<'_>,
) -> Ended {
    let Some(module) = Registry.get(&task.module) else {
        // The loader has refused unknown modules.
        return Ended {
            good: true,
            ..Ended::default()
        };
    };
    let run = TaskRun {
        context,
        play,
        task,
        module,
        around,
    };
    run.all_items(host, scope).await
}

impl TaskRun<'_> {
    async fn all_items(&self, host: &mut HostRun, mut scope: Scope) -> Ended {
        for (name, node) in &self.task.vars {
            scope.set(name.clone(), node.clone());
        }
        let mut ended = Ended::default();
        let result = match &self.task.r#loop {
            None => {
                let (good, result) = self.one(host, &scope, None, &mut ended.facts).await;
                ended.good = good;
                result
            }
            Some(list) => match items(&scope, list) {
                Ok(items) => {
                    let (good, result) = self.each(host, &scope, &items, &mut ended.facts).await;
                    ended.good = good;
                    result
                }
                Err(error) => {
                    let (good, result) = self.failed(host, None, Failure::Task(error));
                    ended.good = good;
                    result
                }
            },
        };
        if let Some(name) = &self.task.register {
            host.scope.set_value(name.clone(), result.clone());
            ended.registered = Some(result);
        }
        ended
    }

    /// One call, retried as `until` says; its outcome told; what `register` keeps.
    pub(super) async fn one(
        &self,
        host: &mut HostRun,
        scope: &Scope,
        item: Option<String>,
        facts: &mut Vec<(String, Node)>,
    ) -> (bool, Rendered) {
        let when = self.around.when.iter().copied().chain(&self.task.when);
        match conditions(scope, when) {
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
        let called = match self.tries_there(host, scope).await {
            Ok(called) => called,
            Err(Failure::Outdated) => {
                self.context.halt();
                return (false, Failure::Outdated.kept());
            }
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
        facts.extend(called.change.facts.iter().cloned());
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
            self.task.ignore_errors || self.around.rescued,
        );
        let kept = failure.kept();
        if let Failure::Link(error) = &failure {
            host.lose(self.context, error);
            return (false, kept);
        }
        if self.around.rescued && !self.task.ignore_errors {
            host.scope.set_value("ansible_failed_result", kept.clone());
            let task = [
                ("name", Rendered::from(self.task.name.as_str())),
                ("action", Rendered::from(self.task.module.as_str())),
            ];
            host.scope
                .set_value("ansible_failed_task", Rendered::from_pairs(task));
        }
        let good = self.task.ignore_errors || self.after_failure(host);
        (good, kept)
    }

    /// Takes the host out of the play, unless a `rescue` stands ready. Returns whether it goes on: never.
    pub(super) fn after_failure(&self, host: &mut HostRun) -> bool {
        if !self.around.rescued {
            host.standing = Standing::Failed;
            if self.play.any_errors_fatal {
                self.context.halt();
            }
        }
        false
    }

    /// Looks, decides, acts, looks again.
    pub(super) async fn call(&self, host: &mut HostRun, scope: &Scope) -> Result<Called, Failure> {
        if self.context.options.survey.is_some() && self.module.is_left_to_surveys() {
            return Ok(Called::default());
        }
        let args = arguments(self.task, scope)?;
        let layers = self.around.environment.iter().copied();
        let environment = environment(scope, layers.chain(&self.task.environment))?;
        host.act_as(host.sudo.identity(self.task, scope)?);
        if self.module.wants_facts() && host.facts.is_none() {
            host.know(&[crate::script::Probe::Facts]).await?;
        }
        let name = host.name.clone();
        let files = PlaybookFiles::new(&self.context.playbook, self.task, scope);
        let facts = host.facts.clone();
        let unlike = self.context.unlike();
        let call = crate::modules::Call {
            args: &args,
            host: &name,
            facts: facts.as_ref(),
            planning: self.context.options.mode == Mode::Plan,
            acting: self.context.locks.are_taken(),
            probe_artifact: self.context.options.probe_artifact,
            unlike: &unlike,
            files: &files,
            world: &self.context.world,
        };
        match self.brought_about(host, scope, &call, &environment).await {
            Err(Failure::Task(error)) if self.task.failed_when.is_some() && !call.planning => {
                self.forgiven(scope, error)
            }
            end => end,
        }
    }

    /// `failed_when` judges a failure of the module too.
    fn forgiven(&self, scope: &Scope, error: Error) -> Result<Called, Failure> {
        let failure = Failure::Task(error);
        let mut with = scope.clone();
        if let Some(name) = &self.task.register {
            with.set_value(name.clone(), failure.kept());
        }
        let list = self.task.failed_when.iter().flatten();
        if conditions(&with, list)? {
            return Err(failure);
        }
        Ok(Called {
            results: vec![("msg", Rendered::from(failure.message()))],
            ..Called::default()
        })
    }

    async fn brought_about(
        &self,
        host: &mut HostRun,
        scope: &Scope,
        call: &crate::modules::Call<'_>,
        environment: &[(String, String)],
    ) -> Result<Called, Failure> {
        let in_context = |error: Error| error.or_at(&self.task.place);
        for path in self.context.forgotten(&host.name) {
            host.answers.forget(&path);
        }
        let probes = self.module.probes(call).map_err(in_context)?;
        host.know(&probes).await?;
        self.know_more(host, call).await?;
        let mut change = self
            .module
            .change(call, &host.answers)
            .map_err(in_context)?;
        if call.planning {
            self.witnessed(host, &change)?;
        }
        if change.is_empty() || call.planning {
            return self.judged(
                scope,
                Acted::nothing(change, call.planning, self.module.is_command()),
            );
        }
        if !host.fresh && change.acts_on_host() {
            let fresh = host.freshen(self.context).await?;
            if self.context.locks.outdate_the_look() {
                return Err(Failure::Outdated);
            }
            if !fresh {
                return Err(interrupted(&self.task.place).into());
            }
            self.know_more(host, call).await?;
            change = self
                .module
                .change(call, &host.answers)
                .map_err(in_context)?;
            if change.is_empty() {
                return self.judged(scope, Acted::nothing(change, false, false));
            }
        }
        if self.context.locks.outdate_the_look() {
            return Err(Failure::Outdated);
        }
        self.witnessed(host, &change)?;
        self.context.events.send(Event::TaskStarted {
            host: host.name.clone(),
            task: self.task.name.clone(),
        });
        let acted = self.act(host, call, &probes, change, environment).await?;
        self.judged(scope, acted)
    }

    /// Shows a change to whoever watches, before it is made. What they do not let pass ends the run.
    fn witnessed(&self, host: &HostRun, change: &Change) -> Result<(), Error> {
        let Some(witness) = &self.context.options.witness else {
            return Ok(());
        };
        let seen = witness.found(Found {
            host: &host.name,
            play: &self.play.name,
            task: &self.task.name,
            module: &self.task.module,
            place: &self.task.place,
            is_command: self.module.is_command(),
            may_show: !self.task.no_log,
            change,
        });
        if seen.is_err() && self.context.options.mode == Mode::Apply {
            self.context.halt();
        }
        seen.map_err(|error| error.or_at(&self.task.place))
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
            return Err(Failure::Judged(
                error.or_at(&self.task.place),
                called.results,
            ));
        }
        if let Some(list) = &self.task.changed_when
            && !planned
        {
            called.changed = conditions(&with, list)?;
        }
        Ok(called)
    }
}

/// The error of a task that the user interrupted.
pub(super) fn interrupted(place: &Place) -> Error {
    Error::at(place, "interrupted").hint("run the same command again: it goes on from here")
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

/// What `register` keeps of a call.
pub(super) fn result(called: &Called, failed: bool) -> Rendered {
    let usual = [
        ("changed", Rendered::from(called.changed)),
        ("failed", Rendered::from(failed)),
        ("skipped", Rendered::from(called.skipped)),
    ];
    Rendered::from_pairs(usual.into_iter().chain(called.results.iter().cloned()))
}

#[cfg(test)]
mod tests {
    use super::Failure;
    use crate::yaml::Error;

    #[test]
    fn what_led_to_a_failure_is_not_lost_behind_it() {
        let open = || Failure::from(Error::new("requests are open").hint("--cut"));
        let refused = Error::new("nginx does not take it").because("a typo".to_owned());
        let Failure::Task(both) = open().and(Err(refused.into())) else {
            panic!("no failure of the task");
        };
        assert_eq!(
            both.message(),
            "requests are open; nor could it be undone: nginx does not take it: a typo"
        );
        assert_eq!(both.way_out(), Some("--cut"));
        assert_eq!(open().and(Ok(())).message(), "requests are open");
    }
}
