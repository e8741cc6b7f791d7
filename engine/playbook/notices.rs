//! What only a whole play shows: handlers that nobody is, results that hide variables.

use crate::playbook::loader::Loader;
use crate::playbook::{Play, Task};
use crate::yaml::{Error, near};

impl Loader<'_> {
    /// Refuses to notify a handler that the play does not have.
    pub(super) fn check_notices(&mut self, play: &Play) {
        let names: Vec<&str> = play
            .handlers
            .iter()
            .flat_map(|handler| std::iter::once(&handler.name).chain(&handler.listen))
            .map(String::as_str)
            .collect();
        for notice in std::mem::take(&mut self.notices) {
            let Ok(name) = notice.text() else { continue };
            if names.contains(&name) {
                continue;
            }
            let error = Error::at(
                &notice.place,
                format!("no handler `{name}` in play `{}`", play.name),
            );
            self.errors.push(match near(name, names.iter().copied()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("add it under the play's `handlers:`"),
            });
        }
    }

    /// Refuses a result under the name of a variable of the same play: it would hide it.
    pub(super) fn check_registers(&mut self, play: &Play) {
        for task in play.tasks().chain(&play.handlers) {
            let Some(name) = &task.register else { continue };
            if let Some(variable) = play.vars.get(name).or_else(|| task.vars.get(name)) {
                self.errors.push(
                    Error::at(
                        &task.place,
                        format!("`register` would hide the variable `{name}`"),
                    )
                    .hint(format!(
                        "the variable stands at {}; rename one of them",
                        variable.place
                    )),
                );
            }
            self.check_loop_var(task, name);
        }
    }

    fn check_loop_var(&mut self, task: &Task, name: &str) {
        if task.r#loop.is_some() && task.loop_control.loop_var == name {
            self.errors.push(
                Error::at(
                    &task.place,
                    format!("`register` and the loop both use `{name}`"),
                )
                .hint("rename one of them"),
            );
        }
    }
}
