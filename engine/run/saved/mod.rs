//! A plan that was saved: what it rests on, what each host was, and what each task would change there. An apply of it
//! does that and nothing else.
//!
//! `key` keys its digests, `masked` hides secrets, `witness` notes a plan and holds a run to it, `file` writes and reads it.

mod file;
mod key;
mod masked;
mod witness;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::modules::Difference;

pub use file::{is_saved_plan, read_plan};
pub use key::PlanKey;
pub use witness::{Foreseen, Promise};

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// The version of the file's form.
    pub wmprov_plan: u32,
    /// The program that made it.
    pub program: String,
    /// Seconds since 1970 when it was made.
    pub at: u64,
    /// Who made it, by which command.
    pub by: String,
    /// What it is a plan of.
    pub of: PlanOf,
    /// The key of its digests, sealed with the vault password; in clear where the inventory holds no secret.
    pub key: String,
    /// What it rests on on the control machine: name and keyed digest.
    pub rests_on: BTreeMap<String, String>,
    /// What each host was, and what is to be changed there.
    pub hosts: BTreeMap<String, HostPlan>,
    /// The keyed digest of all of this.
    pub seal: String,
}

/// The arguments that made a plan: an apply of it takes no others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOf {
    /// The inventory.
    pub inventory: PathBuf,
    /// The playbook; the built-in one where it is not given.
    pub playbook: Option<PathBuf>,
    /// `--limit`.
    pub limit: Option<String>,
    /// `--extra-vars`.
    pub extra_vars: Vec<String>,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
}

/// What a plan knows of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPlan {
    /// What it was.
    pub facts: BTreeMap<String, String>,
    /// What is to be changed, in the order of the run.
    pub tasks: Vec<TaskPlan>,
}

/// What a task would change on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPlan {
    /// The play's name.
    pub play: String,
    /// The task's name.
    pub task: String,
    /// The module.
    pub module: String,
    /// Where the task stands.
    pub place: String,
    /// It is a user's command: that it runs is foreseen, what it does is not.
    pub is_command: bool,
    /// It stands behind a command, so what it will find is not known: the paths that it declares, and may change. Empty
    /// for any other, which may change nothing but what was foreseen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declares: Vec<String>,
    /// Each difference.
    pub changes: Vec<Planned>,
}

/// One foreseen difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Its keyed digest: of the texts as they are, secrets and all.
    pub digest: String,
    /// What a reviewer sees of it: secrets are `***`; [`None`] where the task says `no_log`.
    pub shown: Option<Difference>,
}
