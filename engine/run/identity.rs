//! As whom a task runs on a host: the login user, or another through sudo.

use crate::connection::Target;
use crate::playbook::Task;
use crate::script::Become;
use crate::template::Scope;
use crate::yaml::Result;

/// The login user, or whom to become.
pub(super) type Identity = Option<Become>;

/// What the inventory says about sudo on a host.
#[derive(Clone, Debug)]
pub(super) struct Sudo {
    wanted: Option<bool>,
    user: Option<String>,
    program: String,
}

impl Sudo {
    /// As the host's variables have it; `never`, where nobody is to become anybody.
    pub(super) fn of(target: &Target, never: bool) -> Self {
        Self {
            wanted: if never {
                Some(false)
            } else {
                target.become_wanted
            },
            user: target.become_user.clone(),
            program: target.become_exe.clone(),
        }
    }

    /// As whom a task runs. Variables of the host win over keywords, as in Ansible.
    ///
    /// # Errors
    /// Where `become_user` cannot be rendered.
    pub(super) fn identity(&self, task: &Task, scope: &Scope) -> Result<Identity> {
        if !self.wanted.or(task.r#become).unwrap_or(false) {
            return Ok(None);
        }
        let user = match (&self.user, &task.become_user) {
            (Some(user), _) => user.clone(),
            (None, Some(node)) => scope.render(node)?.text()?.to_owned(),
            (None, None) => "root".to_owned(),
        };
        Ok(Some(Become {
            user,
            sudo: self.program.clone(),
        }))
    }

    /// As whom the lock is held and debts are kept, of all that tasks act as: root where one does, else the
    /// first; whoever it is has a session anyway. [`None`] where no task acts.
    pub(super) fn keeper<'a>(
        &self,
        tasks: impl Iterator<Item = &'a Task>,
        scope: &Scope,
    ) -> Option<Identity> {
        // A `become_user` that hangs on facts is not known yet, and is nobody to keep anything.
        let mut all = tasks
            .filter(|task| !ON_NO_HOST.contains(&task.module.as_str()))
            .filter_map(|task| self.identity(task, scope).ok())
            .collect::<Vec<_>>();
        let root = all
            .iter()
            .position(|identity| identity.as_ref().is_some_and(|as_| as_.user == "root"));
        match root {
            Some(at) => Some(all.swap_remove(at)),
            None => all.into_iter().next(),
        }
    }
}

/// Modules that act on the run alone, so that it does not matter as whom.
const ON_NO_HOST: [&str; 5] = ["assert", "debug", "fail", "meta", "set_fact"];
