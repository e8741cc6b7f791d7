//! What differs on a host, and the acts that mend it.

use std::collections::BTreeMap;
use std::fmt;

use minijinja::Value;
use serde::{Deserialize, Serialize};

use crate::modules::{
    ArtifactsWork, FirewallWork, FrontWork, HandoverWork, HomeWork, JdkWork, NodeWork, SyncWork,
};
use crate::script::Step;
use crate::yaml::Node;

/// One thing that differs, as a reader wants to see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Difference {
    /// A text file: what is there ([`None`]: nothing) and what will be.
    Text {
        /// The path on the host.
        path: String,
        /// What is there.
        before: Option<String>,
        /// What will be there; [`None`] where it goes.
        after: Option<String>,
    },
    /// A file that is no text, or too large to show: its digests.
    Binary {
        /// The path on the host.
        path: String,
        /// SHA-256 of what is there.
        before: Option<String>,
        /// SHA-256 of what will be.
        after: Option<String>,
    },
    /// A property: `mode of /etc/x`, `0644`, `0600`.
    Property {
        /// What it is a property of, and which.
        what: String,
        /// What it is.
        before: String,
        /// What it will be.
        after: String,
    },
    /// Anything else.
    Note {
        /// One line.
        text: String,
    },
}

/// What a difference is about, as far as a report of drift asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What it says of itself: a file, a property of one.
    Thing,
    /// A version that is installed.
    Version,
    /// How a unit of systemd stands.
    Unit,
    /// The file of a node's unit, whose digest is kept beside its Home.
    NodeUnit,
    /// What runs of a node, which drift tells sign by sign.
    Process,
    /// What the host itself lists, beside its list of the moment when all was as wanted.
    Listing,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { path, .. } | Self::Binary { path, .. } => write!(out, "content of {path}"),
            Self::Property {
                what,
                before,
                after,
            } => write!(out, "{what} is {before}, wanted {after}"),
            Self::Note { text } => out.write_str(text),
        }
    }
}

/// One act of a change, carried out by `run/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Steps of the shell, in one round trip.
    Steps(Vec<Step>),
    /// Wait so long, then look again, until the module finds nothing to do or the deadline (seconds) is over.
    WaitUntilAsWanted {
        /// Seconds between two looks.
        every: u64,
        /// Seconds until it fails.
        deadline: u64,
        /// What is awaited, to show.
        awaited: String,
        /// What to say when it fails.
        otherwise: String,
    },
    /// What a node's Home needs.
    Home(Box<HomeWork>),
    /// What a JDK needs.
    Jdk(Box<JdkWork>),
    /// What a node's process needs.
    Node(Box<NodeWork>),
    /// What a balancer's front needs.
    Front(Box<FrontWork>),
    /// Rules of a firewall, to be loaded on trial.
    Firewall(Box<FirewallWork>),
    /// What the push of artifacts needs.
    Sync(Box<SyncWork>),
    /// What a former active manager still owes to the next.
    Handover(Box<HandoverWork>),
    /// A last look at the artifacts of all nodes, which changes nothing where they are alike.
    Artifacts(Box<ArtifactsWork>),
    /// `meta: flush_handlers`.
    FlushHandlers,
    /// `meta: end_host`.
    EndHost,
}

/// What must change on a host for one task.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What differs, to show.
    pub differences: Vec<Difference>,
    /// What the host has recorded of what was last written, where it has: by a text's path its SHA-256, by what a property
    /// is of its words, by a note the note.
    pub recorded: BTreeMap<String, String>,
    /// What mends it, in order.
    pub acts: Vec<Act>,
    /// What the acts may change.
    pub touches: Vec<String>,
    /// The acts may change anything (a user's command).
    pub touches_anything: bool,
    /// Variables that the task sets on its host (`set_fact`).
    pub facts: Vec<(String, Node)>,
    /// What `register` keeps beside the usual results.
    pub results: Vec<(&'static str, Value)>,
    /// Lines to show whatever comes (`debug`).
    pub messages: Vec<String>,
    /// Why nothing was done although a condition would have allowed it (`creates:` is there).
    pub skipped: Option<String>,
}

impl Change {
    /// Nothing to do.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// True where the host is as wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acts.is_empty()
    }

    /// True where an act touches the host; `meta` acts on the run alone.
    #[must_use]
    pub fn acts_on_host(&self) -> bool {
        self.acts
            .iter()
            .any(|act| !matches!(act, Act::FlushHandlers | Act::EndHost))
    }

    /// Adds a difference and the steps that mend it.
    pub fn step(&mut self, difference: Difference, step: Step) {
        self.differences.push(difference);
        match self.acts.last_mut() {
            Some(Act::Steps(steps)) => steps.push(step),
            _ => self.acts.push(Act::Steps(vec![step])),
        }
    }

    /// Says which path the acts touch.
    #[must_use]
    pub fn touching(mut self, path: impl Into<String>) -> Self {
        self.touches.push(path.into());
        self
    }
}
