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
    /// What else there is to say: a cut transaction, a staged change.
    pub notes: Vec<String>,
}

impl NodeStatus {
    /// True where it runs, has proved its role, and is down at no load balancer.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_down = self.balancers.values().any(|state| state == "down");
        self.state == "running" && self.proved && !is_down
    }
}
