//! Who watches what tasks find to change: one notes it for a saved plan, one holds a run to what was noted.

use crate::modules::Change;
use crate::script::Facts;
use crate::yaml::{Place, Result};

/// A task on a host, and what it has found to change, if anything.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The host.
    pub host: &'a str,
    /// The play's name.
    pub play: &'a str,
    /// The task's name.
    pub task: &'a str,
    /// The module.
    pub module: &'a str,
    /// Where the task stands.
    pub place: &'a Place,
    /// It is a user's command: what it will do is not known.
    pub is_command: bool,
    /// Its differences may be shown (no `no_log`).
    pub may_show: bool,
    /// What it would change.
    pub change: &'a Change,
}

/// Sees every host's facts, and every change before it is made.
pub trait Witness: std::fmt::Debug + Send + Sync {
    /// A host has answered its first questions.
    ///
    /// # Errors
    /// Where it is not the host that it must be.
    fn looked(&self, host: &str, facts: &Facts) -> Result<()>;

    /// A task is about to change something, or would, in a plan; or it finds nothing to change.
    ///
    /// # Errors
    /// Where it must not: nothing of it has been done, and the run ends.
    fn found(&self, found: Found<'_>) -> Result<()>;
}
