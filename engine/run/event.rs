//! What happened, in the past tense, with all that a reader needs: the only way the engine speaks.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::modules::Difference;
use crate::run::{Outcome, Report};

/// Something that happened in a run.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began with these hosts.
    RunStarted {
        /// The hosts that are acted on.
        hosts: Vec<String>,
        /// `apply`, `plan`, `drift`, `backup`.
        command: &'static str,
    },
    /// A check was waived by the user.
    CheckWaived {
        /// The check's code.
        code: String,
        /// What it would have said.
        finding: String,
        /// The user's reason.
        reason: String,
    },
    /// Something that the user should know, and that stops nothing.
    Noticed {
        /// The host, where it is about one.
        host: Option<String>,
        /// One sentence.
        message: String,
    },
    /// A host was reached and has answered its first questions.
    HostLooked {
        /// The host.
        host: String,
    },
    /// A host could not be reached or was lost.
    HostUnreachable {
        /// The host.
        host: String,
        /// Why, with its causes.
        error: String,
        /// The way out, where there is one.
        hint: Option<String>,
    },
    /// A play began.
    PlayStarted {
        /// Its name.
        play: String,
        /// Its hosts in this batch.
        hosts: Vec<String>,
    },
    /// A task began to act.
    TaskStarted {
        /// The host.
        host: String,
        /// The task's name.
        task: String,
    },
    /// A task ended on a host.
    TaskFinished(Box<TaskFinished>),
    /// An upload moved on.
    Uploaded {
        /// The host.
        host: String,
        /// What is sent.
        what: String,
        /// Bytes sent.
        sent: u64,
        /// Bytes in all.
        total: u64,
    },
    /// What comes from a host moved on; how much it will be is not known.
    Fetched {
        /// The host.
        host: String,
        /// What comes.
        what: String,
        /// Bytes so far.
        bytes: u64,
    },
    /// A wait goes on.
    Waited {
        /// The host.
        host: String,
        /// What is awaited, `wkr1: WSO2 Carbon started`.
        awaiting: String,
        /// Seconds so far.
        seconds: u64,
        /// Seconds at most.
        deadline: u64,
    },
    /// What a former run owed was taken over.
    DebtFound {
        /// The host.
        host: String,
        /// What is owed.
        debts: Vec<String>,
    },
    /// The run stopped before its end.
    Stopped {
        /// Why.
        reason: String,
    },
    /// The run ended.
    RunFinished(Report),
}

/// How a task ended on a host.
#[derive(Clone, Debug, Serialize)]
pub struct TaskFinished {
    /// The host.
    pub host: String,
    /// The play's name.
    pub play: String,
    /// The task's name.
    pub task: String,
    /// The module.
    pub module: String,
    /// The item of a loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The failure was let pass (`ignore_errors`) or taken over (`rescue`).
    pub forgiven: bool,
    /// True where the plan cannot know before something has run.
    pub unknown: bool,
    /// What differed.
    pub differences: Vec<Difference>,
    /// What the host has recorded of what was last written (see `Change::recorded`).
    #[serde(skip)]
    pub recorded: BTreeMap<String, String>,
    /// What it has to say (`debug`, why it was skipped).
    pub messages: Vec<String>,
    /// Why it failed: message and causes, outermost first.
    pub error: Vec<String>,
    /// Where the task, or what is to blame, stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
