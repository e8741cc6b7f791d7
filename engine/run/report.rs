//! The sum of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::Tally;

/// One thing that a node had to show, and whether it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeLine {
    /// The cluster.
    pub cluster: String,
    /// The node, or the load balancer's host.
    pub node: String,
    /// The host it runs on.
    pub host: String,
    /// Its role.
    pub role: String,
    /// What was proved of it, in a few words; `not proved: …` where something was not.
    pub proof: Vec<String>,
    /// Resident memory of its process in KiB.
    pub memory: Option<u64>,
    /// Address of its console or of its services.
    pub address: String,
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Counts by host, in the inventory's order of names.
    pub hosts: BTreeMap<String, Tally>,
    /// The nodes as proved.
    pub nodes: Vec<NodeLine>,
    /// The first failure of each host: one line each.
    pub failures: Vec<String>,
    /// Files that changed and are read at the next start only.
    pub deferred: Vec<String>,
    /// What the operators of these clusters have to know, and no run can mend.
    pub notes: Vec<String>,
    /// The command that goes on from here, where something failed.
    pub go_on: Option<String>,
    /// The run was interrupted.
    pub interrupted: bool,
    /// Round trips of execs, bytes sent and received, by host.
    pub traffic: BTreeMap<String, Traffic>,
}

/// What went over one host's connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Commands started.
    pub execs: u64,
    /// Bytes sent to them.
    pub sent: u64,
    /// Bytes read from them.
    pub received: u64,
}

impl Report {
    /// The report of a run that was interrupted before any host was asked.
    #[must_use]
    pub fn not_begun() -> Self {
        Self {
            interrupted: true,
            ..Self::default()
        }
    }

    /// The name of each of `nodes` as readers tell them apart: with its cluster where there are several.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let first = self.nodes.first().map(|node| &node.cluster);
        let several = self.nodes.iter().any(|node| Some(&node.cluster) != first);
        let name = |node: &NodeLine| match several {
            true => format!("{}/{}", node.cluster, node.node),
            false => node.node.clone(),
        };
        self.nodes.iter().map(name).collect()
    }

    /// True where every host was reached and nothing failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.hosts.values().all(Tally::is_good)
    }

    /// True where something was (or would be) changed.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.hosts.values().any(|tally| tally.changed > 0)
    }
}
