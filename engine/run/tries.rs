//! What repeats a task: the items of `loop`, the tries of `until`.

use minijinja::Value as Rendered;

use crate::run::Mode;
use crate::run::host::{HostRun, Standing};
use crate::run::task::{Called, Failure, TaskRun, conditions, interrupted, result};
use crate::template::{Scope, to_rendered};
use crate::yaml::{Error, Node, Value};

impl TaskRun<'_> {
    /// Every item of a loop. As in Ansible one that fails does not keep the others from their turn; only a
    /// server that did not come up does, because the next would follow it.
    pub(super) async fn each(
        &self,
        host: &mut HostRun,
        scope: &Scope,
        items: &[Node],
        facts: &mut Vec<(String, Node)>,
    ) -> (bool, Rendered) {
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
            let (good, result) = self.one(host, &scope, Some(label), facts).await;
            all_good &= good;
            results.push(result);
            let gone = matches!(host.standing, Standing::Lost | Standing::Ended);
            if gone || self.context.is_over() || !good && self.module.ends_loop() {
                break;
            }
        }
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
        (all_good, Rendered::from_pairs(all))
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

    /// One call, or as many as `until` needs; a call that fails is tried again like one that is not enough.
    pub(super) async fn tries(&self, host: &mut HostRun, scope: &Scope) -> Result<Called, Failure> {
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
            let mut end = self.call(host, scope).await;
            tried += 1;
            let kept = match &mut end {
                Ok(called) => {
                    called.results.push(("attempts", Rendered::from(tried)));
                    result(called, false)
                }
                Err(Failure::Link(_) | Failure::Outdated) => return end,
                Err(failure) => failure.kept(),
            };
            let mut with = scope.clone();
            if let Some(name) = &self.task.register {
                with.set_value(name.clone(), kept);
            }
            let planning = self.context.options.mode == Mode::Plan;
            if planning || conditions(&with, &until.conditions)? {
                return end;
            }
            if tried > retries {
                return Err(self.tried_in_vain(end, tried));
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
            host.forget("/");
        }
    }

    fn tried_in_vain(&self, end: Result<Called, Failure>, tried: i64) -> Failure {
        let error = Error::at(
            &self.task.place,
            format!("`until` did not come about in {tried} tries"),
        );
        match end {
            Ok(called) => Failure::Judged(error, called.results),
            Err(Failure::Judged(cause, results)) => Failure::Judged(error.because(cause), results),
            Err(Failure::Task(cause)) => Failure::Task(error.because(cause)),
            Err(lost) => lost,
        }
    }
}

/// The items of `loop`.
pub(super) fn items(scope: &Scope, list: &Node) -> Result<Vec<Node>, Error> {
    let rendered = scope.render(list)?;
    match rendered.value {
        Value::List(items) => Ok(items),
        other => Err(Error::at(
            &list.place,
            format!("`loop` wants a list, not {}", other.kind()),
        )),
    }
}
