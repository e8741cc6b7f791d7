//! What a node is now, as one look tells.

use std::collections::BTreeMap;

use serde::Serialize;

/// One node on the screen of `wmprov status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeStatus {
    /// The cluster.
    pub cluster: String,
    /// Product and version.
    pub release: String,
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// The role that the inventory gives it.
    pub role: String,
    /// `running`, `stopped`, `not installed`, `unreachable`, or what systemd says.
    pub state: String,
    /// The evidence is of the very process that runs now: nothing of it was refuted. What could not be asked is told by
    /// `proof`.
    pub proved: bool,
    /// `13 of 13 signs, 2 h ago`, or why nothing is proved.
    pub proof: String,
    /// When its unit came up, as its host writes times.
    pub since: Option<String>,
    /// Resident memory of its process, in KiB.
    pub memory: Option<u64>,
    /// How many members are in one cluster with it, itself counted.
    pub members: Option<usize>,
    /// How many its domain has.
    pub of_members: usize,
    /// The number of its generation.
    pub generation: Option<u64>,
    /// Seconds since 1970 when that was written.
    pub applied: Option<u64>,
    /// By load balancer that was asked: `up`, or `down` where it sends the node nothing.
    pub balancers: BTreeMap<String, String>,
    /// What brings artifacts to it: `svn`, `rsync`, `shared` or `none`.
    pub sync: String,
    /// Which deployed artifacts are not as on the first node of its cluster that was seen; [`None`] where its own were not.
    pub unlike: Option<Vec<String>>,
    /// What the kept report of the last check tells of it (`drift --keep`).
    pub drift: Option<LastDrift>,
    /// What else there is to say: a cut transaction, a staged change.
    pub notes: Vec<String>,
}

/// A node in the last drift report that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastDrift {
    /// Seconds since 1970 when it was made.
    pub at: u64,
    /// How its host stood: `ok`, `drift`, `pending`, `both`, `unknown`, `unreachable`.
    pub host: String,
    /// How many differences were found, at the node and of what its host has besides.
    pub differences: usize,
}

impl NodeStatus {
    /// True where it runs, has proved its role, and is down at no load balancer.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_down = self.balancers.values().any(|state| state == "down");
        self.state == "running" && self.proved && !is_down
    }
}
