//! A task: one wish, one module, and when it applies.

use crate::inventory::Vars;
use crate::yaml::{Map, Node, Place};

/// What stands in a list of tasks.
#[derive(Clone, Debug)]
pub enum Item {
    /// One task.
    Task(Box<Task>),
    /// A block with its rescue and always parts.
    Block(Box<Block>),
    /// The list that `import_tasks` or `include_tasks` put here, with the keywords of the including
    /// task applied to it as those of a block. A file name that is only known at run time is refused.
    Included(Box<Block>),
}

impl Item {
    /// All tasks under this item, in the order of the file, `rescue` and `always` parts included.
    pub fn tasks(&self) -> Box<dyn Iterator<Item = &Task> + '_> {
        match self {
            Self::Task(task) => Box::new(std::iter::once(task.as_ref())),
            Self::Block(block) | Self::Included(block) => Box::new(
                [&block.tasks, &block.rescue, &block.always]
                    .into_iter()
                    .flatten()
                    .flat_map(Self::tasks),
            ),
        }
    }
}

/// `block`, `rescue`, `always`, and the keywords that its tasks inherit.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its name.
    pub name: Option<String>,
    /// The tasks.
    pub tasks: Vec<Item>,
    /// Run where one of them failed.
    pub rescue: Vec<Item>,
    /// Run in any case.
    pub always: Vec<Item>,
    /// `when`, all must hold; asked again before each of its tasks, ahead of the task's own.
    pub when: Vec<Node>,
    /// True for `include_tasks`: its `when` is asked once, before the first of its tasks.
    pub once: bool,
    /// `vars`.
    pub vars: Vars,
    /// `tags`, its own and inherited; the tasks in it have inherited them already.
    pub tags: Vec<String>,
    /// `become`; the tasks in it have inherited it already.
    pub r#become: Option<bool>,
    /// `become_user`; the tasks in it have inherited it already.
    pub become_user: Option<Node>,
    /// `environment`, not inherited yet: the task's own wins.
    pub environment: Vec<Node>,
    /// Where it stands.
    pub place: Place,
}

/// `loop_control`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopControl {
    /// The variable's name, `item`.
    pub loop_var: String,
    /// The index variable's name.
    pub index_var: Option<String>,
    /// What is shown for an item, a template.
    pub label: Option<String>,
}

/// `until`, `retries`, `delay`.
#[derive(Clone, Debug)]
pub struct Until {
    /// The conditions, all must hold.
    pub conditions: Vec<Node>,
    /// How many more tries, 3 where not given.
    pub retries: Option<Node>,
    /// Seconds between tries, 5 where not given.
    pub delay: Option<Node>,
}

/// One wish.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name, a template; the module's name where none is given.
    pub name: String,
    /// The module.
    pub module: String,
    /// Its parameters as written: templates unrendered, aliases replaced by the names they stand for.
    /// Free-form text is under `_raw`.
    pub args: Map,
    /// `when`, all must hold; expressions.
    pub when: Vec<Node>,
    /// `loop`, a list or a template that gives one.
    pub r#loop: Option<Node>,
    /// `loop_control`.
    pub loop_control: LoopControl,
    /// `register`.
    pub register: Option<String>,
    /// `notify`: names of handlers or what they listen to.
    pub notify: Vec<String>,
    /// `listen`, for handlers.
    pub listen: Vec<String>,
    /// `changed_when`, all must hold.
    pub changed_when: Option<Vec<Node>>,
    /// `failed_when`, all must hold for it to fail, as in Ansible.
    pub failed_when: Option<Vec<Node>>,
    /// `ignore_errors`, inherited.
    pub ignore_errors: bool,
    /// `until`.
    pub until: Option<Until>,
    /// `vars`.
    pub vars: Vars,
    /// `tags`, its own and inherited.
    pub tags: Vec<String>,
    /// The tags of each `include_tasks` above it: the task runs only where these are selected too.
    pub gates: Vec<Vec<String>>,
    /// `become`, its own, else that of the nearest block or of the play.
    pub r#become: Option<bool>,
    /// `become_user`, inherited like `become`.
    pub become_user: Option<Node>,
    /// `delegate_to`, a template; inherited like `become`.
    pub delegate_to: Option<Node>,
    /// `run_once`, inherited.
    pub run_once: bool,
    /// `no_log`, inherited: neither arguments, nor results, nor diffs are shown.
    pub no_log: bool,
    /// `environment`, its own only.
    pub environment: Vec<Node>,
    /// Where it stands.
    pub place: Place,
}
