//! How a task ended, told as an event and counted.

use std::collections::BTreeMap;

use crate::run::host::{HostRun, chain};
use crate::run::task::{Called, Failure, TaskRun};
use crate::run::{Event, Outcome, TaskFinished};

impl TaskRun<'_> {
    /// Tells it, and counts it.
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
            recorded: BTreeMap::new(),
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
                    told.recorded.clone_from(&called.change.recorded);
                    told.messages.clone_from(&called.change.messages);
                    told.messages.extend(called.change.skipped.clone());
                }
            }
            Err(Failure::Task(error) | Failure::Judged(error, _)) => {
                told.outcome = Outcome::Failed;
                told.error = if hidden {
                    vec!["the task failed (`no_log` hides why)".to_owned()]
                } else {
                    chain(error)
                };
                told.place = error.place().map(ToString::to_string);
                told.hint = error.way_out().map(str::to_owned);
            }
            // Told as `HostUnreachable`, once; or told when the run begins again.
            Err(Failure::Link(_) | Failure::Outdated) => return,
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
