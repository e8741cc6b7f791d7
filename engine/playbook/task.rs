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
    /// `include_tasks` whose file name is only known at run time is refused; this is the list that
    /// `import_tasks` (and an `include_tasks` with a literal name) put here, with the keywords of
    /// the including task applied to it as those of a block.
    Included(Box<Block>),
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
    /// `when`, all must hold.
    pub when: Vec<Node>,
    /// `vars`.
    pub vars: Vars,
    /// `tags`.
    pub tags: Vec<String>,
    /// `become`.
    pub r#become: Option<bool>,
    /// `become_user`.
    pub become_user: Option<Node>,
    /// `environment`.
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
    /// How many more tries, 3.
    pub retries: Node,
    /// Seconds between tries, 5.
    pub delay: Node,
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
    /// `failed_when`, any makes it fail… as in Ansible, all must hold.
    pub failed_when: Option<Vec<Node>>,
    /// `ignore_errors`.
    pub ignore_errors: bool,
    /// `until`.
    pub until: Option<Until>,
    /// `vars`.
    pub vars: Vars,
    /// `tags`, its own and inherited.
    pub tags: Vec<String>,
    /// `become`.
    pub r#become: Option<bool>,
    /// `become_user`.
    pub become_user: Option<Node>,
    /// `delegate_to`, a template.
    pub delegate_to: Option<Node>,
    /// `run_once`.
    pub run_once: bool,
    /// `no_log`: neither arguments, nor results, nor diffs are shown.
    pub no_log: bool,
    /// `environment`.
    pub environment: Vec<Node>,
    /// Where it stands.
    pub place: Place,
}
