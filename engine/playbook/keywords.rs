//! Every keyword of Ansible's playbooks: taken, or refused with the reason and the way out.
//!
//! The loader and the docs read the same tables, so neither can promise what the other refuses.

use crate::playbook::keywords::Level::{Block, Handler, Play, Task};

/// Where a keyword may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// In a play.
    Play,
    /// In a block, or beside `import_tasks` and `include_tasks`.
    Block,
    /// In a task.
    Task,
    /// In a handler, which takes all that a task takes.
    Handler,
}

impl Level {
    /// The word for it in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Block => "block",
            Self::Task => "task",
            Self::Handler => "handler",
        }
    }
}

/// A keyword that is taken.
#[derive(Clone, Copy, Debug)]
pub struct Keyword {
    /// Its name.
    pub name: &'static str,
    /// Where it may stand.
    pub levels: &'static [Level],
    /// What it does, for the docs.
    pub doc: &'static str,
}

/// A keyword or action of Ansible's that is refused.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Its name; `with_` stands for all that begin so.
    pub name: &'static str,
    /// Why, as the end of "`x` is not in the subset: …".
    pub reason: &'static str,
    /// What to do instead.
    pub instead: &'static str,
}

const ALL: &[Level] = &[Play, Block, Task];
const BELOW: &[Level] = &[Block, Task];

const fn taken(name: &'static str, levels: &'static [Level], doc: &'static str) -> Keyword {
    Keyword { name, levels, doc }
}

const fn refused(name: &'static str, reason: &'static str, instead: &'static str) -> Refused {
    Refused {
        name,
        reason,
        instead,
    }
}

/// The keywords that are taken.
pub const TAKEN: &[Keyword] = &[
    taken("name", ALL, "what is shown; a template"),
    taken("hosts", &[Play], "the host pattern, or a list of them"),
    taken(
        "vars",
        ALL,
        "variables; a task's win over a block's, a block's over the play's",
    ),
    taken(
        "vars_files",
        &[Play],
        "files of variables, literal names; they win over `vars`, later files over earlier",
    ),
    taken(
        "serial",
        &[Play],
        "hosts at once: a number, a percentage, or a list of steps",
    ),
    taken(
        "max_fail_percentage",
        &[Play],
        "the run stops where more of a batch than this has failed; its hosts go in step, task by task",
    ),
    taken(
        "any_errors_fatal",
        &[Play],
        "yes: the first failure stops the run on all hosts, which go in step, task by task",
    ),
    taken(
        "gather_facts",
        &[Play],
        "no: this play sees no facts, unless an earlier one has gathered them; yes where not said",
    ),
    taken(
        "pre_tasks",
        &[Play],
        "tasks before `tasks`; their handlers run before `tasks`",
    ),
    taken("tasks", &[Play], "the tasks"),
    taken(
        "post_tasks",
        &[Play],
        "tasks after `tasks` and its handlers",
    ),
    taken(
        "handlers",
        &[Play],
        "tasks that run at the end of a section where they were notified",
    ),
    taken(
        "become",
        ALL,
        "yes: as root through sudo; literal yes or no",
    ),
    taken(
        "become_user",
        ALL,
        "the user to become, `root` where not said",
    ),
    taken("become_method", ALL, "`sudo` and nothing else"),
    taken(
        "environment",
        ALL,
        "environment variables of the commands that a task runs; a map or a list of maps, the innermost wins",
    ),
    taken(
        "tags",
        ALL,
        "what `--tags` and `--skip-tags` choose by; inherited by what is inside",
    ),
    taken(
        "when",
        BELOW,
        "a condition, or a list that must all hold; asked a task",
    ),
    taken("block", &[Block], "tasks that share keywords"),
    taken(
        "rescue",
        &[Block],
        "tasks that run where one of the block failed",
    ),
    taken(
        "always",
        &[Block],
        "tasks that run in any case after the block",
    ),
    taken(
        "delegate_to",
        BELOW,
        "another host of the inventory, or `localhost`, that the task acts on, with the variables of its own host",
    ),
    taken(
        "run_once",
        BELOW,
        "yes: only the first host of the batch that comes to it runs it; result, facts and failure are of all",
    ),
    taken(
        "no_log",
        BELOW,
        "yes: arguments, results and diffs are not shown",
    ),
    taken(
        "ignore_errors",
        BELOW,
        "yes: a failure does not stop the host",
    ),
    taken(
        "args",
        &[Task],
        "parameters of the module, for those that take free text",
    ),
    taken("loop", &[Task], "a list, or a template that gives one"),
    taken("loop_control", &[Task], "`loop_var`, `index_var`, `label`"),
    taken("register", &[Task], "the variable that holds the result"),
    taken(
        "notify",
        &[Task],
        "handlers to run where the task changed something; checked at load",
    ),
    taken(
        "listen",
        &[Handler],
        "other names that a handler answers to",
    ),
    taken(
        "changed_when",
        &[Task],
        "conditions that decide whether it changed something",
    ),
    taken(
        "failed_when",
        &[Task],
        "conditions that decide whether it failed",
    ),
    taken("until", &[Task], "conditions that end the tries"),
    taken("retries", &[Task], "more tries, 3 where not said"),
    taken("delay", &[Task], "seconds between tries, 5 where not said"),
];

const INVENTORY: &str = "how a host is reached belongs to the inventory";

/// The keywords and actions that are refused, at whatever level.
pub const REFUSED: &[Refused] = &[
    refused(
        "action",
        "a task names its module as a key",
        "write the module's name as the key: `copy: {src: a, dest: b}`",
    ),
    refused(
        "local_action",
        "a task names its module as a key",
        "write the module as the key and `delegate_to: localhost` beside it",
    ),
    refused(
        "with_",
        "there is one way to loop",
        "write `loop:`; a dictionary through the filter `dict2items`, nested lists through `product`",
    ),
    refused(
        "async",
        "a task that goes on unwatched cannot be verified",
        "leave `async` and `poll` out; every wait has a deadline of its own",
    ),
    refused(
        "poll",
        "a task that goes on unwatched cannot be verified",
        "leave `async` and `poll` out; every wait has a deadline of its own",
    ),
    refused(
        "roles",
        "reuse is by task files",
        "write `import_tasks:` with the role's `tasks/main.yml`, and its defaults under `vars_files:`",
    ),
    refused(
        "include_role",
        "reuse is by task files",
        "write `import_tasks:` with the role's `tasks/main.yml`",
    ),
    refused(
        "import_role",
        "reuse is by task files",
        "write `import_tasks:` with the role's `tasks/main.yml`",
    ),
    refused(
        "include",
        "Ansible itself has taken it out",
        "write `import_tasks:` or `import_playbook:`",
    ),
    refused(
        "include_vars",
        "variables are read before any connection",
        "write `vars_files:` in the play, or `group_vars/` beside the inventory",
    ),
    refused(
        "strategy",
        "hosts are independent within a play, plays are barriers",
        "leave it out; use `serial:` for batches, two plays for a barrier",
    ),
    refused(
        "order",
        "hosts go in the order of the inventory",
        "leave it out",
    ),
    refused(
        "throttle",
        "the number of hosts at once is the play's",
        "write `serial:` in the play, or `--forks`",
    ),
    refused(
        "timeout",
        "every wait has a deadline of its own",
        "use the module's own timeout parameter",
    ),
    refused(
        "remote_user",
        INVENTORY,
        "set `ansible_user` in the inventory",
    ),
    refused("port", INVENTORY, "set `ansible_port` in the inventory"),
    refused(
        "connection",
        INVENTORY,
        "set `ansible_connection` in the inventory",
    ),
    refused(
        "become_exe",
        INVENTORY,
        "leave it out; `sudo` is found by the path of the host",
    ),
    refused(
        "become_flags",
        INVENTORY,
        "leave it out; sudo's flags are fixed",
    ),
    refused(
        "vars_prompt",
        "a run asks nothing",
        "give the value by `--extra-vars`, or vault it",
    ),
    refused(
        "module_defaults",
        "a task says all that it wants",
        "write the parameters in the task; a YAML anchor saves repeating",
    ),
    refused("collections", "modules are built in", "leave it out"),
    refused(
        "gather_subset",
        "facts are one small question",
        "leave it out",
    ),
    refused(
        "gather_timeout",
        "facts are one small question",
        "leave it out",
    ),
    refused("fact_path", "facts are one small question", "leave it out"),
    refused(
        "force_handlers",
        "what is owed after a failure is paid by the next run",
        "leave it out",
    ),
    refused(
        "check_mode",
        "`plan` looks and `apply` acts, the whole run",
        "run `wmprov plan`, or `wmprov apply --check`",
    ),
    refused(
        "diff",
        "diffs are chosen for the whole run",
        "run with `--diff`",
    ),
    refused("debugger", "a run asks nothing", "use `-vvv`"),
    refused(
        "ignore_unreachable",
        "an unreachable host is never taken for done",
        "leave the host out with `--limit`",
    ),
    refused(
        "delegate_facts",
        "facts belong to the host that was asked",
        "leave it out",
    ),
    refused(
        "validate_argspec",
        "parameters are always checked",
        "leave it out",
    ),
];

/// The reason for refusing `name`, where Ansible knows it and this subset does not.
#[must_use]
pub fn refusal(name: &str) -> Option<&'static Refused> {
    REFUSED
        .iter()
        .find(|row| row.name == name || (row.name.ends_with('_') && name.starts_with(row.name)))
}

/// The keyword of that name.
#[must_use]
pub fn keyword(name: &str) -> Option<&'static Keyword> {
    TAKEN.iter().find(|row| row.name == name)
}

impl Keyword {
    /// True where it may stand at `level`.
    #[must_use]
    pub fn stands_in(&self, level: Level) -> bool {
        self.levels.contains(&level) || (level == Handler && self.levels.contains(&Task))
    }
}

#[cfg(test)]
mod tests {
    use super::{REFUSED, TAKEN, refusal};

    #[test]
    fn a_keyword_is_taken_or_refused_and_never_both() {
        for row in TAKEN {
            assert!(refusal(row.name).is_none(), "{}", row.name);
            assert_eq!(
                TAKEN.iter().filter(|other| other.name == row.name).count(),
                1
            );
        }
        for row in REFUSED {
            assert_eq!(
                REFUSED
                    .iter()
                    .filter(|other| other.name == row.name)
                    .count(),
                1
            );
        }
        assert_eq!(refusal("with_items").unwrap().name, "with_");
        assert!(refusal("without").is_none());
    }
}
