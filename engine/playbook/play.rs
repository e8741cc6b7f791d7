//! A playbook and its plays.

use std::path::PathBuf;

use crate::inventory::Vars;
use crate::playbook::{Item, Source, Task};
use crate::yaml::{Node, Place};

/// Plays in order, and the folder that their templates and files are beside.
#[derive(Clone, Debug)]
pub struct Playbook {
    /// Where its files are read from.
    pub source: Source,
    /// The file, or the name of a built-in.
    pub file: PathBuf,
    /// The plays, in order.
    pub plays: Vec<Play>,
}

/// A host pattern, and the tasks for the hosts it selects.
#[derive(Clone, Debug)]
pub struct Play {
    /// Its name, or its host pattern.
    pub name: String,
    /// The host pattern or a list of them, a template over extra vars.
    pub hosts: Node,
    /// `vars`, with the `vars_files` read over them: later files win.
    pub vars: Vars,
    /// `serial`, rendered and read by [`Serial::read`](crate::playbook::Serial::read) in the run.
    pub serial: Option<Node>,
    /// Above this percentage of failed hosts in a batch the run stops.
    pub max_fail_percentage: Option<f64>,
    /// The first failure stops the run.
    pub any_errors_fatal: bool,
    /// `become`; its tasks have inherited it already.
    pub r#become: Option<bool>,
    /// `become_user`.
    pub become_user: Option<Node>,
    /// `gather_facts`, true where not said.
    pub gather_facts: bool,
    /// `environment`.
    pub environment: Vec<Node>,
    /// `tags` of the play; its tasks have inherited them already.
    pub tags: Vec<String>,
    /// `pre_tasks`, `tasks`, `post_tasks`, in this order.
    pub sections: [Vec<Item>; 3],
    /// Handlers, run at the end of a section where notified.
    pub handlers: Vec<Task>,
    /// Where it stands.
    pub place: Place,
}
